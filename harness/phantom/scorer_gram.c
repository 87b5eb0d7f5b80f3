/* scorer_gram.c - counts of tokens and of pairs of them; see scorer_gram.h. */
#include "harness/phantom/scorer_gram.h"

#include <math.h>

struct pair {
    int64_t before, id;
    double n;
};

struct gram {
    double bigram, unigram;
    struct pair *v; /* by before, then id; sealed: each once */
    size_t n, cap;
    struct pair *single; /* by id; before is 0 */
    size_t nsingle, singlecap;
    double all;
};

struct gram *gram_new(double bigram, double unigram)
{
    struct gram *g = xcalloc(1, sizeof *g);

    g->bigram = bigram;
    g->unigram = unigram;
    return g;
}

void gram_free(struct gram *g)
{
    if (!g)
        return;
    free(g->v);
    free(g->single);
    free(g);
}

void gram_train(struct gram *g, const struct vocab_ids *ids)
{
    int64_t before = GRAM_START;

    for (size_t i = 0; i < ids->n; i++) {
        int64_t id = vocab_bare(ids->v[i]);
        if (vocab_is_blank(id))
            continue;
        GROW(g->v, g->n + 1, g->cap);
        g->v[g->n++] = (struct pair){before, id, 1};
        GROW(g->single, g->nsingle + 1, g->singlecap);
        g->single[g->nsingle++] = (struct pair){0, id, 1};
        g->all++;
        before = id;
    }
}

static int by_pair(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    if (x->before != y->before)
        return x->before < y->before ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static size_t merge(struct pair *v, size_t n)
{
    size_t out = 0;

    qsort(v, n, sizeof *v, by_pair);
    for (size_t i = 0; i < n; i++) {
        if (out > 0 && by_pair(&v[out - 1], &v[i]) == 0)
            v[out - 1].n += v[i].n;
        else
            v[out++] = v[i];
    }
    return out;
}

void gram_seal(struct gram *g)
{
    g->n = merge(g->v, g->n);
    g->nsingle = merge(g->single, g->nsingle);
}

static double count(const struct pair *v, size_t n, int64_t before, int64_t id)
{
    struct pair key = {before, id, 0};
    const struct pair *hit = n ? bsearch(&key, v, n, sizeof *v, by_pair) : NULL;

    return hit ? hit->n : 0;
}

/* How often anything followed. A text's end follows nothing, so this is not the count of `before`.
 */
static double followed(const struct gram *g, int64_t before)
{
    size_t low = 0, high = g->n;
    double sum = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->v[middle].before < before)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < g->n && g->v[low].before == before; low++)
        sum += g->v[low].n;
    return sum;
}

/* u of scorer_gram.h. */
static double wordless(int64_t id)
{
    struct buf text = BUF_INIT;
    double p = 0.3 / (1 << 21);

    if (!vocab_is_special(id)) {
        vocab_decode(id, &text);
        if (str_is_digit(text.p[0]))
            p = 0.1 / 10;
        else if (str_is_alpha(text.p[0]))
            p = 0.6 / 4 * pow(52, -(double)text.n);
    }
    buf_release(&text);
    return p;
}

double gram_logprob(const struct gram *g, int64_t before, int64_t id)
{
    double after = followed(g, before), w2 = after > 0 ? g->bigram : 0;
    double w1 = g->all > 0 ? g->unigram + (g->bigram - w2) : 0;
    double p = (1 - w1 - w2) * wordless(id);

    if (after > 0)
        p += w2 * count(g->v, g->n, before, id) / after;
    if (g->all > 0)
        p += w1 * count(g->single, g->nsingle, 0, id) / g->all;
    return log(p);
}
