/* wire.c - reading a Chat Completions request; see wire.h. Writing is in wire_write.c. */
#include "harness/phantom/wire.h"

#include "harness/base/token.h"
#include "harness/phantom/wire_impl.h"

enum { MAX_MESSAGES = 4096, MAX_TOOLS = 128 };

bool wire_fail_as(struct wire_error *e, int status, const char *param, const char *code)
{
    e->status = status;
    e->param = param;
    e->code = code;
    return false;
}

bool wire_bad_type(struct wire_error *e, const char *param, const char *wanted)
{
    return wire_fail(
        e, 400, param, "invalid_type", "Invalid type for '%s': expected %s.", param, wanted);
}

bool wire_absent(const struct json *v)
{
    enum json_type t = json_type(v);

    return t == JSON_ABSENT || t == JSON_NULL;
}

/* content: a string, a list of text parts, or (`assistant`) nothing, or thinking among the parts.
 */
static bool read_content(const struct json *v, bool assistant, struct arena *arena, struct str *ret,
    struct wire_error *e)
{
    *ret = STR("");
    if (json_type(v) == JSON_STRING) {
        *ret = arena_str(arena, json_str(v));
        return true;
    }
    if (wire_absent(v) && assistant)
        return true;
    if (json_type(v) != JSON_ARRAY)
        return wire_bad_type(e, "messages.content", "a string or a list of text parts");
    struct buf text = BUF_INIT;
    for (const struct json *part = json_first(v); part; part = json_next(part)) {
        if (assistant && str_eqc(json_str(json_get(part, "type")), "thinking"))
            continue;
        if (!str_eqc(json_str(json_get(part, "type")), "text") ||
            json_type(json_get(part, "text")) != JSON_STRING) {
            buf_release(&text);
            return wire_bad_type(e, "messages.content", "parts of type 'text'");
        }
        buf_str_add(&text, json_str(json_get(part, "text")));
    }
    *ret = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return true;
}

static bool read_calls(
    const struct json *list, struct arena *arena, struct mind_message *m, struct wire_error *e)
{
    if (wire_absent(list))
        return true;
    if (json_type(list) != JSON_ARRAY)
        return wire_bad_type(e, "messages.tool_calls", "a list");
    m->calls = arena_array(arena, struct mind_tool_call, json_len(list));
    for (const struct json *c = json_first(list); c; c = json_next(c)) {
        struct mind_tool_call *call = &m->calls[m->ncalls++];
        const struct json *function = json_get(c, "function");
        const struct json *arguments = json_get(function, "arguments");
        if (json_type(json_get(c, "id")) != JSON_STRING ||
            json_type(json_get(function, "name")) != JSON_STRING ||
            json_type(arguments) != JSON_STRING)
            return wire_bad_type(
                e, "messages.tool_calls", "calls with id, function.name and arguments");
        call->id = arena_str(arena, json_str(json_get(c, "id")));
        call->name = arena_str(arena, json_str(json_get(function, "name")));
        call->arguments = arena_str(arena, json_str(arguments));
    }
    return true;
}

static bool read_role(struct str role, enum mind_role *ret)
{
    static const struct {
        const char *name;
        enum mind_role role;
    } roles[] = {{"system", MIND_SYSTEM}, {"developer", MIND_SYSTEM}, {"user", MIND_USER},
        {"assistant", MIND_ASSISTANT}, {"tool", MIND_TOOL}, {"function", MIND_TOOL}};

    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (str_eqc(role, roles[i].name)) {
            *ret = roles[i].role;
            return true;
        }
    return false;
}

static bool read_message(
    const struct json *v, struct arena *arena, struct mind_message *m, struct wire_error *e)
{
    struct str role = json_str(json_get(v, "role"));

    if (json_type(v) != JSON_OBJECT)
        return wire_bad_type(e, "messages", "a list of objects");
    if (!read_role(role, &m->role))
        return wire_fail(e, 400, "messages.role", "invalid_value",
            "Invalid value for 'messages.role': expected system, developer, user, assistant or "
            "tool.");
    if (m->role == MIND_ASSISTANT && !read_calls(json_get(v, "tool_calls"), arena, m, e))
        return false;
    if (m->role == MIND_TOOL)
        m->call_id = arena_str(arena, json_str(json_get(v, "tool_call_id")));
    bool silent = m->ncalls > 0 || !wire_absent(json_get(v, "reasoning_content"));
    if (m->role == MIND_ASSISTANT && json_type(json_get(v, "content")) == JSON_ARRAY)
        silent = true;
    return read_content(json_get(v, "content"), silent, arena, &m->text, e);
}

bool wire_check_tool_order(const struct mind_message *m, size_t n, struct wire_error *e)
{
    for (size_t i = 0; i < n; i++) {
        if (m[i].role == MIND_TOOL)
            return wire_fail(e, 400, "messages.role", "invalid_value",
                "messages with role 'tool' must follow a message with 'tool_calls'");
        size_t first = i + 1;
        while (i + 1 < n && m[i + 1].role == MIND_TOOL && i + 1 - first < m[first - 1].ncalls)
            i++;
        for (size_t c = 0; c < m[first - 1].ncalls; c++) {
            size_t hits = 0;
            for (size_t t = first; t <= i; t++)
                hits += str_eq(m[t].call_id, m[first - 1].calls[c].id);
            if (hits != 1)
                return wire_fail(e, 400, "messages", NULL,
                    "An assistant message with 'tool_calls' must be followed by one tool message "
                    "for each 'tool_call_id'");
        }
    }
    return true;
}

bool wire_read_messages(
    const struct json *list, struct arena *arena, struct mind_request *r, struct wire_error *e)
{
    size_t n = json_len(list);

    if (json_type(list) == JSON_ABSENT)
        return wire_fail(
            e, 400, "messages", "missing_required_parameter", "Missing parameter: 'messages'.");
    if (json_type(list) != JSON_ARRAY)
        return wire_bad_type(e, "messages", "a list");
    if (n == 0 || n > MAX_MESSAGES)
        return wire_fail(e, 400, "messages", "invalid_value",
            "Invalid 'messages': expected 1 to %d of them.", MAX_MESSAGES);
    struct mind_message *m = arena_array(arena, struct mind_message, n);
    for (const struct json *v = json_first(list); v; v = json_next(v))
        if (!read_message(v, arena, &m[r->nmessages++], e))
            return false;
    r->messages = m;
    return wire_check_tool_order(m, n, e);
}

static void count_json(const struct json *v, int64_t *tokens)
{
    struct buf text = BUF_INIT;

    if (json_type(v) == JSON_STRING) {
        *tokens += (int64_t)token_count(json_str(v));
        return;
    }
    if (wire_absent(v))
        return;
    json_print(&text, v);
    *tokens += (int64_t)token_count(buf_str(&text));
    buf_release(&text);
}

bool wire_read_tools(const struct json *root, bool nested, struct arena *arena,
    struct wire_request *r, struct wire_error *e)
{
    const struct json *list = json_get(root, "tools");
    bool none = str_eqc(json_str(json_get(root, "tool_choice")), "none");

    if (wire_absent(list))
        return true;
    if (json_type(list) != JSON_ARRAY || json_len(list) > MAX_TOOLS)
        return wire_bad_type(e, "tools", "a list of at most 128 tools");
    struct str *names = arena_array(arena, struct str, json_len(list));
    for (const struct json *v = json_first(list); v; v = json_next(v)) {
        const struct json *function = nested ? json_get(v, "function") : v;
        if (json_type(json_get(function, "name")) != JSON_STRING)
            return wire_bad_type(e, "tools",
                nested ? "tools of type 'function' with function.name"
                       : "tools of type 'function' with name");
        count_json(json_get(function, "name"), &r->prompt_tokens);
        count_json(json_get(function, "description"), &r->prompt_tokens);
        count_json(json_get(function, "parameters"), &r->prompt_tokens);
        if (!none)
            names[r->mind.ntools++] = arena_str(arena, json_str(json_get(function, "name")));
    }
    r->mind.tools = names;
    return true;
}

bool wire_read_limit(const struct json *root, const char *key, int64_t *limit, struct wire_error *e)
{
    const struct json *v = json_get(root, key);
    int64_t n;

    if (wire_absent(v))
        return true;
    if (!json_int(v, &n) || n < 1)
        return wire_bad_type(e, key, "an integer of at least 1");
    if (*limit < 0 || n < *limit)
        *limit = n;
    return true;
}

bool wire_read_bool(const struct json *v, const char *key, bool *ret, struct wire_error *e)
{
    if (wire_absent(v))
        return true;
    if (json_type(v) != JSON_BOOL)
        return wire_bad_type(e, key, "true or false");
    *ret = json_bool(v, false);
    return true;
}

bool wire_read_sampling(const struct json *root, struct wire_request *r, struct wire_error *e)
{
    const struct json *temperature = json_get(root, "temperature"), *seed = json_get(root, "seed");
    const struct json *n = json_get(root, "n");
    int64_t v;

    r->mind.temperature = 1;
    if (!wire_absent(temperature) && (!json_num(temperature, &r->mind.temperature) ||
                                         r->mind.temperature < 0 || r->mind.temperature > 2))
        return wire_bad_type(e, "temperature", "a number from 0 to 2");
    if (!wire_absent(n) && (!json_int(n, &v) || v != 1))
        return wire_fail(e, 400, "n", "unsupported_value", "Only n = 1 is supported.");
    if (wire_absent(seed))
        return true;
    if (!json_int(seed, &v))
        return wire_bad_type(e, "seed", "an integer");
    r->has_seed = true;
    r->seed = (uint64_t)v;
    return true;
}

/* llama.cpp's own limit; -1 is none. */
static bool read_predict(const struct json *root, int64_t *ret, struct wire_error *e)
{
    const struct json *v = json_get(root, "n_predict");
    int64_t n;

    if (json_int(v, &n) && n == -1)
        return true;
    return wire_read_limit(root, "n_predict", ret, e);
}

static bool read_options(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e)
{
    const struct json *options = json_get(root, "stream_options");

    r->mind.max_tokens = -1;
    int64_t newer = -1, llama = -1;
    if (!wire_read_limit(root, "max_tokens", &r->mind.max_tokens, e) ||
        !wire_read_limit(root, "max_completion_tokens", &newer, e) ||
        !read_predict(root, &llama, e) ||
        !wire_read_bool(json_get(root, "stream"), "stream", &r->stream, e) ||
        !wire_read_sampling(root, r, e))
        return false;
    if (!wire_absent(options) && json_type(options) != JSON_OBJECT)
        return wire_bad_type(e, "stream_options", "an object");
    if (!wire_read_bool(json_get(options, "include_usage"), "stream_options.include_usage",
            &r->include_usage, e))
        return false;
    if (newer > 0 && !r->ignore_limit && (r->mind.max_tokens < 0 || newer < r->mind.max_tokens))
        r->mind.max_tokens = newer;
    if (llama > 0)
        r->mind.max_tokens = llama;
    return wire_read_thinking(root, arena, r, e);
}

void wire_count_messages(struct wire_request *r)
{
    for (size_t i = 0; i < r->mind.nmessages; i++) {
        const struct mind_message *m = &r->mind.messages[i];
        r->prompt_tokens += (int64_t)token_count(m->text);
        for (size_t c = 0; c < m->ncalls; c++)
            r->prompt_tokens +=
                (int64_t)(token_count(m->calls[c].name) + token_count(m->calls[c].arguments));
    }
}

bool wire_read_model(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e)
{
    const struct json *model = json_get(root, "model");

    if (json_type(root) != JSON_OBJECT)
        return wire_fail(e, 400, NULL, NULL, "The body must be a JSON object.");
    if (wire_absent(model))
        return wire_fail(
            e, 400, "model", "missing_required_parameter", "Missing parameter: 'model'.");
    if (json_type(model) != JSON_STRING)
        return wire_bad_type(e, "model", "a string");
    wire_name_model(json_str(model), arena, r);
    return true;
}

static bool read_root(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e)
{
    return wire_read_model(root, arena, r, e) &&
           wire_read_messages(json_get(root, "messages"), arena, &r->mind, e) &&
           wire_read_prefix(root, arena, r, e) && wire_read_tools(root, true, arena, r, e) &&
           read_options(root, arena, r, e);
}

bool wire_read(
    struct str body, struct arena *arena, struct wire_request *ret, struct wire_error *ret_error)
{
    struct json *doc;
    struct err err;
    struct wire_request r = {
        .ignore_limit = ret->ignore_limit, .ignore_thinking = ret->ignore_thinking};

    if (json_parse(body, JSON_REPAIR, &doc, &err))
        return wire_fail(ret_error, 400, NULL, NULL, "The body is not JSON: %s.", err.msg);
    bool ok = read_root(doc, arena, &r, ret_error);
    json_free(doc);
    if (!ok)
        return false;
    wire_count_messages(&r);
    *ret = r;
    return true;
}
