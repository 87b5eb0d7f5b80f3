/* fuzz_multi_query.c - any bytes as a reply that lists questions: what is kept is text within the
 * limits, and every pair that was found is accounted for. */
#include "datasets/multi_query.h"
#include "metrics/gold.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_pair(const struct multi_query_pair *p)
{
    bool one_line = str_find(p->question, STR("\n"), 0) == SIZE_MAX;

    if (!p->question.n || p->question.n > MULTI_QUERY_QUESTION || !one_line || !p->gold.n ||
        p->solution.n > MULTI_QUERY_SOLUTION || !str_utf8_ok(p->question) ||
        !str_utf8_ok(p->solution))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena arena = {0};
    struct multi_query_options o = {.original = STR("How many are there?"), .gold = gold_read};
    struct multi_query m;

    o.most = n ? data[0] : 1;
    o.cut = n > 1 && data[1] & 1;
    multi_query_parse((struct str){(const char *)data, n}, &o, &arena, &m);
    size_t found = m.n;
    for (size_t i = 0; i < m.n; i++)
        check_pair(&m.v[i]);
    for (int d = 0; d < MULTI_QUERY_DROP_COUNT; d++)
        found += m.dropped[d];
    if (found != m.found || m.n > o.most)
        abort();
    arena_release(&arena);
    return 0;
}
