/* rethink.c - applying tool calls to the memory block and answering them; see rethink.h. */
#include "harness/run/rethink.h"

#include "harness/base/json.h"

#include <string.h>

enum { MOST_TOOL_CALLS = 16 }; /* of one response; more are answered but not carried out */

static void add_message(struct rethink *r, struct message m)
{
    ARENA_GROW(r->arena, r->messages, r->n, r->cap);
    r->messages[r->n++] = m;
}

void rethink_start(struct rethink *r, struct arena *arena, struct str system, struct str user,
    int64_t memory_chars, int64_t max_calls)
{
    *r = (struct rethink){.arena = arena,
        .memory_chars = memory_chars,
        .max_calls = max_calls,
        .memory = {"", 0},
        .last = OUTCOME_NONE};
    add_message(r, (struct message){.role = ROLE_SYSTEM, .text = arena_str(arena, system)});
    add_message(r, (struct message){.role = ROLE_USER, .text = arena_str(arena, user)});
}

/* Every call needs an id of its own, because its answer names it: some servers give none, or one
 * twice. */
static void complete_ids(struct rethink *r, const struct reply *reply)
{
    for (size_t i = 0; i < reply->ncalls; i++) {
        bool taken = reply->calls[i].id.n == 0;
        for (size_t j = 0; j < i && !taken; j++)
            taken = str_eq(reply->calls[i].id, reply->calls[j].id);
        if (taken)
            reply->calls[i].id =
                str_c(arena_printf(r->arena, "call_%lld_%zu", (long long)r->calls, i));
    }
}

/* Arguments that are no JSON object would make some servers refuse the conversation for ever. */
static struct str echoed_arguments(struct str arguments)
{
    struct json *doc = NULL;
    bool ok = json_parse(arguments, JSON_STRICT, &doc, NULL) == OK && json_type(doc) == JSON_OBJECT;

    json_free(doc);
    return ok ? arguments : STR("{}");
}

/* The assistant's turn as it goes back. */
static void echo_calls(struct rethink *r, const struct reply *reply)
{
    struct tool_call *calls = arena_array(r->arena, struct tool_call, reply->ncalls);

    complete_ids(r, reply);
    for (size_t i = 0; i < reply->ncalls; i++)
        calls[i] = (struct tool_call){arena_str(r->arena, reply->calls[i].id),
            arena_str(r->arena, reply->calls[i].name),
            arena_str(r->arena, echoed_arguments(reply->calls[i].arguments))};
    add_message(r, (struct message){.role = ROLE_ASSISTANT,
                       .text = arena_str(r->arena, reply->content),
                       .calls = calls,
                       .ncalls = reply->ncalls,
                       .native = arena_str(r->arena, reply->native)});
}

static void answer_call(struct rethink *r, const struct tool_call *call, const char *text)
{
    add_message(r, (struct message){.role = ROLE_TOOL,
                       .text = arena_str(r->arena, str_c(text)),
                       .tool_call_id = arena_str(r->arena, call->id)});
}

static void refuse_length(struct rethink *r, const struct tool_call *call, size_t chars)
{
    r->refused++;
    answer_call(r, call,
        arena_printf(r->arena,
            "Refused: the text has %zu characters, the block holds at most %lld. The block is "
            "unchanged.",
            chars, (long long)r->memory_chars));
}

static void rethink_memory(struct rethink *r, const struct tool_call *call)
{
    struct json *doc = NULL;
    bool ok = json_parse(call->arguments, JSON_REPAIR, &doc, NULL) == OK &&
              json_type(json_get(doc, "new_memory")) == JSON_STRING;

    if (!ok) {
        r->last = OUTCOME_TOOL_INVALID;
        answer_call(r, call, "Refused: the arguments need a string new_memory.");
    } else {
        struct str text = json_str(json_get(doc, "new_memory"));
        size_t chars = str_utf8_count(text);
        if (chars > (size_t)r->memory_chars) {
            refuse_length(r, call, chars);
        } else {
            r->memory = arena_str(r->arena, text);
            r->rethinks++;
            answer_call(r, call, "The block was replaced.");
        }
    }
    json_free(doc);
}

/* True if the call ends the sleep. */
static bool carry_out(struct rethink *r, const struct tool_call *call)
{
    if (str_eqc(call->name, "finish_rethinking_memory"))
        return true;
    if (str_eqc(call->name, "rethink_memory")) {
        rethink_memory(r, call);
        return false;
    }
    r->last = OUTCOME_TOOL_INVALID;
    answer_call(r, call, "Refused: there is no such tool.");
    return false;
}

bool rethink_step(struct rethink *r, const struct reply *reply)
{
    bool over = false;

    r->calls++;
    r->last = reply->outcome;
    if (reply->outcome == OUTCOME_TOOL_TRUNCATED) {
        echo_calls(r, reply);
        for (size_t i = 0; i < reply->ncalls; i++)
            answer_call(
                r, &reply->calls[i], "Refused: the call was cut off; write a shorter text.");
        return r->calls >= r->max_calls;
    }
    if (reply->ncalls == 0)
        return true;
    echo_calls(r, reply);
    for (size_t i = 0; i < reply->ncalls; i++) {
        if (i >= MOST_TOOL_CALLS)
            answer_call(r, &reply->calls[i], "Refused: too many calls in one response.");
        else if (!over)
            over = carry_out(r, &reply->calls[i]);
    }
    return over || r->calls >= r->max_calls;
}
