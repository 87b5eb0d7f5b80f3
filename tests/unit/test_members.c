/* test_members.c - members of a request out of dotted paths and whole objects; by hand. */
#include "harness/provider/members.h"

#include "harness/base/json.h"
#include "tests/unit/unit.h"

struct step {
    const char *path, *json; /* path NULL: json is merged */
};

static void test_what_is_printed(void **state)
{
    static const struct {
        struct step steps[8];
        const char *expect;
    } rows[] = {
        {{{NULL, NULL}}, ""},
        {{{"a", "1"}, {"b", "[1, 2]"}}, "\"a\":1,\"b\":[1, 2]"},
        /* paths that share a root are one object, where the root was first named */
        {{{"reasoning.effort", "\"low\""}, {"x", "1"}, {"reasoning.summary", "\"auto\""}},
            "\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"},\"x\":1"},
        {{{"reasoning.effort", "\"low\""}, {NULL, "{\"reasoning\":{\"summary\":\"auto\"}}"}},
            "\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"}"},
        {{{NULL, "{\"output_config\":{\"task_budget\":{\"type\":\"tokens\"}}}"},
             {"output_config.effort", "\"max\""}, {"output_config.task_budget.total", "9"}},
            "\"output_config\":{\"task_budget\":{\"type\":\"tokens\",\"total\":9},"
            "\"effort\":\"max\"}"},
        {{{"extra_body.google.thinking_config.thinking_budget", "128"},
             {NULL, "{\"extra_body\":{\"google\":{\"thinking_config\":{\"include_thoughts\":true},"
                    "\"cached_content\":\"c\"}}}"}},
            "\"extra_body\":{\"google\":{\"thinking_config\":{\"thinking_budget\":128,"
            "\"include_thoughts\":true},\"cached_content\":\"c\"}}"},
        /* an object under a path merges as well */
        {{{"a.b", "{\"c\":1}"}, {"a.b", "{\"c\":2,\"d\":3}"}}, "\"a\":{\"b\":{\"c\":1,\"d\":3}}"},
        /* the first value stays, and kinds do not mix */
        {{{"a", "1"}, {"a", "2"}, {NULL, "{\"a\":3,\"b\":4}"}}, "\"a\":1,\"b\":4"},
        {{{"a", "1"}, {"a.b", "2"}, {"a", "{\"c\":3}"}}, "\"a\":1"},
        {{{"a.b", "2"}, {"a", "1"}}, "\"a\":{\"b\":2}"},
        {{{"a.b", "2"}, {"a.b.c", "1"}}, "\"a\":{\"b\":2}"},
        {{{"a", "null"}, {"b", "{}"}, {"b", "{ }"}}, "\"a\":null,\"b\":{}"},
        /* dots are dots in an object's own names; escapes stay as written */
        {{{NULL, "{\"a.b\":1,\"\\u0063\":{\"d\":[{\"e\":1}]}}"}, {"a.b", "2"}},
            "\"a.b\":1,\"\\u0063\":{\"d\":[{\"e\":1}]},\"a\":{\"b\":2}"},
        /* no paths, no values, no objects */
        {{{"", "1"}, {".a", "1"}, {"a.", "1"}, {"a..b", "1"}, {"c", ""}, {NULL, ""}}, ""},
        {{{NULL, "[1]"}, {NULL, "{\"a\":1"}, {NULL, "{\"a\":1}x"}, {NULL, "7"},
             {NULL, "{\"a\":1,\"a\":2}"}},
            ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct members m = {0};
        struct buf out = BUF_INIT;
        for (const struct step *s = rows[i].steps; s->json; s++) {
            if (s->path)
                members_put(&m, str_c(s->path), str_c(s->json));
            else
                members_merge(&m, str_c(s->json));
        }
        members_print(&m, &out);
        if (strcmp(buf_cstr(&out), rows[i].expect) != 0)
            fail_msg("row %zu: %s", i, buf_cstr(&out));
        members_release(&m);
        buf_release(&out);
    }
}

static void test_values_of_other_kinds(void **state)
{
    struct members m = {0};
    struct buf out = BUF_INIT;

    (void)state;
    members_text(&m, STR("a.say"), STR("\"\n\xC3\xA9"));
    members_int(&m, STR("a.most"), INT64_MIN);
    members_int(&m, STR("stream_options.x"), 1);
    assert_str(members_get(&m, "a.most"), "-9223372036854775808");
    assert_str(members_get(&m, "a.say"), "\"\\\"\\n\xC3\xA9\"");
    assert_int_equal(members_get(&m, "a").n, 0);
    assert_int_equal(members_get(&m, "a.no").n, 0);
    assert_int_equal(members_get(&m, "a.most.no").n, 0);
    assert_int_equal(members_get(&m, "no.most").n, 0);
    members_drop(&m, "stream_options");
    members_drop(&m, "not there");
    members_print(&m, &out);
    assert_string_equal(
        buf_cstr(&out), "\"a\":{\"say\":\"\\\"\\n\xC3\xA9\",\"most\":-9223372036854775808}");
    members_drop(&m, "a");
    buf_reset(&out);
    members_print(&m, &out);
    assert_int_equal(out.n, 0);
    members_release(&m);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_printed),
        cmocka_unit_test(test_values_of_other_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
