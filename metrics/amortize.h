/*
 * amortize.h - what an answer costs when its share of the sleep is counted, and when sleep pays.
 *
 * The unit of cost is the price of one sleep output token, so the paper's
 *     C(N) = t g + S/N
 * (t price of a test token, g output tokens of a test, S output tokens of all sleep calls of a
 * context over all its k learned contexts, N queries per context) is the case of a price vector
 * that charges outputs only. In general, with prices p = (in, cached, write, out) for test and for
 * sleep, c       = sum over kinds of p_test * tokens of one query's test calls C_sleep = sum over
 * kinds of p_sleep * tokens of all sleep calls of one context C(N)    = c + C_sleep / N          C
 * of an arm that does not sleep = c Cached tokens are those that were measured as cached, never an
 * assumed discount. tokens neither read from nor written to a cache. `out` includes reasoning.
 *
 * Nothing is NaN: a result is a kind and, for some kinds, a number. An input that is not finite or
 * below 0 (unknown) gives AMORTIZE_UNKNOWN. All functions are pure and O(1) unless said otherwise.
 * Source: SCIENCE 1 (2.5x), 2c 1-4; what differs from it is said beside the function.
 */
#ifndef METRICS_AMORTIZE_H
#define METRICS_AMORTIZE_H

#include "harness/base/err.h"
#include "harness/config/price.h"

enum amortize_kind {
    AMORTIZE_UNKNOWN,    /* an input is not known */
    AMORTIZE_NO_QUERIES, /* sleep is paid and nobody asks: a cost per query does not exist */
    AMORTIZE_NUMBER,     /* `value` is the answer */
    AMORTIZE_FROM,       /* holds from `value` on, and at it */
    AMORTIZE_UP_TO,      /* holds up to `value`, and at it */
    AMORTIZE_ALWAYS,
    AMORTIZE_NEVER
};
const char *amortize_kind_text(enum amortize_kind k);

struct amortize_value {
    enum amortize_kind kind;
    double value; /* of NUMBER, FROM and UP_TO; else 0 */
};

/* ---- prices ------------------------------------------------------------------------------- */

enum amortize_kind_of {
    AMORTIZE_IN, /* input neither read from nor written to a cache */
    AMORTIZE_CACHED,
    AMORTIZE_WRITE,
    AMORTIZE_OUT, /* visible output */
    AMORTIZE_REASONING,
    AMORTIZE_REQUESTS, /* calls, for prices that charge each */
    AMORTIZE_KINDS
};

/* Tokens (and calls), or the price of one. */
struct amortize_kinds {
    double of[AMORTIZE_KINDS];
};

struct amortize_prices {
    struct amortize_kinds test, sleep; /* in sleep output tokens: sleep.of[AMORTIZE_OUT] = 1 */
};

/* How t enters. OUTPUTS: the test's outputs, visible and reasoning, cost t times what they cost at
 * t = 1, the paper's reading. CALLS: all of the test call does, as when the test model is dearer or
 * sleep runs in a batch. */
enum amortize_scale { AMORTIZE_OUTPUTS, AMORTIZE_CALLS };

/* Prices at t = 1, where test and sleep cost the same, and the preset's own t. */
struct amortize_preset {
    const char *name, *help;
    struct amortize_kinds price;
    enum amortize_scale scale;
    double t;
};

/* paper, tokens, flop, list, list-batch; the first is the default. Prices of real models come from
 * amortize_prices_from, these are round figures to compare by. SCIENCE calls "all tokens 1" FLOP;
 * here that is `tokens`, and `flop` counts a cached token as 0, since nothing is computed for it.
 * Ends with name NULL. */
extern const struct amortize_preset amortize_presets[];
const struct amortize_preset *amortize_preset(struct str name); /* NULL if unknown */

/* The prices at one t. */
struct amortize_prices amortize_at(
    const struct amortize_prices *at_one, enum amortize_scale scale, double t);

/* From two price rows (price.h), below any tier. What a row leaves open costs as price.h says:
 * caches as input, reasoning as output. `batch`: sleeps run at the batch factor of their row.
 * ERR_USAGE if it has none, if the currencies differ, or if a sleep output token costs nothing,
 * since it is the unit. */
MUST_CHECK enum err_code amortize_prices_from(const struct price *test, const struct price *sleep,
    bool batch, struct amortize_prices *ret, struct err *err);

/* sum of price * tokens; UNKNOWN or NUMBER. A kind whose price is 0 may be unknown. */
struct amortize_value amortize_cost(struct amortize_kinds price, struct amortize_kinds tokens);

/* ---- cost per query ----------------------------------------------------------------------- */

/* C(N) = c + C_sleep / N. N = 0 gives NO_QUERIES if C_sleep > 0, and c if sleep costs nothing. */
struct amortize_value amortize_per_query(double test, double sleep, double n);

/* One context as it was used: cost of its sleep, of all its test calls, and how many queries came.
 */
struct amortize_context {
    double sleep, test, queries;
};

/* A measured distribution of N. The cost per query is a ratio of totals, contexts that nobody asks
 * about included: (sum sleep + sum test) / sum queries, for a constant sleep cost c + S / E[N]. */
struct amortize_totals {
    struct amortize_value per_query;
    struct amortize_value sleep_share; /* sleep cost per query: sum sleep / sum queries */
    /* mean of S_i / N_i over contexts with a query: what forgets the rest. SCIENCE says E[S/N] >=
     * S/E[N] (Jensen); with a constant S that holds only if no context has N = 0, or if E[N] is
     * taken over the asked contexts too. With zero-query contexts this mean can be far below the
     * true share. */
    struct amortize_value naive_share;
    double mean_queries;    /* E[N] over all contexts */
    double wasted;          /* sleep cost of contexts without a query, of all sleep cost: 0 to 1 */
    size_t contexts, empty; /* empty: without a query */
    size_t unknown;         /* contexts with an unknown member: left out of everything, counted */
};
/* O(n). */
struct amortize_totals amortize_contexts(const struct amortize_context *v, size_t n);

/* ---- when does sleep pay? ------------------------------------------------------------------ */

/* Break-even: the least whole N with c1 + C_sleep/N <= c0, that is ceil(C_sleep / (c0 - c1)), c_a
 * the whole test cost per query at matched accuracy. FROM N*; NEVER if c0 <= c1 and sleep costs;
 * sleep that costs nothing: ALWAYS if c1 <= c0 (FROM has no sense), else NEVER. A quotient within
 * 1e-12 of a whole number is that number. */
struct amortize_value amortize_break_even(double c0, double c1, double sleep);

/* Two arms as tokens at matched accuracy: test calls of the reference and of the arm per query, the
 * arm's sleep per context, queries per context. */
struct amortize_arms {
    struct amortize_kinds ref, arm, sleep;
    double n;
};

/* Critical t: sleep pays (costs no more) where c1(t) + C_sleep/N <= c0(t). Both sides are straight
 * lines in t, so with A_a what t multiplies in arm a and B_a the rest,
 *     t* = (C_sleep/N + B_1 - B_0) / (A_0 - A_1)
 * FROM t* if A_0 > A_1; UP_TO t* if A_0 < A_1 (SCIENCE: "infinite", which forgets that an arm with
 * less input and more output pays below t*); ALWAYS or NEVER for t >= 0. OUTPUTS with prices of
 * outputs only is the paper's t* = (S/N) / (g0 - g1). */
struct amortize_value amortize_critical_t(const struct amortize_prices *at_one,
    enum amortize_scale scale, const struct amortize_arms *arms);

/* Longest useful learned context: the largest L = k |c'| for which appending L tokens of input,
 * each at `token_price` (of the test: IN, or CACHED if it is read from a cache), costs no more than
 * what is saved: L* = saving / token_price + replaced, with `saving` = c0 - c1 without c' (c
 * counted in both) and `replaced` = tokens of c that are not sent (0 if c' is appended). Sleep is
 * sunk; to charge it, subtract C_sleep/N from `saving`. UP_TO L*; NEVER if even L = 0 costs more;
 * ALWAYS if input is free and nothing is lost. `saving` may be negative. Compare with k |c'| as L*
 * / (k |c'|). */
struct amortize_value amortize_longest(double saving, double replaced, double token_price);

/* ---- the 2.5x identity --------------------------------------------------------------------- */

/* C(1) / C(N) = (c + S) / (c + S/N), sleep against sleep: it grows with a more wasteful sleeper,
 * towards N. c = t g. UNKNOWN if N < 1; NUMBER 1 at S = 0 < c; UNKNOWN at c = S = 0. */
struct amortize_value amortize_headline(double test, double sleep, double n);
/* The S for which that ratio is r: S = c (r - 1) / (1 - r/N); 2 t g for r = 2.5 and N = 10. NEVER
 * if r >= N, which no S reaches (ALWAYS if r = N = 1), or r < 1. At c = 0 only r = N is ever had.
 */
struct amortize_value amortize_headline_sleep(double test, double r, double n);

/* ---- sweeps ------------------------------------------------------------------------------- */

enum { AMORTIZE_T_GRID = 6, AMORTIZE_N_GRID = 4 };
extern const double amortize_t_grid[AMORTIZE_T_GRID]; /* 1 2 5 10 20 50 */
extern const double amortize_n_grid[AMORTIZE_N_GRID]; /* 1 2 5 10 */

struct amortize_row {
    double t, n;
    struct amortize_value ref, arm; /* cost per query */
    struct amortize_value ratio;  /* ref / arm: the claim that has a meaning; UNKNOWN at arm = 0 */
    struct amortize_value n_star; /* at this t */
    struct amortize_value headline; /* the arm at N = 1 against the arm at N: the paper's form */
};
/* One row per (t, N), t slowest; ret has room for nt * nn. arms->n is not read. O(nt nn). */
void amortize_sweep(const struct amortize_prices *at_one, enum amortize_scale scale,
    const struct amortize_arms *arms, const double *t, size_t nt, const double *n, size_t nn,
    struct amortize_row *ret);

#endif
