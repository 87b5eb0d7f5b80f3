/* served.c - names that an arm was served under, where there are several; see served.h. */
#include "metrics/served.h"

#include "harness/base/arena.h"
#include "harness/store/store_measure.h"

#include <stdlib.h>

enum { NOTED_ARMS = 3, NOTED_NAMES = 4 };

struct name {
    struct str served;
    int64_t tasks;
};

/* Names of one arm's answers or sleeps, while they are read. */
struct gathering {
    struct table *table;
    struct buf *note;
    struct arena arena;
    int64_t arm;
    bool asleep;
    struct str arm_name;
    struct buf line;
    struct name *names;
    size_t n, cap;
    size_t groups; /* with more than one name */
};

static void note_group(struct gathering *g)
{
    buf_printf(g->note, "%s%.*s%s: ", g->groups ? "; " : "", STR_ARG(g->arm_name),
        g->asleep ? ", asleep" : "");
    for (size_t i = 0; i < g->n && i < NOTED_NAMES; i++)
        buf_printf(g->note, "%s%.*s (%lld)", i ? ", " : "", STR_ARG(g->names[i].served),
            (long long)g->names[i].tasks);
    if (g->n > NOTED_NAMES)
        buf_printf(g->note, " and %zu more", g->n - NOTED_NAMES);
}

static void finish_group(struct gathering *g)
{
    if (g->n > 1) {
        if (g->groups < NOTED_ARMS)
            note_group(g);
        g->groups++;
        for (size_t i = 0; i < g->n; i++) {
            table_row(g->table);
            table_str(g->table, g->arm_name);
            table_str(g->table, g->asleep ? STR("sleeps") : STR("answers"));
            table_str(g->table, g->names[i].served);
            table_int(g->table, g->names[i].tasks);
        }
    }
    g->n = 0;
    arena_reset(&g->arena);
}

static enum err_code on_name(const struct store_served *r, void *payload, struct err *err)
{
    struct gathering *g = payload;

    (void)err; /* rows only add up */
    if (r->arm != g->arm || r->asleep != g->asleep) {
        finish_group(g);
        g->arm = r->arm;
        g->asleep = r->asleep;
        g->arm_name = arena_str(&g->arena, r->arm_name);
    }
    buf_reset(&g->line);
    buf_collapse(&g->line, r->served); /* a server's words on one line */
    GROW(g->names, g->n + 1, g->cap);
    g->names[g->n++] = (struct name){arena_str(&g->arena, buf_str(&g->line)), r->tasks};
    return OK;
}

enum err_code served_table(struct store *s, struct table **ret, struct buf *note, struct err *err)
{
    static const struct column columns[] = {
        {"arm", "", COLUMN_STR, 0},
        {"of", "", COLUMN_STR, 0},
        {"served_by", "", COLUMN_STR, 0},
        {"tasks", "", COLUMN_INT, 0},
    };
    struct gathering g = {.table = table_new("served", columns, ARRAY_LEN(columns)), .note = note};
    enum err_code code = store_each_served(s, on_name, &g, err);

    if (!code)
        finish_group(&g);
    if (g.groups > NOTED_ARMS)
        buf_printf(note, "; and %zu more in the table served", g.groups - NOTED_ARMS);
    table_note(g.table, "method",
        STR("names under which servers answered, where an arm has more than one: tasks with a "
            "result under each; one whose calls came under two counts for both"));
    arena_release(&g.arena);
    buf_release(&g.line);
    free(g.names);
    if (code)
        table_free(g.table);
    else
        *ret = g.table;
    return code;
}
