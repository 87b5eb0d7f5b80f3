/* data_show.c - `sleepbench data show`: a set's licence, sources, digests, columns and first rows.
 */
#include "datasets/cache.h"
#include "harness/base/json.h"
#include "harness/base/lines.h"
#include "harness/cli/cmd_data.h"

#include <stdio.h>

#define ROWS_UNSAID INT64_MIN

enum { VALUE_SHOWN = 400, ROWS_OF_FILE = 3 }; /* bytes of a column's text */

static void add_line(struct buf *out, const char *key, struct str value)
{
    if (value.n)
        buf_printf(out, "%-9s %.*s\n", key, STR_ARG(value));
}

static void add_source(struct buf *out, const struct manifest_source *s)
{
    buf_printf(out, "    %.*s  %.*s\n", STR_ARG(s->format), STR_ARG(s->url));
    if (s->dataset.n)
        buf_printf(out, "      dataset %.*s, config %.*s, split %.*s\n", STR_ARG(s->dataset),
            STR_ARG(s->config), STR_ARG(s->split));
    if (s->revision.n)
        buf_printf(out, "      revision %.*s\n", STR_ARG(s->revision));
    if (s->sha256.n)
        buf_printf(out, "      sha256 %.*s\n", STR_ARG(s->sha256));
    else
        buf_puts(
            out, "      sha256 not known: the first fetch is trusted, later ones are held to it\n");
    if (s->token_env.n)
        buf_printf(out, "      token from %.*s, if it is set\n", STR_ARG(s->token_env));
}

static void describe(struct buf *out, const struct manifest_set *set)
{
    add_line(out, "name", set->name);
    add_line(out, "what", set->help);
    add_line(out, "licence", set->licence);
    add_line(out, "page", set->page);
    add_line(out, "note", set->note);
    add_line(out, "columns", set->columns);
    if (set->gated)
        add_line(out, "gated", STR("yes: the page asks for an account and consent"));
    for (size_t i = 0; i < set->parts.n; i++) {
        const struct manifest_part *part = manifest_part(set, i);
        buf_printf(out, "  part %zu: %.*s\n", i + 1, STR_ARG(part->file));
        for (size_t k = 0; k < part->sources.n; k++)
            add_source(out, manifest_source(part, k));
    }
}

static void describe_fetched(struct buf *out, const char *dir, const struct cache_lock *lock)
{
    if (!lock->files.n)
        buf_puts(out, "not fetched\n");
    for (size_t i = 0; i < lock->files.n; i++) {
        const struct cache_file *f = cache_lock_file(lock, i);
        buf_printf(out, "fetched   %s/%.*s\n", dir, STR_ARG(f->file));
        buf_printf(out, "    at %.*s, %lld bytes", STR_ARG(f->fetched_at), (long long)f->bytes);
        if (f->rows != FIELD_NONE)
            buf_printf(out, ", %lld rows", (long long)f->rows);
        buf_printf(out, "\n    sha256 %.*s\n", STR_ARG(f->sha256));
        for (size_t k = 0; k < f->sources.n; k++)
            buf_printf(out, "    from %.*s\n",
                STR_ARG(((const struct cache_source *)f->sources.v)[k].url));
    }
}

/* --- rows ---------------------------------------------------------------------------------- */

/* A row as "column: value" lines; long values are cut, at a whole character. */
static void add_row(struct buf *out, size_t number, const struct json *row)
{
    struct buf value = BUF_INIT;

    buf_printf(out, "row %zu\n", number);
    for (const struct json *m = json_first(row); m; m = json_next(m)) {
        buf_reset(&value);
        if (json_type(m) == JSON_STRING)
            buf_collapse(&value, json_str(m));
        else
            json_print(&value, m);
        size_t cut = value.n < VALUE_SHOWN ? value.n : VALUE_SHOWN;
        while (cut < value.n && cut > 0 && ((unsigned char)value.p[cut] & 0xC0) == 0x80)
            cut--;
        buf_printf(out, "  %.*s: ", STR_ARG(json_key(m)));
        buf_str_add(out, str_slice(buf_str(&value), 0, cut));
        buf_puts(out, cut < value.n ? " ...\n" : "\n");
    }
    buf_release(&value);
}

static enum err_code add_rows(struct buf *out, const char *path, int64_t n, struct err *err)
{
    struct lines *l;
    struct str line;
    struct json *doc;
    size_t before = out->n;
    enum err_code code = lines_open(path, LINES_MAX, &l, err);

    if (code)
        return code;
    while (n > 0 && !(code = lines_next(l, &line, err)) && line.p) {
        if (str_trim(line).n == 0)
            continue;
        code = json_parse(line, JSON_STRICT, &doc, err);
        if (code)
            break;
        if (json_type(doc) != JSON_OBJECT) {
            json_free(doc);
            code = err_set(err, ERR_INPUT, "a row must be a JSON object");
            break;
        }
        add_row(out, lines_number(l), doc);
        json_free(doc);
        n--;
    }
    if (code)
        code = lines_wrap(l, err);
    else if (out->n == before)
        code = err_set(err, ERR_INPUT, "%s holds no row", path);
    lines_free(l);
    return code;
}

static enum err_code show_rows(const struct manifest_set *set, const char *input, int64_t n,
    struct arena *arena, struct buf *out, struct err *err)
{
    const char *path = input;

    if (!input && !manifest_is_rows(set))
        return err_set(err, ERR_USAGE, "\"%.*s\" has no rows", STR_ARG(set->name));
    if (!input && cache_use(set, NULL, arena, &path, err))
        return err->code;
    return add_rows(out, path, n, err);
}

static enum err_code show(const char *name, const char *input, int64_t rows, struct arena *arena,
    struct buf *out, struct err *err)
{
    const struct manifest_set *set;
    struct manifest manifest;
    struct cache_lock lock;
    const char *dir;

    if (manifest_load(arena, &manifest, err) || manifest_need(&manifest, str_c(name), &set, err) ||
        cache_dir(set->name, arena, &dir, err) || cache_lock_read(dir, arena, &lock, err))
        return err->code;
    describe(out, set);
    describe_fetched(out, dir, &lock);
    return rows > 0 ? show_rows(set, input, rows, arena, out, err) : OK;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    const char *input = NULL, *args[1];
    int64_t rows = ROWS_UNSAID;
    const struct option options[] = {
        {"--rows", OPTION_INT, &rows, "N", "the first N rows too (0; with --input 3)"},
        {"--input", OPTION_STR, &input, "FILE",
            "rows of this file of JSON lines, not of the cache"},
    };
    struct arena arena = {0};
    struct buf out = BUF_INIT;
    size_t nargs;

    if (cli_wants_help(argc, argv, &data_show, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 1, &nargs, err))
        return err->code;
    if (nargs != 1)
        return err_set(
            err, ERR_USAGE, "usage: sleepbench data show NAME [--rows N] [--input FILE]");
    if (rows < 0 && rows != ROWS_UNSAID)
        return err_set(
            err, ERR_USAGE, "--rows %lld: how many rows to show, from 0", (long long)rows);
    if (rows == ROWS_UNSAID)
        rows = input ? ROWS_OF_FILE : 0;
    enum err_code code = show(args[0], input, rows, &arena, &out, err);
    cli_print(buf_str(&out));
    buf_release(&out);
    arena_release(&arena);
    return code;
}

const struct command data_show = {"data show", "NAME [--rows N] [--input FILE]",
    "licence, sources, digests and columns of a set; its first rows", run, false};
