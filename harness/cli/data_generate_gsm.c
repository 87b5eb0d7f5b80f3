/* data_generate_gsm.c - `sleepbench data generate gsm-symbolic`: fresh rows from templates. */
#include "datasets/template_rows.h"
#include "harness/cli/cmd_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_INSTANCES = 100000 };

struct request {
    const char *templates, *out, *level;
    int64_t instances, seed;
    struct option_list only;
    bool bindings, skip_bad;
};

struct result {
    size_t rows, templates, skipped;
};

static enum err_code check(const struct request *r, struct err *err)
{
    if (!r->templates)
        return err_set(err, ERR_USAGE,
            "--templates DIR is missing: a directory of template files, as docs/TEMPLATES.md says");
    if (r->instances < 1 || r->instances > MOST_INSTANCES)
        return err_set(err, ERR_USAGE, "--instances %" PRId64 ": from 1 to %d", r->instances,
            (int)MOST_INSTANCES);
    if (!r->out[0])
        return err_set(err, ERR_USAGE, "--out needs the name of a file, or - for standard output");
    return OK;
}

/* "--only 0003,0007 --only p2/0001" as single names. */
static size_t cut_names(const struct option_list *only, struct arena *arena, const char ***ret)
{
    size_t n = 0, room = 0;

    for (size_t i = 0; i < only->n; i++)
        room += strlen(only->v[i]) + 1;
    *ret = arena_array(arena, const char *, room + 1);
    for (size_t i = 0; i < only->n; i++) {
        struct str rest = str_c(only->v[i]), name;
        while (str_cut(&rest, ',', &name))
            if (str_trim(name).n)
                (*ret)[n++] = arena_cstr(arena, str_trim(name));
    }
    return n;
}

static enum err_code load(const struct request *r, struct arena *arena,
    struct template_library *ret, struct result *result, struct err *err)
{
    struct buf warnings = BUF_INIT;
    const char **only;
    size_t nonly = cut_names(&r->only, arena, &only);
    struct template_choice choice = {.level = r->level,
        .only = only,
        .nonly = nonly,
        .skip_bad = r->skip_bad,
        .warnings = &warnings};
    enum err_code code = template_library_choose(r->templates, &choice, ret, err);
    struct str rest = buf_str(&warnings), line;

    while (!code && str_cut(&rest, '\n', &line))
        if (line.n)
            cli_warn("left out: %.*s", STR_ARG(line));
    result->skipped += choice.skipped;
    buf_release(&warnings);
    return code;
}

static enum err_code add_rows(const struct request *r, const struct template *t, struct buf *out,
    struct result *result, struct err *err)
{
    struct arena arena = {0};
    struct template_rows rows;
    enum err_code code =
        template_rows_make(t, (uint64_t)r->seed, (int)r->instances, &arena, &rows, err);

    if (code && r->skip_bad) {
        cli_warn("left out: %s", err->msg);
        result->skipped++;
        code = OK;
    } else if (!code) {
        for (size_t i = 0; i < rows.n; i++)
            template_row_write(t, &rows.v[i], r->bindings, out);
        if (rows.n < (size_t)r->instances)
            cli_warn("%s has only %zu different problems in reach, not %" PRId64, template_name(t),
                rows.n, r->instances);
        result->rows += rows.n;
        result->templates++;
    }
    arena_release(&arena);
    return code;
}

static enum err_code generate(const struct request *r, struct result *result, struct err *err)
{
    struct template_library lib = {.n = 0};
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    enum err_code code = check(r, err);

    if (!code)
        code = load(r, &arena, &lib, result, err);
    for (size_t i = 0; i < lib.n && !code; i++)
        code = add_rows(r, lib.v[i], &text, result, err);
    if (!code && result->rows == 0)
        code = err_set(err, ERR_INPUT, "no problem was made: all of %zu templates were left out",
            result->skipped);
    if (!code)
        code = data_write(r->out, buf_str(&text), err);
    buf_release(&text);
    template_library_release(&lib);
    arena_release(&arena);
    return code;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct request r = {.out = "-", .instances = 50, .seed = 1};
    struct result result = {0};
    const struct option options[] = {
        {"--templates", OPTION_STR, &r.templates, "DIR",
            "template files; also one level of directories, as p1/ and p2/"},
        {"--instances", OPTION_INT, &r.instances, "N", "problems of each template (50)"},
        {"--seed", OPTION_INT, &r.seed, "S", "same seed, same problems (1)"},
        {"--level", OPTION_STR, &r.level, "NAME", "only this directory's templates: p1, p2"},
        {"--only", OPTION_LIST, &r.only, "NAMES", "only these, by file name: 0003,p2/0007"},
        {"--bindings", OPTION_FLAG, &r.bindings, NULL, "add the values of all variables"},
        {"--skip-bad", OPTION_FLAG, &r.skip_bad, NULL, "leave bad templates out and count them"},
        {"--out", OPTION_STR, &r.out, "FILE", "where to write; - (default) is standard output"},
    };
    size_t nargs;

    if (cli_wants_help(argc, argv, &data_generate_gsm, options, ARRAY_LEN(options)))
        return OK;
    enum err_code code =
        option_parse(argc, argv, options, ARRAY_LEN(options), NULL, 0, &nargs, err);
    if (!code)
        code = generate(&r, &result, err);
    if (!code)
        fprintf(stderr, "%zu problems of %zu templates, seed %" PRId64 ", %zu templates left out\n",
            result.rows, result.templates, r.seed, result.skipped);
    return code;
}

const struct command data_generate_gsm = {"data generate gsm-symbolic", "--templates DIR [options]",
    "GSM-Symbolic problems from its templates, new and worked out", run, false};
