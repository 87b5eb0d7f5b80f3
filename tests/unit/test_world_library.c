/* test_world_library.c - a context file of one's own, and what is said about a broken one. */
#include "datasets/world.h"
#include "harness/base/data.h"
#include "tests/unit/unit.h"

static const char good[] =
    "{\"contexts\": [{\"name\": \"shelf\", \"level\": \"p1\","
    " \"text\": [\"{p,Ada} keeps {a,5} red books and {b,6} blue books upstairs.\","
    " \"Downstairs there are {k,2} more red books than upstairs, and {c,9} blue books.\"],"
    " \"init\": [\"p = sample(names)\", \"$a = range(4, 9)\", \"$b = range(4, 9)\","
    " \"$c = range(4, 12)\", \"$k = range(2, 5)\"],"
    " \"conditions\": [\"a < 8\"],"
    " \"entities\": [\"upstairs\", \"downstairs by {p}\"], \"entity_kind\": \"floor\","
    " \"attributes\": [\"red books\", \"blue books\"], \"attribute_kind\": \"color\","
    " \"singular\": [\"red book\", \"blue book\"],"
    " \"group\": \"books\", \"group_singular\": \"book\", \"done\": \"kept\","
    " \"cells\": [[\"a\", \"b\"], [\"@0.0 + k\", \"c\"]],"
    " \"asides\": [[\"red books meant for {p}\", \"k\"]],"
    " \"rate\": {\"unit\": \"dollars\", \"done\": \"spent\", \"with\": \"on\", \"each\": [\"k\"]},"
    " \"lost\": \"were torn\", \"container\": \"box\", \"containers\": \"boxes\"}]}";

static const char laws[] = "datasets/worlds/laws.json";

/* Puts text in the place of one file of contexts and empties the others, then loads. */
static enum err_code load_instead(const char *text, struct world_library **ret, struct err *err)
{
    char path[1024];
    struct err e = {0};

    for (size_t i = 0; data_path("datasets/worlds/p", i); i++) {
        snprintf(path, sizeof path, "%s/%s", unit_dir(), data_path("datasets/worlds/p", i));
        if (file_write(path, i ? STR("{\"contexts\": []}") : str_c(text), &e))
            fail_msg("%s", e.msg);
    }
    return world_library_load(ret, err);
}

static int setup(void **state)
{
    char path[1024];
    struct err err = {0};

    (void)state;
    snprintf(path, sizeof path, "%s/datasets/worlds", unit_dir());
    if (file_make_dirs(path, &err))
        fail_msg("%s", err.msg);
    data_override(unit_dir());
    return 0;
}

static int teardown(void **state)
{
    char path[1024];

    data_override(NULL);
    snprintf(path, sizeof path, "%s/datasets/worlds", unit_dir());
    if (file_each(path, "", unit_remove, NULL, NULL) == OK)
        rmdir(path);
    snprintf(path, sizeof path, "%s/datasets", unit_dir());
    rmdir(path);
    return unit_cleanup(state);
}

static void test_good(void **state)
{
    struct world_library *lib;
    struct err err = {0};
    struct arena arena = {NULL, 0};
    struct world_view v;
    size_t start, quantity;
    struct rat fact;
    static const char text[] = "Ada keeps 5 red books and 6 blue books upstairs. Downstairs there "
                               "are 2 more red books than upstairs, and 9 blue books. How many red "
                               "books were kept downstairs by Ada?";

    (void)state;
    if (load_instead(good, &lib, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(world_contexts(lib), 1);
    assert_true(world_read_context(lib, STR(text), &arena, &v, &start));
    assert_true(world_read_question(&v, str_from(STR(text), start), &quantity, &fact));
    assert_str(v.quantities[quantity].name, "red books kept downstairs by Ada");
    assert_int_equal(v.quantities[quantity].value.num, 7);
    /* stated: three cells, a shared rate and an aside */
    size_t stated = 0;
    for (size_t i = 0; i < v.n; i++)
        stated += v.quantities[i].op == QUANTITY_STATED;
    assert_int_equal(stated, 5);
    arena_release(&arena);
    world_library_free(lib);
}

static void test_bad(void **state)
{
    /* what is replaced in the good file, by what, and part of the message */
    static const struct {
        const char *from, *to, *message;
    } table[] = {
        {"{\"contexts\"", "{contexts", "datasets/worlds/p1"},
        {"\"p1\"", "\"p3\"", "p1 or p2"},
        {"\"shelf\"", "\"\"", "needs a name"},
        {"range(4, 12)", "range(4, ", "shelf"},
        {"\"done\": \"kept\",", "", "no done"},
        {"\"unit\": \"dollars\",", "", "no rate.unit"},
        {"\"@0.0 + k\"", "\"@0.0 + zz\"", "no variable zz"},
        {"\"@0.0 + k\"", "\"@0.9 + k\"", "out of range"},
        {"\"@0.0 + k\"", "\"@0,0 + k\"", "@entity.attribute"},
        {"\"@0.0 + k\"", "\"@0.0 % k\"", "operation"},
        {"\"@0.0 + k\"", "\"@0.0 + k - c\"", "operation"},
        {"\"@0.0 + k\"", "\"@0.0 - k - c\"", "wrong number of parts"},
        {"\"@0.0 + k\"", "\"@0.0 + k + k + k + k\"", "too many parts"},
        {"\"@0.0 + k\"", "\"@0.0  + k\"", "two blanks"},
        {"\"@0.0 + k\"", "\"@0.0\"", "wrong number of parts"},
        {"\"@0.0 + k\"", "\"\"", "none at all"},
        {"\"@0.0 + k\"", "\"@1.0 + k\"", "refer to each other"},
        {"[\"a\", \"b\"]", "[\"a\"]", "entities x attributes"},
        {"\"upstairs\", ", "", "two entities"},
        {"by {p}", "by {who}", "no variable who"},
        {"by {p}", "by {p", "without '}'"},
        {"[\"red books\", ", "[\"1\", \"2\", \"3\", \"4\", ", "too long"},
        {"[\"red books\", ", "[\"\", ", "empty text"},
        {"[\"red book\", ", "[", "all singulars"},
        {"meant for {p}\", \"k\"", "meant for {p}\", \"zz\"", "no variable zz"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct world_library *lib = NULL;
        struct err err = {0};
        struct buf text = BUF_INIT;
        const char *hit = strstr(good, table[i].from);
        assert_non_null(hit);
        buf_add(&text, good, (size_t)(hit - good));
        buf_puts(&text, table[i].to);
        buf_puts(&text, hit + strlen(table[i].from));
        if (!load_instead(buf_cstr(&text), &lib, &err))
            fail_msg("loaded with \"%s\"", table[i].to);
        assert_int_equal(err.code, ERR_INPUT);
        assert_message(err, table[i].message);
        buf_release(&text);
    }
}

static void test_bad_laws(void **state)
{
    static const struct {
        const char *text, *message;
    } table[] = {
        {"{", "laws.json"},
        {"{}", "no number cell"},
    };
    char path[1024];

    (void)state;
    snprintf(path, sizeof path, "%s/%s", unit_dir(), laws);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct world_library *lib = NULL;
        struct err err = {0};
        if (file_write(path, str_c(table[i].text), &err))
            fail_msg("%s", err.msg);
        assert_int_equal(load_instead(good, &lib, &err), ERR_INPUT);
        assert_message(err, table[i].message);
    }
    /* every number of the real file is needed */
    static const char *const keys[] = {
        "\"row_mean\"", "\"noise\"", "\"temperature\"", "\"seed\"", "\"depth\"", "\"scorer\""};
    unlink(path);
    struct buf whole = BUF_INIT;
    struct err err = {0};
    if (data_read(laws, &whole, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct world_library *lib = NULL;
        struct buf text = BUF_INIT;
        const char *hit = strstr(buf_cstr(&whole), keys[i]);
        assert_non_null(hit);
        buf_add(&text, whole.p, (size_t)(hit - whole.p));
        buf_puts(&text, "\"x\"");
        buf_puts(&text, hit + strlen(keys[i]));
        if (file_write(path, buf_str(&text), &err))
            fail_msg("%s", err.msg);
        assert_int_equal(load_instead(good, &lib, &err), ERR_INPUT);
        assert_message(err, "laws.json");
        buf_release(&text);
    }
    unlink(path);
    buf_release(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_bad_laws),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
