/*
 * openai_chat.c - building Chat Completions requests; reading them is in openai_read.c.
 *
 * The body is written straight into the buffer: member order is fixed, so equal chats give equal
 * bytes. Optional members appear only when the chat has them, since servers refuse what they do not
 * know.
 */
#include "harness/provider/openai_chat.h"

#include "harness/base/json.h"
#include "harness/provider/openai_read.h"

static void put_calls(const struct message *m, struct buf *body)
{
    struct json_writer w = json_writer(body, 0);

    jsonw_array(&w, NULL);
    for (size_t i = 0; i < m->ncalls; i++) {
        jsonw_object(&w, NULL);
        jsonw_str(&w, "id", m->calls[i].id);
        jsonw_cstr(&w, "type", "function");
        jsonw_object(&w, "function");
        jsonw_str(&w, "name", m->calls[i].name);
        jsonw_str(&w, "arguments", m->calls[i].arguments);
        jsonw_end_object(&w);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
}

static void put_message(const struct message *m, struct buf *body)
{
    static const char *const roles[] = {
        [ROLE_SYSTEM] = "system",
        [ROLE_USER] = "user",
        [ROLE_ASSISTANT] = "assistant",
        [ROLE_TOOL] = "tool",
    };

    buf_puts(body, "{\"role\":\"");
    buf_puts(body, roles[m->role]);
    buf_puts(body, "\",\"content\":");
    if (m->role == ROLE_ASSISTANT && m->text.n == 0 && m->ncalls)
        buf_puts(body, "null");
    else
        json_quote(body, m->text);
    if (m->ncalls) {
        buf_puts(body, ",\"tool_calls\":");
        put_calls(m, body);
    }
    if (m->tool_call_id.n) {
        buf_puts(body, ",\"tool_call_id\":");
        json_quote(body, m->tool_call_id);
    }
    buf_putc(body, '}');
}

static void build(const struct chat *chat, struct buf *body)
{
    const struct traits *traits = chat->traits ? chat->traits : &traits_default;

    buf_puts(body, "{\"model\":");
    json_quote(body, chat->model);
    buf_puts(body, ",\"messages\":[");
    for (size_t i = 0; i < chat->n; i++) {
        if (i)
            buf_putc(body, ',');
        put_message(&chat->messages[i], body);
    }
    buf_putc(body, ']');
    if (chat->tools.n) {
        buf_puts(body, ",\"tools\":");
        buf_str_add(body, chat->tools);
    }
    if (chat->effort) {
        buf_puts(body, ",\"reasoning_effort\":");
        json_quote(body, str_c(chat->effort));
    }
    if (chat->temperature >= 0) {
        buf_puts(body, ",\"temperature\":");
        json_number(body, chat->temperature);
    }
    if (chat->max_tokens > 0)
        buf_printf(body, ",\"%.*s\":%lld", STR_ARG(traits->limit_key), (long long)chat->max_tokens);
    if (chat->seed >= 0)
        buf_printf(body, ",\"seed\":%lld", (long long)chat->seed);
    if (chat->stream)
        buf_puts(body, ",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
    buf_putc(body, '}');
}

const struct provider openai_chat = {
    .name = "openai-chat",
    .path = "/chat/completions",
    .key_header = "Authorization: Bearer ",
    .build = build,
    .read = openai_read,
};
