/*
 * template.h - the template language of GSM-Symbolic: parsing, reading, rendering, drawing.
 *
 * A template is a problem text with {variable,default} placeholders, #init: domains, #conditions:
 * and worked solution lines with {expression} placeholders (the construct list with counts is in
 * docs/TEMPLATES.md). Arithmetic is exact (number.h). Our own worlds use the same language for
 * their contexts. A parsed template is immutable and may be used by several threads.
 *
 * Reading is matching: the question section becomes one anchored regex over whitespace-normalised
 * text, in which every placeholder accepts the texts of its domain (a list that Apple never
 * published accepts any text of the right shape); then texts become values, hidden variables are
 * solved from equality conditions or by search, and every condition must hold.
 */
#ifndef DATASETS_TEMPLATE_H
#define DATASETS_TEMPLATE_H

#include "harness/base/arena.h"
#include "harness/base/err.h"
#include "harness/base/number.h"
#include "harness/base/regex.h"
#include "harness/base/rng.h"

struct template;

/* A variable's value: a text to show, and a number if it has one ("half" has 1/2). */
struct tvalue {
    struct str text;
    bool has_num;
    struct rat num;
};

/* Values of all variables of one template, in the order of template_variable(). */
struct tbinding {
    struct tvalue *v;
    bool *known;
};

struct template_source {
    const char *name;    /* for messages: "p2/0003.json" */
    struct str question; /* question_annotated: text, #init:, #conditions:, #answer: */
    struct str answer;   /* answer_annotated; empty for a template that is context only */
};

/* Parses; the error names the template and the line. Word lists come from
 * datasets/words/lists.json (our own). The template lives until template_free. */
MUST_CHECK enum err_code template_parse(
    const struct template_source *source, struct template **ret, struct err *err);
void template_free(struct template *t);
const char *template_name(const struct template *t);
size_t template_variables(const struct template *t);
struct str template_variable(const struct template *t, size_t i);
size_t template_variable_index(const struct template *t, struct str name); /* SIZE_MAX if none */

enum template_part {
    TEMPLATE_WHOLE,
    TEMPLATE_CONTEXT, /* a leading run of sentences, the query left out */
    TEMPLATE_QUERY,   /* a closing run of sentences, the context left out */
};

/* Tries to read `text` (any blanks; final punctuation optional) as that part of t. On REGEX_YES
 * *ret_binding (memory in the arena) holds every variable that the text or the conditions
 * determine; with TEMPLATE_WHOLE that is all of them and all conditions hold. For the other parts
 * conditions are used only to solve and check what is known. REGEX_LIMIT: a limit was reached. */
enum regex_result template_read(const struct template *t, enum template_part part, struct str text,
    struct arena *arena, struct tbinding *ret_binding);

/* Evaluates an expression of the language over a binding, e.g. "2*a + b". */
MUST_CHECK enum err_code template_eval(const struct template *t, const struct tbinding *b,
    struct str expression, struct tvalue *ret, struct arena *arena, struct err *err);

/* Renders the problem text: blanks collapsed, first letter of a sentence raised. */
MUST_CHECK enum err_code template_render_question(
    const struct template *t, const struct tbinding *b, struct buf *out, struct err *err);

/* One line of the worked solution. `value` is the last number the line states (a placeholder's),
 * as text; `known` is false if the line needs a variable the binding does not have. */
struct template_line {
    struct str text;
    struct str value;
    bool known;
};

/* Renders the worked lines without calculator notes and without the final "#### x"; the gold is
 * the #### expression. *ret_gold.p is NULL if it is not known from this binding. */
MUST_CHECK enum err_code template_solution(const struct template *t, const struct tbinding *b,
    struct arena *arena, struct template_line **ret_lines, size_t *ret_n, struct str *ret_gold,
    struct err *err);

/* Draws values for all variables so that all conditions hold: random-order backtracking with a
 * step limit and restarts (ERR_LIMIT when it gives up). Same rng state, same values. */
MUST_CHECK enum err_code template_draw(const struct template *t, struct rng *rng,
    struct arena *arena, struct tbinding *ret_binding, struct err *err);

/* What a template's file says of the problem it was made from. */
struct template_origin {
    struct str level, stem;      /* "p2" and "0003" of p2/0003.json */
    int64_t original_id;         /* "id_orig"; -1 if it has none */
    struct str question, answer; /* "question", "answer" without notes; empty if it has none */
};
const struct template_origin *template_origin(const struct template *t);

/* A directory of *.json templates (also one level of sub-directories such as p1/, p2/). */
struct template_library {
    struct template **v;
    size_t n, cap;
};

/* Which templates of a directory; zeroed: all. A template's level is its sub-directory or, for a
 * file in DIR itself, DIR's own last name. */
struct template_choice {
    const char *level;       /* NULL: every level */
    const char *const *only; /* "0003" or "p2/0003"; each must be there */
    size_t nonly;
    bool skip_bad;        /* leave out what is no template, with a line in warnings */
    struct buf *warnings; /* may be NULL */
    size_t skipped;       /* counts what was left out */
};

MUST_CHECK enum err_code template_library_load(
    const char *dir, struct template_library *ret, struct err *err);
MUST_CHECK enum err_code template_library_choose(
    const char *dir, struct template_choice *choice, struct template_library *ret, struct err *err);
void template_library_release(struct template_library *lib);

#endif
