/*
 * swe_filter.h - which pull requests add a feature, told by their words.
 *
 * Stands in for the language model of the paper (App. D). Letters are compared without regard to
 * case; a word of the lists is found where it begins a word of the text, so that "add" finds
 * "added" and "Adds", and "doc" finds "docs", but "version" does not find "inversion". The lists
 * are data: datasets/swe_words.json, or a file of the same form.
 */
#ifndef DATASETS_SWE_FILTER_H
#define DATASETS_SWE_FILTER_H

#include "harness/base/arena.h"
#include "harness/base/err.h"

enum { SWE_WORDS_MAX = 64 };

struct swe_word_list {
    struct str v[SWE_WORDS_MAX];
    size_t n;
};

struct swe_words {
    struct swe_word_list rejected;       /* none may be in the title */
    struct swe_word_list prefixes;       /* none may be in what stands before a title's colon */
    struct swe_word_list accepted;       /* one must be in title or body */
    struct swe_word_list refers;         /* none may stand before "#n" */
    struct swe_word_list refers_in_line; /* none may stand in a line with "#n" behind it */
    int64_t least_title;                 /* characters */
};

enum swe_verdict {
    SWE_KEPT,
    SWE_TITLE_SHORT,
    SWE_TITLE_WORD,
    SWE_TITLE_PREFIX,
    SWE_NO_FEATURE_WORD,
    SWE_REFERS,
    SWE_VERDICT_COUNT
};

/* path NULL reads the embedded lists. */
MUST_CHECK enum err_code swe_words_read(
    const char *path, struct arena *arena, struct swe_words *ret, struct err *err);

/* The first rule that speaks against it, in the order of the enum; *ret_word (may be NULL) is the
 * word or phrase of the lists that decided, empty if none did. */
enum swe_verdict swe_filter(
    const struct swe_words *words, struct str title, struct str body, struct str *ret_word);
const char *swe_verdict_name(enum swe_verdict verdict);

#endif
