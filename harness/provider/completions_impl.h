/*
 * completions_impl.h - the table of dialects; internal to completions*.c.
 */
#ifndef HARNESS_PROVIDER_COMPLETIONS_IMPL_H
#define HARNESS_PROVIDER_COMPLETIONS_IMPL_H

#include "harness/base/json.h"
#include "harness/provider/completions_token.h"
#include "harness/provider/openai_draft.h"

/* What a body holds while it is read; the draft has what Chat Completions have, too: usage, error,
 * finish. */
struct completions_body {
    const struct completion *asked;
    struct draft draft;
    struct buf text;
    int64_t *ids;
    size_t nids, ids_cap;
    struct completion_token *tokens;
    size_t ntokens, tokens_cap;
    bool bad_id; /* a token id that is none */
    struct completion_reply *ret;
};

struct completions_dialect {
    const char *name;
    const char *path;
    bool ids;                       /* takes and gives token ids */
    bool tells_stop;                /* "stop" without a word on which means the end of the turn */
    bool options;                   /* takes stream_options */
    const char *text_key, *ids_key; /* of the prompt */
    const char *params;             /* object of the parameters; NULL = they stand beside it */
    /* names of parameters; NULL = it has none */
    const char *limit, *least, *stop_ids, *seed, *prompt_logprobs, *logprobs_from;
    const char *preserve; /* special tokens that appear in the text, or a stop cannot see them */
    const char *sampling; /* members that go with a temperature: no other sampler has a say */
    const char *fixed;    /* members of every request */
    void (*read)(struct completions_body *b, const struct json *v);
    enum completions_render render;
    const char *tokenize_key, *specials_key; /* of ~/tokenize */
    const char *detokenize_with;             /* text behind the ids of ~/detokenize */
};

/* The readers of the rows, completions_read.c. */
void completions_read_openai(struct completions_body *b, const struct json *v);
void completions_read_sglang(struct completions_body *b, const struct json *v);
void completions_read_llama(struct completions_body *b, const struct json *v);

/* Log-probabilities, completions_logprobs.c: {tokens, token_logprobs, text_offset, token_ids},
 * vLLM's list of objects keyed by token id, SGLang's list of triples. */
void completions_logprobs_lists(struct completions_body *b, const struct json *v);
void completions_logprobs_keyed(struct completions_body *b, const struct json *v);
void completions_logprobs_triples(struct completions_body *b, const struct json *v);

void completions_put_ids(struct buf *body, struct token_ids ids);

#endif
