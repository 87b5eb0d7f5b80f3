/*
 * responses.c - building Responses requests; reading them is in responses_read.c.
 *
 * As in openai_chat.c member order is fixed and optional members appear only when the chat has
 * them and the endpoint takes them. Sealed reasoning is asked for (`include`) only where the
 * endpoint reasons, since other models refuse the wish.
 */
#include "harness/provider/responses.h"

#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/provider/knobs.h"
#include "harness/provider/tool_words.h"

/* Names of the format itself; it has no member for a seed or a number of thinking tokens. */
static const struct traits own_names = {
    .limit_key = {"max_output_tokens", 17},
    .effort_key = {"reasoning.effort", 16},
};

static void put_comma(struct buf *body, bool *first)
{
    if (!*first)
        buf_putc(body, ',');
    *first = false;
}

static void put_member(struct buf *body, const char *before, struct str text)
{
    buf_puts(body, before);
    json_quote(body, text);
}

/* A turn of ours, or one that the reader could not keep. */
static void put_text(struct str role, struct str text, struct buf *body, bool *first)
{
    put_comma(body, first);
    put_member(body, "{\"role\":", role);
    put_member(body, ",\"content\":", text);
    buf_putc(body, '}');
}

static void put_assistant(const struct message *m, struct buf *body, bool *first)
{
    if (m->native.n > 2) { /* "[" items "]" */
        put_comma(body, first);
        buf_str_add(body, str_slice(m->native, 1, m->native.n - 1));
        return;
    }
    if (m->text.n || m->ncalls == 0)
        put_text(STR("assistant"), m->text, body, first);
    for (size_t i = 0; i < m->ncalls; i++) {
        put_comma(body, first);
        put_member(body, "{\"type\":\"function_call\",\"call_id\":", m->calls[i].id);
        put_member(body, ",\"name\":", m->calls[i].name);
        put_member(body, ",\"arguments\":", m->calls[i].arguments);
        buf_putc(body, '}');
    }
}

static void put_message(
    const struct message *m, const struct traits *t, struct buf *body, bool *first)
{
    switch (m->role) {
    case ROLE_SYSTEM:
        put_text(t->system_role.n ? t->system_role : STR("system"), m->text, body, first);
        break;
    case ROLE_USER:
        put_text(STR("user"), m->text, body, first);
        break;
    case ROLE_ASSISTANT:
        put_assistant(m, body, first);
        break;
    case ROLE_TOOL:
        put_comma(body, first);
        put_member(body, "{\"type\":\"function_call_output\",\"call_id\":", m->tool_call_id);
        put_member(body, ",\"output\":", m->text);
        buf_putc(body, '}');
        break;
    }
}

/* {"type":"function","function":{..}} without its inner braces. Here functions are strict unless
 * they say otherwise, in Chat Completions the other way round. */
static void put_tool(struct str tool, struct buf *body)
{
    struct str function = json_slice(tool, "function"), key, value;
    struct json_slices members = json_slices_of(function);

    if (!members.object) {
        buf_str_add(body, tool);
        return;
    }
    buf_puts(body, "{\"type\":\"function\"");
    while (json_slices_next(&members, &key, &value)) {
        buf_printf(body, ",\"%.*s\":", STR_ARG(key));
        buf_str_add(body, value);
    }
    if (json_slice(function, "strict").n == 0)
        buf_puts(body, ",\"strict\":false");
    buf_putc(body, '}');
}

static void put_tools(struct str tools, struct buf *body)
{
    struct json_slices list = json_slices_of(tools);
    struct str key, value;
    bool first = true;

    buf_putc(body, '[');
    while (json_slices_next(&list, &key, &value)) {
        put_comma(body, &first);
        put_tool(value, body);
    }
    buf_putc(body, ']');
}

/* Reasoning goes back sealed, where a conversation goes on and there is any. */
static bool wants_reasoning(const struct chat *chat, const struct traits *t)
{
    return chat->tools.n && !knobs_none(chat) && (t->effort_key.n || t->thinking_key.n) &&
           (t->tools_with_effort || !knobs_offers_tools(chat, t));
}

static void put_tool_options(const struct chat *chat, const struct traits *t, struct members *m)
{
    struct buf list = BUF_INIT;

    if (!knobs_offers_tools(chat, t))
        return;
    put_tools(chat->tools, &list);
    members_put(m, STR("tools"), buf_str(&list));
    buf_release(&list);
    if (chat->tool_choice && t->tool_choice) {
        members_text(m, STR("tool_choice.type"), STR("function"));
        members_text(m, STR("tool_choice.name"), str_c(chat->tool_choice));
    }
    if (t->parallel_tools)
        members_put(m, STR("parallel_tool_calls"), STR("false"));
}

static void put_input(const struct chat *chat, const struct traits *t, struct members *m)
{
    struct buf list = BUF_INIT;
    size_t i = 0;
    bool first = true;

    if (chat->n && chat->messages[0].role == ROLE_SYSTEM)
        members_text(m, STR("instructions"), chat->messages[i++].text);
    buf_putc(&list, '[');
    for (; i < chat->n; i++)
        put_message(&chat->messages[i], t, &list, &first);
    buf_putc(&list, ']');
    members_put(m, STR("input"), buf_str(&list));
    buf_release(&list);
}

static void build(const struct chat *asked, struct buf *body)
{
    struct traits t = knobs_traits(asked, &own_names);
    struct arena arena = {0};
    struct members m = {0};
    struct chat chat = !t.tools && asked->tools.n ? tool_words_chat(asked, &arena) : *asked;
    bool background = chat.background && t.background;

    chat.stream = chat.stream && !background;

    members_text(&m, STR("model"), chat.model);
    put_input(&chat, &t, &m);
    put_tool_options(&chat, &t, &m);
    knobs_thinking(&chat, &t, 0, &m);
    if (wants_reasoning(asked, &t))
        members_put(&m, STR("include"), STR("[\"reasoning.encrypted_content\"]"));
    knobs_temperature(&chat, &t, &m);
    knobs_limit(&chat, &t, &m);
    knobs_seed(&chat, &t, &m);
    if (background)
        members_put(&m, STR("background"), STR("true"));
    members_put(&m, STR("store"), background ? STR("true") : STR("false"));
    if (chat.stream)
        members_put(&m, STR("stream"), STR("true"));
    members_merge(&m, t.extra);
    if (!chat.stream)
        members_drop(&m, "stream_options"); /* refused without a stream */
    buf_putc(body, '{');
    members_print(&m, body);
    buf_putc(body, '}');
    members_release(&m);
    arena_release(&arena);
}

const struct provider openai_responses = {
    .name = "openai-responses",
    .path = "/responses",
    .key_header = "Authorization: Bearer ",
    .build = build,
    .read = responses_read,
};
