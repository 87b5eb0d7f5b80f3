/* swe_stats.c - what a list of tasks consists of, as a table; see swe.h. */
#include "datasets/swe.h"

#include "harness/base/table.h"

#include <stdlib.h>
#include <string.h>

static const struct column columns[] = {
    {"repo", "", COLUMN_STR, 0},
    {"what", "", COLUMN_STR, 0},
    {"value", "", COLUMN_NUM, 2},
};

/* Counts of one repository. */
struct counts {
    size_t tasks, with_files, files, modified, status[SWE_STATUS_COUNT];
    size_t least, most; /* modified files of a task that has a list of files */
    size_t with_related, no_related, clusters, singletons, unclustered;
    size_t with_base, with_title, with_body;
};

static void count_task(const struct swe_task *task, struct counts *c)
{
    size_t modified = 0;

    c->tasks++;
    c->with_base += task->base.n > 0;
    c->with_title += task->title.n > 0;
    c->with_body += task->body.n > 0;
    if (task->has_related)
        *(task->nrelated ? &c->with_related : &c->no_related) += 1;
    c->unclustered += task->cluster.n == 0;
    if (!task->nfiles)
        return;
    for (size_t i = 0; i < task->nfiles; i++) {
        c->status[task->files[i].status]++;
        modified += task->files[i].status == SWE_MODIFIED;
    }
    c->files += task->nfiles;
    c->modified += modified;
    c->least = !c->with_files || modified < c->least ? modified : c->least;
    c->most = modified > c->most ? modified : c->most;
    c->with_files++;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Clusters, and those of one task, of a repository. */
static void count_clusters(const struct swe_list *list, struct str repo, struct counts *c)
{
    struct str *names = xmalloc(list->n * sizeof *names);
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i].repo, repo) && list->v[i].cluster.n)
            names[n++] = list->v[i].cluster;
    if (n)
        qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && str_eq(names[i], names[end]);)
            end++;
        c->clusters++;
        c->singletons += end - i == 1;
    }
    free(names);
}

static void put(struct table *t, struct str repo, const char *what, size_t value)
{
    table_row(t);
    table_str(t, repo);
    table_str(t, str_c(what));
    table_int(t, (int64_t)value);
}

static void put_share(struct table *t, struct str repo, const char *what, size_t a, size_t b)
{
    table_row(t);
    table_str(t, repo);
    table_str(t, str_c(what));
    if (b)
        table_num(t, (double)a / (double)b);
    else
        table_missing(t);
}

static void put_counts(struct table *t, struct str repo, const struct counts *c)
{
    put(t, repo, "tasks", c->tasks);
    put(t, repo, "tasks_with_title", c->with_title);
    put(t, repo, "tasks_with_body", c->with_body);
    put(t, repo, "tasks_with_base", c->with_base);
    put(t, repo, "tasks_with_files", c->with_files);
    put(t, repo, "files", c->files);
    for (size_t i = 0; i < SWE_STATUS_COUNT; i++) {
        char name[32] = "files_";
        memcpy(name + 6, swe_status_name((enum swe_status)i),
            strlen(swe_status_name((enum swe_status)i)) + 1);
        put(t, repo, name, c->status[i]);
    }
    put_share(t, repo, "files_per_task", c->files, c->with_files);
    put_share(t, repo, "modified_per_task", c->modified, c->with_files);
    put(t, repo, "modified_least", c->least);
    put(t, repo, "modified_most", c->most);
    put(t, repo, "clusters", c->clusters);
    put(t, repo, "clusters_of_one", c->singletons);
    put(t, repo, "tasks_without_cluster", c->unclustered);
    put(t, repo, "tasks_with_related", c->with_related);
    put(t, repo, "tasks_no_related", c->no_related);
}

struct table *swe_stats_table(const struct swe_list *list)
{
    struct table *t = table_new("swe_features", columns, ARRAY_LEN(columns));
    struct str *repos = xmalloc(list->n * sizeof *repos);
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        repos[i] = list->v[i].repo;
    if (list->n)
        qsort(repos, list->n, sizeof *repos, by_name);
    for (size_t i = 0; i < list->n; i++)
        if (!n || !str_eq(repos[n - 1], repos[i]))
            repos[n++] = repos[i];
    for (size_t r = 0; r < n; r++) {
        struct counts c = {0};
        for (size_t i = 0; i < list->n; i++)
            if (str_eq(list->v[i].repo, repos[r]))
                count_task(&list->v[i], &c);
        count_clusters(list, repos[r], &c);
        put_counts(t, repos[r], &c);
    }
    free(repos);
    return t;
}
