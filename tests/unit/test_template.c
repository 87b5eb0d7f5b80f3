/* test_template.c - the template language on templates of our own; expected values by hand. */
#include "datasets/template.h"
#include "tests/unit/unit.h"

static const char bakery[] =
    "{name,Nora} runs a {shop,bakery} in {city,Porto}. She bakes {n,40} loaves at {cur,$}{p,1.5} "
    "each and gives {frac,half} of them away. {frac,Half} is a lot!  {dish,soup} costs "
    "{k,twice} that. On {d1,Monday} and {d2,Tuesday} she sells {w,three} pies. If {name,Nora} "
    "asks {rest,10} friends, how much is the rest worth?\n"
    "#init: \n"
    "- name = sample(names_female)\n"
    "- shop = sample(['bakery', \"corner shop\",])\n"
    "- city = sample(cities)\n"
    "- dish = sample([(\"stew\", 3), (\"soup\", 4)] * 5)\n"
    "- cur = sample(currencies_sym)\n"
    "-$n = range(20, 61, 20)\n"
    "- $p = np.arange(0.5, 2.01, 0.5)\n"
    "- $frac = sample(fraction_alnum + fractions)\n"
    "- $k = sample(multiple_ice+multi_times)\n"
    "- d1, d2 = sample_sequential(weekdays, 2)\n"
    "- $w = numbers_within(2, 25)\n"
    "- $rest = list(range(5, 20))*2\n"
    "- $half = range(1, 100)\n"
    "#conditions: \n"
    "-is_int(n * frac)\n"
    "- half == n * (1 - frac)\n"
    "#answer: half * p\n";

static const char bakery_answer[] =
    "She keeps {n} - {n}*{frac} = <<{n}-{n*frac}={n-n*frac}>>{int(n-n*frac)} loaves.\n\n"
    "A {dish} is worth {dish*k} on {d1[0]}{d2}.\n"
    "The rest for {rest} is {cur}{half*p} ({'cheap' if half*p < 50 else 'dear'}).\n"
    "#### {half * p}\n";

static const char bakery_text[] =
    "Ada Maria runs a corner shop in Rio de Janeiro. She bakes 40 loaves at \xe2\x82\xa9"
    "1.50 each and gives three-fourths of them away. Three-fourths is a lot! Soup costs 3 times "
    "that. On Sunday and Monday she sells twenty five pies. If Ada Maria asks 12 friends, how "
    "much is the rest worth?";

static struct template *parse(const char *question, const char *answer)
{
    struct template_source source = {"test.json", str_c(question), str_c(answer)};
    struct template *t = NULL;
    struct err err = {0};

    enum err_code code = template_parse(&source, &t, &err);
    if (code)
        fail_msg("%s", err.msg);
    /* cppcheck-suppress CastIntegerToAddressAtReturn ; it takes `template` for C++ */
    return t;
}

static struct tvalue value(const struct template *t, const struct tbinding *b, const char *name)
{
    size_t i = template_variable_index(t, str_c(name));

    assert_true(i != SIZE_MAX);
    if (!b->known[i])
        fail_msg("%s is not known", name);
    return b->v[i];
}

static void assert_num(struct tvalue v, int64_t num, int64_t den)
{
    assert_true(v.has_num);
    assert_int_equal(v.num.num, num);
    assert_int_equal(v.num.den, den);
}

static enum regex_result read_as(const struct template *t, enum template_part part,
    const char *text, struct arena *arena, struct tbinding *b)
{
    return template_read(t, part, str_c(text), arena, b);
}

static void test_variables(void **state)
{
    struct template *t = parse(bakery, bakery_answer);

    (void)state;
    assert_string_equal(template_name(t), "test.json");
    assert_int_equal(template_variables(t), 14);
    assert_str(template_variable(t, 0), "name");
    assert_str(template_variable(t, 13), "half");
    assert_int_equal(template_variable_index(t, STR("nobody")), SIZE_MAX);
    template_free(t);
}

static void test_read_whole(void **state)
{
    struct template *t = parse(bakery, bakery_answer);
    struct arena arena = {0};
    struct tbinding b;

    (void)state;
    assert_int_equal(read_as(t, TEMPLATE_WHOLE, bakery_text, &arena, &b), REGEX_YES);
    assert_str(value(t, &b, "name").text, "Ada Maria");
    assert_str(value(t, &b, "shop").text, "corner shop");
    assert_str(value(t, &b, "city").text, "Rio de Janeiro");
    assert_str(value(t, &b, "dish").text, "soup"); /* capital of the sentence undone */
    assert_num(value(t, &b, "dish"), 4, 1);
    assert_num(value(t, &b, "n"), 40, 1);
    assert_num(value(t, &b, "p"), 3, 2);
    assert_str(value(t, &b, "p").text, "1.5");
    assert_num(value(t, &b, "frac"), 3, 4);
    assert_str(value(t, &b, "frac").text, "three-fourths");
    assert_num(value(t, &b, "k"), 3, 1);
    assert_num(value(t, &b, "w"), 25, 1);
    assert_num(value(t, &b, "rest"), 12, 1);
    assert_num(value(t, &b, "half"), 10, 1); /* not in the text: 40 * (1 - 3/4) */
    arena_release(&arena);
    template_free(t);
}

/* Each row changes one thing in a text that reads well. */
static void test_read_variants(void **state)
{
    static const struct {
        const char *from, *to;
        enum regex_result expected;
    } rows[] = {{"", "", REGEX_YES}, {"worth?", "worth", REGEX_YES},
        {" runs", "\n  runs", REGEX_YES}, {"worth?", "worth? ", REGEX_YES},
        {"worth?", "worth? Why?", REGEX_NO}, {"corner shop", "Corner Shop", REGEX_NO},
        {"corner shop", "butcher", REGEX_NO}, {"40", "60", REGEX_YES}, {"40", "50", REGEX_NO},
        {"40", "80", REGEX_NO}, {"1.50", "1. 5", REGEX_NO}, {"1.50", "2", REGEX_YES},
        {"1.50", "2.5", REGEX_NO}, {"Three-fourths is", "Three-fifths is", REGEX_NO},
        {"12", "19", REGEX_YES}, {"12", "20", REGEX_NO}, {"3 times", "thrice", REGEX_YES},
        {"3 times", "five times", REGEX_YES}, {"3 times", "gladly", REGEX_NO},
        {"twenty five", "twenty six", REGEX_NO}, {"Sunday and", "Sundae and", REGEX_NO},
        {"If Ada Maria", "If Ada", REGEX_NO}, {"\xe2\x82\xa9", "x", REGEX_NO},
        {"Rio de Janeiro", "St Mary on the Sea", REGEX_NO},
        {"Rio de Janeiro", "S\xc3\xa3o Paulo", REGEX_YES}, {"Rio", "R\xff", REGEX_NO}};
    struct template *t = parse(bakery, bakery_answer);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena = {0};
        struct buf text = BUF_INIT;
        struct tbinding b;
        size_t at = str_find(str_c(bakery_text), str_c(rows[i].from), 0);
        assert_true(at != SIZE_MAX);
        buf_add(&text, bakery_text, at);
        buf_puts(&text, rows[i].to);
        buf_puts(&text, bakery_text + at + strlen(rows[i].from));
        enum regex_result r = read_as(t, TEMPLATE_WHOLE, buf_cstr(&text), &arena, &b);
        if (r != rows[i].expected)
            fail_msg("\"%s\" -> \"%s\" gives %d", rows[i].from, rows[i].to, r);
        buf_release(&text);
        arena_release(&arena);
    }
    template_free(t);
}

static void test_parts(void **state)
{
    static const struct {
        enum template_part part;
        const char *text;
        enum regex_result expected;
    } rows[] = {{TEMPLATE_CONTEXT, "Ada runs a bakery in Lima.", REGEX_YES},
        {TEMPLATE_CONTEXT, "Ada runs a bakery in Lima", REGEX_YES},
        {TEMPLATE_CONTEXT, "Ada runs a bakery in", REGEX_NO},
        {TEMPLATE_CONTEXT,
            "Ada runs a bakery in Lima. She bakes 20 loaves at $2 each and gives half of them "
            "away.",
            REGEX_YES},
        {TEMPLATE_CONTEXT,
            "Ada runs a bakery in Lima. She bakes 20 loaves at $2 each and gives 1/3 of them away.",
            REGEX_NO}, /* 20/3 is not whole */
        {TEMPLATE_CONTEXT, "She bakes 20 loaves at $2 each and gives half of them away.", REGEX_NO},
        {TEMPLATE_CONTEXT, bakery_text, REGEX_NO}, {TEMPLATE_CONTEXT, "", REGEX_NO},
        {TEMPLATE_QUERY, "If Ada asks 12 friends, how much is the rest worth?", REGEX_YES},
        {TEMPLATE_QUERY, "If Ada asks 12 friends, how much is the rest worth", REGEX_YES},
        {TEMPLATE_QUERY, "If Ada asks 99 friends, how much is the rest worth?", REGEX_NO},
        {TEMPLATE_QUERY, "how much is the rest worth?", REGEX_NO},
        {TEMPLATE_QUERY,
            "On Friday and Saturday she sells two pies. If Bea asks 5 friends, how much is the "
            "rest worth?",
            REGEX_YES},
        {TEMPLATE_QUERY, bakery_text, REGEX_NO}, {TEMPLATE_QUERY, "", REGEX_NO}};
    struct template *t = parse(bakery, bakery_answer);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena = {0};
        struct tbinding b;
        enum regex_result r = read_as(t, rows[i].part, rows[i].text, &arena, &b);
        if (r != rows[i].expected)
            fail_msg("row %zu gives %d: %s", i, r, rows[i].text);
        arena_release(&arena);
    }
    template_free(t);
}

struct solution {
    struct template_line *lines;
    size_t n;
    struct str gold;
};

/* What a text that reads well is worked out to. */
static struct solution solve(
    const struct template *t, enum template_part part, const char *text, struct arena *arena)
{
    struct tbinding b;
    struct solution s;
    struct err err = {0};

    assert_int_equal(read_as(t, part, text, arena, &b), REGEX_YES);
    assert_int_equal(template_solution(t, &b, arena, &s.lines, &s.n, &s.gold, &err), OK);
    return s;
}

static void test_solution(void **state)
{
    struct template *t = parse(bakery, bakery_answer);
    struct arena arena = {0};

    (void)state;
    struct solution s = solve(t, TEMPLATE_WHOLE, bakery_text, &arena);
    assert_int_equal(s.n, 3); /* the empty line and the gold are no worked lines */
    assert_str(s.lines[0].text, "She keeps 40 - 40*three-fourths = 10 loaves.");
    assert_str(s.lines[0].value, "10");
    assert_str(s.lines[1].text, "A soup is worth 12 on SMonday.");
    assert_str(s.lines[1].value, "12");
    assert_str(s.lines[2].text, "The rest for 12 is \xe2\x82\xa9"
                                "15 (cheap).");
    assert_str(s.lines[2].value, "15"); /* 15, not 15.0; the text behind it is no number */
    assert_str(s.gold, "15");
    arena_release(&arena);
    template_free(t);
}

static void test_solution_of_a_part(void **state)
{
    struct template *t = parse(bakery, bakery_answer);
    struct arena arena = {0};

    (void)state;
    struct solution s = solve(t, TEMPLATE_CONTEXT,
        "Ada runs a bakery in Lima. She bakes 20 loaves at $1.5 each and gives a quarter of them "
        "away.",
        &arena);
    assert_true(s.lines[0].known && !s.lines[1].known && !s.lines[2].known);
    assert_str(s.lines[0].text, "She keeps 20 - 20*a quarter = 15 loaves.");
    assert_str(s.lines[2].value, "");
    assert_str(s.gold, "22.5"); /* hidden `half` follows from the context: 20 * 3/4 * 1.5 */
    s = solve(t, TEMPLATE_QUERY, "If Ada asks 12 friends, how much is the rest worth?", &arena);
    assert_null(s.gold.p);
    assert_false(s.lines[0].known);
    arena_release(&arena);
    template_free(t);
}

static void test_eval(void **state)
{
    struct template *t = parse(bakery, bakery_answer);
    struct arena arena = {0};
    struct tbinding b;
    struct tvalue v;
    struct err err = {0};

    (void)state;
    assert_int_equal(read_as(t, TEMPLATE_QUERY,
                         "If Ada asks 12 friends, how much is the rest worth?", &arena, &b),
        REGEX_YES);
    assert_int_equal(template_eval(t, &b, STR("2*rest / 5"), &v, &arena, &err), OK);
    assert_num(v, 24, 5);
    assert_str(v.text, "4.8");
    assert_int_equal(template_eval(t, &b, STR("name"), &v, &arena, &err), OK);
    assert_str(v.text, "Ada");
    assert_int_equal(template_eval(t, &b, STR("n + 1"), &v, &arena, &err), ERR_NOT_FOUND);
    assert_int_equal(template_eval(t, &b, STR("m + 1"), &v, &arena, &err), ERR_INPUT);
    assert_int_equal(template_eval(t, &b, STR("1 / (rest - 12)"), &v, &arena, &err), ERR_NUMBER);
    assert_message(err, "division by zero");
    arena_release(&arena);
    template_free(t);
}

/* What is drawn satisfies the conditions, renders, and reads back equal. */
static void test_draw(void **state)
{
    struct template *t = parse(bakery, bakery_answer);
    struct rng rng = rng_seeded(7);
    bool seen[100] = {false};
    size_t different = 0;

    (void)state;
    for (int k = 0; k < 60; k++) {
        struct arena arena = {0};
        struct buf text = BUF_INIT;
        struct tbinding b, back;
        struct err err = {0};
        if (template_draw(t, &rng, &arena, &b, &err) ||
            template_render_question(t, &b, &text, &err))
            fail_msg("%s", err.msg);
        struct rat n = value(t, &b, "n").num, frac = value(t, &b, "frac").num;
        assert_int_equal(n.num * frac.num % frac.den, 0);
        int64_t half = n.num - n.num * frac.num / frac.den;
        assert_num(value(t, &b, "half"), half, 1);
        different += !seen[half];
        seen[half] = true;
        if (template_read(t, TEMPLATE_WHOLE, buf_str(&text), &arena, &back) != REGEX_YES)
            fail_msg("cannot read %s", buf_cstr(&text));
        for (size_t i = 0; i < template_variables(t); i++) {
            assert_true(str_eq(b.v[i].text, back.v[i].text));
            assert_true(rat_eq(b.v[i].num, back.v[i].num));
        }
        buf_release(&text);
        arena_release(&arena);
    }
    assert_true(different > 8); /* it does draw */
    template_free(t);
}

static void render_of_seed(const struct template *t, uint64_t seed, struct buf *out)
{
    struct arena arena = {0};
    struct rng rng = rng_seeded(seed);
    struct tbinding b;

    assert_int_equal(template_draw(t, &rng, &arena, &b, NULL), OK);
    assert_int_equal(template_render_question(t, &b, out, NULL), OK);
    arena_release(&arena);
}

static void test_draw_is_seeded(void **state)
{
    struct template *t = parse(bakery, bakery_answer);
    struct buf a = BUF_INIT, b = BUF_INIT, c = BUF_INIT;

    (void)state;
    render_of_seed(t, 5, &a);
    render_of_seed(t, 5, &b);
    render_of_seed(t, 6, &c);
    assert_string_equal(buf_cstr(&a), buf_cstr(&b));
    assert_string_not_equal(buf_cstr(&a), buf_cstr(&c));
    buf_release(&a);
    buf_release(&b);
    buf_release(&c);
    template_free(t);
}

/* A context without answer, as worlds use it. */
static void test_context_only(void **state)
{
    struct template *t = parse("{a,Ada} picked {x,5} figs. {b,Bob} picked {k,twice} as many. "
                               "{c,Cleo} picked {more,3} more than {a,Ada}.\n"
                               "#init:\n- a, b, c = sample(names, 3)\n- $x = range(4, 30)\n"
                               "- $k = sample(multiple_ice + multi_times)\n- $more = range(2, 9)\n"
                               "- $bx = range(1, 400)\n- $cx = range(1, 400)\n"
                               "#conditions:\n- bx == k * x\n- cx == x + more\n- bx < 50\n",
        "");
    struct arena arena = {0};
    struct tbinding b;

    (void)state;
    static const char text[] =
        "Ann picked 12 figs. Jo picked three times as many. Li picked 4 more than Ann.";
    assert_int_equal(read_as(t, TEMPLATE_WHOLE, text, &arena, &b), REGEX_YES);
    assert_num(value(t, &b, "bx"), 36, 1);
    assert_num(value(t, &b, "cx"), 16, 1);
    struct solution s = solve(t, TEMPLATE_CONTEXT, text, &arena);
    assert_true(s.n == 0 && s.gold.p == NULL);
    assert_int_equal(read_as(t, TEMPLATE_CONTEXT,
                         "Ann picked 12 figs. Jo picked five times as many.", &arena, &b),
        REGEX_NO); /* 60 is not below 50 */
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rng rng = rng_seeded(seed);
        struct err err = {0};
        assert_int_equal(template_draw(t, &rng, &arena, &b, &err), OK);
        assert_false(str_eq(value(t, &b, "a").text, value(t, &b, "b").text));
        assert_false(str_eq(value(t, &b, "a").text, value(t, &b, "c").text));
        assert_false(str_eq(value(t, &b, "b").text, value(t, &b, "c").text));
        assert_true(value(t, &b, "bx").num.num < 50);
    }
    arena_release(&arena);
    template_free(t);
}

/* The released splitter cuts behind "Mrs.", also inside a value. */
static void test_titles(void **state)
{
    struct template *t = parse("{t,Mr.} {n,Tan} has {x,3} keys. How many has {who,Mrs. Lee} more "
                               "than {t,Mr.} {n,Tan}?\n#init:\n- t = sample(['Mr.', 'Dr.'])\n"
                               "- n = sample(['Tan', 'Roe'])\n- $x = range(1, 9)\n"
                               "- who = sample(['Mrs. Lee', 'Dr. Moss'])\n",
        "{x}\n#### {x}");
    static const struct {
        enum template_part part;
        const char *text;
        enum regex_result expected;
    } rows[] = {{TEMPLATE_WHOLE, "Dr. Roe has 3 keys. How many has Dr. Moss more than Dr. Roe?", 1},
        {TEMPLATE_CONTEXT, "Dr. Roe has 3 keys.", 1},
        {TEMPLATE_CONTEXT, "Dr. Roe has 3 keys. How many has Dr.", 1},
        {TEMPLATE_CONTEXT, "Dr. Roe has 3 keys. How many has Dr. Moss more than Dr.", 1},
        {TEMPLATE_CONTEXT, "Dr. Roe has 3 keys. How many has Dr. Moss more than Mr.", 0},
        {TEMPLATE_CONTEXT, "Dr. Roe has 3 keys. How many has Prof.", 0},
        {TEMPLATE_QUERY, "Moss more than Dr. Roe?", 1}, {TEMPLATE_QUERY, "Roe?", 1},
        {TEMPLATE_QUERY, "Low?", 0}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena = {0};
        struct tbinding b;
        if (read_as(t, rows[i].part, rows[i].text, &arena, &b) != rows[i].expected)
            fail_msg("row %zu: %s", i, rows[i].text);
        if (rows[i].part == TEMPLATE_CONTEXT && rows[i].expected == 1)
            assert_num(value(t, &b, "x"), 3, 1);
        arena_release(&arena);
    }
    template_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_read_whole),
        cmocka_unit_test(test_read_variants),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_solution),
        cmocka_unit_test(test_solution_of_a_part),
        cmocka_unit_test(test_eval),
        cmocka_unit_test(test_draw),
        cmocka_unit_test(test_draw_is_seeded),
        cmocka_unit_test(test_context_only),
        cmocka_unit_test(test_titles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
