/* messages_block.c - beginning, adding to and writing content blocks; see messages_block.h. */
#include "harness/provider/messages_block.h"

#include "harness/base/json_slice.h"

#include <string.h>

enum { MOST_BLOCKS = 256 }; /* of one response; a server that sends more is not a server */

void blocks_release(struct blocks *b)
{
    for (size_t i = 0; i < b->n; i++) {
        buf_release(&b->v[i].text);
        buf_release(&b->v[i].signature);
        buf_release(&b->v[i].input);
    }
    b->n = 0; /* the array is the arena's */
}

static struct block *add_block(struct blocks *b)
{
    ARENA_GROW(b->arena, b->v, b->n, b->cap);
    b->v[b->n] = (struct block){.index = -1};
    return &b->v[b->n++];
}

/* The input as text: an object as it stands, or the text of an object in a string, as some write
 * it. {} is what a stream begins with. */
static void begin_input(struct block *block, const struct json *input)
{
    struct str raw = json_slice(block->raw, "input");

    if (json_type(input) == JSON_STRING)
        buf_str_add(&block->input, json_str(input));
    else if (json_type(input) != JSON_ABSENT && json_type(input) != JSON_NULL)
        buf_str_add(&block->input, raw);
}

bool blocks_begin(struct blocks *b, int64_t index, struct str raw)
{
    struct json *doc;

    if (b->n == MOST_BLOCKS || json_parse(raw, JSON_REPAIR, &doc, NULL))
        return false;
    bool object = json_type(doc) == JSON_OBJECT;
    if (object) {
        struct block *block = add_block(b);
        block->index = index;
        block->raw = arena_str(b->arena, raw);
        block->type = arena_str(b->arena, json_str(json_get(doc, "type")));
        if (str_eqc(block->type, "text"))
            block->spoken = "text";
        if (str_eqc(block->type, "thinking"))
            block->spoken = "thinking";
        if (block->spoken)
            buf_str_add(&block->text, json_str(json_get(doc, block->spoken)));
        buf_str_add(&block->signature, json_str(json_get(doc, "signature")));
        begin_input(block, json_get(doc, "input"));
    }
    json_free(doc);
    return object;
}

static bool add_text(struct block *block, const char *member, struct str text)
{
    if (!block->spoken || strcmp(block->spoken, member) != 0)
        return false;
    block->more_text = true;
    buf_str_add(&block->text, text);
    return true;
}

static void add_input(struct block *block, struct str text)
{
    if (!block->more_input && text.n)
        buf_reset(&block->input); /* the {} of the beginning */
    block->more_input = block->more_input || text.n;
    buf_str_add(&block->input, text);
}

bool blocks_delta(struct blocks *b, int64_t index, const struct json *delta)
{
    struct str type = json_str(json_get(delta, "type"));
    struct block *block = NULL;

    for (size_t i = b->n; i > 0 && !block; i--)
        if (b->v[i - 1].index == index)
            block = &b->v[i - 1];
    if (!block)
        return false;
    if (str_eqc(type, "text_delta"))
        return add_text(block, "text", json_str(json_get(delta, "text")));
    if (str_eqc(type, "thinking_delta"))
        return add_text(block, "thinking", json_str(json_get(delta, "thinking")));
    if (str_eqc(type, "signature_delta")) {
        block->signed_late = true;
        buf_str_add(&block->signature, json_str(json_get(delta, "signature")));
    } else if (str_eqc(type, "input_json_delta")) {
        add_input(block, json_str(json_get(delta, "partial_json")));
    }
    return true;
}

/* ---- what was said --------------------------------------------------------------------------- */

static void call_to_draft(const struct block *block, struct draft *d)
{
    struct draft_call *call = draft_add_call(d, -1);
    struct json *doc;

    if (json_parse(block->raw, JSON_REPAIR, &doc, NULL))
        return; /* it was parsed when it began */
    call->id = arena_str(d->arena, json_str(json_get(doc, "id")));
    call->name = arena_str(d->arena, json_str(json_get(doc, "name")));
    json_free(doc);
    struct str input = str_trim(buf_str(&block->input));
    buf_str_add(&call->arguments, input.n ? input : STR("{}"));
}

void blocks_to_draft(const struct blocks *b, struct draft *d)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct block *block = &b->v[i];
        if (str_eqc(block->type, "text"))
            buf_str_add(&d->content, buf_str(&block->text));
        if (str_eqc(block->type, "thinking") && block->text.n) {
            buf_puts(&d->reasoning, d->reasoning.n ? "\n\n" : "");
            buf_str_add(&d->reasoning, buf_str(&block->text));
        }
        if (str_eqc(block->type, "tool_use"))
            call_to_draft(block, d);
    }
}

/* ---- what goes back -------------------------------------------------------------------------- */

static bool is_object(struct str text)
{
    struct json *doc = NULL;
    bool ok = json_parse(text, JSON_STRICT, &doc, NULL) == OK && json_type(doc) == JSON_OBJECT;

    json_free(doc);
    return ok;
}

/* Members whose value differs from the one the block began with. */
struct changes {
    struct str text, signature, input; /* JSON; empty = as it began */
    const char *spoken;
};

static struct str *change_of(struct changes *c, struct str key)
{
    if (c->spoken && str_eqc(key, c->spoken))
        return &c->text;
    if (str_eqc(key, "signature"))
        return &c->signature;
    return str_eqc(key, "input") ? &c->input : NULL;
}

static void put_member(struct buf *out, size_t start, struct str key, struct str value)
{
    if (out->n > start + 1)
        buf_putc(out, ',');
    buf_putc(out, '"');
    buf_str_add(out, key);
    buf_puts(out, "\":");
    buf_str_add(out, value);
}

static void put_changed(struct buf *out, struct str raw, struct changes c)
{
    struct json_slices s = json_slices_of(raw);
    struct str key, value;
    size_t start = out->n;

    buf_putc(out, '{');
    while (json_slices_next(&s, &key, &value)) {
        struct str *change = change_of(&c, key);
        put_member(out, start, key, change && change->n ? *change : value);
        if (change)
            *change = STR("");
    }
    if (c.text.n)
        put_member(out, start, str_c(c.spoken), c.text);
    if (c.signature.n)
        put_member(out, start, STR("signature"), c.signature);
    if (c.input.n)
        put_member(out, start, STR("input"), c.input);
    buf_putc(out, '}');
}

static void put_block(const struct block *block, struct buf *out)
{
    struct buf text = BUF_INIT, signature = BUF_INIT;
    struct changes c = {.spoken = block->spoken};
    bool call = str_eqc(block->type, "tool_use");
    bool whole = !call || is_object(json_slice(block->raw, "input"));

    if (block->more_text) {
        json_quote(&text, buf_str(&block->text));
        c.text = buf_str(&text);
    }
    if (block->signed_late) {
        json_quote(&signature, buf_str(&block->signature));
        c.signature = buf_str(&signature);
    }
    if (block->more_input || !whole)
        c.input = is_object(buf_str(&block->input)) ? str_trim(buf_str(&block->input)) : STR("{}");
    if (c.text.n || c.signature.n || c.input.n)
        put_changed(out, block->raw, c);
    else
        buf_str_add(out, block->raw);
    buf_release(&text);
    buf_release(&signature);
}

/* Ids as they are written: equal text of one id is enough, since only our own answers repeat it. */
static bool has_own_ids(const struct blocks *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct str id = json_slice(b->v[i].raw, "id");
        if (!str_eqc(b->v[i].type, "tool_use"))
            continue;
        if (id.n < 3 || id.p[0] != '"')
            return false;
        for (size_t k = 0; k < i; k++)
            if (str_eqc(b->v[k].type, "tool_use") && str_eq(json_slice(b->v[k].raw, "id"), id))
                return false;
    }
    return true;
}

/* A blank text is refused when it comes back, so it stays away. */
static bool is_blank_text(const struct block *block)
{
    return str_eqc(block->type, "text") && str_trim(buf_str(&block->text)).n == 0;
}

void blocks_print(const struct blocks *b, struct buf *out)
{
    size_t start = out->n;

    if (!has_own_ids(b))
        return;
    buf_putc(out, '[');
    for (size_t i = 0; i < b->n; i++) {
        if (is_blank_text(&b->v[i]))
            continue;
        if (out->n > start + 1)
            buf_putc(out, ',');
        put_block(&b->v[i], out);
    }
    buf_putc(out, ']');
    if (out->n == start + 2)
        buf_truncate(out, start);
}
