/* probe_raw.c - checks by other paths of the server: models, tokens, completions, batches. */
#include "harness/run/probe_impl.h"

#include <string.h>

enum { FORCED_TOKENS = 16, MOST_REQUESTS = 12 };

static bool ok(long status)
{
    return status >= 200 && status < 300;
}

/* GET of a path as JSON; NULL if that is not what came. */
static struct json *get(struct probe *p, const char *path, long *ret_status)
{
    struct probe_answer a = probe_ask(p, str_c(path), STR(""));
    struct json *doc = NULL;

    *ret_status = a.status;
    if (!ok(a.status) || json_parse(a.body, JSON_REPAIR, &doc, NULL))
        return NULL;
    return doc;
}

/* The entry of the model in a list of models, or its only one. */
static const struct json *own_entry(const struct json *doc, struct str model)
{
    const struct json *list = json_get(doc, "data");

    for (const struct json *m = json_first(list); m; m = json_next(m))
        if (str_eq(json_str(json_get(m, "id")), model))
            return m;
    return json_len(list) == 1 ? json_first(list) : NULL;
}

static bool positive(const struct json *v, int64_t *ret)
{
    double n;

    if (!json_num(v, &n) || n < 1 || n > 1e12)
        return false;
    *ret = (int64_t)n;
    return true;
}

/* Names that servers have for the size of the context, in an entry of /models. */
static bool entry_context(const struct json *m, int64_t *ret)
{
    static const char *const paths[] = {"max_model_len", "meta.n_ctx", "context_length",
        "context_window", "max_context_length", "max_input_tokens", "meta.n_ctx_train"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (positive(json_path(m, paths[i]), ret))
            return true;
    return false;
}

void probe_context(struct probe *p)
{
    long status, props_status = 0;
    int64_t tokens = 0;
    const char *from = "/props";
    struct json *doc =
        get(p, str_eqc(p->now.api, "anthropic-messages") ? "~/v1/models" : "/models", &status);

    if (p->code)
        return;
    probe_row(p, "list of models", doc ? PROBE_YES : PROBE_NO, "status %ld, %zu models", status,
        json_len(json_get(doc, "data")));
    struct json *props = get(p, "~/props", &props_status); /* llama.cpp: what is really served */
    bool found = positive(json_path(props, "default_generation_settings.n_ctx"), &tokens);
    if (!found) {
        found = entry_context(own_entry(doc, p->e->model), &tokens);
        from = "the list of models";
    }
    json_free(props);
    json_free(doc);
    if (!found) {
        probe_row(p, "context limit", PROBE_UNKNOWN, "the server does not tell");
        return;
    }
    probe_row(p, "context limit", PROBE_YES, "%lld tokens, by %s", (long long)tokens, from);
    probe_trait_int(p, "context", tokens);
}

void probe_tokenize(struct probe *p)
{
    struct buf body = BUF_INIT;

    buf_puts(&body, "{\"model\":");
    json_quote(&body, p->e->model);
    buf_puts(&body, ",\"content\":\"one two\",\"prompt\":\"one two\"}");
    struct probe_answer a = probe_ask(p, STR("~/tokenize"), buf_str(&body));
    buf_release(&body);
    if (p->code)
        return;
    struct json *doc = NULL;
    if (ok(a.status) && json_parse(a.body, JSON_REPAIR, &doc, NULL) == OK &&
        json_type(json_get(doc, "tokens")) == JSON_ARRAY)
        probe_row(p, "tokenize", PROBE_YES, "%zu tokens of \"one two\"",
            json_len(json_get(doc, "tokens")));
    else
        probe_row(p, "tokenize", PROBE_NO, "status %ld", a.status);
    json_free(doc);
}

/* One dialect of scoring; true if it gave a number. */
static bool score_by(struct probe *p, const char *dialect, struct str *ret_why)
{
    struct traits traits = p->now;
    struct scoring s;
    struct buf path = BUF_INIT, body = BUF_INIT;
    struct reply r = {.outcome = OUTCOME_HTTP_ERROR};
    bool over = false;

    traits.scoring = str_c(dialect);
    if (scoring_start(&s, &p->scratch, &traits, p->e->model, STR("Ada has 3 apples."),
            STR(" How many apples does Ada have?"), false, p->err))
        return false;
    for (int i = 0; i < MOST_REQUESTS && !over && !p->code; i++) {
        buf_reset(&path);
        buf_reset(&body);
        scoring_request(&s, &path, &body);
        struct probe_answer a = probe_ask(p, buf_str(&path), buf_str(&body));
        over = scoring_step(&s, a.status, a.body, &r) || !outcome_is_result(r.outcome);
    }
    *ret_why = arena_str(&p->scratch, probe_words(&r));
    buf_release(&path);
    buf_release(&body);
    if (s.phase != SCORING_OVER || !outcome_is_result(r.outcome))
        return false;
    probe_row(p, "log-probabilities", PROBE_YES, "%s: %.3f nats over %zu tokens%s", dialect,
        s.given.logprob, s.given.tokens, s.given.boundary_merged ? ", boundary merged" : "");
    probe_trait_str(p, "scoring", dialect);
    return true;
}

void probe_scoring(struct probe *p)
{
    static const char *const dialects[] = {"vllm", "echo", "echo-1", "together", "sglang"};
    struct str why = STR("");

    for (size_t i = 0; i < ARRAY_LEN(dialects) && !p->code; i++)
        if (score_by(p, dialects[i], &why))
            return;
    if (!p->code)
        probe_row(p, "log-probabilities", PROBE_NO, "no dialect works; last: %.*s", STR_ARG(why));
}

/* One dialect of budget forcing; true if it came to an answer. */
static bool force_by(struct probe *p, const char *dialect, struct str *ret_why)
{
    static const struct message question = {
        .role = ROLE_USER, .text = {"What is 17 times 23?", 20}};
    struct traits traits = p->now;
    struct forcing_limits limits = {.budget = FORCED_TOKENS, .answer = FORCED_TOKENS};
    struct forcing f;
    struct buf path = BUF_INIT, body = BUF_INIT;
    struct reply r = {.outcome = OUTCOME_HTTP_ERROR};
    bool over = false;

    traits.forcing = str_c(dialect);
    if (forcing_start(&f, &p->scratch, &traits, p->e->model, &question, 1, limits, 0, 1, p->err))
        return false;
    for (int i = 0; i < MOST_REQUESTS && !over && !p->code; i++) {
        buf_reset(&path);
        buf_reset(&body);
        forcing_request(&f, &path, &body);
        struct probe_answer a = probe_ask(p, buf_str(&path), buf_str(&body));
        over = forcing_step(&f, a.status, a.body, &r) || !outcome_is_result(r.outcome);
    }
    *ret_why = arena_str(&p->scratch, probe_words(&r));
    buf_release(&path);
    buf_release(&body);
    if (f.phase != FORCING_OVER)
        return false;
    /* a server that takes the turn and starts anew looks just like one that goes on */
    bool shown = !str_ends(str_c(dialect), STR("prefix")) || p->continues;
    enum probe_result result = f.thinking_violated ? PROBE_IGNORED
                               : shown             ? PROBE_YES
                                                   : PROBE_UNKNOWN;
    probe_row(p, "budget forcing", result, "%s: %d tokens asked for, %lld came%s%s", dialect,
        FORCED_TOKENS, (long long)f.generated, f.estimated ? " (estimated)" : "",
        shown ? "" : "; not shown to continue a turn");
    if (result == PROBE_YES)
        probe_trait_str(p, "forcing", dialect);
    return true;
}

void probe_forcing(struct probe *p)
{
    static const char *const dialects[] = {"vllm", "llama.cpp", "sglang", "completions",
        "deepseek-prefix", "mistral-prefix", "prefix"};
    struct str why = STR("");
    bool found = false;

    if (p->now.forcing.n)
        found = force_by(p, arena_cstr(&p->scratch, p->now.forcing), &why);
    for (size_t i = 0; i < ARRAY_LEN(dialects) && !found && !p->code; i++)
        if (!str_eqc(p->now.forcing, dialects[i]))
            found = force_by(p, dialects[i], &why);
    if (!p->code && !found)
        probe_row(p, "budget forcing", PROBE_NO, "no dialect works; last: %.*s", STR_ARG(why));
}

void probe_batches(struct probe *p)
{
    bool anthropic = str_eqc(p->now.api, "anthropic-messages");
    long status;
    struct json *doc = get(p, anthropic ? "~/v1/messages/batches" : "/batches", &status);

    if (p->code)
        return;
    bool there = json_type(json_get(doc, "data")) == JSON_ARRAY;
    json_free(doc);
    probe_row(p, "batches", there ? PROBE_YES : PROBE_NO, "status %ld", status);
    if (there)
        probe_trait_str(p, "batch", anthropic ? "anthropic" : "openai");
}
