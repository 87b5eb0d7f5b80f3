/* pool.c - see pool.h. */
#include "metrics/pool.h"

#include "metrics/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *pool_status_text(enum pool_status status)
{
    static const char *const texts[] = {
        [POOL_OK] = "known",
        [POOL_FEW] = "fewer samples than are asked for",
        [POOL_LARGE] = "more than 1000 samples of one item",
        [POOL_UNSCORED] = "a sample has no score",
        [POOL_NO_TOKENS] = "a sample's tokens are not known",
    };

    return texts[status];
}

/* C(n, k); at most C(1000, 500) = 2.7e299. */
static double choose(size_t n, size_t k)
{
    double v = 1;

    if (k > n)
        return 0;
    if (k > n - k)
        k = n - k;
    for (size_t i = 1; i <= k; i++)
        v *= (double)(n - k + i) / (double)i;
    return v;
}

/* Chances that the i-th best of n (from 0) is the best of k drawn: C(n-1-i, k-1) / C(n, k). */
static void best_chances(size_t n, size_t k, double *ret)
{
    double v = (double)k / (double)n;

    for (size_t i = 0; i < n; i++) {
        ret[i] = i + k <= n ? v : 0;
        if (i + k < n)
            v *= (double)(n - i - k) / (double)(n - 1 - i);
    }
}

/* ---- the vote ----------------------------------------------------------------------------- */

/* One answer: how often it stands in each of two urns. */
struct votes {
    size_t count[2];
    bool right;
};

/* A vote among take[0] samples of the first urn and take[1] of the second, all subsets of each urn
 * equally likely. Abstentions are counted in `size` alone. */
struct ballot {
    struct votes *answers;
    size_t n;
    size_t size[2], take[2], voters[2];
    double *now, *next; /* ways by [taken of urn 0][taken of urn 1][answers that tie] */
    size_t room;
};

static size_t at(const struct ballot *b, size_t x, size_t y, size_t ties)
{
    return (x * (b->take[1] + 1) + y) * (b->take[0] + b->take[1] + 1) + ties;
}

/* From one state, all ways to take p and q samples of an answer with p + q <= j. */
static void spread(
    struct ballot *b, const struct votes *v, size_t j, size_t x, size_t y, size_t ties)
{
    double first = b->now[at(b, x, y, ties)];

    for (size_t p = 0; p <= v->count[0] && p <= j && x + p <= b->take[0]; p++) {
        double ways = first;
        for (size_t q = 0; q <= v->count[1] && p + q <= j && y + q <= b->take[1]; q++) {
            b->next[at(b, x + p, y + q, ties + (p + q == j))] += ways;
            ways *= (double)(v->count[1] - q) / (double)(q + 1); /* C(c, q+1) from C(c, q) */
        }
        first *= (double)(v->count[0] - p) / (double)(p + 1);
    }
}

/* Adds an answer that may have at most j votes. */
static void ballot_add(struct ballot *b, const struct votes *v, size_t j)
{
    double *swap = b->now;

    memset(b->next, 0, b->room * sizeof *b->next);
    for (size_t x = 0; x <= b->take[0]; x++)
        for (size_t y = 0; y <= b->take[1]; y++)
            for (size_t ties = 1; ties * j <= x + y; ties++)
                if (b->now[at(b, x, y, ties)] > 0)
                    spread(b, v, j, x, y, ties);
    b->now = b->next;
    b->next = swap;
}

/* Ways to fill the vote up with abstentions when x and y are taken. */
static double fill(const struct ballot *b, size_t x, size_t y)
{
    return choose(b->size[0] - b->voters[0], b->take[0] - x) *
           choose(b->size[1] - b->voters[1], b->take[1] - y);
}

/* Ways in which answer `who` wins with p and q votes, each times its share of the tie. */
static double wins_with(struct ballot *b, size_t who, size_t p, size_t q)
{
    const struct votes *v = &b->answers[who];
    double sum = 0;

    memset(b->now, 0, b->room * sizeof *b->now);
    b->now[at(b, p, q, 1)] = choose(v->count[0], p) * choose(v->count[1], q);
    for (size_t i = 0; i < b->n; i++)
        if (i != who)
            ballot_add(b, &b->answers[i], p + q);
    for (size_t x = p; x <= b->take[0]; x++)
        for (size_t y = q; y <= b->take[1]; y++) {
            double left = fill(b, x, y);
            for (size_t ties = 1; left > 0 && ties * (p + q) <= x + y; ties++)
                sum += b->now[at(b, x, y, ties)] * left / (double)ties;
        }
    return sum;
}

/* Chance that the vote's answer is right; *ret_none, that nobody voted. */
static double vote(struct ballot *b, double *ret_none)
{
    double all = choose(b->size[0], b->take[0]) * choose(b->size[1], b->take[1]), right = 0;

    b->room = (b->take[0] + 1) * (b->take[1] + 1) * (b->take[0] + b->take[1] + 1);
    b->now = xcalloc(b->room, sizeof *b->now);
    b->next = xcalloc(b->room, sizeof *b->next);
    for (size_t i = 0; i < b->n; i++) {
        const struct votes *v = &b->answers[i];
        for (size_t p = 0; v->right && p <= v->count[0] && p <= b->take[0]; p++)
            for (size_t q = p ? 0 : 1; q <= v->count[1] && q <= b->take[1]; q++)
                right += wins_with(b, i, p, q);
    }
    free(b->now);
    free(b->next);
    *ret_none = fill(b, 0, 0) / all;
    return right / all;
}

/* ---- the pool, in an order --------------------------------------------------------------- */

struct entry {
    struct pool_sample s;
    size_t answer; /* place among the answers, SIZE_MAX: abstains */
    double key;    /* what it is ordered by, ascending */
};

struct pool {
    struct entry *e;
    size_t n;
    struct votes *answers; /* counts are filled by who votes */
    size_t nanswers;
    double tokens; /* mean; has_tokens false: some are unknown */
    bool has_tokens;
};

static int by_answer(const void *pa, const void *pb)
{
    const struct entry *a = pa, *b = pb;

    return (a->s.answer > b->s.answer) - (a->s.answer < b->s.answer);
}

static int by_key(const void *pa, const void *pb)
{
    const struct entry *a = pa, *b = pb;

    return (a->key > b->key) - (a->key < b->key);
}

static void pool_number_answers(struct pool *p)
{
    qsort(p->e, p->n, sizeof *p->e, by_answer);
    for (size_t i = 0; i < p->n; i++) {
        struct entry *e = &p->e[i];
        e->answer = SIZE_MAX;
        if (e->s.answer == POOL_ABSTAINS) {
            if (e->s.right)
                BUG("a sample abstains and is right");
            continue;
        }
        if (i == 0 || p->e[i - 1].s.answer != e->s.answer)
            p->answers[p->nanswers++].right = e->s.right;
        e->answer = p->nanswers - 1;
        if (p->answers[e->answer].right != e->s.right)
            BUG("answer %d is right and wrong", (int)e->s.answer);
    }
}

static enum pool_status pool_open(
    const struct pool_sample *s, size_t n, size_t m, size_t k, struct pool *p)
{
    if (k < 1 || n < k || m < 1 || m > k)
        return POOL_FEW;
    if (n > POOL_MOST)
        return POOL_LARGE;
    *p = (struct pool){.n = n, .has_tokens = true};
    p->e = xcalloc(n, sizeof *p->e);
    p->answers = xcalloc(n, sizeof *p->answers);
    for (size_t i = 0; i < n; i++) {
        p->e[i].s = s[i];
        p->has_tokens &= s[i].tokens >= 0; /* false for NaN too */
        p->tokens += s[i].tokens / (double)n;
    }
    pool_number_answers(p);
    return POOL_OK;
}

static void pool_close(struct pool *p)
{
    free(p->e);
    free(p->answers);
}

/* Cost of running k samples to their ends. */
static void cost_of_all(struct pool *p, size_t k, struct pool_value *ret)
{
    double *chance;

    ret->has_cost = p->has_tokens;
    if (!p->has_tokens)
        return;
    for (size_t i = 0; i < p->n; i++)
        p->e[i].key = -p->e[i].s.tokens;
    qsort(p->e, p->n, sizeof *p->e, by_key);
    chance = xmalloc(p->n * sizeof *chance);
    best_chances(p->n, k, chance);
    ret->tokens = (double)k * p->tokens;
    for (size_t i = 0; i < p->n; i++)
        ret->latency += chance[i] * p->e[i].s.tokens;
    free(chance);
}

/* Puts entries [from, to) into urn u. */
static void fill_urn(struct ballot *b, const struct pool *p, size_t from, size_t to, int u)
{
    for (size_t i = from; i < to; i++) {
        b->size[u]++;
        if (p->e[i].answer == SIZE_MAX)
            continue;
        b->voters[u]++;
        b->answers[p->e[i].answer].count[u]++;
    }
}

enum pool_status pool_majority(
    const struct pool_sample *s, size_t n, size_t k, struct pool_value *ret)
{
    struct pool p;
    struct pool_value r = {0};
    enum pool_status status = pool_open(s, n, k, k, &p);

    if (status)
        return status;
    struct ballot b = {.answers = p.answers, .n = p.nanswers, .take = {k, 0}};
    fill_urn(&b, &p, 0, n, 0);
    r.accuracy = vote(&b, &r.abstained);
    cost_of_all(&p, k, &r);
    pool_close(&p);
    *ret = r;
    return POOL_OK;
}

/* Ends of the run of equal keys that starts at i. */
static size_t run_end(const struct pool *p, size_t i)
{
    size_t end = i + 1;

    while (end < p->n && p->e[end].key == p->e[i].key)
        end++;
    return end;
}

enum pool_status pool_best(const struct pool_sample *s, size_t n, size_t k, struct pool_value *ret)
{
    struct pool p;
    struct pool_value r = {0};
    enum pool_status status = pool_open(s, n, k, k, &p);
    double *chance;

    if (status)
        return status;
    for (size_t i = 0; i < n; i++) {
        struct entry *e = &p.e[i];
        bool abstains = e->answer == SIZE_MAX;
        if (!abstains && (!e->s.scored || isnan(e->s.score)))
            status = POOL_UNSCORED;
        e->key = abstains ? HUGE_VAL : fmin(-e->s.score, 0x1.fffffffffffffp1023);
    }
    if (status) {
        pool_close(&p);
        return status;
    }
    qsort(p.e, n, sizeof *p.e, by_key);
    chance = xmalloc(n * sizeof *chance);
    best_chances(n, k, chance);
    for (size_t i = 0; i < n;) {
        size_t end = run_end(&p, i);
        double of = (double)(end - i), mass = 0, right = 0;
        bool abstains = p.e[i].answer == SIZE_MAX;
        for (; i < end; i++) {
            mass += chance[i];
            right += p.e[i].s.right;
        }
        r.accuracy += mass * right / of;
        r.abstained += abstains ? mass : 0;
    }
    free(chance);
    cost_of_all(&p, k, &r);
    pool_close(&p);
    *ret = r;
    return POOL_OK;
}

/* ---- the first m to finish ------------------------------------------------------------------ */

/* The m-th length of a subset is that of entries [from, to), all of one length: s of the m are
 * shorter, and the other m - s come from this run. */
struct finish {
    size_t from, to, s, m, k;
};

/* Chance of that: s of the shorter, at least m - s of the run, the rest longer. */
static double finish_chance(const struct finish *f, size_t n)
{
    double sum = 0;

    for (size_t j = f->m - f->s; j <= f->to - f->from && f->s + j <= f->k; j++)
        sum += choose(f->to - f->from, j) * choose(n - f->to, f->k - f->s - j);
    return choose(f->from, f->s) * sum / choose(n, f->k);
}

static void finish_add(struct pool *p, const struct finish *f, double before, struct pool_value *r)
{
    struct ballot b = {.answers = p->answers, .n = p->nanswers, .take = {f->s, f->m - f->s}};
    double chance = finish_chance(f, p->n), none = 0, length = p->e[f->from].s.tokens;

    if (chance == 0)
        return;
    for (size_t i = 0; i < p->nanswers; i++)
        p->answers[i].count[0] = p->answers[i].count[1] = 0;
    fill_urn(&b, p, 0, f->from, 0);
    fill_urn(&b, p, f->from, f->to, 1);
    r->accuracy += chance * vote(&b, &none);
    r->abstained += chance * none;
    r->latency += chance * length;
    r->tokens += chance * ((double)f->s * before + (double)(f->k - f->s) * length);
}

enum pool_status pool_short(
    const struct pool_sample *s, size_t n, size_t m, size_t k, struct pool_value *ret)
{
    struct pool p;
    struct pool_value r = {.has_cost = true};
    enum pool_status status = pool_open(s, n, m, k, &p);
    double sum = 0; /* of the lengths before the run */

    if (status)
        return status;
    if (!p.has_tokens) {
        pool_close(&p);
        return POOL_NO_TOKENS;
    }
    for (size_t i = 0; i < n; i++)
        p.e[i].key = p.e[i].s.tokens;
    qsort(p.e, n, sizeof *p.e, by_key);
    for (size_t i = 0, end; i < n; i = end) {
        end = run_end(&p, i);
        for (size_t before = m > end - i ? m - (end - i) : 0; before < m && before <= i; before++)
            finish_add(&p, &(struct finish){i, end, before, m, k}, i ? sum / (double)i : 0, &r);
        sum += (double)(end - i) * p.e[i].s.tokens;
    }
    pool_close(&p);
    *ret = r;
    return POOL_OK;
}

/* ---- shares ------------------------------------------------------------------------------- */

/* C(c, k) / C(n, k) */
static double all_of(unsigned n, unsigned c, unsigned k)
{
    double v = 1;

    for (unsigned i = 0; i < k && v > 0; i++)
        v *= c > i ? (double)(c - i) / (double)(n - i) : 0;
    return v;
}

bool pool_all_right(unsigned n, unsigned c, unsigned k, double *ret)
{
    if (k < 1 || n < k || c > n)
        return false;
    *ret = all_of(n, c, k);
    return true;
}

bool pool_pass_variance(unsigned n, unsigned c, unsigned k, double *ret, bool *ret_unbiased)
{
    if (k < 1 || n < k || c > n)
        return false;
    *ret_unbiased = n >= 2 * (uint64_t)k;
    if (*ret_unbiased) {
        /* F_2k = F_k times the same share of what is left: both factors come out positive */
        double one = all_of(n, n - c, k), other = n - c > k ? all_of(n - k, n - c - k, k) : 0;
        *ret = one * (one - other);
        return true;
    }
    double p = (double)c / n, mean = 0, variance = 0;
    for (unsigned i = 0; i <= n; i++)
        mean += distribution_binomial(i, n, p) * all_of(n, n - i, k);
    for (unsigned i = 0; i <= n; i++) { /* a second pass: nothing cancels */
        double off = all_of(n, n - i, k) - mean;
        variance += distribution_binomial(i, n, p) * off * off;
    }
    *ret = c == 0 || c == n ? 0 : variance;
    return true;
}
