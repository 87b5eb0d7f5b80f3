/* amortize.c - costs with their share of the sleep, and the points where sleep pays; see
 * amortize.h. */
#include "metrics/amortize.h"

#include <math.h>

#define ROUNDING 1e-12

const double amortize_t_grid[AMORTIZE_T_GRID] = {1, 2, 5, 10, 20, 50};
const double amortize_n_grid[AMORTIZE_N_GRID] = {1, 2, 5, 10};

/* prices: in, cached, write, out, reasoning, requests */
const struct amortize_preset amortize_presets[] = {
    {"paper", "outputs only, a test token costs ten sleep tokens", {{0, 0, 0, 1, 1, 0}},
        AMORTIZE_OUTPUTS, 10},
    {"tokens", "every token costs the same", {{1, 1, 1, 1, 1, 0}}, AMORTIZE_CALLS, 1},
    {"flop", "every token that is computed costs the same", {{1, 0, 1, 1, 1, 0}}, AMORTIZE_CALLS,
        1},
    {"list", "input a quarter of output, cached a tenth and written 1.25 of input",
        {{0.25, 0.025, 0.3125, 1, 1, 0}}, AMORTIZE_CALLS, 1},
    {"list-batch", "as list, sleep in batches at half price", {{0.25, 0.025, 0.3125, 1, 1, 0}},
        AMORTIZE_CALLS, 2},
    {0},
};

const struct amortize_preset *amortize_preset(struct str name)
{
    for (const struct amortize_preset *p = amortize_presets; p->name; p++)
        if (str_eq(name, str_c(p->name)))
            return p;
    return NULL;
}

const char *amortize_kind_text(enum amortize_kind k)
{
    static const char *const texts[] = {
        [AMORTIZE_UNKNOWN] = "not known",
        [AMORTIZE_NO_QUERIES] = "no queries",
        [AMORTIZE_NUMBER] = "number",
        [AMORTIZE_FROM] = "from",
        [AMORTIZE_UP_TO] = "up to",
        [AMORTIZE_ALWAYS] = "always",
        [AMORTIZE_NEVER] = "never",
    };

    return texts[k];
}

static struct amortize_value number(double v)
{
    return isfinite(v) ? (struct amortize_value){AMORTIZE_NUMBER, v} : (struct amortize_value){0};
}

static struct amortize_value only(enum amortize_kind kind)
{
    return (struct amortize_value){kind, 0};
}

static bool is_amount(double v)
{
    return isfinite(v) && v >= 0;
}

/* a - b, 0 if they differ in their last bits only. */
static double minus(double a, double b)
{
    return fabs(a - b) <= ROUNDING * fmax(fabs(a), fabs(b)) ? 0 : a - b;
}

/* ---- prices ------------------------------------------------------------------------------- */

static bool is_output(int kind)
{
    return kind == AMORTIZE_OUT || kind == AMORTIZE_REASONING;
}

struct amortize_prices amortize_at(
    const struct amortize_prices *at_one, enum amortize_scale scale, double t)
{
    struct amortize_prices p = *at_one;

    for (int i = 0; i < AMORTIZE_KINDS; i++)
        if (scale == AMORTIZE_CALLS || is_output(i))
            p.test.of[i] *= t;
    return p;
}

static double rate_or(int64_t rate, int64_t other)
{
    return (double)(rate == FIELD_NONE ? other : rate);
}

static struct amortize_kinds in_units(const struct price *p, double unit)
{
    const struct price_rates *r = &p->rates;

    return (struct amortize_kinds){{
        [AMORTIZE_IN] = (double)r->input / unit,
        [AMORTIZE_CACHED] = rate_or(r->cache_read, r->input) / unit,
        [AMORTIZE_WRITE] = rate_or(r->cache_write_5m, r->input) / unit,
        [AMORTIZE_OUT] = (double)r->output / unit,
        [AMORTIZE_REASONING] = rate_or(r->reasoning, r->output) / unit,
        [AMORTIZE_REQUESTS] = (double)p->per_request * 1e6 / unit,
    }};
}

enum err_code amortize_prices_from(const struct price *test, const struct price *sleep, bool batch,
    struct amortize_prices *ret, struct err *err)
{
    double factor = batch ? (double)sleep->batch_millionths / 1e6 : 1;

    if (!str_eq(test->currency, sleep->currency))
        return err_set(err, ERR_USAGE,
            "prices of %.*s are in %.*s and those of %.*s in %.*s; give both in one currency",
            STR_ARG(test->id), STR_ARG(test->currency), STR_ARG(sleep->id),
            STR_ARG(sleep->currency));
    if (!(factor > 0))
        return err_set(err, ERR_USAGE,
            "the price of %.*s has no batch_factor; give one, or cost its sleeps without batches",
            STR_ARG(sleep->id));
    if (sleep->rates.output <= 0)
        return err_set(err, ERR_USAGE,
            "an output token of %.*s costs nothing, so it can't be the unit of cost; choose a "
            "preset",
            STR_ARG(sleep->id));
    ret->test = in_units(test, (double)sleep->rates.output * factor);
    ret->sleep = in_units(sleep, (double)sleep->rates.output);
    return OK;
}

struct amortize_value amortize_cost(struct amortize_kinds price, struct amortize_kinds tokens)
{
    double sum = 0;

    for (int i = 0; i < AMORTIZE_KINDS; i++) {
        if (!is_amount(price.of[i]) || (price.of[i] > 0 && !is_amount(tokens.of[i])))
            return only(AMORTIZE_UNKNOWN);
        if (price.of[i] > 0)
            sum += price.of[i] * tokens.of[i];
    }
    return number(sum);
}

/* ---- cost per query ----------------------------------------------------------------------- */

struct amortize_value amortize_per_query(double test, double sleep, double n)
{
    if (!is_amount(test) || !is_amount(sleep) || !is_amount(n))
        return only(AMORTIZE_UNKNOWN);
    if (sleep <= 0)
        return number(test);
    return n > 0 ? number(test + sleep / n) : only(AMORTIZE_NO_QUERIES);
}

/* Sums over contexts. */
struct sums {
    double sleep, test, queries, wasted, shares;
    size_t asked;
};

static void add_context(
    const struct amortize_context *c, struct sums *s, struct amortize_totals *ret)
{
    if (!is_amount(c->sleep) || !is_amount(c->test) || !is_amount(c->queries)) {
        ret->unknown++;
        return;
    }
    ret->contexts++;
    s->sleep += c->sleep;
    s->test += c->test;
    s->queries += c->queries;
    if (c->queries > 0) {
        s->asked++;
        s->shares += c->sleep / c->queries;
    } else {
        ret->empty++;
        s->wasted += c->sleep;
    }
}

struct amortize_totals amortize_contexts(const struct amortize_context *v, size_t n)
{
    struct amortize_totals ret = {0};
    struct sums s = {0};

    for (size_t i = 0; i < n; i++)
        add_context(&v[i], &s, &ret);
    if (ret.contexts == 0)
        return ret;
    ret.mean_queries = s.queries / (double)ret.contexts;
    ret.wasted = s.sleep > 0 ? s.wasted / s.sleep : 0;
    if (!(s.queries > 0)) {
        ret.per_query = ret.sleep_share = ret.naive_share = only(AMORTIZE_NO_QUERIES);
        return ret;
    }
    ret.per_query = number((s.sleep + s.test) / s.queries);
    ret.sleep_share = number(s.sleep / s.queries);
    ret.naive_share = number(s.shares / (double)s.asked);
    return ret;
}

/* ---- when does sleep pay? ------------------------------------------------------------------ */

static double whole(double q)
{
    double nearest = round(q);

    return fmax(1, fabs(q - nearest) <= ROUNDING * fmax(1, q) ? nearest : ceil(q));
}

struct amortize_value amortize_break_even(double c0, double c1, double sleep)
{
    if (!is_amount(c0) || !is_amount(c1) || !is_amount(sleep))
        return only(AMORTIZE_UNKNOWN);
    double saving = minus(c0, c1);
    if (sleep <= 0)
        return only(saving >= 0 ? AMORTIZE_ALWAYS : AMORTIZE_NEVER);
    double q = saving > 0 ? sleep / saving : HUGE_VAL;
    return isfinite(q) ? (struct amortize_value){AMORTIZE_FROM, whole(q)} : only(AMORTIZE_NEVER);
}

/* Cost of one arm's test call as a line in t. */
struct line {
    double scaled, fixed;
    bool known;
};

static struct line line_of(const struct amortize_kinds *price, enum amortize_scale scale,
    const struct amortize_kinds *tokens)
{
    struct amortize_kinds scaled = *price, fixed = *price;

    for (int i = 0; i < AMORTIZE_KINDS; i++)
        if (scale == AMORTIZE_CALLS || is_output(i))
            fixed.of[i] = 0;
        else
            scaled.of[i] = 0;
    struct amortize_value a = amortize_cost(scaled, *tokens), b = amortize_cost(fixed, *tokens);
    return (struct line){a.value, b.value, a.kind == AMORTIZE_NUMBER && b.kind == AMORTIZE_NUMBER};
}

/* For which t >= 0 is extra <= t * saved? */
static struct amortize_value pays(double extra, double saved)
{
    if (saved > 0)
        return extra > 0 ? (struct amortize_value){AMORTIZE_FROM, extra / saved}
                         : only(AMORTIZE_ALWAYS);
    if (saved < 0 && extra <= 0)
        return (struct amortize_value){AMORTIZE_UP_TO, extra < 0 ? extra / saved : 0};
    return only(saved < 0 || extra > 0 ? AMORTIZE_NEVER : AMORTIZE_ALWAYS);
}

struct amortize_value amortize_critical_t(const struct amortize_prices *at_one,
    enum amortize_scale scale, const struct amortize_arms *arms)
{
    struct line ref = line_of(&at_one->test, scale, &arms->ref);
    struct line arm = line_of(&at_one->test, scale, &arms->arm);
    struct amortize_value sleep = amortize_cost(at_one->sleep, arms->sleep);

    if (!ref.known || !arm.known || sleep.kind != AMORTIZE_NUMBER)
        return only(AMORTIZE_UNKNOWN);
    struct amortize_value share = amortize_per_query(0, sleep.value, arms->n);
    if (share.kind != AMORTIZE_NUMBER)
        return share;
    return pays(minus(share.value + arm.fixed, ref.fixed), minus(ref.scaled, arm.scaled));
}

struct amortize_value amortize_longest(double saving, double replaced, double token_price)
{
    if (!isfinite(saving) || !is_amount(replaced) || !is_amount(token_price))
        return only(AMORTIZE_UNKNOWN);
    if (token_price <= 0)
        return only(saving >= 0 ? AMORTIZE_ALWAYS : AMORTIZE_NEVER);
    double most = saving / token_price + replaced;
    if (!isfinite(most)) /* a price next to nothing */
        return only(most > 0 ? AMORTIZE_ALWAYS : AMORTIZE_NEVER);
    return most >= 0 ? (struct amortize_value){AMORTIZE_UP_TO, most} : only(AMORTIZE_NEVER);
}

/* ---- the 2.5x identity --------------------------------------------------------------------- */

struct amortize_value amortize_headline(double test, double sleep, double n)
{
    if (!is_amount(test) || !is_amount(sleep) || !isfinite(n) || n < 1 || !(test + sleep > 0))
        return only(AMORTIZE_UNKNOWN);
    return number((test + sleep) / (test + sleep / n));
}

struct amortize_value amortize_headline_sleep(double test, double r, double n)
{
    if (!is_amount(test) || !isfinite(r) || !isfinite(n) || n < 1)
        return only(AMORTIZE_UNKNOWN);
    double room = minus(n, r), above = minus(r, 1);
    if (test <= 0 || (room == 0 && above == 0)) /* without tests the ratio is n, whatever S */
        return only(room == 0 ? AMORTIZE_ALWAYS : AMORTIZE_NEVER);
    if (room <= 0 || above < 0)
        return only(AMORTIZE_NEVER);
    return number(test * above * n / room);
}

/* ---- sweeps ------------------------------------------------------------------------------- */

static struct amortize_value quotient(struct amortize_value a, struct amortize_value b)
{
    if (a.kind != AMORTIZE_NUMBER)
        return a;
    if (b.kind != AMORTIZE_NUMBER)
        return b;
    return b.value > 0 ? number(a.value / b.value) : only(AMORTIZE_UNKNOWN);
}

static struct amortize_row row_at(
    const struct amortize_prices *p, const struct amortize_arms *arms, double t, double n)
{
    struct amortize_row r = {.t = t, .n = n, .ref = amortize_cost(p->test, arms->ref)};
    struct amortize_value test = amortize_cost(p->test, arms->arm);
    struct amortize_value sleep = amortize_cost(p->sleep, arms->sleep);

    if (test.kind == AMORTIZE_NUMBER && sleep.kind == AMORTIZE_NUMBER) {
        r.arm = amortize_per_query(test.value, sleep.value, n);
        r.headline = amortize_headline(test.value, sleep.value, n);
        if (r.ref.kind == AMORTIZE_NUMBER)
            r.n_star = amortize_break_even(r.ref.value, test.value, sleep.value);
    }
    r.ratio = quotient(r.ref, r.arm);
    return r;
}

void amortize_sweep(const struct amortize_prices *at_one, enum amortize_scale scale,
    const struct amortize_arms *arms, const double *t, size_t nt, const double *n, size_t nn,
    struct amortize_row *ret)
{
    for (size_t i = 0; i < nt; i++) {
        struct amortize_prices p = amortize_at(at_one, scale, t[i]);
        for (size_t j = 0; j < nn; j++)
            *ret++ = row_at(&p, arms, t[i], n[j]);
    }
}
