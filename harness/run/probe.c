/* probe.c - the list of checks and what they share; see probe.h. */
#include "harness/run/probe_impl.h"

#include <stdarg.h>
#include <string.h>

enum { WORDS_MOST = 100, SMALL_ANSWER = 64 };

static const struct {
    probe_check *check;
    bool by_chat;
} checks[] = {
    {probe_plain, true},
    {probe_context, false},
    {probe_limit, true},
    {probe_stream, true},
    {probe_sampling, true},
    {probe_seed, true},
    {probe_choices, true},
    {probe_tools, true},
    {probe_efforts, true},
    {probe_thinking, true},
    {probe_unknown_member, true},
    {probe_floor, true},
    {probe_prefix, true},
    {probe_tokenize, false},
    {probe_scoring, false},
    {probe_forcing, false},
    {probe_batches, false},
};

const char *probe_result_text(enum probe_result r)
{
    static const char *const texts[] = {"yes", "no", "ignored", "refused", "unknown"};

    return texts[r];
}

void probe_row(
    struct probe *p, const char *feature, enum probe_result result, const char *format, ...)
{
    struct buf raw = BUF_INIT, line = BUF_INIT;
    va_list args;

    if (p->report->n == PROBE_ROWS)
        BUG("more than %d rows in a probe", PROBE_ROWS);
    va_start(args, format);
    buf_vprintf(&raw, format, args);
    va_end(args);
    buf_collapse(&line, buf_str(&raw)); /* a server's words must not start a line */
    p->report->rows[p->report->n++] =
        (struct probe_row){feature, result, arena_str(p->arena, buf_str(&line))};
    buf_release(&raw);
    buf_release(&line);
}

struct probe_answer probe_ask(struct probe *p, struct str path, struct str body)
{
    struct probe_answer answer = {.why = "the probe has ended"};

    if (p->code)
        return answer;
    buf_reset(&p->url);
    if (path.n)
        completions_url(p->e->base, path, &p->url);
    else
        buf_puts(&p->url, p->e->url);
    p->report->calls++;
    p->code = p->wire->ask(p->wire->payload, buf_cstr(&p->url), body, &answer, p->err);
    return answer;
}

struct chat probe_chat(const struct probe *p, const struct message *message)
{
    return (struct chat){
        .model = p->e->model,
        .traits = &p->now,
        .messages = message,
        .n = 1,
        .temperature = -1,
        .max_tokens = SMALL_ANSWER,
        .seed = -1,
    };
}

static void count(struct probe *p, const struct reply *r)
{
    int64_t in = usage_in(r->usage), out = usage_out(r->usage);

    p->report->tokens_in += in > 0 ? in : 0;
    p->report->tokens_out += out > 0 ? out : 0;
}

struct reply probe_say(struct probe *p, const struct chat *chat, long *ret_status)
{
    struct reply r = {.outcome = OUTCOME_HTTP_ERROR, .usage = USAGE_UNKNOWN};

    buf_reset(&p->body);
    p->e->provider->build(chat, &p->body);
    struct probe_answer a = probe_ask(p, STR(""), buf_str(&p->body));
    if (ret_status)
        *ret_status = a.status;
    if (a.status) {
        p->e->provider->read(a.status, a.body, chat->stream, &p->scratch, &r);
        count(p, &r);
    } else {
        r.error = str_c(a.why);
    }
    return r;
}

struct str probe_words(const struct reply *r)
{
    size_t at = 0, n = 0;

    if (r->error.n == 0)
        return STR("no message");
    while (n < WORDS_MOST && at < r->error.n) {
        (void)str_utf8_next(r->error, &at); /* only the position matters */
        n++;
    }
    return str_slice(r->error, 0, at);
}

void probe_trait_str(struct probe *p, const char *key, const char *value)
{
    jsonw_cstr(&p->traits_writer, key, value);
}

void probe_trait_bool(struct probe *p, const char *key, bool value)
{
    jsonw_bool(&p->traits_writer, key, value);
}

void probe_trait_int(struct probe *p, const char *key, int64_t value)
{
    jsonw_int(&p->traits_writer, key, value);
}

enum err_code probe_endpoint(const struct run_endpoint *e, const struct probe_wire *wire,
    struct arena *arena, struct probe_report *ret, struct err *err)
{
    struct probe p = {
        .e = e,
        .wire = wire,
        .arena = arena,
        .report = ret,
        .now = e->traits,
        .thought = -1,
        .err = err,
    };

    *ret = (struct probe_report){.n = 0};
    p.traits_writer = json_writer(&p.traits, 0);
    jsonw_object(&p.traits_writer, NULL);
    for (size_t i = 0; i < ARRAY_LEN(checks) && !p.code; i++) {
        arena_reset(&p.scratch);
        if (!checks[i].by_chat || !p.no_chat)
            checks[i].check(&p);
    }
    jsonw_end_object(&p.traits_writer);
    ret->traits = arena_str(arena, buf_str(&p.traits));
    arena_release(&p.scratch);
    buf_release(&p.url);
    buf_release(&p.body);
    buf_release(&p.traits);
    return p.code;
}
