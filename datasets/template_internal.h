/*
 * template_internal.h - the parsed template; for datasets/template*.c only.
 */
#ifndef DATASETS_TEMPLATE_INTERNAL_H
#define DATASETS_TEMPLATE_INTERNAL_H

#include "datasets/template_domain.h"

enum {
    TEMPLATE_MAX_VARIABLES = 64, /* a set of variables is a 64-bit mask */
    TEMPLATE_MAX_CONDITIONS = 64,
    TEMPLATE_MAX_INITS = 128,    /* #init lines */
    TEMPLATE_MAX_SOURCE = 16384, /* bytes of either section */
    TEMPLATE_MAX_TEXT = 65536,   /* bytes of a text to read */
    TEMPLATE_MAX_PIECES = 256,
    TEMPLATE_MAX_STEPS = 2000000, /* of one search for values, restarts included */
};

struct tvariable {
    struct str name;
    struct domain domain;
    enum domain_draw draw;
    size_t group; /* #init line: variables of one group are drawn together */
    size_t place; /* position in the group */
    bool in_text; /* shown by the problem text */
};

/* A condition `v == expression`, either way round, computes v. */
struct tsolution {
    size_t var;
    uint64_t needs;
    const struct texpr *value;
};

struct tcondition {
    struct texpr *e;
    uint64_t mask; /* variables it speaks of */
    size_t line;   /* 1-based in the question section */
    struct tsolution solutions[2];
    size_t nsolutions;
};

/* A piece of the problem text: literal text, or a placeholder. */
struct tpiece {
    bool is_var;
    struct str literal;
    size_t var;
    bool starts;  /* a cut: the next run of sentences may begin here; one blank comes before */
    bool initial; /* a placeholder that begins a sentence: its first letter is raised */
};

/* One regex and what its groups mean: group i + 1 is an occurrence of groups[i].var. */
struct tgroup {
    size_t var;
    bool initial;
};

struct tmatcher {
    struct regex *re; /* NULL: the template has no such part */
    struct tgroup *groups;
    size_t ngroups;
    struct str lead;    /* every match starts with it */
    struct str contain; /* and has this inside */
};

/* A worked line: literal text and expressions. */
struct tline {
    struct tline_part {
        struct str literal;
        struct texpr *e; /* NULL: literal */
    } * parts;
    size_t n;
    size_t line; /* 1-based in the answer section */
};

struct template
{
    struct arena arena;
    char *name;
    struct str question; /* the section as it was given */
    struct template_origin origin;
    struct tvariable vars[TEMPLATE_MAX_VARIABLES];
    struct str names[TEMPLATE_MAX_VARIABLES];
    size_t nvars, ngroups;
    uint64_t text_mask; /* variables in the problem text */
    struct tcondition *conditions;
    size_t nconditions;
    size_t condition_bytes; /* what testing them costs */
    struct tpiece *pieces;
    size_t npieces;
    struct tmatcher matchers[3]; /* by enum template_part */
    struct tline *lines;
    size_t nlines;
    struct texpr *gold; /* NULL: context only */
    size_t gold_line;
};

#define VAR_BIT(i) (UINT64_C(1) << (i))

/* template_parse with word lists that are loaded already. */
MUST_CHECK enum err_code template_parse_words(const struct template_source *source,
    const struct words *words, struct template **ret, struct err *err);

/* template_text.c: the problem text into pieces, pieces into matchers. */
MUST_CHECK enum err_code template_parse_text(struct template *t, struct str text, struct err *err);
MUST_CHECK enum err_code template_build_matchers(struct template *t, struct err *err);

/* template_solution.c: the answer section. */
MUST_CHECK enum err_code template_parse_answer(
    struct template *t, struct str answer, struct err *err);

/* Appends line without its <<calculator notes>>. */
void template_drop_notes(struct buf *out, struct str line);

/* template_solve.c */
struct tbinding template_empty_binding(const struct template *t, struct arena *arena);
uint64_t template_known(const struct template *t, const struct tbinding *b);
/* Gives every unknown variable a value so that all conditions hold. In order without an rng.
 * ERR_INPUT: there is no solution; ERR_LIMIT: not found in *steps, which counts down. */
MUST_CHECK enum err_code template_solve(const struct template *t, struct rng *rng, uint64_t *steps,
    struct arena *arena, struct tbinding *b, struct err *err);
/* template_draw with a count of steps. */
MUST_CHECK enum err_code template_draw_within(const struct template *t, struct rng *rng,
    uint64_t *steps, struct arena *arena, struct tbinding *ret_binding, struct err *err);
/* Gives values to those unknown variables that the conditions determine, and checks each
 * condition as soon as it is decided; false if one does not hold. */
bool template_deduce(const struct template *t, struct arena *arena, struct tbinding *b);

#endif
