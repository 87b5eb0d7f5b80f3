/* seen.c - an external sort of digests; see seen.h. */
#include "harness/base/seen.h"

#include "harness/base/digest.h"
#include "harness/base/outfile.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 32768, WINDOW = 102 /* records of a spilled batch in memory, 4 KB */ };

struct record {
    struct digest key;
    uint64_t number;
};

struct seen {
    struct digest_ctx *ctx;
    struct outfile *spill; /* whole batches, each sorted; NULL before the first */
    uint64_t spilled;      /* records in it */
    size_t n;
    struct record batch[BATCH];
};

struct seen *seen_new(void)
{
    struct seen *s = xmalloc(sizeof *s);

    s->ctx = digest_new();
    s->spill = NULL;
    s->spilled = 0;
    s->n = 0;
    return s;
}

void seen_free(struct seen *s)
{
    if (!s)
        return;
    outfile_free(s->spill);
    digest_free(s->ctx);
    free(s);
}

static int compare(const struct record *x, const struct record *y)
{
    int c = memcmp(&x->key, &y->key, sizeof x->key);

    return c ? c : (x->number > y->number) - (x->number < y->number);
}

static int by_key(const void *a, const void *b)
{
    return compare(a, b);
}

static enum err_code spill_batch(struct seen *s, struct err *err)
{
    if (!s->spill && outfile_open(NULL, &s->spill, err))
        return err->code;
    qsort(s->batch, s->n, sizeof *s->batch, by_key);
    outfile_write(s->spill, (struct str){(const char *)s->batch, s->n * sizeof *s->batch});
    s->spilled += s->n;
    s->n = 0;
    return OK;
}

enum err_code seen_add(struct seen *s, struct str key, uint64_t number, struct err *err)
{
    if (s->n == BATCH && spill_batch(s, err))
        return err->code;
    digest_add(s->ctx, key);
    s->batch[s->n++] = (struct record){digest_end(s->ctx), number};
    return OK;
}

/* A sorted run while it is merged: the batch in memory, or a window of a spilled one. */
struct source {
    const struct record *v;
    size_t at, n;
    uint64_t next, left; /* records of the spill file that are not in the window */
    struct record *window;
};

static enum err_code refill(struct seen *s, struct source *r, struct err *err)
{
    size_t n = r->left < WINDOW ? (size_t)r->left : WINDOW;

    r->at = 0;
    r->n = n;
    if (!n)
        return OK;
    if (!r->window)
        r->window = xmalloc(WINDOW * sizeof *r->window);
    r->v = r->window;
    if (outfile_read_at(
            s->spill, r->next * sizeof(struct record), r->window, n * sizeof(struct record), err))
        return err->code;
    r->next += n;
    r->left -= n;
    return OK;
}

/* A heap of sources, the one with the smallest record on top; sources at their end are not in it.
 */
struct merge {
    struct source *sources, **heap;
    size_t nsources, n;
};

static bool is_less(const struct source *a, const struct source *b)
{
    return compare(&a->v[a->at], &b->v[b->at]) < 0;
}

static void sink(struct merge *m, size_t i)
{
    for (size_t child; (child = 2 * i + 1) < m->n; i = child) {
        if (child + 1 < m->n && is_less(m->heap[child + 1], m->heap[child]))
            child++;
        if (!is_less(m->heap[child], m->heap[i]))
            return;
        struct source *up = m->heap[child];
        m->heap[child] = m->heap[i];
        m->heap[i] = up;
    }
}

static enum err_code start_merge(struct seen *s, struct merge *m, struct err *err)
{
    m->nsources = (size_t)(s->spilled / BATCH) + 1;
    m->sources = xcalloc(m->nsources, sizeof *m->sources);
    m->heap = xcalloc(m->nsources, sizeof *m->heap);
    qsort(s->batch, s->n, sizeof *s->batch, by_key);
    m->sources[0] = (struct source){.v = s->batch, .n = s->n};
    for (size_t i = 1; i < m->nsources; i++) {
        m->sources[i].next = (i - 1) * (uint64_t)BATCH;
        m->sources[i].left = BATCH;
        if (refill(s, &m->sources[i], err))
            return err->code;
    }
    for (size_t i = 0; i < m->nsources; i++)
        if (m->sources[i].n)
            m->heap[m->n++] = &m->sources[i];
    for (size_t i = m->n; i-- > 0;)
        sink(m, i);
    return OK;
}

/* Moves the top source to its next record. */
static enum err_code step(struct seen *s, struct merge *m, struct err *err)
{
    struct source *top = m->heap[0];

    if (++top->at == top->n && refill(s, top, err))
        return err->code;
    if (top->at == top->n)
        m->heap[0] = m->heap[--m->n];
    sink(m, 0);
    return OK;
}

enum err_code seen_repeats(struct seen *s, seen_fn *fn, void *payload, struct err *err)
{
    struct merge m = {0};
    enum err_code code = start_merge(s, &m, err);
    struct record first = {0};

    for (bool any = false; !code && m.n; any = true) {
        struct record r = m.heap[0]->v[m.heap[0]->at];
        if (any && memcmp(&r.key, &first.key, sizeof r.key) == 0)
            fn(payload, first.number, r.number);
        else
            first = r;
        code = step(s, &m, err);
    }
    for (size_t i = 0; i < m.nsources; i++)
        free(m.sources[i].window);
    free(m.sources);
    free(m.heap);
    return code;
}
