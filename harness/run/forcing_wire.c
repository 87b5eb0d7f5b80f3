/* forcing_wire.c - the requests of budget forcing; see forcing_impl.h. */
#include "harness/base/json.h"
#include "harness/provider/completions_template.h"
#include "harness/provider/completions_token.h"
#include "harness/provider/members.h"
#include "harness/run/forcing_impl.h"

enum { LOOK_TOKENS = 32 }; /* of the prompt's end: more than any opening delimiter has */

bool forcing_is_structured(const struct forcing *f)
{
    return f->dialect->form == FORM_DEEPSEEK || f->dialect->form == FORM_MISTRAL;
}

int64_t forcing_most(const struct forcing *f)
{
    return f->phase == FORCING_THINK ? f->limits.budget - f->generated : f->limits.answer;
}

static bool ends_line(struct str text)
{
    return text.n && text.p[text.n - 1] == '\n';
}

struct str forcing_closing(const struct forcing *f)
{
    bool forced = f->ended == FORCING_END_FORCED;
    const char *line = forced && !ends_line(f->reasoning) ? "\n" : "";

    return str_c(arena_printf(f->arena, "%s%.*s%.*s", line, STR_ARG(f->traits->think_close),
        STR_ARG(forced ? f->traits->final_cue : STR(""))));
}

struct str forcing_cue(const struct forcing *f)
{
    return f->ended == FORCING_END_FORCED ? str_trim(f->traits->final_cue) : STR("");
}

/* ---- completions ----------------------------------------------------------------------------- */

struct completion forcing_completion(const struct forcing *f)
{
    struct completion c = COMPLETION_NONE;
    bool think = f->phase == FORCING_THINK, ids = completions_has_ids(f->raw);

    c.dialect = f->raw;
    c.traits = f->traits;
    c.model = f->model;
    c.text = f->prompt;
    c.ids = (struct token_ids){f->ids, f->nids};
    c.max_tokens = forcing_most(f) > 0 ? forcing_most(f) : -1;
    c.temperature = f->temperature;
    c.seed = f->seed;
    c.stream = f->stream;
    /* min_tokens holds back ids only, so the delimiter is stopped at by its id where it has one */
    if (think && completions_has_stop_ids(f->raw) && f->closer.n == 1)
        c.stop_ids = f->closer;
    else if (think)
        c.stops[c.nstops++] = f->traits->think_close;
    if (!ids)
        c.stops[c.nstops++] = completions_template_stop(f->traits);
    c.min_tokens = think && f->used > 0 ? 1 : 0;
    return c;
}

/* ---- continued chats ------------------------------------------------------------------------- */

static void put_deepseek(const struct forcing *f, struct buf *body)
{
    buf_puts(body, "\"prefix\":true,\"content\":");
    json_quote(body, f->phase == FORCING_ANSWER ? forcing_cue(f) : STR(""));
    buf_puts(body, ",\"reasoning_content\":");
    json_quote(body, f->reasoning);
}

static void put_mistral(const struct forcing *f, struct buf *body)
{
    bool answer = f->phase == FORCING_ANSWER;

    buf_puts(body, "\"prefix\":true,\"content\":[{\"type\":\"thinking\",\"thinking\":["
                   "{\"type\":\"text\",\"text\":");
    json_quote(body, f->reasoning);
    buf_printf(body, "}],\"closed\":%s}", answer ? "true" : "false");
    if (answer && forcing_cue(f).n) {
        buf_puts(body, ",{\"type\":\"text\",\"text\":");
        json_quote(body, forcing_cue(f));
        buf_putc(body, '}');
    }
    buf_putc(body, ']');
}

static void put_prefix(const struct forcing *f, struct buf *body)
{
    struct buf text = BUF_INIT;

    buf_str_add(&text, f->traits->think_open);
    buf_str_add(&text, f->reasoning);
    if (f->phase == FORCING_ANSWER)
        buf_str_add(&text, forcing_closing(f));
    buf_puts(body, "\"content\":");
    json_quote(body, buf_str(&text));
    buf_release(&text);
}

/* Thinking of its own accord needs no message of the assistant; nor does none, where a member says
 * so. */
static bool has_prefix(const struct forcing *f)
{
    if (!forcing_is_structured(f))
        return true;
    if (f->ended == FORCING_END_SKIPPED)
        return f->traits->none_with.n == 0;
    return f->phase == FORCING_ANSWER || f->used > 0;
}

static void put_chat_messages(const struct forcing *f, struct buf *body)
{
    completions_put_messages(f->traits, f->messages, f->n, body);
    if (!has_prefix(f))
        return;
    buf_puts(body, f->n ? ",{\"role\":\"assistant\"," : "{\"role\":\"assistant\",");
    if (f->dialect->form == FORM_DEEPSEEK)
        put_deepseek(f, body);
    else if (f->dialect->form == FORM_MISTRAL)
        put_mistral(f, body);
    else
        put_prefix(f, body);
    buf_putc(body, '}');
}

/* The stop and the least length are of local servers; the others have no name for delimiters. */
static void put_prefix_members(const struct forcing *f, struct members *m)
{
    struct buf stop = BUF_INIT;

    members_merge(m, STR("{\"add_generation_prompt\":false,\"continue_final_message\":true}"));
    if (f->phase == FORCING_THINK) {
        buf_putc(&stop, '[');
        json_quote(&stop, f->traits->think_close);
        buf_putc(&stop, ']');
        members_put(m, STR("stop"), buf_str(&stop));
        if (f->used > 0)
            members_int(m, STR("min_tokens"), 1);
    }
    buf_release(&stop);
}

static void put_chat(const struct forcing *f, struct buf *body)
{
    const struct traits *traits = f->traits;
    struct members m = {0};
    struct buf number = BUF_INIT;

    if (forcing_most(f) > 0 && traits->limit_key.n)
        members_int(&m, traits->limit_key, forcing_most(f));
    if (f->temperature >= 0 && traits->sampling) {
        json_number(&number, f->temperature);
        members_put(&m, STR("temperature"), buf_str(&number));
    }
    if (f->seed >= 0 && traits->seed_key.n)
        members_int(&m, traits->seed_key, f->seed);
    if (f->stream)
        members_put(&m, STR("stream"), STR("true"));
    if (f->stream && traits->stream_usage)
        members_put(&m, STR("stream_options.include_usage"), STR("true"));
    if (!forcing_is_structured(f))
        put_prefix_members(f, &m);
    else if (f->ended == FORCING_END_SKIPPED)
        members_merge(&m, traits->none_with);
    members_merge(&m, traits->extra);
    buf_puts(body, "{\"model\":");
    json_quote(body, f->model);
    buf_puts(body, ",\"messages\":[");
    put_chat_messages(f, body);
    buf_puts(body, m.first ? "]," : "]");
    members_print(&m, body);
    buf_putc(body, '}');
    buf_release(&number);
    members_release(&m);
}

/* ---- the next one ---------------------------------------------------------------------------- */

static void put_tokenize(
    const struct forcing *f, struct str text, bool specials, struct buf *path, struct buf *body)
{
    completions_tokenize_request(f->raw, f->model, text, specials, path, body);
}

static void put_detokenize(
    const struct forcing *f, struct token_ids ids, size_t most, struct buf *path, struct buf *body)
{
    size_t n = ids.n < most ? ids.n : most;

    completions_detokenize_request(
        f->raw, f->model, (struct token_ids){ids.v + (ids.n - n), n}, path, body);
}

void forcing_request(const struct forcing *f, struct buf *path, struct buf *body)
{
    switch (f->phase) {
    case FORCING_RENDER:
        completions_render_request(f->raw, f->traits, f->model, f->messages, f->n, path, body);
        return;
    case FORCING_ENCODE:
        put_tokenize(f, f->prompt, true, path, body);
        return;
    case FORCING_LOOK:
        put_detokenize(f, (struct token_ids){f->ids, f->nids}, LOOK_TOKENS, path, body);
        return;
    case FORCING_CLOSER:
        put_tokenize(f, f->traits->think_close, false, path, body);
        return;
    case FORCING_INJECT:
        put_tokenize(f, f->pending, false, path, body);
        return;
    case FORCING_TRIM:
        put_detokenize(f, f->last.ids, 1, path, body);
        return;
    case FORCING_RESPELL:
        put_tokenize(f, f->last.text, false, path, body);
        return;
    case FORCING_THINK:
    case FORCING_ANSWER:
        break;
    case FORCING_OVER:
        BUG("budget forcing is over: there is no request");
    }
    if (f->raw) {
        struct completion c = forcing_completion(f);
        buf_puts(path, completions_path(f->raw));
        completions_request(&c, body);
    } else {
        buf_puts(path, f->dialect->path);
        put_chat(f, body);
    }
}
