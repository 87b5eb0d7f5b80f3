/* status_times.c - quantiles of times, and counts of who answered; see status_times.h. */
#include "harness/cli/status_times.h"

#include "harness/base/arena.h"
#include "harness/store/store_measure.h"
#include "metrics/interval.h"

#include <stdlib.h>

enum { PARTS = 4, MOST_NAMES = 20 };

struct times {
    double *part[PARTS]; /* milliseconds */
    size_t n[PARTS], cap[PARTS];
    struct arena arena;
    struct {
        struct str name;
        int64_t n;
    } served[MOST_NAMES];
    size_t nserved;
    int64_t others; /* answers by names beyond the first MOST_NAMES */
};

static void add(struct times *t, size_t part, int64_t ns)
{
    if (ns < 0)
        return;
    if (t->n[part] == t->cap[part]) {
        t->cap[part] = t->cap[part] ? 2 * t->cap[part] : 1024;
        t->part[part] = xrealloc(t->part[part], t->cap[part] * sizeof *t->part[part]);
    }
    t->part[part][t->n[part]++] = (double)ns / 1e6;
}

static void add_name(struct times *t, struct str name)
{
    size_t i = 0;

    if (name.n == 0)
        return;
    while (i < t->nserved && !str_eq(t->served[i].name, name))
        i++;
    if (i == MOST_NAMES) {
        t->others++;
        return;
    }
    if (i == t->nserved)
        t->served[t->nserved++].name = arena_str(&t->arena, name);
    t->served[i].n++;
}

static enum err_code on_timing(const struct store_timing *r, void *payload, struct err *err)
{
    struct times *t = payload;
    const int64_t parts[PARTS] = {r->held, r->queued, r->first_byte, r->service};

    (void)err; /* rows only add up */
    for (size_t i = 0; i < PARTS; i++)
        add(t, i, parts[i]);
    add_name(t, r->served);
    return OK;
}

static void print(struct times *t, struct buf *out)
{
    static const char *const names[PARTS] = {
        "told to wait", "queued", "to the first byte", "served in"};

    buf_puts(out, "milliseconds of an attempt, median and 95th percentile:\n");
    for (size_t i = 0; i < PARTS; i++)
        if (t->n[i])
            buf_printf(out, "  %-18s %.1f  %.1f\n", names[i],
                interval_quantile_of(t->part[i], t->n[i], 0.5),
                interval_quantile_of(t->part[i], t->n[i], 0.95));
    for (size_t i = 0; i < t->nserved; i++) {
        buf_printf(out, "answered by ");
        buf_collapse(out, t->served[i].name); /* a server's words */
        buf_printf(out, ": %lld\n", (long long)t->served[i].n);
    }
    if (t->others)
        buf_printf(out, "answered by others: %lld\n", (long long)t->others);
}

enum err_code status_times(struct store *store, struct buf *out, struct err *err)
{
    struct times t = {.nserved = 0};
    enum err_code code = store_each_timing(store, on_timing, &t, err);

    if (!code && t.n[PARTS - 1])
        print(&t, out);
    for (size_t i = 0; i < PARTS; i++)
        free(t.part[i]);
    arena_release(&t.arena);
    return code;
}
