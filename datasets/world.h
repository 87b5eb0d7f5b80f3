/*
 * world.h - our own problem worlds: contexts whose every derivable quantity is known.
 *
 * A world context is a template (template.h) of our own writing over a grid of entities and
 * attributes, e.g. people x fruit. Its cells are stated in the text, directly or by a relation
 * ("twice as many"). Rules enumerate the candidate quantities (totals, differences, ratios, shares,
 * averages, what-ifs with a new fact; depth 1-4), at least 60 a context, always in the same order.
 * One table of sentence forms turns a quantity into a question, a solution line and back.
 *
 * The same code writes the dataset (with P*, the law of what is asked) and reads texts for the
 * phantom (which knows only text). Laws: world_law gives one log-weight a quantity; LAW_ASKED
 * depends on the world, LAW_SLEEPER and LAW_SCORER on the context alone.
 */
#ifndef DATASETS_WORLD_H
#define DATASETS_WORLD_H

#include "datasets/item.h"
#include "datasets/template.h"

struct world_words;   /* the words of one view: its entities and attributes (world_impl.h) */
struct world_library; /* all contexts, immutable after loading, shared by threads */
struct world_context; /* one context template with its grid */

enum quantity_op {
    QUANTITY_STATED,     /* a number that stands in the context text */
    QUANTITY_SUM,        /* all operands added */
    QUANTITY_DIFFERENCE, /* first - second */
    QUANTITY_PRODUCT,    /* all operands multiplied */
    QUANTITY_QUOTIENT,   /* first / second */
    QUANTITY_PERCENT,    /* 100 * first / second */
    QUANTITY_MEAN,       /* sum / count */
};

enum { QUANTITY_MAX_OPERANDS = 8 };

/* An operand: another quantity of the same view, or a constant. */
struct operand {
    bool is_constant;
    bool is_fact; /* the constant is the question's new fact (what-if), unknown asleep */
    struct rat constant;
    uint16_t quantity; /* index, always lower than the quantity that uses it */
};

struct quantity {
    struct str name; /* noun phrase under which lines speak of it: "apples picked by Ada" */
    enum quantity_op op;
    struct operand operands[QUANTITY_MAX_OPERANDS];
    size_t noperands;
    int depth;        /* 0 = stated; else 1 + the deepest operand's */
    bool candidate;   /* may be asked */
    bool has_fact;    /* needs a new fact from the question */
    struct rat value; /* truth; for has_fact, under the fact given (or the form's default) */
    int form;         /* index in the form table */
    uint16_t args[4]; /* what the form speaks of; meaning is the form's */
};

/* A context with values: made by drawing or by reading. Memory is the arena's. */
struct world_view {
    const struct world_context *context;
    struct tbinding binding;
    struct quantity *quantities;
    size_t n;
    const struct world_words *words;
};

MUST_CHECK enum err_code world_library_load(struct world_library **ret, struct err *err);
void world_library_free(struct world_library *lib);
size_t world_contexts(const struct world_library *lib);
const struct world_context *world_context_at(const struct world_library *lib, size_t i);
struct str world_context_level(const struct world_context *c); /* "p1" or "p2" */

MUST_CHECK enum err_code world_draw(const struct world_context *c, struct rng *rng,
    struct arena *arena, struct world_view *ret_view, struct err *err);
void world_render_context(const struct world_view *v, struct buf *out);

/* Reads text as a whole problem: a context of the library followed by a question on it. On success
 * ret_view is the context; *ret_query_start the byte where the question begins (text.n if the text
 * is a context alone). Whitespace-normalised, anchored at the start of text. */
bool world_read_context(const struct world_library *lib, struct str text, struct arena *arena,
    struct world_view *ret_view, size_t *ret_query_start);

/* Question text of a candidate; `fact` is used by what-if forms (see world_fact_domain). */
void world_render_question(
    const struct world_view *v, size_t quantity, struct rat fact, struct buf *out);
/* Reads a question on v: which candidate, and the fact it brings (RAT_ZERO if none). */
bool world_read_question(
    const struct world_view *v, struct str text, size_t *ret_quantity, struct rat *ret_fact);
/* New facts that a what-if form may bring: integers low..high. */
void world_fact_domain(
    const struct world_view *v, size_t quantity, int64_t *ret_low, int64_t *ret_high);
/* Recomputes value of has_fact quantities under a fact. */
struct rat world_value(const struct world_view *v, size_t quantity, struct rat fact);

/* A written line: "name = expression = value", e.g. "apples picked by Ada = 2 * 12 = 24".
 * operand_values has noperands entries, as the writer believes them; result likewise. */
void world_render_line(const struct world_view *v, size_t quantity,
    const struct rat *operand_values, struct rat result, struct buf *out);
/* A stated fact as a line: "apples picked by Ada = 12". */
void world_render_fact(struct str name, struct rat value, struct buf *out);
/* Reads any line of that form, also from foreign text: name and last value. No view needed. */
bool world_read_line(struct str line, struct str *ret_name, struct rat *ret_value);

enum world_law { LAW_ASKED, LAW_SLEEPER, LAW_SCORER };

/* A quantity and what it is ranked by. world_by_key is for qsort: the highest key first, equal ones
 * in the order of quantities. */
struct world_ranked {
    double key;
    size_t quantity;
};
int world_by_key(const void *a, const void *b);

/* Log-weights (not normalised) over v's quantities for one law; entries that are not candidates, or
 * are never asked in that world, get -INFINITY. They depend on the context and the quantity, never
 * on drawn values. `world` ("paper-like", "null", "empty"; empty = paper-like) chooses P* and with
 * it the scorer, which is a noisy copy of P*; the sleeper's prior is the same in every world. */
void world_law(
    const struct world_view *v, enum world_law law, struct str world, double *ret_log_weights);

enum { WORLD_ALL_QUERIES = INT32_MAX };

/* The dataset: for every context (of `level`, or all if empty) `instances` drawn views, each with
 * `queries` distinct questions sampled without replacement from P*, in the order of the sample;
 * fewer queries are the first ones of more. Items are stateful; in world
 * `empty` the context is "" and the query holds the whole problem. cluster = context name, stratum
 * = form name. Same seed, same bytes. */
struct world_options {
    struct str world;
    struct str level;
    int instances;
    int queries; /* or WORLD_ALL_QUERIES: every question that can be asked */
    uint64_t seed;
};

MUST_CHECK enum err_code world_items(const struct world_library *lib,
    const struct world_options *options, struct arena *arena, struct item_list *ret_list,
    struct err *err);

#endif
