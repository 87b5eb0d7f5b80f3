/*
 * completions_token.h - a chat into a prompt, a text into token ids and back, by the server. Pure.
 *
 * vllm and sglang tokenise at ~/tokenize, llama.cpp too; vllm renders a chat there, llama.cpp at
 * ~/apply-template, and where a server does not render, completions_template.h does.
 */
#ifndef HARNESS_PROVIDER_COMPLETIONS_TOKEN_H
#define HARNESS_PROVIDER_COMPLETIONS_TOKEN_H

#include "harness/provider/completions.h"

/* How a dialect makes a prompt of a chat. */
enum completions_render {
    COMPLETIONS_RENDER_LOCAL, /* it does not: completions_template.h */
    COMPLETIONS_RENDER_TEXT,  /* the server gives a text, to be tokenised */
    COMPLETIONS_RENDER_IDS    /* the server gives token ids */
};

enum completions_render completions_renders(const struct completions_dialect *d);

/* The prompt of a chat up to where the assistant speaks. Not for COMPLETIONS_RENDER_LOCAL. */
void completions_render_request(const struct completions_dialect *d, const struct traits *traits,
    struct str model, const struct message *messages, size_t n, struct buf *path, struct buf *body);
/* `specials`: the tokenizer puts in front what belongs in front of a text (BOS). */
void completions_tokenize_request(const struct completions_dialect *d, struct str model,
    struct str text, bool specials, struct buf *path, struct buf *body);
void completions_detokenize_request(const struct completions_dialect *d, struct str model,
    struct token_ids ids, struct buf *path, struct buf *body);

/* The messages as a chat's, comma between, no brackets: roles and texts, no tool calls. */
void completions_put_messages(
    const struct traits *traits, const struct message *messages, size_t n, struct buf *body);

/* The readers give text or ids, whatever there is; outcome, error and retry as for a completion,
 * usage zero. A body that holds neither is OUTCOME_BAD_JSON. */
void completions_read_text(
    long status, struct str body, struct arena *arena, struct completion_reply *ret);
void completions_read_ids(
    long status, struct str body, struct arena *arena, struct completion_reply *ret);

#endif
