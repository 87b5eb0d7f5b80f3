/* openai_draft.c - collecting deltas; see openai_draft.h. */
#include "harness/provider/openai_draft.h"

#include <string.h>

enum { MOST_CALLS = 256 }; /* of one response; a server that sends more is not a server */

void draft_release(struct draft *d)
{
    buf_release(&d->content);
    buf_release(&d->reasoning);
    buf_release(&d->refusal);
    for (size_t i = 0; i < d->ncalls; i++)
        buf_release(&d->calls[i].arguments);
    native_release(&d->native);
    /* the array itself is the arena's */
}

/* ---- usage ----------------------------------------------------------------------------------- */

int64_t draft_tokens(const struct json *usage, const char *path)
{
    int64_t v;

    return json_int(json_path(usage, path), &v) && v >= 0 ? v : -1;
}

static int64_t without(int64_t total, int64_t part)
{
    return total < 0 || part < 0 ? total : total > part ? total - part : 0;
}

struct usage draft_usage(struct draft_counts c)
{
    struct usage u = USAGE_UNKNOWN;
    bool both = c.in >= 0 && c.out >= 0;
    int64_t outside = both && c.total > c.in + c.out ? c.total - c.in - c.out : 0;

    if (c.in < 0 && c.out < 0)
        return u;
    u.in_cached = c.in_cached;
    u.in_write = c.in_write;
    u.out_reasoning = c.out_reasoning;
    u.in_uncached = without(without(c.in, c.in_cached), c.in_write);
    u.out_visible = without(c.out, c.out_reasoning);
    if (outside && (u.out_reasoning <= 0 || u.out_reasoning == outside)) {
        u.out_reasoning = outside;
        u.out_visible = c.out;
    }
    return u;
}

static void read_usage(const struct json *usage, struct usage *ret)
{
    struct draft_counts c = {
        .in = draft_tokens(usage, "prompt_tokens"),
        .out = draft_tokens(usage, "completion_tokens"),
        .total = draft_tokens(usage, "total_tokens"),
        .in_cached = draft_tokens(usage, "prompt_tokens_details.cached_tokens"),
        .in_write = draft_tokens(usage, "prompt_tokens_details.cache_write_tokens"),
        .out_reasoning = draft_tokens(usage, "completion_tokens_details.reasoning_tokens"),
    };

    if (c.in_cached < 0) /* DeepSeek: the prompt is hits and misses */
        c.in_cached = draft_tokens(usage, "prompt_cache_hit_tokens");
    if (c.out_reasoning < 0) /* SGLang */
        c.out_reasoning = draft_tokens(usage, "reasoning_tokens");
    if (c.in >= 0 || c.out >= 0)
        *ret = draft_usage(c);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Content is a string, or a list of parts of which the text counts. */
static void read_text(const struct json *v, struct buf *out)
{
    if (json_type(v) == JSON_STRING)
        buf_str_add(out, json_str(v));
    if (json_type(v) != JSON_ARRAY)
        return;
    for (const struct json *part = json_first(v); part; part = json_next(part)) {
        buf_str_add(out, json_str(json_get(part, "text")));
        buf_str_add(out, json_str(json_get(part, "summary")));
    }
}

/* One of several members, by server; those who fill two say the same in both. */
static void read_reasoning(const struct json *m, struct buf *out)
{
    static const char *const names[] = {"reasoning_content", "reasoning", "reasoning_details"};
    const struct json *content = json_get(m, "content");
    size_t before = out->n;

    for (size_t i = 0; i < ARRAY_LEN(names) && out->n == before; i++)
        read_text(json_get(m, names[i]), out);
    if (json_type(content) != JSON_ARRAY || out->n != before)
        return;
    for (const struct json *part = json_first(content); part; part = json_next(part))
        read_text(json_get(part, "thinking"), out);
}

/* ---- tool calls ------------------------------------------------------------------------------ */

/* Index of the closing quote of the string that opens at i, or text.n. */
static size_t string_end(struct str text, size_t i)
{
    for (i++; i < text.n && text.p[i] != '"'; i++)
        if (text.p[i] == '\\')
            i++;
    return i;
}

enum json_shape draft_shape(struct str text, size_t *ret_end)
{
    size_t start = 0, depth = 0;

    while (start < text.n && str_is_blank(text.p[start]))
        start++;
    if (start == text.n)
        return SHAPE_EMPTY;
    if (text.p[start] != '{')
        return SHAPE_BROKEN;
    for (size_t i = start; i < text.n; i++) {
        if (text.p[i] == '"')
            i = string_end(text, i);
        else if (text.p[i] == '{' || text.p[i] == '[')
            depth++;
        else if ((text.p[i] == '}' || text.p[i] == ']') && --depth == 0) {
            *ret_end = i + 1;
            return SHAPE_WHOLE;
        }
    }
    return SHAPE_OPEN;
}

static bool is_whole(const struct buf *arguments)
{
    size_t end;

    return draft_shape(buf_str(arguments), &end) == SHAPE_WHOLE &&
           str_trim(str_from(buf_str(arguments), end)).n == 0;
}

struct draft_call *draft_add_call(struct draft *d, int64_t index)
{
    if (d->ncalls == MOST_CALLS)
        return &d->calls[d->ncalls - 1];
    ARENA_GROW(d->arena, d->calls, d->ncalls, d->cap);
    d->calls[d->ncalls] = (struct draft_call){.index = index};
    return &d->calls[d->ncalls++];
}

/* A delta with a name and another id is a new call even on an index that is in use; so is one with
 * a name, but neither id nor index, behind a whole call. */
static bool is_another(const struct draft_call *call, int64_t index, struct str id, struct str name)
{
    bool other = id.n ? call->id.n && !str_eq(id, call->id) : index < 0;

    return other && name.n && is_whole(&call->arguments);
}

/* The call that a delta belongs to: by index, else by id, else the last one (plain: a new one). */
static struct draft_call *find_call(
    struct draft *d, int64_t index, struct str id, struct str name, bool plain)
{
    for (size_t i = d->ncalls; i > 0 && !plain; i--) {
        struct draft_call *call = &d->calls[i - 1];
        if (index >= 0 ? call->index == index : !id.n || str_eq(call->id, id))
            return is_another(call, index, id, name) ? draft_add_call(d, index) : call;
    }
    return draft_add_call(d, index);
}

/* Appends, except where a server repeats what it has sent: the longer text replaces the shorter. */
static void add_arguments(
    struct draft *d, struct draft_call *call, struct str name, struct str text)
{
    struct str old = buf_str(&call->arguments), before = call->name;

    if (old.n && text.n && text.p[0] == '{') {
        if (str_starts(text, old) || str_eqc(str_trim(old), "{}"))
            buf_reset(&call->arguments);
        else if (is_whole(&call->arguments)) {
            call = draft_add_call(d, call->index);
            call->name = name.n ? arena_str(d->arena, name) : before;
        }
    }
    buf_str_add(&call->arguments, text);
}

static void read_call(struct draft *d, const struct json *v, bool plain)
{
    const struct json *function = json_get(v, "function") ? json_get(v, "function") : v;
    const struct json *arguments = json_get(function, "arguments");
    struct str id = json_str(json_get(v, "id")), name = json_str(json_get(function, "name"));
    int64_t index = -1;

    if (!json_int(json_get(v, "index"), &index) || index < 0)
        index = -1;
    struct draft_call *call = find_call(d, index, id, name, plain);
    if (id.n && !call->id.n)
        call->id = arena_str(d->arena, id);
    if (name.n && !call->name.n)
        call->name = arena_str(d->arena, name);
    call->beside = native_beside_call(d->arena, call->beside, v);
    if (json_type(arguments) == JSON_OBJECT) {
        struct buf text = BUF_INIT;
        json_print(&text, arguments);
        add_arguments(d, call, name, buf_str(&text));
        buf_release(&text);
    } else {
        add_arguments(d, call, name, json_str(arguments));
    }
}

/* ---- objects --------------------------------------------------------------------------------- */

/* `message` of a plain response or `delta` of a chunk. */
static void read_message(struct draft *d, const struct json *m, bool plain)
{
    native_take(&d->native, m, buf_str(&d->content), plain);
    read_text(json_get(m, "content"), &d->content);
    read_reasoning(m, &d->reasoning);
    read_text(json_get(m, "refusal"), &d->refusal);
    for (const struct json *c = json_first(json_get(m, "tool_calls")); c; c = json_next(c))
        read_call(d, c, plain);
    if (json_type(json_get(m, "function_call")) == JSON_OBJECT)
        read_call(d, json_get(m, "function_call"), plain);
}

void draft_object(struct draft *d, const struct json *v)
{
    int64_t place = 0;

    d->native.arena = d->arena;
    draft_any_error(d, v);
    reply_facts_take(&d->facts, d->arena, v);
    read_usage(json_path(v, "x_groq.usage"), &d->usage);
    read_usage(json_get(v, "usage"), &d->usage);
    for (const struct json *c = json_first(json_get(v, "choices")); c; c = json_next(c), place++) {
        bool plain = json_type(json_get(c, "delta")) != JSON_OBJECT;
        int64_t index = plain ? place : 0; /* where it is not said */
        (void)json_int(json_get(c, "index"), &index);
        if (index != 0)
            continue;
        d->has_choice = true;
        read_message(d, json_get(c, plain ? "message" : "delta"), plain);
        /* said twice, a "stop" that a proxy made up takes no other word away */
        struct str finish = json_str(json_get(c, "finish_reason"));
        if (finish.n && (d->finish.n == 0 || !str_eqc(finish, "stop")))
            d->finish = arena_str(d->arena, finish);
    }
}

/* ---- after the last object ------------------------------------------------------------------- */

/* "<think> ... </think> answer", also without the opening tag, also without the closing one. Where
 * the reasoning came apart, a closing tag alone is part of the answer. */
static void move_thinking(struct draft *d)
{
    struct str text = str_trim(buf_str(&d->content));
    bool opened = str_starts(text, STR("<think>"));
    size_t close = str_find(text, STR("</think>"), 0);

    if (!opened && (close == SIZE_MAX || d->reasoning.n))
        return;
    struct str inside = str_slice(text, opened ? 7 : 0, close);
    struct buf rest = BUF_INIT;
    buf_str_add(&d->reasoning, inside);
    if (close != SIZE_MAX)
        buf_str_add(&rest, str_trim(str_from(text, close + 8)));
    buf_release(&d->content);
    d->content = rest;
}

/* "{..}{..}" in one call: the first object stays, the others become calls behind the last. */
static void split_glued(struct draft *d, size_t i)
{
    size_t end;

    if (draft_shape(buf_str(&d->calls[i].arguments), &end) != SHAPE_WHOLE)
        return;
    struct str rest = str_trim(str_from(buf_str(&d->calls[i].arguments), end));
    if (rest.n == 0 || rest.p[0] != '{' || d->ncalls == MOST_CALLS)
        return;
    struct draft_call *next = draft_add_call(d, -1);
    next->name = d->calls[i].name;
    buf_str_add(&next->arguments, rest);
    buf_truncate(&d->calls[i].arguments, end);
}

void draft_finish(struct draft *d)
{
    move_thinking(d);
    for (size_t i = 0; i < d->ncalls; i++) {
        split_glued(d, i);
        if (str_trim(buf_str(&d->calls[i].arguments)).n == 0)
            buf_puts(&d->calls[i].arguments, "{}");
    }
}

/* ---- what all formats make of it ----------------------------------------------------------------
 */

struct str draft_without_bom(struct str body)
{
    return str_starts(body, STR("\xEF\xBB\xBF")) ? str_from(body, 3) : body;
}

enum outcome draft_tool_outcome(const struct draft *d, bool length)
{
    enum outcome outcome = OUTCOME_OK;

    for (size_t i = 0; i < d->ncalls; i++) {
        struct str arguments = buf_str(&d->calls[i].arguments);
        struct json *doc = NULL;
        size_t end;
        if (draft_shape(arguments, &end) == SHAPE_OPEN)
            return OUTCOME_TOOL_TRUNCATED;
        if (d->calls[i].name.n == 0 || json_parse(arguments, JSON_REPAIR, &doc, NULL) ||
            json_type(doc) != JSON_OBJECT)
            outcome = OUTCOME_TOOL_INVALID;
        json_free(doc);
    }
    return length ? OUTCOME_TOOL_TRUNCATED : outcome;
}

void draft_copy_out(struct draft *d, struct reply *ret)
{
    ret->content = arena_str(d->arena, buf_str(&d->content));
    ret->reasoning = arena_str(d->arena, buf_str(&d->reasoning));
    ret->refusal = arena_str(d->arena, buf_str(&d->refusal));
    ret->finish = d->finish;
    ret->usage = d->usage;
    ret->error = d->error;
    ret->error_code = d->error_word;
    reply_facts_copy(&d->facts, d->arena, ret);
    ret->calls = arena_array(d->arena, struct tool_call, d->ncalls);
    ret->ncalls = d->ncalls;
    for (size_t i = 0; i < d->ncalls; i++)
        ret->calls[i] = (struct tool_call){
            d->calls[i].id, d->calls[i].name, arena_str(d->arena, buf_str(&d->calls[i].arguments))};
}

struct str draft_native(const struct draft *d)
{
    struct str *beside = arena_array(d->arena, struct str, d->ncalls);
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < d->ncalls; i++)
        beside[i] = d->calls[i].beside;
    native_print(&d->native, beside, d->ncalls, &text);
    struct str ret = arena_str(d->arena, buf_str(&text));
    buf_release(&text);
    return ret;
}

bool draft_is_stream(struct str body)
{
    static const char *const fields[] = {"data:", "event:", "id:", "retry:", ":"};
    struct str s = str_trim(draft_without_bom(body));

    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (str_starts(s, str_c(fields[i])))
            return true;
    return false;
}

struct str draft_page_words(struct arena *arena, struct str body)
{
    struct str s = str_trim(draft_without_bom(body));

    if (s.n == 0 || s.p[0] == '{' || s.p[0] == '[')
        return (struct str){"", 0};
    return draft_first_words(arena, s);
}

struct str draft_first_words(struct arena *arena, struct str body)
{
    struct buf line = BUF_INIT, words = BUF_INIT;

    buf_collapse(&line, str_slice(body, 0, 200));
    for (size_t i = 0; i < line.n;) /* a page may have any bytes, and the cut may split one */
        buf_utf8(&words, str_utf8_next(buf_str(&line), &i));
    struct str s = arena_str(arena, buf_str(&words));
    buf_release(&line);
    buf_release(&words);
    return s;
}
