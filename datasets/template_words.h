/*
 * template_words.h - word lists of the template language, and the value of a quantity in words.
 *
 * The lists (datasets/words/lists.json) are our own; a list's shape says what a reader accepts in
 * its place, since other people's rows draw from other words.
 */
#ifndef DATASETS_TEMPLATE_WORDS_H
#define DATASETS_TEMPLATE_WORDS_H

#include "datasets/template.h"

/* What a placeholder accepts; a set of bits, as lists may be added. */
enum word_shape {
    WORD_CLOSED = 1,   /* the items themselves */
    WORD_WORDS = 2,    /* one to three words of letters, apostrophes and hyphens */
    WORD_CURRENCY = 4, /* one currency symbol */
    WORD_QUANTITY = 8, /* half, two-sixths, 3/4, 0.4, two times, twice, double */
    WORD_NUMBER = 16,  /* digits with an optional sign, decimals and thousands */
};

struct word_list {
    struct str name;
    unsigned shape;
    struct tvalue *items; /* quantities have numbers */
    size_t n;
};

struct words {
    struct arena arena;
    struct word_list *lists;
    size_t n;
};

MUST_CHECK enum err_code words_load(struct words *ret, struct err *err);
void words_release(struct words *w);
const struct word_list *words_find(const struct words *w, struct str name);

/* Value of a quantity in any of the forms of WORD_QUANTITY, case ignored. */
bool words_quantity(struct str text, struct rat *ret);
/* "thirty five"; numbers from 0 to 999 only. */
bool words_of_number(int64_t n, struct buf *out);
/* Appends the (group-free) pattern of a shape; not for WORD_CLOSED. */
void words_pattern(enum word_shape shape, struct buf *out);

#endif
