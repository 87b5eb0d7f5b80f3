/* job_grade.c - grading stored answers; no model is called. */
#include "harness/cli/job.h"
#include "metrics/extract.h"

struct grading {
    struct store *store;
    const struct grader *grader;
    struct arena arena;
    int64_t n;
};

static enum err_code grade_one(const struct store_answer *a, void *payload, struct err *err)
{
    struct grading *g = payload;
    struct str value = STR("");

    arena_reset(&g->arena);
    enum answer_status status = g->grader->grade(a->text, a->gold, &g->arena, &value);
    g->n++;
    return store_score_put(g->store, a->task, a->query, g->grader->name, status, value, err);
}

static enum err_code unknown_grader(struct str name, struct err *err)
{
    struct buf names = BUF_INIT;

    for (size_t i = 0; grader_all[i]; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", grader_all[i]->name);
    err_set(err, ERR_USAGE, "no grader \"%.*s\": there are %s", STR_ARG(name), buf_cstr(&names));
    buf_release(&names);
    return ERR_USAGE;
}

enum err_code job_grade(struct store *store, struct str dataset, struct str grader, bool again,
    int64_t *ret_graded, struct err *err)
{
    struct grading g = {.store = store, .grader = grader_for(dataset, grader)};

    if (!g.grader)
        return unknown_grader(grader, err);
    enum err_code code = store_begin(store, err);
    if (!code)
        code = store_each_answer(store, g.grader->name, again, grade_one, &g, err);
    if (!code)
        code = store_commit(store, err);
    if (code)
        store_rollback(store);
    arena_release(&g.arena);
    *ret_graded = g.n;
    return code;
}
