/*
 * chatml.h - conversations as one text: the phantom's chat template, and reading it back. Pure.
 *
 *     <|begin_of_text|><|im_start|>system\nTEXT<|im_end|>\n<|im_start|>user\nTEXT<|im_end|>\n
 *     <|im_start|>assistant\n<think>\n
 *
 * The last line opens the assistant's turn; the think tag is there for models that think by
 * themselves. `<think>\n\n</think>\n\n` stands there when thinking is switched off.
 */
#ifndef HARNESS_PHANTOM_CHATML_H
#define HARNESS_PHANTOM_CHATML_H

#include "harness/base/arena.h"
#include "harness/phantom/mind.h"

enum chatml_thinking { CHATML_PLAIN, CHATML_THINK, CHATML_NO_THINK };

struct chatml_options {
    bool bos;
    bool generation_prompt; /* opens the assistant's turn, when no partial one does */
    enum chatml_thinking thinking;
};

/* Of r: messages and, when its stage is not MIND_FRESH, the partial turn, which stays open. */
void chatml_render(
    const struct mind_request *r, const struct chatml_options *options, struct buf *out);

/* What a raw prompt says, as a mind hears it: messages, prefix and, at a think tag, `thinks`. Text
 * without turns is one user message, up to a think tag. Besides the tags the delimiters of s1 are
 * known: a turn `think` or `answer` inside the assistant's. Texts live in the arena. */
void chatml_read(struct str prompt, struct arena *arena, struct mind_request *ret);

/* Cuts what an assistant said into thinking and answer; the stage is MIND_FRESH if there is
 * nothing. ret_tagged: a think tag was there. */
struct mind_prefix chatml_split(struct str said, struct arena *arena, bool *ret_tagged);

#endif
