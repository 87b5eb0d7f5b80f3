/* conform_case.c - reading case files; see conform_case.h. */
#include "tests/conformance/conform_case.h"

#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/base/number.h"
#include "tests/conformance/conform_body.h"

enum { FILE_MOST = 1 << 20 };

struct reader {
    struct conform_case *c;
    struct case_section *section; /* NULL inside an answer */
    struct case_answer *answer;
    bool in_body;
    size_t blank; /* lines that are bytes only if more of the body follows */
    size_t number;
};

static bool int_of(struct str s, int64_t *ret)
{
    struct rat r;

    if (!rat_parse(s, &r) || !rat_is_int(r))
        return false;
    *ret = r.num;
    return true;
}

struct str case_text(struct arena *arena, struct str value)
{
    struct json *doc;

    if (value.n == 0 || value.p[0] != '"' || json_parse(value, JSON_REPAIR, &doc, NULL))
        return value;
    struct str text = arena_str(arena, json_str(doc));
    json_free(doc);
    return text;
}

const struct case_section *case_section(const struct conform_case *c, const char *name, int64_t n)
{
    for (size_t i = 0; i < c->nsections; i++)
        if (str_eqc(c->sections[i].name, name) && c->sections[i].n == n)
            return &c->sections[i];
    return NULL;
}

struct str case_value(const struct conform_case *c, const char *key)
{
    const struct case_section *s = case_section(c, "case", 0);

    for (size_t i = 0; s && i < s->nlines; i++)
        if (str_eqc(s->lines[i].key, key))
            return s->lines[i].value;
    return (struct str){NULL, 0};
}

int64_t case_int(const struct conform_case *c, const char *key, int64_t fallback)
{
    int64_t v;

    return int_of(case_value(c, key), &v) ? v : fallback;
}

/* "key: value", "key has: value" ... */
static enum err_code split_line(
    struct reader *r, struct str line, struct case_line *ret, struct err *err)
{
    static const struct {
        const char *word;
        enum case_op op;
    } ops[] = {{" has", OP_HAS}, {" lacks", OP_LACKS}, {" in", OP_IN}};
    size_t colon = str_find(line, STR(": "), 0);

    if (colon == SIZE_MAX && str_ends(line, STR(":")))
        colon = line.n - 1;
    if (colon == SIZE_MAX)
        return err_set(
            err, ERR_INPUT, "line %zu: no \"key: value\": %.*s", r->number, STR_ARG(line));
    *ret = (struct case_line){.key = str_slice(line, 0, colon),
        .value = str_trim(str_from(line, colon + 1)),
        .number = r->number};
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (str_ends(ret->key, str_c(ops[i].word))) {
            ret->key.n -= strlen(ops[i].word);
            ret->op = ops[i].op;
        }
    return OK;
}

static enum err_code answer_line(struct reader *r, const struct case_line *l, struct err *err)
{
    struct case_answer *a = r->answer;
    const struct {
        const char *key;
        struct str *text;
        int64_t *number;
    } keys[] = {
        {"method", &a->method, NULL},
        {"path", &a->path, NULL},
        {"when", &a->when, NULL},
        {"unless", &a->unless, NULL},
        {"validate", &a->validate, NULL},
        {"known", &a->known, NULL},
        {"times", NULL, &a->times},
        {"status", NULL, &a->status},
        {"write", NULL, &a->write},
        {"chunk", NULL, &a->chunk},
    };

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (str_eqc(l->key, keys[i].key)) {
            if (keys[i].text)
                *keys[i].text = case_text(r->c->arena, l->value);
            else if (!int_of(l->value, keys[i].number))
                return err_set(err, ERR_INPUT, "line %zu: no number", r->number);
            return OK;
        }
    if (str_eqc(l->key, "ending")) {
        a->close = str_eqc(l->value, "close");
        a->close_idle = str_eqc(l->value, "close_idle");
        return OK;
    }
    if (str_eqc(l->key, "header")) {
        a->headers = str_c(
            arena_printf(r->c->arena, "%.*s%.*s\r\n", STR_ARG(a->headers), STR_ARG(l->value)));
        return OK;
    }
    return err_set(
        err, ERR_INPUT, "line %zu: an answer has no key %.*s", r->number, STR_ARG(l->key));
}

static enum err_code begin_section(struct reader *r, struct str title, struct err *err)
{
    struct str name, rest = title;
    int64_t n = 0;

    r->answer = NULL;
    r->section = NULL;
    r->in_body = false;
    r->blank = 0;
    str_cut(&rest, ' ', &name);
    if (rest.p && !int_of(str_trim(rest), &n))
        return err_set(err, ERR_INPUT, "line %zu: no number behind %.*s", r->number, STR_ARG(name));
    if (str_eqc(name, "answer")) {
        if (r->c->nanswers == CASE_MAX_ANSWERS)
            return err_set(err, ERR_INPUT, "line %zu: too many answers", r->number);
        r->answer = &r->c->answers[r->c->nanswers++];
        *r->answer = (struct case_answer){.times = 1, .status = 200};
        return OK;
    }
    if (r->c->nsections == CASE_MAX_SECTIONS)
        return err_set(err, ERR_INPUT, "line %zu: too many sections", r->number);
    r->section = &r->c->sections[r->c->nsections++];
    *r->section = (struct case_section){.name = name, .n = n};
    return OK;
}

static enum err_code body_line(struct reader *r, struct str line, struct err *err)
{
    if (line.n == 0) {
        r->blank++;
        return OK;
    }
    for (; r->blank; r->blank--)
        buf_putc(&r->answer->body, '\n');
    if (conform_body_line(r->c->arena, r->answer, line, err))
        return err_wrap(err, "line %zu", r->number);
    return OK;
}

static enum err_code take_line(struct reader *r, struct str line, struct err *err)
{
    struct case_line l;

    if (str_starts(line, STR("== ")))
        return begin_section(r, str_trim(str_from(line, 3)), err);
    if (r->in_body)
        return body_line(r, line, err);
    if (str_trim(line).n == 0 || line.p[0] == '#')
        return OK;
    if (r->answer && str_eqc(line, "--")) {
        r->in_body = true;
        return OK;
    }
    if (!r->answer && !r->section)
        return err_set(err, ERR_INPUT, "line %zu: outside of any section", r->number);
    if (split_line(r, line, &l, err))
        return err->code;
    if (r->answer)
        return answer_line(r, &l, err);
    if (r->section->nlines == CASE_MAX_LINES)
        return err_set(err, ERR_INPUT, "line %zu: too many lines in a section", r->number);
    r->section->lines[r->section->nlines++] = l;
    return OK;
}

static enum err_code read_case(
    struct str text, const char *path, struct str name, case_fn *fn, void *payload, struct err *err)
{
    struct arena arena = {0};
    struct conform_case *c = arena_new(&arena, struct conform_case);
    struct reader r = {.c = c};
    struct str line;
    enum err_code code = OK;

    *c = (struct conform_case){.name = name, .file = path, .arena = &arena};
    c->sections = arena_array(&arena, struct case_section, CASE_MAX_SECTIONS);
    while (!code && str_cut(&text, '\n', &line)) {
        r.number++;
        code = take_line(&r, line, err);
    }
    if (code)
        code = err_wrap(err, "%s (%.*s)", path, STR_ARG(name));
    else
        code = fn(c, payload, err);
    for (size_t i = 0; i < c->nanswers; i++)
        buf_release(&c->answers[i].body);
    arena_release(&arena);
    return code;
}

/* Replaces %0% ... %9% by the fields of a row. */
static void fill(struct buf *out, struct str text, const struct str *fields, size_t n)
{
    for (size_t i = 0; i < text.n; i++) {
        bool slot = i + 2 < text.n && text.p[i] == '%' && str_is_digit(text.p[i + 1]) &&
                    text.p[i + 2] == '%';
        size_t which = slot ? (size_t)(text.p[i + 1] - '0') : 0;
        if (!slot) {
            buf_putc(out, text.p[i]);
            continue;
        }
        if (which < n)
            buf_str_add(out, fields[which]);
        i += 2;
    }
}

/* "transport" of "tests/conformance/cases/transport.case" */
static struct str base_of(const char *path)
{
    struct str base = str_c(path);

    for (size_t i = base.n; i > 0; i--)
        if (base.p[i - 1] == '/') {
            base = str_from(base, i);
            break;
        }
    return str_ends(base, STR(".case")) ? str_slice(base, 0, base.n - 5) : base;
}

static enum err_code named_case(
    struct str text, const char *path, struct str name, case_fn *fn, void *payload, struct err *err)
{
    struct buf full = BUF_INIT;

    buf_printf(&full, "%.*s/%.*s", STR_ARG(base_of(path)), STR_ARG(name));
    enum err_code code = read_case(text, path, buf_str(&full), fn, payload, err);
    buf_release(&full);
    return code;
}

static enum err_code each_row(
    struct str rows, struct str text, const char *path, case_fn *fn, void *payload, struct err *err)
{
    struct str line;
    enum err_code code = OK;

    while (!code && str_cut(&rows, '\n', &line)) {
        struct str fields[10] = {{NULL, 0}};
        size_t n = 0;
        if (str_trim(line).n == 0 || line.p[0] == '#')
            continue;
        while (n < 10 && line.p) {
            size_t bar = str_find(line, STR(" | "), 0);
            fields[n++] = str_trim(str_slice(line, 0, bar == SIZE_MAX ? line.n : bar));
            line = bar == SIZE_MAX ? (struct str){NULL, 0} : str_from(line, bar + 3);
        }
        struct buf filled = BUF_INIT;
        fill(&filled, text, fields, n);
        code = named_case(buf_str(&filled), path, fields[0], fn, payload, err);
        buf_release(&filled);
    }
    return code;
}

/* A file of several cases separates them by "=== name". */
enum err_code case_each(const char *path, case_fn *fn, void *payload, struct err *err)
{
    struct buf text = BUF_INIT;
    enum err_code code = file_read(path, FILE_MOST, &text, err);
    struct str all = buf_str(&text);

    for (size_t at = code ? all.n : str_find(all, STR("=== "), 0); !code && at < all.n;) {
        size_t line_end = str_find(all, STR("\n"), at);
        size_t next = str_find(all, STR("\n=== "), at);
        struct str name = str_trim(str_slice(all, at + 4, line_end));
        struct str body = str_slice(all, line_end + 1, next == SIZE_MAX ? all.n : next);
        if (str_eqc(name, "rows")) {
            size_t end = str_find(body, STR("\n== "), 0);
            if (end == SIZE_MAX)
                code = err_set(err, ERR_INPUT, "%s: rows without a case", path);
            else
                code = each_row(
                    str_slice(body, 0, end), str_from(body, end + 1), path, fn, payload, err);
        } else {
            code = named_case(body, path, name, fn, payload, err);
        }
        at = next == SIZE_MAX ? all.n : next + 1;
    }
    buf_release(&text);
    return code;
}
