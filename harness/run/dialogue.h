/*
 * dialogue.h - one task's conversation, whatever its form: the next request, and what a response
 * changes. Pure.
 *
 * Forms: a sleep (rethink.h), an answer by chat (answering.h), an answer under budget forcing
 * (forcing.h), the scoring of a query (scoring.h). Start one, send dialogue_request, hand each
 * response to dialogue_step until it says that the conversation is over. A response that is no
 * result leaves it as it was. Handing the stored responses of an interrupted task to dialogue_step
 * again, and its failures to dialogue_missed, leads to where it stood.
 *
 * Where chat.background and the endpoint's trait say so, a response of a sleep or of an answer is
 * made in the background (background.h): then OUTCOME_PENDING is a result that is not the response,
 * and the next request asks how far that is.
 */
#ifndef HARNESS_RUN_DIALOGUE_H
#define HARNESS_RUN_DIALOGUE_H

#include "harness/provider/scoring.h"
#include "harness/run/answering.h"
#include "harness/run/background.h"
#include "harness/run/forcing.h"
#include "harness/run/rethink.h"

enum dialogue_form {
    DIALOGUE_SLEEP,
    DIALOGUE_ANSWER,
    DIALOGUE_FORCED,
    DIALOGUE_SCORE,
    DIALOGUE_FORMS
};

/* A conversation on its way. The caller fills `wire`, `chat` (without messages) and `streamed`,
 * then starts one of the machines and names it in `form`. */
struct dialogue {
    enum dialogue_form form;
    const struct provider *wire;
    struct chat chat; /* parameters of every request by chat */
    bool streamed;
    struct background background;
    struct rethink sleep;
    struct answering answer;
    struct forcing forced;
    struct scoring score;
};

/* Appends path and body of the next request; an empty path is the wire format's own, an empty body
 * makes it a GET. */
void dialogue_request(const struct dialogue *d, struct buf *path, struct buf *body);

/* Reads a response into *ret, whose texts live in `scratch`, and applies it if it is a result; true
 * if the conversation is over. *ret->outcome is what the row of this call says: also
 * budget_violated, where a result used more than its request allowed. */
bool dialogue_step(
    struct dialogue *d, long status, struct str body, struct arena *scratch, struct reply *ret);

/* Takes a reply that was no result when it came, of an earlier process: a background response may
 * have been lost by it. */
void dialogue_missed(struct dialogue *d, long status, struct str body, struct arena *scratch);

/* What an answering task said: the answer's text. */
struct str dialogue_content(const struct dialogue *d);

#endif
