/*
 * texpr.h - expressions of the template language: a Python subset over exact rationals.
 *
 * The same grammar serves conditions, {expression} placeholders and the right sides of #init lines
 * (lists, tuples, slices and the drawing functions, which only template_domain.h evaluates).
 * Trees live in the caller's arena and are immutable. Their depth is capped, so that no evaluation
 * can exhaust the stack; evaluation allocates nothing.
 */
#ifndef DATASETS_TEXPR_H
#define DATASETS_TEXPR_H

#include "datasets/template.h"

enum { TEXPR_MAX_DEPTH = 100, TEXPR_MAX_NODES = 4096 };

enum texpr_kind {
    TEXPR_NUMBER,
    TEXPR_TEXT,
    TEXPR_NAME, /* a variable, or in #init a word list */
    TEXPR_CALL, /* text is the function */
    TEXPR_NEGATE,
    TEXPR_NOT,
    TEXPR_BINARY,  /* two kids and op */
    TEXPR_COMPARE, /* kids a, b, c and ops between them: a < b <= c; op is kept by the right kid */
    TEXPR_AND,
    TEXPR_OR,
    TEXPR_IF,    /* kids: value, condition, other value */
    TEXPR_INDEX, /* kids: base, index */
    TEXPR_SLICE, /* kids: base, from, to */
    TEXPR_LIST,
    TEXPR_TUPLE,
};

enum texpr_op {
    TEXPR_NO_OP,
    TEXPR_ADD,
    TEXPR_SUB,
    TEXPR_MUL,
    TEXPR_DIV,
    TEXPR_FLOOR_DIV,
    TEXPR_MOD,
    TEXPR_POW,
    TEXPR_EQ,
    TEXPR_NE,
    TEXPR_LT,
    TEXPR_LE,
    TEXPR_GT,
    TEXPR_GE,
};

struct texpr {
    enum texpr_kind kind;
    enum texpr_op op;
    enum texpr_op compare; /* of a kid of TEXPR_COMPARE: the operator on its left */
    struct str text;       /* name, function or string */
    struct rat num;
    size_t var; /* of a bound name, else SIZE_MAX */
    size_t depth, nkids;
    struct texpr *first, *next; /* kids are a linked list */
};

/* Parses the whole of text; messages quote the place. */
MUST_CHECK enum err_code texpr_parse(
    struct str text, struct arena *arena, struct texpr **ret, struct err *err);

/* Resolves every name to an index of names[] and checks that every function exists and has the
 * right number of arguments. *ret_mask (may be NULL) gets one bit a variable used; n <= 64. */
MUST_CHECK enum err_code texpr_bind(
    struct texpr *e, const struct str *names, size_t n, uint64_t *ret_mask, struct err *err);

/* The same check for a tree without variables, which it leaves as it is: a name is ERR_INPUT. */
MUST_CHECK enum err_code texpr_check(const struct texpr *e, struct err *err);

enum texpr_result {
    TEXPR_OK,
    TEXPR_UNKNOWN, /* a variable that is needed has no value */
    TEXPR_FAIL,    /* no value exists: division by zero, overflow, text as a number */
};

/* Evaluates a bound or checked tree. Truth values are the numbers 1 and 0. A name gives its text
 * and number; arithmetic gives a number with empty text. *ret_why names the reason of TEXPR_FAIL.
 */
enum texpr_result texpr_eval(
    const struct texpr *e, const struct tbinding *b, struct tvalue *ret, const char **ret_why);
bool texpr_true(struct tvalue v);
/* Text of a value as a template shows it: its own text, else its number. */
void texpr_show(struct buf *out, struct tvalue v);

#endif
