/* answering.c - the answer's tool, and steps towards it; see answering.h. */
#include "harness/run/answering.h"

#include "harness/base/json.h"
#include "harness/provider/tool_words.h"

static const char tool_name[] = "send_message";

static void add_message(struct answering *a, struct message m)
{
    ARENA_GROW(a->arena, a->messages, a->n, a->cap);
    a->messages[a->n++] = m;
}

/* "[Step: 2/5]", as the released code ends a user's message. */
static void add_step(struct answering *a, struct str text)
{
    struct str shown = text;

    if (a->steps > 1)
        shown = str_c(arena_printf(a->arena, "%.*s%s[Step: %lld/%lld]", STR_ARG(text),
            text.n ? "\n\n" : "", (long long)a->done + 1, (long long)a->steps));
    add_message(a, (struct message){.role = ROLE_USER, .text = arena_str(a->arena, shown)});
}

void answering_start(struct answering *a, struct arena *arena, struct str system, struct str user,
    struct str tools, int64_t steps)
{
    *a = (struct answering){.arena = arena,
        .tools = tools,
        .steps = tools.n && steps > 1 ? steps : 1,
        .content = {"", 0}};
    add_message(a, (struct message){.role = ROLE_SYSTEM, .text = arena_str(arena, system)});
    add_step(a, user);
}

void answering_ask(const struct answering *a, struct chat *chat)
{
    chat->messages = a->messages;
    chat->n = a->n;
    if (a->tools.n == 0)
        return;
    chat->tools = a->tools;
    if (a->done + 1 >= a->steps)
        chat->tool_choice = tool_name;
}

/* The argument of the first send_message; false if no such call can be carried out. */
static bool take_call(struct answering *a, const struct tool_call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct json *doc = NULL;
        bool ok = str_eqc(calls[i].name, tool_name) &&
                  json_parse(calls[i].arguments, JSON_REPAIR, &doc, NULL) == OK &&
                  json_type(json_get(doc, "message")) == JSON_STRING;
        if (ok)
            a->content = arena_str(a->arena, json_str(json_get(doc, "message")));
        json_free(doc);
        if (ok)
            return true;
    }
    return false;
}

/* A send_message that stands in the text; true if there is one, or a part of one. */
static bool take_words(struct answering *a, const struct reply *reply)
{
    static const char *const names[] = {tool_name};
    struct tool_call *calls;
    size_t n, own = 0;

    if (reply->outcome != OUTCOME_OK && reply->outcome != OUTCOME_TRUNCATED)
        return false;
    enum tool_words words =
        tool_words_read(reply->content, names, ARRAY_LEN(names), a->arena, &calls, &n);
    for (size_t i = 0; i < n; i++)
        own += str_eqc(calls[i].name, tool_name);
    if (words == TOOL_WORDS_NONE || (words == TOOL_WORDS_CALLS && own == 0))
        return false;
    if (!take_call(a, calls, n))
        a->last = words == TOOL_WORDS_CUT ? OUTCOME_TOOL_TRUNCATED : OUTCOME_TOOL_INVALID;
    return true;
}

bool answering_step(struct answering *a, const struct reply *reply)
{
    a->done++;
    a->last = reply->outcome;
    if (a->tools.n == 0) {
        a->content = arena_str(a->arena, reply->content);
        return true;
    }
    if (reply->ncalls) {
        if (!take_call(a, reply->calls, reply->ncalls) && reply->outcome == OUTCOME_OK)
            a->last = OUTCOME_TOOL_INVALID;
        return true;
    }
    if (take_words(a, reply))
        return true;
    /* Words beside the tool are a step; in the last one they are all the answer there is. */
    if (a->done < a->steps && reply->outcome == OUTCOME_OK) {
        add_message(a, (struct message){.role = ROLE_ASSISTANT,
                           .text = arena_str(a->arena, reply->content),
                           .native = arena_str(a->arena, reply->native),
                           .reasoning = arena_str(a->arena, reply->reasoning)});
        add_step(a, STR(""));
        return false;
    }
    a->content = arena_str(a->arena, reply->content);
    return true;
}
