/* item_stream.c - see item_stream.h. */
#include "datasets/item_stream.h"

#include "datasets/item_row.h"
#include "harness/base/lines.h"
#include "harness/base/seen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct stream {
    const char *path, *dataset;
    const struct item_columns *columns;
    bool skip_bad;
    item_stream_fn *fn;
    void *payload;
    bool ended; /* by fn */
    size_t rows, skipped;
    /* Lines whose id stands in an earlier line: a bit each, or the first of them. */
    unsigned char *repeated;
    size_t nrepeated;
    uint64_t first, again; /* 0 = none */
};

static bool is_repeated(const struct stream *s, size_t line)
{
    return line / 8 < s->nrepeated && (s->repeated[line / 8] >> line % 8 & 1);
}

static void mark(void *payload, uint64_t first, uint64_t again)
{
    struct stream *s = payload;
    size_t byte = (size_t)(again / 8), old = s->nrepeated;

    if (!s->again || again < s->again) {
        s->first = first;
        s->again = again;
    }
    if (!s->skip_bad)
        return;
    if (byte >= old) {
        s->nrepeated = 2 * byte + 64;
        s->repeated = xrealloc(s->repeated, s->nrepeated);
        memset(s->repeated + old, 0, s->nrepeated - old);
    }
    s->repeated[byte] |= (unsigned char)(1 << again % 8);
}

/* One row: read, noted in ids (if not NULL), given out (if give). */
static enum err_code take_row(struct stream *s, struct str line, size_t number, struct arena *arena,
    struct seen *ids, bool give, struct err *err)
{
    struct item item = {.line = number};

    if (is_repeated(s, number)) {
        s->skipped++;
        return OK;
    }
    if (item_row_read(line, s->dataset, s->columns, arena, &item, err) ||
        (ids && seen_add(ids, item.id, number, err)))
        return err->code;
    s->rows++;
    if (!give)
        return OK;
    enum err_code code = s->fn(s->payload, &item, line, arena, err);
    s->ended = code != OK;
    return code;
}

/* Goes through the file once. */
static enum err_code pass(struct stream *s, struct seen *ids, bool give, struct err *err)
{
    struct arena arena = {0};
    struct lines *l;
    struct str line;
    enum err_code code = lines_open(s->path, LINES_MAX, &l, err);

    if (code)
        return code;
    s->rows = s->skipped = 0;
    for (;;) {
        code = lines_next(l, &line, err);
        if (!code && !line.p)
            break;
        if (!code && !str_trim(line).n)
            continue;
        if (!code)
            code = take_row(s, line, lines_number(l), &arena, ids, give, err);
        arena_reset(&arena);
        if (!code)
            continue;
        if (code != ERR_INPUT || !s->skip_bad || s->ended || lines_broken(l)) {
            code = code == ERR_INPUT ? lines_wrap(l, err) : code;
            break;
        }
        s->skipped++;
    }
    lines_free(l);
    arena_release(&arena);
    return code;
}

/* The id in line `again`, for the message; the file may be gone, then the lines must do. */
static enum err_code refuse_repeated(struct stream *s, struct err *err)
{
    struct arena arena = {0};
    struct item item = {.line = (size_t)s->again};
    struct lines *l;
    struct str line = {NULL, 0};
    struct err ignored;
    bool there = lines_open(s->path, LINES_MAX, &l, &ignored) == OK;

    if (there) {
        while (lines_next(l, &line, &ignored) == OK && line.p && lines_number(l) < s->again)
            ;
        there = line.p && lines_number(l) == s->again &&
                item_row_read(line, s->dataset, s->columns, &arena, &item, &ignored) == OK;
        lines_free(l);
    }
    enum err_code code = err_set(err, ERR_INPUT, "%s:%llu: %s%.*s%s stands in line %llu already",
        s->path, (unsigned long long)s->again, there ? "id \"" : "the id of this row",
        STR_ARG(item.id), there ? "\"" : "", (unsigned long long)s->first);
    arena_release(&arena);
    return code;
}

/* True for what cannot be read twice; what is not there is found later. */
static bool is_passing(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static enum err_code run(struct stream *s, struct seen *ids, struct err *err)
{
    if (!s->skip_bad) {
        if (pass(s, ids, true, err) || seen_repeats(ids, mark, s, err))
            return err->code;
        if (s->again)
            return refuse_repeated(s, err);
    } else if (is_passing(s->path)) {
        return err_set(err, ERR_USAGE,
            "%s is no regular file: rows are left out by reading it twice; write it to a file "
            "first",
            s->path);
    } else if (pass(s, ids, false, err) || seen_repeats(ids, mark, s, err) ||
               pass(s, NULL, true, err)) {
        return err->code;
    }
    if (s->rows)
        return OK;
    return item_none(s->path, s->skipped, err);
}

enum err_code item_stream(const char *path, const char *dataset, const struct item_columns *columns,
    bool skip_bad, item_stream_fn *fn, void *payload, size_t *ret_skipped, struct err *err)
{
    static const struct item_columns guess = {0};
    struct stream s = {.path = path,
        .dataset = dataset,
        .columns = columns ? columns : &guess,
        .skip_bad = skip_bad,
        .fn = fn,
        .payload = payload};
    struct seen *ids = seen_new();
    enum err_code code = run(&s, ids, err);

    seen_free(ids);
    free(s.repeated);
    if (!code)
        *ret_skipped = s.skipped;
    return code;
}
