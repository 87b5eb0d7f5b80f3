/*
 * repo_search.c - looking for a text or a pattern in the files of one commit; see repo_view.h.
 */
#include "datasets/repo_view.h"

#include <string.h>

#include "datasets/repo_tree.h"
#include "harness/base/regex.h"

enum {
    HITS = 200,
    LINE_BYTES = 300,
    FILE_BYTES = 1 << 20,
    ALL_BYTES = 512 << 20,
    PATTERN_BYTES = 4096,
    GIVE_UPS = 50 /* lines a pattern may exhaust its limit on */
};

struct search {
    struct repo_view *view;
    struct repo_search_options o; /* with the defaults filled in */
    struct regex *pattern;
    bool plain; /* a text, case and all: memmem says at once whether a file holds it */
    struct arena *arena;
    struct repo_hits *out;
    struct repo_hit *hits;
    size_t cap;
    size_t below;    /* length of the directory's part of each path */
    size_t bytes;    /* read so far */
    struct buf line; /* repaired */
    enum err_code code;
    struct err *err;
};

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The part of a line, at most max bytes, that shows the hit. */
static struct str window(struct str line, size_t column, size_t max)
{
    size_t start = 0, end = line.n;

    if (line.n > max) {
        start = column > max / 2 ? column - max / 2 : 0;
        if (start + max > line.n)
            start = line.n - max;
        end = start + max;
    }
    while (start < end && is_continuation(line.p[start]))
        start++;
    while (end < line.n && end > start && is_continuation(line.p[end]))
        end--;
    return str_slice(line, start, end);
}

/* One line; false ends the search. */
static bool search_line(struct search *s, struct str path, struct str line, size_t number)
{
    struct str hit;

    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (!str_utf8_ok(line)) {
        buf_reset(&s->line);
        for (size_t i = 0; i < line.n;)
            buf_utf8(&s->line, str_utf8_next(line, &i));
        line = buf_str(&s->line);
    }
    switch (regex_match(s->pattern, line, 0, &hit, 1)) {
    case REGEX_NO:
        return true;
    case REGEX_LIMIT:
        return ++s->out->given_up < GIVE_UPS;
    case REGEX_YES:
        break;
    }
    if (s->out->n == s->o.max_hits)
        return false;
    GROW(s->hits, s->out->n + 1, s->cap);
    size_t column = (size_t)(hit.p - line.p);
    s->hits[s->out->n++] = (struct repo_hit){arena_str(s->arena, path), number, column + 1,
        arena_str(s->arena, window(line, column, s->o.max_line))};
    return true;
}

static bool search_text(struct search *s, struct str path, struct str text)
{
    struct str line;
    size_t number = 0;

    if (repo_is_binary(text)) {
        s->out->binary++;
        return true;
    }
    s->out->files++;
    if (s->plain && !memmem(text.p, text.n, s->o.text.p, s->o.text.n))
        return true;
    while (text.n && str_cut(&text, '\n', &line))
        if (!search_line(s, path, line, ++number))
            return false;
    return true;
}

static bool search_place(const struct repo_place *place, void *payload)
{
    struct search *s = payload;
    git_blob *blob;
    struct str text;
    size_t size;

    if (place->kind != REPO_FILE || !repo_glob_match(s->o.glob, str_from(place->path, s->below)))
        return true;
    s->code =
        repo_blob(s->view->repo, &place->id, s->o.max_file_bytes, &blob, &text, &size, s->err);
    if (s->code) {
        err_wrap(s->err, "%.*s", STR_ARG(place->path));
        return false;
    }
    s->out->absent += size == REPO_ABSENT;
    s->out->large += !text.p && size != REPO_ABSENT;
    if (!text.p)
        return true;
    s->bytes += size;
    bool more = s->bytes <= s->o.max_bytes && search_text(s, place->path, text);
    git_blob_free(blob);
    return more;
}

static size_t or_else(size_t given, size_t otherwise)
{
    return given ? given : otherwise;
}

static enum err_code make_pattern(struct search *s, struct err *err)
{
    struct buf pattern = BUF_INIT;
    enum err_code code;

    if (!s->o.text.n)
        return err_set(err, ERR_USAGE, "the text to search for is empty");
    if (s->o.text.n > PATTERN_BYTES)
        return err_set(err, ERR_USAGE, "the text to search for has %zu bytes: %d at most",
            s->o.text.n, PATTERN_BYTES);
    if (!s->o.regex && memchr(s->o.text.p, '\n', s->o.text.n))
        return err_set(err, ERR_USAGE,
            "the text to search for has a line feed: lines are searched one by one");
    if (s->o.regex)
        buf_str_add(&pattern, s->o.text);
    else
        regex_quote(&pattern, s->o.text);
    code = regex_new(buf_str(&pattern), s->o.nocase ? REGEX_NOCASE : 0, &s->pattern, err);
    buf_release(&pattern);
    return code ? err_wrap(err, "pattern \"%.*s\"", STR_ARG(s->o.text)) : OK;
}

/* Searches the one file, or all below the directory, that the path names. */
static enum err_code search_path(struct search *s, struct str path, struct err *err)
{
    struct repo_tree_walk walk = {true, search_place, s, 0, false};
    struct repo_place place;
    enum err_code code = repo_tree_find(s->view, path, &place, err);

    if (code)
        return code;
    if (place.kind == REPO_LINK || place.kind == REPO_SUBMODULE)
        return err_set(err, ERR_USAGE, "\"%.*s\" is a %s and is not entered", STR_ARG(path),
            repo_entry_kind_name(place.kind));
    if (place.kind == REPO_FILE) {
        s->o.glob = STR("");
        s->out->truncated = !search_place(&place, s);
        return s->code;
    }
    s->below = path.n ? path.n + 1 : 0;
    code = repo_tree_each(s->view, path, &place.id, &walk, err);
    s->out->truncated = walk.truncated;
    return code ? code : s->code;
}

enum err_code repo_search(struct repo_view *v, const struct repo_search_options *options,
    struct arena *arena, struct repo_hits *ret, struct err *err)
{
    struct repo_hits out = {0};
    struct search s = {.view = v, .o = *options, .arena = arena, .out = &out, .err = err};
    struct str path = {NULL, 0};
    enum err_code code = repo_glob_check(options->glob, err);

    s.o.max_hits = or_else(options->max_hits, HITS);
    s.o.max_line = or_else(options->max_line, LINE_BYTES);
    s.o.max_file_bytes = or_else(options->max_file_bytes, FILE_BYTES);
    s.o.max_bytes = or_else(options->max_bytes, ALL_BYTES);
    s.plain = !options->regex && !options->nocase;
    if (!code)
        code = repo_view_path(options->path, arena, &path, err);
    if (!code)
        code = make_pattern(&s, err);
    if (!code)
        code = search_path(&s, path, err);
    if (!code) {
        out.v = arena_array(arena, struct repo_hit, out.n ? out.n : 1);
        if (out.n)
            memcpy(out.v, s.hits, out.n * sizeof *out.v);
        *ret = out;
    }
    regex_free(s.pattern);
    buf_release(&s.line);
    free(s.hits);
    return code;
}
