/* data_stats.c - `sleepbench data stats`: how many questions and contexts a data set has. */
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/base/lines.h"
#include "harness/base/table.h"
#include "harness/cli/cmd_data.h"
#include "harness/cli/cmd_split.h"
#include "splitters/split_stats.h"

#include <stdlib.h>
#include <string.h>

/* What is counted; splits is released by the caller, also after a failure. */
struct counted {
    struct split_list splits;
    const char *name;
    size_t figures, skipped;
};

static const char *dataset_of(const struct json *row)
{
    if (json_get(row, "queries"))
        return "splits";
    return json_get(row, "pr_number") ? data_swe_name : "jsonl";
}

/* By the first line, which is read again later. */
static enum err_code guess_dataset(const char *input, const char **ret, struct err *err)
{
    struct lines *l;
    struct str line;
    struct json *doc = NULL;
    struct err odd; /* what is no JSON is told by the reader of the data set */

    if (file_exists(input) && !file_is_dir(input) && !file_is_regular(input))
        return err_set(err, ERR_USAGE,
            "%s can be read only once: say what it holds, --dataset splits or --dataset jsonl",
            input);
    if (lines_open(input, LINES_MAX, &l, err))
        return err->code;
    enum err_code code = lines_next(l, &line, err);
    if (code)
        code = lines_wrap(l, err);
    if (!code && line.p && json_parse(line, JSON_REPAIR, &doc, &odd) != OK)
        doc = NULL;
    *ret = dataset_of(doc);
    json_free(doc);
    lines_free(l);
    return code;
}

static enum err_code load(
    const struct split_source *source, struct arena *arena, struct counted *ret, struct err *err)
{
    struct config c;
    const struct dataset *d = NULL;
    struct item_list items = {0};

    if (split_source_load(source, arena, &c, &d, err))
        return err->code;
    ret->name = arena_cstr(arena, c.dataset);
    if (!d)
        return split_read(arena_cstr(arena, c.input), arena, &ret->splits, err);
    enum err_code code = d->load(d, &c, arena, &items, err);
    const struct split_options options = {.tail_context = str_eqc(c.tail, "context")};
    if (!code)
        code = split_items(splitter_find(c.split), &options, &items, arena, &ret->splits, err);
    for (size_t i = 0; i < items.n; i++)
        ret->figures += items.v[i].figures;
    ret->skipped = items.skipped;
    item_list_release(&items);
    return code;
}

/* A number of the data set: a count, or with `of` a mean, count / of. The first FIRST are the
 * columns of the paper's Table 1. */
struct measure {
    const char *name;
    uint64_t count;
    size_t of;
};

enum { FIRST = 4, MEASURES = 21 };

static double mean(const struct measure *m)
{
    return (double)m->count / (double)m->of;
}

static void measure(const struct counted *c, struct measure *ret)
{
    struct split_stats t;

    split_stats_of(&c->splits, &t);
    size_t original = t.origins[ORIGIN_UNSAID] + t.origins[ORIGIN_ORIGINAL];
    const struct measure all[MEASURES] = {
        {"questions", t.queries, 0},
        {"contexts", t.contexts, 0},
        {"original_questions", original, 0},
        {"generated_questions", t.origins[ORIGIN_GENERATED], 0},
        {"verified_questions", t.verified, 0},
        {"world_questions", t.origins[ORIGIN_WORLD], 0},
        {"context_chars_mean", t.context_chars, t.queries},
        {"context_chars_max", t.longest_context, 0},
        {"query_chars_mean", t.query_chars, t.queries},
        {"query_chars_max", t.longest_query, 0},
        {"queries_per_context_min", t.fewest, 0},
        {"queries_per_context_mean", t.queries, t.contexts},
        {"queries_per_context_max", t.most, 0},
        {"empty_contexts", t.empty_contexts, 0},
        {"repeated_queries", t.repeated, 0},
        {"altered_queries", c->splits.altered, 0},
        {"integer_golds", t.integer_golds, 0},
        {"decimal_golds", t.decimal_golds, 0},
        {"other_golds", t.other_golds, 0},
        {"figures_stripped", c->figures, 0},
        {"rows_left_out", c->skipped, 0},
    };
    memcpy(ret, all, sizeof all);
}

/* Questions and contexts of a template, a form, ... */
struct stratum {
    struct str name;
    size_t questions, contexts;
};

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct stratum *)a)->name, ((const struct stratum *)b)->name);
}

/* One entry a stratum, in byte order; the caller frees. A query without one has its split's. */
static struct stratum *strata(const struct split_list *list, size_t *ret_n)
{
    struct stratum *v = xmalloc((list->nqueries + 1) * sizeof *v);
    size_t n = 0, kept = 0;

    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < list->v[i].nqueries; k++) {
            const char *own = list->v[i].queries[k].stratum;
            v[n++] = (struct stratum){own[0] ? str_c(own) : list->v[i].stratum, 1, k == 0};
        }
    qsort(v, n, sizeof *v, by_name);
    for (size_t i = 0; i < n; i++)
        if (kept && str_eq(v[kept - 1].name, v[i].name)) {
            v[kept - 1].questions++;
            v[kept - 1].contexts += v[i].contexts;
        } else {
            v[kept++] = v[i];
        }
    *ret_n = kept;
    return v;
}

static void print_json(const struct counted *c, struct buf *out)
{
    struct measure m[MEASURES];
    size_t n;
    struct stratum *v = strata(&c->splits, &n);
    struct json_writer w = json_writer(out, 0);

    measure(c, m);
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "dataset", c->name);
    for (size_t i = 0; i < MEASURES; i++)
        if (m[i].of)
            jsonw_num(&w, m[i].name, mean(&m[i]));
        else
            jsonw_int(&w, m[i].name, (int64_t)m[i].count);
    jsonw_array(&w, "strata");
    for (size_t i = 0; i < n; i++) {
        jsonw_object(&w, NULL);
        jsonw_str(&w, "stratum", v[i].name);
        jsonw_int(&w, "questions", (int64_t)v[i].questions);
        jsonw_int(&w, "contexts", (int64_t)v[i].contexts);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
    free(v);
}

static void print_and_free(struct table *t, struct buf *out)
{
    table_print(t, TABLE_TEXT, out);
    table_free(t);
}

static void print_text(const struct counted *c, struct buf *out)
{
    struct column first[FIRST + 1] = {{"dataset", "", COLUMN_STR, 0}};
    const struct column rest[] = {{"measure", "", COLUMN_STR, 0}, {"value", "", COLUMN_NUM, 1}};
    const struct column by[] = {{"stratum", "", COLUMN_STR, 0}, {"questions", "", COLUMN_INT, 0},
        {"contexts", "", COLUMN_INT, 0}};
    struct measure m[MEASURES];
    size_t n;
    struct stratum *v = strata(&c->splits, &n);

    measure(c, m);
    for (size_t i = 0; i < FIRST; i++)
        first[i + 1] = (struct column){m[i].name, "", COLUMN_INT, 0};
    struct table *t = table_new("data_stats", first, ARRAY_LEN(first));
    table_row(t);
    table_str(t, str_c(c->name));
    for (size_t i = 0; i < FIRST; i++)
        table_int(t, (int64_t)m[i].count);
    print_and_free(t, out);
    t = table_new("measures", rest, ARRAY_LEN(rest));
    for (size_t i = FIRST; i < MEASURES; i++) {
        table_row(t);
        table_str(t, str_c(m[i].name));
        if (m[i].of)
            table_num(t, mean(&m[i]));
        else
            table_int(t, (int64_t)m[i].count);
    }
    buf_putc(out, '\n');
    print_and_free(t, out);
    t = table_new("strata", by, ARRAY_LEN(by));
    for (size_t i = 0; i < n; i++) {
        table_row(t);
        table_str(t, v[i].name);
        table_int(t, (int64_t)v[i].questions);
        table_int(t, (int64_t)v[i].contexts);
    }
    if (n > 1) {
        buf_putc(out, '\n');
        print_and_free(t, out);
    } else {
        table_free(t);
    }
    free(v);
}

static enum err_code count(const struct split_source *source, bool json, struct err *err)
{
    struct counted c = {0};
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    enum err_code code = load(source, &arena, &c, err);

    if (!code) {
        if (json)
            print_json(&c, &text);
        else
            print_text(&c, &text);
        cli_print(buf_str(&text));
    }
    buf_release(&text);
    split_list_release(&c.splits);
    arena_release(&arena);
    return code;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct split_source source = {0};
    const char *args[1];
    bool json = false;
    const struct option options[] = {
        {"--input", OPTION_STR, &source.input, "FILE", "rows or a split file, gzip or not"},
        {"--dataset", OPTION_STR, &source.dataset, "NAME",
            "what the file is; without it: splits, swe-features or jsonl, by its first line"},
        {"--split", OPTION_STR, &source.split, "RULE", "strict (default) or release"},
        {"--tail", OPTION_STR, &source.tail, "WHERE", "query (default) or context"},
        {"--map", OPTION_STR, &source.columns, "NAMES", "question=COLUMN,answer=COLUMN,..."},
        {"--skip-bad", OPTION_FLAG, &source.skip_bad, NULL,
            "leave malformed rows out and count them"},
        {"--set", OPTION_LIST, &source.sets, "KEY=VALUE", "another key of a configuration"},
        {"--json", OPTION_FLAG, &json, NULL, "one JSON object instead of tables"},
    };
    size_t nargs;

    if (cli_wants_help(argc, argv, &data_stats, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 1, &nargs, err))
        return err->code;
    if (nargs && source.dataset)
        return err_set(err, ERR_USAGE, "the data set is named twice: %s and --dataset %s", args[0],
            source.dataset);
    if (nargs)
        source.dataset = args[0];
    if (!source.dataset && !source.input)
        return err_set(err, ERR_USAGE,
            "usage: sleepbench data stats NAME, or sleepbench data stats --input FILE");
    enum err_code code = source.dataset ? OK : guess_dataset(source.input, &source.dataset, err);
    if (code || !source.dataset)
        return code;
    if (strcmp(source.dataset, data_swe_name) == 0)
        return data_stats_swe(&source, json, err);
    return count(&source, json, err);
}

const struct command data_stats = {"data stats", "[NAME] [--input FILE] [options]",
    "count questions, contexts, lengths and golds of a data set", run, false};
