/* cmd_split.c - `sleepbench split`: a dataset file into contexts and queries. */
#include "datasets/dataset.h"
#include "harness/base/file.h"
#include "harness/cli/commands.h"
#include "splitters/split.h"

#include <stdio.h>
#include <string.h>

struct request {
    const char *input, *split, *out;
    bool skip_bad;
};

/* Dataset names may be shortened: gsm-symbolic reads p1 and p2 alike. */
static const char *full_name(const char *name)
{
    return strcmp(name, "gsm-symbolic") == 0 ? "gsm-symbolic-p2" : name;
}

static enum err_code split_file(const char *name, const struct request *r, struct arena *arena,
    struct split_list *ret, struct err *err)
{
    const struct splitter *splitter = splitter_find(str_c(r->split));
    struct item_columns columns = {0};
    struct item_list items = {0};

    if (!splitter)
        return err_set(err, ERR_USAGE, "--split %s: strict or release", r->split);
    if (!dataset_find(str_c(full_name(name))) || !dataset_find(str_c(full_name(name)))->needs_input)
        return err_set(err, ERR_USAGE,
            "\"%s\" is no dataset that is read from a file; `sleepbench help datasets` lists them",
            name);
    enum err_code code =
        item_read_jsonl(r->input, full_name(name), &columns, r->skip_bad, arena, &items, err);
    if (!code)
        code = split_items(splitter, &(struct split_options){0}, &items, arena, ret, err);
    if (!code && items.skipped)
        cli_warn("%zu malformed rows were left out", items.skipped);
    item_list_release(&items);
    return code;
}

static enum err_code write_out(const char *out, const struct split_list *list, struct err *err)
{
    struct buf text = BUF_INIT;
    enum err_code code = OK;

    split_write(&text, list);
    if (strcmp(out, "-") == 0)
        fwrite(text.p, 1, text.n, stdout);
    else
        code = file_write(out, buf_str(&text), err);
    buf_release(&text);
    return code;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct request r = {.split = "strict", .out = "-"};
    const struct option options[] = {
        {"--input", OPTION_STR, &r.input, "FILE", "JSON lines to read"},
        {"--split", OPTION_STR, &r.split, "RULE", "strict (default) or release"},
        {"--out", OPTION_STR, &r.out, "FILE", "where to write; - (default) is standard output"},
        {"--skip-bad", OPTION_FLAG, &r.skip_bad, NULL, "leave malformed rows out and count them"},
    };
    const char *args[1];
    struct arena arena = {0};
    struct split_list list = {0};
    size_t nargs;

    if (cli_wants_help(argc, argv, &cmd_split, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 1, &nargs, err))
        return err->code;
    if (nargs != 1 || !r.input)
        return err_set(err, ERR_USAGE, "usage: sleepbench split DATASET --input FILE");
    enum err_code code = split_file(args[0], &r, &arena, &list, err);
    if (!code)
        code = write_out(r.out, &list, err);
    if (!code)
        fprintf(stderr, "%zu contexts, %zu queries, split %s, %zu altered by it\n", list.n,
            list.nqueries, r.split, list.altered);
    split_list_release(&list);
    arena_release(&arena);
    return code;
}

const struct command cmd_split = {"split", "DATASET --input FILE [options]",
    "cut problems into contexts and queries", run, false};
