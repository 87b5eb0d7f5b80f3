/*
 * fuzz_responses.c - any bytes as an answer by OpenAI Responses: what is kept of it can go back.
 *
 * The kept items are a JSON array, a request that carries them is JSON, and a walk over the bytes
 * by slices stays inside them.
 */
#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/provider/provider.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_request(const struct reply *reply)
{
    const struct message m = {.role = ROLE_ASSISTANT,
        .text = reply->content,
        .calls = reply->calls,
        .ncalls = reply->ncalls,
        .native = reply->native};
    struct chat chat = {.model = STR("m"), .messages = &m, .n = 1, .temperature = -1, .seed = -1};
    struct buf body = BUF_INIT;
    struct json *doc = NULL;

    provider_find(STR("openai-responses"))->build(&chat, &body);
    if (json_parse(buf_str(&body), JSON_STRICT, &doc, NULL) ||
        json_len(json_get(doc, "input")) == 0)
        abort();
    json_free(doc);
    buf_release(&body);
}

static void walk(struct str text)
{
    struct json_slices s = json_slices_of(text);
    struct str key, value;

    while (json_slices_next(&s, &key, &value))
        if (value.n == 0 || value.p < text.p || value.p + value.n > text.p + text.n)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str body = {(const char *)data, n};
    struct arena arena = {0};

    walk(body);
    for (int streamed = 0; streamed < 2; streamed++) {
        struct reply reply;
        provider_find(STR("openai-responses"))->read(200, body, streamed, &arena, &reply);
        if (reply.native.n && (!outcome_is_result(reply.outcome) || reply.native.n <= 2))
            abort();
        if (outcome_is_result(reply.outcome))
            check_request(&reply);
    }
    arena_release(&arena);
    return 0;
}
