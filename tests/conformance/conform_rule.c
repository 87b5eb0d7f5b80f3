/* conform_rule.c - requests under the eyes of a strict server; see conform_rule.h. */
#include "tests/conformance/conform_rule.h"

#include "harness/base/json.h"

enum { MOST_CALLS = 32 };

/* Calls of the turn before that have no result yet. */
struct open_calls {
    struct str ids[MOST_CALLS];
    size_t n;
    struct buf *why;
};

static bool broken(struct open_calls *o, const char *rule)
{
    buf_puts(o->why, rule);
    return false;
}

static bool add_call(struct open_calls *o, struct str id)
{
    if (id.n == 0)
        return broken(o, "a call without an id");
    for (size_t i = 0; i < o->n; i++)
        if (str_eq(o->ids[i], id))
            return broken(o, "one id for two calls");
    if (o->n < MOST_CALLS)
        o->ids[o->n++] = id;
    return true;
}

static bool take_result(struct open_calls *o, struct str id)
{
    for (size_t i = 0; i < o->n; i++)
        if (str_eq(o->ids[i], id)) {
            o->ids[i] = o->ids[--o->n];
            return true;
        }
    return broken(o, "a result for a call that was not made in the turn before");
}

static bool is_object(struct str text)
{
    struct json *doc;

    if (json_parse(text, JSON_STRICT, &doc, NULL))
        return false;
    bool object = json_type(doc) == JSON_OBJECT;
    json_free(doc);
    return object;
}

static bool chat_calls(struct open_calls *o, const struct json *calls)
{
    for (const struct json *c = json_first(calls); c; c = json_next(c)) {
        if (!add_call(o, json_str(json_get(c, "id"))))
            return false;
        if (!is_object(json_str(json_path(c, "function.arguments"))))
            return broken(o, "arguments in the history are no JSON object");
        if (json_str(json_path(c, "function.name")).n == 0)
            return broken(o, "a call without a name");
    }
    return true;
}

static bool is_system(struct str role)
{
    return str_eqc(role, "system") || str_eqc(role, "developer");
}

static bool ends_a_question(struct str role)
{
    return str_eqc(role, "user") || str_eqc(role, "tool");
}

static bool chat_turn(
    struct open_calls *o, const struct json *m, struct str role, struct str before)
{
    if (str_eqc(role, "tool"))
        return take_result(o, json_str(json_get(m, "tool_call_id")));
    if (o->n)
        return broken(o, "a turn before every call has its result");
    if (is_system(role))
        return before.n == 0 || str_eq(before, role) ||
               broken(o, "a system message behind another turn");
    if (str_eqc(role, "assistant")) {
        if (!ends_a_question(before))
            return broken(o, "an assistant turn that answers nobody");
        return chat_calls(o, json_get(m, "tool_calls"));
    }
    return str_eqc(role, "user") || broken(o, "an unknown role");
}

/* system turns first, then the user's; an answer of calls is followed by their results at once. */
static bool chat_kept(struct open_calls *o, const struct json *body)
{
    struct str before = STR("");

    for (const struct json *m = json_first(json_get(body, "messages")); m; m = json_next(m)) {
        struct str role = json_str(json_get(m, "role"));
        if (!chat_turn(o, m, role, before))
            return false;
        before = role;
    }
    if (o->n)
        return broken(o, "a call without a result");
    return ends_a_question(before) || broken(o, "the last turn is the assistant's");
}

static bool messages_block(struct open_calls *o, const struct json *b, bool user, bool *text_seen)
{
    struct str type = json_str(json_get(b, "type"));

    if (str_eqc(type, "tool_result")) {
        if (!user || *text_seen)
            return broken(o, "tool results must begin the user's turn");
        return take_result(o, json_str(json_get(b, "tool_use_id")));
    }
    *text_seen = true;
    if (str_eqc(type, "tool_use")) {
        if (json_type(json_get(b, "input")) != JSON_OBJECT)
            return broken(o, "the input of a call is no object");
        return !user && add_call(o, json_str(json_get(b, "id")));
    }
    return true;
}

static bool messages_kept(struct open_calls *o, const struct json *body)
{
    bool want_user = true;

    for (const struct json *m = json_first(json_get(body, "messages")); m; m = json_next(m)) {
        bool user = str_eqc(json_str(json_get(m, "role")), "user"), text_seen = false;
        const struct json *content = json_get(m, "content");
        if (user != want_user)
            return broken(o, "roles do not alternate");
        want_user = !user;
        if (json_type(content) == JSON_STRING && o->n)
            return broken(o, "a turn before every call has its result");
        for (const struct json *b = json_first(content); b; b = json_next(b))
            if (!messages_block(o, b, user, &text_seen))
                return false;
        if (user && o->n)
            return broken(o, "a call without a result");
    }
    return !want_user || broken(o, "the conversation must end with a user message");
}

static bool responses_kept(struct open_calls *o, const struct json *body)
{
    for (const struct json *i = json_first(json_get(body, "input")); i; i = json_next(i)) {
        struct str type = json_str(json_get(i, "type"));
        if (str_eqc(type, "function_call")) {
            if (!add_call(o, json_str(json_get(i, "call_id"))) ||
                !is_object(json_str(json_get(i, "arguments"))))
                return broken(o, " (function_call)");
        } else if (str_eqc(type, "function_call_output")) {
            if (!take_result(o, json_str(json_get(i, "call_id"))))
                return false;
        }
    }
    return o->n == 0 || broken(o, "a call without an output");
}

static bool known_only(struct open_calls *o, const struct json *body, struct str known)
{
    for (const struct json *m = json_first(body); m; m = json_next(m)) {
        struct str rest = known, word;
        bool found = false;
        while (!found && str_cut(&rest, ' ', &word))
            found = str_eq(word, json_key(m));
        if (!found) {
            buf_printf(o->why, "unknown member %.*s", STR_ARG(json_key(m)));
            return false;
        }
    }
    return true;
}

bool conform_rules_kept(struct str rules, struct str known, struct str body, struct buf *ret_why)
{
    static const struct {
        const char *word;
        bool (*kept)(struct open_calls *, const struct json *);
    } all[] = {{"chat", chat_kept}, {"messages", messages_kept}, {"responses", responses_kept}};
    struct open_calls o = {.why = ret_why};
    struct json *doc;
    struct str word;
    bool ok = true;

    if (rules.n == 0 && known.n == 0)
        return true;
    if (json_parse(body, JSON_STRICT, &doc, NULL))
        return broken(&o, "the body is no JSON");
    if (known.n)
        ok = known_only(&o, doc, known);
    while (ok && rules.n && str_cut(&rules, ' ', &word))
        for (size_t i = 0; ok && i < ARRAY_LEN(all); i++)
            if (str_eqc(word, all[i].word))
                ok = all[i].kept(&o, doc);
    json_free(doc);
    return ok;
}
