/* tool_words.c - telling of tools and finding calls; see tool_words.h. */
#include "harness/provider/tool_words.h"

#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/provider/openai_draft.h"

enum { MOST_CALLS = 64, MOST_STARTS = 256 }; /* of one text */

/* ---- telling --------------------------------------------------------------------------------- */

static void describe_one(const struct json *tool, struct buf *out)
{
    const struct json *f = json_get(tool, "function") ? json_get(tool, "function") : tool;
    const struct json *schema = json_get(f, "parameters");

    buf_puts(out, "\n- ");
    buf_str_add(out, json_str(json_get(f, "name")));
    if (json_str(json_get(f, "description")).n) {
        buf_puts(out, ": ");
        buf_str_add(out, json_str(json_get(f, "description")));
    }
    if (json_len(json_get(schema, "properties")) == 0) {
        buf_puts(out, "\n  It takes no arguments: write {}.");
        return;
    }
    buf_puts(out, "\n  Arguments, as a JSON Schema: ");
    json_print(out, schema);
}

void tool_words_describe(struct str tools, const char *must, struct buf *out)
{
    struct json *doc;

    if (tools.n == 0 || json_parse(tools, JSON_STRICT, &doc, NULL))
        return;
    if (json_len(doc)) {
        buf_puts(out,
            "There are tools that you can call. A call is a JSON object of this form, written into "
            "your message:\n\n{\"name\": \"NAME OF THE TOOL\", \"arguments\": {...}}\n\n"
            "A message may hold several calls; they are carried out in order, and the next message "
            "tells you what came of each. A message without a call ends the conversation.\n\n"
            "The tools:");
        for (const struct json *t = json_first(doc); t; t = json_next(t))
            describe_one(t, out);
        if (must)
            buf_printf(out, "\n\nYour next message must call %s.", must);
    }
    json_free(doc);
}

static void write_call(const struct tool_call *call, struct buf *out)
{
    struct str arguments = str_trim(call->arguments);

    buf_puts(out, out->n ? "\n\n{\"name\": " : "{\"name\": ");
    json_quote(out, call->name);
    buf_puts(out, ", \"arguments\": ");
    buf_str_add(out, arguments.n ? arguments : STR("{}"));
    buf_putc(out, '}');
}

static struct str name_of_call(const struct chat *chat, size_t before, struct str id)
{
    for (size_t i = before; i > 0; i--)
        for (size_t k = 0; k < chat->messages[i - 1].ncalls; k++)
            if (str_eq(chat->messages[i - 1].calls[k].id, id))
                return chat->messages[i - 1].calls[k].name;
    return STR("a tool");
}

/* Message i as text; what stands in *text already comes before it. */
static void as_text(const struct chat *chat, size_t i, struct buf *text)
{
    const struct message *m = &chat->messages[i];

    if (text->n)
        buf_puts(text, "\n\n");
    if (m->role == ROLE_TOOL) {
        buf_puts(text, "Result of ");
        buf_str_add(text, name_of_call(chat, i, m->tool_call_id));
        buf_puts(text, ": ");
    }
    buf_str_add(text, m->text);
    for (size_t k = 0; k < m->ncalls; k++)
        write_call(&m->calls[k], text);
}

struct chat tool_words_chat(const struct chat *chat, struct arena *arena)
{
    struct message *v = arena_array(arena, struct message, chat->n + 1);
    bool system = chat->n && chat->messages[0].role == ROLE_SYSTEM;
    struct chat ret = *chat;
    struct buf text = BUF_INIT;
    size_t n = 0;

    if (system)
        buf_str_add(&text, chat->messages[0].text);
    buf_puts(&text, text.n ? "\n\n" : "");
    tool_words_describe(chat->tools, chat->tool_choice, &text);
    v[n++] = (struct message){.role = ROLE_SYSTEM, .text = arena_str(arena, buf_str(&text))};
    for (size_t i = system; i < chat->n; i++) {
        const struct message *m = &chat->messages[i];
        bool joins = m->role == ROLE_TOOL && i && chat->messages[i - 1].role == ROLE_TOOL;
        buf_reset(&text);
        if (joins)
            buf_str_add(&text, v[--n].text);
        as_text(chat, i, &text);
        v[n] = *m;
        v[n].role = m->role == ROLE_TOOL ? ROLE_USER : m->role;
        v[n].text = arena_str(arena, buf_str(&text));
        v[n].calls = NULL;
        v[n].tool_call_id = STR("");
        if (m->ncalls)
            v[n].native = STR(""); /* it has the calls in it */
        v[n++].ncalls = 0;
    }
    buf_release(&text);
    ret.messages = v;
    ret.n = n;
    ret.tools = STR("");
    ret.tool_choice = NULL;
    return ret;
}

/* ---- finding --------------------------------------------------------------------------------- */

struct finder {
    struct arena *arena;
    const char *const *names;
    size_t nnames;
    struct tool_call *calls;
    size_t n, cap;
};

static bool is_known(const struct finder *f, struct str name)
{
    for (size_t i = 0; i < f->nnames; i++)
        if (str_eqc(name, f->names[i]))
            return true;
    return false;
}

static bool is_identifier(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_alpha(s.p[i]) && !str_is_digit(s.p[i]) && s.p[i] != '_' && s.p[i] != '-' &&
            s.p[i] != '.')
            return false;
    return s.n > 0;
}

static const struct json *one_of(const struct json *v, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (json_type(json_get(v, keys[i])) != JSON_ABSENT)
            return json_get(v, keys[i]);
    return NULL;
}

static void add_call(struct finder *f, struct str name, struct str arguments)
{
    if (f->n == MOST_CALLS)
        return;
    ARENA_GROW(f->arena, f->calls, f->n, f->cap);
    f->calls[f->n++] =
        (struct tool_call){{"", 0}, arena_str(f->arena, name), arena_str(f->arena, arguments)};
}

/* An object that is a call, or a list of some. */
static void take_object(struct finder *f, const struct json *v)
{
    static const char *const names[] = {"name", "tool", "tool_name", "function"};
    static const char *const args[] = {"arguments", "parameters", "input", "args"};

    for (const struct json *c = json_first(json_get(v, "tool_calls")); c; c = json_next(c))
        if (json_type(json_get(c, "tool_calls")) == JSON_ABSENT)
            take_object(f, c);
    if (json_type(json_get(v, "function")) == JSON_OBJECT)
        v = json_get(v, "function");
    const struct json *a = one_of(v, args, ARRAY_LEN(args));
    struct str name = json_str(one_of(v, names, ARRAY_LEN(names)));
    bool object = json_type(a) == JSON_OBJECT;
    if (!is_known(f, name) && !(object && is_identifier(name)))
        return;
    struct buf text = BUF_INIT;
    if (object)
        json_print(&text, a);
    else
        buf_str_add(&text, json_str(a));
    add_call(f, name, text.n ? buf_str(&text) : STR("{}"));
    buf_release(&text);
}

/* The first of the names that stands in quotes in a text; NULL if none does. */
static const char *named_in(const struct finder *f, struct str text)
{
    const char *ret = NULL;

    for (size_t i = 0; i < f->nnames && !ret; i++) {
        struct buf quoted = BUF_INIT;
        json_quote(&quoted, str_c(f->names[i]));
        if (str_find(text, buf_str(&quoted), 0) != SIZE_MAX)
            ret = f->names[i];
        buf_release(&quoted);
    }
    return ret;
}

enum tool_words tool_words_read(struct str text, const char *const *names, size_t n,
    struct arena *arena, struct tool_call **ret_calls, size_t *ret_n)
{
    struct finder f = {.arena = arena, .names = names, .nnames = n};
    size_t at = 0, end = 0;
    bool cut = false;

    for (int starts = 0; starts < MOST_STARTS; starts++) {
        struct json *doc;
        size_t before = f.n;
        at = str_find(text, STR("{"), at);
        if (at == SIZE_MAX)
            break;
        struct str rest = str_from(text, at++);
        if (draft_shape(rest, &end) != SHAPE_WHOLE) { /* cut, or a stray brace before a call */
            cut = cut || named_in(&f, rest);
            continue;
        }
        struct str object = str_slice(rest, 0, end);
        if (json_parse(object, JSON_REPAIR, &doc, NULL) == OK) {
            take_object(&f, doc);
            json_free(doc);
        } else if (named_in(&f, object)) {
            add_call(&f, str_c(named_in(&f, object)), object);
        }
        cut = cut && f.n == before;
        at += end - 1;
    }
    *ret_calls = f.calls;
    *ret_n = f.n;
    return cut ? TOOL_WORDS_CUT : f.n ? TOOL_WORDS_CALLS : TOOL_WORDS_NONE;
}
