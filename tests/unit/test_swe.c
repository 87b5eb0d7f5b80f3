/* test_swe.c - rows in every shape, gold sets, relatives, files of clusters. */
#include "datasets/swe.h"
#include "datasets/swe_given.h"
#include "datasets/swe_row.h"
#include "harness/base/json.h"
#include "tests/unit/unit.h"

static struct arena arena;

static enum err_code read_text(
    const char *text, bool skip_bad, struct swe_list *list, struct err *err)
{
    const char *path = unit_file("rows.jsonl", str_c(text));

    *err = (struct err){0};
    return swe_rows_read(path, NULL, skip_bad, &arena, list, err);
}

static void read_good(const char *text, struct swe_list *list)
{
    struct err err;

    if (read_text(text, false, list, &err))
        fail_msg("%s: %s", text, err.msg);
}

static void assert_warning(const struct swe_list *list, const char *part)
{
    if (!list->warnings.n || !strstr(buf_cstr(&list->warnings), part))
        fail_msg(
            "no warning \"%s\" in \"%s\"", part, list->warnings.n ? buf_cstr(&list->warnings) : "");
}

/* --- shapes -------------------------------------------------------------------------------- */

#define HEAD                                                                                       \
    "\"repo\":\"aider\",\"pr_number\":7,\"title\":\"A\",\"user_login\":\"u\","                     \
    "\"state\":\"closed\",\"body\":null,\"changed_files_count\":2,"                                \
    "\"base_commit\":\"edc602c33a0804fad0405caad17025f4431f49a1\""
#define FILES_JSON                                                                                 \
    "[{\"filename\":\"a.py\",\"status\":\"modified\",\"additions\":6,"                             \
    "\"deletions\":0,\"patch\":\"@@ x\\ny\"},{\"filename\":\"b.md\",\"status\":\"new\"}]"
#define FILES_QUOTED                                                                               \
    "\"[{\\\"filename\\\":\\\"a.py\\\",\\\"status\\\":\\\"modified\\\","                           \
    "\\\"additions\\\":6,\\\"deletions\\\":0,\\\"patch\\\":\\\"@@ x\\\\ny\\\"},"                   \
    "{\\\"filename\\\":\\\"b.md\\\",\\\"status\\\":\\\"new\\\"}]\""
#define FILES_PYTHON                                                                               \
    "\"[{'filename': 'a.py', 'status': 'modified', 'additions': 6, 'deletions': 0, "               \
    "'patch': '@@ x\\\\ny'}, {'filename': 'b.md', 'status': 'new', "                               \
    "'patch': None, 'ok': True}]\""
#define ROW(files) "{" HEAD ",\"changed_files\":" files "}"

static void check_one(const struct swe_list *list)
{
    const struct swe_task *t = &list->v[0];

    assert_int_equal(list->n, 1);
    assert_int_equal(list->nwarnings, 0);
    assert_str(t->repo, "Aider-AI/aider");
    assert_int_equal(t->number, 7);
    assert_str(t->title, "A");
    assert_str(t->user, "u");
    assert_str(t->state, "closed");
    assert_null(t->body.p);
    assert_str(t->base, "edc602c33a0804fad0405caad17025f4431f49a1");
    assert_int_equal(t->changed_files_count, 2);
    assert_int_equal(t->nfiles, 2);
    assert_str(t->files[0].name, "a.py");
    assert_int_equal(t->files[0].status, SWE_MODIFIED);
    assert_int_equal(t->files[0].additions, 6);
    assert_int_equal(t->files[0].deletions, 0);
    assert_str(t->files[0].patch, "@@ x\ny");
    assert_str(t->files[1].name, "b.md");
    assert_int_equal(t->files[1].status, SWE_ADDED);
    assert_int_equal(t->files[1].additions, -1);
    assert_null(t->files[1].patch.p);
}

static void test_shapes(void **state)
{
    static const char *const texts[] = {
        ROW(FILES_JSON),
        ROW(FILES_QUOTED),
        ROW(FILES_PYTHON),
        "\xEF\xBB\xBF\r\n" ROW(FILES_JSON) "\r\n\n",
        "[" ROW(FILES_JSON) "]",
        "\n[\n" ROW(FILES_PYTHON) "\n]\n",
        "{\"rows\":[{\"row_idx\":0,\"row\":" ROW(FILES_JSON) ",\"truncated_cells\":[]}],"
                                                             "\"num_rows_total\":1}",
        "{\n\"rows\":[{\"row\":" ROW(FILES_QUOTED) "}]\n}",
        "{\n" HEAD ",\"changed_files\":" FILES_JSON "\n}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct swe_list list = {0};
        read_good(texts[i], &list);
        check_one(&list);
        swe_list_release(&list);
    }
}

static void test_names(void **state)
{
    static const char *const names[][2] = {
        {"aider", "Aider-AI/aider"},
        {"Aider", "Aider-AI/aider"},
        {"paul-gauthier/aider", "Aider-AI/aider"},
        {"ComfyUI", "Comfy-Org/ComfyUI"},
        {"comfyanonymous/ComfyUI", "Comfy-Org/ComfyUI"},
        {"Comfy-Org/ComfyUI", "Comfy-Org/ComfyUI"},
        {"somebody/else", "somebody/else"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_str(swe_repo_name(str_c(names[i][0])), names[i][1]);
}

static void test_status(void **state)
{
    static const struct {
        const char *name;
        enum swe_status status;
    } rows[] = {
        {"added", SWE_ADDED},
        {"new", SWE_ADDED},
        {"New", SWE_ADDED},
        {"removed", SWE_REMOVED},
        {"modified", SWE_MODIFIED},
        {"renamed", SWE_RENAMED},
        {"copied", SWE_COPIED},
        {"changed", SWE_CHANGED},
    };
    enum swe_status status;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(swe_status_find(str_c(rows[i].name), &status));
        assert_int_equal(status, rows[i].status);
    }
    assert_false(swe_status_find(STR("unchanged"), &status));
    assert_false(swe_status_find(STR(""), &status));
    for (size_t i = 0; i < SWE_STATUS_COUNT; i++) {
        assert_true(swe_status_find(str_c(swe_status_name((enum swe_status)i)), &status));
        assert_int_equal(status, i);
    }
}

/* --- bad rows ------------------------------------------------------------------------------ */

static const struct {
    const char *text, *part;
} bad_rows[] = {
    {"{" HEAD "}\n{", "rows.jsonl:2: "},
    {"{\"pr_number\":7}", "rows.jsonl:1: the row has no \"repo\""},
    {"{\"repo\":\"aider\"}", "no \"pr_number\""},
    {"{\"repo\":\"aider\",\"pr_number\":\"7\"}", "pr_number must be a whole number"},
    {"{\"repo\":\"aider\",\"pr_number\":0}", "pr_number must be a whole number"},
    {"{\"repo\":\"aider\",\"pr_number\":1.5}", "pr_number must be a whole number"},
    {"{\"repo\":3,\"pr_number\":1}", "repo is a number, not a text"},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"title\":[]}", "title is a list, not a text"},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"base_commit\":\"main\"}", "\"main\" is no commit id"},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"merged_at\":\"soon\"}", "\"soon\" is no time"},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"changed_files\":3}", "not a list of files"},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"changed_files\":\"{'a': 1}\"}", "not a list of files"},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"changed_files\":\"[{'filename': x}]\"}",
        "neither JSON nor a Python literal"},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"changed_files\":[\"a.py\"]}",
        "file 1 of changed_files: is a string, not an object"},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"changed_files\":[{\"status\":\"new\"}]}",
        "has no \"filename\""},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"changed_files\":[{\"filename\":\"a\",\"status\":\"M\"}]"
     "}",
        "has the status \"M\""},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"changed_files_count\":-1}", "changed_files_count must"},
    {"{\"repo\":\"aider\",\"pr_number\":1,\"related\":[\"x\"]}", "related holds something"},
    {"[{" HEAD "},3]", "row 2: a row must be an object, not a number"},
    {"{" HEAD "}\n\n{" HEAD "}", "rows.jsonl:3: Aider-AI/aider #7 stands in row 1 already"},
    {"{" HEAD "}\n{\"repo\":\"Aider-AI/aider\",\"pr_number\":7}",
        "rows.jsonl:2: Aider-AI/aider #7"},
    {"{\"rows\":[{\"row\":{" HEAD "},\"truncated_cells\":[\"changed_files\"]}]}",
        "cut the cell \"changed_files\""},
};

static void test_bad_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_rows); i++) {
        struct swe_list list = {0};
        struct err err;
        if (read_text(bad_rows[i].text, false, &list, &err) != ERR_INPUT)
            fail_msg("%s was read (%s)", bad_rows[i].text, err.msg);
        assert_message(err, bad_rows[i].part);
        swe_list_release(&list);
    }
}

static void test_skip_bad(void **state)
{
    struct swe_list list = {0};
    struct err err;

    (void)state;
    assert_int_equal(read_text("{" HEAD "}\nnonsense\n{\"repo\":\"aider\"}\n{" HEAD "}\n"
                               "{\"repo\":\"aider\",\"pr_number\":8}\n",
                         true, &list, &err),
        OK);
    assert_int_equal(list.n, 2);
    assert_int_equal(list.skipped, 3);
    assert_int_equal(list.nwarnings, 3);
    assert_int_equal(list.v[1].number, 8);
    assert_warning(&list, "rows.jsonl:2: ");
    assert_warning(&list, "rows.jsonl:4: left out: Aider-AI/aider #7 stands in row 1 already");
    swe_list_release(&list);
}

static void test_warnings(void **state)
{
    struct swe_list list = {0};

    (void)state;
    read_good("{\"repo\":\"aider\",\"pr_number\":10}\n"
              "{\"repo\":\"ComfyUI\",\"pr_number\":10,\"changed_files_count\":2,\"changed_files\":"
              "[{\"filename\":\"a\",\"status\":\"new\"}]}\n"
              "{\"repo\":\"x/y\",\"pr_number\":1,\"changed_files\":[{\"filename\":\"a\",\"status\":"
              "\"new\"},{\"filename\":\"a\",\"status\":\"modified\"}]}\n",
        &list);
    assert_int_equal(list.n, 2);
    assert_int_equal(list.skipped, 1);
    assert_int_equal(list.nwarnings, 3);
    assert_warning(&list, "rows.jsonl:1: Aider-AI/aider #10 is not a pull request");
    assert_warning(&list, "rows.jsonl:2: changed_files_count says 2, but 1 files are listed");
    assert_warning(&list, "rows.jsonl:3: a file name stands twice");
    swe_list_release(&list);
}

/* --- the paper's rows ---------------------------------------------------------------------- */

/* DATASETS C1: changed files, of these .py and .js, of these modified. */
static const struct {
    const char *repo;
    int number, files, wanted, modified;
} paper[] = {
    {"aider", 2631, 4, 4, 4},
    {"aider", 1998, 8, 3, 3},
    {"aider", 468, 6, 5, 5},
    {"aider", 667, 5, 3, 3},
    {"aider", 55, 7, 6, 5},
    {"aider", 1402, 4, 4, 4},
    {"aider", 996, 15, 15, 14},
    {"aider", 577, 12, 10, 8},
    {"aider", 2911, 4, 4, 4},
    {"aider", 2612, 4, 3, 3},
    {"aider", 673, 4, 4, 4},
    {"aider", 1620, 5, 3, 3},
    {"aider", 1015, 68, 22, 22},
    {"aider", 2866, 7, 6, 3},
    {"aider", 2067, 5, 5, 4},
    {"aider", 322, 7, 6, 5},
    {"aider", 1217, 22, 12, 12},
    {"aider", 904, 7, 7, 7},
    {"ComfyUI", 4979, 4, 3, 3},
    {"ComfyUI", 4690, 5, 5, 4},
    {"ComfyUI", 3903, 4, 4, 4},
    {"ComfyUI", 733, 5, 5, 5},
    {"ComfyUI", 713, 12, 10, 9},
};

static void read_paper(struct swe_list *list)
{
    struct buf text = BUF_INIT, rows = BUF_INIT;
    struct json *doc;
    struct err err;

    if (file_read(unit_data("swe_features/swe_features_identified.json"), 0, &text, &err) ||
        json_parse(buf_str(&text), JSON_STRICT, &doc, &err))
        fail_msg("%s", err.msg);
    json_print(&rows, json_get(doc, "identified"));
    read_good(buf_cstr(&rows), list);
    json_free(doc);
    buf_release(&text);
    buf_release(&rows);
}

static void test_paper_rows(void **state)
{
    struct swe_list list = {0};

    (void)state;
    read_paper(&list);
    assert_int_equal(list.n, ARRAY_LEN(paper));
    assert_int_equal(list.nwarnings, 0);
    for (size_t i = 0; i < ARRAY_LEN(paper); i++) {
        const struct swe_task *t =
            swe_list_find(&list, swe_repo_name(str_c(paper[i].repo)), paper[i].number);
        int wanted = 0, modified = 0;
        assert_non_null(t);
        for (size_t k = 0; k < t->nfiles; k++) {
            bool is_wanted =
                str_ends(t->files[k].name, STR(".py")) || str_ends(t->files[k].name, STR(".js"));
            wanted += is_wanted;
            modified += is_wanted && t->files[k].status == SWE_MODIFIED;
        }
        assert_int_equal(t->nfiles, paper[i].files);
        assert_int_equal(t->changed_files_count, paper[i].files);
        assert_int_equal(wanted, paper[i].wanted);
        assert_int_equal(modified, paper[i].modified);
        assert_int_equal(t->base.n, 40);
    }
    swe_list_release(&list);
}

/* App. D: 6 clusters of 18 and 6 of 15; #1234 and #93 have no relative. */
static void test_paper_clusters(void **state)
{
    struct swe_list list = {0};
    struct buf rows = BUF_INIT;
    struct err err;
    size_t absent = 99;
    static const int comfy[] = {
        5293, 931, 4979, 4690, 3903, 3071, 3042, 723, 713, 733, 658, 199, 55, 1234, 93};

    (void)state;
    for (size_t i = 0; i < 18; i++)
        buf_printf(&rows, "{\"repo\":\"aider\",\"pr_number\":%d}\n", paper[i].number);
    for (size_t i = 0; i < ARRAY_LEN(comfy); i++)
        buf_printf(&rows, "{\"repo\":\"ComfyUI\",\"pr_number\":%d}\n", comfy[i]);
    read_good(buf_cstr(&rows), &list);
    assert_int_equal(list.n, 33);
    if (swe_given_apply(NULL, &arena, &list, &absent, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(absent, 0);
    swe_relate(&list, false, &arena);
    size_t lonely = 0, related = 0;
    for (size_t i = 0; i < list.n; i++) {
        assert_true(list.v[i].cluster.n > 0);
        lonely += list.v[i].nrelated == 0;
        related += list.v[i].nrelated;
    }
    assert_int_equal(lonely, 2);
    /* 5*4 + 3*2 + 2*1 + 3*2 + 3*2 + 2*1 and 2*1 + 3*2 + 3*2 + 5*4 */
    assert_int_equal(related, 42 + 34);
    struct swe_task *t = swe_list_find(&list, STR("Comfy-Org/ComfyUI"), 3071);
    assert_int_equal(t->nrelated, 2);
    assert_str(t->related[0], "3042");
    assert_str(t->related[1], "723");
    assert_int_equal(swe_list_find(&list, STR("Comfy-Org/ComfyUI"), 93)->nrelated, 0);
    assert_int_equal(swe_list_find(&list, STR("Comfy-Org/ComfyUI"), 1234)->nrelated, 0);
    swe_list_release(&list);
    buf_release(&rows);
}

/* --- files of clusters --------------------------------------------------------------------- */

static enum err_code apply(const char *rows, const char *clusters, struct swe_list *list,
    size_t *ret_absent, struct err *err)
{
    read_good(rows, list);
    *err = (struct err){0};
    return swe_given_apply(
        unit_file("clusters.json", str_c(clusters)), &arena, list, ret_absent, err);
}

#define TWO "{\"repo\":\"x/y\",\"pr_number\":1}\n{\"repo\":\"x/y\",\"pr_number\":2}\n"

static void test_given(void **state)
{
    struct swe_list list = {0};
    struct err err;
    size_t absent;

    (void)state;
    assert_int_equal(apply(TWO, "{\"a\":[2,1,9],\"b\":[]}", &list, &absent, &err), OK);
    assert_str(list.v[0].cluster, "a");
    assert_str(list.v[1].cluster, "a");
    assert_int_equal(absent, 1);
    swe_list_release(&list);
    assert_int_equal(apply(TWO "{\"repo\":\"z\",\"pr_number\":1}\n",
                         "{\"x/y\":{\"a\":[1]},\"z\":{\"b\":[1]}}", &list, &absent, &err),
        OK);
    assert_str(list.v[0].cluster, "a");
    assert_str(list.v[1].cluster, "");
    assert_str(list.v[2].cluster, "b");
    swe_list_release(&list);
}

static void test_given_bad(void **state)
{
    static const struct {
        const char *rows, *clusters, *part;
    } bad[] = {
        {TWO, "[1]", "must be an object"},
        {TWO, "{\"a\":[1],\"b\":[2,1]}", "x/y #1 stands in two clusters"},
        {TWO, "{\"a\":[\"1\"]}", "numbers of pull requests only"},
        {TWO, "{\"a\":[0]}", "numbers of pull requests only"},
        {TWO, "{\"a\":1}", "must be a list of numbers"},
        {TWO, "{\"x/y\":{\"a\":[1]},\"b\":[1]}", "must be an object of clusters"},
        {TWO "{\"repo\":\"z\",\"pr_number\":1}\n", "{\"a\":[1]}", "of several repositories"},
        {TWO, "{\"a\":[1]", "clusters.json: "},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct swe_list list = {0};
        struct err err;
        if (apply(bad[i].rows, bad[i].clusters, &list, NULL, &err) != ERR_INPUT)
            fail_msg("%s was taken", bad[i].clusters);
        assert_message(err, bad[i].part);
        assert_message(err, "clusters.json");
        swe_list_release(&list);
    }
}

/* --- relatives and gold -------------------------------------------------------------------- */

static void test_before(void **state)
{
    struct swe_list list = {0};

    (void)state;
    read_good("{\"repo\":\"x/"
              "y\",\"pr_number\":1,\"cluster\":\"c\",\"merged_at\":\"2024-01-02T00:00:00Z\"}\n"
              "{\"repo\":\"x/"
              "y\",\"pr_number\":2,\"cluster\":\"c\",\"merged_at\":\"2024-01-01T00:00:00Z\"}\n"
              "{\"repo\":\"x/"
              "y\",\"pr_number\":3,\"cluster\":\"c\",\"merged_at\":\"2024-01-02T01:00:00+01:00\"}\n"
              "{\"repo\":\"x/y\",\"pr_number\":4,\"cluster\":\"c\"}\n"
              "{\"repo\":\"x/"
              "z\",\"pr_number\":5,\"cluster\":\"c\",\"merged_at\":\"2023-01-01T00:00:00Z\"}\n"
              "{\"repo\":\"x/y\",\"pr_number\":6,\"merged_at\":\"2023-01-01T00:00:00Z\"}\n"
              "{\"repo\":\"x/y\",\"pr_number\":7,\"cluster\":\"c\",\"related\":[6,\"abcdef0\"]}\n",
        &list);
    swe_relate(&list, true, &arena);
    assert_int_equal(list.v[0].nrelated, 1); /* #3 has the same time */
    assert_str(list.v[0].related[0], "2");
    assert_int_equal(list.v[1].nrelated, 0);
    assert_int_equal(list.v[2].nrelated, 1);
    assert_int_equal(list.v[3].nrelated, 0); /* its own time is unknown */
    assert_int_equal(list.v[4].nrelated, 0); /* another repository */
    assert_int_equal(list.v[5].nrelated, 0); /* no cluster */
    assert_int_equal(list.v[6].nrelated, 2); /* as the row says */
    assert_str(list.v[6].related[1], "abcdef0");
    swe_list_release(&list);
}

static void test_gold(void **state)
{
    struct swe_file files[] = {
        {.name = STR("z.py"), .status = SWE_MODIFIED},
        {.name = STR("new.py"), .status = SWE_ADDED},
        {.name = STR("README.md"), .status = SWE_MODIFIED},
        {.name = STR("old.py"), .status = SWE_REMOVED},
        {.name = STR("to.py"), .previous = STR("from.py"), .status = SWE_RENAMED},
        {.name = STR("z.py"), .status = SWE_MODIFIED},
    };
    struct swe_task task = {.files = files, .nfiles = ARRAY_LEN(files)};
    struct str *names;

    (void)state;
    assert_int_equal(swe_gold_files(&task, SWE_GOLD_MODIFIED, &arena, &names), 2);
    assert_str(names[0], "README.md");
    assert_str(names[1], "z.py");
    assert_int_equal(swe_gold_files(&task, SWE_GOLD_ALL, &arena, &names), 5);
    assert_str(names[0], "README.md");
    assert_str(names[1], "new.py");
    assert_str(names[2], "old.py");
    assert_str(names[3], "to.py");
    assert_str(names[4], "z.py");
    task.nfiles = 0;
    assert_int_equal(swe_gold_files(&task, SWE_GOLD_ALL, &arena, &names), 0);
}

static int cleanup(void **state)
{
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_skip_bad),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_paper_rows),
        cmocka_unit_test(test_paper_clusters),
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_given_bad),
        cmocka_unit_test(test_before),
        cmocka_unit_test(test_gold),
    };

    return cmocka_run_group_tests(tests, NULL, cleanup);
}
