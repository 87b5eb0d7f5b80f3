/*
 * conform_fact.h - what came out of a case, as named texts, and what was wanted, line by line.
 */
#ifndef TESTS_CONFORMANCE_CONFORM_FACT_H
#define TESTS_CONFORMANCE_CONFORM_FACT_H

#include "tests/conformance/conform_case.h"

enum { MOST_FACTS = 64 };

struct fact {
    const char *key;
    struct str value;
};

/* The facts of one round, or of the whole case. Texts live in the arena. */
struct facts {
    struct arena *arena;
    struct fact v[MOST_FACTS];
    size_t n;
};

void facts_add(struct facts *f, const char *key, struct str value);
PRINTF_LIKE(3, 4) void facts_printf(struct facts *f, const char *key, const char *fmt, ...);
/* All facts as one JSON object. */
void facts_print(const struct facts *f, struct buf *out);

/* Holds a section (NULL = nothing wanted) against the facts; appends a line per breach to `out`,
 * headed by `where`. A line whose key is no fact is a breach. */
void facts_check(
    const struct facts *f, const struct case_section *want, const char *where, struct buf *out);
/* One line against one value. */
void facts_check_line(struct arena *arena, const struct case_line *l, struct str value,
    const char *where, struct buf *out);

#endif
