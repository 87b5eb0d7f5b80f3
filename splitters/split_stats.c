/* split_stats.c - see split_stats.h. */
#include "splitters/split_stats.h"

#include <stdlib.h>

static void count_gold(struct split_stats *t, struct str gold)
{
    size_t digits = 0, points = 0, at = gold.n && (gold.p[0] == '-' || gold.p[0] == '+');

    for (; at < gold.n && (str_is_digit(gold.p[at]) || gold.p[at] == '.'); at++) {
        digits += gold.p[at] != '.';
        points += gold.p[at] == '.';
    }
    bool number = at == gold.n && digits && points <= 1;
    t->integer_golds += number && !points;
    t->decimal_golds += number && points;
    t->other_golds += !number;
}

static void count_query(struct split_stats *t, const struct split_query *q)
{
    size_t chars = str_utf8_count(q->text);

    t->queries++;
    t->origins[q->origin]++;
    t->verified += q->origin == ORIGIN_GENERATED && q->verified == VERIFIED_YES;
    t->query_chars += chars;
    if (!t->longest_query_id || chars > t->longest_query) {
        t->longest_query = chars;
        t->longest_query_id = q->id;
    }
    count_gold(t, str_c(q->gold));
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static size_t count_repeated(const struct split *s)
{
    struct str *texts = xmalloc((s->nqueries + 1) * sizeof *texts);
    size_t n = 0;

    for (size_t i = 0; i < s->nqueries; i++)
        texts[i] = s->queries[i].text;
    qsort(texts, s->nqueries, sizeof *texts, by_text);
    for (size_t i = 1; i < s->nqueries; i++)
        n += str_eq(texts[i], texts[i - 1]);
    free(texts);
    return n;
}

void split_stats_of(const struct split_list *list, struct split_stats *ret)
{
    struct split_stats t = {.contexts = list->n, .longest_context_id = {"", 0}};

    for (size_t i = 0; i < list->n; i++) {
        const struct split *s = &list->v[i];
        size_t chars = str_utf8_count(s->context);
        t.context_chars += chars * s->nqueries;
        if (i == 0 || chars > t.longest_context) {
            t.longest_context = chars;
            t.longest_context_id = s->id;
        }
        t.empty_contexts += s->empty_context;
        t.repeated += count_repeated(s);
        t.fewest = i == 0 || s->nqueries < t.fewest ? s->nqueries : t.fewest;
        t.most = s->nqueries > t.most ? s->nqueries : t.most;
        for (size_t k = 0; k < s->nqueries; k++)
            count_query(&t, &s->queries[k]);
    }
    *ret = t;
}
