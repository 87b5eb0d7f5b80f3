/* test_mind_answer.c - what an answer depends on: bytes and seed, memory, words, and no more. */
#include "tests/unit/test_mind_lab.h"

#include "harness/base/token.h"
#include "harness/phantom/mind_impl.h"

static const char *const defaults[] = {NULL};
static const char *const no_faults[] = {"explicit_slip", "0", "implicit_slip", "0", "misread", "0",
    "retrieval_beta", "1e6", "working_memory", "1000", NULL};

struct stage {
    struct mind *mind;
    struct lab_text text;
    struct arena arena;
    struct item_list items;
    struct world_library *worlds;
    struct buf prompt;
};

static void open_stage(struct stage *s, const char *const *pairs, int level)
{
    *s = (struct stage){.mind = lab_mind_with(NULL, pairs)};
    lab_text_init(&s->text);
    s->worlds = lab_world("paper-like", 4, 8, 21, &s->arena, &s->items);
    lab_awake_prompt(&s->text, level, NULL, 0, &s->prompt);
}

static void close_stage(struct stage *s)
{
    mind_free(s->mind);
    lab_text_release(&s->text);
    item_list_release(&s->items);
    arena_release(&s->arena);
    world_library_free(s->worlds);
    buf_release(&s->prompt);
}

static struct str ask(
    struct stage *s, const char *model, size_t item, double temperature, uint64_t seed)
{
    struct lab_question q = {.model = model,
        .system = buf_str(&s->prompt),
        .user = s->items.v[item].question,
        .temperature = temperature,
        .seed = seed};

    return lab_ask(s->mind, &q, &s->arena).content;
}

static void same_seed_same_text(void **state)
{
    struct stage s;
    size_t differ = 0;

    (void)state;
    open_stage(&s, defaults, 2);
    for (size_t i = 0; i < 200; i++) {
        struct str first = ask(&s, "small", i, 0.7, 5);
        assert_true(str_eq(first, ask(&s, "small", i, 0.7, 5)));
        differ += !str_eq(first, ask(&s, "small", i, 0.7, 6));
        /* at temperature 0 the seed has no say */
        assert_true(str_eq(ask(&s, "small", i, 0, 5), ask(&s, "small", i, 0, 6)));
    }
    assert_in_range(differ, 20, 199); /* slips differ, not everything does */
    close_stage(&s);
}

/* Different seeds: other slips, same mean. Two halves of the seeds agree within their noise. */
static void seeds_share_a_mean(void **state)
{
    struct stage s;
    double right[2] = {0};

    (void)state;
    open_stage(&s, defaults, 0);
    for (size_t i = 0; i < s.items.n; i++)
        for (uint64_t seed = 0; seed < 4; seed++) {
            struct str said = ask(&s, "small", i, 0.7, seed);
            right[seed / 2] += lab_right(said, s.items.v[i].gold);
        }
    double n = 2.0 * (double)s.items.n, p = (right[0] + right[1]) / (2 * n);
    double gap = (right[0] - right[1]) / n;
    assert_true(p > 0.05 && p < 0.95);
    assert_true(gap * gap < 20 * 2 * p * (1 - p) / n);
    close_stage(&s);
}

/* A model is its parameters: two names for one set say the same, two sets slip independently. */
static void names_mean_nothing(void **state)
{
    struct stage s;
    size_t equal = 0;

    (void)state;
    open_stage(&s,
        (const char *const[]){"explicit_slip", "0.2", "implicit_slip", "0.5", "misread", "0.1",
            "retrieval_beta", "20", "retrieval_gamma", "0.2", "retrieval_lines", "16",
            "working_memory", "7", "lines_effort_medium", "4", "sleep_lines", "4", "sleep_calls",
            "4", "sleep_mass_left", "0.2", NULL},
        0);
    assert_string_equal(
        mind_fingerprint(s.mind, STR("small")), mind_fingerprint(s.mind, STR("large")));
    for (size_t i = 0; i < 100; i++)
        assert_true(str_eq(ask(&s, "small", i, 0.7, 3), ask(&s, "large", i, 0.7, 3)));
    close_stage(&s);
    /* the same answers but for their slips, which must not coincide */
    open_stage(&s,
        (const char *const[]){"explicit_slip", "0.2", "implicit_slip", "0.9", "misread", "0", NULL},
        0);
    for (size_t i = 0; i < 100; i++)
        equal += str_eq(ask(&s, "small", i, 0, 0), ask(&s, "large", i, 0, 0));
    assert_true(equal < 60);
    close_stage(&s);
}

static void unreadable_is_wrong(void **state)
{
    static const char *const texts[] = {
        "A farmer has 17 sheep and all but 9 run away. How many are left?",
        "What is 2 + 2?",
        "How many apples were picked in all?",
        "",
        "\xff\xfe \x01",
    };
    static const char *const answers[] = {"9", "4", "30", "0", "0"};
    struct stage s;

    (void)state;
    open_stage(&s, no_faults, 4);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct lab_question q = {.system = buf_str(&s.prompt), .user = str_c(texts[i])};
        assert_false(lab_right(lab_ask(s.mind, &q, &s.arena).content, str_c(answers[i])));
    }
    for (size_t i = 0; i < s.items.n; i += 3) { /* a known context, another question */
        struct buf b = BUF_INIT;
        buf_printf(
            &b, "%.*s Roughly %.*s", STR_ARG(s.items.v[i].context), STR_ARG(s.items.v[i].query));
        struct lab_question q = {.system = buf_str(&s.prompt), .user = buf_str(&b)};
        assert_false(lab_right(lab_ask(s.mind, &q, &s.arena).content, s.items.v[i].gold));
        buf_release(&b);
    }
    close_stage(&s);
}

/* Announcements before, lines behind, other blanks: the problem is found all the same. */
static void the_problem_is_found(void **state)
{
    static const struct {
        const char *before, *between, *behind;
    } frames[] = {
        {"", "\n\n", ""},
        {"A new question:\n", " ", ""},
        {"Hello.\nHere it is:\n\n  ", "\n", "\n"},
        {"", "   ", "\nAnswer now.\nThank you."},
    };
    struct stage s;

    (void)state;
    open_stage(&s, no_faults, 4);
    for (size_t i = 0; i < s.items.n; i += 5) {
        struct buf b = BUF_INIT;
        size_t f = i % ARRAY_LEN(frames);
        buf_printf(&b, "%s%.*s%s%.*s%s", frames[f].before, STR_ARG(s.items.v[i].context),
            frames[f].between, STR_ARG(s.items.v[i].query), frames[f].behind);
        struct lab_question q = {.system = buf_str(&s.prompt), .user = buf_str(&b)};
        assert_true(lab_right(lab_ask(s.mind, &q, &s.arena).content, s.items.v[i].gold));
        buf_release(&b);
    }
    close_stage(&s);
}

/* The asked quantity stated in memory: trusted at level 0, recomputed at level 4. */
static void memory_is_trusted_unless_checked(void **state)
{
    struct stage s;
    size_t tried = 0;

    (void)state;
    open_stage(&s, no_faults, 0);
    for (size_t i = 0; i < s.items.n && tried < 40; i++) {
        struct world_view v;
        struct rat fact;
        size_t query, asked;
        struct str whole = s.items.v[i].question;
        assert_true(world_read_context(s.worlds, whole, &s.arena, &v, &query));
        assert_true(world_read_question(&v, str_from(whole, query), &asked, &fact));
        if (v.quantities[asked].op == QUANTITY_STATED || v.quantities[asked].has_fact)
            continue;
        tried++;
        struct str block =
            str_c(arena_printf(&s.arena, "%.*s = 987654", STR_ARG(v.quantities[asked].name)));
        for (int level = 0; level <= 4; level += 4) {
            struct buf prompt = BUF_INIT;
            lab_awake_prompt(&s.text, level, &block, 1, &prompt);
            struct lab_question q = {.system = buf_str(&prompt), .user = whole};
            struct str said = lab_ask(s.mind, &q, &s.arena).content;
            if (level == 0)
                assert_true(lab_right(said, STR("987654")));
            else
                assert_true(lab_right(said, s.items.v[i].gold));
            /* without the context the note is all there is */
            q.user = s.items.v[i].query;
            assert_true(lab_right(lab_ask(s.mind, &q, &s.arena).content, STR("987654")));
            buf_release(&prompt);
        }
    }
    assert_int_equal(tried, 40);
    close_stage(&s);
}

/* More lines at a higher level, never fewer; effort thinks out of sight. */
static void levels_cost_tokens(void **state)
{
    double tokens[5] = {0};
    struct stage s;

    (void)state;
    for (int level = 0; level < 5; level++) {
        open_stage(&s, no_faults, level);
        for (size_t i = 0; i < s.items.n; i++)
            tokens[level] += (double)token_count(ask(&s, "small", i, 0, 0));
        if (level == 0)
            assert_true(tokens[0] < 12 * (double)s.items.n);
        else
            assert_true(tokens[level] > tokens[level - 1]);
        close_stage(&s);
    }
    open_stage(&s, no_faults, 0);
    struct lab_question q = {
        .system = buf_str(&s.prompt), .user = s.items.v[0].question, .effort = "high"};
    struct mind_reply r = lab_ask(s.mind, &q, &s.arena);
    assert_true(r.reasoning.n > 0);
    assert_true(str_starts(r.content, STR("The answer is ")));
    close_stage(&s);
}

/* A context without a question: it answers some question of its own. */
static void context_alone_is_guessed(void **state)
{
    struct stage s;
    size_t right = 0;

    (void)state;
    open_stage(&s, no_faults, 4);
    buf_reset(&s.prompt);
    buf_printf(&s.prompt, "%s\n\n%s", buf_cstr(&s.text.context_only), buf_cstr(&s.text.level[4]));
    for (size_t i = 0; i < s.items.n; i++) {
        struct lab_question q = {.system = buf_str(&s.prompt), .user = s.items.v[i].context};
        right += lab_right(lab_ask(s.mind, &q, &s.arena).content, s.items.v[i].gold);
    }
    assert_in_range(right, 1, s.items.n / 2);
    close_stage(&s);
}

static void unknown_model_is_an_error(void **state)
{
    struct stage s;
    struct mind_request r = {.model = STR("medium"), .max_tokens = -1};
    struct mind_reply reply;
    struct err err;

    (void)state;
    open_stage(&s, defaults, 0);
    assert_int_equal(mind_answer(s.mind, &r, &s.arena, &reply, &err), ERR_NOT_FOUND);
    assert_true(mind_has_model(s.mind, STR("small")));
    assert_string_equal(mind_model_name(s.mind, 1), "large");
    assert_string_equal(mind_model_name(s.mind, 2), "reasoner");
    assert_null(mind_model_name(s.mind, 3));
    close_stage(&s);
}

/* Parameter files: unknown, missing, out of range, unexplained. */
static void parameter_files_are_checked(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{}", "needs a unit and a comment"},
        {"[1", "line 1"},
    };
    static const char *const bad[] = {"explicit_slip", "1.5", NULL};
    char path[] = "/tmp/mind-params.XXXXXX";
    struct mind_models models;
    struct err err;

    (void)state;
    lab_params(path, bad);
    assert_int_equal(mind_params_load(path, &models, &err), ERR_INPUT);
    assert_non_null(strstr(err.msg, "explicit_slip must be a number from 0 to 1"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(file_write(path, str_c(cases[i].text), &err), OK);
        assert_int_equal(mind_params_load(path, &models, &err), ERR_INPUT);
        assert_non_null(strstr(err.msg, cases[i].message));
    }
    unlink(path);
    assert_int_equal(mind_params_load(path, &models, &err), ERR_NOT_FOUND);
}

/* The embedded file with `from` replaced once. */
static enum err_code load_changed(
    const char *from, const char *to, struct mind_models *ret, struct err *err)
{
    char path[] = "/tmp/mind-params.XXXXXX";
    struct buf text = BUF_INIT, out = BUF_INIT;

    assert_int_equal(data_read("configs/phantom.json", &text, err), OK);
    size_t at = str_find(buf_str(&text), str_c(from), 0);
    assert_true(at != SIZE_MAX);
    buf_printf(&out, "%.*s%s%s", (int)at, buf_cstr(&text), to, buf_cstr(&text) + at + strlen(from));
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(file_write(path, buf_str(&out), err), OK);
    enum err_code code = mind_params_load(path, ret, err);
    unlink(path);
    buf_release(&text);
    buf_release(&out);
    return code;
}

/* Parameters of the reasoner that another model leaves out, or has at their neutral value, change
 * nothing in it: its fingerprint is the one it had before they were there. */
static void left_out_parameters_change_nothing(void **state)
{
    static const struct {
        const char *from, *to, *small;
    } cases[] = {
        {"\"small\": {", "\"small\": {", "phantom-10dfdeb6bd5b"},
        {"\"small\": {", "\"small\": {\"effort_absent\": 0, \"agree_effort_xhigh\": 2,",
            "phantom-10dfdeb6bd5b"},
        {"\"small\": {", "\"small\": {\"effort_absent\": 3,", NULL},
    };
    struct mind_models models;
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(load_changed(cases[i].from, cases[i].to, &models, &err), OK);
        if (cases[i].small)
            assert_string_equal(models.v[0].params.fingerprint, cases[i].small);
        else
            assert_string_not_equal(models.v[0].params.fingerprint, cases[0].small);
        assert_string_equal(models.v[1].params.fingerprint, "phantom-356e59655fbd");
        mind_params_release(&models);
    }
    assert_int_equal(
        load_changed("\"checks_effort_high\": {", "\"cheques\": {", &models, &err), ERR_INPUT);
    assert_non_null(strstr(err.msg, "parameters.checks_effort_high needs a unit and a comment"));
    assert_int_equal(
        load_changed("\"agree_effort_xhigh\": 3", "\"agree_effort_xhigh\": 6", &models, &err),
        ERR_INPUT);
    assert_non_null(strstr(err.msg, "models.reasoner.agree_effort_xhigh must be a number from 2"));
    assert_int_equal(load_changed("\"misread\": 0.01,", "", &models, &err), ERR_INPUT);
    assert_non_null(strstr(err.msg, "models.small has 13 of 14 parameters"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_text),
        cmocka_unit_test(seeds_share_a_mean),
        cmocka_unit_test(names_mean_nothing),
        cmocka_unit_test(unreadable_is_wrong),
        cmocka_unit_test(the_problem_is_found),
        cmocka_unit_test(memory_is_trusted_unless_checked),
        cmocka_unit_test(levels_cost_tokens),
        cmocka_unit_test(context_alone_is_guessed),
        cmocka_unit_test(unknown_model_is_an_error),
        cmocka_unit_test(parameter_files_are_checked),
        cmocka_unit_test(left_out_parameters_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
