/*
 * aime_override.h - hand-made corrections of cuts, from JSON lines:
 *
 *   {"id":"2024-II-15","expect_statements":2,"query":1,"drop":[2],"edit":[["from","to"]],"why":".."}
 *
 * id and expect_statements must be there. query and drop count statements from 1; without query the
 * rule chooses. An edit replaces a text wherever it stands, before anything is dropped.
 */
#ifndef DATASETS_AIME_OVERRIDE_H
#define DATASETS_AIME_OVERRIDE_H

#include "datasets/item.h"

struct aime_override {
    struct str id;
    size_t line;
    bool used; /* for the caller */
    struct cut_override cut;
};

struct aime_overrides {
    struct aime_override *v; /* in the arena, like all it points to */
    size_t n;
};

/* Reads the text of a file; origin names it in messages. ERR_INPUT names the line and the key; an
 * id that stands twice is one. */
MUST_CHECK enum err_code aime_overrides_read(struct str text, const char *origin,
    struct arena *arena, struct aime_overrides *ret, struct err *err);

struct aime_override *aime_override_of(
    const struct aime_overrides *all, struct str id); /* or NULL */

#endif
