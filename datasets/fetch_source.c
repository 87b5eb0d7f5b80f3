/* fetch_source.c - a part of a set from its mirrors: a file, or pages of the rows API. */
#include "datasets/fetch_impl.h"

#include "harness/base/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 30) /* rows that are converted are held in memory, bytes */

static void on_progress(uint64_t have, uint64_t total, void *payload)
{
    const struct fetch *f = payload;
    struct fetch_progress p = {.what = f->what, .have = have, .total = total};

    if (f->o->progress)
        f->o->progress(&p, f->o->payload);
}

static const char *token_of(const struct fetch *f, const struct manifest_source *s)
{
    const char *token = s->token_env.p ? getenv(arena_cstr(f->arena, s->token_env)) : NULL;

    if (!token || !token[0] || strpbrk(token, "\r\n"))
        return NULL;
    return token;
}

static const char *forbidden_advice(
    const struct fetch *f, const struct manifest_source *s, const char *token)
{
    struct str page = f->set->page.p ? f->set->page : STR("its page");

    if (!s->token_env.p)
        return NULL;
    if (token)
        return arena_printf(f->arena,
            "the token in %.*s has no access: see %.*s with its account, and whether the token may "
            "read",
            STR_ARG(s->token_env), STR_ARG(page));
    return arena_printf(f->arena,
        "put an access token into the variable %.*s; %.*s may ask for consent first",
        STR_ARG(s->token_env), STR_ARG(page));
}

void fetch_download(
    const struct fetch *f, const struct manifest_source *source, struct download *ret)
{
    const char *token = token_of(f, source);

    *ret = (struct download){.url = arena_cstr(f->arena, source->url),
        .token = token,
        .sha256 = source->sha256.p ? arena_cstr(f->arena, source->sha256) : NULL,
        .idle_ms = f->o->idle_ms,
        .deadline_ms = f->o->deadline_ms,
        .forbidden = forbidden_advice(f, source, token),
        .offline = arena_printf(f->arena,
            "without a network, get the file elsewhere and give it by `sleepbench data fetch %.*s "
            "--from FILE`",
            STR_ARG(f->set->name)),
        .stop = f->o->stop};
}

/* --- pages --------------------------------------------------------------------------------- */

static void add_quoted(struct buf *out, const char *key, struct str value)
{
    buf_puts(out, key);
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (str_is_alpha(c) || str_is_digit(c) || strchr("-_.~", c))
            buf_putc(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

enum err_code fetch_pages(
    struct fetch *f, const struct manifest_source *source, struct fetch_part *ret, struct err *err)
{
    struct rows_walk walk = {0, -1};
    struct buf url = BUF_INIT, page = BUF_INIT;
    struct download d;
    enum err_code code = OK;

    fetch_download(f, source, &d);
    buf_str_add(&url, source->url);
    add_quoted(&url, "?dataset=", source->dataset);
    add_quoted(&url, "&config=", source->config);
    add_quoted(&url, "&split=", source->split);
    size_t stem = url.n;
    buf_init(&ret->text, TEXT_MAX);
    while (!code && (walk.total < 0 || walk.next < walk.total)) {
        struct fetch_progress p = {.what = f->what, .have = (uint64_t)walk.next, .rows = true};
        p.total = walk.total > 0 ? (uint64_t)walk.total : 0;
        if (f->o->progress)
            f->o->progress(&p, f->o->payload);
        buf_truncate(&url, stem);
        buf_printf(&url, "&offset=%lld&length=%d", (long long)walk.next, ROWS_PAGE_LENGTH);
        d.url = buf_cstr(&url);
        buf_reset(&page);
        code = download_text(&d, &page, err);
        if (!code && rows_page(buf_str(&page), &walk, &ret->text, err))
            code = err_wrap(err, "%s", buf_cstr(&url));
        if (!code && ret->text.full)
            code = err_set(err, ERR_LIMIT, "%s: more than 1 GiB of rows", buf_cstr(&url));
    }
    if (!code && walk.total == 0)
        code = err_set(err, ERR_INPUT, "%s: the set has no rows", buf_cstr(&url));
    buf_truncate(&url, stem);
    ret->rows = walk.next;
    ret->source = (struct cache_source){
        .url = arena_str(f->arena, buf_str(&url)), .bytes = (int64_t)ret->text.n};
    buf_release(&url);
    buf_release(&page);
    return code;
}

/* --- files --------------------------------------------------------------------------------- */

static enum err_code fetch_file(struct fetch *f, const struct manifest_part *part,
    const struct manifest_source *source, struct fetch_part *ret, struct err *err)
{
    char hex[DIGEST_HEX_LEN + 1];
    const char *path = arena_printf(f->arena, "%s/%.*s.download", f->dir, STR_ARG(part->file));
    struct download_result got;
    struct download d;

    fetch_download(f, source, &d);
    d.progress = on_progress;
    d.payload = f;
    if (download_file(&d, path, &got, err))
        return err->code;
    ret->path = path;
    ret->rows = FIELD_NONE;
    ret->source = (struct cache_source){.url = source->url,
        .sha256 = arena_str(f->arena, str_c(digest_hex(got.sha256, hex))),
        .bytes = (int64_t)got.bytes};
    enum err_code code = OK;
    if (str_eqc(source->format, "jsonl") || str_eqc(source->format, "json")) {
        struct rows_walk walk = {0, -1};
        code = fetch_rows_of(path, &walk, ret, err);
        if (code) /* whole, but no rows: nothing of it is used */
            unlink(path);
    }
    return code;
}

static enum err_code fetch_source(struct fetch *f, const struct manifest_part *part,
    const struct manifest_source *source, struct fetch_part *ret, struct err *err)
{
    f->what = arena_cstr(f->arena, part->file);
    if (str_eqc(source->format, "rows"))
        return fetch_pages(f, source, ret, err);
    return fetch_file(f, part, source, ret, err);
}

static bool next_may_do_better(enum err_code code)
{
    return code == ERR_FAILED || code == ERR_ENDPOINT || code == ERR_INPUT || code == ERR_LIMIT;
}

enum err_code fetch_part_sources(struct fetch *f, size_t i, struct fetch_part *ret, struct err *err)
{
    const struct manifest_part *part = manifest_part(f->set, i);
    enum err_code code = OK;

    for (size_t k = 0; k < part->sources.n; k++) {
        buf_release(&ret->text);
        *ret = (struct fetch_part){.rows = 0};
        code = fetch_source(f, part, manifest_source(part, k), ret, err);
        if (!code || !next_may_do_better(code))
            return code;
        if (k + 1 < part->sources.n && f->o->note)
            f->o->note(
                arena_printf(f->arena, "%s. The next source is tried", err->msg), f->o->payload);
    }
    return code;
}
