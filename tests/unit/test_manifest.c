/* test_manifest.c - the registry that travels in the program, and ones that are wrong. */
#include "datasets/manifest.h"

#include "datasets/item_columns.h"
#include "harness/base/data.h"
#include "harness/base/digest.h"
#include "harness/base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static struct err err;
static char dir[256];

static int start(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(dir, sizeof dir, "%s/sleepbench-manifest.XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    return mkdtemp(dir) ? 0 : -1;
}

static int stop(void **state)
{
    char path[300];

    (void)state;
    data_override(NULL);
    arena_release(&arena);
    snprintf(path, sizeof path, "%s/datasets/manifest.json", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/datasets", dir);
    rmdir(path);
    return rmdir(dir);
}

static void put(const char *text)
{
    char path[300];

    snprintf(path, sizeof path, "%s/datasets", dir);
    assert_int_equal(file_make_dirs(path, &err), OK);
    snprintf(path, sizeof path, "%s/datasets/manifest.json", dir);
    assert_int_equal(file_write(path, str_c(text), &err), OK);
    data_override(dir);
}

static void assert_said(const char *text)
{
    if (!strstr(err.msg, text))
        fail_msg("\"%s\" is not in: %s", text, err.msg);
}

/* --- the one in the program ---------------------------------------------------------------- */

static void test_every_set_is_there(void **state)
{
    static const char *const names[] = {"gsm-symbolic-main", "gsm-symbolic-p1", "gsm-symbolic-p2",
        "stateful-gsm-symbolic-p1", "stateful-gsm-symbolic-p2", "aime", "aime-2024", "aime-2024-h4",
        "aime-2024-maxwell-jia", "aime-2025", "aime-2025-math-ai", "stateful-aime-2024",
        "stateful-aime-2025", "swe-features", "paper-prompts"};
    struct manifest m;

    (void)state;
    data_override(NULL);
    assert_int_equal(manifest_load(&arena, &m, &err), OK);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_non_null(manifest_find(&m, str_c(names[i])));
    for (size_t i = 0; i < m.sets.n; i++) {
        const struct manifest_set *set = manifest_set(&m, i);
        assert_true(set->help.n && set->licence.n && str_starts(set->page, STR("https://")));
        for (size_t k = 0; k < set->parts.n; k++)
            for (size_t s = 0; s < manifest_part(set, k)->sources.n; s++)
                assert_true(
                    str_starts(manifest_source(manifest_part(set, k), s)->url, STR("https://")));
    }
}

/* The digests of the release's prompts, in the order of their names, as they stand in the document
 * that the paper's reproduction was agreed on; one digest over the 17 lines "digest  path". */
static void test_prompts_are_pinned(void **state)
{
    struct digest_ctx *ctx = digest_new();
    char hex[DIGEST_HEX_LEN + 1];
    struct manifest m;

    (void)state;
    data_override(NULL);
    assert_int_equal(manifest_load(&arena, &m, &err), OK);
    const struct manifest_set *set = manifest_find(&m, STR("paper-prompts"));
    assert_int_equal(set->parts.n, 17);
    assert_false(manifest_is_rows(set));
    for (size_t i = 0; i < set->parts.n; i++) {
        const struct manifest_part *part = manifest_part(set, i);
        const struct manifest_source *source = manifest_source(part, 0);
        assert_int_equal(part->sources.n, 1);
        assert_true(str_ends(part->path, part->file));
        assert_true(str_ends(source->url, part->path));
        assert_true(str_find(source->url, STR("/ffdf6626178f55318e1109610fecd95f58b9ee28/"), 0) !=
                    SIZE_MAX);
        digest_add(ctx, source->sha256);
        digest_add(ctx, STR("  "));
        digest_add(ctx, part->path);
        digest_add(ctx, STR("\n"));
    }
    assert_string_equal(digest_hex(digest_end(ctx), hex),
        "462a76838df61f0a2eb2f059f9b1807a1563b42617f7380c3de43890210ac263");
    digest_free(ctx);
}

/* --- reading ------------------------------------------------------------------------------- */

#define SET(members) "{\"sets\":[{\"name\":\"a\"," members "}]}"
#define PART(members) SET("\"parts\":[{" members "}]")
#define SOURCE(members) PART("\"file\":\"f\",\"sources\":[{" members "}]")

static void test_a_small_one(void **state)
{
    struct manifest m;

    (void)state;
    put("{\"sets\":[{\"name\":\"a\",\"parts\":[{\"file\":\"f\",\"sources\":[\"https://x.example/"
        "f\","
        "{\"url\":\"https://y.example/{revision}/f\",\"revision\":\"abc\",\"token_env\":\"T\"}]}]},"
        "{\"name\":\"b\",\"kind\":\"files\",\"columns\":\"question=q,answer=a\",\"parts\":[{"
        "\"file\":"
        "\"g\",\"sources\":[{\"format\":\"file\",\"url\":\"https://z.example/g\"}]}]}]}");
    assert_int_equal(manifest_load(&arena, &m, &err), OK);
    assert_int_equal(m.sets.n, 2);
    const struct manifest_part *part = manifest_part(manifest_find(&m, STR("a")), 0);
    assert_int_equal(part->sources.n, 2);
    assert_true(str_eqc(manifest_source(part, 0)->url, "https://x.example/f"));
    assert_null(manifest_source(part, 0)->sha256.p);
    assert_true(str_eqc(manifest_source(part, 1)->url, "https://y.example/abc/f"));
    assert_null(manifest_source(part, 2));
    assert_null(manifest_part(manifest_find(&m, STR("a")), 1));
    assert_null(manifest_find(&m, STR("c")));
    const struct manifest_set *set;
    assert_int_equal(manifest_need(&m, STR("B"), &set, &err), ERR_USAGE);
    assert_said("did you mean \"");
    assert_int_equal(manifest_need(&m, STR("b"), &set, &err), OK);
}

static void test_wrong_ones(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", ""},
        {"{\"sets\":[}", "line 1"},
        {"{\"set\":[]}", "did you mean"},
        {SET("\"parts\":[],\"licenc\":\"x\""), "did you mean"},
        {SET("\"parts\":[]"), "set \"a\" has no parts"},
        {"{\"sets\":[{\"name\":\"../a\",\"parts\":[]}]}", "sets[0].name"},
        {"{\"sets\":[{\"name\":\".a\",\"parts\":[]}]}", "sets[0].name"},
        {"{\"sets\":[{\"parts\":[]}]}", "sets[0].name"},
        {PART("\"file\":\"../f\""), "plain file name"},
        {PART("\"file\":\"lock.json\""), "plain file name"},
        {PART("\"file\":\"f\""), "parts[0] has no sources"},
        {SOURCE("\"format\":\"jsonl\""), "a source has no url"},
        {SOURCE("\"url\":\"https://x/{revision}\""), "needs a revision"},
        {SOURCE("\"url\":\"https://x\",\"sha256\":\"abc\""), "64 digits"},
        {SOURCE("\"url\":\"https://x\",\"sha256\":\"ABCDEF0000000000000000000000000000000000000000"
                "000000000000000000\""),
            "64 digits"},
        {SOURCE("\"url\":\"https://x\",\"format\":\"rows\""), "needs a dataset"},
        {SOURCE("\"url\":\"https://x\",\"format\":\"file\""), "does not go with kind"},
        {SOURCE("\"url\":\"https://x\",\"format\":\"parquet\""), "format"},
        {SET("\"columns\":\"questions=q\",\"parts\":[{\"file\":\"f\",\"sources\":[\"https://"
             "x\"]}]"),
            "is no column map"},
        {SET("\"parts\":[{\"file\":\"f\",\"sources\":[\"https://x\"]},{\"file\":\"f\",\"sources\":"
             "[\"https://x\"]}]"),
            "two parts are named f"},
        {"{\"sets\":[{\"name\":\"b\",\"parts\":[{\"file\":\"f\",\"sources\":[\"https://x\"]}]},"
         "{\"name\":\"a\",\"parts\":[{\"file\":\"f\",\"sources\":[\"https://x\"]}]}]}",
            "out of order"},
    };
    struct manifest m;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        put(cases[i].text);
        enum err_code code = manifest_load(&arena, &m, &err);
        if (err_exit_code(code) != 2)
            fail_msg("case %zu: code %d", i, code);
        assert_said("datasets/manifest.json");
        assert_said(cases[i].said);
    }
}

/* --- column maps --------------------------------------------------------------------------- */

static void test_columns(void **state)
{
    static const char *const wrong[] = {
        "question", "question=", "=x", "problems=x", "id=a,,answer=b", ","};
    struct item_columns c = {.id = "old"};

    (void)state;
    assert_int_equal(
        item_columns_read(STR("problem=Problem, answer = The answer"), &arena, &c, &err), OK);
    assert_string_equal(c.question, "Problem");
    assert_string_equal(c.answer, "The answer");
    assert_string_equal(c.id, "old");
    assert_null(c.query);
    assert_int_equal(
        item_columns_read(STR("id=a,cluster=b,stratum=c,context=d,query=e=f"), &arena, &c, &err),
        OK);
    assert_string_equal(c.query, "e=f");
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(item_columns_read(str_c(wrong[i]), &arena, &c, &err), ERR_USAGE);
        assert_said("is no column map");
    }
    assert_string_equal(c.id, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_set_is_there),
        cmocka_unit_test(test_prompts_are_pinned),
        cmocka_unit_test(test_a_small_one),
        cmocka_unit_test(test_wrong_ones),
        cmocka_unit_test(test_columns),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
