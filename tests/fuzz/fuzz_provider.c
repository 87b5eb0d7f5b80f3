/*
 * fuzz_provider.c - any bytes as a response, in every format, plain and streamed.
 *
 * There is always an outcome; a conversation that goes on with what was read is sound JSON, with
 * tools and in words; text in it is found or not, and nothing outside is read.
 */
#include "harness/base/json.h"
#include "harness/provider/limits.h"
#include "harness/provider/provider.h"
#include "harness/run/rethink.h"

#include <stdlib.h>
#include <string.h>

#define TOOL(name)                                                                                 \
    "{\"type\":\"function\",\"function\":{\"name\":\"" name                                        \
    "\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_request(
    const struct provider *p, const struct rethink *r, const struct traits *traits)
{
    const struct chat chat = {.model = STR("m"),
        .messages = r->messages,
        .n = r->n,
        .traits = traits,
        .tools = STR("[" TOOL("rethink_memory") "," TOOL("finish_rethinking_memory") "]"),
        .temperature = 0.5,
        .max_tokens = 7,
        .thinking_tokens = 3,
        .seed = 1};
    struct buf body = BUF_INIT;
    struct json *doc = NULL;

    p->build(&chat, &body);
    if (json_parse(buf_str(&body), JSON_STRICT, &doc, NULL) || json_type(doc) != JSON_OBJECT)
        abort();
    json_free(doc);
    buf_release(&body);
}

static void go_on(const struct provider *p, struct arena *arena, const struct reply *reply)
{
    struct traits traits = traits_default;
    struct rethink r;

    traits.reasoning_back = STR("reasoning_content");
    rethink_start(&r, arena, STR("s"), STR("u"), 1000, 10);
    (void)rethink_step(&r, reply);
    for (size_t i = 0; i < r.n; i++) /* a broken promise shows in what goes back */
        for (size_t k = 0; k < r.messages[i].ncalls; k++)
            if (r.messages[i].calls[k].id.n == 0)
                abort();
    check_request(p, &r, &traits);
    traits.tools = false;
    check_request(p, &r, &traits);
}

static void check(
    const struct provider *p, long status, const struct reply *reply, struct arena *arena)
{
    const struct chat chat = {.max_tokens = 1, .thinking_tokens = 1};

    if (reply->outcome <= OUTCOME_NONE || reply->outcome >= OUTCOME_COUNT)
        abort();
    if (status != 200 && outcome_is_result(reply->outcome) &&
        reply->outcome != OUTCOME_CONTENT_FILTER)
        abort();
    if (outcome_is_result(reply->outcome) && reply->retry)
        abort();
    if (!str_utf8_ok(reply->model) || !str_utf8_ok(reply->fingerprint))
        abort();
    (void)limits_violation(&chat, reply, NULL);
    if (outcome_is_result(reply->outcome) && strcmp(p->name, "openai-completions") != 0)
        go_on(p, arena, reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const long statuses[] = {200, 200, 400, 429, 500};
    struct arena arena = {0};

    if (n == 0)
        return 0;
    long status = statuses[data[0] % 5];
    struct str body = {(const char *)data + 1, n - 1};
    for (size_t i = 0; provider_all[i]; i++)
        for (int streamed = 0; streamed < 2; streamed++) {
            struct reply reply = {.outcome = OUTCOME_COUNT};
            provider_all[i]->read(status, body, streamed, &arena, &reply);
            check(provider_all[i], status, &reply, &arena);
        }
    arena_release(&arena);
    return 0;
}
