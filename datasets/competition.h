/*
 * competition.h - competition-style problems of our own, with whole answers from 0 to 999.
 *
 * datasets/competition/NAME.json are templates (docs/TEMPLATES.md) with one key more, `topic`.
 * They are embedded; the dataset `competition` is drawn from them, and the phantom knows them. How
 * they were verified and how to add one is in docs/COMPETITION.md.
 */
#ifndef DATASETS_COMPETITION_H
#define DATASETS_COMPETITION_H

#include "datasets/item.h"
#include "datasets/template.h"

struct competition_problem {
    struct str name;  /* of the file, without .json: the cluster of its items */
    struct str topic; /* their stratum */
    struct str lead;  /* the text before the first placeholder; no two problems begin alike */
    struct template *template;
};

struct competition_library {
    struct competition_problem *v; /* sorted by name */
    size_t n, cap;
    struct arena arena;
};

MUST_CHECK enum err_code competition_load(struct competition_library *ret, struct err *err);
void competition_release(struct competition_library *lib);

/* Does the text begin like this problem, whatever its blanks? Cheap: to be asked before reading. */
bool competition_begins(const struct competition_problem *p, struct str text);
/* Is it one of the problems, or the context of one? */
bool competition_knows(const struct competition_library *lib, struct str text);

/* Appends `instances` drawings of each problem, all different: id competition/NAME/instance, LaTeX
 * markup. The same seed gives the same problems, and fewer instances a part of them. */
MUST_CHECK enum err_code competition_items(const struct competition_library *lib, int instances,
    uint64_t seed, struct arena *arena, struct item_list *ret_list, struct err *err);

/* Appends the item as a JSON line: id, cluster, stratum, question, answer (worked lines and "####
 * gold"). */
void competition_row_write(const struct item *item, struct buf *out);

#endif
