/* aime_problem.c - reading the built-in fingerprints and matching texts; see aime_problem.h. */
#include "datasets/aime_problem.h"

#include "datasets/aime_text.h"
#include "harness/base/data.h"
#include "harness/base/digest.h"
#include "harness/base/json.h"

static const char fingerprints_path[] = "datasets/aime_fingerprints.json";

enum { PREFIX_CHARS = 32, TAIL_CHARS = 24, HEX_CHARS = 16 };

static bool read_hex(struct str s, uint64_t *ret)
{
    uint64_t v = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!str_is_digit(c) && (c < 'a' || c > 'f'))
            return false;
        v = v << 4 | (uint64_t)(str_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    *ret = v;
    return s.n == HEX_CHARS;
}

/* Year of "2024-II-4", or 0. */
static int64_t year_of(struct str id)
{
    int64_t year = 0;

    for (size_t i = 0; i < 4; i++) {
        if (i >= id.n || !str_is_digit(id.p[i]))
            return 0;
        year = year * 10 + (id.p[i] - '0');
    }
    return year;
}

static bool read_problem(const struct json *row, struct arena *arena, struct aime_problem *ret)
{
    int64_t length;

    ret->id = arena_str(arena, json_str(json_get(row, "id")));
    ret->year = year_of(ret->id);
    if (!ret->year || !json_int(json_get(row, "length"), &length) || length < 1)
        return false;
    ret->print.length = (size_t)length;
    return read_hex(json_str(json_get(row, "prefix")), &ret->print.prefix) &&
           read_hex(json_str(json_get(row, "tail")), &ret->print.tail);
}

enum err_code aime_problems_load(struct arena *arena, struct aime_problems *ret, struct err *err)
{
    struct aime_problems all = {.n = 0};
    struct buf text = BUF_INIT;
    struct json *doc = NULL;
    enum err_code code = data_read(fingerprints_path, &text, err);

    if (!code)
        code = json_parse(buf_str(&text), JSON_STRICT, &doc, err);
    buf_release(&text);
    if (code)
        return err_wrap(err, "%s", fingerprints_path);
    const struct json *rows = json_get(doc, "problems");
    all.v = arena_array(arena, struct aime_problem, json_len(rows) + 1);
    for (const struct json *row = json_first(rows); row && !code; row = json_next(row))
        if (!read_problem(row, arena, &all.v[all.n++]))
            code = err_set(err, ERR_INPUT,
                "%s: problem %zu needs id, prefix, tail (16 hexadecimal digits each) and length",
                fingerprints_path, all.n);
    json_free(doc);
    if (!code)
        *ret = all;
    return code;
}

static uint64_t hash_of(struct str normal)
{
    return digest_u64(digest_of(normal));
}

struct aime_print aime_print_of(struct str text)
{
    struct buf normal = BUF_INIT;

    aime_normal(&normal, text);
    struct str s = buf_str(&normal);
    struct aime_print p = {
        .prefix = hash_of(str_slice(s, 0, PREFIX_CHARS)),
        .tail = hash_of(str_from(s, s.n > TAIL_CHARS ? s.n - TAIL_CHARS : 0)),
        .length = s.n,
    };
    buf_release(&normal);
    return p;
}

const struct aime_problem *aime_by_prefix(const struct aime_problems *all, struct aime_print p)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].print.prefix == p.prefix)
            return &all->v[i];
    return NULL;
}

const struct aime_problem *aime_by_tail(const struct aime_problems *all, struct aime_print p)
{
    const struct aime_problem *found = NULL;

    for (size_t i = 0; i < all->n; i++) {
        if (all->v[i].print.tail != p.tail)
            continue;
        if (found)
            return NULL;
        found = &all->v[i];
    }
    if (!found)
        return NULL;
    size_t a = found->print.length, b = p.length;
    return (a > b ? a - b : b - a) * 10 < a ? found : NULL;
}

const struct aime_problem *aime_by_id(const struct aime_problems *all, struct str id)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->v[i].id, id))
            return &all->v[i];
    return NULL;
}

/* Byte behind the letter or digit number `count` (from 1) of text. */
static size_t byte_behind(struct str text, size_t count)
{
    size_t i = 0;

    for (; i < text.n && count; i++)
        count -= str_is_alpha(text.p[i]) || str_is_digit(text.p[i]);
    return i;
}

size_t aime_known_end(const struct aime_problem *problem, struct str text)
{
    size_t quarter = problem->print.length / 4, found = SIZE_MAX;
    struct buf normal = BUF_INIT;

    aime_normal(&normal, text);
    struct str s = buf_str(&normal);
    size_t first = problem->print.length - quarter, last = problem->print.length + quarter;
    first = first > TAIL_CHARS ? first : TAIL_CHARS;
    for (size_t end = first; end <= last && end < s.n && found == SIZE_MAX; end++)
        if (hash_of(str_slice(s, end - TAIL_CHARS, end)) == problem->print.tail)
            found = byte_behind(text, end);
    buf_release(&normal);
    return found;
}
