/*
 * raw_tokens.h - the phantom's /tokenize, /detokenize, /apply-template and /props. Pure.
 *
 * Each of the first two answers in the shape of the server that is asked so: /tokenize with prompt
 * or messages as vLLM and SGLang do, with content as llama.cpp does; /detokenize with the members
 * of all three. Without a model the first one is meant. On false *e says why.
 */
#ifndef HARNESS_PHANTOM_RAW_TOKENS_H
#define HARNESS_PHANTOM_RAW_TOKENS_H

#include "harness/phantom/raw.h"

/* {"prompt", add_special_tokens (true if absent), return_token_strs}, {"messages",
 * add_generation_prompt, continue_final_message, add_special_tokens (false if absent: the template
 * has the token that begins texts)} or {"content", add_special, parse_special, with_pieces}. */
bool raw_tokenize(const struct mind *mind, struct str body, struct arena *arena, struct buf *out,
    struct wire_error *e);
bool raw_detokenize(const struct mind *mind, struct str body, struct arena *arena, struct buf *out,
    struct wire_error *e);
bool raw_apply_template(const struct mind *mind, struct str body, struct arena *arena,
    struct buf *out, struct wire_error *e);
void raw_write_props(const char *model, struct buf *out);

#endif
