/* test_price_import.c - tables of our own in the shape of the public one, and what becomes of them.
 */
#include "harness/config/price_import.h"

#include "tests/unit/unit.h"

#include <math.h>

static struct arena arena;
static struct err err;
static struct price_import_counts counts;

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static enum err_code import(const char *json, struct price_list *ret)
{
    const struct price_import_options options = {
        "t.json", STR("2026-11-23"), STR("https://prices.example/t.json")};

    err = (struct err){0};
    return price_import(str_c(json), &options, &arena, ret, &counts, &err);
}

static void test_a_table(void **state)
{
    struct price_list l;

    (void)state;
    assert_int_equal(
        import(
            "{\"sample_spec\":{\"mode\":\"one of: \\\"chat\\\" -5\",\"input_cost_per_token\":0.0},"
            "\"one\":{\"litellm_provider\":\"openai\",\"mode\":\"chat\",\"max_tokens\":\"many\","
            "\"input_cost_per_token\":1.375e-05,\"output_cost_per_token\":0.00018,"
            "\"output_cost_per_reasoning_token\":2e-4,\"cache_read_input_token_cost\":5.46875e-07,"
            "\"cache_creation_input_token_cost\":6.25e-06,"
            "\"cache_creation_input_token_cost_above_1hr\":1E-5,"
            "\"input_cost_per_token_above_272k_tokens\":2.75e-05,"
            "\"output_cost_per_token_above_272k_tokens\":0.00027,"
            "\"cache_read_input_token_cost_above_272k_tokens\":1e-6,"
            "\"cache_creation_input_token_cost_above_1hr_above_200k_tokens\":3e-5,"
            "\"input_cost_per_token_priority\":9,"
            "\"input_cost_per_token_above_272k_tokens_priority\":9,"
            "\"input_cost_per_token_batches\":6.875e-06,\"output_cost_per_token_batches\":9e-05,"
            "\"tiered_pricing\":[{\"range\":[0,1.5e3]}]},"
            "\"together_ai/org/two\":{\"litellm_provider\":\"together_ai\","
            "\"input_cost_per_token\":1e-7,\"output_cost_per_token\":0}}",
            &l),
        OK);
    assert_int_equal(l.n, 2);
    const struct price *p = &l.v[0];
    const struct price_tier *t = p->tiers.v;
    assert_str(p->id, "one");
    assert_str(p->provider, "openai");
    assert_str(p->effective_from, "2026-11-23");
    assert_str(p->source_url, "https://prices.example/t.json");
    assert_int_equal(p->rates.input, 13750000);
    assert_int_equal(p->rates.output, 180000000);
    assert_int_equal(p->rates.reasoning, 200000000);
    assert_int_equal(p->rates.cache_read, 546875);
    assert_int_equal(p->rates.cache_write_5m, 6250000);
    assert_int_equal(p->rates.cache_write_1h, 10000000);
    assert_int_equal(p->tiers.n, 2);
    assert_int_equal(t[0].above_input, 200000);
    assert_int_equal(t[0].rates.input, 13750000); /* what the tier does not say stays */
    assert_int_equal(t[0].rates.cache_write_1h, 30000000);
    assert_int_equal(t[1].above_input, 272000);
    assert_int_equal(t[1].rates.input, 27500000);
    assert_int_equal(t[1].rates.output, 270000000);
    assert_int_equal(t[1].rates.cache_read, 1000000);
    assert_int_equal(p->batch_millionths, 500000);
    assert_str(l.v[1].id, "org/two");
    assert_str(l.v[1].provider, "together");
    assert_true(isnan(l.v[1].batch_factor));
    assert_int_equal(counts.rows, 2);
    assert_int_equal(counts.rounded + counts.other + counts.free + counts.no_factor, 0);
}

static void test_what_is_left_out(void **state)
{
    struct price_list l;

    (void)state;
    assert_int_equal(
        import("{\"a\":{\"mode\":\"embedding\",\"input_cost_per_token\":\"x\"},"
               "\"b\":{\"mode\":\"chat\",\"input_cost_per_second\":1},"
               "\"c\":{\"mode\":\"chat\",\"input_cost_per_token\":0.0,\"output_cost_per_token\":0},"
               "\"d\":{\"litellm_provider\":\"p\",\"input_cost_per_token\":1e-6,"
               "\"output_cost_per_token\":1e-6},"
               "\"p/d\":{\"litellm_provider\":\"p\",\"input_cost_per_token\":2e-6,"
               "\"output_cost_per_token\":1.23456789e-6},"
               "\"e\":{\"input_cost_per_token\":3e-6,\"output_cost_per_token\":3e-6,"
               "\"input_cost_per_token_batches\":1e-6,\"output_cost_per_token_batches\":1e-6},"
               "\"f\":{\"input_cost_per_token\":3e-6,\"output_cost_per_token\":null}}",
            &l),
        OK);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.v[0].rates.input, 2000000); /* the name with its provider is the better */
    assert_int_equal(l.v[0].rates.output, 1234568);
    assert_true(isnan(l.v[1].batch_factor)); /* a third is no decimal */
    assert_null(l.v[1].provider.p);
    assert_int_equal(counts.other, 3);
    assert_int_equal(counts.free, 1);
    assert_int_equal(counts.repeated, 1);
    assert_int_equal(counts.rounded, 1);
    assert_int_equal(counts.no_factor, 1);
}

static void test_malformed(void **state)
{
#define PRICED "\"input_cost_per_token\":1e-6,\"output_cost_per_token\":1e-6"
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"[]", "t.json: the table is an object by model name, not a list"},
        {"{\"a\":", "t.json: line 1"},
        {"{}", "t.json: no row prices"},
        {"{\"\":{}}", "a row has no name"},
        {"{\"a\":5}", "\"a\" must be an object, not a number"},
        {"{\"a\":{\"mode\":3}}", "\"a\".mode must be a string, not a number"},
        {"{\"a\":{\"litellm_provider\":[]}}", "\"a\".litellm_provider must be a string"},
        {"{\"a\":{\"input_cost_per_token\":\"1e-6\",\"output_cost_per_token\":1}}",
            "\"a\".input_cost_per_token must be a number, not a string"},
        {"{\"a\":{" PRICED ",\"cache_read_input_token_cost\":-1e-7}}",
            "\"a\".cache_read_input_token_cost is -1e-7, which is no price"},
        {"{\"a\":{" PRICED ",\"output_cost_per_token_batches\":true}}",
            "\"a\".output_cost_per_token_batches must be a number, not true or false"},
        {"{\"a\":{" PRICED ",\"output_cost_per_token_above_200k_tokens\":1e9}}",
            "\"a\".output_cost_per_token_above_200k_tokens is 1e9"},
        {"{\"a\":{" PRICED "},\"a\":{}}", "names the key \"a\" twice"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct price_list l;
        assert_int_equal(import(cases[i].json, &l), ERR_INPUT);
        assert_message(err, cases[i].says);
    }
}

/* What is imported is a price file. */
static void test_rows_are_a_price_file(void **state)
{
    struct price_list l, again;
    struct buf text = BUF_INIT;

    (void)state;
    assert_int_equal(import("{\"x\":{" PRICED ",\"input_cost_per_token_above_128k_tokens\":2e-6,"
                            "\"input_cost_per_token_batches\":7.5e-7,"
                            "\"output_cost_per_token_batches\":0.00000075}}",
                         &l),
        OK);
    price_write(&text, l.v, l.n);
    assert_int_equal(price_read(buf_str(&text), "written", &arena, &again, &err), OK);
    assert_int_equal(again.v[0].batch_millionths, 750000);
    assert_int_equal(((const struct price_tier *)again.v[0].tiers.v)[0].above_input, 128000);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table),
        cmocka_unit_test(test_what_is_left_out),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_rows_are_a_price_file),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
