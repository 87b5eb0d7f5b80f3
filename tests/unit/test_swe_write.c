/* test_swe_write.c - tasks as rows and as numbers; points in time. */
#include "datasets/swe_row.h"
#include "datasets/swe_time.h"
#include "datasets/swe_write.h"
#include "harness/base/table.h"
#include "tests/unit/unit.h"

static struct arena arena;

static void read_good(const char *text, struct swe_list *list)
{
    struct err err;

    if (swe_rows_read(unit_file("rows.jsonl", str_c(text)), NULL, false, &arena, list, &err))
        fail_msg("%s: %s", text, err.msg);
}

/* --- writing ------------------------------------------------------------------------------- */

static void test_write(void **state)
{
    static const char row[] =
        "{\"repo\":\"x/y\",\"pr_number\":3,\"title\":\"T\",\"user_login\":null,"
        "\"state\":\"closed\",\"body\":\"b\\n\",\"changed_files\":[{\"filename\":\"a\","
        "\"status\":\"renamed\",\"additions\":1,\"deletions\":null,\"previous_filename\":\"b\","
        "\"patch\":\"@@\"}],\"changed_files_count\":1,\"base_commit\":\"abcdef0123\","
        "\"head_commit\":null,\"merged_at\":\"2024-02-29T23:59:59Z\",\"cluster\":\"c\","
        "\"related\":[12,\"abcdef0\"]}\n"
        "{\"repo\":\"x/y\",\"pr_number\":null,\"title\":null,\"user_login\":null,\"state\":null,"
        "\"body\":null,\"changed_files\":null,\"changed_files_count\":null,\"base_commit\":null,"
        "\"head_commit\":\"abcdef0\",\"merged_at\":null,\"cluster\":null,\"related\":null}\n";
    struct swe_list list = {0};
    struct buf out = BUF_INIT;

    (void)state;
    read_good(row, &list);
    assert_int_equal(list.n, 2);
    assert_int_equal(swe_rows_write(&out, &list), 0);
    assert_str(buf_str(&out), row);
    list.v[1].files = &(struct swe_file){.name = STR("a\xFF.py"), .status = SWE_MODIFIED};
    list.v[1].nfiles = 1;
    buf_reset(&out);
    assert_int_equal(swe_rows_write(&out, &list), 1);
    assert_true(str_utf8_ok(buf_str(&out)));
    swe_list_release(&list);
    buf_release(&out);
}

/* Seconds: date -u -d TEXT +%s */
static void test_time(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2000-02-29T12:34:56Z", 951827696},
        {"2024-12-31 23:59:59", 1735689599},
        {"2024-06-01T00:00:00+02:00", 1717192800},
        {"2024-06-01T00:00:00.123-0730", 1717227000},
        {"2100-03-01T00:00:00Z", 4107542400},
        {"1969-12-31T23:59:59Z", -1},
    };
    static const char *const bad[] = {"", "2024", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
        "2024-01-01", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00ZZ", "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+2", "2024-1-01T00:00:00Z", "2024-01-01X00:00:00Z"};
    int64_t seconds;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(swe_time_read(str_c(good[i].text), &seconds));
        assert_int_equal(seconds, good[i].seconds);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (swe_time_read(str_c(bad[i]), &seconds))
            fail_msg("\"%s\" was read", bad[i]);
    assert_str(swe_time_print(951827696, &arena), "2000-02-29T12:34:56Z");
    /* a commit may claim any time */
    assert_str(swe_time_print(60000000000000000, &arena), "9999-12-31T23:59:59Z");
    assert_str(swe_time_print(INT64_MAX, &arena), "9999-12-31T23:59:59Z");
    assert_str(swe_time_print(INT64_MIN, &arena), "1000-01-01T00:00:00Z");
}

static double stat_of(const struct table *t, const char *repo, const char *what)
{
    for (size_t i = 0; i < table_rows(t); i++)
        if (str_eqc(table_get_str(t, i, 0), repo) && str_eqc(table_get_str(t, i, 1), what))
            return table_get_num(t, i, 2);
    fail_msg("no %s of %s", what, repo);
    return 0;
}

static void test_stats(void **state)
{
    struct swe_list list = {0};

    (void)state;
    read_good(
        "{\"repo\":\"aider\",\"pr_number\":7,\"changed_files\":[{\"filename\":\"a.py\",\"status\":"
        "\"modified\"},{\"filename\":\"b.md\",\"status\":\"new\"}]}\n"
        "{\"repo\":\"aider\",\"pr_number\":1,\"cluster\":\"a\",\"changed_"
        "files\":[{\"filename\":"
        "\"q\",\"status\":\"modified\"},{\"filename\":\"r\",\"status\":"
        "\"modified\"}]}\n"
        "{\"repo\":\"aider\",\"pr_number\":2,\"cluster\":\"a\"}\n"
        "{\"repo\":\"x/y\",\"pr_number\":1,\"cluster\":\"a\"}\n",
        &list);
    swe_relate(&list, false, &arena);
    struct table *t = swe_stats_table(&list);
    assert_true(stat_of(t, "Aider-AI/aider", "tasks") == 3);
    assert_true(stat_of(t, "Aider-AI/aider", "tasks_with_files") == 2);
    assert_true(stat_of(t, "Aider-AI/aider", "files") == 4);
    assert_true(stat_of(t, "Aider-AI/aider", "files_modified") == 3);
    assert_true(stat_of(t, "Aider-AI/aider", "files_added") == 1);
    assert_true(stat_of(t, "Aider-AI/aider", "files_per_task") == 2);
    assert_true(stat_of(t, "Aider-AI/aider", "modified_per_task") == 1.5);
    assert_true(stat_of(t, "Aider-AI/aider", "modified_least") == 1);
    assert_true(stat_of(t, "Aider-AI/aider", "modified_most") == 2);
    assert_true(stat_of(t, "Aider-AI/aider", "clusters") == 1);
    assert_true(stat_of(t, "Aider-AI/aider", "clusters_of_one") == 0);
    assert_true(stat_of(t, "Aider-AI/aider", "tasks_without_cluster") == 1);
    assert_true(stat_of(t, "Aider-AI/aider", "tasks_with_related") == 2);
    assert_true(stat_of(t, "x/y", "clusters_of_one") == 1);
    assert_true(stat_of(t, "x/y", "tasks_no_related") == 1);
    table_free(t);
    swe_list_release(&list);
}

static int cleanup(void **state)
{
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_stats),
    };

    return cmocka_run_group_tests(tests, NULL, cleanup);
}
