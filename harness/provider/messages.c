/*
 * messages.c - building Messages requests; reading them is in messages_read.c.
 *
 * Member order is fixed, so equal chats give equal bytes. Everything between two assistant turns is
 * one user turn, tool results first: the vendor refuses results that stand apart or behind text.
 */
#include "harness/provider/messages.h"

#include "harness/base/json.h"
#include "harness/provider/messages_read.h"

static bool thinks(const struct chat *chat)
{
    return chat->effort && !str_eqc(str_c(chat->effort), "none");
}

static void put_system(const struct chat *chat, struct buf *body)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < chat->n; i++)
        if (chat->messages[i].role == ROLE_SYSTEM) {
            buf_puts(&text, text.n ? "\n\n" : "");
            buf_str_add(&text, chat->messages[i].text);
        }
    if (text.n) {
        buf_puts(body, ",\"system\":");
        json_quote(body, buf_str(&text));
    }
    buf_release(&text);
}

static void put_text(struct json_writer *w, struct str text)
{
    if (str_trim(text).n == 0)
        return; /* a blank text block is refused */
    jsonw_object(w, NULL);
    jsonw_cstr(w, "type", "text");
    jsonw_str(w, "text", text);
    jsonw_end_object(w);
}

/* What the model said goes back as it came: thinking blocks carry a signature over their bytes. */
static void put_assistant(const struct message *m, struct buf *body)
{
    struct json_writer w = json_writer(body, 0);

    buf_puts(body, "{\"role\":\"assistant\",\"content\":");
    if (m->native.n) {
        buf_str_add(body, m->native);
    } else {
        jsonw_array(&w, NULL);
        put_text(&w, m->text);
        for (size_t i = 0; i < m->ncalls; i++) {
            struct str input = str_trim(m->calls[i].arguments);
            jsonw_object(&w, NULL);
            jsonw_cstr(&w, "type", "tool_use");
            jsonw_str(&w, "id", m->calls[i].id);
            jsonw_str(&w, "name", m->calls[i].name);
            jsonw_raw(&w, "input", input.n ? input : STR("{}"));
            jsonw_end_object(&w);
        }
        jsonw_end_array(&w);
    }
    buf_putc(body, '}');
}

static void put_result(struct json_writer *w, const struct message *m)
{
    jsonw_object(w, NULL);
    jsonw_cstr(w, "type", "tool_result");
    jsonw_str(w, "tool_use_id", m->tool_call_id);
    jsonw_str(w, "content", m->text);
    jsonw_end_object(w);
}

/* Messages first..end are of users, tools and (above all) the system. */
static void put_user(const struct message *messages, size_t first, size_t end, struct buf *body)
{
    struct json_writer w = json_writer(body, 0);
    const struct message *only = NULL;
    size_t n = 0;

    for (size_t i = first; i < end; i++)
        if (messages[i].role != ROLE_SYSTEM) {
            only = &messages[i];
            n++;
        }
    if (n == 0)
        return;
    buf_puts(body, "{\"role\":\"user\",\"content\":");
    if (n == 1 && only->role == ROLE_USER) {
        json_quote(body, only->text);
    } else {
        jsonw_array(&w, NULL);
        for (size_t i = first; i < end; i++)
            if (messages[i].role == ROLE_TOOL)
                put_result(&w, &messages[i]);
        for (size_t i = first; i < end; i++)
            if (messages[i].role == ROLE_USER)
                put_text(&w, messages[i].text);
        jsonw_end_array(&w);
    }
    buf_putc(body, '}');
}

static void put_messages(const struct chat *chat, struct buf *body)
{
    size_t start;

    buf_puts(body, ",\"messages\":[");
    start = body->n;
    for (size_t i = 0; i < chat->n;) {
        size_t end = i, before = body->n;
        if (before > start)
            buf_putc(body, ',');
        size_t opened = body->n;
        if (chat->messages[i].role == ROLE_ASSISTANT) {
            put_assistant(&chat->messages[i], body);
            end = i + 1;
        } else {
            while (end < chat->n && chat->messages[end].role != ROLE_ASSISTANT)
                end++;
            put_user(chat->messages, i, end, body);
        }
        if (body->n == opened)
            buf_truncate(body, before); /* a system text alone is no turn */
        i = end;
    }
    buf_putc(body, ']');
}

/* Tools come as Chat Completions has them; here they are flat and the schema is named otherwise. */
static void put_tools(struct str tools, struct buf *body)
{
    struct json_writer w = json_writer(body, 0);
    struct json *doc;

    if (tools.n == 0 || json_parse(tools, JSON_STRICT, &doc, NULL))
        return;
    buf_puts(body, ",\"tools\":");
    jsonw_array(&w, NULL);
    for (const struct json *t = json_first(doc); t; t = json_next(t)) {
        const struct json *f = json_get(t, "function"), *schema = json_get(f, "parameters");
        struct buf text = BUF_INIT;
        jsonw_object(&w, NULL);
        jsonw_str(&w, "name", json_str(json_get(f, "name")));
        if (json_type(json_get(f, "description")) == JSON_STRING)
            jsonw_str(&w, "description", json_str(json_get(f, "description")));
        if (json_type(schema) == JSON_OBJECT)
            json_print(&text, schema);
        else
            buf_puts(&text, "{\"type\":\"object\",\"properties\":{}}");
        jsonw_raw(&w, "input_schema", buf_str(&text));
        jsonw_end_object(&w);
        buf_release(&text);
    }
    jsonw_end_array(&w);
    json_free(doc);
}

static void build(const struct chat *chat, struct buf *body)
{
    buf_puts(body, "{\"model\":");
    json_quote(body, chat->model);
    buf_printf(body, ",\"max_tokens\":%lld",
        (long long)(chat->max_tokens > 0 ? chat->max_tokens : MESSAGES_LIMIT));
    put_system(chat, body);
    put_messages(chat, body);
    put_tools(chat->tools, body);
    if (thinks(chat)) {
        buf_puts(body, ",\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"},"
                       "\"output_config\":{\"effort\":");
        json_quote(body, str_c(chat->effort));
        buf_putc(body, '}');
    } else if (chat->temperature >= 0) {
        buf_puts(body, ",\"temperature\":");
        json_number(body, chat->temperature);
    }
    if (chat->stream)
        buf_puts(body, ",\"stream\":true");
    buf_putc(body, '}');
}

const struct provider messages_format = {
    .name = "anthropic-messages",
    .path = "/v1/messages",
    .key_header = "x-api-key: ",
    .fixed_header = "anthropic-version: 2023-06-01",
    .build = build,
    .read = messages_read,
};
