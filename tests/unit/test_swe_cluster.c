/* test_swe_cluster.c - words of the filter one by one; similarities and clusters by hand. */
#include "datasets/swe_cluster.h"
#include "datasets/swe_filter.h"
#include "tests/unit/unit.h"

#include <math.h>

static struct arena arena;

/* --- words --------------------------------------------------------------------------------- */

static const struct {
    const char *title, *body;
    enum swe_verdict verdict;
    const char *word;
} texts[] = {
    {"Add a bit", NULL, SWE_TITLE_SHORT, ""},
    {"\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F add", NULL, SWE_TITLE_SHORT, ""}, /* 8 characters */
    {"Add a toggle for colours", NULL, SWE_KEPT, ""},
    {"ADDED: toggles", NULL, SWE_KEPT, ""},
    {"Colour toggles", "this adds them", SWE_KEPT, ""},
    {"Colour toggles", "readdress", SWE_NO_FEATURE_WORD, ""},
    {"Colour toggles", NULL, SWE_NO_FEATURE_WORD, ""},
    {"feat: colour toggles", NULL, SWE_KEPT, ""},
    {"Add fixes for colours", NULL, SWE_TITLE_WORD, "fix"},
    {"Add a prefix to colours", NULL, SWE_KEPT, ""},
    {"Add colours, debug them", NULL, SWE_KEPT, ""},
    {"Add colour bugs", NULL, SWE_TITLE_WORD, "bug"},
    {"Support inversion of colours", NULL, SWE_KEPT, ""},
    {"Support versioned colours", NULL, SWE_TITLE_WORD, "version"},
    {"Add colours to docs", NULL, SWE_TITLE_WORD, "doc"},
    {"Add untested colours", NULL, SWE_KEPT, ""},
    {"Add pre-release colours", NULL, SWE_TITLE_WORD, "release"},
    {"Add my_test colours", NULL, SWE_KEPT, ""},     /* '_' is part of a word */
    {"Add colours", "fix, bug, test", SWE_KEPT, ""}, /* a body may say so */
    {"ci: add colours", NULL, SWE_TITLE_PREFIX, "ci"},
    {"CI(colours)!: add them", NULL, SWE_TITLE_PREFIX, "ci"},
    {"feat(linter, api): add colours", NULL, SWE_TITLE_WORD, "lint"},
    {"feat(ui, perf): add colours", NULL, SWE_TITLE_PREFIX, "perf"},
    {"style: add colours", NULL, SWE_TITLE_PREFIX, "style"},
    {"builder: add colours", NULL, SWE_KEPT, ""},
    {"Add a style: colours", NULL, SWE_KEPT, ""},
    {"Add colours - closes #12", NULL, SWE_REFERS, "closes"},
    {"Add colours", "Fixes\n #1", SWE_REFERS, "fixes"},
    {"Add colours", "fixes #x, closes 12, resolves: #3", SWE_KEPT, ""},
    {"Add colours", "prefixes #12", SWE_KEPT, ""},
    {"Add colours", "a follow-up of yesterday's #12", SWE_REFERS, "follow-up"},
    {"Add colours", "Follow up to #12", SWE_REFERS, "follow up"},
    {"Add colours", "depends on nothing\n#12", SWE_KEPT, ""},
    {"Add colours", "x\nit is part of the thing of #12\n", SWE_REFERS, "part of"},
    {"Add colours", "based on #", SWE_KEPT, ""},
};

static void test_filter(void **state)
{
    struct swe_words words;
    struct err err;

    (void)state;
    if (swe_words_read(NULL, &arena, &words, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct str word;
        enum swe_verdict v = swe_filter(&words, str_c(texts[i].title), str_c(texts[i].body), &word);
        if (v != texts[i].verdict)
            fail_msg("\"%s\" / \"%s\": %s (%.*s)", texts[i].title,
                texts[i].body ? texts[i].body : "", swe_verdict_name(v), STR_ARG(word));
        assert_str(word, texts[i].word);
    }
}

static void test_filter_each_word(void **state)
{
    static const char *const rejected[] = {"fix", "bug", "revert", "typo", "crash", "lint", "bump",
        "release", "version", "refactor", "cleanup", "rename", "chore", "doc", "test"};
    static const char *const accepted[] = {"add", "support", "implement", "introduce", "new",
        "feature", "allow", "enable", "option", "flag", "integrate", "provide"};
    struct swe_words words;
    struct str word;
    struct err err;
    struct buf title = BUF_INIT;

    (void)state;
    if (swe_words_read(NULL, &arena, &words, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < ARRAY_LEN(rejected); i++) {
        buf_reset(&title);
        buf_printf(&title, "Add the colour %s", rejected[i]);
        assert_int_equal(swe_filter(&words, buf_str(&title), STR(""), &word), SWE_TITLE_WORD);
        assert_str(word, rejected[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        buf_reset(&title);
        buf_printf(&title, "Colours %s", accepted[i]);
        assert_int_equal(swe_filter(&words, buf_str(&title), STR(""), NULL), SWE_KEPT);
        assert_int_equal(
            swe_filter(&words, STR("Colours and more"), buf_str(&title), NULL), SWE_KEPT);
    }
    buf_release(&title);
}

static void test_words_bad(void **state)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"[]", "must be an object"},
        {"{\"rejected\":1}", "\"rejected\" must be a list of words"},
        {"{\"rejected\":[1]}", "\"rejected\" holds something that is no word"},
        {"{\"rejected\":[],\"rejected_prefixes\":[],\"accepted\":[],\"references\":[],"
         "\"references_in_line\":[]}",
            "\"least_title\" must be"},
        {"{\"rejected\":[],\"rejected_prefixes\":[],\"accepted\":[],\"references\":[],"
         "\"references_in_line\":[],\"least_title\":3,\"more\":[]}",
            "unknown key \"more\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct swe_words words;
        struct err err;
        const char *path = unit_file("words.json", str_c(bad[i].text));
        assert_int_equal(swe_words_read(path, &arena, &words, &err), ERR_INPUT);
        assert_message(err, bad[i].part);
        assert_message(err, "words.json");
    }
}

/* --- similarity ---------------------------------------------------------------------------- */

enum { MOST_FILES = 4 };

static struct swe_task make(
    int64_t number, const char *title, const char *body, const char *const *files)
{
    struct swe_task task = {.repo = STR("x/y"), .number = number, .title = str_c(title)};

    task.body = str_c(body);
    task.files = arena_array(&arena, struct swe_file, MOST_FILES);
    for (; files[task.nfiles]; task.nfiles++)
        task.files[task.nfiles] =
            (struct swe_file){.name = str_c(files[task.nfiles]), .status = SWE_MODIFIED};
    return task;
}

static const struct swe_extensions py = {{{"py", 2}}, 1};

/* Three tasks; ln 4/2 + .1 = .79315 for what one has, ln 4/3 + .1 = .38768 for two, .1 for three.
 *
 * Files: m.py of all three, a.py of 1 and 2, b.py of 3. Jaccard of 1 and 2: (w3 + w2) / (w3 + w2) =
 * 1; of 1 and 3: w3 / (w3 + w2 + w1) = .1 / 1.28083 = .078074.
 *
 * Words: 1 "red toggle" twice, "py" twice (once a path), nothing of "m" and "a", one letter long.
 * 2 "red switch" twice, "py" twice; 3 "blue dots" twice, "py" twice. A word twice has 1 + ln 2 =
 * 1.693147. 1: red .656405 (w2), toggle 1.342922 (w1), py .169315 (w3): norm^2 2.262976; the same
 * for 2. 1 and 2: red^2 + py^2 = .459535 / 2.262976 = .203067. 3: blue and dots 1.342922 each, py:
 * norm^2 = 3.635546; 1 and 3: .028667 / sqrt(2.262976 * 3.635546) = .009995. */
static void test_similarity(void **state)
{
    struct swe_task tasks[] = {
        make(1, "Red toggle", NULL, (const char *const[]){"m.py", "a.py", "x.md", NULL}),
        make(2, "red-Switch!", NULL, (const char *const[]){"m.py", "a.py", NULL}),
        make(3, "blue (dots)", NULL, (const char *const[]){"m.py", "b.py", NULL}),
    };
    struct swe_similarity *s;
    struct err err;

    (void)state;
    if (swe_similarity_new(tasks, ARRAY_LEN(tasks), &py, &s, &err))
        fail_msg("%s", err.msg);
    assert_true(fabs((double)swe_similarity_get(s, 0, 1) / 1e9 - (1 + .203067) / 2) < 1e-6);
    assert_true(fabs((double)swe_similarity_get(s, 0, 2) / 1e9 - (.078074 + .009995) / 2) < 1e-6);
    assert_true(swe_similarity_get(s, 1, 2) == swe_similarity_get(s, 2, 1));
    assert_true(swe_similarity_get(s, 1, 1) == SWE_SIMILARITY_ONE);
    swe_similarity_free(s);
}

/* The body counts up to its 600th character. */
static void test_body(void **state)
{
    struct buf body = BUF_INIT;
    const char *const none[] = {NULL};
    struct swe_similarity *s;
    struct err err;

    (void)state;
    for (size_t i = 0; i < 596; i++)
        buf_puts(&body, "\xC3\xA4");
    buf_puts(&body, "word");
    struct swe_task tasks[] = {
        make(1, "", buf_cstr(&body), none), make(2, "word", NULL, none), make(3, "", NULL, none)};
    if (swe_similarity_new(tasks, 3, &py, &s, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(swe_similarity_get(s, 0, 1), SWE_SIMILARITY_ONE / 2);
    assert_int_equal(swe_similarity_get(s, 0, 2), 0);
    swe_similarity_free(s);
    buf_reset(&body);
    for (size_t i = 0; i < 600; i++)
        buf_putc(&body, '.');
    buf_puts(&body, "word");
    tasks[0] = make(1, "", buf_cstr(&body), none);
    if (swe_similarity_new(tasks, 3, &py, &s, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(swe_similarity_get(s, 0, 1), 0);
    swe_similarity_free(s);
    buf_release(&body);
}

/* --- average link -------------------------------------------------------------------------- */

/* Tasks with given similarities are made of files: none shared, words do nothing. So the groups are
 * tested by titles whose cosines are known: equal titles have .5, disjoint ones 0. */
static void test_groups(void **state)
{
    static const char *const none[] = {NULL};
    static const char *const titles[] = {"aa", "bb", "aa", "bb", "aa", "cc", "aa"};
    struct swe_task tasks[ARRAY_LEN(titles)];
    size_t group[ARRAY_LEN(titles)];
    struct swe_similarity *s;
    struct err err;
    static const size_t free_size[] = {0, 1, 0, 1, 0, 5, 0};
    static const size_t size_two[] = {0, 1, 0, 1, 4, 5, 4}; /* equals: what stands first */
    static const size_t size_three[] = {0, 1, 0, 1, 0, 5, 6};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        tasks[i] = make((int64_t)i + 1, titles[i], NULL, none);
    if (swe_similarity_new(tasks, ARRAY_LEN(tasks), &py, &s, &err))
        fail_msg("%s", err.msg);
    swe_similarity_groups(s, 1, 100, group);
    assert_memory_equal(group, free_size, sizeof group);
    swe_similarity_groups(s, SWE_SIMILARITY_ONE / 2, 2, group);
    assert_memory_equal(group, size_two, sizeof group);
    swe_similarity_groups(s, 1, 3, group);
    assert_memory_equal(group, size_three, sizeof group);
    swe_similarity_groups(s, SWE_SIMILARITY_ONE / 2 + 1, 100, group);
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        assert_int_equal(group[i], i);
    swe_similarity_free(s);
}

/* Mean similarity of two groups, or -1 if one is empty or both are too large together. */
static double mean_of(const struct swe_similarity *s, const size_t *group, size_t n, size_t a,
    size_t b, size_t max_size)
{
    int64_t sum = 0;
    size_t in_a = 0, in_b = 0;

    for (size_t i = 0; i < n; i++) {
        in_a += group[i] == a;
        in_b += group[i] == b;
        for (size_t j = 0; j < n; j++)
            if (group[i] == a && group[j] == b)
                sum += swe_similarity_get(s, i, j);
    }
    return in_a && in_b && in_a + in_b <= max_size ? (double)sum / (double)(in_a * in_b) : -1;
}

/* The plain way, all pairs of clusters each time, as docs/SWE.md has it. */
static void slow_groups(
    const struct swe_similarity *s, size_t n, int64_t threshold, size_t max_size, size_t *group)
{
    for (size_t i = 0; i < n; i++)
        group[i] = i;
    for (;;) {
        double best = -1;
        size_t from = n, to = n;
        for (size_t a = 0; a < n; a++)
            for (size_t b = a + 1; b < n; b++) {
                double mean = mean_of(s, group, n, a, b, max_size);
                if (mean <= best)
                    continue;
                best = mean;
                to = a;
                from = b;
            }
        if (to == n || best < (double)threshold)
            return;
        for (size_t i = 0; i < n; i++)
            if (group[i] == from)
                group[i] = to;
    }
}

static void test_groups_against_slow(void **state)
{
    enum { N = 18 };
    static const char *const words[] = {"red", "blue", "dot", "line", "menu", "key"};
    static const char *const names[] = {"a.py", "b.py", "c.py", "d.py", "e.py"};
    unsigned seed = 7;

    (void)state;
    for (size_t round = 0; round < 60; round++) {
        struct swe_task tasks[N];
        struct swe_similarity *s;
        struct err err;
        size_t fast[N], slow[N];
        for (size_t i = 0; i < N; i++) {
            const char *files[MOST_FILES] = {NULL};
            char *title;
            seed = seed * 1103515245u + 12345u;
            title = arena_printf(&arena, "%s %s %s", words[(seed >> 16) % 6],
                words[(seed >> 20) % 6], words[(seed >> 24) % 6]);
            files[0] = names[(seed >> 12) % 5];
            files[1] = names[(seed >> 8) % 5];
            if (strcmp(files[0], files[1]) == 0)
                files[1] = NULL;
            tasks[i] = make((int64_t)i + 1, title, NULL, files);
        }
        if (swe_similarity_new(tasks, N, &py, &s, &err))
            fail_msg("%s", err.msg);
        for (size_t size = 2; size <= N; size += 2) {
            int64_t threshold = SWE_SIMILARITY_ONE / 10 * (int64_t)(1 + round % 5);
            swe_similarity_groups(s, threshold, size, fast);
            slow_groups(s, N, threshold, size, slow);
            assert_memory_equal(fast, slow, sizeof fast);
        }
        swe_similarity_free(s);
    }
}

static void test_list(void **state)
{
    static const char *const none[] = {NULL};
    struct swe_list list = {0};
    struct swe_cluster_options options = {
        .threshold = SWE_SIMILARITY_ONE / 5, .max_size = 6, .extensions = &py};
    struct err err;

    (void)state;
    *swe_list_add(&list) = make(9, "aa", NULL, none);
    *swe_list_add(&list) = make(3, "bb", NULL, none);
    *swe_list_add(&list) = make(4, "aa", NULL, none);
    *swe_list_add(&list) = make(5, "aa", NULL, none);
    list.v[3].repo = STR("a/a");
    if (swe_cluster(&list, &options, NULL, NULL, &arena, &err))
        fail_msg("%s", err.msg);
    assert_str(list.v[0].repo, "a/a");
    assert_str(list.v[0].cluster, "c001");
    assert_int_equal(list.v[1].number, 3);
    assert_str(list.v[1].cluster, "c001");
    assert_int_equal(list.v[2].number, 4);
    assert_str(list.v[2].cluster, "c002");
    assert_str(list.v[3].cluster, "c002");
    swe_relate(&list, false, &arena);
    assert_int_equal(list.v[0].nrelated, 0);
    assert_int_equal(list.v[2].nrelated, 1);
    assert_str(list.v[2].related[0], "9");
    swe_list_release(&list);
}

static void test_limits(void **state)
{
    struct swe_task *tasks = xcalloc(SWE_CLUSTER_TASKS + 1, sizeof *tasks);
    struct swe_similarity *s;
    struct err err;

    (void)state;
    assert_int_equal(swe_similarity_new(tasks, SWE_CLUSTER_TASKS + 1, &py, &s, &err), ERR_LIMIT);
    assert_message(err, "too many to compare");
    assert_int_equal(swe_similarity_new(tasks, 0, &py, &s, &err), OK);
    swe_similarity_groups(s, 1, 6, NULL);
    swe_similarity_free(s);
    free(tasks);
}

static void test_extensions(void **state)
{
    struct swe_extensions e;
    struct err err;

    (void)state;
    assert_int_equal(swe_extensions_read(STR(" .py, js"), &e, &err), OK);
    assert_true(swe_extensions_has(&e, STR("a/b.py")));
    assert_true(swe_extensions_has(&e, STR("c.js")));
    assert_false(swe_extensions_has(&e, STR("happy")));
    assert_false(swe_extensions_has(&e, STR("a.pyc")));
    assert_false(swe_extensions_has(&e, STR("a.PY")));
    assert_false(swe_extensions_has(&e, STR("py")));
    assert_int_equal(swe_extensions_read(STR(""), &e, &err), OK);
    assert_true(swe_extensions_has(&e, STR("any")));
    assert_int_equal(swe_extensions_read(STR("py,,js"), &e, &err), ERR_USAGE);
    assert_int_equal(swe_extensions_read(STR("py,"), &e, &err), ERR_USAGE);
}

static int cleanup(void **state)
{
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_filter_each_word),
        cmocka_unit_test(test_words_bad),
        cmocka_unit_test(test_similarity),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_groups_against_slow),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_extensions),
    };

    return cmocka_run_group_tests(tests, NULL, cleanup);
}
