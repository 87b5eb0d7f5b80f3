/*
 * template_domain.h - what a variable may be: the right side of an #init line, evaluated.
 */
#ifndef DATASETS_TEMPLATE_DOMAIN_H
#define DATASETS_TEMPLATE_DOMAIN_H

#include "datasets/template_words.h"
#include "datasets/texpr.h"

enum { DOMAIN_MAX_ITEMS = 512, DOMAIN_MAX_RANGE = 10000000, DOMAIN_MAX_WEIGHT = 1000000000 };

/* Either a range (items == NULL): start + i * step for i < n; or a list without duplicates, each
 * with the number of times it was written. */
struct domain {
    struct rat start, step;
    struct tvalue *items;
    uint64_t *weights; /* of items; NULL: all are drawn alike */
    uint64_t total;    /* sum of weights; of a range, how often it was written times n */
    size_t n;
    unsigned shapes; /* what a reader accepts; enum word_shape bits */
};

/* How the variables of one line are drawn together. */
enum domain_draw {
    DRAW_ONE,
    DRAW_DISTINCT, /* n different elements */
    DRAW_SEQUENCE, /* n consecutive elements, cyclic */
};

/* count = number of variables on the left. */
MUST_CHECK enum err_code domain_make(const struct texpr *rhs, size_t count,
    const struct words *words, struct arena *arena, struct domain *ret, enum domain_draw *ret_draw,
    struct err *err);

/* Index of one element, drawn by weight. */
size_t domain_pick(const struct domain *d, struct rng *rng);
/* Element i; the text of a range element is NULL (see domain_text). */
struct tvalue domain_at(const struct domain *d, size_t i);
/* The same with its text, which lives in the arena. */
struct tvalue domain_text(const struct domain *d, size_t i, struct arena *arena);
/* Index of a number, or SIZE_MAX. */
size_t domain_index(const struct domain *d, struct rat num);
/* Reads a text matched by the domain's pattern; false if it is no value of the domain. */
bool domain_read(const struct domain *d, struct str text, struct arena *arena, struct tvalue *ret);
/* Appends the group-free pattern of texts that the domain accepts. */
void domain_pattern(const struct domain *d, struct buf *out);

#endif
