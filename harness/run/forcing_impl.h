/*
 * forcing_impl.h - the dialects of budget forcing; internal to forcing*.c.
 *
 * forcing.c owns the states, forcing_wire.c the requests, forcing_chat.c the responses to chats
 * that are continued.
 */
#ifndef HARNESS_RUN_FORCING_IMPL_H
#define HARNESS_RUN_FORCING_IMPL_H

#include "harness/run/forcing.h"

enum forcing_form {
    FORM_RAW,      /* completions.h */
    FORM_PREFIX,   /* a chat whose last message is the assistant's, delimiters as text */
    FORM_DEEPSEEK, /* reasoning_content beside content */
    FORM_MISTRAL   /* content of parts, thinking closed or not */
};

struct forcing_dialect {
    const char *name;
    enum forcing_form form;
    const char *path; /* of a chat; completions have their own */
};

#define FORCING_WAIT STR("Wait")

/* Thinking is a member of its own: delimiters are the server's business. */
bool forcing_is_structured(const struct forcing *f);
/* The completion that a request of FORCING_THINK or FORCING_ANSWER asks for; only FORM_RAW. */
struct completion forcing_completion(const struct forcing *f);
/* The most tokens that request allows; below 1 = as many as the server likes. */
int64_t forcing_most(const struct forcing *f);
/* What stands between thinking and answer, by how the thinking ended. */
struct str forcing_closing(const struct forcing *f);
/* What an answer in a continued chat begins with, beside the thinking: the cue, or nothing. */
struct str forcing_cue(const struct forcing *f);

/* Takes a segment of thinking, of `count` generated tokens (`kept` of them between the delimiters)
 * and decides what comes next. */
void forcing_segment(
    struct forcing *f, struct str text, int64_t count, int64_t kept, bool by_limit);
/* Ends the machine with this answer. */
void forcing_finish(struct forcing *f, struct str content, int64_t count, struct reply *ret);
/* How many tokens of the request came: the server's count, or an estimate. */
int64_t forcing_count(struct forcing *f, int64_t told, struct str text);
/* A response that makes it senseless to go on. Always true. */
PRINTF_LIKE(3, 4)
bool forcing_refuse(struct forcing *f, struct reply *ret, const char *fmt, ...);

bool forcing_chat_think(struct forcing *f, long status, struct str body, struct reply *ret);
bool forcing_chat_answer(struct forcing *f, long status, struct str body, struct reply *ret);

#endif
