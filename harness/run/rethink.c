/* rethink.c - applying tool calls to the memory block and answering them; see rethink.h. */
#include "harness/run/rethink.h"

#include "harness/base/json.h"
#include "harness/provider/tool_words.h"

#include <string.h>

enum { MOST_TOOL_CALLS = 16 }; /* of one response; more are answered but not carried out */

static const char *const tool_names[] = {"rethink_memory", "finish_rethinking_memory"};

/* What became of a call. */
enum carried { CARRIED_OUT, CARRIED_NOT, CARRIED_END };

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
                       .native = arena_str(r->arena, reply->native),
                       .reasoning = arena_str(r->arena, reply->reasoning)});
}

/* Answers to calls in words stand together in the user's message behind them. */
static void answer_words(struct rethink *r, const struct tool_call *call, const char *text)
{
    struct message *m = &r->messages[r->n - 1];
    struct str before = m->text;

    if (m->role != ROLE_USER) {
        add_message(r, (struct message){.role = ROLE_USER});
        m = &r->messages[r->n - 1];
        before = STR("");
    }
    m->text = str_c(arena_printf(r->arena, "%.*s%sResult of %.*s: %s", STR_ARG(before),
        before.n ? "\n\n" : "", STR_ARG(call->name), text));
}

static void answer_call(struct rethink *r, const struct tool_call *call, const char *text)
{
    if (r->messages[r->n - 1].ncalls == 0 && r->messages[r->n - 1].role != ROLE_TOOL) {
        answer_words(r, call, text);
        return;
    }
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

static enum carried rethink_memory(struct rethink *r, const struct tool_call *call)
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
    return ok ? CARRIED_OUT : CARRIED_NOT;
}

static enum carried carry_out(struct rethink *r, const struct tool_call *call)
{
    if (str_eqc(call->name, "finish_rethinking_memory"))
        return CARRIED_END;
    if (str_eqc(call->name, "rethink_memory"))
        return rethink_memory(r, call);
    r->last = OUTCOME_TOOL_INVALID;
    answer_call(r, call, "Refused: there is no such tool.");
    return CARRIED_NOT;
}

/* Whether the sleep is over behind a response; `sound` if any of its calls could be carried out. */
static bool is_over(struct rethink *r, bool sound, bool ended)
{
    if (sound) {
        r->broken_in_a_row = 0;
    } else if (r->broken_in_a_row++ < RETHINK_REPAIRS) {
        r->repairs += r->calls < r->max_calls;
    } else {
        ended = true;
    }
    return ended || r->calls >= r->max_calls;
}

static bool carry_out_all(struct rethink *r, const struct tool_call *calls, size_t n)
{
    bool sound = false, ended = false;

    for (size_t i = 0; i < n; i++) {
        if (i >= MOST_TOOL_CALLS) {
            answer_call(r, &calls[i], "Refused: too many calls in one response.");
            continue;
        }
        if (ended)
            continue;
        enum carried carried = carry_out(r, &calls[i]);
        sound = sound || carried != CARRIED_NOT;
        ended = carried == CARRIED_END;
    }
    return is_over(r, sound, ended);
}

static bool refuse_cut(struct rethink *r, const struct tool_call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        answer_call(r, &calls[i], "Refused: the call was cut off; write a shorter text.");
    return is_over(r, false, false);
}

/* A response without calls of its own: it ends the sleep, unless calls stand in its text. */
static bool step_words(struct rethink *r, const struct reply *reply)
{
    static const struct tool_call cut = {{"", 0}, {"the call", 8}, {"", 0}};
    bool visible = reply->outcome == OUTCOME_OK || reply->outcome == OUTCOME_TRUNCATED;
    struct tool_call *calls;
    size_t n;
    enum tool_words words = TOOL_WORDS_NONE;

    if (visible)
        words = tool_words_read(
            reply->content, tool_names, ARRAY_LEN(tool_names), r->arena, &calls, &n);
    if (words == TOOL_WORDS_NONE)
        return true;
    r->spoken += (int64_t)n + (words == TOOL_WORDS_CUT);
    add_message(r, (struct message){.role = ROLE_ASSISTANT,
                       .text = arena_str(r->arena, reply->content),
                       .native = arena_str(r->arena, reply->native),
                       .reasoning = arena_str(r->arena, reply->reasoning)});
    if (words == TOOL_WORDS_CALLS)
        return carry_out_all(r, calls, n);
    r->last = OUTCOME_TOOL_TRUNCATED;
    return refuse_cut(r, &cut, 1);
}

bool rethink_step(struct rethink *r, const struct reply *reply)
{
    r->calls++;
    r->last = reply->outcome;
    if (reply->ncalls == 0)
        return step_words(r, reply);
    echo_calls(r, reply);
    if (reply->outcome == OUTCOME_TOOL_TRUNCATED)
        return refuse_cut(r, reply->calls, reply->ncalls);
    return carry_out_all(r, reply->calls, reply->ncalls);
}
