/* probe_chat.c - checks by the endpoint's own wire format; see probe.h. */
#include "harness/config/budget.h"
#include "harness/run/probe_impl.h"

#include <string.h>

enum { FEW_TOKENS = 16, FEWER_TOKENS = 4, THINKING_TOKENS = 64, ROOM_TO_THINK = 2048 };

static const struct message yes = {
    .role = ROLE_USER, .text = {"Reply with the single word yes.", 31}};
static const struct message count_up = {
    .role = ROLE_USER, .text = {"Count from 1 to 100, one number in each line.", 45}};
static const struct message letters = {
    .role = ROLE_USER, .text = {"Write twenty letters in a random order.", 39}};
/* A problem of our worlds, so that a phantom has something to think about, too. */
static const char problem[] =
    "Edwin and Yvonne spent a Saturday in the orchard behind the mill. Edwin picked 25 apples, 25 "
    "pears and 15 plums. Yvonne picked 3 more apples than Edwin and twice as many plums as Edwin, "
    "but only 11 pears. How many more plums than pears were picked in all?";
static const struct message sum = {.role = ROLE_USER, .text = {problem, sizeof problem - 1}};
static const struct message weather = {
    .role = ROLE_USER, .text = {"Look up the weather of Oslo and the weather of Rome.", 52}};

static const char weather_tool[] =
    "[{\"type\":\"function\",\"function\":{\"name\":\"look_up\",\"description\":"
    "\"Looks up the weather of one city.\",\"parameters\":{\"type\":\"object\",\"properties\":"
    "{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}}}]";
static const char answer_tool[] =
    "[{\"type\":\"function\",\"function\":{\"name\":\"send_message\",\"description\":"
    "\"Sends the answer.\",\"parameters\":{\"type\":\"object\",\"properties\":"
    "{\"message\":{\"type\":\"string\"}},\"required\":[\"message\"]}}}]";

static bool ok(long status)
{
    return status >= 200 && status < 300;
}

/* A request that the server did not take. */
static void refused(struct probe *p, const char *feature, long status, const struct reply *r)
{
    probe_row(p, feature, PROBE_REFUSED, "status %ld: %.*s", status, STR_ARG(probe_words(r)));
}

void probe_plain(struct probe *p)
{
    struct chat chat = probe_chat(p, &yes);
    long status;
    struct reply r = probe_say(p, &chat, &status);

    if (p->code)
        return;
    bool refuses = status == 400 || status == 422; /* that it is asked in this way */
    if (!ok(status) && !refuses) {
        p->code =
            err_set(p->err, ERR_ENDPOINT, "%s does not answer a plain question: status %ld, %.*s",
                p->e->url, status, STR_ARG(probe_words(&r)));
        return;
    }
    if (refuses) {
        refused(p, "answers", status, &r);
        p->no_chat = true;
        return;
    }
    p->thought = r.usage.out_reasoning;
    probe_row(p, "answers", outcome_is_result(r.outcome) ? PROBE_YES : PROBE_NO, "%s, finish %.*s",
        outcome_text(r.outcome), STR_ARG(r.finish));
    probe_row(p, "served by", r.model.n ? PROBE_YES : PROBE_UNKNOWN, "%.*s%s%.*s", STR_ARG(r.model),
        r.fingerprint.n ? ", " : "", STR_ARG(r.fingerprint));
    probe_row(p, "usage", usage_out(r.usage) >= 0 ? PROBE_YES : PROBE_NO, "%lld in, %lld out",
        (long long)usage_in(r.usage), (long long)usage_out(r.usage));
    probe_row(
        p, "reasoning text", r.reasoning.n ? PROBE_YES : PROBE_NO, "%zu bytes", r.reasoning.n);
    if (r.usage.out_reasoning >= 0)
        probe_row(p, "reasoning count", PROBE_YES, "%lld tokens", (long long)r.usage.out_reasoning);
    else
        probe_row(p, "reasoning count", PROBE_NO, "usage has no reasoning tokens");
}

/* How many tokens come when `few` are allowed; *ret_short if the model needed fewer by itself. */
static enum probe_result ask_few(
    struct probe *p, struct str key, const char *feature, int64_t few, bool last, bool *ret_short)
{
    struct chat chat = probe_chat(p, &count_up);
    struct traits traits = p->now;
    long status;

    *ret_short = false;
    traits.limit_key = key;
    chat.traits = &traits;
    chat.max_tokens = few;
    struct reply r = probe_say(p, &chat, &status);
    int64_t out = usage_out(r.usage);
    if (!ok(status)) {
        refused(p, feature, status, &r);
        return PROBE_REFUSED;
    }
    bool cut = r.outcome == OUTCOME_TRUNCATED || r.outcome == OUTCOME_NO_ANSWER_BUDGET ||
               r.outcome == OUTCOME_TOOL_TRUNCATED || out == few || out == few + 1;
    *ret_short = out >= 0 && out < few && !cut;
    if (*ret_short && !last)
        return PROBE_UNKNOWN;
    enum probe_result result = out < 0 || *ret_short ? PROBE_UNKNOWN
                               : out <= few + 1      ? PROBE_YES
                                                     : PROBE_IGNORED;
    probe_row(p, feature, result, "%lld asked for, %lld came, finish %.*s", (long long)few,
        (long long)out, STR_ARG(r.finish));
    return result;
}

/* A model that stops by itself before the limit is asked again with a smaller one. */
static enum probe_result try_limit(struct probe *p, struct str key, const char *feature)
{
    bool few;
    enum probe_result result = ask_few(p, key, feature, FEW_TOKENS, false, &few);

    return few ? ask_few(p, key, feature, FEWER_TOKENS, true, &few) : result;
}

void probe_limit(struct probe *p)
{
    static const struct {
        const char *key, *feature;
    } names[] = {{"max_tokens", "limit max_tokens"},
        {"max_completion_tokens", "limit max_completion_tokens"}};
    const char *found = NULL;

    if (!str_eqc(p->now.api, "openai-chat")) {
        (void)try_limit(p, p->now.limit_key, "limit of tokens"); /* the row says it */
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(names) && !p->code; i++)
        if (try_limit(p, str_c(names[i].key), names[i].feature) == PROBE_YES && !found)
            found = names[i].key;
    if (!found)
        return;
    probe_trait_str(p, "limit_key", found);
    p->now.limit_key = str_c(found);
}

void probe_stream(struct probe *p)
{
    struct chat chat = probe_chat(p, &yes);
    long status;

    chat.stream = true;
    struct reply r = probe_say(p, &chat, &status);
    if (p->code)
        return;
    if (!ok(status)) {
        refused(p, "stream", status, &r);
        return;
    }
    probe_row(p, "stream", outcome_is_result(r.outcome) ? PROBE_YES : PROBE_NO, "%s, finish %.*s",
        outcome_text(r.outcome), STR_ARG(r.finish));
    probe_row(p, "usage in streams", usage_out(r.usage) >= 0 ? PROBE_YES : PROBE_NO, "%lld out",
        (long long)usage_out(r.usage));
}

void probe_sampling(struct probe *p)
{
    struct chat chat = probe_chat(p, &yes);
    struct traits traits = p->now;
    long status;

    traits.sampling = true;
    chat.traits = &traits;
    chat.temperature = 0.5;
    struct reply r = probe_say(p, &chat, &status);
    if (p->code)
        return;
    if (ok(status))
        probe_row(p, "temperature", PROBE_YES, "0.5 is taken");
    else
        refused(p, "temperature", status, &r);
    if (ok(status) || status == 400) {
        probe_trait_bool(p, "sampling", ok(status));
        p->now.sampling = ok(status);
    }
}

void probe_seed(struct probe *p)
{
    struct chat chat = probe_chat(p, &letters);
    struct str texts[3];
    long status = 0;

    if (p->now.seed_key.n == 0) {
        probe_row(p, "seed", PROBE_NO, "the wire format has none");
        return;
    }
    for (int i = 0; i < 3 && !p->code; i++) {
        chat.seed = i < 2 ? 1 : 2;
        chat.temperature = p->now.sampling ? 1 : -1;
        struct reply r = probe_say(p, &chat, &status);
        if (!ok(status)) {
            refused(p, "seed", status, &r);
            return;
        }
        texts[i] = r.content.n ? r.content : r.reasoning;
    }
    bool same = str_eq(texts[0], texts[1]), other = !str_eq(texts[0], texts[2]);
    p->seeded = same && other;
    probe_row(p, "seed",
        !same   ? PROBE_IGNORED
        : other ? PROBE_YES
                : PROBE_UNKNOWN,
        "%s",
        !same   ? "one seed gave two texts"
        : other ? "one seed gave one text, another seed another"
                : "all texts were the same, whatever the seed");
}

/* A request with a member more than the wire format's own. */
static struct reply say_with(
    struct probe *p, const struct message *m, const char *extra, long *ret_status)
{
    struct chat chat = probe_chat(p, m);
    struct traits traits = p->now;

    traits.extra = str_c(extra);
    chat.traits = &traits;
    return probe_say(p, &chat, ret_status);
}

void probe_choices(struct probe *p)
{
    struct chat chat = probe_chat(p, &yes);
    struct traits traits = p->now;
    struct json *doc = NULL;

    if (!str_eqc(p->now.api, "openai-chat"))
        return;
    traits.extra = STR("{\"n\":2}");
    chat.traits = &traits;
    buf_reset(&p->body);
    p->e->provider->build(&chat, &p->body);
    struct probe_answer a = probe_ask(p, STR(""), buf_str(&p->body));
    if (p->code)
        return;
    if (!ok(a.status) || json_parse(a.body, JSON_REPAIR, &doc, NULL)) {
        probe_row(p, "n", PROBE_REFUSED, "status %ld", a.status);
        return;
    }
    size_t n = json_len(json_get(doc, "choices"));
    probe_row(p, "n", n == 2 ? PROBE_YES : PROBE_IGNORED, "2 asked for, %zu came", n);
    json_free(doc);
}

void probe_unknown_member(struct probe *p)
{
    long status;
    struct reply r = say_with(p, &yes, "{\"sleepbench_probe\":1}", &status);

    if (p->code)
        return;
    if (ok(status))
        probe_row(p, "unknown members", PROBE_IGNORED, "a misspelt parameter would go unnoticed");
    else
        refused(p, "unknown members", status, &r);
}

void probe_tools(struct probe *p)
{
    struct chat chat = probe_chat(p, &weather);
    struct traits traits = p->now;
    long status;

    traits.tools = true;
    traits.parallel_tools = false; /* several calls are welcome here */
    chat.traits = &traits;
    chat.tools = str_c(weather_tool);
    chat.max_tokens = 512;
    struct reply r = probe_say(p, &chat, &status);
    if (p->code)
        return;
    if (!ok(status)) {
        refused(p, "tools", status, &r);
        if (status == 400) /* else it may be a passing failure */
            probe_trait_bool(p, "tools", false);
        return;
    }
    probe_row(p, "tools", r.ncalls ? PROBE_YES : PROBE_IGNORED, "%zu calls, %s", r.ncalls,
        outcome_text(r.outcome));
    probe_row(p, "parallel tools", r.ncalls > 1 ? PROBE_YES : PROBE_UNKNOWN,
        "%zu calls in one turn", r.ncalls);
    chat.tool_choice = "look_up";
    r = probe_say(p, &chat, &status);
    if (!ok(status))
        refused(p, "tool choice", status, &r);
    else
        probe_row(p, "tool choice", r.ncalls ? PROBE_YES : PROBE_IGNORED, "%zu calls", r.ncalls);
    if (p->now.effort_key.n == 0)
        return;
    chat.tool_choice = NULL;
    chat.effort = "low";
    r = probe_say(p, &chat, &status);
    if (ok(status))
        probe_row(p, "tools with effort", PROBE_YES, "%zu calls", r.ncalls);
    else
        refused(p, "tools with effort", status, &r);
}

static void put_efforts(struct probe *p, const char *const *words, size_t n)
{
    jsonw_array(&p->traits_writer, "efforts");
    for (size_t i = 0; i < n; i++)
        jsonw_cstr(&p->traits_writer, NULL, words[i]);
    jsonw_end_array(&p->traits_writer);
}

/* What a budget of effort does: words that are taken, and what came of one question. */
struct efforts {
    const char *taken[16];
    size_t n;
    int64_t least, most;
    bool same, counted; /* all texts were the same; the server counts reasoning */
    struct str first;
    struct buf seen;
};

static void try_effort(struct probe *p, const char *word, struct efforts *e)
{
    struct chat chat = probe_chat(p, &sum);
    long status;

    chat.max_tokens = ROOM_TO_THINK;
    chat.effort = word;
    chat.seed = p->seeded ? 1 : -1;
    struct reply r = probe_say(p, &chat, &status);
    if (!ok(status) || e->n == ARRAY_LEN(e->taken))
        return;
    bool counted = r.usage.out_reasoning >= 0;
    int64_t tokens = counted ? r.usage.out_reasoning : usage_out(r.usage);
    struct str text =
        str_c(arena_printf(&p->scratch, "%.*s\n%.*s", STR_ARG(r.reasoning), STR_ARG(r.content)));
    buf_printf(&e->seen, "%s%s %lld", e->n ? ", " : "", word, (long long)tokens);
    if (e->n == 0)
        e->first = text;
    e->same = e->n == 0 || (e->same && str_eq(text, e->first));
    e->counted = e->n == 0 ? counted : e->counted && counted;
    e->least = e->n == 0 || tokens < e->least ? tokens : e->least;
    e->most = tokens > e->most ? tokens : e->most;
    e->taken[e->n++] = word;
}

/* Counts of reasoning tell, unless they differ by chance. Where they are not told, one seed does:
 * an effort that is dropped then changes nothing. */
static enum probe_result judge_efforts(const struct probe *p, const struct efforts *e)
{
    bool counts_differ = e->counted && e->most > e->least;

    if (e->n == 0)
        return PROBE_REFUSED;
    if (counts_differ)
        return p->seeded || e->most >= 2 * e->least ? PROBE_YES : PROBE_UNKNOWN;
    if (e->counted && e->most > 0)
        return PROBE_IGNORED;
    if (!p->seeded || (e->same && e->counted))
        return PROBE_UNKNOWN; /* it never thought, or nothing shows whether it did */
    return e->same ? PROBE_IGNORED : PROBE_YES;
}

void probe_efforts(struct probe *p)
{
    struct efforts e = {.n = 0};

    if (p->now.effort_key.n == 0)
        return;
    for (int64_t i = LEVEL_EFFORT; budget_effort(i) && !p->code; i++)
        try_effort(p, budget_effort(i), &e);
    if (!p->code) {
        enum probe_result result = judge_efforts(p, &e);
        probe_row(
            p, "effort", result, "%s%s", e.n ? "tokens: " : "no word is taken", buf_cstr(&e.seen));
        if (result == PROBE_YES)
            put_efforts(p, e.taken, e.n);
        if (result == PROBE_IGNORED || result == PROBE_REFUSED)
            probe_trait_str(p, "effort_key", NULL); /* takes none, a plan will say */
    }
    buf_release(&e.seen);
}

/* Tokens of thinking: the server's count, else that of its tokenizer; -1 = neither. */
static int64_t thought_tokens(struct probe *p, const struct reply *r)
{
    struct buf body = BUF_INIT;
    struct json *doc = NULL;
    int64_t n = -1;

    if (r->usage.out_reasoning >= 0 || r->reasoning.n == 0)
        return r->usage.out_reasoning;
    buf_puts(&body, "{\"content\":");
    json_quote(&body, r->reasoning);
    buf_puts(&body, "}");
    struct probe_answer a = probe_ask(p, STR("~/tokenize"), buf_str(&body));
    buf_release(&body);
    if (ok(a.status) && json_parse(a.body, JSON_REPAIR, &doc, NULL) == OK &&
        json_len(json_get(doc, "tokens")))
        n = (int64_t)json_len(json_get(doc, "tokens"));
    json_free(doc);
    return n;
}

void probe_thinking(struct probe *p)
{
    struct chat chat = probe_chat(p, &sum);
    int64_t n = p->now.thinking_least > THINKING_TOKENS ? p->now.thinking_least : THINKING_TOKENS;
    long status;

    if (p->now.thinking_key.n == 0)
        return;
    chat.max_tokens = n + ROOM_TO_THINK;
    chat.thinking_tokens = n;
    struct reply r = probe_say(p, &chat, &status);
    if (p->code)
        return;
    int64_t came = thought_tokens(p, &r);
    enum probe_result result = !ok(status)     ? PROBE_REFUSED
                               : came <= 0     ? PROBE_UNKNOWN
                               : came <= n + 1 ? PROBE_YES
                                               : PROBE_IGNORED;
    if (result == PROBE_REFUSED)
        refused(p, "thinking tokens", status, &r);
    else
        probe_row(p, "thinking tokens", result, "%lld asked for, %lld came", (long long)n,
            (long long)came);
    if (result == PROBE_IGNORED || status == 400)
        probe_trait_str(p, "thinking_key", NULL); /* takes none, a plan will say */
    chat.thinking_tokens = 0;
    chat.no_thinking = true;
    r = probe_say(p, &chat, &status);
    if (!ok(status))
        refused(p, "thinking off", status, &r);
    else
        probe_row(p, "thinking off",
            r.reasoning.n || r.usage.out_reasoning > 0 ? PROBE_IGNORED
            : p->thought > 0 || came > 0               ? PROBE_YES
                                                       : PROBE_UNKNOWN,
            "%lld tokens and %zu bytes of thinking", (long long)r.usage.out_reasoning,
            r.reasoning.n);
}

/* What an answer of one word costs by either channel: the floor of the token axis. */
void probe_floor(struct probe *p)
{
    struct chat chat = probe_chat(p, &yes);
    long status;
    struct reply r = probe_say(p, &chat, &status);

    if (p->code || !ok(status))
        return;
    probe_row(p, "token floor, text", PROBE_YES, "%lld tokens for one word",
        (long long)usage_out(r.usage));
    if (!p->now.tools)
        return;
    chat.tools = str_c(answer_tool);
    chat.tool_choice = "send_message";
    r = probe_say(p, &chat, &status);
    if (!ok(status))
        refused(p, "token floor, tool", status, &r);
    else
        probe_row(p, "token floor, tool", r.ncalls ? PROBE_YES : PROBE_IGNORED,
            "%lld tokens for one word", (long long)usage_out(r.usage));
}

/* Does the model go on behind the turn that was begun for it? A letter tells. */
static bool goes_on(struct probe *p, const char *extra, long *ret_status, struct str *ret_text)
{
    static const struct message begun[] = {
        {.role = ROLE_USER, .text = {"Say the alphabet, letters apart.", 32}},
        {.role = ROLE_ASSISTANT, .text = {"a b c d e f", 11}},
    };
    struct chat chat = probe_chat(p, begun);
    struct traits traits = p->now;

    traits.extra = str_c(extra);
    chat.traits = &traits;
    chat.n = 2;
    chat.max_tokens = FEW_TOKENS;
    struct reply r = probe_say(p, &chat, ret_status);
    *ret_text = r.content;
    return ok(*ret_status) && str_starts(str_trim(r.content), STR("g"));
}

void probe_prefix(struct probe *p)
{
    static const char *const forms[] = {
        "", "{\"add_generation_prompt\":false,\"continue_final_message\":true}"};
    struct str text = STR("");
    bool taken = false;
    long status = 0;

    for (size_t i = 0; i < ARRAY_LEN(forms) && !p->continues && !p->code; i++) {
        p->continues = goes_on(p, forms[i], &status, &text);
        taken = taken || ok(status);
    }
    if (p->code)
        return;
    text = str_slice(text, 0, 40);
    probe_row(p, "prefix continuation",
        p->continues ? PROBE_YES
        : taken      ? PROBE_UNKNOWN
                     : PROBE_REFUSED,
        "behind \"a b c d e f\" came \"%.*s\"", STR_ARG(text));
}
