/*
 * fuzz_messages.c - any bytes as an answer by Anthropic Messages: what is kept of it can go back.
 *
 * The kept blocks are a JSON array of objects, no text among them is blank, the thinking in them is
 * what was read, and a request that carries them is JSON.
 */
#include "harness/base/json.h"
#include "harness/provider/provider.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_request(const struct reply *reply)
{
    const struct message turn = {.role = ROLE_ASSISTANT, .native = reply->native};
    const struct chat chat = {
        .model = STR("m"), .messages = &turn, .n = 1, .temperature = -1, .seed = -1};
    struct buf body = BUF_INIT;
    struct json *doc = NULL;

    provider_find(STR("anthropic-messages"))->build(&chat, &body);
    if (json_parse(buf_str(&body), JSON_STRICT, &doc, NULL))
        abort();
    json_free(doc);
    buf_release(&body);
}

/* False if the blocks hold names twice: bytes that only the server could make, sent back as such.
 */
static bool check_blocks(const struct reply *reply)
{
    struct json *doc = NULL;
    struct buf thinking = BUF_INIT;

    if (json_parse(reply->native, JSON_STRICT, &doc, NULL))
        return false;
    for (const struct json *b = json_first(doc); b; b = json_next(b)) {
        struct str type = json_str(json_get(b, "type"));
        struct str text = json_str(json_get(b, "thinking"));
        if (json_type(b) != JSON_OBJECT)
            abort();
        if (str_eqc(type, "text") && str_trim(json_str(json_get(b, "text"))).n == 0)
            abort();
        if (!str_eqc(type, "thinking") || text.n == 0)
            continue;
        buf_puts(&thinking, thinking.n ? "\n\n" : "");
        buf_str_add(&thinking, text);
    }
    bool same = str_eq(buf_str(&thinking), reply->reasoning) ||
                str_find(reply->content, STR("</think>"), 0) != SIZE_MAX || thinking.n == 0;
    json_free(doc);
    buf_release(&thinking);
    if (!same)
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str body = {(const char *)data, n};
    struct arena arena = {0};

    for (int streamed = 0; streamed < 2; streamed++) {
        struct reply reply;
        provider_find(STR("anthropic-messages"))->read(200, body, streamed, &arena, &reply);
        if (outcome_is_result(reply.outcome) && reply.native.n && check_blocks(&reply))
            check_request(&reply);
    }
    arena_release(&arena);
    return 0;
}
