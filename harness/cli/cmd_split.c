/* cmd_split.c - `sleepbench split`: a dataset's problems into contexts and queries, row by row. */
#include "harness/cli/cmd_split.h"

#include "datasets/item_stream.h"
#include "harness/base/file.h"
#include "harness/base/lines.h"
#include "harness/cli/commands.h"
#include "splitters/split_compare.h"
#include "splitters/split_writer.h"
#include "splitters/splitters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
    struct config config;
    const struct dataset *dataset;
    struct dataset_input input; /* path NULL: made, not read */
    const struct splitter *splitter;
    struct split_options options;
    enum split_form form;
    struct split_writer *writer;
    struct split_compare *compare;
    size_t skipped;
};

static enum err_code write_item(
    void *payload, const struct item *item, struct str row, struct arena *arena, struct err *err)
{
    struct job *j = payload;
    struct cut cut;

    if (split_cut_item(j->splitter, &j->options, item, arena, &cut, err))
        return err->code;
    if (cut.warning)
        cli_warn("%.*s: %s", STR_ARG(item->id), cut.warning);
    return split_writer_add(j->writer, item, &cut, row, err);
}

static enum err_code compare_item(
    void *payload, const struct item *item, struct str row, struct arena *arena, struct err *err)
{
    struct job *j = payload;

    (void)row;
    return split_compare_add(j->compare, item, arena, err);
}

static int by_line(const void *a, const void *b)
{
    const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;

    return (x->line > y->line) - (x->line < y->line);
}

/* Items with the rows they were made from, in the order of the file. */
static enum err_code each_with_row(struct job *j, const struct item_list *items, item_stream_fn *fn,
    struct arena *arena, struct err *err)
{
    const struct item **sorted = xmalloc((items->n + 1) * sizeof *sorted);
    struct lines *l = NULL;
    struct str line = {NULL, 0};
    enum err_code code = lines_open(j->input.path, LINES_MAX, &l, err);

    for (size_t i = 0; i < items->n; i++)
        sorted[i] = &items->v[i];
    qsort(sorted, items->n, sizeof *sorted, by_line);
    for (size_t i = 0; i < items->n && !code;) {
        code = lines_next(l, &line, err);
        if (code == ERR_INPUT && !lines_broken(l))
            code = OK; /* left out before */
        if (!code && !line.p)
            break;
        if (!code && lines_number(l) == sorted[i]->line)
            code = fn(j, sorted[i++], line, arena, err);
    }
    lines_free(l);
    free(sorted);
    return code;
}

/* A dataset that is no plain file of rows, or none at all: loaded, then given out. */
static enum err_code each_loaded(struct job *j, item_stream_fn *fn, struct err *err)
{
    struct item_list items = {0};
    struct arena arena = {0};
    struct str warnings, line, none = {NULL, 0};
    enum err_code code = j->dataset->load(j->dataset, &j->config, &arena, &items, err);

    warnings = buf_str(&items.warnings);
    while (!code && warnings.n && str_cut(&warnings, '\n', &line))
        if (line.n)
            cli_warn("%.*s", STR_ARG(line));
    if (!code && j->form == SPLIT_FORM_RELEASED && j->input.path)
        code = each_with_row(j, &items, fn, &arena, err);
    else
        for (size_t i = 0; i < items.n && !code; i++)
            code = fn(j, &items.v[i], none, &arena, err);
    j->skipped = items.skipped;
    item_list_release(&items);
    arena_release(&arena);
    return code;
}

static enum err_code each_item(struct job *j, item_stream_fn *fn, struct err *err)
{
    enum err_code code = dataset_is_rows(j->dataset)
                             ? item_stream(j->input.path, j->dataset->name, &j->input.columns,
                                   j->config.skip_bad, fn, j, &j->skipped, err)
                             : each_loaded(j, fn, err);

    if (!code && j->skipped)
        cli_warn("%zu malformed rows were left out", j->skipped);
    return code;
}

static enum err_code write_splits(struct job *j, const char *out, struct err *err)
{
    bool is_stdout = strcmp(out, "-") == 0;
    struct split_totals t;
    struct outfile *file;

    if (outfile_open(is_stdout ? NULL : out, &file, err))
        return err->code;
    j->writer = split_writer_new(file, j->form, j->dataset->name);
    enum err_code code = each_item(j, write_item, err);
    if (!code)
        code = split_writer_end(j->writer, &t, err);
    if (!code)
        code = is_stdout ? outfile_copy(file, STDOUT_FILENO, "standard output", err)
                         : outfile_commit(file, err);
    if (!code)
        fprintf(stderr,
            "%llu contexts, %llu queries, split %s, %llu altered by it, %llu without a context\n",
            (unsigned long long)t.contexts, (unsigned long long)t.queries, j->splitter->name,
            (unsigned long long)t.altered, (unsigned long long)t.empty);
    split_writer_free(j->writer);
    outfile_free(file);
    return code;
}

static enum err_code compare_splits(struct job *j, bool json, struct err *err)
{
    struct buf text = BUF_INIT;

    j->compare = split_compare_new();
    enum err_code code = each_item(j, compare_item, err);
    if (!code) {
        struct table *t = split_compare_table(j->compare);
        table_print(t, json ? TABLE_JSONL : TABLE_TEXT, &text);
        cli_print(buf_str(&text));
        table_free(t);
    }
    buf_release(&text);
    split_compare_free(j->compare);
    return code;
}

static enum err_code start(struct job *j, const struct split_source *source, const char *columns,
    const char *out, struct arena *arena, struct err *err)
{
    if (strcmp(columns, "own") != 0 && strcmp(columns, "released") != 0)
        return err_set(err, ERR_USAGE, "--columns %s: own or released", columns);
    if (out && !out[0])
        return err_set(err, ERR_USAGE, "--out needs the name of a file, or - for standard output");
    if (split_source_load(source, arena, &j->config, &j->dataset, err))
        return err->code;
    if (!j->dataset)
        return err_set(err, ERR_USAGE, "a split file is split: `sleepbench split check FILE`");
    if (j->dataset->needs_input && dataset_input(j->dataset, &j->config, arena, &j->input, err))
        return err->code;
    if (out && j->input.path && file_is_same(out, j->input.path))
        return err_set(err, ERR_USAGE,
            "--out %s is the file that is read: its rows would be lost, name another", out);
    j->splitter = splitter_find(j->config.split);
    j->options.tail_context = str_eqc(j->config.tail, "context");
    j->form = strcmp(columns, "own") == 0 ? SPLIT_FORM_OWN : SPLIT_FORM_RELEASED;
    return OK;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct split_source source = {0};
    const char *args[1], *out = NULL, *columns = "own";
    bool compare = false, json = false;
    const struct option options[] = {
        {"--input", OPTION_STR, &source.input, "FILE", "JSON lines to read, gzip or not"},
        {"--split", OPTION_STR, &source.split, "RULE", "strict (default) or release"},
        {"--tail", OPTION_STR, &source.tail, "WHERE",
            "strict: a note behind the question stays in the query (default) or goes to the "
            "context"},
        {"--columns", OPTION_STR, &columns, "FORM",
            "own (default): a split file; released: the rows with the two columns of the release"},
        {"--out", OPTION_STR, &out, "FILE", "where to write; - (default) is standard output"},
        {"--compare", OPTION_FLAG, &compare, NULL,
            "write no splits; count where strict and release differ, by kind and stratum"},
        {"--json", OPTION_FLAG, &json, NULL, "--compare: JSON lines instead of a table"},
        {"--map", OPTION_STR, &source.columns, "NAMES", "question=COLUMN,answer=COLUMN,..."},
        {"--skip-bad", OPTION_FLAG, &source.skip_bad, NULL,
            "leave malformed rows out and count them"},
        {"--set", OPTION_LIST, &source.sets, "KEY=VALUE", "another key of a configuration"},
    };
    struct job j = {0};
    struct arena arena = {0};
    size_t nargs;

    if (argc > 1 && strcmp(argv[1], "check") == 0)
        return split_check_command.run(argc - 1, argv + 1, err);
    if (cli_wants_help(argc, argv, &cmd_split, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 1, &nargs, err))
        return err->code;
    if (nargs != 1)
        return err_set(err, ERR_USAGE,
            "usage: sleepbench split DATASET [--input FILE], or sleepbench split check FILE");
    if (compare && (out || source.split || source.tail || strcmp(columns, "own") != 0))
        return err_set(err, ERR_USAGE,
            "--compare makes both cuts and writes none: remove --out, --split, --tail, --columns");
    source.dataset = args[0];
    enum err_code code = start(&j, &source, columns, out, &arena, err);
    if (!code && j.dataset) /* start leaves none out without an error */
        code = compare ? compare_splits(&j, json, err) : write_splits(&j, out ? out : "-", err);
    arena_release(&arena);
    return code;
}

const struct command cmd_split = {"split", "DATASET [--input FILE] [options] | check FILE",
    "cut problems into contexts and queries; check split files", run, false};
