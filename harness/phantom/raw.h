/*
 * raw.h - raw completions: a prompt of token ids in, its continuation out. Pure.
 *
 * What the three dialects (OpenAI's and vLLM's /v1/completions, llama.cpp's /completion, SGLang's
 * /generate) have in common; raw_openai.c, raw_llama.c and raw_sglang.c read and write them.
 *
 * Tokens are those of vocab.h, those that end the text included: what counts is ids. The end of a
 * turn is a token, and so is the think tag at which a text stops. A stop text may end inside a
 * token; the ids then end with that token, the text before the stop.
 */
#ifndef HARNESS_PHANTOM_RAW_H
#define HARNESS_PHANTOM_RAW_H

#include "harness/phantom/scorer.h"
#include "harness/phantom/vocab.h"
#include "harness/phantom/wire.h"

struct json;

enum { RAW_CONTEXT = 131072 }; /* most tokens of prompt and completion */

struct raw_request {
    struct wire_request wire; /* model, seed, temperature, stream, budgets; arena of the reader */
    struct vocab_ids prompt;  /* in the arena */
    int64_t limit;            /* -1 = none */
    int64_t least;            /* no end of turn and no stop id before so many tokens */
    const struct str *stops;
    size_t nstops;
    const int64_t *stop_ids;
    size_t nstop_ids;
    bool keep_specials;    /* special tokens show in the text, and stops can match there */
    bool keep_tags;        /* of those the think tags alone */
    bool keep_stop;        /* the stop text stays */
    bool ignore_end;       /* the end of the turn is passed over */
    bool echo;             /* the prompt stands in front of the text */
    bool logprobs;         /* of generated tokens, and with echo of the prompt */
    bool prompt_logprobs;  /* as a list of its own */
    int64_t logprobs_from; /* SGLang: first position of the prompt; -1 = none */
    bool return_ids;
};

enum raw_end { RAW_LIMIT, RAW_TURN, RAW_STOP, RAW_STOP_ID };

struct raw_reply {
    struct wire_reply wire; /* id, fingerprint, model, tokens, finish_reason: for the ledger */
    struct vocab_ids ids;   /* generated */
    size_t *text_end;       /* by generated token: bytes of text up to and with it */
    struct str text;
    enum raw_end end;
    struct str stop;  /* the text that matched */
    int64_t stop_id;  /* the id that matched */
    double *logprobs; /* of prompt and generated ids, NAN for the first; NULL if not asked for */
};

/* Who can complete: minds think, scorers give log-probabilities. */
struct raw_models {
    const struct mind *mind;
    const struct scorer *scorer;
};

/* Everything in the arena; `id` becomes the id of the reply. False: *e says why. */
bool raw_complete(const struct raw_models *models, const struct raw_request *request,
    struct digest id, struct arena *arena, struct raw_reply *ret, struct wire_error *e);

/* ---- reading, shared by the dialects ----------------------------------------------------------
 */

/* A text, a list of ids, or a list that holds one of these; llama.cpp mixes texts and ids in one
 * list. `bos`: a text gets the token that begins texts. */
bool raw_read_prompt(const struct json *v, const char *param, bool bos, struct arena *arena,
    struct raw_request *r, struct wire_error *e);
bool raw_read_stops(const struct json *v, const char *param, struct arena *arena,
    struct raw_request *r, struct wire_error *e);
bool raw_read_stop_ids(const struct json *v, const char *param, struct arena *arena,
    struct raw_request *r, struct wire_error *e);
/* An integer of at least `least`, *ret as it was if absent. */
bool raw_read_int(
    const struct json *v, const char *param, int64_t least, int64_t *ret, struct wire_error *e);
/* temperature and seed, whose key differs; a negative seed is none. */
bool raw_read_sampling(const struct json *temperature, const struct json *seed,
    const char *seed_param, struct raw_request *r, struct wire_error *e);
/* A cap on thinking tokens; 0 switches thinking off, -1 is none. */
bool raw_read_budget(
    const struct json *v, const char *param, struct raw_request *r, struct wire_error *e);
/* Refuses what does not fit RAW_CONTEXT, and a text without end. */
bool raw_check_room(const struct raw_request *r, struct wire_error *e);

/* ---- dialects: read a body, write a reply (a)
 * ------------------------------------------------------
 */

/* A body as JSON, given to a dialect's reader; 400 if it is none. */
typedef bool raw_root_fn(
    const struct json *root, struct arena *arena, struct raw_request *ret, struct wire_error *e);
bool raw_read_with(raw_root_fn *fn, struct str body, struct arena *arena, struct raw_request *ret,
    struct wire_error *e);

bool raw_openai_read(
    struct str body, struct arena *arena, struct raw_request *ret, struct wire_error *e);
void raw_openai_write(const struct raw_request *r, const struct raw_reply *a, struct buf *out);
bool raw_llama_read(
    struct str body, struct arena *arena, struct raw_request *ret, struct wire_error *e);
void raw_llama_write(const struct raw_request *r, const struct raw_reply *a, struct buf *out);
void raw_llama_error(const struct wire_error *e, struct buf *out);
bool raw_sglang_read(
    struct str body, struct arena *arena, struct raw_request *ret, struct wire_error *e);
void raw_sglang_write(const struct raw_request *r, const struct raw_reply *a, struct buf *out);
void raw_sglang_error(const struct wire_error *e, struct buf *out);

/* A piece of a stream: from generated token `from` to `to`, and their text. */
enum { RAW_PIECE = 6 };
struct str raw_piece(const struct raw_reply *reply, size_t from, size_t to);
/* The text of a token, in scratch. */
struct str raw_token_text(int64_t id, struct buf *scratch);

#endif
