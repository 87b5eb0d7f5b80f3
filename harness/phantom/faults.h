/*
 * faults.h - what a phantom does wrong on purpose, as `--faults` says it. Pure.
 *
 *     429:2,500:1,reset:1,stall:0.5,retry_after:0.1,seed:7
 *
 * NAME:NUMBER pairs. Of requests, in percent, all together at most 100:
 *   429 500 502 503 504 529   that status with an error in the vendor's form; nothing is answered
 *   html                      status 200 with a page of HTML; nothing is answered
 *   reset truncate stall      answered, and half of the response is sent: then the connection is
 *                             reset, or closed, or silent for stall_s seconds before it goes on
 * Of batches, in percent: batch_failed, batch_expired; of their lines: line_errored, line_expired.
 * Other numbers: retry_after, the seconds that a 429 tells to wait (without it there is no such
 * header); stall_s (default 600); seed (default 1). The n-th request is served the same in every
 * process with the same words.
 */
#ifndef HARNESS_PHANTOM_FAULTS_H
#define HARNESS_PHANTOM_FAULTS_H

#include "harness/phantom/chat.h"

enum fault {
    FAULT_NONE,
    FAULT_429,
    FAULT_500,
    FAULT_502,
    FAULT_503,
    FAULT_504,
    FAULT_529,
    FAULT_HTML,
    FAULT_RESET,
    FAULT_TRUNCATE,
    FAULT_STALL,
    FAULT_COUNT
};

struct faults {
    double percent[FAULT_COUNT];
    double batch_failed, batch_expired, line_errored, line_expired;
    double retry_after; /* seconds; negative = no header */
    char retry_after_text[32];
    double stall_s;
    uint64_t seed;
};

/* text NULL or empty: no faults. ERR_USAGE names the word that is wrong. */
MUST_CHECK enum err_code faults_parse(const char *text, struct faults *ret, struct err *err);
bool faults_any(const struct faults *f); /* of requests */
/* What becomes of request number n. */
enum fault faults_draw(const struct faults *f, uint64_t n);
/* The response of a status or of HTML to a request for `path`; false for other faults. */
bool faults_answer(
    const struct faults *f, enum fault fault, const char *path, struct chat_answer *ret);

#endif
