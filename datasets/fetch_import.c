/* fetch_import.c - parts of a set from files at hand, under the same checks as a download. */
#include "datasets/fetch_impl.h"

#include "harness/base/file.h"

#include <string.h>

#define FILE_MAX ((size_t)256 << 20) /* an array or a page is read whole, bytes */

enum err_code fetch_rows_of(
    const char *path, struct rows_walk *walk, struct fetch_part *ret, struct err *err)
{
    enum rows_shape shape;
    struct buf text = BUF_INIT;
    enum err_code code = rows_shape(path, &shape, err);

    if (code)
        return code;
    if (ret->rows == FIELD_NONE)
        ret->rows = 0;
    if (shape == ROWS_LINES)
        return rows_lines(path, NULL, &ret->rows, err);
    code = file_read(path, FILE_MAX, &text, err);
    if (!code && shape == ROWS_ARRAY && rows_array(buf_str(&text), &ret->text, &ret->rows, err))
        code = err_wrap(err, "%s", path);
    if (!code && shape == ROWS_PAGE) {
        code = rows_page(buf_str(&text), walk, &ret->text, err);
        code = code ? err_wrap(err, "%s", path) : OK;
        ret->rows = walk->next;
    }
    buf_release(&text);
    if (!code && ret->rows == 0)
        code = err_set(err, ERR_INPUT, "%s holds no row", path);
    ret->path = NULL;
    return code;
}

/* A part whose sources all have a digest takes no other bytes. */
static enum err_code check_pins(
    const struct manifest_part *part, const char *path, const char *hex, struct err *err)
{
    const struct manifest_source *first = manifest_source(part, 0);

    for (size_t k = 0; k < part->sources.n; k++) {
        const struct manifest_source *s = manifest_source(part, k);
        if (!s->sha256.p || str_eqc(s->sha256, hex))
            return OK;
    }
    return err_set(err, ERR_INPUT,
        "%s is not the file that was expected: its sha256 is %s, that of %.*s is %.*s", path, hex,
        STR_ARG(part->file), STR_ARG(first->sha256));
}

static enum err_code take_file(struct fetch *f, const struct manifest_part *part, const char *path,
    struct fetch_part *ret, struct err *err)
{
    char hex[DIGEST_HEX_LEN + 1];
    struct digest digest;
    uint64_t bytes;

    f->what = path;
    if (file_digest(path, &digest, &bytes, err))
        return err->code;
    if (check_pins(part, path, digest_hex(digest, hex), err))
        return err->code;
    ret->source = (struct cache_source){.url = str_c(arena_printf(f->arena, "file:%s", path)),
        .sha256 = arena_str(f->arena, str_c(hex)),
        .bytes = (int64_t)bytes};
    return OK;
}

/* A web page saved by mistake is named as what it is. */
static enum err_code refuse_html(const char *path, struct err *err)
{
    char start[256];
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(start, 1, sizeof start, file) : 0;

    if (file)
        fclose(file);
    if (download_is_html((struct str){start, n}))
        return err_set(err, ERR_INPUT, "%s is a web page, not data", path);
    return OK;
}

static enum err_code all_pages(struct fetch *f, struct fetch_part *ret, struct err *err)
{
    struct rows_walk walk = {0, -1};
    const struct manifest_part *part = manifest_part(f->set, 0);

    for (size_t i = 0; i < f->o->nfrom; i++)
        if (take_file(f, part, f->o->from[i], ret, err) ||
            fetch_rows_of(f->o->from[i], &walk, ret, err))
            return err->code;
    if (walk.next != walk.total)
        return err_set(err, ERR_INPUT,
            "these pages hold %lld of %lld rows: give every page, in order, each with its own "
            "--from",
            (long long)walk.next, (long long)walk.total);
    return OK;
}

static enum err_code rows_import(struct fetch *f, size_t i, struct fetch_part *ret, struct err *err)
{
    size_t parts = f->set->parts.n, given = f->o->nfrom;
    enum rows_shape shape;

    if (refuse_html(f->o->from[0], err) || rows_shape(f->o->from[0], &shape, err))
        return err->code;
    if (parts == 1 && shape == ROWS_PAGE)
        return all_pages(f, ret, err);
    if (given != parts)
        return err_set(err, ERR_USAGE,
            "set \"%.*s\" has %zu part%s, %zu given: --from once for each, in the order of "
            "`sleepbench data show %.*s`",
            STR_ARG(f->set->name), parts, parts == 1 ? "" : "s", given, STR_ARG(f->set->name));
    struct rows_walk walk = {0, -1};
    if (refuse_html(f->o->from[i], err) ||
        take_file(f, manifest_part(f->set, i), f->o->from[i], ret, err))
        return err->code;
    ret->path = f->o->from[i];
    if (fetch_rows_of(f->o->from[i], &walk, ret, err))
        return err->code;
    if (walk.total >= 0 && walk.next != walk.total)
        return err_set(err, ERR_INPUT, "%s is a page of %lld rows out of %lld", f->o->from[i],
            (long long)walk.next, (long long)walk.total);
    return OK;
}

/* Where a file of the set is among what was given: by its name, or inside the one directory. */
static const char *find_given(const struct fetch *f, const struct manifest_part *part)
{
    const char *first = f->o->from[0];

    if (f->o->nfrom == 1 && file_is_dir(first)) {
        const char *flat = arena_printf(f->arena, "%s/%.*s", first, STR_ARG(part->file));
        if (file_exists(flat) || !part->path.p)
            return flat;
        return arena_printf(f->arena, "%s/%.*s", first, STR_ARG(part->path));
    }
    for (size_t i = 0; i < f->o->nfrom; i++) {
        const char *slash = strrchr(f->o->from[i], '/');
        if (str_eqc(part->file, slash ? slash + 1 : f->o->from[i]))
            return f->o->from[i];
    }
    return NULL;
}

enum err_code fetch_part_import(struct fetch *f, size_t i, struct fetch_part *ret, struct err *err)
{
    const struct manifest_part *part = manifest_part(f->set, i);

    if (manifest_is_rows(f->set))
        return rows_import(f, i, ret, err);
    const char *path = find_given(f, part);
    if (!path)
        return err_set(err, ERR_USAGE,
            "--from has no file %.*s: give the directory of all files of \"%.*s\", or each",
            STR_ARG(part->file), STR_ARG(f->set->name));
    ret->path = path;
    ret->rows = FIELD_NONE;
    return take_file(f, part, path, ret, err);
}
