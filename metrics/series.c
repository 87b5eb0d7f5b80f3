/* series.c - from cells to items, and from items to sums per cluster; see series.h. */
#include "metrics/series.h"

#include "metrics/passk.h"

#include <stdlib.h>
#include <string.h>

/* Token sums of the item that is being gathered. */
struct gather {
    double sum[SERIES_TOKENS];
    size_t n[SERIES_TOKENS];
};

static bool same_series(const struct frame_cell *a, const struct frame_cell *b)
{
    return a->arm == b->arm && a->level == b->level;
}

static void count_tokens(const struct frame_cell *c, struct gather *g)
{
    static const struct {
        enum series_token to;
        enum frame_token from;
    } kinds[] = {
        {SERIES_OUT_VISIBLE, FRAME_OUT_VISIBLE},
        {SERIES_OUT_REASONING, FRAME_OUT_REASONING},
        {SERIES_IN_UNCACHED, FRAME_IN_UNCACHED},
        {SERIES_IN_CACHED, FRAME_IN_CACHED},
        {SERIES_IN_WRITE, FRAME_IN_WRITE},
    };
    int64_t out = frame_out(c->tok);

    if (out >= 0) {
        g->sum[SERIES_OUT] += (double)out;
        g->n[SERIES_OUT]++;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        int32_t v = c->tok[kinds[i].from];
        if (v < 0)
            continue;
        g->sum[kinds[i].to] += v;
        g->n[kinds[i].to]++;
    }
}

static void count_answer(
    struct series *s, struct series_item *item, const struct frame_cell *c, struct gather *g)
{
    bool ok = c->outcome == OUTCOME_OK;
    uint8_t status = c->status == FRAME_UNGRADED ? STATUS_NO_ANSWER : c->status;
    bool correct = status == STATUS_CORRECT;

    if (item->cells == UINT16_MAX)
        BUG("an item has more than %d answers", UINT16_MAX);
    s->observed++;
    s->failures += !ok;
    s->truncated += frame_is_truncated(c->outcome);
    if (status < STATUS_COUNT)
        s->by_status[status]++;
    item->cells++;
    item->correct = (uint16_t)(item->correct + correct);
    item->ok_cells = (uint16_t)(item->ok_cells + ok);
    item->ok_correct = (uint16_t)(item->ok_correct + (ok && correct));
    count_tokens(c, g);
}

static void close_item(struct series *s, struct series_item *item, const struct gather *g)
{
    for (size_t i = 0; i < SERIES_TOKENS; i++) {
        if (g->n[i] == 0)
            continue;
        s->tok_mean[i] += g->sum[i] / (double)g->n[i]; /* a sum until the series is closed */
        s->tok_items[i]++;
    }
    item->tok_cells = (uint16_t)g->n[SERIES_OUT];
    if (g->n[SERIES_OUT])
        item->tok = g->sum[SERIES_OUT] / (double)g->n[SERIES_OUT];
    s->tok_known += g->n[SERIES_OUT];
    if (item->cells > s->most_cells)
        s->most_cells = item->cells;
    s->n++;
}

/* Gathers the cells of one item, which starts at cell i; returns the cell behind it. */
static size_t read_item(const struct frame *f, size_t i, struct series *s, struct series_item *item)
{
    const struct frame_cell *first = &f->cells[i];
    struct gather g = {0};

    *item = (struct series_item){.query = first->query};
    for (; i < f->ncells && same_series(&f->cells[i], first); i++) {
        const struct frame_cell *c = &f->cells[i];
        if (c->query != first->query)
            break;
        s->planned++;
        if (c->repeat < s->first_repeat)
            s->first_repeat = c->repeat;
        if (c->repeat > s->last_repeat)
            s->last_repeat = c->repeat;
        if (outcome_is_result((enum outcome)c->outcome) && !frame_observed(c))
            s->ungraded++;
        if (frame_observed(c))
            count_answer(s, item, c, &g);
    }
    if (item->cells)
        close_item(s, item, &g);
    return i;
}

void series_build(const struct frame *f, struct series_set *ret)
{
    size_t cap = 0, items_cap = 0, first;

    if (!f->finished)
        BUG("series of a frame that is not finished");
    *ret = (struct series_set){0};
    for (size_t i = 0; i < f->ncells;) {
        const struct frame_cell *start = &f->cells[i];
        GROW(ret->series, ret->n + 1, cap);
        struct series *s = &ret->series[ret->n++];
        *s = (struct series){.arm = start->arm, .level = start->level, .first_repeat = UINT16_MAX};
        first = ret->nitems;
        while (i < f->ncells && same_series(&f->cells[i], start)) {
            GROW(ret->items, ret->nitems + 1, items_cap);
            i = read_item(f, i, s, &ret->items[ret->nitems]);
            ret->nitems = first + s->n;
        }
        for (size_t t = 0; t < SERIES_TOKENS; t++)
            if (s->tok_items[t])
                s->tok_mean[t] /= (double)s->tok_items[t];
    }
    for (size_t i = 0, at = 0; i < ret->n; i++) { /* the items stand still only now */
        ret->series[i].items = ret->items + at;
        at += ret->series[i].n;
    }
}

void series_release(struct series_set *s)
{
    free(s->series);
    free(s->items);
    *s = (struct series_set){0};
}

const struct series *series_find(const struct series_set *s, size_t arm, int32_t level)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->series[i].arm == arm && s->series[i].level == level)
            return &s->series[i];
    return NULL;
}

bool series_value(const struct series_item *item, unsigned k, double *ret)
{
    if (k)
        return passk_item(item->cells, item->correct, k, ret);
    *ret = (double)item->correct / item->cells;
    return true;
}

bool series_accuracy_ok(const struct series *s, double *ret)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct series_item *item = &s->items[i];
        if (item->ok_cells == 0)
            continue;
        sum += (double)item->ok_correct / item->ok_cells;
        n++;
    }
    if (n == 0)
        return false;
    *ret = sum / (double)n;
    return true;
}

static bool in_stratum(const struct frame *f, const struct series_item *item, int64_t stratum)
{
    return stratum < 0 || f->queries[item->query].stratum == stratum;
}

void series_sum(const struct frame *f, const struct series *s, unsigned k, int64_t stratum,
    struct series_sums *ret)
{
    size_t bytes = f->nclusters * sizeof(double);

    memset(ret->value, 0, bytes);
    memset(ret->items, 0, bytes);
    memset(ret->tok, 0, bytes);
    memset(ret->tok_items, 0, bytes);
    for (size_t i = 0; i < s->n; i++) {
        const struct series_item *item = &s->items[i];
        uint32_t g = f->queries[item->query].cluster;
        double v;
        if (!in_stratum(f, item, stratum))
            continue;
        if (series_value(item, k, &v)) {
            ret->value[g] += v;
            ret->items[g] += 1;
        }
        if (item->tok_cells) {
            ret->tok[g] += item->tok * (k ? k : 1);
            ret->tok_items[g] += 1;
        }
    }
}

struct interval_spread series_spread(
    const struct frame *f, const struct series *s, unsigned k, int64_t stratum)
{
    double *v = xcalloc(s->n, sizeof *v);
    uint32_t *g = xcalloc(s->n, sizeof *g);
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        if (in_stratum(f, &s->items[i], stratum) && series_value(&s->items[i], k, &v[n]))
            g[n++] = f->queries[s->items[i].query].cluster;
    struct interval_spread r = interval_spread(v, g, n, f->nclusters);
    free(v);
    free(g);
    return r;
}

struct interval_spread series_pair(const struct frame *f, const struct series *a,
    const struct series *b, struct series_paired *ret)
{
    size_t most = a->n < b->n ? a->n : b->n, bytes = f->nclusters * sizeof(double), n = 0;
    double *d = xcalloc(most, sizeof *d);
    uint32_t *cluster = xcalloc(most, sizeof *cluster);

    memset(ret->diff, 0, bytes);
    memset(ret->base, 0, bytes);
    memset(ret->items, 0, bytes);
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        const struct series_item *x = &a->items[i], *y = &b->items[j];
        if (x->query != y->query) {
            i += x->query < y->query;
            j += x->query > y->query;
            continue;
        }
        uint32_t g = f->queries[x->query].cluster;
        double vy = (double)y->correct / y->cells;
        d[n] = (double)x->correct / x->cells - vy;
        ret->diff[g] += d[n];
        ret->base[g] += vy;
        ret->items[g] += 1;
        cluster[n++] = g;
        i++;
        j++;
    }
    struct interval_spread r = interval_spread(d, cluster, n, f->nclusters);
    free(d);
    free(cluster);
    return r;
}
