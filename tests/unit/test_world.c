/* test_world.c - contexts, candidates and questions of the worlds, read and written.
 *
 * Expected numbers are worked out by hand from the wording of the contexts (at the defaults that
 * stand in their placeholders), and by an evaluator of its own over the operands. */
#include "datasets/world_impl.h"
#include "harness/base/data.h"
#include "harness/base/json.h"
#include "tests/unit/test_world_lab.h"

static void draw(size_t context, uint64_t seed, struct arena *arena, struct world_view *ret)
{
    struct err err = {0};
    struct rng rng = rng_seeded(seed);

    if (world_draw(world_context_at(lib, context), &rng, arena, ret, &err))
        fail_msg("%s", err.msg);
}

/* The text of a context file with every {variable,default} replaced by its default. */
static void text_of_defaults(const struct json *context, struct buf *out)
{
    const struct json *text = json_get(context, "text");

    for (const struct json *part = json_first(text); part; part = json_next(part)) {
        struct str s = json_str(part);
        size_t comma = 0;
        if (out->n)
            buf_putc(out, ' ');
        for (size_t i = 0; i < s.n; i++) {
            if (s.p[i] == '{')
                i = comma = str_find(s, STR(","), i);
            else if (s.p[i] != '}')
                buf_putc(out, s.p[i]);
        }
        assert_true(comma != SIZE_MAX);
    }
}

/* A view of the named context at its defaults. */
static void read_defaults(const char *name, struct arena *arena, struct world_view *ret)
{
    for (size_t i = 0; data_path("datasets/worlds/p", i); i++) {
        struct buf file = BUF_INIT, text = BUF_INIT;
        struct json *doc;
        struct err err = {0};
        size_t query;
        if (data_read(data_path("datasets/worlds/p", i), &file, &err) ||
            json_parse(buf_str(&file), JSON_STRICT, &doc, &err))
            fail_msg("%s", err.msg);
        const struct json *c = json_first(json_get(doc, "contexts"));
        while (c && !str_eqc(json_str(json_get(c, "name")), name))
            c = json_next(c);
        if (c)
            text_of_defaults(c, &text);
        bool found = c && world_read_context(lib, buf_str(&text), arena, ret, &query);
        if (c && !found)
            fail_msg("%s at its defaults is not read: %s", name, buf_cstr(&text));
        json_free(doc);
        buf_release(&file);
        buf_release(&text);
        if (found)
            return;
    }
    fail_msg("no context %s", name);
}

static void test_counts(void **state)
{
    size_t p1 = 0, p2 = 0;

    (void)state;
    for (size_t i = 0; i < world_contexts(lib); i++) {
        struct arena arena = {NULL, 0};
        struct world_view v;
        size_t candidates = 0, at_depth[5] = {0};
        draw(i, 1, &arena, &v);
        for (size_t k = 0; k < v.n; k++)
            if (v.quantities[k].candidate) {
                assert_in_range(v.quantities[k].depth, 1, 4);
                candidates++;
                at_depth[v.quantities[k].depth]++;
            }
        assert_true(candidates >= 60);
        for (int d = 1; d <= 4; d++)
            assert_true(at_depth[d] >= 5);
        p1 += str_eqc(world_context_level(v.context), "p1");
        p2 += str_eqc(world_context_level(v.context), "p2");
        arena_release(&arena);
    }
    assert_true(p1 >= 14 && p2 >= 14);
    assert_int_equal(p1 + p2, world_contexts(lib));
}

static int compare_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void assert_distinct(struct str *texts, size_t n)
{
    qsort(texts, n, sizeof(*texts), compare_text);
    for (size_t i = 1; i < n; i++)
        if (str_eq(texts[i - 1], texts[i]))
            fail_msg("twice: %.*s", STR_ARG(texts[i]));
}

static void test_distinct_names_and_questions(void **state)
{
    (void)state;
    for (size_t i = 0; i < world_contexts(lib); i++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            struct arena arena = {NULL, 0};
            struct world_view v;
            size_t nquestions = 0;
            draw(i, seed, &arena, &v);
            struct str *names = arena_array(&arena, struct str, v.n);
            struct str *questions = arena_array(&arena, struct str, v.n);
            for (size_t k = 0; k < v.n; k++) {
                struct buf text = BUF_INIT;
                names[k] = v.quantities[k].name;
                assert_true(str_find(names[k], STR("="), 0) == SIZE_MAX);
                if (!v.quantities[k].candidate)
                    continue;
                world_render_question(&v, k, rat_int(3), &text);
                questions[nquestions++] = arena_str(&arena, buf_str(&text));
                buf_release(&text);
            }
            assert_distinct(names, v.n);
            assert_distinct(questions, nquestions);
            arena_release(&arena);
        }
}

/* The value of a quantity as num/den, from its operands alone: no struct rat arithmetic. */
static void fraction_of(
    const struct world_view *v, size_t quantity, int64_t fact, int64_t *num, int64_t *den)
{
    const struct quantity *q = &v->quantities[quantity];
    int64_t n[QUANTITY_MAX_OPERANDS] = {0}, d[QUANTITY_MAX_OPERANDS] = {0};

    for (size_t i = 0; i < q->noperands; i++) {
        const struct operand *o = &q->operands[i];
        n[i] = o->is_fact ? fact : o->constant.num;
        d[i] = o->is_fact ? 1 : o->constant.den;
        if (!o->is_constant) {
            assert_true(o->quantity < quantity);
            fraction_of(v, o->quantity, fact, &n[i], &d[i]);
        }
    }
    *num = n[0];
    *den = d[0];
    bool quotient = q->op == QUANTITY_QUOTIENT || q->op == QUANTITY_PERCENT;
    for (size_t i = 1; i < q->noperands; i++) {
        bool plus = q->op == QUANTITY_SUM || q->op == QUANTITY_MEAN;
        if (plus || q->op == QUANTITY_DIFFERENCE) {
            *num = *num * d[i] + (plus ? 1 : -1) * n[i] * *den;
            *den *= d[i];
        } else {
            *num *= quotient ? d[i] : n[i];
            *den *= quotient ? n[i] : d[i];
        }
    }
    if (q->op == QUANTITY_PERCENT)
        *num *= 100;
    if (q->op == QUANTITY_MEAN)
        *den *= (int64_t)q->noperands;
}

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < world_contexts(lib); i++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct arena arena = {NULL, 0};
            struct world_view v;
            draw(i, 100 + seed, &arena, &v);
            for (size_t k = 0; k < v.n; k++) {
                int64_t low = 0, high = 0, num, den;
                const struct quantity *q = &v.quantities[k];
                if (q->has_fact && q->candidate)
                    world_fact_domain(&v, k, &low, &high);
                assert_true(low <= high);
                for (int64_t fact = low; fact <= high; fact += high - low ? high - low : 1) {
                    fraction_of(&v, k, fact, &num, &den);
                    struct rat value = world_value(&v, k, rat_int(fact));
                    assert_true(num * value.den == value.num * den);
                }
                if (q->form == FORM_CELL)
                    assert_true(rat_is_int(q->value) && q->value.num >= 4);
                assert_true(q->value.num >= 0);
            }
            arena_release(&arena);
        }
}

static void assert_value(const struct world_view *v, const char *question, const char *expected)
{
    size_t quantity;
    struct rat fact;
    struct buf text = BUF_INIT;

    if (!world_read_question(v, str_c(question), &quantity, &fact))
        fail_msg("not read: %s", question);
    rat_print(&text, world_value(v, quantity, fact));
    if (strcmp(buf_cstr(&text), expected) != 0)
        fail_msg("%s: %s, expected %s", question, buf_cstr(&text), expected);
    buf_release(&text);
}

/* Totals of the last entity, the last attribute and of all, from the wording at the defaults. */
static void test_wording(void **state)
{
    static const struct {
        const char *name;
        int64_t last_row, last_column, grand;
    } table[] = {
        {"orchard", 62, 30, 114},
        {"greenhouse", 51, 42, 99},
        {"egg-farm", 39, 83, 150},
        {"bird-walk", 60, 21, 91},
        {"shore-cleaning", 70, 27, 148},
        {"aquarium", 45, 24, 85},
        {"kite-day", 25, 45, 101},
        {"bakery", 53, 155, 229},
        {"ferry", 44, 10, 73},
        {"library", 54, 63, 146},
        {"workshop", 26, 11, 54},
        {"post-office", 33, 35, 151},
        {"school-fair", 75, 27, 167},
        {"pottery", 26, 51, 96},
        {"toy-drive", 40, 80, 130},
        {"harbor", 56, 27, 157},
        {"cinema", 106, 70, 280},
        {"print-shop", 173, 69, 452},
        {"market", 80, 40, 179},
        {"bike-rental", 90, 29, 234},
        {"museum", 69, 63, 252},
        {"kitchen", 85, 88, 287},
        {"forest", 109, 60, 322},
        {"laundry", 99, 108, 349},
        {"quilt", 53, 47, 162},
        {"candles", 65, 28, 161},
        {"freight", 35, 36, 115},
        {"stationery", 92, 78, 305},
        {"wildlife", 65, 75, 187},
        {"garden-center", 88, 58, 274},
    };

    (void)state;
    assert_int_equal(ARRAY_LEN(table), world_contexts(lib));
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct arena arena = {NULL, 0};
        struct world_view v;
        int64_t row = 0, column = 0, grand = 0;
        read_defaults(table[i].name, &arena, &v);
        assert_str(v.context->name, table[i].name);
        for (size_t k = 0; k < v.n; k++) {
            const struct quantity *q = &v.quantities[k];
            if (q->form == FORM_ROW_TOTAL && q->args[0] == v.context->nentities - 1)
                row = q->value.num;
            if (q->form == FORM_COLUMN_TOTAL && q->args[1] == v.context->nkinds - 1)
                column = q->value.num;
            if (q->form == FORM_GRAND_TOTAL)
                grand = q->value.num;
        }
        assert_int_equal(row, table[i].last_row);
        assert_int_equal(column, table[i].last_column);
        assert_int_equal(grand, table[i].grand);
        arena_release(&arena);
    }
}

static void test_questions_by_hand(void **state)
{
    /* orchard: Ada 24 apples, 18 pears, 10 plums; Ben 30, 12, 20. ferry: morning 16 cars, 9
     * bicycles, 4 lorries; evening 11, 27, 6; fares 12, 3, 30. egg-farm: brown 30, 15, 22; white
     * 22, 44, 17. */
    static const struct {
        const char *context, *question, *value;
    } table[] = {
        {"orchard", "How many apples were picked by Ben?", "30"},
        {"orchard", "How many pieces of fruit were picked by Ada altogether?", "52"},
        {"orchard", "How many plums were picked in all?", "30"},
        {"orchard", "How many pieces of fruit were picked in all?", "114"},
        {"orchard", "What is the combined number of apples and plums picked by Ben?", "50"},
        {"orchard", "What is the combined number of apples and pears picked in all?", "84"},
        {"orchard", "How many more apples were picked by Ben than by Ada?", "6"},
        {"orchard", "How many more pears were picked by Ada than by Ben?", "6"},
        {"orchard", "How many more apples than plums were picked by Ben?", "10"},
        {"orchard", "How many more pieces of fruit were picked by Ben than by Ada?", "10"},
        {"orchard", "How many more apples than pears were picked in all?", "24"},
        {"orchard", "How many times as many plums were picked by Ben as by Ada?", "2"},
        {"orchard", "How many times as many apples as pears were picked by Ben?", "2.5"},
        {"orchard", "How many times as many pieces of fruit were picked by Ben as by Ada?",
            "31/26"},
        {"orchard", "How many times as many apples as pears were picked in all?", "1.8"},
        {"orchard", "What percentage of all the pears were picked by Ben?", "40"},
        {"orchard", "What percentage of the pieces of fruit picked by Ben were apples?", "1500/31"},
        {"orchard", "On average, how many apples were picked per picker?", "27"},
        {"orchard", "On average, how many pieces of fruit per kind were picked by Ben?", "62/3"},
        {"orchard", "On average, how many pieces of fruit were picked per picker?", "57"},
        {"orchard",
            "If 7 more apples had been picked by Ada, how many apples would have been picked in "
            "all?",
            "61"},
        {"orchard",
            "If 5 fewer plums had been picked by Ben, how many pieces of fruit would have been "
            "picked by Ben altogether?",
            "57"},
        {"orchard",
            "If 3 times as many pears had been picked by Ada, how many pears would have been "
            "picked in all?",
            "66"},
        {"orchard", "If 4 of the apples were thrown away, how many apples would be left?", "50"},
        {"orchard",
            "If 14 of the pieces of fruit were thrown away, how many pieces of fruit would be "
            "left?",
            "100"},
        {"orchard",
            "If all the apples were divided equally among 9 baskets, how many apples would there "
            "be for each basket?",
            "6"},
        {"orchard",
            "If the pieces of fruit picked by Ada were divided equally among 4 baskets, how many "
            "pieces of fruit would there be for each basket?",
            "13"},
        {"ferry", "How many dollars were charged for the cars carried on the evening trip?", "132"},
        {"ferry", "How many dollars were charged for all the vehicles carried on the morning trip?",
            "339"},
        {"ferry", "How many dollars were charged for all the bicycles?", "108"},
        {"ferry", "How many dollars were charged in all?", "732"},
        {"ferry",
            "How many more dollars were charged for the vehicles carried on the evening trip than "
            "for those carried on the morning trip?",
            "54"},
        {"ferry", "How many more dollars were charged for the cars than for the bicycles?", "216"},
        {"ferry",
            "If 20 dollars had been charged for each lorry, how many dollars would have been "
            "charged for all the lorries?",
            "200"},
        {"egg-farm",
            "How many brown eggs were gathered in the old barn and in the caravan together?", "52"},
        {"egg-farm", "How many eggs were gathered in the stone shed and in the caravan together?",
            "98"},
        {"egg-farm", "What percentage of all the eggs gathered were brown eggs?", "134/3"},
        {"egg-farm", "What percentage of all the eggs were gathered in the caravan?", "26"},
        {"egg-farm",
            "If 3 times as many white eggs had been gathered in the old barn, how many white eggs "
            "would have been gathered in all?",
            "127"},
        /* blanks and final punctuation do not matter */
        {"orchard", "  How many  apples\n were picked by Ben ", "30"},
        {"orchard", "How many apples were picked by Ben ?", "30"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct arena arena = {NULL, 0};
        struct world_view v;
        read_defaults(table[i].context, &arena, &v);
        assert_value(&v, table[i].question, table[i].value);
        arena_release(&arena);
    }
}

static void test_not_questions(void **state)
{
    static const char *const texts[] = {
        "",
        "?",
        "How many apples were picked",
        "How many apples were picked by Cleo?",
        "How many pears were picked by Ben?",                   /* stated, so no candidate */
        "How many more apples were picked by Ada than by Ben?", /* the wrong way round */
        "how many apples were picked by Ben?",
        "How many apples were picked by Ben? Why?",
        "If more apples had been picked by Ada, how many apples would have been picked in all?",
        "If 0 more apples had been picked by Ada, how many apples would have been picked in all?",
        "If -2 more apples had been picked by Ada, how many apples would have been picked in all?",
        "If 12345678901 more apples had been picked by Ada, how many apples were picked in all?",
    };
    struct arena arena = {NULL, 0};
    struct world_view v;
    size_t quantity;
    struct rat fact;

    (void)state;
    read_defaults("orchard", &arena, &v);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (world_read_question(&v, str_c(texts[i]), &quantity, &fact))
            fail_msg("read as a question: %s", texts[i]);
    char *longer = arena_alloc(&arena, 100000);
    memset(longer, 'H', 99999);
    assert_false(world_read_question(&v, str_c(longer), &quantity, &fact));
    arena_release(&arena);
}

/* Everything written is read back: every candidate of every context, several draws. */
static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < world_contexts(lib); i++)
        for (uint64_t seed = 0; seed < 6; seed++) {
            struct arena arena = {NULL, 0};
            struct world_view v, w;
            struct buf text = BUF_INIT;
            size_t start, found;
            struct rat fact;
            draw(i, 300 + seed, &arena, &v);
            world_render_context(&v, &text);
            size_t end = text.n;
            assert_true(world_read_context(lib, buf_str(&text), &arena, &w, &start));
            assert_int_equal(start, end);
            buf_puts(&text, " \n\tWhat is this?");
            assert_true(world_read_context(lib, buf_str(&text), &arena, &w, &start));
            assert_int_equal(start, end + 3);
            assert_ptr_equal(w.context, v.context);
            for (size_t k = 0; k < v.n; k++) {
                assert_true(str_eq(v.quantities[k].name, w.quantities[k].name));
                assert_true(rat_eq(v.quantities[k].value, w.quantities[k].value));
                if (!v.quantities[k].candidate)
                    continue;
                int64_t low, high;
                world_fact_domain(&v, k, &low, &high);
                struct rat n = rat_int((low + high) / 2);
                buf_reset(&text);
                world_render_question(&v, k, n, &text);
                if (!world_read_question(&w, buf_str(&text), &found, &fact))
                    fail_msg("not read: %s", buf_cstr(&text));
                assert_int_equal(found, k);
                assert_true(rat_eq(fact, v.quantities[k].has_fact ? n : RAT_ZERO));
                assert_true(rat_eq(world_value(&v, k, n), world_value(&w, k, n)));
            }
            buf_release(&text);
            arena_release(&arena);
        }
}

static void test_context_blanks_and_strangers(void **state)
{
    struct arena arena = {NULL, 0};
    struct world_view v;
    size_t start;
    static const char spread[] =
        "\n Ada and  Ben spent a Saturday in the orchard\nbehind the mill. Ada picked 24 apples, "
        "18 "
        "pears and 10 plums. Ben picked 6 more apples than Ada and twice as many plums as Ada, but "
        "only 12 pears.\n\nWhy?";
    static const char *const strangers[] = {
        "",
        "Ada and Ben",
        "It was the day when Ada and Ben spent a Saturday in the orchard behind the mill.",
        /* 99 is no number of apples there */
        "Ada and Ben spent a Saturday in the orchard behind the mill. Ada picked 99 apples, 18 "
        "pears and 10 plums. Ben picked 6 more apples than Ada and twice as many plums as Ada, but "
        "only 12 pears.",
        /* someone else */
        "Ada and Ben spent a Saturday in the orchard behind the mill. Cleo picked 24 apples, 18 "
        "pears and 10 plums. Ben picked 6 more apples than Ada and twice as many plums as Ada, but "
        "only 12 pears.",
        /* glued to the next sentence */
        "Ada and Ben spent a Saturday in the orchard behind the mill. Ada picked 24 apples, 18 "
        "pears and 10 plums. Ben picked 6 more apples than Ada and twice as many plums as Ada, but "
        "only 12 pears.Why?",
    };

    (void)state;
    assert_true(world_read_context(lib, STR(spread), &arena, &v, &start));
    assert_str(str_from(STR(spread), start), "Why?");
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        if (world_read_context(lib, str_c(strangers[i]), &arena, &v, &start))
            fail_msg("read as a context: %s", strangers[i]);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_distinct_names_and_questions),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_wording),
        cmocka_unit_test(test_questions_by_hand),
        cmocka_unit_test(test_not_questions),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_context_blanks_and_strangers),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
