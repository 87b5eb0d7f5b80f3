/* swe_given.c - files of clusters and where they apply; see swe_given.h. */
#include "datasets/swe_given.h"

#include "harness/base/data.h"
#include "harness/base/file.h"
#include "harness/base/json.h"

#include <stdlib.h>

#define PAPER_PATH "datasets/swe_clusters.json"

enum { FILE_BYTES = 4 << 20 };

/* A file while it is applied. */
struct given {
    struct arena *arena;
    struct swe_list *list;
    struct str *seen; /* "repo#number" of each number so far */
    size_t nseen, cap, absent;
};

static enum err_code see(struct given *g, struct str repo, int64_t number, struct err *err)
{
    struct str key = str_c(arena_printf(g->arena, "%.*s #%lld", STR_ARG(repo), (long long)number));

    for (size_t i = 0; i < g->nseen; i++)
        if (str_eq(g->seen[i], key))
            return err_set(err, ERR_INPUT, "%.*s stands in two clusters", STR_ARG(key));
    if (g->nseen == SWE_CLUSTER_NUMBERS)
        return err_set(err, ERR_LIMIT, "more than %d numbers", SWE_CLUSTER_NUMBERS);
    GROW(g->seen, g->nseen + 1, g->cap);
    g->seen[g->nseen++] = key;
    return OK;
}

static enum err_code apply_cluster(
    struct given *g, struct str repo, const struct json *cluster, struct err *err)
{
    struct str name = arena_str(g->arena, json_key(cluster));
    int64_t number;

    for (const struct json *v = json_first(cluster); v; v = json_next(v)) {
        if (!json_int(v, &number) || number < 1)
            return err_set(err, ERR_INPUT,
                "cluster \"%.*s\" must hold numbers of pull requests only", STR_ARG(name));
        if (see(g, repo, number, err))
            return err->code;
        struct swe_task *task = swe_list_find(g->list, repo, number);
        if (task)
            task->cluster = name;
        else
            g->absent++;
    }
    return OK;
}

static enum err_code apply_repo(
    struct given *g, struct str repo, const struct json *clusters, struct err *err)
{
    for (const struct json *v = json_first(clusters); v; v = json_next(v)) {
        if (json_type(v) != JSON_ARRAY || !json_key(v).n)
            return err_set(
                err, ERR_INPUT, "\"%.*s\" must be a list of numbers", STR_ARG(json_key(v)));
        if (apply_cluster(g, repo, v, err))
            return err->code;
    }
    return OK;
}

/* The list's only repository. */
static enum err_code only_repo(const struct swe_list *list, struct str *ret, struct err *err)
{
    *ret = list->n ? list->v[0].repo : STR("");
    for (size_t i = 1; i < list->n; i++)
        if (!str_eq(list->v[i].repo, *ret))
            return err_set(err, ERR_INPUT,
                "the rows are of several repositories: write {\"%.*s\":{\"cluster\":[..]},..}",
                STR_ARG(*ret));
    return OK;
}

static enum err_code apply(struct given *g, const struct json *doc, struct err *err)
{
    struct str repo;

    if (json_type(doc) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "must be an object of clusters");
    if (json_type(json_first(doc)) != JSON_OBJECT) {
        if (only_repo(g->list, &repo, err))
            return err->code;
        return apply_repo(g, repo, doc, err);
    }
    for (const struct json *v = json_first(doc); v; v = json_next(v)) {
        repo = swe_repo_name(arena_str(g->arena, json_key(v)));
        if (json_type(v) != JSON_OBJECT)
            return err_set(err, ERR_INPUT, "\"%.*s\" must be an object of clusters", STR_ARG(repo));
        if (apply_repo(g, repo, v, err))
            return err->code;
    }
    return OK;
}

enum err_code swe_given_apply(const char *path, struct arena *arena, struct swe_list *list,
    size_t *ret_absent, struct err *err)
{
    struct given g = {.arena = arena, .list = list};
    struct buf text = BUF_INIT;
    struct json *doc = NULL;
    enum err_code code =
        path ? file_read(path, FILE_BYTES, &text, err) : data_read(PAPER_PATH, &text, err);

    if (!code && ((code = json_parse(buf_str(&text), JSON_STRICT, &doc, err)) ||
                     (code = apply(&g, doc, err))))
        (void)err_wrap(err, "%s", path ? path : PAPER_PATH); /* the code is what we return */
    if (!code && ret_absent)
        *ret_absent = g.absent;
    json_free(doc);
    buf_release(&text);
    free(g.seen);
    return code;
}
