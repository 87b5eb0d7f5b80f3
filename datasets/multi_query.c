/*
 * multi_query.c - reading a reply that lists new questions; see multi_query.h.
 *
 * Lines are classified first (multi_query_line.c), then grouped: a group ends at a value or where a
 * labelled question begins behind another one.
 */
#include "datasets/multi_query.h"

#include "datasets/multi_query_line.h"

#include <stdlib.h>

static const struct {
    const char *text, *help;
} drops[] = {
#define MULTI_QUERY_ROW(name, text, help) {text, help},
    MULTI_QUERY_DROPS(MULTI_QUERY_ROW)
#undef MULTI_QUERY_ROW
};

const char *multi_query_drop_text(enum multi_query_drop d)
{
    return drops[d].text;
}

const char *multi_query_drop_help(enum multi_query_drop d)
{
    return drops[d].help;
}

struct reader {
    const struct multi_query_options *o;
    struct arena *arena;
    struct multi_query *ret;
    struct multi_query_line *lines;
    size_t n, cap;
    bool open_end; /* the text does not end with a line end */
    struct str original, *seen;
    struct str last_gold; /* as it was written, of the group before */
};

static bool in_value(struct str s, size_t i)
{
    return s.p[i] == '.' && i > 0 && str_is_digit(s.p[i - 1]) && i + 1 < s.n &&
           str_is_digit(s.p[i + 1]);
}

void multi_query_normalise(struct str s, struct buf *out)
{
    bool blank = false;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!str_is_alpha(c) && !str_is_digit(c) && !(c & 0x80) && !in_value(s, i)) {
            blank = out->n > 0;
            continue;
        }
        if (blank)
            buf_putc(out, ' ');
        blank = false;
        buf_putc(out, str_lower(c));
    }
}

static struct str normal(struct arena *arena, struct str s)
{
    struct buf b = BUF_INIT;

    multi_query_normalise(s, &b);
    struct str r = arena_str(arena, buf_str(&b));
    buf_release(&b);
    return r;
}

static void drop(struct reader *r, enum multi_query_drop why)
{
    r->ret->found++;
    r->ret->dropped[why]++;
}

static void keep(struct reader *r, struct multi_query_pair pair)
{
    if (pair.question.n > MULTI_QUERY_QUESTION || pair.solution.n > MULTI_QUERY_SOLUTION) {
        drop(r, MULTI_QUERY_OVERLONG);
        return;
    }
    struct str key = normal(r->arena, pair.question);
    if (str_eq(key, r->original)) {
        drop(r, MULTI_QUERY_ORIGINAL);
        return;
    }
    for (size_t i = 0; i < r->ret->n; i++)
        if (str_eq(key, r->seen[i])) {
            drop(r, MULTI_QUERY_DUPLICATE);
            return;
        }
    if (r->ret->n >= r->o->most || r->ret->n == MULTI_QUERY_MOST) {
        drop(r, MULTI_QUERY_SURPLUS);
        return;
    }
    r->seen[r->ret->n] = key;
    r->ret->v[r->ret->n++] = pair;
    r->ret->found++;
}

static bool asks(const struct multi_query_line *l)
{
    return l->kind == LINE_TEXT && str_find(l->text, STR("?"), 0) != SIZE_MAX;
}

/* Does a paragraph begin at line i of a group that begins at `from`? */
static bool begins_paragraph(const struct reader *r, size_t from, size_t i)
{
    return i == from || r->lines[i - 1].kind == LINE_BLANK || r->lines[i].numbered;
}

/* First line of the paragraph that line i belongs to; `before` is that of line i - 1. */
static size_t paragraph_of(const struct reader *r, size_t from, size_t i, size_t before)
{
    return begins_paragraph(r, from, i) || r->lines[i - 1].kind != LINE_TEXT ? i : before;
}

/* First line of a kind in [from, to), or `to`. */
static size_t find_kind(const struct reader *r, size_t from, size_t to, enum multi_query_kind kind)
{
    while (from < to && r->lines[from].kind != kind)
        from++;
    return from;
}

/* Start of the last paragraph that asks; a remark inside a labelled solution is none. *ret_lost
 * counts those in front of it. */
static size_t last_asking(const struct reader *r, size_t from, size_t to, size_t *ret_lost)
{
    size_t at = to, first = from, solution = find_kind(r, from, to, LINE_SOLUTION);

    for (size_t i = from; i < to; i++) {
        first = paragraph_of(r, from, i, first);
        if (!asks(&r->lines[i]) || first == at || (first > solution && !r->lines[first].numbered))
            continue;
        *ret_lost += at < to;
        at = first;
    }
    return at;
}

/* "Work out how many ... ." without a '?': the paragraph in front of a labelled solution, or a line
 * with another line of text behind it. */
static size_t find_request(const struct reader *r, size_t from, size_t to)
{
    size_t solution = find_kind(r, from, to, LINE_SOLUTION), at = to, first = from;

    for (size_t i = from; i < solution; i++) {
        bool behind = solution < to || (i + 1 < to && r->lines[i + 1].kind == LINE_TEXT);
        first = paragraph_of(r, from, i, first);
        if (r->lines[i].kind != LINE_TEXT || !behind)
            continue;
        if (solution == to)
            return i;
        at = first;
    }
    return at;
}

/* Where the question of a group [from, to) begins; `to` if there is none. Counts unlabelled
 * questions in front of it, which have no value of their own, into *ret_lost. */
static size_t find_question(const struct reader *r, size_t from, size_t to, size_t *ret_lost)
{
    size_t at = find_kind(r, from, to, LINE_QUESTION);

    *ret_lost = 0;
    if (at == to)
        at = last_asking(r, from, to, ret_lost);
    return at < to ? at : find_request(r, from, to);
}

static void append(struct buf *out, struct str line, char between)
{
    if (!line.n)
        return;
    if (out->n)
        buf_putc(out, between);
    buf_str_add(out, line);
}

/* Byte behind the mark that ends an unlabelled question inside a line: '?' before a blank or the
 * end of the line, closing marks included; 0 if there is none. */
static size_t question_end(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '?')
            continue;
        size_t end = i + 1;
        while (end < s.n && (s.p[end] == '"' || s.p[end] == ')' || s.p[end] == '*'))
            end++;
        if (end == s.n || str_is_blank(s.p[end]))
            return end;
    }
    return 0;
}

/* A pair's texts while they are gathered. */
struct draft {
    struct buf question, solution;
    bool labelled; /* a label says where the solution begins; else a '?' or a blank line does */
    bool in_question;
    size_t leads_to; /* the line that asks, found when a line in front of it was looked at */
};

/* Does a later line of the paragraph ask? Then line i leads to it. */
static bool leads_on(const struct reader *r, struct draft *d, size_t i, size_t to)
{
    if (i < d->leads_to)
        return true;
    for (i++; i < to && r->lines[i].kind == LINE_TEXT; i++)
        if (asks(&r->lines[i])) {
            d->leads_to = i;
            return true;
        }
    return false;
}

static void add_to_question(const struct reader *r, struct draft *d, size_t i, size_t to)
{
    struct str text = r->lines[i].text;
    size_t end = d->labelled ? 0 : question_end(text);

    append(&d->question, end ? str_slice(text, 0, end) : text, ' ');
    if (end)
        append(&d->solution, str_trim(str_from(text, end)), '\n');
    d->in_question = !end && (d->labelled || !text.n || leads_on(r, d, i, to));
}

static void gather(const struct reader *r, size_t at, size_t to, struct draft *d)
{
    d->labelled = find_kind(r, at, to, LINE_SOLUTION) < to;
    d->in_question = true;
    for (size_t i = at; i < to; i++) {
        const struct multi_query_line *l = &r->lines[i];
        if (l->kind == LINE_BLANK) {
            d->in_question = d->in_question && (d->labelled || !d->question.n);
        } else if (!d->in_question) {
            if (l->text.n) /* a label alone says nothing */
                append(&d->solution, l->raw, '\n');
        } else if (l->kind == LINE_SOLUTION) {
            d->in_question = false;
            append(&d->solution, l->text, '\n');
        } else {
            add_to_question(r, d, i, to);
        }
    }
}

/* A pair from [at, to) with the value that line `to` holds. */
static void take_pair(struct reader *r, size_t at, size_t to)
{
    struct draft d = {.in_question = true};
    struct multi_query_pair pair = {0};

    gather(r, at, to, &d);
    if (!d.question.n)
        drop(r, MULTI_QUERY_NO_QUESTION);
    else if (r->o->cut && r->open_end && to + 1 == r->n)
        drop(r, MULTI_QUERY_CUT);
    else if (!r->o->gold(r->lines[to].text, r->arena, &pair.gold))
        drop(r, MULTI_QUERY_BAD_GOLD);
    else {
        pair.question = arena_str(r->arena, buf_str(&d.question));
        pair.solution = arena_str(r->arena, buf_str(&d.solution));
        keep(r, pair);
    }
    buf_release(&d.question);
    buf_release(&d.solution);
}

static bool only_blank(const struct reader *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (r->lines[i].kind != LINE_BLANK)
            return false;
    return true;
}

/* Lines [from, to), closed by a value in line `to`. */
static void close_group(struct reader *r, size_t from, size_t to)
{
    size_t lost, at = find_question(r, from, to, &lost);
    struct str value = r->lines[to].text, number;
    bool again =
        r->last_gold.p && str_eq(value, r->last_gold) && only_blank(r, from, to) && from > 0;

    r->last_gold = value;
    for (size_t i = 0; i < lost; i++)
        drop(r, MULTI_QUERY_NO_GOLD);
    if (at < to)
        take_pair(r, at, to);
    else if (!again && r->o->gold(value, r->arena, &number))
        drop(r, MULTI_QUERY_NO_QUESTION); /* else a heading of another kind, or said twice */
}

/* Lines [from, to) without a value. */
static void leave_group(struct reader *r, size_t from, size_t to)
{
    size_t lost;

    if (find_question(r, from, to, &lost) == to)
        return;
    bool labelled = false, question = false;
    for (size_t i = from; i < to; i++) {
        labelled = labelled || r->lines[i].kind == LINE_QUESTION;
        question = question || asks(&r->lines[i]);
    }
    for (size_t i = 0; i < lost + (labelled || question); i++)
        drop(r, MULTI_QUERY_NO_GOLD);
}

static void group(struct reader *r)
{
    size_t from = 0;
    bool labelled = false;

    for (size_t i = 0; i < r->n; i++) {
        if (r->lines[i].kind == LINE_VALUE) {
            close_group(r, from, i);
            from = i + 1;
            labelled = false;
        } else if (r->lines[i].kind == LINE_QUESTION) {
            if (labelled)
                leave_group(r, from, i);
            from = i; /* text in front of the first label is no question */
            labelled = true;
        }
    }
    leave_group(r, from, r->n);
}

/* Bad UTF-8 and control characters go; no line end is lost. */
static struct str clean(struct str s, struct arena *arena)
{
    struct buf out = BUF_INIT;

    if (str_starts(s, STR("\xEF\xBB\xBF")))
        s = str_from(s, 3);
    for (size_t i = 0; i < s.n;) {
        uint32_t cp = str_utf8_next(s, &i);
        if (cp == '\r' && (i >= s.n || s.p[i] != '\n'))
            cp = '\n';
        else if (cp != '\n' && (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0xA0))
            cp = ' ';
        buf_utf8(&out, cp);
    }
    struct str r = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return r;
}

/* What stands in front of a value is a line of its own. */
static void add_line(struct reader *r, struct str text)
{
    struct multi_query_line l = multi_query_line_read(text);

    GROW(r->lines, r->n + 2, r->cap);
    if (l.kind == LINE_VALUE && l.before.n)
        r->lines[r->n++] = multi_query_line_read(l.before);
    r->lines[r->n++] = l;
}

void multi_query_parse(struct str reply, const struct multi_query_options *options,
    struct arena *arena, struct multi_query *ret)
{
    bool longer = reply.n > MULTI_QUERY_TEXT;
    struct multi_query_options o = *options;
    struct str text = clean(str_slice(reply, 0, longer ? MULTI_QUERY_TEXT : reply.n), arena), line;
    size_t most = o.most < MULTI_QUERY_MOST ? o.most : MULTI_QUERY_MOST;
    struct reader r = {.o = &o, .arena = arena, .ret = ret};

    o.cut = o.cut || longer;
    *ret = (struct multi_query){.v = arena_array(arena, struct multi_query_pair, most + 1)};
    r.seen = arena_array(arena, struct str, most + 1);
    r.original = normal(arena, o.original);
    r.open_end = text.n > 0 && text.p[text.n - 1] != '\n';
    for (struct str rest = text; str_cut(&rest, '\n', &line);)
        add_line(&r, line);
    while (r.n > 0 && r.lines[r.n - 1].kind == LINE_BLANK)
        r.n--;
    if (r.n)
        group(&r);
    free(r.lines);
}
