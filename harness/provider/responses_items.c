/* responses_items.c - collecting output items; see responses_items.h. */
#include "harness/provider/responses_items.h"

#include <string.h>

enum { MOST_ITEMS = 1024 }; /* of one response; a server that sends more is not a server */

void items_release(struct items *items)
{
    for (size_t i = 0; i < items->n; i++) {
        buf_release(&items->v[i].text);
        buf_release(&items->v[i].refusal);
        buf_release(&items->v[i].reasoning);
        buf_release(&items->v[i].arguments);
    }
    /* the array itself is the arena's */
}

/* The item of that index, made if there is none; NULL if there are too many. */
static struct items_one *at_index(struct items *items, int64_t index)
{
    size_t i = items->n;

    while (i > 0 && items->v[i - 1].index > index)
        i--;
    if (i > 0 && items->v[i - 1].index == index)
        return &items->v[i - 1];
    if (items->n == MOST_ITEMS) {
        items->too_many = true;
        return NULL;
    }
    ARENA_GROW(items->arena, items->v, items->n, items->cap);
    memmove(&items->v[i + 1], &items->v[i], (items->n - i) * sizeof *items->v);
    items->v[i] = (struct items_one){.index = index};
    items->n++;
    return &items->v[i];
}

/* ---- reading one item ------------------------------------------------------------------------ */

static void add_paragraph(struct buf *out, struct str text)
{
    if (out->n && text.n)
        buf_puts(out, "\n\n");
    buf_str_add(out, text);
}

static void read_content(struct items_one *item, const struct json *content)
{
    if (json_type(content) == JSON_STRING)
        buf_str_add(&item->text, json_str(content));
    for (const struct json *p = json_first(content); p; p = json_next(p)) {
        buf_str_add(&item->text, json_str(json_get(p, "text")));
        buf_str_add(&item->refusal, json_str(json_get(p, "refusal")));
    }
}

/* Open models give their reasoning in `content`, others a summary of it. */
static void read_reasoning(struct items_one *item, const struct json *v)
{
    static const char *const names[] = {"content", "summary"};

    for (size_t i = 0; i < ARRAY_LEN(names) && item->reasoning.n == 0; i++)
        for (const struct json *p = json_first(json_get(v, names[i])); p; p = json_next(p))
            add_paragraph(&item->reasoning, json_str(json_get(p, "text")));
}

static void read_call(struct items *items, struct items_one *item, const struct json *v)
{
    const struct json *arguments = json_get(v, "arguments");
    struct str id = json_str(json_get(v, "call_id")), name = json_str(json_get(v, "name"));

    item->call = true;
    item->id = arena_str(items->arena, id);
    item->name = arena_str(items->arena, name);
    if (json_type(arguments) == JSON_OBJECT)
        json_print(&item->arguments, arguments);
    else
        buf_str_add(&item->arguments, json_str(arguments));
}

/* As received, if those bytes can stand in a request. */
static struct str keep_raw(struct arena *arena, const struct json *v, struct str raw)
{
    struct json *doc = NULL;
    struct buf text = BUF_INIT;
    bool clean = json_parse(raw, JSON_STRICT, &doc, NULL) == OK && json_type(doc) == JSON_OBJECT;

    json_free(doc);
    if (clean)
        return arena_str(arena, raw);
    json_print(&text, v);
    struct str printed = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return printed;
}

void items_take(
    struct items *items, int64_t index, bool whole, const struct json *v, struct str raw)
{
    struct items_one *item = json_type(v) == JSON_OBJECT ? at_index(items, index) : NULL;
    struct str type = json_str(json_get(v, "type"));

    if (!item || item->whole)
        return;
    buf_reset(&item->text);
    buf_reset(&item->refusal);
    buf_reset(&item->reasoning);
    buf_reset(&item->arguments);
    item->message = str_eqc(type, "message");
    item->commentary = str_eqc(json_str(json_get(v, "phase")), "commentary");
    item->call = false;
    if (item->message)
        read_content(item, json_get(v, "content"));
    else if (str_eqc(type, "function_call"))
        read_call(items, item, v);
    else if (str_eqc(type, "reasoning"))
        read_reasoning(item, v);
    item->whole = whole;
    if (whole)
        item->raw = keep_raw(items->arena, v, raw);
}

int64_t items_unnamed(const struct items *items)
{
    const struct items_one *last = items->n ? &items->v[items->n - 1] : NULL;

    return !last ? 0 : last->whole ? last->index + 1 : last->index;
}

void items_delta(struct items *items, struct str type, const struct json *event)
{
    static const struct {
        const char *type;
        size_t member;
    } kinds[] = {
        {"response.output_text.delta", offsetof(struct items_one, text)},
        {"response.refusal.delta", offsetof(struct items_one, refusal)},
        {"response.reasoning_summary_text.delta", offsetof(struct items_one, reasoning)},
        {"response.reasoning_text.delta", offsetof(struct items_one, reasoning)},
        {"response.function_call_arguments.delta", offsetof(struct items_one, arguments)},
    };
    int64_t index;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_eqc(type, kinds[i].type))
            continue;
        if (!json_int(json_get(event, "output_index"), &index))
            index = items_unnamed(items);
        struct items_one *item = at_index(items, index);
        if (item && !item->whole)
            buf_str_add((struct buf *)(void *)((char *)item + kinds[i].member),
                json_str(json_get(event, "delta")));
    }
}

/* ---- after the last item --------------------------------------------------------------------- */

static bool has_answer(const struct items *items)
{
    for (size_t i = 0; i < items->n; i++)
        if (items->v[i].text.n && !items->v[i].commentary)
            return true;
    return false;
}

void items_finish(const struct items *items, struct draft *d)
{
    bool answer = has_answer(items);

    for (size_t i = 0; i < items->n; i++) {
        const struct items_one *item = &items->v[i];
        if (!answer || !item->commentary)
            add_paragraph(&d->content, buf_str(&item->text));
        add_paragraph(&d->reasoning, buf_str(&item->reasoning));
        add_paragraph(&d->refusal, buf_str(&item->refusal));
        if (!item->call)
            continue;
        struct draft_call *call = draft_add_call(d, item->index);
        call->id = item->id;
        call->name = item->name;
        buf_reset(&call->arguments); /* the last one again, where there are too many */
        buf_str_add(&call->arguments, buf_str(&item->arguments));
    }
    draft_finish(d);
}

/* Every call has an id of its own, a name and a JSON object. */
static bool answerable(const struct draft *d)
{
    bool ok = true;

    for (size_t i = 0; i < d->ncalls && ok; i++) {
        const struct draft_call *c = &d->calls[i];
        struct json *doc = NULL;
        ok = c->id.n && c->name.n &&
             json_parse(buf_str(&c->arguments), JSON_STRICT, &doc, NULL) == OK &&
             json_type(doc) == JSON_OBJECT;
        json_free(doc);
        for (size_t k = 0; k < i && ok; k++)
            ok = !str_eq(c->id, d->calls[k].id);
    }
    return ok;
}

struct str items_native(const struct items *items, const struct draft *d)
{
    struct buf text = BUF_INIT;
    size_t calls = 0;

    for (size_t i = 0; i < items->n; i++) {
        if (!items->v[i].whole)
            return STR("");
        calls += items->v[i].call;
    }
    if (items->n == 0 || calls != d->ncalls || !answerable(d))
        return STR("");
    buf_putc(&text, '[');
    for (size_t i = 0; i < items->n; i++) {
        if (i)
            buf_putc(&text, ',');
        buf_str_add(&text, items->v[i].raw);
    }
    buf_putc(&text, ']');
    struct str native = arena_str(items->arena, buf_str(&text));
    buf_release(&text);
    return native;
}
