/*
 * conform_talk.h - who asks next: the machines of the program that make requests and take
 * responses.
 *
 *   call      one chat, asked "rounds" times; with tools it is a sleep of one response
 *   sleep     the conversation of a sleep (rethink.h): keys rethink_calls, memory_chars
 *   forcing   budget forcing (forcing.h): keys budget, extensions, answer_tokens
 *   scoring   log-probabilities (scoring.h): keys context, query, alone
 *   fetch     GET of the paths of the section "fetch", one after the other
 */
#ifndef TESTS_CONFORMANCE_CONFORM_TALK_H
#define TESTS_CONFORMANCE_CONFORM_TALK_H

#include "tests/conformance/conform_ask.h"
#include "tests/conformance/conform_fact.h"

struct talk;

MUST_CHECK enum err_code talk_new(
    const struct conform_case *c, struct ask *ask, struct talk **ret, struct err *err);
void talk_free(struct talk *t);
/* Appends address and body of the next request; an empty body makes it a GET. */
void talk_request(struct talk *t, struct str base, struct buf *url, struct buf *body);
/* Hands a response to the conversation; what it says is in *ret, in the case's arena. */
void talk_read(struct talk *t, long status, struct str body, struct reply *ret);
/* Goes on behind the last attempt of a request; `taken`: it was a result. */
struct talk_state {
    bool round_over, over; /* this round; all of it */
};
MUST_CHECK enum err_code talk_next(
    struct talk *t, bool taken, struct talk_state *ret, struct err *err);
/* What the machine knows at its end. */
void talk_facts(const struct talk *t, struct facts *f);

#endif
