/* completions_logprobs.c - lists of log-probabilities in the forms of their servers. */
#include "harness/provider/completions_impl.h"

#include <math.h>

static struct completion_token *add_token(struct completions_body *b)
{
    ARENA_GROW(b->draft.arena, b->tokens, b->ntokens, b->tokens_cap);
    b->tokens[b->ntokens] = (struct completion_token){.id = -1, .logprob = NAN, .offset = -1};
    return &b->tokens[b->ntokens++];
}

static void take_piece(
    struct completions_body *b, struct completion_token *token, const struct json *v)
{
    if (json_type(v) == JSON_STRING)
        token->piece = arena_str(b->draft.arena, json_str(v));
}

static void take_logprob(struct completion_token *token, const struct json *v)
{
    double x;

    if (json_num(v, &x))
        token->logprob = x;
}

/* Parallel lists; the one of log-probabilities rules. */
void completions_logprobs_lists(struct completions_body *b, const struct json *v)
{
    const struct json *piece = json_first(json_get(v, "tokens"));
    const struct json *offset = json_first(json_get(v, "text_offset"));
    const struct json *id = json_first(json_get(v, "token_ids"));
    const struct json *x = json_first(json_get(v, "token_logprobs"));

    for (; x; x = json_next(x)) {
        struct completion_token *token = add_token(b);
        take_logprob(token, x);
        take_piece(b, token, piece);
        if (!json_int(offset, &token->offset))
            token->offset = -1;
        if (!json_int(id, &token->id))
            token->id = -1;
        piece = piece ? json_next(piece) : NULL;
        offset = offset ? json_next(offset) : NULL;
        id = id ? json_next(id) : NULL;
    }
}

/* Of an object keyed by token id: the entry of the token that stood in the prompt. Beside it there
 * may be likelier ones. */
static const struct json *entry_of(const struct json *v, int64_t id)
{
    struct buf text = BUF_INIT;

    buf_printf(&text, "%lld", (long long)id);
    const struct json *entry = json_get(v, buf_cstr(&text));
    buf_release(&text);
    return entry;
}

void completions_logprobs_keyed(struct completions_body *b, const struct json *v)
{
    const struct token_ids ids = b->asked->ids;
    size_t i = 0;

    if (json_type(v) != JSON_ARRAY)
        return;
    for (const struct json *x = json_first(v); x; x = json_next(x), i++) {
        struct completion_token *token = add_token(b);
        if (i >= ids.n)
            continue;
        token->id = ids.v[i];
        const struct json *entry = entry_of(x, ids.v[i]);
        if (json_type(x) == JSON_OBJECT && !entry)
            token->id = -1; /* another prompt than the one that was sent */
        take_logprob(token, json_get(entry, "logprob"));
        take_piece(b, token, json_get(entry, "decoded_token"));
    }
}

void completions_logprobs_triples(struct completions_body *b, const struct json *v)
{
    if (json_type(v) != JSON_ARRAY)
        return;
    b->ntokens = 0; /* a stream repeats the list */
    for (const struct json *x = json_first(v); x; x = json_next(x)) {
        struct completion_token *token = add_token(b);
        take_logprob(token, json_at(x, 0));
        if (!json_int(json_at(x, 1), &token->id))
            token->id = -1;
        take_piece(b, token, json_at(x, 2));
    }
}
