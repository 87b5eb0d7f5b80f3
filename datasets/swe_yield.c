/* swe_yield.c - what became of the candidates, as tables and lines; see swe_build.h. */
#include "datasets/swe_build.h"

#include "harness/base/json.h"
#include "harness/base/table.h"

#include <stdlib.h>
#include <string.h>

const char *swe_stage_name(enum swe_stage stage)
{
    static const char *const names[SWE_STAGE_COUNT] = {
        [SWE_AT_BASE] = "no_base",
        [SWE_AT_READ] = "unreadable",
        [SWE_AT_CHANGED] = "few_files",
        [SWE_AT_MODIFIED] = "few_modified",
        [SWE_AT_SIZE] = "many_files",
        [SWE_AT_DUPLICATE] = "duplicate",
        [SWE_AT_TEXT] = "text",
        [SWE_AT_END] = "task",
    };

    if ((unsigned)stage >= SWE_STAGE_COUNT)
        BUG("stage %d", (int)stage);
    return names[stage];
}

/* --- yields -------------------------------------------------------------------------------- */

static const struct column yield_columns[] = {
    {"kind", "", COLUMN_STR, 0},
    {"candidates", "", COLUMN_INT, 0},
    {"with_base", "", COLUMN_INT, 0},
    {"readable", "", COLUMN_INT, 0},
    {"enough_files", "", COLUMN_INT, 0},
    {"enough_modified", "", COLUMN_INT, 0},
    {"few_enough_files", "", COLUMN_INT, 0},
    {"single", "", COLUMN_INT, 0},
    {"tasks", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
    {"with_related", "", COLUMN_INT, 0},
};

/* Candidates of a kind that come past `stage`; SWE_KIND_COUNT means every kind. */
static size_t passed(const struct swe_report *r, enum swe_kind kind, int stage)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += (kind == SWE_KIND_COUNT || r->v[i].kind == kind) && (int)r->v[i].stage > stage;
    return n;
}

static size_t count_clusters(const struct swe_list *list)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        bool first = list->v[i].cluster.n > 0;
        for (size_t j = 0; j < i && first; j++)
            first = !str_eq(list->v[i].cluster, list->v[j].cluster) ||
                    !str_eq(list->v[i].repo, list->v[j].repo);
        n += first;
    }
    return n;
}

static size_t count_related(const struct swe_list *list, enum swe_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        n += (kind == SWE_KIND_COUNT || list->v[i].kind == kind) && list->v[i].nrelated > 0;
    return n;
}

static void put_kind(
    struct table *t, const struct swe_report *r, const struct swe_list *list, enum swe_kind kind)
{
    table_row(t);
    table_str(t, str_c(kind == SWE_KIND_COUNT ? "all" : swe_kind_name(kind)));
    for (int stage = -1; stage < SWE_AT_END; stage++)
        table_int(t, (int64_t)passed(r, kind, stage));
    if (kind == SWE_KIND_COUNT)
        table_int(t, (int64_t)count_clusters(list));
    else
        table_missing(t);
    table_int(t, (int64_t)count_related(list, kind));
}

struct table *swe_yield_table(const struct swe_report *report, const struct swe_list *list)
{
    struct table *t = table_new("swe_yield", yield_columns, ARRAY_LEN(yield_columns));

    for (int kind = SWE_MERGE; kind < SWE_KIND_COUNT; kind++)
        if (passed(report, (enum swe_kind)kind, -1))
            put_kind(t, report, list, (enum swe_kind)kind);
    put_kind(t, report, list, SWE_KIND_COUNT);
    return t;
}

/* --- why ----------------------------------------------------------------------------------- */

static const struct column dropped_columns[] = {
    {"kind", "", COLUMN_STR, 0},
    {"stage", "", COLUMN_STR, 0},
    {"rule", "", COLUMN_STR, 0},
    {"word", "", COLUMN_STR, 0},
    {"candidates", "", COLUMN_INT, 0},
};

/* The word that decided; what could not be read differs from case to case. */
static struct str word_of(const struct swe_candidate *c)
{
    return c->stage == SWE_AT_TEXT ? c->why : (struct str){NULL, 0};
}

static int compare_reasons(const struct swe_candidate *x, const struct swe_candidate *y)
{
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->stage != y->stage)
        return x->stage < y->stage ? -1 : 1;
    if (x->verdict != y->verdict)
        return x->verdict < y->verdict ? -1 : 1;
    return str_cmp(word_of(x), word_of(y));
}

static int by_reason(const void *a, const void *b)
{
    return compare_reasons(
        *(const struct swe_candidate *const *)a, *(const struct swe_candidate *const *)b);
}

struct table *swe_dropped_table(const struct swe_report *report)
{
    struct table *t = table_new("swe_dropped", dropped_columns, ARRAY_LEN(dropped_columns));
    const struct swe_candidate **sorted = xmalloc(report->n * sizeof(struct swe_candidate *));
    size_t n = 0;

    for (size_t i = 0; i < report->n; i++)
        if (report->v[i].stage != SWE_AT_END)
            sorted[n++] = &report->v[i];
    if (n)
        qsort(sorted, n, sizeof(struct swe_candidate *), by_reason);
    for (size_t i = 0, end; i < n; i = end) {
        const struct swe_candidate *c = sorted[i];
        for (end = i + 1; end < n && compare_reasons(c, sorted[end]) == 0;)
            end++;
        table_row(t);
        table_str(t, str_c(swe_kind_name(c->kind)));
        table_str(t, str_c(swe_stage_name(c->stage)));
        table_str(t, str_c(c->stage == SWE_AT_TEXT ? swe_verdict_name(c->verdict) : ""));
        table_str(t, word_of(c));
        table_int(t, (int64_t)(end - i));
    }
    free(sorted);
    return t;
}

static void put_text(struct json_writer *w, const char *key, struct str s)
{
    struct buf clean = BUF_INIT;

    if (!s.p) {
        jsonw_null(w, key);
        return;
    }
    for (size_t i = 0; i < s.n;)
        buf_utf8(&clean, str_utf8_next(s, &i));
    jsonw_str(w, key, buf_str(&clean));
    buf_release(&clean);
}

void swe_candidates_write(struct buf *out, const struct swe_report *report)
{
    for (size_t i = 0; i < report->n; i++) {
        const struct swe_candidate *c = &report->v[i];
        struct json_writer w = json_writer(out, 0);
        jsonw_object(&w, NULL);
        jsonw_cstr(&w, "kind", swe_kind_name(c->kind));
        if (c->number)
            jsonw_int(&w, "pr_number", c->number);
        else
            jsonw_null(&w, "pr_number");
        put_text(&w, "title", c->title);
        put_text(&w, "base_commit", c->base);
        put_text(&w, "head_commit", c->head);
        jsonw_int(&w, "files", (int64_t)c->files);
        jsonw_int(&w, "changed", (int64_t)c->changed);
        jsonw_int(&w, "modified", (int64_t)c->modified);
        jsonw_cstr(&w, "stage", swe_stage_name(c->stage));
        jsonw_cstr(&w, "rule", c->stage == SWE_AT_TEXT ? swe_verdict_name(c->verdict) : NULL);
        put_text(&w, "word", c->why.n ? c->why : (struct str){NULL, 0});
        jsonw_end_object(&w);
        buf_putc(out, '\n');
    }
}
