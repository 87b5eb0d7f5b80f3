/*
 * responses.c - building Responses requests; reading them is in responses_read.c.
 *
 * As in openai_chat.c member order is fixed and optional members appear only when the chat has
 * them. Not sent because the format has no such member: seed.
 */
#include "harness/provider/responses.h"

#include "harness/base/json.h"
#include "harness/base/json_slice.h"

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
static void put_text(const char *role, struct str text, struct buf *body, bool *first)
{
    put_comma(body, first);
    buf_printf(body, "{\"role\":\"%s\"", role);
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
        put_text("assistant", m->text, body, first);
    for (size_t i = 0; i < m->ncalls; i++) {
        put_comma(body, first);
        put_member(body, "{\"type\":\"function_call\",\"call_id\":", m->calls[i].id);
        put_member(body, ",\"name\":", m->calls[i].name);
        put_member(body, ",\"arguments\":", m->calls[i].arguments);
        buf_putc(body, '}');
    }
}

static void put_message(const struct message *m, struct buf *body, bool *first)
{
    switch (m->role) {
    case ROLE_SYSTEM:
        put_text("system", m->text, body, first);
        break;
    case ROLE_USER:
        put_text("user", m->text, body, first);
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

    buf_puts(body, ",\"tools\":[");
    while (json_slices_next(&list, &key, &value)) {
        put_comma(body, &first);
        put_tool(value, body);
    }
    buf_putc(body, ']');
}

static void put_options(const struct chat *chat, struct buf *body)
{
    if (chat->tools.n)
        put_tools(chat->tools, body);
    if (chat->effort) {
        put_member(body, ",\"reasoning\":{\"effort\":", str_c(chat->effort));
        buf_putc(body, '}');
    }
    if (chat->tools.n) /* only such a conversation goes on and needs its reasoning back */
        buf_puts(body, ",\"include\":[\"reasoning.encrypted_content\"]");
    if (chat->temperature >= 0) {
        buf_puts(body, ",\"temperature\":");
        json_number(body, chat->temperature);
    }
    if (chat->max_tokens > 0)
        buf_printf(body, ",\"max_output_tokens\":%lld", (long long)chat->max_tokens);
    buf_puts(body, ",\"store\":false");
    if (chat->stream)
        buf_puts(body, ",\"stream\":true");
}

static void build(const struct chat *chat, struct buf *body)
{
    size_t i = 0;
    bool first = true;

    put_member(body, "{\"model\":", chat->model);
    if (chat->n && chat->messages[0].role == ROLE_SYSTEM)
        put_member(body, ",\"instructions\":", chat->messages[i++].text);
    buf_puts(body, ",\"input\":[");
    for (; i < chat->n; i++)
        put_message(&chat->messages[i], body, &first);
    buf_putc(body, ']');
    put_options(chat, body);
    buf_putc(body, '}');
}

const struct provider openai_responses = {
    .name = "openai-responses",
    .path = "/responses",
    .key_header = "Authorization: Bearer ",
    .build = build,
    .read = responses_read,
};
