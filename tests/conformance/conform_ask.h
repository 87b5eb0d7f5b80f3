/*
 * conform_ask.h - the section "case" as a chat: model, messages, parameters and what its endpoint
 * takes.
 *
 *   api NAME            wire format; openai-chat if absent
 *   like PROVIDER/NAME  the traits of that model, as the program knows it
 *   trait KEY=VALUE     a trait of its own, any number of lines
 *   model, system, user, effort, temperature, max_tokens, seed, thinking_tokens, no_thinking,
 * stream tools: yes          the tools of a sleep
 */
#ifndef TESTS_CONFORMANCE_CONFORM_ASK_H
#define TESTS_CONFORMANCE_CONFORM_ASK_H

#include "harness/provider/provider.h"
#include "tests/conformance/conform_case.h"

struct ask {
    const struct provider *provider;
    struct traits traits;
    struct chat chat; /* its stream is that of the first round */
    struct message messages[2];
    struct str system, user, tools;
};

MUST_CHECK enum err_code ask_of(const struct conform_case *c, struct ask *ret, struct err *err);
/* Does round n (from 1) ask for a stream? "stream: no yes" says it a round. */
bool ask_streams(const struct conform_case *c, int64_t round);

#endif
