/*
 * swe_github.h - what GitHub knows of a pull request, asked once.
 *
 * GET /repos/OWNER/NAME/pulls/N and its /files in pages of 100. Everything that was answered,
 * "there is no such pull request" included, is a line of a cache file and never asked again. Limits
 * are honoured: a 403 or 429 with Retry-After, or with x-ratelimit-reset, is waited for as long as
 * the time allows, else the work stops (ERR_STOPPED) and the next run goes on behind the cache.
 * GitHub lists at most 3000 files; a list that is not whole is not used.
 */
#ifndef DATASETS_SWE_GITHUB_H
#define DATASETS_SWE_GITHUB_H

#include "datasets/swe.h"

struct swe_github;

struct swe_github_options {
    const char *repo;      /* "OWNER/NAME" */
    const char *url;       /* NULL = https://api.github.com; another must be on the loopback */
    struct str token;      /* sent as a bearer token, never logged; empty = none */
    const char *cache;     /* path of the cache file, made if absent */
    int64_t wait_ms;       /* longest time to wait for limits, over all requests */
    struct swe_list *list; /* receives warnings; NULL = none */
};

struct swe_github_counts {
    size_t requests;        /* sent, repeated ones included */
    size_t cached, fetched; /* pull requests answered by the cache, by GitHub */
    size_t absent;          /* of both: there is no such pull request */
    size_t truncated;       /* of both: the list of files is not whole */
};

/* The token of GITHUB_TOKEN, else GH_TOKEN; registered as a secret. Empty if there is none. */
MUST_CHECK enum err_code swe_github_token(struct arena *arena, struct str *ret, struct err *err);

/* Reads the cache; nothing is sent yet. ERR_BUSY if another process works with it. */
MUST_CHECK enum err_code swe_github_open(
    const struct swe_github_options *options, struct swe_github **ret, struct err *err);
void swe_github_close(struct swe_github *g);
struct swe_github_counts swe_github_counts(const struct swe_github *g);

/* Sets what GitHub says of task->number: title, body, author, state, base, head, time of the merge
 * and, if the list is whole, files. An absent pull request leaves the task as it is. ERR_ENDPOINT
 * if GitHub refuses (token, repository); ERR_STOPPED if it is out of reach or the limit lasts. */
MUST_CHECK enum err_code swe_github_complete(
    struct swe_github *g, struct swe_task *task, struct arena *arena, struct err *err);

#endif
