/* reply_facts.c - reading and joining the words; see reply_facts.h. */
#include "harness/provider/reply_facts.h"

static struct str clean(struct arena *arena, struct str text)
{
    struct buf out = BUF_INIT;

    buf_collapse(&out, str_slice(text, 0, FACTS_MOST + 8));
    size_t n = out.n < FACTS_MOST ? out.n : FACTS_MOST;
    while (n > 0 && n < out.n && ((unsigned char)out.p[n] & 0xC0) == 0x80)
        n--;
    while (n > 0 && !str_utf8_ok((struct str){out.p, n}))
        n--; /* the first cut went through a code point */
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out.p[i] < ' ' || out.p[i] == 0x7F)
            out.p[i] = '?';
    struct str ret = arena_str(arena, (struct str){out.p, n});
    buf_release(&out);
    return ret;
}

static void take(struct str *to, struct arena *arena, const struct json *v, bool last_holds)
{
    struct str text = json_str(v);

    if (text.n && (to->n == 0 || last_holds))
        *to = clean(arena, text);
}

void reply_facts_take(struct reply_facts *f, struct arena *arena, const struct json *v)
{
    take(&f->model, arena, json_get(v, "model"), false);
    take(&f->fingerprint, arena, json_get(v, "system_fingerprint"), false);
    take(&f->provider, arena, json_get(v, "provider"), false);
    take(&f->tier, arena, json_get(v, "service_tier"), true);
    take(&f->tier, arena, json_path(v, "usage.service_tier"), true);
    take(&f->request, arena, json_get(v, "request_id"), false);
    take(&f->request, arena, json_path(v, "x_groq.id"), false);
    take(&f->id, arena, json_get(v, "id"), false);
}

static void add(struct buf *out, const char *name, struct str value)
{
    if (value.n == 0)
        return;
    buf_printf(out, "%s%s=", out->n ? " " : "", name);
    buf_str_add(out, value);
}

void reply_facts_copy(const struct reply_facts *f, struct arena *arena, struct reply *ret)
{
    struct buf out = BUF_INIT;

    add(&out, "fingerprint", f->fingerprint);
    add(&out, "provider", f->provider);
    add(&out, "service_tier", f->tier);
    ret->fingerprint = arena_str(arena, buf_str(&out));
    ret->model = f->model;
    ret->request_id = f->request.n ? f->request : f->id;
    buf_release(&out);
}
