/* wire_responses.c - reading a Responses request; see wire_responses.h. */
#include "harness/phantom/wire_responses.h"

#include "harness/phantom/wire_impl.h"

enum { MAX_ITEMS = 4096 };

const char *wire_responses_mark(char out[WIRE_MARK_SIZE], const char *prefix, struct str reasoning,
    const struct str *parts, size_t n)
{
    struct digest_ctx *ctx = digest_new();
    char hex[DIGEST_HEX_LEN + 1];

    digest_field(ctx, str_c(prefix));
    digest_field(ctx, reasoning);
    for (size_t i = 0; i < n; i++)
        digest_field(ctx, parts[i]);
    snprintf(out, WIRE_MARK_SIZE, "%s_%.24s", prefix, digest_hex(digest_end(ctx), hex));
    digest_free(ctx);
    return out;
}

/* Items on their way into messages. */
struct input {
    struct arena *arena;
    struct mind_message *m;
    struct mind_tool_call *calls; /* of all turns, one behind the other */
    size_t n, ncalls;
    struct str reasoning; /* id of the reasoning item of the turn under way */
    bool dangling;        /* nothing has followed it yet */
    struct wire_error *e;
};

static bool altered(struct input *in, const char *what, struct str id)
{
    return wire_fail(in->e, 400, "input", "invalid_value",
        "%s item '%.*s' is not the one that was sent: output items must come back unchanged, with "
        "the reasoning item in front of them.",
        what, STR_ARG(str_slice(id, 0, 64)));
}

/* An item without an id is the client's own. */
static bool check_mark(struct input *in, const char *what, const char *prefix,
    const struct json *item, const struct str *parts, size_t n)
{
    struct str id = json_str(json_get(item, "id"));
    char mark[WIRE_MARK_SIZE];

    if (wire_absent(json_get(item, "id")) ||
        str_eqc(id, wire_responses_mark(mark, prefix, in->reasoning, parts, n)))
        return true;
    return altered(in, what, id);
}

static bool read_content(struct input *in, const struct json *v, struct str *ret)
{
    static const char *const types[] = {"input_text", "output_text", "text"};
    struct buf text = BUF_INIT;
    bool ok = json_type(v) == JSON_STRING || json_type(v) == JSON_ARRAY;

    buf_str_add(&text, json_str(v));
    for (const struct json *part = json_first(v); part && ok; part = json_next(part)) {
        ok = false;
        for (size_t i = 0; i < ARRAY_LEN(types) && !ok; i++)
            ok = str_eqc(json_str(json_get(part, "type")), types[i]);
        ok = ok && json_type(json_get(part, "text")) == JSON_STRING;
        buf_str_add(&text, json_str(json_get(part, "text")));
    }
    *ret = arena_str(in->arena, buf_str(&text));
    buf_release(&text);
    return ok || wire_bad_type(in->e, "input.content", "a string or a list of text parts");
}

static struct mind_message *add_message(struct input *in, enum mind_role role)
{
    struct mind_message *m = &in->m[in->n++];

    *m = (struct mind_message){.role = role, .text = STR(""), .calls = &in->calls[in->ncalls]};
    return m;
}

/* The turn of the assistant that an item belongs to: it goes on until somebody else speaks. */
static struct mind_message *assistant_turn(struct input *in, bool text)
{
    in->dangling = false;
    if (in->n == 0 || in->m[in->n - 1].role != MIND_ASSISTANT)
        return add_message(in, MIND_ASSISTANT);
    if (text && in->m[in->n - 1].text.n)
        return add_message(in, MIND_ASSISTANT);
    return &in->m[in->n - 1];
}

/* Somebody else speaks. */
static bool end_turn(struct input *in)
{
    if (in->dangling)
        return wire_fail(in->e, 400, "input", "invalid_value",
            "Reasoning item '%.*s' came without the item that followed it.",
            STR_ARG(in->reasoning));
    in->reasoning = STR("");
    return true;
}

/* ---- one reader a type ----------------------------------------------------------------------- */

static bool read_message(struct input *in, const struct json *item)
{
    static const struct {
        const char *name;
        enum mind_role role;
    } roles[] = {{"system", MIND_SYSTEM}, {"developer", MIND_SYSTEM}, {"user", MIND_USER}};
    struct str role = json_str(json_get(item, "role")), text;

    if (!read_content(in, json_get(item, "content"), &text))
        return false;
    if (str_eqc(role, "assistant")) {
        if (!check_mark(in, "Message", "msg", item, &text, 1))
            return false;
        assistant_turn(in, true)->text = text;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (str_eqc(role, roles[i].name)) {
            if (!end_turn(in))
                return false;
            add_message(in, roles[i].role)->text = text;
            return true;
        }
    return wire_fail(in->e, 400, "input.role", "invalid_value",
        "Invalid value for 'input.role': expected system, developer, user or assistant.");
}

static bool read_call(struct input *in, const struct json *item)
{
    static const char *const keys[] = {"call_id", "name", "arguments"};
    struct str parts[ARRAY_LEN(keys)];

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (json_type(json_get(item, keys[i])) != JSON_STRING)
            return wire_bad_type(in->e, "input", "function calls with call_id, name and arguments");
        parts[i] = arena_str(in->arena, json_str(json_get(item, keys[i])));
    }
    if (!check_mark(in, "Function call", "fc", item, parts, ARRAY_LEN(parts)))
        return false;
    assistant_turn(in, false)->ncalls++;
    in->calls[in->ncalls++] = (struct mind_tool_call){parts[0], parts[1], parts[2]};
    return true;
}

static bool read_output(struct input *in, const struct json *item)
{
    struct str text, id = json_str(json_get(item, "call_id"));

    if (!read_content(in, json_get(item, "output"), &text) || !end_turn(in))
        return false;
    struct mind_message *m = add_message(in, MIND_TOOL);
    m->text = text;
    m->call_id = arena_str(in->arena, id);
    return true;
}

static bool read_reasoning(struct input *in, const struct json *item)
{
    struct str id = json_str(json_get(item, "id"));
    struct str secret = json_str(json_get(item, "encrypted_content"));
    char mark[WIRE_MARK_SIZE];

    if (!end_turn(in)) /* one reasoning item a turn */
        return false;
    if (secret.n == 0)
        return wire_fail(in->e, 400, "input", "invalid_value",
            "Reasoning item '%.*s' has no encrypted_content, and nothing is stored here: ask for "
            "it by include.",
            STR_ARG(str_slice(id, 0, 64)));
    if (!str_eqc(id, wire_responses_mark(mark, "rs", STR(""), &secret, 1)) ||
        json_type(json_get(item, "summary")) != JSON_ARRAY || json_len(json_get(item, "summary")))
        return altered(in, "Reasoning", id);
    in->reasoning = arena_str(in->arena, id);
    in->dangling = true;
    return true;
}

static bool read_item(struct input *in, const struct json *item)
{
    static const struct {
        const char *type;
        bool (*read)(struct input *in, const struct json *item);
    } kinds[] = {
        {"", read_message},
        {"message", read_message},
        {"function_call", read_call},
        {"function_call_output", read_output},
        {"reasoning", read_reasoning},
    };
    struct str type = json_str(json_get(item, "type"));

    if (json_type(item) != JSON_OBJECT)
        return wire_bad_type(in->e, "input", "a string or a list of objects");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eqc(type, kinds[i].type))
            return kinds[i].read(in, item);
    return wire_fail(in->e, 400, "input.type", "invalid_value",
        "Invalid value for 'input.type': '%.*s'.", STR_ARG(str_slice(type, 0, 64)));
}

/* ---- the whole input ------------------------------------------------------------------------- */

/* How many outputs answer the call. */
static size_t answers(const struct input *in, struct str call_id)
{
    size_t n = 0;

    for (size_t i = 0; i < in->n; i++)
        n += in->m[i].role == MIND_TOOL && str_eq(in->m[i].call_id, call_id);
    return n;
}

static bool is_called(const struct mind_message *from, const struct mind_message *to, struct str id)
{
    for (; from < to; from++)
        for (size_t i = 0; i < from->ncalls; i++)
            if (str_eq(from->calls[i].id, id))
                return true;
    return false;
}

/* Every call has one output, every output an earlier call. */
static bool check_outputs(const struct input *in)
{
    for (size_t i = 0; i < in->ncalls; i++)
        if (answers(in, in->calls[i].id) != 1)
            return wire_fail(in->e, 400, "input", "invalid_value",
                "Function call '%.*s' must have one output.",
                STR_ARG(str_slice(in->calls[i].id, 0, 64)));
    for (size_t i = 0; i < in->n; i++)
        if (in->m[i].role == MIND_TOOL && !is_called(in->m, &in->m[i], in->m[i].call_id))
            return wire_fail(in->e, 400, "input", "invalid_value",
                "There is no function call '%.*s' for this output.",
                STR_ARG(str_slice(in->m[i].call_id, 0, 64)));
    return true;
}

static bool check_kinds(const struct json *root, struct wire_error *e)
{
    const struct json *list = json_get(root, "input"), *system = json_get(root, "instructions");
    size_t n = json_len(list);

    if (wire_absent(list))
        return wire_fail(
            e, 400, "input", "missing_required_parameter", "Missing parameter: 'input'.");
    if (json_type(list) != JSON_STRING && json_type(list) != JSON_ARRAY)
        return wire_bad_type(e, "input", "a string or a list of objects");
    if (json_type(list) == JSON_ARRAY && (n == 0 || n > MAX_ITEMS))
        return wire_fail(e, 400, "input", "invalid_value",
            "Invalid 'input': expected 1 to %d items.", MAX_ITEMS);
    if (!wire_absent(system) && json_type(system) != JSON_STRING)
        return wire_bad_type(e, "instructions", "a string");
    return true;
}

static bool read_input(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e)
{
    const struct json *list = json_get(root, "input");
    struct str system = json_str(json_get(root, "instructions"));

    if (!check_kinds(root, e))
        return false;
    struct input in = {
        .arena = arena,
        .m = arena_array(arena, struct mind_message, json_len(list) + 2),
        .calls = arena_array(arena, struct mind_tool_call, json_len(list) + 1),
        .e = e,
    };
    if (system.n)
        add_message(&in, MIND_SYSTEM)->text = arena_str(arena, system);
    if (json_type(list) == JSON_STRING)
        add_message(&in, MIND_USER)->text = arena_str(arena, json_str(list));
    for (const struct json *item = json_first(list); item; item = json_next(item))
        if (!read_item(&in, item))
            return false;
    r->mind.messages = in.m;
    r->mind.nmessages = in.n;
    return end_turn(&in) && check_outputs(&in);
}

/* ---- options --------------------------------------------------------------------------------- */

static bool refuse_foreign(const struct json *root, struct wire_error *e)
{
    static const char *const foreign[] = {"messages", "max_tokens", "max_completion_tokens", "n",
        "seed", "stop", "reasoning_effort", "verbosity", "response_format", "functions",
        "function_call", "logit_bias", "frequency_penalty", "presence_penalty"};
    static const char *const stored[] = {"previous_response_id", "conversation"};

    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        if (json_get(root, foreign[i]))
            return wire_fail(e, 400, foreign[i], "unsupported_parameter",
                "Unsupported parameter: '%s' is not one of the Responses API.", foreign[i]);
    for (size_t i = 0; i < ARRAY_LEN(stored); i++)
        if (!wire_absent(json_get(root, stored[i])))
            return wire_fail(e, 400, stored[i], "unsupported_value",
                "'%s' is not supported: nothing is stored here.", stored[i]);
    return true;
}

/* A response in the background is stored until it is fetched, and nobody waits for its pieces. */
static bool read_background(const struct json *root, struct wire_request *r, struct wire_error *e)
{
    if (!wire_read_bool(json_get(root, "background"), "background", &r->background, e))
        return false;
    if (r->background && !json_bool(json_get(root, "store"), true))
        return wire_fail(e, 400, "store", "invalid_value",
            "A response in the background is stored: 'store' cannot be false.");
    if (r->background && r->stream)
        return wire_fail(e, 400, "stream", "unsupported_value",
            "A response in the background cannot be streamed here.");
    return true;
}

static bool read_include(const struct json *root, struct wire_request *r, struct wire_error *e)
{
    const struct json *list = json_get(root, "include");

    if (!wire_absent(list) && json_type(list) != JSON_ARRAY)
        return wire_bad_type(e, "include", "a list of strings");
    for (const struct json *v = json_first(list); v; v = json_next(v))
        if (str_eqc(json_str(v), "reasoning.encrypted_content"))
            r->include_encrypted = true;
    return true;
}

static bool read_options(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e)
{
    const struct json *reasoning = json_get(root, "reasoning");

    int64_t limit = -1;
    if (!wire_read_limit(root, "max_output_tokens", &limit, e) ||
        !wire_read_bool(json_get(root, "stream"), "stream", &r->stream, e) ||
        !read_background(root, r, e) || !wire_read_sampling(root, r, e) ||
        !read_include(root, r, e))
        return false;
    r->mind.max_tokens = r->ignore_limit ? -1 : limit;
    if (!wire_absent(reasoning) && json_type(reasoning) != JSON_OBJECT)
        return wire_bad_type(e, "reasoning", "an object");
    return wire_read_effort(json_get(reasoning, "effort"), "reasoning.effort", arena, r, e);
}

bool wire_responses_read(
    struct str body, struct arena *arena, struct wire_request *ret, struct wire_error *ret_error)
{
    struct json *doc;
    struct err err;
    struct wire_request r = {
        .ignore_limit = ret->ignore_limit, .ignore_thinking = ret->ignore_thinking};

    if (json_parse(body, JSON_REPAIR, &doc, &err))
        return wire_fail(ret_error, 400, NULL, NULL, "The body is not JSON: %s.", err.msg);
    bool ok = wire_read_model(doc, arena, &r, ret_error) && refuse_foreign(doc, ret_error) &&
              read_input(doc, arena, &r, ret_error) &&
              wire_read_tools(doc, false, arena, &r, ret_error) &&
              read_options(doc, arena, &r, ret_error);
    json_free(doc);
    if (!ok)
        return false;
    wire_count_messages(&r);
    *ret = r;
    return true;
}
