/* test_lists.c - the lists of CONTRIBUTING.md: names sorted and unique, help and hooks in place. */
#include "datasets/dataset.h"
#include "harness/provider/provider.h"
#include "metrics/extract.h"
#include "metrics/tables.h"
#include "plots/figure.h"
#include "splitters/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Names come one by one; each must be behind the one before it in byte order. */
static void in_order(const char **before, const char *name)
{
    assert_non_null(name);
    assert_true(*name);
    if (*before && strcmp(*before, name) >= 0)
        fail_msg("\"%s\" may not stand behind \"%s\"", name, *before);
    *before = name;
}

static void has_text(const char *name, const char *text)
{
    if (!text || !*text)
        fail_msg("\"%s\" has no help", name);
}

static void test_datasets(void **state)
{
    const char *before = NULL;

    (void)state;
    for (size_t i = 0; dataset_all[i]; i++) {
        in_order(&before, dataset_all[i]->name);
        has_text(dataset_all[i]->name, dataset_all[i]->help);
        assert_non_null(dataset_all[i]->load);
        assert_ptr_equal(dataset_find(str_c(dataset_all[i]->name)), dataset_all[i]);
    }
    assert_non_null(before);
    assert_null(dataset_find(STR("no such thing")));
}

static void test_splitters(void **state)
{
    const char *before = NULL;

    (void)state;
    for (size_t i = 0; splitter_all[i]; i++) {
        in_order(&before, splitter_all[i]->name);
        has_text(splitter_all[i]->name, splitter_all[i]->help);
        assert_non_null(splitter_all[i]->cut);
        assert_ptr_equal(splitter_find(str_c(splitter_all[i]->name)), splitter_all[i]);
    }
    assert_non_null(before);
    assert_null(splitter_find(STR("")));
}

static void test_providers(void **state)
{
    const char *before = NULL;

    (void)state;
    for (size_t i = 0; provider_all[i]; i++) {
        in_order(&before, provider_all[i]->name);
        assert_int_equal(provider_all[i]->path[0], '/');
        assert_non_null(provider_all[i]->build);
        assert_non_null(provider_all[i]->read);
        assert_ptr_equal(provider_find(str_c(provider_all[i]->name)), provider_all[i]);
    }
    assert_non_null(before);
    assert_null(provider_find(STR("openai-cha")));
}

static void test_graders(void **state)
{
    const char *before = NULL;

    (void)state;
    for (size_t i = 0; grader_all[i]; i++) {
        in_order(&before, grader_all[i]->name);
        has_text(grader_all[i]->name, grader_all[i]->help);
        assert_non_null(grader_all[i]->grade);
        assert_ptr_equal(grader_find(str_c(grader_all[i]->name)), grader_all[i]);
    }
    assert_non_null(before);
    assert_null(grader_find(STR("Strict")));
}

/* Tables and figures stand as a report shows them; no name twice. */
static void test_tables_and_figures(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        has_text(tables_all[i].name, tables_all[i].about);
        assert_non_null(tables_all[i].build);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(tables_all[i].name, tables_all[j].name);
    }
    for (size_t i = 0; i < figure_count; i++) {
        has_text(figure_all[i]->id, figure_all[i]->title);
        has_text(figure_all[i]->id, figure_all[i]->about);
        assert_non_null(figure_all[i]->panel);
        assert_ptr_equal(figure_find(str_c(figure_all[i]->id)), figure_all[i]);
    }
    assert_true(tables_count > 0 && figure_count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datasets),
        cmocka_unit_test(test_splitters),
        cmocka_unit_test(test_providers),
        cmocka_unit_test(test_graders),
        cmocka_unit_test(test_tables_and_figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
