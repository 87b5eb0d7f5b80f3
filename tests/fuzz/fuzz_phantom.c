/* fuzz_phantom.c - any bytes as a request to the embedded model: a status and a body come back. */
#include "harness/phantom/chat.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct chat *chat; /* lives as long as the process: loading the worlds takes a while */
    static const char *const paths[] = {"/v1/chat/completions", "/v1/messages",
        "/v1/messages/count_tokens", "/v1/responses", "/v1/completions", "/completion", "/generate",
        "/tokenize", "/detokenize", "/apply-template"};

    if (!chat) {
        struct mind *mind;
        struct scorer *scorer;
        struct err err;
        if (mind_new(&(struct mind_options){0}, &mind, &err) || scorer_new(NULL, &scorer, &err))
            abort();
        chat = chat_new(mind, 1);
        chat_add_scorer(chat, scorer);
    }
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct chat_answer answer = {0};
        chat_answer(chat, paths[i], (struct str){(const char *)data, n}, &answer);
        if (answer.status < 200 || answer.status > 599 || answer.body.n == 0)
            abort();
        chat_answer_release(&answer);
    }
    return 0;
}
