/* test_template_real.c - the public templates and rows: what DATASETS A5 counted with Python.
 *
 * Every one of the 2000 rows is tried on all 40 templates; the row's `id` is the template. */
#include "datasets/template_internal.h"
#include "harness/base/clock.h"
#include "harness/base/json.h"
#include "splitters/sentence.h"
#include "tests/unit/unit.h"

enum { TEMPLATES = 40 };

struct row {
    size_t id;
    struct str question, gold;
};

struct tally {
    size_t rows, right, gold, section, context, context_known, query;
    size_t known[TEMPLATES]; /* rows whose gold follows from the context alone */
    size_t released_context, released_query;
};

/* Tries all templates; the only one that reads the text, or SIZE_MAX. */
static size_t read_by_all(const struct template_library *lib, enum template_part part,
    struct str text, struct arena *arena, struct tbinding *ret)
{
    size_t found = SIZE_MAX, count = 0;

    for (size_t i = 0; i < lib->n; i++) {
        struct tbinding b;
        if (template_read(lib->v[i], part, text, arena, &b) == REGEX_YES) {
            found = i;
            *ret = b;
            count++;
        }
    }
    return count == 1 ? found : SIZE_MAX;
}

/* Start of the last sentence with a '?', or of the last sentence. */
static size_t query_start(struct str text)
{
    size_t found = 0, last = 0;
    bool asked = false;

    for (size_t start = 0, end; start < text.n; start = end) {
        end = sentence_end(text, start);
        bool asks = str_find(str_slice(text, start, end), STR("?"), 0) != SIZE_MAX;
        found = asks ? start : found;
        asked = asked || asks;
        last = str_trim(str_slice(text, start, end)).n ? start : last;
    }
    return asked ? found : last;
}

static struct str gold_of(const struct template *t, const struct tbinding *b, struct arena *arena)
{
    struct template_line *lines;
    struct err err = {0};
    struct str gold;
    size_t n;

    if (template_solution(t, b, arena, &lines, &n, &gold, &err))
        fail_msg("%s", err.msg);
    return gold;
}

static bool same_number(struct str a, struct str b)
{
    struct rat x, y;

    return a.p && rat_parse(str_trim(a), &x) && rat_parse(str_trim(b), &y) && rat_eq(x, y);
}

/* Does the #answer section, which is no part of the language, say the same? */
static bool section_says(
    const struct template *t, const struct tbinding *b, struct str gold, struct arena *arena)
{
    struct str s = str_from(t->question, str_find(t->question, STR("#answer"), 0) + 7);
    struct tvalue v;

    s = str_trim(s);
    while (s.n && strchr(":= {", s.p[0]))
        s = str_from(s, 1);
    while (s.n && s.p[s.n - 1] == '}')
        s.n--;
    return template_eval(t, b, s, &v, arena, NULL) == OK && same_number(v.text, gold);
}

/* The released split: pieces between periods, the last one is the query. */
static struct str released(struct str question, struct buf *context)
{
    struct str rest = question, piece, last = {NULL, 0};

    while (str_cut(&rest, '.', &piece)) {
        piece = str_trim(piece);
        if (piece.n == 0)
            continue;
        if (last.p) {
            buf_puts(context, context->n ? " " : "");
            buf_str_add(context, last);
            buf_putc(context, '.');
        }
        last = piece;
    }
    return last;
}

static void try_row(const struct template_library *lib, struct row row, struct tally *tally)
{
    struct arena arena = {0};
    struct buf context = BUF_INIT;
    struct tbinding b;

    tally->rows++;
    if (read_by_all(lib, TEMPLATE_WHOLE, row.question, &arena, &b) == row.id) {
        tally->right++;
        tally->gold += same_number(gold_of(lib->v[row.id], &b, &arena), row.gold);
        tally->section += section_says(lib->v[row.id], &b, row.gold, &arena);
    }
    size_t cut = query_start(row.question);
    if (read_by_all(lib, TEMPLATE_CONTEXT, str_slice(row.question, 0, cut), &arena, &b) == row.id) {
        struct str gold = gold_of(lib->v[row.id], &b, &arena);
        tally->context++;
        tally->known[row.id] += gold.p != NULL;
        tally->context_known += same_number(gold, row.gold);
    }
    tally->query +=
        read_by_all(lib, TEMPLATE_QUERY, str_from(row.question, cut), &arena, &b) == row.id;
    struct str query = released(row.question, &context);
    tally->released_query += read_by_all(lib, TEMPLATE_QUERY, query, &arena, &b) == row.id;
    tally->released_context +=
        read_by_all(lib, TEMPLATE_CONTEXT, buf_str(&context), &arena, &b) == row.id;
    buf_release(&context);
    arena_release(&arena);
}

static void try_line(const struct template_library *lib, struct str line, struct tally *tally)
{
    struct json *doc;
    struct err err = {0};
    int64_t id = -1;

    if (json_parse(line, JSON_STRICT, &doc, &err))
        fail_msg("%s", err.msg);
    assert_true(json_int(json_get(doc, "id"), &id) && id >= 0 && id < TEMPLATES);
    struct str answer = json_str(json_get(doc, "answer"));
    size_t mark = str_find(answer, STR("#### "), 0);
    assert_true(mark != SIZE_MAX);
    struct row row = {.id = (size_t)id,
        .question = json_str(json_get(doc, "question")),
        .gold = str_from(answer, mark + 5)};
    try_row(lib, row, tally);
    json_free(doc);
}

static void load(const char *dir, struct template_library *lib)
{
    struct err err = {0};

    if (template_library_load(unit_data(dir), lib, &err))
        fail_msg("%s", err.msg);
}

static void test_rows(void **state)
{
    struct template_library lib;
    struct tally tally = {0};
    struct buf file = BUF_INIT;
    struct str rest, line;
    size_t always = 0, never = 0;

    (void)state;
    load("gsm_symbolic/templates/p2", &lib);
    assert_int_equal(lib.n, TEMPLATES);
    assert_int_equal(file_read(unit_data("gsm_symbolic/GSM_p2_t00-39.jsonl"), 0, &file, NULL), OK);
    int64_t start = clock_now_ns();
    for (rest = buf_str(&file); str_cut(&rest, '\n', &line);)
        if (line.n)
            try_line(&lib, line, &tally);
    assert_true(
        clock_now_ns() - start < INT64_C(60000000000)); /* about 1.3 s, without sanitizers */
    assert_int_equal(tally.rows, 2000);
    assert_int_equal(tally.right, 2000);
    assert_int_equal(tally.gold, 2000);
    assert_int_equal(tally.section, 1950); /* p2/0026 contradicts itself */
    assert_int_equal(tally.context, 2000);
    assert_int_equal(tally.query, 2000);
    /* templates 10, 18 and 30: "0. 7" is two numbers (DATASETS A2: 150 of the rows at hand) */
    assert_int_equal(tally.released_context, 2000 - 150);
    assert_int_equal(tally.released_query, 2000);
    for (size_t i = 0; i < TEMPLATES; i++) {
        always += tally.known[i] == 50;
        never += tally.known[i] == 0;
    }
    assert_int_equal(always, 26); /* the answer follows from the context */
    assert_int_equal(never, 14);
    assert_int_equal(tally.context_known, 26 * 50);
    buf_release(&file);
    template_library_release(&lib);
}

/* Draws, renders, reads back and compares. */
static void draw_once(const struct template *t, uint64_t seed)
{
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    struct rng rng = rng_labelled(seed, str_c(template_name(t)));
    struct tbinding b, back;
    struct err err = {0};

    if (template_draw(t, &rng, &arena, &b, &err) || template_render_question(t, &b, &text, &err))
        fail_msg("%s", err.msg);
    if (template_read(t, TEMPLATE_WHOLE, buf_str(&text), &arena, &back) != REGEX_YES)
        fail_msg("%s cannot read: %s", template_name(t), buf_cstr(&text));
    for (size_t i = 0; i < template_variables(t); i++) {
        struct str name = template_variable(t, i);
        bool shown = (t->text_mask & VAR_BIT(i)) != 0; /* others may be free, as n3 of p1/0026 */
        if (!b.known[i] || !back.known[i])
            fail_msg("%s: %.*s has no value", template_name(t), STR_ARG(name));
        if (shown && (!str_eq(b.v[i].text, back.v[i].text) || !rat_eq(b.v[i].num, back.v[i].num)))
            fail_msg("%s: %.*s differs: %s", template_name(t), STR_ARG(name), buf_cstr(&text));
    }
    struct str gold = gold_of(t, &b, &arena);
    if (!same_number(gold, gold_of(t, &back, &arena)))
        fail_msg("%s: gold %.*s differs", template_name(t), STR_ARG(gold));
    buf_release(&text);
    arena_release(&arena);
}

static void test_all_templates_draw(void **state)
{
    struct template_library lib;
    size_t hidden = 0, free_of_conditions = 0, variables = 0, conditions = 0;

    (void)state;
    load("gsm_symbolic/templates", &lib);
    assert_int_equal(lib.n, 120);
    assert_string_equal(template_name(lib.v[0]), "p1/0000.json");
    assert_string_equal(template_name(lib.v[119]), "p2/0039.json");
    for (size_t i = 0; i < lib.n; i++) {
        const struct template *t = lib.v[i];
        for (uint64_t seed = 0; seed < 5; seed++)
            draw_once(t, seed);
        for (size_t k = 0; k < t->nvars; k++)
            hidden += !(t->text_mask & VAR_BIT(k));
        free_of_conditions += t->nconditions == 0;
        variables = t->nvars > variables ? t->nvars : variables;
        conditions = t->nconditions > conditions ? t->nconditions : conditions;
    }
    assert_int_equal(hidden, 19);            /* one each of as many templates; 23 of all 150 */
    assert_int_equal(free_of_conditions, 1); /* p1/0056 */
    assert_int_equal(variables, 18);
    assert_int_equal(conditions, 9);
    template_library_release(&lib);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_all_templates_draw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
