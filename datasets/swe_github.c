/*
 * swe_github.c - the cache of answers, and what an answer makes of a task; see swe_github.h.
 *
 * The cache is JSON lines: {"github":"OWNER/NAME"} first, then per pull request
 * {"pr_number":N,"found":false} or {"pr_number":N,"found":true,"complete":..,"row":{..}} with a row
 * as swe_row_write writes it. A line that a kill cut short is dropped when the file is opened.
 */
#include "datasets/swe_github.h"

#include "datasets/swe_github_ask.h"
#include "datasets/swe_row.h"
#include "datasets/swe_time.h"
#include "datasets/swe_write.h"
#include "harness/base/file.h"
#include "harness/base/log.h"
#include "harness/config/model.h"
#include "harness/net/net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GITHUB_URL "https://api.github.com"
#define CACHE_BYTES ((size_t)1 << 30)

enum { PAGE = 100, FILES_MOST = 3000, ANSWER_MS = 120000 };

/* A line of the cache: a slice of `text`, or a copy of its own. */
struct known {
    int64_t number;
    struct str line;
};

struct swe_github {
    struct swe_github_line line;
    struct str repo; /* as the task names it */
    char *asked;     /* OWNER/NAME of the addresses */
    char *cache;
    int fd;      /* of the cache file, locked */
    bool probed; /* the repository answered */
    struct known *known;
    size_t n, cap;
    struct buf text; /* the cache as it was read */
    struct arena arena;
    struct swe_list *list;
    struct swe_github_counts counts;
};

struct swe_github_counts swe_github_counts(const struct swe_github *g)
{
    struct swe_github_counts counts = g->counts;

    counts.requests = g->line.requests;
    return counts;
}

enum err_code swe_github_token(struct arena *arena, struct str *ret, struct err *err)
{
    static const char *const names[] = {"GITHUB_TOKEN", "GH_TOKEN"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct str value = str_trim(str_c(getenv(names[i])));
        for (size_t k = 0; k < value.n; k++)
            if ((unsigned char)value.p[k] <= ' ' || value.p[k] == 0x7F)
                return err_set(
                    err, ERR_USAGE, "%s has a blank or a control character in it", names[i]);
        if (!value.n)
            continue;
        secret_add(value);
        *ret = arena_str(arena, value);
        return OK;
    }
    *ret = STR("");
    return OK;
}

/* --- the cache ----------------------------------------------------------------------------- */

static int compare_known(const void *a, const void *b)
{
    const struct known *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static const struct known *find_known(const struct swe_github *g, int64_t number)
{
    struct known key = {.number = number};

    return g->n ? bsearch(&key, g->known, g->n, sizeof key, compare_known) : NULL;
}

static void add_known(struct swe_github *g, int64_t number, struct str line)
{
    size_t i = g->n;

    GROW(g->known, g->n + 1, g->cap);
    for (; i && g->known[i - 1].number > number; i--)
        g->known[i] = g->known[i - 1];
    g->known[i] = (struct known){number, line};
    g->n++;
}

static enum err_code cache_error(const struct swe_github *g, size_t line, struct err *err)
{
    return err_set(err, ERR_INPUT,
        "%s:%zu: no line of a cache of %s: give another --cache, or remove the file", g->cache,
        line, g->asked);
}

/* Of equal numbers the line that stands first: all lines are slices of one text. */
static int by_number_then_place(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    int c = compare_known(x, y);

    return c ? c : (x->line.p > y->line.p) - (x->line.p < y->line.p);
}

/* Sorts the lines that were taken and drops what stands in an earlier one. */
static void sort_known(struct swe_github *g)
{
    size_t kept = 0;

    if (g->n)
        qsort(g->known, g->n, sizeof *g->known, by_number_then_place);
    for (size_t i = 0; i < g->n; i++)
        if (!kept || g->known[kept - 1].number != g->known[i].number)
            g->known[kept++] = g->known[i];
    g->n = kept;
}

static bool take_line(struct swe_github *g, struct str line)
{
    struct json *doc = NULL;
    struct err ignored;
    int64_t number = 0;
    bool good = !json_parse(line, JSON_STRICT, &doc, &ignored) &&
                json_int(json_get(doc, "pr_number"), &number) && number > 0;

    json_free(doc);
    if (good) {
        GROW(g->known, g->n + 1, g->cap);
        g->known[g->n++] = (struct known){number, line};
    }
    return good;
}

static enum err_code write_all(const struct swe_github *g, struct str s, struct err *err)
{
    while (s.n) {
        ssize_t n = write(g->fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_IO, "cannot write %s: %s", g->cache, strerror(errno));
        s = str_from(s, (size_t)n);
    }
    return OK;
}

/* The first line of a cache of this repository. */
static struct str header_of(struct swe_github *g)
{
    return str_c(arena_printf(&g->arena, "{\"github\":\"%s\"}\n", g->asked));
}

/* Reads the file before it is opened for writing: one that is something else is left alone. */
static enum err_code cache_load(struct swe_github *g, struct err *err)
{
    struct str header = header_of(g), text;

    if (!file_exists(g->cache))
        return OK;
    if (file_read(g->cache, CACHE_BYTES, &g->text, err))
        return err->code;
    text = str_slice(buf_str(&g->text), 0, header.n);
    return str_eq_nocase(text, str_slice(header, 0, text.n)) ? OK : cache_error(g, 1, err);
}

/* The file is read again when the lock is ours: another process may just have added to it. */
static enum err_code cache_lock(struct swe_github *g, struct err *err)
{
    if (cache_load(g, err) || file_lock(g->cache, &g->fd, err))
        return err->code;
    buf_reset(&g->text);
    return cache_load(g, err);
}

/* Takes the lines and leaves the file at its end, behind the last whole one. */
static enum err_code cache_take(struct swe_github *g, struct err *err)
{
    struct str rest, line;
    size_t whole = g->text.n;

    while (whole && g->text.p[whole - 1] != '\n')
        whole--;
    if (ftruncate(g->fd, (off_t)whole) || lseek(g->fd, (off_t)whole, SEEK_SET) < 0)
        return err_set(err, ERR_IO, "cannot write %s: %s", g->cache, strerror(errno));
    if (!whole)
        return write_all(g, header_of(g), err);
    rest = str_slice(buf_str(&g->text), 0, whole);
    (void)str_cut(&rest, '\n', &line); /* the header */
    for (size_t number = 2; rest.n && str_cut(&rest, '\n', &line); number++)
        if (!take_line(g, line))
            return cache_error(g, number, err);
    sort_known(g);
    return OK;
}

static enum err_code cache_add(
    struct swe_github *g, int64_t number, struct str line, struct err *err)
{
    enum err_code code = write_all(g, line, err);

    if (code)
        return code;
    line.n--; /* the line feed */
    add_known(g, number, arena_str(&g->arena, line));
    return OK;
}

/* --- open and close ------------------------------------------------------------------------ */

static bool is_repo_name(const char *s)
{
    size_t slashes = 0;

    for (size_t i = 0; s[i]; i++) {
        if (s[i] == '/')
            slashes++;
        else if (!str_is_alpha(s[i]) && !str_is_digit(s[i]) && !strchr("-_.", s[i]))
            return false;
    }
    return slashes == 1 && s[0] != '/' && s[strlen(s) - 1] != '/' && !strstr(s, "..");
}

static enum err_code set_address(struct swe_github *g, const char *url, struct err *err)
{
    struct str base;
    bool loopback;

    if (!url) {
        g->line.base = STR(GITHUB_URL);
        return OK;
    }
    if (model_address(str_c(url), &base, &loopback, err))
        return err->code;
    if (!loopback)
        return err_set(err, ERR_USAGE, "the address of GitHub may be changed to this machine only");
    g->line.base = arena_str(&g->arena, base);
    return OK;
}

enum err_code swe_github_open(
    const struct swe_github_options *options, struct swe_github **ret, struct err *err)
{
    struct swe_github *g = xcalloc(1, sizeof *g);
    struct net_options net = {.max_in_flight = 1, .total_ms = ANSWER_MS};
    enum err_code code = OK;

    g->fd = -1;
    g->asked = xstrdup(options->repo);
    g->cache = xstrdup(options->cache);
    g->repo = swe_repo_name(str_c(g->asked));
    g->line.token = arena_str(&g->arena, options->token);
    g->line.wait_ms = options->wait_ms;
    g->list = options->list;
    if (!is_repo_name(options->repo))
        code = err_set(err, ERR_USAGE, "--github \"%s\": write OWNER/NAME", options->repo);
    if (!code)
        code = set_address(g, options->url, err);
    if (!code)
        code = cache_lock(g, err);
    if (!code)
        code = cache_take(g, err);
    if (!code)
        code = net_new(&net, &g->line.net, err);
    if (code) {
        swe_github_close(g);
        return code;
    }
    *ret = g;
    return OK;
}

void swe_github_close(struct swe_github *g)
{
    if (!g)
        return;
    net_free(g->line.net);
    if (g->fd >= 0)
        file_unlock(g->fd);
    free(g->known);
    free(g->asked);
    free(g->cache);
    buf_release(&g->text);
    arena_release(&g->arena);
    free(g);
}

/* --- asking -------------------------------------------------------------------------------- */

/* A repository that is not there would look like one without pull requests. */
static enum err_code probe(struct swe_github *g, struct err *err)
{
    struct json *doc = NULL;
    char *path = arena_printf(&g->arena, "/repos/%s", g->asked);

    if (g->probed)
        return OK;
    if (swe_github_ask(&g->line, path, &doc, err))
        return err->code;
    if (!doc)
        return err_set(err, ERR_ENDPOINT,
            "GitHub knows no repository %s, or it is private: check the name%s", g->asked,
            g->line.token.n ? "" : ", or set GITHUB_TOKEN");
    json_free(doc);
    g->probed = true;
    return OK;
}

static struct str text_of(const struct json *v, struct arena *arena)
{
    return json_type(v) == JSON_STRING ? arena_str(arena, json_str(v)) : (struct str){NULL, 0};
}

static enum err_code read_pull(struct swe_github *g, const struct json *doc, const char *path,
    struct arena *arena, struct swe_task *ret, struct err *err)
{
    struct str merged = json_str(json_get(doc, "merged_at"));

    ret->repo = g->repo;
    ret->title = text_of(json_get(doc, "title"), arena);
    ret->body = text_of(json_get(doc, "body"), arena);
    ret->state = text_of(json_get(doc, "state"), arena);
    ret->user = text_of(json_path(doc, "user.login"), arena);
    ret->base = text_of(json_path(doc, "base.sha"), arena);
    ret->head = text_of(json_path(doc, "head.sha"), arena);
    if (!json_int(json_get(doc, "changed_files"), &ret->changed_files_count))
        ret->changed_files_count = -1;
    if (!ret->title.p || !swe_is_commit(ret->base) || !swe_is_commit(ret->head) ||
        ret->changed_files_count < 0 || (merged.n && !swe_time_read(merged, &ret->time)))
        return err_set(err, ERR_ENDPOINT,
            "GitHub, %s: the answer is no pull request: title, base.sha, head.sha, merged_at or "
            "changed_files is missing or strange",
            path);
    return OK;
}

/* One page of files behind those that are there. */
static enum err_code read_page(const struct json *doc, const char *path, struct arena *arena,
    struct swe_task *task, size_t *ret_n, struct err *err)
{
    struct swe_file *page;
    size_t n;

    if (swe_files_read(doc, arena, &page, &n, err)) {
        err->code = ERR_ENDPOINT;
        return err_wrap(err, "GitHub, %s", path);
    }
    struct swe_file *all = arena_array(arena, struct swe_file, task->nfiles + n);
    if (task->nfiles)
        memcpy(all, task->files, task->nfiles * sizeof *all);
    if (n)
        memcpy(all + task->nfiles, page, n * sizeof *all);
    task->files = all;
    task->nfiles += n;
    *ret_n = n;
    return OK;
}

static enum err_code ask_files(
    struct swe_github *g, struct arena *arena, struct swe_task *task, struct err *err)
{
    size_t most = (size_t)task->changed_files_count, got = PAGE;

    most = most > FILES_MOST ? FILES_MOST : most;
    for (size_t page = 1; got == PAGE && task->nfiles < most; page++) {
        struct json *doc = NULL;
        char *path = arena_printf(arena, "/repos/%s/pulls/%lld/files?per_page=%d&page=%zu",
            g->asked, (long long)task->number, PAGE, page);
        if (swe_github_ask(&g->line, path, &doc, err))
            return err->code;
        enum err_code code = doc ? read_page(doc, path, arena, task, &got, err)
                                 : err_set(err, ERR_ENDPOINT, "GitHub, %s: no files (404)", path);
        json_free(doc);
        if (code)
            return code;
    }
    return OK;
}

static void print_line(struct buf *out, int64_t number, const struct swe_task *task, bool found)
{
    struct json_writer w = json_writer(out, 0);
    struct buf row = BUF_INIT;

    jsonw_object(&w, NULL);
    jsonw_int(&w, "pr_number", number);
    jsonw_bool(&w, "found", found);
    if (found) {
        (void)swe_row_write(&row, task); /* names come from JSON: they are UTF-8 */
        buf_truncate(&row, row.n - 1);
        jsonw_bool(&w, "complete", (size_t)task->changed_files_count == task->nfiles);
        jsonw_raw(&w, "row", buf_str(&row));
    }
    jsonw_end_object(&w);
    buf_putc(out, '\n');
    buf_release(&row);
}

static enum err_code fetch(struct swe_github *g, int64_t number, struct err *err)
{
    struct arena arena = {0};
    struct swe_task task = {.number = number};
    struct json *doc = NULL;
    struct buf line = BUF_INIT;
    char *path = arena_printf(&arena, "/repos/%s/pulls/%lld", g->asked, (long long)number);
    enum err_code code = probe(g, err);

    if (!code)
        code = swe_github_ask(&g->line, path, &doc, err);
    if (!code && doc)
        code = read_pull(g, doc, path, &arena, &task, err);
    if (!code && doc)
        code = ask_files(g, &arena, &task, err);
    if (!code) {
        print_line(&line, number, &task, doc != NULL);
        code = cache_add(g, number, buf_str(&line), err);
    }
    json_free(doc);
    buf_release(&line);
    arena_release(&arena);
    return code;
}

/* --- using --------------------------------------------------------------------------------- */

static void warn(struct swe_github *g, int64_t number, const char *what)
{
    if (g->list)
        swe_list_warn(g->list, "%.*s #%lld: %s", STR_ARG(g->repo), (long long)number, what);
}

static void use_row(
    struct swe_github *g, struct swe_task *task, const struct swe_task *row, bool complete)
{
    task->title = row->title;
    task->body = row->body;
    task->user = row->user;
    task->state = row->state;
    if (row->time)
        task->time = row->time;
    if (!complete) {
        g->counts.truncated++;
        warn(g, task->number, "GitHub's list of its files is cut: it is not used");
        return;
    }
    task->changed_files_count = row->changed_files_count;
    task->base = row->base;
    task->head = row->head;
    task->files = row->files;
    task->nfiles = row->nfiles;
}

static enum err_code use_line(struct swe_github *g, const struct known *known,
    struct swe_task *task, struct arena *arena, struct err *err)
{
    struct json *doc = NULL;
    struct swe_task row;
    struct swe_list warnings = {0};
    enum err_code code = json_parse(known->line, JSON_STRICT, &doc, err);

    if (!code && !json_bool(json_get(doc, "found"), false)) {
        g->counts.absent++;
        warn(g, task->number, "GitHub knows no such pull request");
    } else if (!code) {
        code = swe_row_read(json_get(doc, "row"), g->asked, g->cache, arena, &warnings, &row, err);
        if (!code)
            use_row(g, task, &row, json_bool(json_get(doc, "complete"), false));
    }
    if (code)
        (void)err_wrap(err, "%s, pull request %lld", g->cache, (long long)task->number); /* code */
    swe_list_release(&warnings);
    json_free(doc);
    return code;
}

enum err_code swe_github_complete(
    struct swe_github *g, struct swe_task *task, struct arena *arena, struct err *err)
{
    const struct known *known = find_known(g, task->number);

    if (task->number <= 0)
        return OK;
    if (known) {
        g->counts.cached++;
    } else {
        if (fetch(g, task->number, err))
            return err->code;
        g->counts.fetched++;
        known = find_known(g, task->number);
    }
    return use_line(g, known, task, arena, err);
}
