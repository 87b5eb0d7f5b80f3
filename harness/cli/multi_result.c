/* multi_result.c - the file of contexts with given and new questions, and what is told about it. */
#include "harness/base/json.h"
#include "harness/base/table.h"
#include "harness/cli/cli.h"
#include "harness/cli/multi.h"
#include "metrics/interval.h"

#include <math.h>
#include <stdlib.h>

void multi_result(const struct multi *m, struct split_list *ret)
{
    size_t next = 0; /* candidates stand in the order of the originals */

    *ret = (struct split_list){0};
    ret->v = xcalloc(m->originals.n, sizeof *ret->v);
    ret->n = ret->cap = m->originals.n;
    for (size_t i = 0; i < ret->n; i++) {
        const struct split *original = &m->originals.v[i];
        const struct split *more = next < m->candidates.n ? &m->candidates.v[next] : NULL;
        if (more && !str_eq(more->id, original->id))
            more = NULL;
        next += more != NULL;
        struct split *s = &ret->v[i];
        *s = *original;
        s->nqueries = s->cap = 1 + (more ? more->nqueries : 0);
        s->queries = xcalloc(s->cap, sizeof *s->queries);
        s->queries[0] = original->queries[0];
        for (size_t k = 1; k < s->nqueries; k++)
            s->queries[k] = more->queries[k - 1];
        ret->nqueries += s->nqueries;
    }
}

static void print(struct table *t)
{
    struct buf text = BUF_INIT;

    table_print(t, TABLE_TEXT, &text);
    buf_putc(&text, '\n');
    cli_print(buf_str(&text));
    buf_release(&text);
    table_free(t);
}

/* The columns of the paper's Table 1. */
static void print_counts(const struct multi *m, const struct split_list *result)
{
    static const struct column columns[] = {{"dataset", "", COLUMN_STR, 0},
        {"questions", "", COLUMN_INT, 0}, {"contexts", "", COLUMN_INT, 0},
        {"original_questions", "", COLUMN_INT, 0}, {"generated_questions", "", COLUMN_INT, 0}};
    struct table *t = table_new("multi_query", columns, ARRAY_LEN(columns));

    if (m->make.simulated || m->check.simulated)
        table_note(t, "simulated", STR("the phantom wrote or checked these questions"));
    if (m->one_model)
        table_note(t, "same_model", STR("the model that wrote the questions checked them, too"));
    table_row(t);
    table_str(t, m->dataset);
    table_int(t, (int64_t)result->nqueries);
    table_int(t, (int64_t)result->n);
    table_int(t, (int64_t)m->originals.nqueries);
    table_int(t, (int64_t)m->candidates.nqueries);
    print(t);
}

static void print_drops(const struct multi *m)
{
    static const struct column columns[] = {
        {"left_out", "", COLUMN_STR, 0}, {"pairs", "", COLUMN_INT, 0}, {"why", "", COLUMN_STR, 0}};
    struct table *t = table_new("left_out", columns, ARRAY_LEN(columns));

    for (int d = 0; d < MULTI_QUERY_DROP_COUNT; d++) {
        table_row(t);
        table_str(t, str_c(multi_query_drop_text((enum multi_query_drop)d)));
        table_int(t, (int64_t)m->dropped[d]);
        table_str(t, str_c(multi_query_drop_help((enum multi_query_drop)d)));
    }
    print(t);
}

/* Share of new questions that the votes confirm, and Wilson's interval for as many independent
 * questions as the clusters are worth. */
struct share {
    size_t n, verified, clusters;
    double mean;
    struct interval ci;
};

static struct share verified_share(const struct multi *m)
{
    const struct split_list *list = &m->candidates;
    double *values = xcalloc(list->nqueries + 1, sizeof *values);
    uint32_t *cluster = xcalloc(list->nqueries + 1, sizeof *cluster), nclusters = 0;
    struct share s = {.n = list->nqueries};
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        uint32_t number = nclusters;
        for (size_t j = 0, at = 0; j < i && number == nclusters; at += list->v[j++].nqueries)
            if (str_eq(list->v[j].cluster, list->v[i].cluster))
                number = cluster[at];
        nclusters += number == nclusters;
        for (size_t k = 0; k < list->v[i].nqueries; k++) {
            cluster[n] = number;
            values[n] = list->v[i].queries[k].verified == VERIFIED_YES;
            s.verified += list->v[i].queries[k].verified == VERIFIED_YES;
            n++;
        }
    }
    struct interval_spread spread = interval_spread(values, cluster, n, nclusters);
    s.mean = spread.mean;
    s.clusters = spread.clusters;
    s.ci = spread.n_eff > 0 ? interval_wilson(spread.mean, spread.n_eff) : INTERVAL_UNKNOWN;
    free(values);
    free(cluster);
    return s;
}

static void print_share(const struct multi *m, const struct share *s)
{
    static const struct column columns[] = {{"checked", "", COLUMN_INT, 0},
        {"verified", "", COLUMN_INT, 0}, {"share", "share", COLUMN_NUM, 3},
        {"share_lo", "share", COLUMN_NUM, 3}, {"share_hi", "share", COLUMN_NUM, 3},
        {"templates", "", COLUMN_INT, 0}, {"agree", "", COLUMN_INT, 0}, {"of", "", COLUMN_INT, 0}};
    struct table *t = table_new("verified", columns, ARRAY_LEN(columns));

    table_row(t);
    table_int(t, (int64_t)s->n);
    table_int(t, (int64_t)s->verified);
    table_num(t, s->mean);
    table_num(t, s->ci.known ? s->ci.lo : NAN);
    table_num(t, s->ci.known ? s->ci.hi : NAN);
    table_int(t, (int64_t)s->clusters);
    table_int(t, m->r->agree);
    table_int(t, m->r->of);
    print(t);
}

static void put_tokens(struct table *t, int64_t tokens)
{
    if (tokens < 0)
        table_missing(t);
    else
        table_int(t, tokens);
}

static void print_usage(const struct multi *m)
{
    static const struct column columns[] = {{"model", "", COLUMN_STR, 0},
        {"does", "", COLUMN_STR, 0}, {"calls", "", COLUMN_INT, 0},
        {"failed_calls", "", COLUMN_INT, 0}, {"in_tok", "tokens", COLUMN_INT, 0},
        {"out_tok", "tokens", COLUMN_INT, 0}};
    const struct multi_used *const used[] = {&m->make, &m->check};
    static const char *const does[] = {"writes questions", "answers them"};
    struct table *t = table_new("calls", columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < ARRAY_LEN(used); i++) {
        if (!used[i]->model.n)
            continue; /* nothing was there to check */
        table_row(t);
        table_str(t, used[i]->model);
        table_str(t, str_c(does[i]));
        table_int(t, used[i]->counts.calls);
        table_int(t, used[i]->counts.failed_calls);
        put_tokens(t, usage_in(used[i]->usage));
        put_tokens(t, usage_out(used[i]->usage));
    }
    print(t);
}

void multi_print(const struct multi *m, const struct split_list *result)
{
    struct buf line = BUF_INIT;
    struct share share = verified_share(m);

    print_counts(m, result);
    buf_printf(&line,
        "%zu replies on %zu of %zu contexts of %zu templates; %zu without a question, %zu cut at "
        "the token limit; %zu questions found, %zu kept\n\n",
        m->replies, m->originals.n, m->rows, m->templates, m->silent, m->cut, m->found,
        m->candidates.nqueries);
    if (m->empty_contexts)
        buf_printf(&line, "%zu problems without a context were left out\n\n", m->empty_contexts);
    cli_print(buf_str(&line));
    buf_release(&line);
    print_drops(m);
    if (m->check.model.n)
        print_share(m, &share);
    print_usage(m);
}

static void note_run(struct json_writer *w, const char *key, const struct multi_used *used)
{
    jsonw_object(w, key);
    jsonw_str(w, "model", used->model);
    jsonw_bool(w, "simulated", used->simulated);
    jsonw_cstr(w, "run_digest", used->run_digest);
    jsonw_end_object(w);
}

void multi_notes(const struct multi *m, const struct split_list *result, struct buf *out)
{
    struct json_writer w = json_writer(out, 2);
    struct share share = verified_share(m);

    jsonw_object(&w, NULL);
    jsonw_str(&w, "dataset", m->dataset);
    jsonw_int(&w, "seed", m->r->seed);
    jsonw_int(&w, "instances_per_template", m->r->per_template);
    jsonw_int(&w, "questions_per_context", m->r->per_context);
    note_run(&w, "questions_by", &m->make);
    note_run(&w, "checked_by", &m->check);
    jsonw_bool(&w, "same_model", m->one_model);
    jsonw_int(&w, "agree", m->r->agree);
    jsonw_int(&w, "of", m->r->of);
    jsonw_int(&w, "questions", (int64_t)result->nqueries);
    jsonw_int(&w, "contexts", (int64_t)result->n);
    jsonw_int(&w, "original_questions", (int64_t)m->originals.nqueries);
    jsonw_int(&w, "generated_questions", (int64_t)m->candidates.nqueries);
    jsonw_int(&w, "verified_questions", (int64_t)share.verified);
    jsonw_int(&w, "replies", (int64_t)m->replies);
    jsonw_int(&w, "replies_without_a_question", (int64_t)m->silent);
    jsonw_object(&w, "left_out");
    for (int d = 0; d < MULTI_QUERY_DROP_COUNT; d++)
        jsonw_int(&w, multi_query_drop_text((enum multi_query_drop)d), (int64_t)m->dropped[d]);
    jsonw_end_object(&w);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
}
