/* messages_ask.c - reading a Messages request; see messages_ask.h. */
#include "harness/phantom/messages_ask.h"

#include "harness/base/token.h"
#include "harness/phantom/wire_impl.h"

enum { MOST_TURNS = 4096, MOST_BLOCKS = 4096, MOST_TOOLS = 128 };

/* A request in the reading. Blocks of users become tool and user messages of the mind. */
struct asking {
    struct arena *arena;
    struct wire_request *r;
    struct wire_error *e;
    struct mind_message *messages;
    size_t n, cap;
    size_t turn, block; /* where we are, for messages */
    bool thinking;      /* is on */
};

static bool bad(struct asking *a, const char *field, const char *why)
{
    return wire_fail(a->e, 400, field, NULL, "%s: %s", field, why);
}

static bool bad_block(struct asking *a, const char *why)
{
    return wire_fail(
        a->e, 400, "messages", NULL, "messages.%zu.content.%zu: %s", a->turn, a->block, why);
}

static bool is_type(const struct json *v, const char *type)
{
    return str_eqc(json_str(json_get(v, "type")), type);
}

static struct mind_message *add_message(struct asking *a, enum mind_role role)
{
    ARENA_GROW(a->arena, a->messages, a->n, a->cap);
    a->messages[a->n] = (struct mind_message){.role = role, .text = STR("")};
    return &a->messages[a->n++];
}

/* A string, or a list of text blocks; nothing gives the empty text. */
static bool read_text(struct asking *a, const struct json *v, const char *field, struct str *ret)
{
    struct buf text = BUF_INIT;
    bool ok = wire_absent(v) || json_type(v) == JSON_STRING || json_type(v) == JSON_ARRAY;

    buf_str_add(&text, json_str(v));
    if (json_type(v) == JSON_ARRAY)
        for (const struct json *b = json_first(v); b && ok; b = json_next(b)) {
            ok = is_type(b, "text") && json_type(json_get(b, "text")) == JSON_STRING;
            buf_str_add(&text, json_str(json_get(b, "text")));
        }
    *ret = arena_str(a->arena, buf_str(&text));
    buf_release(&text);
    return ok || bad(a, field, "a string or a list of text blocks is expected");
}

/* ---- thinking that comes back ---------------------------------------------------------------- */

void messages_sign(struct str stamp, struct str text, char ret[MESSAGES_SIGNATURE + 1])
{
    struct digest_ctx *ctx = digest_new();
    char hex[DIGEST_HEX_LEN + 1];

    digest_field(ctx, STR("phantom thinking"));
    digest_field(ctx, stamp);
    digest_field(ctx, text);
    digest_hex(digest_end(ctx), hex);
    digest_free(ctx);
    memcpy(ret, stamp.p, MESSAGES_STAMP);
    ret[MESSAGES_STAMP] = '.';
    memcpy(ret + MESSAGES_STAMP + 1, hex, DIGEST_HEX_LEN + 1);
}

static bool check_thinking(struct asking *a, const struct json *block, struct str *ret_stamp)
{
    struct str signature = json_str(json_get(block, "signature"));
    char expected[MESSAGES_SIGNATURE + 1];

    if (json_type(json_get(block, "thinking")) != JSON_STRING)
        return bad_block(a, "thinking: a string is expected");
    if (signature.n != MESSAGES_SIGNATURE)
        return bad_block(a, "Invalid `signature` in `thinking` block");
    messages_sign(
        str_slice(signature, 0, MESSAGES_STAMP), json_str(json_get(block, "thinking")), expected);
    if (!str_eqc(signature, expected))
        return bad_block(a, "Invalid `signature` in `thinking` block");
    *ret_stamp = arena_str(a->arena, str_slice(signature, 0, MESSAGES_STAMP));
    return true;
}

/* A call that followed thinking names its stamp. */
static bool check_call_after(struct asking *a, struct str id, struct str stamp)
{
    struct str mark = STR(MESSAGES_CALL_AFTER_THINKING);

    if (!str_starts(id, mark))
        return true;
    if (stamp.n && str_starts(str_from(id, mark.n), stamp))
        return true;
    return bad_block(a,
        "Expected `thinking` or `redacted_thinking`, but found `tool_use`. The thinking blocks "
        "of a turn come back unchanged, in front of its tool calls.");
}

/* ---- turns ----------------------------------------------------------------------------------- */

static bool add_call(struct asking *a, struct mind_message *m, const struct json *b)
{
    struct mind_tool_call *call = &m->calls[m->ncalls];
    struct buf input = BUF_INIT;

    if (json_type(json_get(b, "id")) != JSON_STRING ||
        json_type(json_get(b, "name")) != JSON_STRING ||
        json_type(json_get(b, "input")) != JSON_OBJECT)
        return bad_block(a, "tool_use: id, name and an object input are expected");
    call->id = arena_str(a->arena, json_str(json_get(b, "id")));
    call->name = arena_str(a->arena, json_str(json_get(b, "name")));
    json_print(&input, json_get(b, "input"));
    call->arguments = arena_str(a->arena, buf_str(&input));
    buf_release(&input);
    m->ncalls++;
    return true;
}

static bool add_words(struct asking *a, const struct json *b, struct buf *text)
{
    struct str words = json_str(json_get(b, "text"));

    if (str_trim(words).n == 0)
        return bad_block(a, "text content blocks must hold a text that is not blank");
    buf_str_add(text, words);
    return true;
}

static bool assistant_block(struct asking *a, struct mind_message *m, const struct json *b,
    struct str *stamp, struct buf *text)
{
    if (is_type(b, "text"))
        return add_words(a, b, text);
    if (is_type(b, "thinking"))
        return check_thinking(a, b, stamp);
    if (is_type(b, "redacted_thinking"))
        return bad_block(a, "Invalid `data` in `redacted_thinking` block");
    if (is_type(b, "tool_use"))
        return add_call(a, m, b) && check_call_after(a, m->calls[m->ncalls - 1].id, *stamp);
    return bad_block(a, "an assistant's block is of type text, thinking or tool_use");
}

static bool read_assistant(struct asking *a, const struct json *content)
{
    struct mind_message *m = add_message(a, MIND_ASSISTANT);
    struct buf text = BUF_INIT;
    struct str stamp = {NULL, 0};
    bool ok = true;

    if (json_type(content) == JSON_STRING) {
        m->text = arena_str(a->arena, json_str(content));
        return true;
    }
    m->calls = arena_array(a->arena, struct mind_tool_call, json_len(content));
    for (const struct json *b = json_first(content); b && ok; b = json_next(b), a->block++)
        ok = assistant_block(a, m, b, &stamp, &text);
    m->text = arena_str(a->arena, buf_str(&text));
    buf_release(&text);
    return ok;
}

static bool add_result(struct asking *a, const struct json *b, bool late)
{
    struct str text;

    if (late)
        return bad_block(a, "tool_result blocks come first in a user's message");
    if (json_type(json_get(b, "tool_use_id")) != JSON_STRING)
        return bad_block(a, "tool_result: tool_use_id is expected");
    if (!read_text(a, json_get(b, "content"), "tool_result.content", &text))
        return false;
    struct mind_message *m = add_message(a, MIND_TOOL);
    m->text = text;
    m->call_id = arena_str(a->arena, json_str(json_get(b, "tool_use_id")));
    return true;
}

static bool read_user(struct asking *a, const struct json *content)
{
    struct buf text = BUF_INIT;
    bool ok = true;

    buf_str_add(&text, json_str(content));
    for (const struct json *b = json_first(content); b && ok; b = json_next(b), a->block++) {
        if (is_type(b, "tool_result"))
            ok = add_result(a, b, text.n > 0);
        else
            ok = is_type(b, "text") ? add_words(a, b, &text)
                                    : bad_block(a, "a user's block is of type text or tool_result");
    }
    if (ok && text.n)
        add_message(a, MIND_USER)->text = arena_str(a->arena, buf_str(&text));
    buf_release(&text);
    return ok;
}

static bool read_turn(struct asking *a, const struct json *v)
{
    const struct json *content = json_get(v, "content");
    struct str role = json_str(json_get(v, "role"));
    bool list = json_type(content) == JSON_ARRAY;

    a->block = 0;
    if (!list && json_type(content) != JSON_STRING)
        return bad_block(a, "a string or a list of blocks is expected");
    if (list ? json_len(content) == 0 || json_len(content) > MOST_BLOCKS : !json_str(content).n)
        return bad_block(a, "messages must have content that is not empty");
    if (str_eqc(role, "user"))
        return read_user(a, content);
    if (str_eqc(role, "assistant"))
        return read_assistant(a, content);
    return bad(a, "messages.role", "user or assistant is expected; system is a field of its own");
}

/* A turn of the assistant at the end: what the answer begins with. */
static bool read_prefill(struct asking *a)
{
    struct mind_prefix *p = &a->r->mind.prefix;

    if (a->r->newest)
        return bad(a, "messages",
            "This model does not support assistant message prefill. The conversation must end "
            "with a user message.");
    if (a->thinking)
        return bad(a, "messages",
            "When `thinking` is enabled, a final `assistant` message must start with a thinking "
            "block: an answer cannot be prefilled.");
    const struct mind_message *last = a->messages ? &a->messages[a->n - 1] : NULL;
    if (!last || last->ncalls)
        return bad(a, "messages", "a `tool_use` block cannot be the end of the conversation");
    if (!last->text.n || str_is_blank(last->text.p[last->text.n - 1]))
        return bad(a, "messages", "final assistant content cannot end with trailing whitespace");
    *p = (struct mind_prefix){MIND_ANSWERING, STR(""), last->text};
    a->n--;
    a->r->prompt_tokens += (int64_t)token_count(last->text);
    return true;
}

static bool read_turns(struct asking *a, const struct json *root)
{
    const struct json *list = json_get(root, "messages"), *last = NULL;
    struct mind_message *system = NULL;

    if (json_type(list) != JSON_ARRAY)
        return bad(a, "messages", "a list is required");
    if (json_len(list) == 0 || json_len(list) > MOST_TURNS)
        return bad(a, "messages", "at least one message is required, and at most 4096");
    if (!wire_absent(json_get(root, "system"))) {
        system = add_message(a, MIND_SYSTEM);
        if (!read_text(a, json_get(root, "system"), "system", &system->text))
            return false;
    }
    for (const struct json *v = json_first(list); v; v = json_next(v), a->turn++) {
        if (!read_turn(a, v))
            return false;
        last = v;
    }
    if (str_eqc(json_str(json_get(last, "role")), "assistant") && !read_prefill(a))
        return false;
    a->r->mind.messages = a->messages;
    a->r->mind.nmessages = a->n;
    return wire_check_tool_order(a->messages, a->n, a->e) ||
           bad(a, "messages",
               "each `tool_use` block must have one `tool_result` with its id at the beginning of "
               "the next message, and no other");
}

/* ---- the rest -------------------------------------------------------------------------------- */

static bool read_tools(struct asking *a, const struct json *root)
{
    const struct json *list = json_get(root, "tools");
    struct wire_request *r = a->r;
    bool none = is_type(json_get(root, "tool_choice"), "none");

    if (wire_absent(list))
        return true;
    if (json_type(list) != JSON_ARRAY || json_len(list) > MOST_TOOLS)
        return bad(a, "tools", "a list of at most 128 tools is expected");
    struct str *names = arena_array(a->arena, struct str, json_len(list));
    for (const struct json *v = json_first(list); v; v = json_next(v)) {
        struct buf schema = BUF_INIT;
        if (json_type(json_get(v, "name")) != JSON_STRING ||
            json_type(json_get(v, "input_schema")) != JSON_OBJECT)
            return bad(a, "tools", "tools with a name and an object input_schema are expected");
        json_print(&schema, json_get(v, "input_schema"));
        r->prompt_tokens += (int64_t)(token_count(json_str(json_get(v, "name"))) +
                                      token_count(json_str(json_get(v, "description"))) +
                                      token_count(buf_str(&schema)));
        buf_release(&schema);
        if (!none)
            names[r->mind.ntools++] = arena_str(a->arena, json_str(json_get(v, "name")));
    }
    r->mind.tools = names;
    return true;
}

static bool is_effort(struct str word)
{
    static const char *const words[] = {"low", "medium", "high", "xhigh", "max"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eqc(word, words[i]))
            return true;
    return false;
}

/* thinking.type enabled, the form of models before the adaptive ones. */
static bool read_budget(struct asking *a, const struct json *thinking)
{
    enum { LEAST = 1024 };
    struct mind_request *m = &a->r->mind;

    if (a->r->newest)
        return bad(a, "thinking",
            "\"thinking.type.enabled\" is not supported for this model. Use "
            "\"thinking.type.adaptive\" and \"output_config.effort\" instead.");
    if (!json_int(json_get(thinking, "budget_tokens"), &m->thinking_tokens) ||
        m->thinking_tokens < LEAST)
        return bad(a, "thinking.budget_tokens", "an integer of at least 1024 is expected");
    if (m->max_tokens >= 0 && m->thinking_tokens >= m->max_tokens)
        return bad(a, "max_tokens", "must be greater than `thinking.budget_tokens`");
    m->thinking_limited = !a->r->ignore_thinking;
    return true;
}

/* Which of the forms it is; thinking is on or not then. */
static bool read_form(struct asking *a, const struct json *thinking)
{
    struct str display = json_str(json_get(thinking, "display"));
    bool enabled = is_type(thinking, "enabled");

    a->thinking = enabled || is_type(thinking, "adaptive");
    if (enabled && !read_budget(a, thinking))
        return false;
    if (!wire_absent(thinking) && !a->thinking && !is_type(thinking, "disabled"))
        return bad(a, "thinking.type", "adaptive, enabled or disabled is expected");
    if (display.n && !str_eqc(display, "summarized") && !str_eqc(display, "omitted"))
        return bad(a, "thinking.display", "summarized or omitted is expected");
    a->r->show_reasoning = str_eqc(display, "summarized") || (enabled && !display.n);
    return true;
}

static bool read_thinking(struct asking *a, const struct json *root)
{
    const struct json *thinking = json_get(root, "thinking");
    const struct json *effort = json_path(root, "output_config.effort");
    struct str *word = &a->r->mind.reasoning_effort;

    if (!read_form(a, thinking))
        return false;
    if (!wire_absent(effort) && !is_effort(json_str(effort)))
        return bad(a, "output_config.effort", "low, medium, high, xhigh or max is expected");
    *word = arena_str(a->arena, json_str(effort));
    if (is_type(thinking, "disabled"))
        *word = STR("none");
    else if (word->n == 0 && a->thinking)
        *word = STR("high");
    return true;
}

static bool read_temperature(struct asking *a, const struct json *v)
{
    double *t = &a->r->mind.temperature;

    *t = 1;
    if (!wire_absent(v) && (!json_num(v, t) || *t < 0 || *t > 1))
        return bad(a, "temperature", "a number from 0 to 1 is expected");
    if (a->thinking && *t != 1)
        return bad(a, "temperature", "may only be 1 when thinking is enabled");
    return true;
}

static bool read_options(struct asking *a, const struct json *root, bool counting)
{
    const struct json *stream = json_get(root, "stream"), *limit = json_get(root, "max_tokens");
    struct str choice = json_str(json_path(root, "tool_choice.type"));
    struct wire_request *r = a->r;

    r->mind.max_tokens = -1;
    if (!(counting && wire_absent(limit)) &&
        (!json_int(limit, &r->mind.max_tokens) || r->mind.max_tokens < 1))
        return bad(a, "max_tokens", "an integer of at least 1 is required");
    if (!wire_absent(stream) && json_type(stream) != JSON_BOOL)
        return bad(a, "stream", "true or false is expected");
    r->stream = json_bool(stream, false);
    if (!read_thinking(a, root) || !read_temperature(a, json_get(root, "temperature")))
        return false;
    if (a->thinking && (str_eqc(choice, "any") || str_eqc(choice, "tool")))
        return bad(a, "tool_choice", "thinking may not be enabled when a tool is forced");
    return true;
}

static bool read_root(struct asking *a, const struct json *root, bool counting)
{
    const struct json *model = json_get(root, "model");
    struct wire_request *r = a->r;

    if (json_type(root) != JSON_OBJECT)
        return wire_fail(a->e, 400, NULL, NULL, "The body must be a JSON object.");
    if (json_type(model) != JSON_STRING)
        return bad(a, "model", "a string is required");
    wire_name_model(json_str(model), a->arena, r);
    return read_options(a, root, counting) && read_turns(a, root) && read_tools(a, root);
}

static bool ask(struct str body, bool counting, struct arena *arena, struct wire_request *ret,
    struct wire_error *ret_error)
{
    struct json *doc;
    struct err err;
    struct wire_request r = {
        .ignore_limit = ret->ignore_limit, .ignore_thinking = ret->ignore_thinking};
    struct asking a = {.arena = arena, .r = &r, .e = ret_error};

    if (json_parse(body, JSON_REPAIR, &doc, &err))
        return wire_fail(ret_error, 400, NULL, NULL, "The body is not JSON: %s.", err.msg);
    bool ok = read_root(&a, doc, counting);
    json_free(doc);
    if (!ok)
        return false;
    wire_count_messages(&r);
    *ret = r;
    return true;
}

bool messages_ask(
    struct str body, struct arena *arena, struct wire_request *ret, struct wire_error *ret_error)
{
    return ask(body, false, arena, ret, ret_error);
}

bool messages_ask_count(
    struct str body, struct arena *arena, struct wire_request *ret, struct wire_error *ret_error)
{
    return ask(body, true, arena, ret, ret_error);
}
