/*
 * fetch.h - a data set from its sources, or from files at hand, into the cache.
 *
 * Everything is downloaded, checked and joined under other names first; the files take their names
 * and lock.json is written when all of it is there. A set whose lock names another digest is
 * refused unless accept_new is set. One process at a time works on a set.
 */
#ifndef DATASETS_FETCH_H
#define DATASETS_FETCH_H

#include "datasets/cache.h"

#include <signal.h>

struct fetch_progress {
    const char *what;     /* file under way */
    uint64_t have, total; /* bytes, or rows of the API; total 0 = unknown */
    bool rows;
};

struct fetch_options {
    bool accept_new;         /* fetch again and take what comes */
    const char *const *from; /* local files instead of the sources, in the order of the parts; of a
                              * set of kind "files" also one directory that has them */
    size_t nfrom;
    int64_t deadline_ms, idle_ms;      /* of download.h; 0 = its defaults */
    const volatile sig_atomic_t *stop; /* may be NULL */
    void (*progress)(const struct fetch_progress *p, void *payload); /* may be NULL */
    void (*note)(const char *text, void *payload); /* a mirror failed, the next is tried; may be
                                                    * NULL */
    void *payload;
};

struct fetch_result {
    bool already; /* all files were there and unchanged: nothing was asked */
    size_t files;
    int64_t bytes, rows; /* rows FIELD_NONE for files of another kind */
    const char *dir;
};

/* Codes as download.h has them; ERR_INPUT as well if the lock names another digest, ERR_BUSY while
 * another process fetches the set. */
MUST_CHECK enum err_code fetch_set(const struct manifest_set *set, const struct fetch_options *o,
    struct arena *arena, struct fetch_result *ret, struct err *err);

#endif
