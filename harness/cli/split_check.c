/* split_check.c - `sleepbench split check FILE`: is it a split file, and what is in it. */
#include "harness/cli/cmd_split.h"
#include "metrics/extract.h"
#include "splitters/split_stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_PROBLEMS = 20 };

/* Can a grader that compares numbers make one of the gold? */
static bool is_readable(struct str gold, struct arena *arena)
{
    struct str value;

    for (size_t i = 0; grader_all[i]; i++)
        if (strcmp(grader_all[i]->name, "release") != 0 && /* it compares any text */
            grader_all[i]->grade(gold, gold, arena, &value) == STATUS_CORRECT)
            return true;
    return false;
}

static void note_golds(const struct split_list *list, struct buf *out)
{
    struct arena arena = {0};
    const char *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < list->v[i].nqueries; k++) {
            const struct split_query *q = &list->v[i].queries[k];
            if (!is_readable(str_c(q->gold), &arena)) {
                first = n++ ? first : q->id;
            }
            arena_reset(&arena);
        }
    arena_release(&arena);
    if (n)
        buf_printf(out,
            "note: %zu gold%s no number that a grader can compare, the first is of query %s\n", n,
            n == 1 ? " is" : "s are", first);
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* The origins that there are. */
static void describe_origins(const struct split_stats *t, struct buf *out)
{
    size_t unsaid = t->origins[ORIGIN_UNSAID], original = unsaid + t->origins[ORIGIN_ORIGINAL];
    const char *mark = "origin: ";

    if (original) {
        buf_printf(out, "%s%zu original", mark, original);
        if (unsaid == original)
            buf_puts(out, " (no query has the key \"origin\": that means original)");
        else if (unsaid)
            buf_printf(out, " (%zu without the key \"origin\", which means original)", unsaid);
        mark = ", ";
    }
    if (t->origins[ORIGIN_GENERATED]) {
        buf_printf(out, "%s%zu generated (%zu of them verified)", mark,
            t->origins[ORIGIN_GENERATED], t->verified);
        mark = ", ";
    }
    if (t->origins[ORIGIN_WORLD])
        buf_printf(out, "%s%zu world", mark, t->origins[ORIGIN_WORLD]);
    buf_putc(out, '\n');
}

static void describe(const struct split_list *list, struct buf *out)
{
    struct split_stats t;

    split_stats_of(list, &t);
    buf_printf(out, "%zu context%s, %zu quer%s", t.contexts, plural(t.contexts), t.queries,
        t.queries == 1 ? "y" : "ies");
    if (t.fewest == t.most)
        buf_printf(out, " (%zu a context)\n", t.most);
    else
        buf_printf(out, " (%zu to %zu a context)\n", t.fewest, t.most);
    describe_origins(&t, out);
    buf_printf(out, "%zu empty context%s, %zu repeated quer%s (equal text, equal context)\n",
        t.empty_contexts, plural(t.empty_contexts), t.repeated, t.repeated == 1 ? "y" : "ies");
    if (t.queries)
        buf_printf(out,
            "longest context: %zu characters (%.*s), longest query: %zu characters (%s)\n",
            t.longest_context, STR_ARG(t.longest_context_id), t.longest_query, t.longest_query_id);
    note_golds(list, out);
    if (t.origins[ORIGIN_GENERATED] && t.origins[ORIGIN_GENERATED] < t.queries)
        buf_puts(out, "note: a run of this file needs queries = all, original, generated or "
                      "verified\n");
}

static enum err_code check(const char *path, struct err *err)
{
    struct split_problems problems = {.most = MOST_PROBLEMS};
    struct split_list list = {0};
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    enum err_code code = split_check(path, &arena, &list, &problems, err);

    if (!code) {
        buf_str_add(&text, buf_str(&problems.text));
        if (problems.n > problems.most)
            buf_printf(&text, "... and %zu more\n", problems.n - problems.most);
        if (list.nqueries)
            describe(&list, &text);
        cli_print(buf_str(&text));
        if (problems.n)
            code = err_set(
                err, ERR_INPUT, "%s: %zu problem%s", path, problems.n, problems.n == 1 ? "" : "s");
    }
    buf_release(&text);
    split_problems_release(&problems);
    split_list_release(&list);
    arena_release(&arena);
    return code;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    const char *args[1];
    size_t nargs;

    if (cli_wants_help(argc, argv, &split_check_command, NULL, 0))
        return OK;
    if (option_parse(argc, argv, NULL, 0, args, 1, &nargs, err))
        return err->code;
    if (nargs != 1)
        return err_set(err, ERR_USAGE, "usage: sleepbench split check FILE");
    return check(args[0], err);
}

const struct command split_check_command = {
    "split check", "FILE", "say all that is wrong with a split file, and what is in it", run, true};
