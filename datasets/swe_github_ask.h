/*
 * swe_github_ask.h - one question to GitHub's API, with all that may go wrong on the way.
 */
#ifndef DATASETS_SWE_GITHUB_ASK_H
#define DATASETS_SWE_GITHUB_ASK_H

#include "harness/base/json.h"
#include "harness/base/str.h"

struct net;

struct swe_github_line {
    struct net *net;
    struct str base;  /* address without a closing slash */
    struct str token; /* empty = none */
    int64_t wait_ms;  /* what is left of the time to wait for limits */
    size_t requests;
};

/* GETs base + path. *ret_doc is NULL if there is no such thing (404, 410), else owned by the
 * caller. Broken connections and server errors are tried again, limits waited for. ERR_ENDPOINT: it
 * refuses; ERR_STOPPED: ask later. Messages name the path and never the token. */
MUST_CHECK enum err_code swe_github_ask(
    struct swe_github_line *line, const char *path, struct json **ret_doc, struct err *err);

#endif
