/*
 * test_competition.c - our competition problems: every drawing has a whole answer, is cut with a
 * context, and is read back. Whether the answers are right is for competition_check.py to say.
 */
#include "datasets/competition.h"
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "splitters/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { LEAST_PROBLEMS = 24, INSTANCES = 200 };

struct stage {
    struct competition_library lib;
    struct arena arena;
    struct item_list items;
};

static int open_stage(void **state)
{
    struct stage *s = calloc(1, sizeof *s);
    struct err err;

    if (competition_load(&s->lib, &err) ||
        competition_items(&s->lib, INSTANCES, 7, &s->arena, &s->items, &err))
        fail_msg("%s", err.msg);
    *state = s;
    return 0;
}

static int close_stage(void **state)
{
    struct stage *s = *state;

    item_list_release(&s->items);
    arena_release(&s->arena);
    competition_release(&s->lib);
    free(s);
    return 0;
}

/* The library: names in order, topics, and beginnings that tell the problems apart. */
static void problems_differ(void **state)
{
    const struct competition_library *lib = &((struct stage *)*state)->lib;

    assert_true(lib->n >= LEAST_PROBLEMS);
    for (size_t i = 0; i < lib->n; i++) {
        assert_true(lib->v[i].topic.n > 0);
        assert_true(i == 0 || str_cmp(lib->v[i - 1].name, lib->v[i].name) < 0);
        for (size_t j = 0; j < lib->n; j++)
            assert_true(i == j || !str_starts(lib->v[i].lead, lib->v[j].lead));
    }
}

static void check_lines(struct item *item)
{
    struct str rest = item->solution, line;
    size_t n = 0;

    while (rest.n) {
        if (!str_cut(&rest, '\n', &line)) {
            line = rest;
            rest.n = 0;
        }
        assert_true(str_ends(line, STR(".")));
        n++;
    }
    assert_in_range(n, 4, 10);
}

/* 200 different drawings of each, the answer a whole number of at most three digits. */
static void answers_are_whole(void **state)
{
    struct stage *s = *state;

    assert_int_equal(s->items.n, s->lib.n * INSTANCES);
    for (size_t i = 0; i < s->items.n; i++) {
        struct item *item = &s->items.v[i];
        const struct competition_problem *p = &s->lib.v[i / INSTANCES];
        assert_in_range(item->gold.n, 1, 3);
        for (size_t k = 0; k < item->gold.n; k++)
            assert_true(
                str_is_digit(item->gold.p[k]) && (item->gold.n == 1 || item->gold.p[0] != '0'));
        assert_true(str_eq(item->cluster, p->name) && str_eq(item->stratum, p->topic));
        assert_true(item->markup == MARKUP_LATEX && !item->stateful);
        check_lines(item);
        for (size_t k = i - i % INSTANCES; k < i; k++)
            assert_false(str_eq(item->question, s->items.v[k].question));
    }
}

/* One statement is asked, all others are the context; as LaTeX and as prose the cut is the same. */
static void every_problem_has_a_context(void **state)
{
    struct stage *s = *state;
    const struct splitter *strict = splitter_find(STR("strict"));
    const struct split_options options = {0};

    for (size_t i = 0; i < s->items.n; i++) {
        struct item item = s->items.v[i];
        struct cut latex = {0}, prose = {0};
        strict->cut(&item, &options, &s->arena, &latex);
        item.markup = MARKUP_PROSE;
        strict->cut(&item, &options, &s->arena, &prose);
        assert_true(str_eq(latex.context, prose.context) && str_eq(latex.query, prose.query));
        assert_true(latex.context.n > 0 && str_starts(latex.query, STR("Find ")));
        assert_string_equal(
            arena_printf(&s->arena, "%.*s %.*s", STR_ARG(latex.context), STR_ARG(latex.query)),
            arena_cstr(&s->arena, item.question));
        assert_true(competition_knows(&s->lib, latex.context));
    }
}

/* Texts are plain ASCII whose dollar signs come in pairs. */
static void texts_are_plain(void **state)
{
    struct stage *s = *state;

    for (size_t i = 0; i < s->items.n; i += INSTANCES) {
        struct str q = s->items.v[i].question;
        size_t dollars = 0;
        for (size_t k = 0; k < q.n; k++) {
            assert_in_range((unsigned char)q.p[k], 0x20, 0x7E);
            dollars += q.p[k] == '$';
        }
        assert_true(dollars > 0 && dollars % 2 == 0);
    }
}

static void strangers_are_not_known(void **state)
{
    static const char *const strangers[] = {"", "Find $L + C$.",
        "A post office sells only stamps of $7$ cents and $a$ cents.",
        "A post office sells only stamps of",
        "A bakery sells stamps. Let $L$ be the largest awkward number."};
    static const char *const known[] = {
        "  A post office\nsells only  stamps of $7$ cents and $12$ cents. ",
        "A post office sells only stamps of $7$ cents and $12$ cents. A positive whole number of "
        "cents is called awkward if it cannot be paid exactly with such stamps"};
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        assert_false(competition_knows(&s->lib, str_c(strangers[i])));
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        assert_true(competition_knows(&s->lib, str_c(known[i])));
}

/* Fewer instances are a part of more; another seed draws others. */
static void seeds_draw_the_same(void **state)
{
    struct stage *s = *state;
    struct item_list few = {0}, other = {0};
    struct err err;
    size_t differ = 0;

    assert_int_equal(competition_items(&s->lib, 3, 7, &s->arena, &few, &err), OK);
    assert_int_equal(competition_items(&s->lib, 3, 8, &s->arena, &other, &err), OK);
    assert_int_equal(few.n, 3 * s->lib.n);
    for (size_t i = 0; i < few.n; i++) {
        const struct item *same = &s->items.v[i / 3 * INSTANCES + i % 3];
        assert_true(str_eq(few.v[i].question, same->question) && str_eq(few.v[i].id, same->id));
        differ += !str_eq(few.v[i].question, other.v[i].question);
    }
    assert_true(differ > few.n * 9 / 10);
    item_list_release(&few);
    item_list_release(&other);
}

static void too_many_are_refused(void **state)
{
    struct stage *s = *state;
    struct competition_library one = {.v = s->lib.v, .n = 1};
    struct item_list none = {0};
    struct err err;

    while (!str_eqc(one.v->name, "quiet-divisors")) /* 8 * 8 * 9 texts at most */
        one.v++;
    assert_int_equal(competition_items(&one, 600, 1, &s->arena, &none, &err), ERR_USAGE);
    assert_non_null(strstr(err.msg, "quiet-divisors has only"));
    assert_int_equal(competition_items(&one, 0, 1, &s->arena, &none, &err), ERR_USAGE);
    item_list_release(&none);
}

/* What the generator writes is read as the same problem. */
static void rows_are_read_back(void **state)
{
    struct stage *s = *state;
    const char *dir = getenv("TMPDIR");
    struct buf path = BUF_INIT, text = BUF_INIT;
    struct item_list back = {0};
    struct item_columns columns = {0};
    struct err err;

    for (size_t i = 0; i < s->items.n; i += 50)
        competition_row_write(&s->items.v[i], &text);
    buf_printf(&path, "%s/rows.XXXXXX", dir ? dir : "/tmp");
    int fd = mkstemp(path.p);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(file_write(buf_cstr(&path), buf_str(&text), &err), OK);
    assert_int_equal(
        item_read_jsonl(buf_cstr(&path), "jsonl", &columns, false, &s->arena, &back, &err), OK);
    unlink(buf_cstr(&path));
    for (size_t i = 0; i < back.n; i++) {
        const struct item *was = &s->items.v[i * 50], *is = &back.v[i];
        assert_true(str_eq(is->question, was->question) && str_eq(is->gold, was->gold));
        assert_true(str_eq(is->solution, was->solution) && str_eq(is->cluster, was->cluster));
        assert_true(str_eq(is->stratum, was->stratum) && str_ends(is->id, was->id));
    }
    assert_int_equal(back.n, s->items.n / 50);
    item_list_release(&back);
    buf_release(&path);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems_differ),
        cmocka_unit_test(answers_are_whole),
        cmocka_unit_test(every_problem_has_a_context),
        cmocka_unit_test(texts_are_plain),
        cmocka_unit_test(strangers_are_not_known),
        cmocka_unit_test(seeds_draw_the_same),
        cmocka_unit_test(too_many_are_refused),
        cmocka_unit_test(rows_are_read_back),
    };

    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
