/* template_rows.c - drawing, checking and writing rows; see template_rows.h. */
#include "datasets/template_rows.h"

#include "datasets/template_internal.h"
#include "harness/base/json.h"

#include <stdlib.h>
#include <string.h>

/* How often one row may be drawn again: because its question was there before, and because it
 * cannot be worked out or read back. */
enum { MOST_DOUBLES = 2000, MOST_BAD = 50 };

struct maker {
    const struct template *t;
    uint64_t seed;
    struct arena *arena;
    struct arena scratch; /* of one try */
    struct template_rows *rows;
    size_t *slots, mask; /* hash table of questions: number of the row, from 1; 0 = free */
    struct err *err;
};

enum try { TRY_GOOD, TRY_DOUBLE, TRY_BAD };

/* The place of a question in the table of those that are there: its row's, or the free one. */
static size_t *find(const struct maker *m, struct str question)
{
    uint64_t at = 0xCBF29CE484222325u; /* FNV-1a */

    for (size_t i = 0; i < question.n; i++)
        at = (at ^ (unsigned char)question.p[i]) * 0x100000001B3u;
    for (;; at++) {
        size_t *slot = &m->slots[at & m->mask];
        if (*slot == 0 || str_eq(m->rows->v[*slot - 1].question, question))
            return slot;
    }
}

static struct str join_lines(const struct template_line *lines, size_t n, struct arena *arena)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < n; i++) {
        buf_puts(&text, i ? "\n" : "");
        buf_str_add(&text, lines[i].text);
    }
    struct str s = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return s;
}

/* Work out a binding; *ret_solution and *ret_gold are in the scratch arena. */
static enum err_code work_out(
    struct maker *m, const struct tbinding *b, struct str *ret_solution, struct str *ret_gold)
{
    struct template_line *lines;
    size_t n;
    enum err_code code = template_solution(m->t, b, &m->scratch, &lines, &n, ret_gold, m->err);

    if (!code)
        *ret_solution = join_lines(lines, n, &m->scratch);
    return code;
}

/* A reader of the question must find the same shown values and come to the same gold. */
static bool reads_back(struct maker *m, const struct template_row *row)
{
    const struct template *t = m->t;
    struct str solution, gold;
    struct tbinding b;

    if (template_read(t, TEMPLATE_WHOLE, row->question, &m->scratch, &b) != REGEX_YES)
        return false;
    for (size_t i = 0; i < t->nvars; i++)
        if ((t->text_mask & VAR_BIT(i)) && !str_eq(b.v[i].text, row->binding.v[i].text))
            return false;
    return !work_out(m, &b, &solution, &gold) && str_eq(gold, row->gold);
}

static struct tbinding keep_binding(struct maker *m, const struct tbinding *b)
{
    struct tbinding kept = template_empty_binding(m->t, m->arena);

    for (size_t i = 0; i < m->t->nvars; i++) {
        kept.v[i] = b->v[i];
        kept.v[i].text = arena_str(m->arena, b->v[i].text);
        kept.known[i] = b->known[i];
    }
    return kept;
}

static void keep(struct maker *m, const struct template_row *row)
{
    size_t *slot = find(m, row->question);

    m->rows->v[m->rows->n++] = (struct template_row){.instance = row->instance,
        .binding = keep_binding(m, &row->binding),
        .question = arena_str(m->arena, row->question),
        .solution = arena_str(m->arena, row->solution),
        .gold = arena_str(m->arena, row->gold)};
    *slot = m->rows->n;
}

/* What has been drawn into row->binding becomes a row, or the reason why not: TRY_BAD with a
 * message. */
static enum try try_row(struct maker *m, struct template_row *row)
{
    struct buf text = BUF_INIT;
    enum err_code code = template_render_question(m->t, &row->binding, &text, m->err);

    row->question = arena_str(&m->scratch, buf_str(&text));
    buf_release(&text);
    if (!code && *find(m, row->question))
        return TRY_DOUBLE;
    if (!code)
        code = work_out(m, &row->binding, &row->solution, &row->gold);
    if (!code && !reads_back(m, row))
        code = err_set(m->err, ERR_INPUT,
            "%s: what it writes is not read back as the same values; say where a value ends",
            m->t->name);
    if (code)
        return TRY_BAD;
    keep(m, row);
    return TRY_GOOD;
}

/* The stream of a row. */
static struct rng row_rng(struct maker *m, int instance)
{
    char *label = arena_printf(&m->scratch, "%.*s\n%d", STR_ARG(m->t->question), instance);

    return rng_labelled(m->seed, str_c(label));
}

/* Makes row `instance`; *ret_more is false if only questions came that are there already. */
static enum err_code make_row(struct maker *m, int instance, bool *ret_more)
{
    struct template_row row = {.instance = instance};
    uint64_t steps = TEMPLATE_MAX_STEPS;
    struct rng rng = row_rng(m, instance);
    int doubles = 0, bad = 0;
    struct err why;

    while (steps > 0 && doubles < MOST_DOUBLES && bad < MOST_BAD) {
        arena_reset(&m->scratch);
        enum err_code code =
            template_draw_within(m->t, &rng, &steps, &m->scratch, &row.binding, &why);
        if (code && doubles + bad == 0)
            *m->err = why;
        if (code)
            break;
        enum try result = try_row(m, &row);
        if (result == TRY_GOOD)
            return OK;
        doubles += result == TRY_DOUBLE;
        bad += result == TRY_BAD;
    }
    *ret_more = false;
    return doubles > bad ? OK : m->err->code;
}

enum err_code template_rows_make(const struct template *t, uint64_t seed, int instances,
    struct arena *arena, struct template_rows *ret, struct err *err)
{
    struct template_rows rows = {
        .v = arena_array(arena, struct template_row, (size_t)instances + 1)};
    struct err why = {0};
    struct maker m = {.t = t, .seed = seed, .arena = arena, .rows = &rows, .mask = 1, .err = &why};
    enum err_code code = OK;
    bool more = true;

    if (!t->gold)
        return err_set(err, ERR_INPUT, "%s: no text under \"answer_annotated\"", t->name);
    while (m.mask < 2 * (size_t)instances)
        m.mask = 2 * m.mask + 1;
    m.slots = xcalloc(m.mask + 1, sizeof *m.slots);
    for (int i = 0; i < instances && more && !code; i++)
        code = make_row(&m, i, &more);
    free(m.slots);
    arena_release(&m.scratch);
    if (code)
        return err_set(err, ERR_INPUT, "%s", why.msg);
    *ret = rows;
    return OK;
}

static void write_variables(
    struct json_writer *w, const struct template *t, const struct tbinding *b)
{
    jsonw_object(w, "variables");
    for (size_t i = 0; i < t->nvars; i++) {
        struct buf value = BUF_INIT;
        buf_printf(&value, "%lld/%lld", (long long)b->v[i].num.num, (long long)b->v[i].num.den);
        char *name = xcalloc(t->names[i].n + 1, 1);
        memcpy(name, t->names[i].p, t->names[i].n);
        jsonw_object(w, name);
        jsonw_str(w, "text", b->v[i].text);
        jsonw_cstr(w, "value", b->v[i].has_num ? buf_cstr(&value) : NULL);
        jsonw_end_object(w);
        free(name);
        buf_release(&value);
    }
    jsonw_end_object(w);
}

/* "0003" is 3. */
static bool file_number(struct str stem, int64_t *ret)
{
    struct rat r;

    for (size_t i = 0; i < stem.n; i++)
        if (!str_is_digit(stem.p[i]))
            return false;
    if (!rat_parse(stem, &r) || r.num > INT32_MAX)
        return false;
    *ret = r.num;
    return true;
}

static void write_id(struct json_writer *w, const struct template_origin *o, int instance)
{
    struct buf id = BUF_INIT;
    int64_t number;

    if (file_number(o->stem, &number))
        jsonw_int(w, "id", number);
    else {
        buf_printf(&id, "%.*s/%d", STR_ARG(o->stem), instance);
        jsonw_str(w, "id", buf_str(&id));
    }
    jsonw_int(w, "instance", instance);
    buf_release(&id);
}

void template_row_write(
    const struct template *t, const struct template_row *row, bool bindings, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    struct buf answer = BUF_INIT;

    buf_printf(&answer, "%.*s%s#### %.*s", STR_ARG(row->solution), row->solution.n ? "\n" : "",
        STR_ARG(row->gold));
    jsonw_object(&w, NULL);
    write_id(&w, &t->origin, row->instance);
    jsonw_str(&w, "question", row->question);
    jsonw_str(&w, "answer", buf_str(&answer));
    if (t->origin.original_id >= 0)
        jsonw_int(&w, "original_id", t->origin.original_id);
    if (t->origin.question.n)
        jsonw_str(&w, "original_question", t->origin.question);
    if (t->origin.answer.n)
        jsonw_str(&w, "original_answer", t->origin.answer);
    jsonw_str(&w, "level", t->origin.level);
    if (bindings)
        write_variables(&w, t, &row->binding);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
    buf_release(&answer);
}
