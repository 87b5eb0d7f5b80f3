/* test_prompt_paper.c - the paper's set out of the cache, with texts of our own in its place. */
#include "datasets/fetch.h"
#include "harness/base/data.h"
#include "harness/base/file.h"
#include "harness/config/budget.h"
#include "harness/plan/prompt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static struct err err;
static char top[256];
static struct buf manifest;

static const char *path(const char *name)
{
    static char text[4][400];
    static int turn;

    turn = (turn + 1) % 4;
    snprintf(text[turn], sizeof text[turn], "%s/%s", top, name);
    return text[turn];
}

static void put(const char *name, struct str text)
{
    if (file_write(path(name), text, &err))
        fail_msg("%s", err.msg);
}

/* A file of the set with a text that says which it is, pinned in the manifest. */
static void add_text(const char *kind, int level)
{
    char name[64], text[64], hex[DIGEST_HEX_LEN + 1], at[80];

    snprintf(name, sizeof name, level < 0 ? "%s.txt" : "%s_verbosity_%d.txt", kind, level);
    snprintf(text, sizeof text, "[%s %d]\n", kind, level);
    snprintf(at, sizeof at, "here/%s", name);
    put(at, str_c(text));
    buf_printf(&manifest,
        "%s{\"file\":\"%s\",\"sources\":[{\"format\":\"file\",\"url\":\"https://x.example/%s\","
        "\"sha256\":\"%s\"}]}",
        manifest.p[manifest.n - 1] == '[' ? "" : ",", name, name,
        digest_hex(digest_of(str_c(text)), hex));
}

static int start(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(top, sizeof top, "%s/sleepbench-paper.XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    if (!mkdtemp(top) || file_make_dirs(path("data/datasets"), &err) ||
        file_make_dirs(path("here"), &err))
        return -1;
    buf_puts(&manifest, "{\"sets\":[{\"name\":\"paper-prompts\",\"kind\":\"files\",\"parts\":[");
    for (int level = 0; level < PROMPT_LEVELS; level++) {
        add_text("convo", level);
        add_text("persona", level);
        add_text("human", level);
    }
    add_text("sleep_time_base", -1);
    add_text("sleep_time_base_aime", -1);
    buf_puts(&manifest, "]}]}");
    put("data/datasets/manifest.json", buf_str(&manifest));
    setenv("SLEEPBENCH_CACHE", path("cache"), 1);
    static char data[400];
    snprintf(data, sizeof data, "%s", path("data"));
    data_override(data);
    return 0;
}

static int stop(void **state)
{
    struct buf command = BUF_INIT;

    (void)state;
    data_override(NULL);
    arena_release(&arena);
    buf_release(&manifest);
    buf_printf(&command, "rm -rf '%s'", top);
    int gone = system(buf_cstr(&command));
    buf_release(&command);
    return gone;
}

static void fetch(void)
{
    const char *from[] = {path("here")};
    struct fetch_options o = {.from = from, .nfrom = 1};
    struct fetch_result result;
    struct manifest m;

    if (manifest_load(&arena, &m, &err) ||
        fetch_set(manifest_set(&m, 0), &o, &arena, &result, &err))
        fail_msg("%s", err.msg);
}

static void assert_said(const char *text)
{
    if (!strstr(err.msg, text))
        fail_msg("\"%s\" is not in: %s", text, err.msg);
}

static void assert_awake(
    const struct prompts *p, enum prompt_form form, int64_t level, const char *want)
{
    struct buf text = BUF_INIT;

    prompt_awake(p, form, level, &text);
    assert_string_equal(buf_cstr(&text), want);
    buf_release(&text);
}

static void test_not_fetched(void **state)
{
    struct prompts p;

    (void)state;
    assert_int_equal(prompts_load(STR("paper"), STR("jsonl"), &arena, &p, &err), ERR_USAGE);
    assert_said("sleepbench data fetch paper-prompts");
    assert_said("prompts \"paper\"");
}

static void test_composition(void **state)
{
    struct buf text = BUF_INIT;
    struct prompts p, neutral;

    (void)state;
    fetch();
    assert_int_equal(prompts_load(STR("paper"), STR("gsm-symbolic-p2"), &arena, &p, &err), OK);
    assert_int_equal(
        prompts_load(STR("neutral"), STR("gsm-symbolic-p2"), &arena, &neutral, &err), OK);
    for (int level = 0; level < PROMPT_LEVELS; level++) {
        char want[256];
        snprintf(want, sizeof want,
            "[convo %d]\n\n<persona>\n[persona %d]\n</persona>\n\n<human>\n[human %d]\n</human>",
            level, level, level);
        assert_awake(&p, FORM_PLAIN, level, want);
        assert_awake(&p, FORM_MEMORY, level, want);
        assert_awake(&p, FORM_REPLACE, level, want);
        assert_awake(&p, FORM_GUESS_MEMORY, level, want);
        /* a guess without a memory is ours: the release has none */
        buf_reset(&text);
        prompt_awake(&neutral, FORM_GUESS, level, &text);
        assert_awake(&p, FORM_GUESS, level, buf_cstr(&text));
    }
    /* an effort is asked for with the words of level 0 */
    int64_t high;
    assert_true(budget_effort_find(STR("high"), &high));
    assert_awake(&p, FORM_MEMORY, high,
        "[convo 0]\n\n<persona>\n[persona 0]\n</persona>\n\n<human>\n[human 0]\n</human>");
    buf_reset(&text);
    prompt_asleep(&p, 10, 5000, &text);
    assert_string_equal(buf_cstr(&text),
        "[sleep_time_base -1]\n\n<rethink_memory_block>\n[empty]\n</rethink_memory_block>");
    assert_true(str_eq(p.tools, neutral.tools));
    assert_true(str_eq(p.asleep_user, neutral.asleep_user));
    buf_release(&text);
}

static void test_aime_sleeps_on_another_text(void **state)
{
    static const char *const names[] = {"aime", "aime-2024", "stateful-aime-2025"};
    struct buf text = BUF_INIT;
    struct prompts other, p;

    (void)state;
    fetch();
    assert_int_equal(prompts_load(STR("paper"), STR("jsonl"), &arena, &other, &err), OK);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(prompts_load(STR("paper"), str_c(names[i]), &arena, &p, &err), OK);
        buf_reset(&text);
        prompt_asleep(&p, 10, 5000, &text);
        assert_true(str_starts(buf_str(&text), STR("[sleep_time_base_aime -1]")));
        assert_memory_not_equal(p.digest.b, other.digest.b, DIGEST_LEN);
    }
    buf_release(&text);
}

/* The digest names the set: it differs from ours, and is the same each time. */
static void test_digest(void **state)
{
    struct prompts a, b, neutral;

    (void)state;
    fetch();
    assert_int_equal(prompts_load(STR("paper"), STR("jsonl"), &arena, &a, &err), OK);
    assert_int_equal(prompts_load(STR("paper"), STR("worlds/null"), &arena, &b, &err), OK);
    assert_int_equal(prompts_load(STR("neutral"), STR("jsonl"), &arena, &neutral, &err), OK);
    assert_memory_equal(a.digest.b, b.digest.b, DIGEST_LEN);
    assert_memory_not_equal(a.digest.b, neutral.digest.b, DIGEST_LEN);
}

static void test_a_changed_file(void **state)
{
    struct prompts p;

    (void)state;
    fetch();
    put("cache/paper-prompts/persona_verbosity_3.txt", STR("something else"));
    assert_int_equal(prompts_load(STR("paper"), STR("jsonl"), &arena, &p, &err), ERR_INPUT);
    assert_said("persona_verbosity_3.txt is not what was fetched");
    fetch();
    unlink(path("cache/paper-prompts/human_verbosity_0.txt"));
    assert_int_equal(prompts_load(STR("paper"), STR("jsonl"), &arena, &p, &err), ERR_USAGE);
    assert_said("human_verbosity_0.txt has gone");
    fetch();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_fetched),
        cmocka_unit_test(test_composition),
        cmocka_unit_test(test_aime_sleeps_on_another_text),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_a_changed_file),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
