/*
 * batches.h - the phantom's files and batches: OpenAI's two endpoints and Anthropic's one.
 *
 * Served are POST, GET and DELETE /v1/files..., POST and GET /v1/batches..., and POST and GET
 * /v1/messages/batches..., with lists newest first, cancelling and results. Files are held in
 * memory. A thread of its own answers the lines of the batches, in the order they came, each by
 * chat.h as a single call of the same body would be; the ledger has a line for each answer, whether
 * anybody fetches it or not. Results stand in another order than the requests.
 *
 * A batch is done when its lines are answered, it is `ms` old and its state has been asked for,
 * by itself or in a list, `polls` times; on the way there each state shows for a part of the polls.
 * What may go wrong with batches and lines is drawn by the shares of the options, in percent.
 */
#ifndef HARNESS_PHANTOM_BATCHES_H
#define HARNESS_PHANTOM_BATCHES_H

#include "harness/phantom/chat.h"
#include "harness/phantom/ledger.h"

struct batches;

struct batches_options {
    int64_t polls, ms; /* before a batch may be done; 0 polls = 2 */
    uint64_t seed;     /* of ids and of the order of results */
    uint64_t fates;    /* seed of what goes wrong */
    double failed;     /* batches that fail as a whole, before any line */
    double expired;    /* batches whose time runs out with half of their lines answered */
    double line_errored, line_expired;
};

/* Both are borrowed; a ledger without a file is fine. */
struct batches *batches_new(
    struct chat *chat, const struct ledger *ledger, const struct batches_options *options);
void batches_free(struct batches *b); /* waits for the line that is being answered; NULL is fine */

/* Does the path belong here? */
bool batches_serves(const char *path);
/* Most bytes of a body for the path; 0 if it does not belong here. */
size_t batches_body_most(const char *path);

struct batches_ask {
    const char *method, *path;
    const char *type;          /* Content-Type, or NULL */
    const char *after, *limit; /* of a list, or NULL: after or after_id */
    const char *purpose;       /* of a list of files, or NULL */
    const char *host;          /* "127.0.0.1:8000", for addresses in answers; or NULL */
    struct str body;
};

/* ret->type says what the body is, where it is not JSON. Threads may ask at the same time. */
void batches_answer(struct batches *b, const struct batches_ask *ask, struct chat_answer *ret);

#endif
