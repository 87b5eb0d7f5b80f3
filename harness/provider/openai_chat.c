/*
 * openai_chat.c - building Chat Completions requests; reading them is in openai_read.c.
 *
 * Member order is fixed, so equal chats give equal bytes. Optional members appear only when the
 * chat has them and the endpoint takes them (traits.h), since servers refuse what they do not know.
 *
 * An assistant's turn is written from its text and calls; what only its server understands, and
 * wants back unchanged, stands in message.native (openai_native.h) and goes in between.
 */
#include "harness/provider/openai_chat.h"

#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/provider/knobs.h"
#include "harness/provider/openai_native.h"
#include "harness/provider/openai_read.h"
#include "harness/provider/tool_words.h"

static void put_members_of(struct str object, struct buf *body)
{
    struct str inside = str_trim(str_slice(object, 1, object.n ? object.n - 1 : 0));

    if (inside.n) {
        buf_putc(body, ',');
        buf_str_add(body, inside);
    }
}

static void put_calls(const struct message *m, struct buf *body)
{
    struct json_slices extras = json_slices_of(json_slice(m->native, "tool_calls"));
    struct str key, extra;

    for (size_t i = 0; i < m->ncalls; i++) {
        buf_puts(body, i ? ",{\"id\":" : "{\"id\":");
        json_quote(body, m->calls[i].id);
        buf_puts(body, ",\"type\":\"function\",\"function\":{\"name\":");
        json_quote(body, m->calls[i].name);
        buf_puts(body, ",\"arguments\":");
        json_quote(body, m->calls[i].arguments);
        buf_putc(body, '}');
        if (json_slices_next(&extras, &key, &extra))
            put_members_of(extra, body);
        buf_putc(body, '}');
    }
}

static void put_assistant(const struct message *m, const struct traits *t, struct buf *body)
{
    struct str content = json_slice(m->native, "content"), rest;

    buf_puts(body, "{\"role\":\"assistant\",\"content\":");
    if (content.n)
        buf_str_add(body, content);
    else if (m->text.n == 0 && m->ncalls)
        buf_puts(body, "null");
    else
        json_quote(body, m->text);
    if (t->reasoning_back.n) { /* on every turn, an empty one too: the safe rule of those who ask */
        buf_putc(body, ',');
        json_quote(body, t->reasoning_back);
        buf_putc(body, ':');
        json_quote(body, m->reasoning);
    }
    if (m->ncalls) {
        buf_puts(body, ",\"tool_calls\":[");
        put_calls(m, body);
        buf_putc(body, ']');
    }
    for (size_t i = 0; openai_native_kept[i]; i++) {
        rest = json_slice(m->native, openai_native_kept[i]);
        if (rest.n) {
            buf_printf(body, ",\"%s\":", openai_native_kept[i]);
            buf_str_add(body, rest);
        }
    }
    buf_putc(body, '}');
}

static void put_message(const struct message *m, const struct traits *t, struct buf *body)
{
    const struct str roles[] = {
        [ROLE_SYSTEM] = t->system_role.n ? t->system_role : traits_default.system_role,
        [ROLE_USER] = STR("user"),
        [ROLE_TOOL] = STR("tool"),
    };

    if (m->role == ROLE_ASSISTANT) {
        put_assistant(m, t, body);
        return;
    }
    buf_puts(body, "{\"role\":");
    json_quote(body, roles[m->role]);
    buf_puts(body, ",\"content\":");
    json_quote(body, m->text);
    if (m->tool_call_id.n) {
        buf_puts(body, ",\"tool_call_id\":");
        json_quote(body, m->tool_call_id);
    }
    buf_putc(body, '}');
}

static void put_messages(const struct chat *chat, const struct traits *t, struct members *m)
{
    struct buf list = BUF_INIT;

    buf_putc(&list, '[');
    for (size_t i = 0; i < chat->n; i++) {
        if (i)
            buf_putc(&list, ',');
        put_message(&chat->messages[i], t, &list);
    }
    buf_putc(&list, ']');
    members_put(m, STR("messages"), buf_str(&list));
    buf_release(&list);
}

static void put_tools(const struct chat *chat, const struct traits *t, struct members *m)
{
    if (!knobs_offers_tools(chat, t))
        return;
    members_put(m, STR("tools"), chat->tools);
    if (chat->tool_choice && t->tool_choice) {
        members_text(m, STR("tool_choice.type"), STR("function"));
        members_text(m, STR("tool_choice.function.name"), str_c(chat->tool_choice));
    }
    if (t->parallel_tools)
        members_put(m, STR("parallel_tool_calls"), STR("false"));
}

static void build(const struct chat *asked, struct buf *body)
{
    struct traits t = knobs_traits(asked, NULL);
    struct arena arena = {0};
    struct members m = {0};
    struct chat chat = !t.tools && asked->tools.n ? tool_words_chat(asked, &arena) : *asked;

    members_text(&m, STR("model"), chat.model);
    put_messages(&chat, &t, &m);
    put_tools(&chat, &t, &m);
    knobs_thinking(&chat, &t, 0, &m);
    knobs_temperature(&chat, &t, &m);
    knobs_limit(&chat, &t, &m);
    knobs_seed(&chat, &t, &m);
    if (chat.stream) {
        members_put(&m, STR("stream"), STR("true"));
        if (t.stream_usage)
            members_put(&m, STR("stream_options.include_usage"), STR("true"));
    }
    members_merge(&m, t.extra);
    if (!chat.stream)
        members_drop(&m, "stream_options"); /* refused without a stream */
    buf_putc(body, '{');
    members_print(&m, body);
    buf_putc(body, '}');
    members_release(&m);
    arena_release(&arena);
}

const struct provider openai_chat = {
    .name = "openai-chat",
    .path = "/chat/completions",
    .key_header = "Authorization: Bearer ",
    .build = build,
    .read = openai_read,
};
