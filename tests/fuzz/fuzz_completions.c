/*
 * fuzz_completions.c - any bytes as responses of raw completions, to the readers and to the
 * machines of budget forcing and scoring: there is always an outcome, requests are JSON, a failed
 * attempt changes no request, counts stay within their bounds.
 *
 * The first byte chooses the dialect, the second a budget; the rest are responses, cut at 0xFF.
 */
#include "harness/base/json.h"
#include "harness/provider/completions_token.h"
#include "harness/provider/scoring.h"
#include "harness/provider/scoring_align.h"
#include "harness/run/forcing.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MOST_STEPS = 64 };

static const struct message question[] = {{.role = ROLE_USER, .text = {"1+1?", 4}}};
static struct buf path, body, again;

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_outcome(enum outcome outcome, bool retry)
{
    must(outcome > OUTCOME_NONE && outcome < OUTCOME_COUNT);
    must(!(outcome_is_result(outcome) && retry));
}

static void check_request(struct str text)
{
    struct json *doc = NULL;

    must(json_parse(text, JSON_STRICT, &doc, NULL) == OK);
    must(json_type(doc) == JSON_OBJECT);
    json_free(doc);
}

static void check_readers(struct str text, size_t pick)
{
    static const char *const names[] = {"completions", "llama.cpp", "sglang", "vllm"};
    static const int64_t ids[] = {1, 10, 20};
    static const long statuses[] = {200, 200, 400, 500};
    struct completion c = COMPLETION_NONE;
    struct completion_reply r;
    struct arena arena = {0};

    c.dialect = completions_find(str_c(names[pick % 4]));
    c.ids = (struct token_ids){ids, 3};
    c.echo = pick & 4;
    c.max_tokens = pick & 8 ? 0 : 5;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        completions_read(&c, statuses[i], text, &arena, &r);
        check_outcome(r.outcome, r.retry);
        must(statuses[i] == 200 || !outcome_is_result(r.outcome));
        for (size_t k = 0; k < r.ids.n; k++)
            must(r.ids.v[k] >= 0);
        struct scoring_align at;
        size_t bad;
        if (scoring_align(r.tokens, r.ntokens, STR("a \xC3\xA9 b"), 3, &at, &bad))
            must(at.first < at.end && at.end <= r.ntokens);
    }
    completions_read_ids(200, text, &arena, &r);
    check_outcome(r.outcome, r.retry);
    completions_read_text(200, text, &arena, &r);
    check_outcome(r.outcome, r.retry);
    arena_release(&arena);
}

/* The next response: what stands before the next 0xFF. */
static bool next(struct str *rest, struct str *ret)
{
    return str_cut(rest, '\xFF', ret);
}

static void check_forcing(struct str rest, size_t pick, int64_t budget)
{
    static const char *const names[] = {"completions", "deepseek-prefix", "llama.cpp",
        "mistral-prefix", "prefix", "sglang", "vllm"};
    struct traits traits = traits_default;
    struct arena arena = {0};
    struct forcing f;
    struct forcing_limits limits = {budget, 2, 5};
    struct reply reply;
    struct str response;
    bool over = false;

    traits.forcing = str_c(names[pick % ARRAY_LEN(names)]);
    must(forcing_start(&f, &arena, &traits, STR("m"), question, 1, limits, 0, 1, NULL) == OK);
    for (int i = 0; i < MOST_STEPS && !over && next(&rest, &response); i++) {
        buf_reset(&path);
        buf_reset(&body);
        forcing_request(&f, &path, &body);
        check_request(buf_str(&body));
        over = forcing_step(&f, 200, response, &reply);
        check_outcome(reply.outcome, reply.retry);
        must(!(over && reply.retry));
        must(over || f.phase != FORCING_OVER);
        must(f.used <= limits.extensions && f.injected <= f.thinking);
        must(f.generated <= budget + 1 || f.thinking_violated);
        if (!outcome_is_result(reply.outcome)) {
            buf_reset(&path);
            buf_reset(&again);
            forcing_request(&f, &path, &again);
            must(str_eq(buf_str(&body), buf_str(&again)));
        }
    }
    arena_release(&arena);
}

static void check_scoring(struct str rest, size_t pick)
{
    static const char *const names[] = {
        "echo", "echo-1", "phantom", "sglang", "together", "vllm", "vllm-echo"};
    struct traits traits = traits_default;
    struct arena arena = {0};
    struct scoring s;
    struct reply reply;
    struct str response;
    bool over = false;

    traits.scoring = str_c(names[pick % ARRAY_LEN(names)]);
    must(scoring_start(&s, &arena, &traits, STR("m"), STR("a \xC3\xA9"), STR(" b"), true, NULL) ==
         OK);
    for (int i = 0; i < MOST_STEPS && !over && next(&rest, &response); i++) {
        buf_reset(&path);
        buf_reset(&body);
        scoring_request(&s, &path, &body);
        check_request(buf_str(&body));
        over = scoring_step(&s, 200, response, &reply);
        check_outcome(reply.outcome, reply.retry);
        must(!(over && reply.retry));
        must(over ==
             (s.phase == SCORING_OVER || (!outcome_is_result(reply.outcome) && !reply.retry)));
    }
    if (s.phase == SCORING_OVER)
        must(!isnan(s.given.logprob) && s.given.tokens > 0 && !isnan(s.alone.logprob));
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2)
        return 0;
    struct str rest = {(const char *)data + 2, n - 2};
    check_readers(rest, data[0]);
    check_forcing(rest, data[0], data[1] % 12);
    check_scoring(rest, data[0]);
    return 0;
}
