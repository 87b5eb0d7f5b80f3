/* openai_native.c - joining pieces of lists and printing them; see openai_native.h. */
#include "harness/provider/openai_native.h"

#include "harness/base/json_slice.h"
#include "harness/provider/members.h"

enum { MOST_PARTS = 1024 }; /* of one list; a server that sends more is not a server */

const char *const openai_native_kept[] = {
    "reasoning_details", "extra_content", "provider_specific_fields", NULL};

/* An element as it began, the text that was added to it, and members that came later. */
struct native_part {
    struct str raw;          /* JSON object */
    struct str type, number; /* number: "index" as it stands */
    const char *spoken;      /* the member that grows; NULL = the element is whole */
    bool chunks;             /* its value is a list of one text chunk */
    struct buf text;
    struct members late;
};

void native_release(struct native *n)
{
    struct native_list *lists[] = {&n->content, &n->details};

    for (size_t k = 0; k < ARRAY_LEN(lists); k++)
        for (size_t i = 0; i < lists[k]->n; i++) {
            buf_release(&lists[k]->v[i].text);
            members_release(&lists[k]->v[i].late);
        }
    /* the arrays are the arena's */
}

static struct str printed(struct arena *arena, const struct json *v)
{
    struct buf text = BUF_INIT;

    json_print(&text, v);
    struct str ret = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return ret;
}

/* ---- joining --------------------------------------------------------------------------------- */

/* Which member of an element grows, and what it says so far; false if none does. */
static bool speaks(const struct json *v, struct native_part *part, struct buf *text)
{
    static const struct {
        const char *type, *member;
    } kinds[] = {
        {"text", "text"},
        {"thinking", "thinking"},
        {"reasoning.text", "text"},
        {"reasoning.summary", "summary"},
    };
    struct str type = json_str(json_get(v, "type"));

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct json *said = json_get(v, kinds[i].member);
        if (!str_eqc(type, kinds[i].type))
            continue;
        part->spoken = kinds[i].member;
        part->chunks = json_type(said) == JSON_ARRAY;
        for (const struct json *c = part->chunks ? json_first(said) : NULL; c; c = json_next(c)) {
            if (!str_eqc(json_str(json_get(c, "type")), "text") || json_len(c) != 2)
                return false; /* a reference inside the thinking: the element stays as it is */
            buf_str_add(text, json_str(json_get(c, "text")));
        }
        buf_str_add(text, json_str(said));
        return true;
    }
    return false;
}

static struct str index_text(struct arena *arena, const struct json *v)
{
    const struct json *index = json_get(v, "index");

    return index ? printed(arena, index) : STR("");
}

/* Members that were absent or null before and say something now. */
static void add_late(struct native_part *part, const struct json *v)
{
    for (const struct json *m = json_first(v); m; m = json_next(m)) {
        struct buf one = BUF_INIT;
        if (json_type(m) == JSON_NULL || str_eqc(json_key(m), part->spoken))
            continue;
        buf_putc(&one, '{');
        json_quote(&one, json_key(m));
        buf_putc(&one, ':');
        json_print(&one, m);
        buf_putc(&one, '}');
        members_merge(&part->late, buf_str(&one));
        buf_release(&one);
    }
}

static void add_part(struct native *n, struct native_list *list, const struct json *v, bool plain)
{
    struct native_part part = {.type = json_str(json_get(v, "type"))};
    struct native_part *last = list->n ? &list->v[list->n - 1] : NULL;

    if (json_type(v) != JSON_OBJECT || list->n == MOST_PARTS)
        return;
    part.number = index_text(n->arena, v);
    bool grows = speaks(v, &part, &part.text);
    bool joins = grows && !plain && last && last->spoken && last->chunks == part.chunks &&
                 str_eq(last->type, part.type) && str_eq(last->number, part.number);
    if (joins) {
        buf_str_add(&last->text, buf_str(&part.text));
        add_late(last, v);
        buf_release(&part.text);
        return;
    }
    if (!grows || plain)
        part.spoken = NULL;
    part.type = arena_str(n->arena, part.type);
    part.raw = printed(n->arena, v);
    ARENA_GROW(n->arena, list->v, list->n, list->cap);
    list->v[list->n++] = part;
}

static void add_text(struct native *n, struct str text)
{
    struct buf one = BUF_INIT;
    struct json *doc;

    if (text.n == 0)
        return;
    buf_puts(&one, "{\"type\":\"text\",\"text\":");
    json_quote(&one, text);
    buf_putc(&one, '}');
    if (json_parse(buf_str(&one), JSON_REPAIR, &doc, NULL) == OK) {
        add_part(n, &n->content, doc, false);
        json_free(doc);
    }
    buf_release(&one);
}

static void take_content(
    struct native *n, const struct json *content, struct str before, bool plain)
{
    if (json_type(content) == JSON_STRING && n->content.n)
        add_text(n, json_str(content)); /* after parts, text comes bare */
    if (json_type(content) != JSON_ARRAY)
        return;
    if (n->content.n == 0)
        add_text(n, before);
    for (const struct json *p = json_first(content); p; p = json_next(p)) {
        add_part(n, &n->content, p, plain);
        n->parts = n->parts || !str_eqc(json_str(json_get(p, "type")), "text");
    }
}

static void take_object(struct native *n, struct str *to, const struct json *v)
{
    if (json_type(v) == JSON_OBJECT && json_len(v))
        *to = printed(n->arena, v);
}

void native_take(struct native *n, const struct json *m, struct str before, bool plain)
{
    take_content(n, json_get(m, "content"), before, plain);
    if (json_type(json_get(m, "reasoning_details")) == JSON_ARRAY)
        for (const struct json *d = json_first(json_get(m, "reasoning_details")); d;
             d = json_next(d))
            add_part(n, &n->details, d, plain);
    take_object(n, &n->extra, json_get(m, "extra_content"));
    take_object(n, &n->mark, json_get(m, "provider_specific_fields"));
}

struct str native_beside_call(struct arena *arena, struct str before, const struct json *call)
{
    static const char *const kept[] = {
        "extra_content", "thought_signature", "provider_specific_fields"};
    struct members m = {0};
    struct buf out = BUF_INIT;
    struct str ret = STR("");

    members_merge(&m, before);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        const struct json *v = json_get(call, kept[i]);
        buf_reset(&out);
        json_print(&out, v);
        if (json_type(v) == JSON_OBJECT || json_type(v) == JSON_STRING)
            members_put(&m, str_c(kept[i]), buf_str(&out));
    }
    buf_reset(&out);
    buf_putc(&out, '{');
    members_print(&m, &out);
    buf_putc(&out, '}');
    if (out.n > 2)
        ret = arena_str(arena, buf_str(&out));
    buf_release(&out);
    members_release(&m);
    return ret;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void put_spoken(const struct native_part *part, struct buf *out)
{
    buf_puts(out, part->chunks ? "[{\"type\":\"text\",\"text\":" : "");
    json_quote(out, buf_str(&part->text));
    buf_puts(out, part->chunks ? "}]" : "");
}

static void print_part(const struct native_part *part, struct buf *out)
{
    struct json_slices s = json_slices_of(part->raw);
    struct members m = {0};
    struct str key, value;
    struct buf one = BUF_INIT;

    if (!part->spoken) {
        buf_str_add(out, part->raw);
        return;
    }
    while (json_slices_next(&s, &key, &value)) {
        buf_reset(&one);
        buf_puts(&one, "{\"");
        buf_str_add(&one, key);
        buf_puts(&one, "\":");
        if (str_eqc(key, part->spoken))
            put_spoken(part, &one);
        else
            buf_str_add(&one, value);
        buf_putc(&one, '}');
        if (!str_eqc(value, "null") || str_eqc(key, part->spoken))
            members_merge(&m, buf_str(&one));
    }
    buf_reset(&one); /* a text that began behind other members */
    buf_printf(&one, "{\"%s\":", part->spoken);
    put_spoken(part, &one);
    buf_putc(&one, '}');
    if (part->text.n)
        members_merge(&m, buf_str(&one));
    buf_reset(&one);
    buf_putc(&one, '{');
    members_print(&part->late, &one);
    buf_putc(&one, '}');
    members_merge(&m, buf_str(&one));
    buf_putc(out, '{');
    members_print(&m, out);
    buf_putc(out, '}');
    members_release(&m);
    buf_release(&one);
}

static void put_name(struct buf *out, const char *name)
{
    buf_printf(out, "%s\"%s\":", out->n > 1 ? "," : "", name);
}

static void put_list(const struct native_list *list, const char *name, struct buf *out)
{
    put_name(out, name);
    for (size_t i = 0; i < list->n; i++) {
        buf_putc(out, i ? ',' : '[');
        print_part(&list->v[i], out);
    }
    buf_putc(out, ']');
}

static bool any_beside(const struct str *beside, size_t n)
{
    bool any = false;

    for (size_t i = 0; i < n && !any; i++)
        any = beside[i].n > 0;
    return any;
}

void native_print(const struct native *n, const struct str *beside, size_t ncalls, struct buf *out)
{
    struct buf all = BUF_INIT;
    struct json *doc = NULL;

    buf_putc(&all, '{');
    if (n->parts && n->content.n)
        put_list(&n->content, "content", &all);
    if (any_beside(beside, ncalls)) {
        put_name(&all, "tool_calls");
        for (size_t i = 0; i < ncalls; i++) {
            buf_putc(&all, i ? ',' : '[');
            buf_str_add(&all, beside[i].n ? beside[i] : STR("{}"));
        }
        buf_putc(&all, ']');
    }
    if (n->details.n)
        put_list(&n->details, openai_native_kept[0], &all);
    if (n->extra.n) {
        put_name(&all, openai_native_kept[1]);
        buf_str_add(&all, n->extra);
    }
    if (n->mark.n) {
        put_name(&all, openai_native_kept[2]);
        buf_str_add(&all, n->mark);
    }
    buf_putc(&all, '}');
    /* what is no sound JSON (a name twice) would spoil the whole request */
    if (all.n > 2 && json_parse(buf_str(&all), JSON_STRICT, &doc, NULL) == OK)
        buf_str_add(out, buf_str(&all));
    json_free(doc);
    buf_release(&all);
}
