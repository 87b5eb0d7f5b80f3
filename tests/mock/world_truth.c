/*
 * world_truth.c - golds of generated questions on our worlds against the truth, for tests.
 *
 *     world_truth FILE      a split file made by `data generate multi-query` on our worlds
 *
 * Reads every context and question as text, computes the exact answer, and prints one line:
 * verified_right verified_wrong unverified_right unverified_wrong. Exit code 1 if a text is not
 * read.
 */
#include "datasets/world.h"
#include "splitters/split.h"

#include <stdio.h>

struct tally {
    int n[2][2]; /* verified, right */
};

static bool truth_of(const struct world_library *lib, struct str context, struct str question,
    struct arena *arena, struct rat *ret)
{
    struct world_view view;
    struct rat fact;
    size_t start, quantity;
    struct str text = str_c(arena_printf(arena, "%.*s %.*s", STR_ARG(context), STR_ARG(question)));

    if (!world_read_context(lib, text, arena, &view, &start) ||
        !world_read_question(&view, str_from(text, start), &quantity, &fact))
        return false;
    *ret = world_value(&view, quantity, fact);
    return true;
}

static int count(const struct world_library *lib, const struct split_list *list, struct tally *t)
{
    struct arena arena = {0};
    struct rat truth, gold;
    int bad = 0;

    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < list->v[i].nqueries; k++) {
            const struct split_query *q = &list->v[i].queries[k];
            arena_reset(&arena);
            if (!truth_of(lib, list->v[i].context, q->text, &arena, &truth) ||
                !rat_parse(str_c(q->gold), &gold)) {
                fprintf(stderr, "%s is not read\n", q->id);
                bad++;
            } else if (q->origin == ORIGIN_GENERATED) {
                t->n[q->verified == VERIFIED_YES][rat_eq(truth, gold)]++;
            } else if (!rat_eq(truth, gold)) {
                fprintf(stderr, "%s has a wrong gold\n", q->id);
                bad++;
            }
        }
    arena_release(&arena);
    return bad;
}

int main(int argc, char **argv)
{
    struct world_library *lib = NULL;
    struct arena arena = {0};
    struct split_list list = {0};
    struct tally t = {0};
    struct err err = {0};
    int bad = 1;

    if (argc != 2 || world_library_load(&lib, &err) || split_read(argv[1], &arena, &list, &err)) {
        fprintf(stderr, "world_truth: %s\n", argc == 2 ? err.msg : "name one file");
    } else {
        bad = count(lib, &list, &t);
        printf("%d %d %d %d\n", t.n[1][1], t.n[1][0], t.n[0][1], t.n[0][0]);
    }
    split_list_release(&list);
    arena_release(&arena);
    world_library_free(lib);
    return bad ? 1 : 0;
}
