/*
 * world_impl.h - what the files of world*.c share: the form table, contexts and their plans.
 *
 * A plan is the value-free skeleton of a context's quantities: which there are, in which order,
 * made of what. A view is a plan with values. Not for use outside world*.c and its tests.
 */
#ifndef DATASETS_WORLD_IMPL_H
#define DATASETS_WORLD_IMPL_H

#include "datasets/world.h"

enum { WORLD_MAX_SIDE = 4, WORLD_MAX_CELLS = 16, WORLD_MAX_ASIDES = 4, WORLD_MAX_DEPTH = 4 };

/* Log-weights that a context keeps; null is the world's name. */
enum world_law_kept {
    KEPT_ASKED,
    KEPT_ASKED_NULL,
    KEPT_SLEEPER,
    KEPT_SCORER,
    KEPT_SCORER_NULL,
    KEPT_COUNT
};

/* Which of (e, a, f, b) = (entity, attribute, second entity, second attribute) a form ranges over.
 */
enum world_shape {
    SHAPE_OWN, /* built from the context's own lists: cells, rates, asides */
    SHAPE_GRAND,
    SHAPE_ROW,
    SHAPE_COLUMN,
    SHAPE_CELL,
    SHAPE_ROWS,    /* e < f */
    SHAPE_COLUMNS, /* a < b */
    SHAPE_PLACES,  /* a, e < f */
    SHAPE_KINDS,   /* e, a < b */
};

enum world_fact {
    FACT_NONE,
    FACT_EXTRA, /* that many more */
    FACT_FEWER, /* that many fewer, less than the cell holds */
    FACT_LOSS,  /* that many taken away, less than the first operand */
    FACT_TIMES,
    FACT_SHARE, /* shared out among so many */
    FACT_PRICE,
};

enum world_form_flags {
    FORM_ORDERED = 1, /* the larger of two operands comes first */
    FORM_BROKEN = 2,  /* may have a value that is no short decimal: left out in world null */
    FORM_RATED = 4,   /* only for contexts with a rate (a price, minutes for each ...) */
    FORM_THREE = 8,   /* only if there are three or more of what is paired */
};

struct world_form {
    const char *name;
    enum world_shape shape;
    enum quantity_op op;
    const char *operands; /* letters: see source_letters in world_plan.c */
    const char *label;    /* pattern of quantity.name; letters: see word_of in world_form.c */
    const char *question; /* pattern; NULL = never asked */
    enum world_fact fact;
    unsigned flags;
};

/* Forms that code speaks of; their order is the order of enumeration. The rest of the table needs
 * no names. */
enum world_form_id {
    FORM_CELL,
    FORM_RATE,
    FORM_ASIDE,
    FORM_ROW_TOTAL,
    FORM_COLUMN_TOTAL,
    FORM_GRAND_TOTAL,
    FORM_MONEY_CELL,
    FORM_MONEY_ROW,
    FORM_MONEY_COLUMN,
    FORM_MULTIPLE,
    FORM_NAMED_COUNT
};

extern const struct world_form world_forms[];
extern const size_t world_form_count;

enum { WORLD_MAX_FORMS = 64 };

/* Words that a context fixes once, by their letter in patterns. */
enum world_word {
    WORD_GROUP,
    WORD_GROUP_ONE,
    WORD_DONE,
    WORD_ENTITY_KIND,
    WORD_ATTRIBUTE_KIND,
    WORD_LOST,
    WORD_CONTAINERS,
    WORD_CONTAINER,
    WORD_UNIT,
    WORD_RATE_DONE,
    WORD_RATE_WITH,
    WORD_COUNT
};

struct world_words {
    struct str entity[WORLD_MAX_SIDE], kind[WORLD_MAX_SIDE];
    struct str aside[WORLD_MAX_ASIDES];
};

enum world_source_kind { SOURCE_NODE, SOURCE_VARIABLE, SOURCE_FACT };

struct world_source {
    enum world_source_kind kind;
    uint16_t index; /* node, or variable of the template */
};

/* A quantity without values. */
struct world_node {
    int form;
    uint16_t args[4]; /* e, a, f, b */
    enum quantity_op op;
    struct world_source sources[QUANTITY_MAX_OPERANDS];
    size_t nsources;
    int depth;
    bool candidate, has_fact;
};

/* A cell as the context file gives it: one variable, or an operation on cells and variables. */
struct world_cell {
    enum quantity_op op;
    struct {
        bool is_cell;
        uint16_t index; /* cell e * nkinds + a, or variable */
    } part[WORLD_MAX_SIDE];
    size_t nparts;
};

/* The context text as alternating literals and slots: literal[0] slot literal[1] ... literal[n-1].
 */
struct world_pieces {
    struct str *literal;
    size_t n;
};

struct world_context {
    struct str name, level;
    struct template *template;
    struct world_pieces pieces;
    struct str words[WORD_COUNT];
    size_t nentities, nkinds;
    struct str entity[WORLD_MAX_SIDE]; /* phrases, may hold {variable} */
    struct str kind[WORLD_MAX_SIDE];
    struct str singular[WORLD_MAX_SIDE];
    struct world_cell cells[WORLD_MAX_CELLS];
    uint16_t rates[WORLD_MAX_SIDE];
    size_t nrates; /* 0, 1 (the same for all) or nkinds */
    struct str aside[WORLD_MAX_ASIDES];
    uint16_t aside_variable[WORLD_MAX_ASIDES];
    size_t nasides;
    struct world_node *nodes;
    size_t nnodes;
    uint16_t node_of[WORLD_MAX_FORMS][WORLD_MAX_CELLS]; /* first node of form at e * nkinds + a */
    double *laws[KEPT_COUNT];                           /* see world_law.c */
};

/* The parameter block datasets/worlds/laws.json; see world_law.c. */
struct world_law_params {
    double form[WORLD_MAX_FORMS], depth[WORLD_MAX_DEPTH + 1];
    struct world_noise {
        double noise, temperature;
        uint64_t seed;
    } asked, null, sleeper, scorer;
};

struct world_library {
    struct arena arena;
    struct world_context *v;
    size_t n;
    struct world_law_params law;
};

/* world_plan.c */
MUST_CHECK enum err_code world_plan(struct world_context *c, struct arena *arena, struct err *err);

/* world_form.c: writes a pattern's text for quantity q of v. */
void world_pattern(const struct world_view *v, const struct quantity *q, const char *pattern,
    struct rat fact, struct buf *out);

/* world_view.c: fills view->quantities and words from a binding; false if it does not make sense
 * (an unknown variable, a division by zero, an overflow). */
bool world_view_build(const struct world_context *c, struct tbinding binding, struct arena *arena,
    struct world_view *ret_view);

/* world_law.c */
MUST_CHECK enum err_code world_law_load(struct world_law_params *ret, struct err *err);
void world_law_prepare(
    struct world_context *c, const struct world_law_params *params, struct arena *arena);

#endif
