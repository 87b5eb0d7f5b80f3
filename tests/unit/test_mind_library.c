/*
 * test_mind_library.c - library mode on the real rows of GSM-Symbolic P2 (needs SLEEPBENCH_DATA).
 *
 * Plumbing only: the worked solutions are in the library.
 */
#include "tests/unit/test_mind_lab.h"

#include "harness/phantom/mind_impl.h"
#include "splitters/split.h"

static const char *const no_faults[] = {"explicit_slip", "0", "implicit_slip", "0", "misread", "0",
    "retrieval_beta", "1e6", "sleep_calls", "10", NULL};

struct rows {
    struct arena arena;
    struct item_list items;
    struct split_list splits;
    struct mind *mind;
    struct lab_text text;
};

static void rows_open(struct rows *r, const char *splitter, const char *const *pairs)
{
    const char *dir = getenv("SLEEPBENCH_DATA");
    struct item_columns columns = {0};
    struct buf path = BUF_INIT;
    struct err err;

    if (!dir)
        skip();
    *r = (struct rows){0};
    buf_printf(&path, "%s/gsm_symbolic/GSM_p2_t00-39.jsonl", dir);
    if (item_read_jsonl(buf_cstr(&path), "p2", &columns, false, &r->arena, &r->items, &err) ||
        split_items(splitter_find(str_c(splitter)), &(struct split_options){0}, &r->items,
            &r->arena, &r->splits, &err))
        fail_msg("%s", err.msg);
    buf_reset(&path);
    buf_printf(&path, "%s/gsm_symbolic/templates/p2", dir);
    r->mind = lab_mind_with(buf_cstr(&path), pairs);
    buf_release(&path);
    lab_text_init(&r->text);
}

static void rows_close(struct rows *r)
{
    mind_free(r->mind);
    lab_text_release(&r->text);
    split_list_release(&r->splits);
    item_list_release(&r->items);
    arena_release(&r->arena);
}

struct score {
    size_t awake, low, slept, alone, n;
};

static void answer_split(const struct rows *r, const struct split *split, struct score *score)
{
    struct arena a = {0};
    struct buf base = BUF_INIT, low = BUF_INIT, slept = BUF_INIT, alone = BUF_INIT, both = BUF_INIT;
    struct lab_question night = {.user = split->context, .temperature = 0.7, .seed = 3};
    size_t responses;
    struct str memory = lab_sleep(r->mind, &r->text, &night, LAB_CHARS, &a, &responses);

    lab_awake_prompt(&r->text, 4, NULL, 0, &base);
    lab_awake_prompt(&r->text, 0, NULL, 0, &low);
    lab_awake_prompt(&r->text, 0, &memory, 1, &slept);
    buf_printf(&alone, "%s\n\n%s", buf_cstr(&r->text.context_only), buf_cstr(&r->text.level[4]));
    for (size_t i = 0; i < split->nqueries; i++, score->n++) {
        const struct split_query *q = &split->queries[i];
        buf_reset(&both);
        buf_printf(&both, "%.*s %.*s", STR_ARG(split->context), STR_ARG(q->text));
        struct lab_question ask = {.system = buf_str(&base), .user = buf_str(&both)};
        score->awake += lab_right(lab_ask(r->mind, &ask, &a).content, str_c(q->gold));
        ask.system = buf_str(&low);
        score->low += lab_right(lab_ask(r->mind, &ask, &a).content, str_c(q->gold));
        ask.system = buf_str(&slept);
        score->slept += lab_right(lab_ask(r->mind, &ask, &a).content, str_c(q->gold));
        ask.system = buf_str(&alone);
        ask.user = split->context;
        score->alone += lab_right(lab_ask(r->mind, &ask, &a).content, str_c(q->gold));
    }
    buf_release(&base);
    buf_release(&low);
    buf_release(&slept);
    buf_release(&alone);
    buf_release(&both);
    arena_release(&a);
}

/* Index of the template in rows of "p2/TEMPLATE/INSTANCE". */
static size_t template_of(const struct split *s)
{
    const char *id = s->queries[0].id, *slash = strchr(id, '/');
    size_t v = 0;

    assert_non_null(slash);
    for (const char *p = slash + 1; str_is_digit(*p); p++)
        v = v * 10 + (size_t)(*p - '0');
    assert_true(v < 40);
    return v;
}

static void without_faults_all_is_right(void **state)
{
    struct rows r;
    struct score all[40] = {0}, sum = {0};
    size_t follow = 0;

    (void)state;
    rows_open(&r, "strict", no_faults);
    for (size_t i = 0; i < r.splits.n; i++)
        answer_split(&r, &r.splits.v[i], &all[template_of(&r.splits.v[i])]);
    for (size_t t = 0; t < 40; t++) {
        assert_int_equal(all[t].n, 50);
        sum.awake += all[t].awake;
        sum.low += all[t].low;
        sum.slept += all[t].slept;
        if (all[t].alone == 50)
            follow++;
        else
            assert_in_range(all[t].alone, 0, 1); /* 2 % of 50 */
    }
    assert_int_equal(sum.awake, 2000);
    assert_int_equal(sum.low, 2000);
    assert_int_equal(sum.slept, 2000);
    assert_int_equal(follow, 26); /* DATASETS: 700 of 2000 queries bring a new fact */
    rows_close(&r);
}

/* The release's split writes "13. 75": two numbers, so these rows go wrong. */
static void broken_decimals_go_wrong(void **state)
{
    struct rows r;
    size_t broken = 0;

    (void)state;
    rows_open(&r, "release", no_faults);
    for (size_t i = 0; i < r.splits.n; i++) {
        const struct str c = r.splits.v[i].context;
        struct score score = {0};
        bool hit = false;
        for (size_t k = 2; k + 1 < c.n && !hit; k++)
            hit = str_is_digit(c.p[k - 2]) && c.p[k - 1] == '.' && c.p[k] == ' ' &&
                  str_is_digit(c.p[k + 1]);
        if (!hit)
            continue;
        answer_split(&r, &r.splits.v[i], &score);
        broken += score.n;
        assert_int_equal(score.awake, 0);
    }
    assert_int_equal(broken, 150); /* DATASETS A2: templates 10, 18, 30 of those at hand */
    rows_close(&r);
}

/* A slip on the way spoils the answer: (1 - e)^m at level 4 without checks is at most 1 - e. */
static void slips_spoil_answers(void **state)
{
    static const char *const pairs[] = {
        "explicit_slip", "0", "implicit_slip", "0.5", "misread", "0", NULL};
    struct rows r;
    struct score score = {0};

    (void)state;
    rows_open(&r, "strict", pairs);
    for (size_t i = 0; i < r.splits.n; i += 7)
        answer_split(&r, &r.splits.v[i], &score);
    assert_int_equal(score.awake, score.n);     /* written steps do not slip */
    assert_in_range(score.low, 1, score.n / 4); /* two or more steps in the head */
    assert_in_range(score.slept, score.n / 2, score.n);
    rows_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_faults_all_is_right),
        cmocka_unit_test(broken_decimals_go_wrong),
        cmocka_unit_test(slips_spoil_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
