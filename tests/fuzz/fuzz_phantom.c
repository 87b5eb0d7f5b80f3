/* fuzz_phantom.c - any bytes as a request to the embedded model: a status and a body come back. */
#include "harness/phantom/chat.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct chat *chat; /* lives as long as the process: loading the worlds takes a while */
    struct chat_answer answer = {0};

    if (!chat) {
        struct mind *mind;
        struct err err;
        if (mind_new(&(struct mind_options){0}, &mind, &err))
            abort();
        chat = chat_new(mind, 1);
    }
    chat_answer(chat, "/v1/chat/completions", (struct str){(const char *)data, n}, &answer);
    if (answer.status < 200 || answer.status > 599 || answer.body.n == 0)
        abort();
    chat_answer_release(&answer);
    return 0;
}
