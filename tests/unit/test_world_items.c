/* test_world_items.c - the generated dataset, written lines and the laws of the worlds. */
#include "tests/unit/test_world_lab.h"

#include <math.h>

static void make(const char *world, const char *level, int instances, int queries, uint64_t seed,
    struct arena *arena, struct item_list *ret)
{
    struct world_options options = {str_c(world), str_c(level), instances, queries, seed};
    struct err err = {0};

    *ret = (struct item_list){0};
    if (world_items(lib, &options, arena, ret, &err))
        fail_msg("%s", err.msg);
}

/* The number at the start of s and what follows; false if there is none. */
static bool next_number(const char **s, double *ret)
{
    char *end;

    while (**s == ' ' || **s == '(')
        (*s)++;
    *ret = strtod(*s, &end);
    bool found = end != *s;
    *s = end;
    while (**s == ')')
        (*s)++;
    return found;
}

/* Value of "a + b + c", "a - b", "a * b", "100 * a / b", "(a + b) / 2": left to right is enough. */
static double reckon(const char *s)
{
    double value, next;

    assert_true(next_number(&s, &value));
    for (;;) {
        while (*s == ' ')
            s++;
        char op = *s;
        if (op == '\0')
            return value;
        s++;
        assert_true(next_number(&s, &next));
        switch (op) {
        case '+':
            value += next;
            break;
        case '-':
            value -= next;
            break;
        case '*':
            value *= next;
            break;
        case '/':
            value /= next;
            break;
        default:
            fail_msg("operation '%c'", op);
        }
    }
}

/* Every worked line must be true, its last value the gold, and each line readable again. */
static void check_solution(const struct item *item)
{
    struct str rest = item->solution, line, name, last = {NULL, 0};
    struct rat value, gold;
    double known = 0;

    assert_true(rat_parse(item->gold, &gold));
    assert_true(gold.num > 0 && 100 % gold.den == 0);
    while (str_cut(&rest, '\n', &line)) {
        last = line;
        if (str_starts(line, STR("#### ")))
            break;
        size_t first = str_find(line, STR(" = "), 0);
        size_t second = str_find(line, STR(" = "), first + 3);
        assert_true(second != SIZE_MAX);
        assert_true(world_read_line(line, &name, &value));
        assert_true(str_eq(name, str_slice(line, 0, first)));
        char expression[256];
        snprintf(
            expression, sizeof expression, "%.*s", STR_ARG(str_slice(line, first + 3, second)));
        known = reckon(expression);
        assert_true(fabs(known - rat_double(value)) < 1e-9);
    }
    assert_true(str_eq(str_from(last, 5), item->gold));
    assert_true(fabs(known - rat_double(gold)) < 1e-9);
}

static void test_items(void **state)
{
    struct arena arena = {NULL, 0};
    struct item_list list;

    (void)state;
    make("paper-like", "", 3, 10, 7, &arena, &list);
    assert_int_equal(list.n, world_contexts(lib) * 30);
    for (size_t i = 0; i < list.n; i++) {
        const struct item *item = &list.v[i];
        struct buf joined = BUF_INIT;
        assert_true(item->stateful && item->stratum.n > 0);
        buf_printf(&joined, "%.*s %.*s", STR_ARG(item->context), STR_ARG(item->query));
        assert_true(str_eq(buf_str(&joined), item->question));
        assert_true(str_ends(item->query, STR("?")));
        buf_reset(&joined);
        buf_printf(
            &joined, "worlds-paper-like/%.*s/%zu/%zu", STR_ARG(item->cluster), i / 10 % 3, i % 10);
        assert_true(str_eq(buf_str(&joined), item->id));
        check_solution(item);
        for (size_t k = i - i % 10; k < i; k++)
            assert_false(str_eq(item->query, list.v[k].query));
        assert_true(i % 10 == 0 || str_eq(item->context, list.v[i - 1].context));
        buf_release(&joined);
    }
    item_list_release(&list);
    arena_release(&arena);
}

/* The gold is what a reader of the text gets. */
static void test_gold_from_text(void **state)
{
    struct arena arena = {NULL, 0};
    struct item_list list;

    (void)state;
    make("null", "", 1, 10, 3, &arena, &list);
    for (size_t i = 0; i < list.n; i++) {
        struct world_view v;
        size_t start, quantity;
        struct rat fact;
        struct buf text = BUF_INIT;
        assert_true(world_read_context(lib, list.v[i].question, &arena, &v, &start));
        assert_true(world_read_question(&v, str_from(list.v[i].question, start), &quantity, &fact));
        rat_print(&text, world_value(&v, quantity, fact));
        assert_true(str_eq(buf_str(&text), list.v[i].gold));
        buf_release(&text);
    }
    item_list_release(&list);
    arena_release(&arena);
}

static struct digest_like {
    size_t bytes;
    uint64_t hash;
} fingerprint(const struct item_list *list)
{
    struct digest_like d = {0, 5381};

    for (size_t i = 0; i < list->n; i++) {
        const struct item *item = &list->v[i];
        const struct str parts[] = {item->id, item->cluster, item->stratum, item->question,
            item->gold, item->solution, item->context, item->query};
        for (size_t k = 0; k < ARRAY_LEN(parts); k++)
            for (size_t b = 0; b < parts[k].n; b++, d.bytes++)
                d.hash = d.hash * 33 + (unsigned char)parts[k].p[b];
    }
    return d;
}

static void test_seeds(void **state)
{
    struct arena arena = {NULL, 0};
    struct item_list a, b, other, more;

    (void)state;
    make("paper-like", "p1", 2, 8, 1, &arena, &a);
    make("paper-like", "p1", 2, 8, 1, &arena, &b);
    make("paper-like", "p1", 2, 8, 2, &arena, &other);
    make("paper-like", "p1", 3, 9, 1, &arena, &more);
    struct digest_like x = fingerprint(&a), y = fingerprint(&b), z = fingerprint(&other);
    assert_true(x.hash == y.hash && x.bytes == y.bytes);
    assert_true(x.hash != z.hash);
    /* more queries and instances leave the first ones as they are */
    assert_true(str_eq(a.v[7].question, more.v[7].question));
    assert_true(str_eq(a.v[8].question, more.v[9].question));
    item_list_release(&a);
    item_list_release(&b);
    item_list_release(&other);
    item_list_release(&more);
    arena_release(&arena);
}

static void test_worlds(void **state)
{
    struct arena arena = {NULL, 0};
    struct item_list plain, empty, null;
    size_t same = 0;

    (void)state;
    make("paper-like", "p2", 2, 8, 5, &arena, &plain);
    make("empty", "p2", 2, 8, 5, &arena, &empty);
    make("null", "p2", 2, 8, 5, &arena, &null);
    assert_int_equal(plain.n, empty.n);
    for (size_t i = 0; i < plain.n; i++) {
        assert_true(str_eq(plain.v[i].question, empty.v[i].question));
        assert_true(str_eq(empty.v[i].query, empty.v[i].question));
        assert_int_equal(empty.v[i].context.n, 0);
        assert_true(empty.v[i].stateful);
        assert_true(str_eq(plain.v[i].context, null.v[i].context));
        same += str_eq(plain.v[i].query, null.v[i].query);
    }
    assert_true(same < plain.n / 8);
    item_list_release(&plain);
    item_list_release(&empty);
    item_list_release(&null);
    arena_release(&arena);
}

static void test_bad_options(void **state)
{
    static const struct {
        struct world_options options;
        const char *part;
    } table[] = {
        {{{"upside-down", 11}, {"", 0}, 1, 1, 1}, "no world upside-down"},
        {{{"null", 4}, {"p3", 2}, 1, 1, 1}, "no level p3"},
        {{{"null", 4}, {"", 0}, 0, 1, 1}, "at least one"},
        {{{"null", 4}, {"", 0}, 1, 5000, 1}, "ask for fewer"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct arena arena = {NULL, 0};
        struct item_list list = {0};
        struct err err = {0};
        assert_int_equal(world_items(lib, &table[i].options, &arena, &list, &err), ERR_USAGE);
        assert_message(err, table[i].part);
        item_list_release(&list);
        arena_release(&arena);
    }
}

static void test_lines(void **state)
{
    static const struct {
        const char *line, *name, *value;
    } good[] = {
        {"apples picked by Ada = 12", "apples picked by Ada", "12"},
        {"apples picked by Ben = 2 * 12 = 24", "apples picked by Ben", "24"},
        {"  - mean = (1 + 2) / 2 = 1.5", "mean", "1.5"},
        {"ratio = 4 / 6 = 2/3", "ratio", "2/3"},
        {"a = 3 - (-4) = 7.", "a", "7"},
        {"cost=$1,240 in all", "cost", "1240"},
        {"share = 100 * 1 / 4 = 25%", "share", "25"},
    };
    static const char *const bad[] = {
        "", "=", "a =", "= 4", "a = b", "apples", "a = 1 = x1", "a = 5 ="};
    struct str name;
    struct rat value, expected;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (!world_read_line(str_c(good[i].line), &name, &value))
            fail_msg("not read: %s", good[i].line);
        assert_str(name, good[i].name);
        assert_true(rat_parse(str_c(good[i].value), &expected));
        assert_true(rat_eq(value, expected));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (world_read_line(str_c(bad[i]), &name, &value))
            fail_msg("read: %s", bad[i]);
}

/* Each quantity's line, also with values that the writer got wrong, comes back as name and value.
 */
static void test_lines_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < world_contexts(lib); i++) {
        struct arena arena = {NULL, 0};
        struct err err = {0};
        struct world_view v;
        struct rng rng = rng_seeded(i);
        if (world_draw(world_context_at(lib, i), &rng, &arena, &v, &err))
            fail_msg("%s", err.msg);
        for (size_t k = 0; k < v.n; k++) {
            struct buf text = BUF_INIT;
            struct rat believed[QUANTITY_MAX_OPERANDS], read;
            const struct rat results[] = {v.quantities[k].value, {-17, 4}, {22, 7}};
            struct str name;
            for (size_t o = 0; o < v.quantities[k].noperands; o++)
                believed[o] = o % 2 ? (struct rat){-2, 3} : rat_int(5);
            for (size_t r = 0; r < ARRAY_LEN(results); r++) {
                buf_reset(&text);
                world_render_line(&v, k, believed, results[r], &text);
                assert_true(world_read_line(buf_str(&text), &name, &read));
                assert_true(str_eq(name, v.quantities[k].name));
                assert_true(rat_eq(read, results[r]));
            }
            buf_release(&text);
        }
        arena_release(&arena);
    }
}

enum { MOST = 512 };

/* Ranks of x[0..n), ties share their mean rank. */
static void ranks(const double *x, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t below = 0, equal = 0;
        for (size_t k = 0; k < n; k++) {
            below += x[k] < x[i];
            equal += x[k] == x[i];
        }
        out[i] = (double)below + ((double)equal - 1) / 2;
    }
}

static double rank_correlation(const double *x, const double *y, size_t n)
{
    double rx[MOST], ry[MOST], middle = ((double)n - 1) / 2, xy = 0, xx = 0, yy = 0;

    ranks(x, n, rx);
    ranks(y, n, ry);
    for (size_t i = 0; i < n; i++) {
        xy += (rx[i] - middle) * (ry[i] - middle);
        xx += (rx[i] - middle) * (rx[i] - middle);
        yy += (ry[i] - middle) * (ry[i] - middle);
    }
    return xy / sqrt(xx * yy);
}

/* Rank correlation of two columns over the quantities that can be asked in `world`, averaged over
 * contexts. Columns: a law, or the depth (law < 0). */
static double mean_correlation(const char *world, int first, int second)
{
    double sum = 0;

    for (size_t i = 0; i < world_contexts(lib); i++) {
        struct arena arena = {NULL, 0};
        struct err err = {0};
        struct world_view v;
        struct rng rng = rng_seeded(i);
        double law[3][MOST], x[MOST], y[MOST];
        size_t n = 0;
        if (world_draw(world_context_at(lib, i), &rng, &arena, &v, &err))
            fail_msg("%s", err.msg);
        assert_true(v.n <= MOST);
        for (int l = 0; l < 3; l++)
            world_law(&v, (enum world_law)l, str_c(world), law[l]);
        for (size_t k = 0; k < v.n; k++) {
            assert_int_equal(isfinite(law[LAW_SLEEPER][k]), v.quantities[k].candidate);
            if (!isfinite(law[LAW_ASKED][k]))
                continue;
            x[n] = first < 0 ? v.quantities[k].depth : law[first][k];
            y[n++] = second < 0 ? v.quantities[k].depth : law[second][k];
        }
        sum += rank_correlation(x, y, n);
        arena_release(&arena);
    }
    return sum / (double)world_contexts(lib);
}

static void test_laws(void **state)
{
    (void)state;
    double sleeper = mean_correlation("paper-like", LAW_ASKED, LAW_SLEEPER);
    double scorer = mean_correlation("paper-like", LAW_ASKED, LAW_SCORER);
    double between = mean_correlation("paper-like", LAW_SLEEPER, LAW_SCORER);
    assert_true(sleeper > 0.5 && sleeper < 0.8);
    assert_true(scorer > 0.5 && scorer < 0.8);
    /* copies made independently agree less with each other than with what they copy */
    assert_true(between > 0.25 && between < sleeper - 0.1 && between < scorer - 0.1);
    /* 30 contexts of 50 to 160 quantities: a mean of independent columns has a standard error of
     * about 0.02 */
    assert_true(fabs(mean_correlation("null", LAW_ASKED, LAW_SLEEPER)) < 0.07);
    assert_true(fabs(mean_correlation("null", LAW_ASKED, -1)) < 0.07);
    assert_true(fabs(mean_correlation("null", LAW_SCORER, LAW_SLEEPER)) < 0.07);
    assert_true(mean_correlation("null", LAW_ASKED, LAW_SCORER) > 0.4);
    print_message("rank correlations: asked-sleeper %.2f, asked-scorer %.2f, sleeper-scorer %.2f\n",
        sleeper, scorer, between);
}

/* Laws belong to the context: other values, same weights; empty asks as paper-like does. */
static void test_laws_do_not_see_values(void **state)
{
    struct arena arena = {NULL, 0};
    struct err err = {0};
    struct world_view v, w;
    double a[MOST], b[MOST];

    (void)state;
    for (int l = 0; l < 3; l++) {
        struct rng rng = rng_seeded(9);
        if (world_draw(world_context_at(lib, 3), &rng, &arena, &v, &err) ||
            world_draw(world_context_at(lib, 3), &rng, &arena, &w, &err))
            fail_msg("%s", err.msg);
        world_law(&v, (enum world_law)l, STR("paper-like"), a);
        world_law(&w, (enum world_law)l, STR("empty"), b);
        assert_memory_equal(a, b, v.n * sizeof *a);
    }
    arena_release(&arena);
}

/* The first questions of many views follow P*: how often the likeliest question of each context
 * comes against its share, within 4.5 standard errors. World null, where all forms have whole
 * values. */
static void test_sampling(void **state)
{
    enum { VIEWS = 150 };
    struct arena arena = {NULL, 0};
    struct item_list list;

    (void)state;
    make("null", "p1", VIEWS, 1, 4, &arena, &list);
    for (size_t first = 0; first < list.n; first += VIEWS) {
        double weights[MOST] = {0}, sum = 0;
        size_t best = 0, hits = 0, start, quantity;
        struct world_view v;
        struct rat fact;
        for (size_t i = first; i < first + VIEWS; i++) {
            struct str text = list.v[i].question;
            assert_true(world_read_context(lib, text, &arena, &v, &start));
            assert_true(world_read_question(&v, str_from(text, start), &quantity, &fact));
            if (i == first) {
                world_law(&v, LAW_ASKED, STR("null"), weights);
                for (size_t k = 0; k < v.n; k++) {
                    sum += exp(weights[k]);
                    best = weights[k] > weights[best] ? k : best;
                }
            }
            hits += quantity == best;
        }
        double share = exp(weights[best]) / sum;
        double error = sqrt(VIEWS * share * (1 - share));
        assert_true(fabs((double)hits - VIEWS * share) < 4.5 * error);
    }
    item_list_release(&list);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_gold_from_text),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_worlds),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_lines_round_trip),
        cmocka_unit_test(test_laws),
        cmocka_unit_test(test_laws_do_not_see_values),
        cmocka_unit_test(test_sampling),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
