/*
 * completions.h - raw completions: a prompt of text or token ids in, its continuation out. Pure.
 *
 * The servers that have them differ in names, not in substance, so a dialect is a row of data:
 *
 *     completions   /completions of OpenAI, LM Studio, Ollama, llama-cpp-python: a text as prompt
 *     vllm          the same path; token ids in and out, the reason of a stop
 *     sglang        /generate at the server's root; token ids in and out
 *     llama.cpp     /completion at the server's root; token ids in and out
 *
 * A request names a path. One that starts with "/" goes below the base URL of the endpoint, one
 * that starts with "~/" to the server's root, which is the base without a "/v1" at its end.
 */
#ifndef HARNESS_PROVIDER_COMPLETIONS_H
#define HARNESS_PROVIDER_COMPLETIONS_H

#include "harness/provider/provider.h"

struct token_ids {
    const int64_t *v;
    size_t n;
};

struct completions_dialect; /* a row of the table */

const struct completions_dialect *completions_find(struct str name); /* NULL if there is none */
bool completions_has_ids(const struct completions_dialect *d);       /* takes and gives token ids */
bool completions_has_stop_ids(const struct completions_dialect *d);  /* stops at token ids */
const char *completions_path(const struct completions_dialect *d);

/* The address of a request, as said above. */
void completions_url(struct str base, struct str path, struct buf *out);

enum { COMPLETIONS_STOPS = 4 };

struct completion {
    const struct completions_dialect *dialect;
    const struct traits *traits; /* NULL = traits_default */
    struct str model;
    struct str text;      /* the prompt, unless there are ids */
    struct token_ids ids; /* only if the dialect has them */
    struct str stops[COMPLETIONS_STOPS];
    size_t nstops;
    struct token_ids stop_ids; /* only if the dialect has them */
    int64_t max_tokens;        /* negative = not sent */
    int64_t min_tokens;        /* below 1 = not sent; not every dialect has it */
    double temperature;        /* below 0 = not sent */
    int64_t seed;              /* negative = not sent */
    bool echo;                 /* the prompt comes back, too */
    int64_t logprobs;          /* with so many alternatives; negative = not sent */
    int64_t prompt_logprobs;   /* the same for the prompt, where it is a parameter of its own */
    int64_t logprobs_from;     /* first position of the prompt, in a dialect that can be told */
    bool stream;
};

/* A completion that asks for nothing yet: everything optional is not sent. */
#define COMPLETION_NONE                                                                            \
    {                                                                                              \
        .max_tokens = -1, .temperature = -1, .seed = -1, .logprobs = -1, .prompt_logprobs = -1,    \
        .logprobs_from = -1                                                                        \
    }

/* How it ended. COMPLETION_ENDED: by a stop or by itself, the server does not say which. */
enum completion_end {
    COMPLETION_OPEN, /* not told */
    COMPLETION_LIMIT,
    COMPLETION_STOP, /* one of the stops; stop_text or stop_id says which */
    COMPLETION_EOS,
    COMPLETION_ENDED,
    COMPLETION_ABORT,
    COMPLETION_FILTER
};

/* A token of which something was told. */
struct completion_token {
    int64_t id;       /* -1 = not told */
    struct str piece; /* its text; p == NULL: not told */
    double logprob;   /* natural logarithm; NaN = null, as the first of a prompt */
    int64_t offset;   /* in code points, by the server; -1 = not told */
};

struct completion_reply {
    enum outcome outcome; /* OUTCOME_OK whenever a completion came, whatever its end */
    bool retry;           /* a failed attempt worth repeating */
    struct str error;     /* the server's message, for failures */
    struct str text;
    struct token_ids ids; /* of the completion, maybe with those of the stop at the end */
    bool has_ids;
    enum completion_end end;
    struct str finish;    /* the server's word */
    struct str stop_text; /* empty = not told */
    int64_t stop_id;      /* -1 = not told */
    bool truncated;       /* the server says that it has cut the prompt */
    int64_t in, out;      /* tokens of prompt and completion; -1 = not told */
    struct usage usage;
    const struct completion_token *tokens; /* log-probabilities: of prompt and completion where one
                                            * list holds both, else of the prompt */
    size_t ntokens;
};

void completions_request(const struct completion *c, struct buf *body);
/* A plain body or a stream of events, as its first bytes say. Texts live in the arena. */
void completions_read(const struct completion *asked, long status, struct str body,
    struct arena *arena, struct completion_reply *ret);

#endif
