/*
 * messages.c - building Messages requests; reading them is in messages_read.c.
 *
 * Member order is fixed, so equal chats give equal bytes. Everything between two assistant turns is
 * one user turn, tool results first: the vendor refuses results that stand apart or behind text.
 */
#include "harness/provider/messages.h"

#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/provider/knobs.h"
#include "harness/provider/messages_read.h"
#include "harness/provider/tool_words.h"

/* The format's words; "none" is not among them. */
static struct str effort_words[] = {
    {"low", 3}, {"medium", 6}, {"high", 4}, {"xhigh", 5}, {"max", 3}};

#define ADAPTIVE "{\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}}"

/* Names of the format itself. The number of thinking tokens is known to older models only: their
 * traits say so. */
static const struct traits own_names = {
    .limit_key = {"max_tokens", 10},
    .effort_key = {"output_config.effort", 20},
    .efforts = {effort_words, ARRAY_LEN(effort_words)},
    .effort_with = {ADAPTIVE, sizeof ADAPTIVE - 1},
};

static void put_system(const struct chat *chat, struct members *m)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < chat->n; i++)
        if (chat->messages[i].role == ROLE_SYSTEM) {
            buf_puts(&text, text.n ? "\n\n" : "");
            buf_str_add(&text, chat->messages[i].text);
        }
    if (text.n)
        members_text(m, STR("system"), buf_str(&text));
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
    size_t start = body->n + 1;

    buf_putc(body, '[');
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

    if (json_parse(tools, JSON_STRICT, &doc, NULL))
        return;
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

/* Forced tools are refused while the model thinks: it is told `auto` then. */
static void put_choice(
    const struct chat *chat, const struct traits *t, bool thinks, struct members *m)
{
    if (chat->tool_choice && t->tool_choice && !thinks) {
        members_text(m, STR("tool_choice.type"), STR("tool"));
        members_text(m, STR("tool_choice.name"), str_c(chat->tool_choice));
    } else if (chat->tool_choice || t->parallel_tools) {
        members_text(m, STR("tool_choice.type"), STR("auto"));
    }
    if (t->parallel_tools)
        members_put(m, STR("tool_choice.disable_parallel_tool_use"), STR("true"));
}

static void put_turns(const struct chat *chat, const struct traits *t, struct members *m)
{
    struct buf list = BUF_INIT;

    put_system(chat, m);
    put_messages(chat, &list);
    members_put(m, STR("messages"), buf_str(&list));
    buf_reset(&list);
    if (knobs_offers_tools(chat, t))
        put_tools(chat->tools, &list);
    members_put(m, STR("tools"), buf_str(&list)); /* nothing where there are none */
    buf_release(&list);
}

/* The limit that goes out: the format demands one. */
static int64_t limit_of(const struct chat *chat, const struct traits *t)
{
    if (chat->max_tokens > 0)
        return chat->max_tokens;
    return t->output > 0 ? t->output : MESSAGES_LIMIT;
}

/* By the members that are there, or that every request to this endpoint has. */
static bool thinks(const struct members *m, const struct traits *t)
{
    struct str type = members_get(m, "thinking.type");

    if (type.n == 0)
        type = json_slice(json_slice(t->extra, "thinking"), "type");
    return type.n && !str_eqc(type, "\"disabled\"");
}

static void build(const struct chat *asked, struct buf *body)
{
    struct traits t = knobs_traits(asked, &own_names);
    struct arena arena = {0};
    struct members m = {0};
    struct chat chat = !t.tools && asked->tools.n ? tool_words_chat(asked, &arena) : *asked;

    chat.max_tokens = limit_of(&chat, &t);
    members_text(&m, STR("model"), chat.model);
    knobs_limit(&chat, &t, &m);
    put_turns(&chat, &t, &m);
    knobs_thinking(&chat, &t, chat.max_tokens - 1, &m);
    bool thinking = thinks(&m, &t);
    if (knobs_offers_tools(&chat, &t))
        put_choice(&chat, &t, thinking, &m);
    if (!thinking)
        knobs_temperature(&chat, &t, &m);
    knobs_seed(&chat, &t, &m);
    if (chat.stream)
        members_put(&m, STR("stream"), STR("true"));
    members_merge(&m, t.extra);
    buf_putc(body, '{');
    members_print(&m, body);
    buf_putc(body, '}');
    members_release(&m);
    arena_release(&arena);
}

const struct provider messages_format = {
    .name = "anthropic-messages",
    .path = "/v1/messages",
    .key_header = "x-api-key: ",
    .fixed_header = "anthropic-version: 2023-06-01",
    .build = build,
    .read = messages_read,
};
