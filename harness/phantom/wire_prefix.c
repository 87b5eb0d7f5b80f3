/*
 * wire_prefix.c - a chat that ends in a partial turn of the assistant, which is to be continued.
 *
 * As llama.cpp does, any such turn without tool calls is continued; continue_final_message (vLLM,
 * SGLang) and prefix: true (DeepSeek, Mistral) say so aloud, continue_final_message: false or
 * add_generation_prompt: true say the contrary. Thinking stands in reasoning_content, in reasoning,
 * in chunks of type thinking (Mistral; closed: false is thinking under way), or between think tags
 * in the text. Thinking without a text is under way.
 */
#include "harness/base/token.h"
#include "harness/phantom/chatml.h"
#include "harness/phantom/wire_impl.h"

static const struct json *last_of(const struct json *list)
{
    const struct json *last = NULL;

    for (const struct json *v = json_first(list); v; v = json_next(v))
        last = v;
    return last;
}

static bool wants(const struct json *root, const struct json *last, bool assistant, bool *ret,
    struct wire_error *e)
{
    const struct json *list = json_get(root, "messages");
    bool go_on = true, fresh = false, prefix = false;

    if (!wire_read_bool(
            json_get(root, "continue_final_message"), "continue_final_message", &go_on, e) ||
        !wire_read_bool(
            json_get(root, "add_generation_prompt"), "add_generation_prompt", &fresh, e))
        return false;
    bool aloud = json_bool(json_get(root, "continue_final_message"), false);
    if (aloud && fresh)
        return wire_fail(e, 400, "continue_final_message", "invalid_value",
            "Cannot set both 'continue_final_message' and 'add_generation_prompt' to true.");
    if (aloud && !assistant)
        return wire_fail(e, 400, "continue_final_message", "invalid_value",
            "'continue_final_message' needs an assistant message without tool calls at the end.");
    for (const struct json *v = json_first(list); v; v = json_next(v)) {
        if (!wire_read_bool(json_get(v, "prefix"), "messages.prefix", &prefix, e))
            return false;
        if (prefix && (v != last || !assistant))
            return wire_fail(e, 400, "messages.prefix", "invalid_value",
                "'prefix' belongs to an assistant message at the end.");
    }
    *ret = assistant && go_on && !fresh;
    return true;
}

/* Chunks of type thinking; *ret_open: the last one is not closed. */
static bool read_chunks(
    const struct json *content, struct buf *thinking, bool *ret_open, struct wire_error *e)
{
    *ret_open = false;
    for (const struct json *v = json_first(content); v; v = json_next(v)) {
        bool closed = true;
        if (!str_eqc(json_str(json_get(v, "type")), "thinking"))
            continue;
        for (const struct json *t = json_first(json_get(v, "thinking")); t; t = json_next(t))
            buf_str_add(thinking, json_str(json_get(t, "text")));
        if (!wire_read_bool(json_get(v, "closed"), "messages.content.closed", &closed, e))
            return false;
        *ret_open = !closed;
    }
    return true;
}

static bool read_turn(const struct json *last, struct str text, struct arena *arena,
    struct wire_request *r, struct wire_error *e)
{
    struct mind_prefix *p = &r->mind.prefix;
    struct buf thinking = BUF_INIT;
    bool tagged, open = false;

    buf_str_add(&thinking, json_str(json_get(last, "reasoning_content")));
    if (!thinking.n)
        buf_str_add(&thinking, json_str(json_get(last, "reasoning")));
    bool ok = json_type(json_get(last, "content")) != JSON_ARRAY ||
              read_chunks(json_get(last, "content"), &thinking, &open, e);
    *p = chatml_split(text, arena, &tagged);
    if (!tagged && thinking.n) {
        p->thinking = arena_str(arena, buf_str(&thinking));
        p->stage = open || !text.n ? MIND_THINKING : MIND_ANSWERING;
        r->reasoning_key = "reasoning_content";
    }
    r->mind.thinks = tagged || p->thinking.n > 0;
    buf_release(&thinking);
    return ok;
}

bool wire_read_prefix(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e)
{
    const struct json *last = last_of(json_get(root, "messages"));
    const struct mind_message *m = &r->mind.messages[r->mind.nmessages - 1];
    bool go_on = false;

    if (!wants(root, last, m->role == MIND_ASSISTANT && m->ncalls == 0, &go_on, e))
        return false;
    if (!go_on)
        return true;
    if (!read_turn(last, m->text, arena, r, e))
        return false;
    r->mind.nmessages--;
    r->prompt_tokens +=
        (int64_t)(token_count(r->mind.prefix.thinking) + token_count(r->mind.prefix.answer));
    return true;
}
