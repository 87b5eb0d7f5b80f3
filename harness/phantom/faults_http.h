/*
 * faults_http.h - responses that break off or fall silent half way, on a libmicrohttpd connection.
 */
#ifndef HARNESS_PHANTOM_FAULTS_HTTP_H
#define HARNESS_PHANTOM_FAULTS_HTTP_H

#include "harness/phantom/faults.h"

struct MHD_Connection;
struct MHD_Response;
struct faults_http;

/* Copies the faults. The daemon needs MHD_ALLOW_SUSPEND_RESUME. */
struct faults_http *faults_http_new(const struct faults *f);
/* Ends all silences, for good: call it before the daemon stops. NULL is fine. */
void faults_http_wake(struct faults_http *h);
void faults_http_free(struct faults_http *h); /* after the daemon has stopped; NULL is fine */

/* What becomes of the next request; FAULT_NONE if h is NULL. */
enum fault faults_http_next(struct faults_http *h);
/* faults_answer of its faults. */
bool faults_http_answer(
    const struct faults_http *h, enum fault fault, const char *path, struct chat_answer *ret);
/* A response that does so with `body`, which stays the caller's and must outlive it; NULL for any
 * other fault. It knows its length unless the answer is a stream. */
struct MHD_Response *faults_http_response(struct faults_http *h, enum fault fault,
    struct MHD_Connection *connection, struct str body, bool stream);

#endif
