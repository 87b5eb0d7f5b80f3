/*
 * chat.h - what the phantom answers to one HTTP request, without the HTTP.
 *
 * Method, path and body in; status, type and body out: everything but sockets, so that tests can
 * ask it directly. A chat may be used by several threads.
 */
#ifndef HARNESS_PHANTOM_CHAT_H
#define HARNESS_PHANTOM_CHAT_H

#include "harness/phantom/mind.h"
#include "harness/phantom/scorer.h"

enum { CHAT_MAX_BODY = 16 << 20 }; /* bytes; more is a 413 */

struct chat; /* a mind and the state that unseeded requests draw from */

struct chat *chat_new(struct mind *mind, uint64_t state_seed); /* takes the mind */
void chat_free(struct chat *c);
/* Before it is asked: every model behaves as if its name ended in ":ignore-budgets" (wire.h). */
void chat_ignore_budgets(struct chat *c);
/* Before it is asked: how often a response in the background is looked at before it is done; 0 = 2.
 * The ledger has it when its request is answered. */
void chat_background_polls(struct chat *c, int64_t polls);
/* Before it is asked: it scores, too; takes the scorer. */
void chat_add_scorer(struct chat *c, struct scorer *scorer);

struct chat_answer {
    int status;
    bool stream;             /* body is text/event-stream, else application/json */
    const char *type;        /* Content-Type; NULL: as `stream` says */
    const char *allow;       /* methods for a 405, else NULL */
    const char *retry_after; /* seconds a 429 asks to wait, or NULL */
    struct buf body;
    struct buf ledger; /* the line to append once the body is sent; empty if none is due */
};

void chat_answer_release(struct chat_answer *a);

/* False when the path exists and the method fits: the answer will depend on the body. */
bool chat_early(const char *method, const char *path, struct chat_answer *ret);
void chat_too_large(const char *path, struct chat_answer *ret);
void chat_answer(struct chat *c, const char *path, struct str body, struct chat_answer *ret);

#endif
