/*
 * mind_impl.h - what the files of mind*.c share. Not for use outside them and their tests.
 *
 * mind.c entry · mind_params.c parameters · mind_prompt.c instructions and memory in a prompt ·
 * mind_read.c the problem in a message, cached · mind_think.c the faulty engine on a world ·
 * mind_awake.c, mind_asleep.c its two uses · mind_continue.c going on behind what was said ·
 * mind_library.c worked solutions of known problems · mind_wrong.c wrong numbers.
 */
#ifndef HARNESS_PHANTOM_MIND_IMPL_H
#define HARNESS_PHANTOM_MIND_IMPL_H

#include "harness/base/digest.h"
#include "harness/phantom/mind.h"

/* One set of parameters; units, ranges and reasons stand in configs/phantom.json, mind_params.c and
 * docs/PHANTOM.md. */
struct mind_params {
    double explicit_slip, implicit_slip, misread;
    double retrieval_beta, retrieval_gamma, retrieval_lines, working_memory;
    double lines_as_needed, lines_effort_low, lines_effort_medium;
    double sleep_lines, sleep_calls, sleep_mass_left, sleep_noise;
    /* of models that reason by themselves; others leave them out */
    double effort_absent, lines_effort_minimal;
    double checks_effort_medium, checks_effort_high, agree_effort_xhigh;
    struct digest digest; /* of engine version and all values, not of the model's name */
    char fingerprint[24];
};

struct mind_model {
    char *name;
    struct mind_params params;
};

struct mind_models {
    struct mind_model *v;
    size_t n, cap;
};

/* mind_params.c: NULL reads the embedded file. */
MUST_CHECK enum err_code mind_params_load(
    const char *path, struct mind_models *ret, struct err *err);
void mind_params_release(struct mind_models *models);

/* mind_prompt.c */
struct mind_prompts; /* compiled cues; immutable */

MUST_CHECK enum err_code mind_prompts_new(struct mind_prompts **ret, struct err *err);
void mind_prompts_free(struct mind_prompts *p);

enum { MIND_UNLIMITED = 1 << 30, MIND_AGREE_MOST = 5 };

/* How many solution lines may be written, and where. */
struct mind_allowance {
    int64_t hidden;  /* as reasoning, first */
    int64_t visible; /* in the answer, then */
    bool recheck;    /* compute twice, vote with a third time, memory too */
    int64_t checks;  /* so many last steps are checked on lines of their own, which are hidden */
    size_t agree;    /* equal results that settle a checked step, 2 to MIND_AGREE_MOST */
};

struct mind_allowance mind_prompt_allowance(
    const struct mind_prompts *p, const struct mind_params *params, const struct mind_request *r);
/* Level 0-4 that the words ask for, -1 if they say nothing; *ret_recheck: with double checks. */
int mind_prompt_level(const struct mind_prompts *p, struct str words, bool *ret_recheck);

/* Borrowed lines of a text; the list is the owner's to free. */
struct mind_lines {
    struct str *v;
    size_t n, cap;
};

/* Appends the lines of the memory blocks in system messages; "[empty]" and blank lines are none. */
void mind_prompt_memory(const struct mind_request *r, struct mind_lines *ret);
/* The same for one block's text. */
void mind_prompt_lines(struct str text, struct mind_lines *ret);
/* Does a tool result say that the memory was not replaced? */
bool mind_prompt_refused(const struct mind_prompts *p, struct str tool_result);
/* The number of characters a text names as the limit of the block; 0 if none. */
int64_t mind_prompt_limit(const struct mind_prompts *p, struct str text);

/* mind_read.c */
enum mind_problem_kind {
    PROBLEM_NONE,
    PROBLEM_WORLD,
    PROBLEM_LIBRARY, /* its worked solution is known: ours (competition) or of --library */
};

/* A text that was read. Immutable once made, shared by threads. */
struct mind_problem {
    enum mind_problem_kind kind;
    bool has_question; /* something stands behind the context */
    bool question_read;
    struct world_view view; /* PROBLEM_WORLD */
    size_t quantity;
    struct rat fact;
    struct template_line *lines; /* PROBLEM_LIBRARY: the worked solution */
    size_t nlines;
    struct str gold; /* p == NULL: does not follow from the text */
    struct arena arena;
    struct digest key; /* owner's business from here on: mind_read.c */
    int users;
    struct mind_problem *next, *newer;
};

struct mind_reader; /* libraries and the cache */

MUST_CHECK enum err_code mind_reader_new(
    const char *library, struct mind_reader **ret, struct err *err);
void mind_reader_free(struct mind_reader *r);
/* Reads text, or finds it in the cache; to be given back. */
const struct mind_problem *mind_reader_take(struct mind_reader *r, struct str text);
void mind_reader_give_back(struct mind_reader *r, const struct mind_problem *p);

/* mind_think.c */
struct mind_words {
    uint32_t *v; /* hashes of lower-cased words, sorted, each once */
    size_t n;
};

struct mind_words mind_words_of(struct str text, struct arena *arena);
double mind_overlap(const struct mind_words *a, const struct mind_words *b); /* Jaccard, 0..1 */

struct mind_line {
    struct str name;
    struct mind_words words;
    struct rat value;
};

/* Paper for thinking, where it is short: a line that does not fit is cut, and was the last. */
struct mind_meter {
    bool on;
    int64_t left; /* tokens */
};

/* Appends lead, text and a newline; false when the meter cut it, or had cut one before. */
bool mind_meter_line(struct mind_meter *m, const char *lead, struct str text, struct buf *out);

struct mind_bound {
    size_t quantity;
    struct rat value;
};

struct mind_thinker {
    const struct mind_params *params;
    const struct world_view *view; /* NULL: memory lines only */
    struct rat fact;
    struct rng *rng;
    struct arena *arena;
    struct mind_line *lines; /* all that is visible: context, memory, own */
    size_t nlines, cap;
    struct mind_bound *bound; /* working memory, a ring */
    size_t nbound, next_bound;
    bool *checked; /* by quantity: already recomputed */
    bool recheck;
    size_t agree;            /* results that settle a check */
    int64_t checks, depth;   /* steps nearer to the question than this are checked; where it is */
    int64_t hidden, visible; /* lines still allowed */
    struct mind_meter meter; /* of the hidden ones */
    struct buf reasoning, said; /* lines written, each with its newline */
};

/* Starts with the facts that the context states; view may be NULL. */
struct mind_thinker mind_think_new(const struct mind_params *params, const struct world_view *view,
    struct rat fact, struct rng *rng, struct arena *arena);
void mind_think_release(struct mind_thinker *t);
/* Makes a line visible; false when the text states nothing. */
bool mind_think_see(struct mind_thinker *t, struct str line);
/* Does a visible line speak of it? */
bool mind_think_sees(const struct mind_thinker *t, struct str name);
/* What it believes the quantity to be, fetched or computed with all its faults. */
struct rat mind_think_value(struct mind_thinker *t, size_t quantity);
/* Computes one quantity whatever is visible, and writes the line if it may. */
struct rat mind_think_compute(struct mind_thinker *t, size_t quantity);
/* One line by softmax(beta * overlap); false when nothing is visible. */
bool mind_think_fetch(struct mind_thinker *t, const struct mind_words *words, struct rat *ret);

/* mind_wrong.c: a plausible error, equal neither to `value` nor to `truth`. */
struct rat mind_wrong_value(struct rng *rng, struct rat value, struct rat truth);
/* A confident number for a text that could not be read. */
struct rat mind_wrong_guess(struct rng *rng, struct str text);
/* The last number of a line; false if there is none. */
bool mind_last_number(struct str line, struct str *ret);

/* What mind.c hands to the two uses. */
struct mind_scene {
    const struct mind_params *params;
    const struct mind_prompts *prompts;
    const struct mind_request *request;
    const struct mind_problem *problem;
    struct str text; /* the last user message */
    struct rng rng;
    struct arena *arena;
    /* of a turn that is under way: */
    struct mind_lines own; /* lines it has written itself */
    bool again;            /* it has told itself to look at them again */
    bool over;             /* its thinking is over */
    bool cued;             /* its answer has begun: no line stands before it any more */
    struct mind_meter meter;
};

/* mind.c: the stream of a request; `said` is what the mind goes on behind, or empty. */
struct rng mind_rng(
    const struct mind_params *params, const struct mind_request *r, struct str said);

/* mind_continue.c: answers behind r->prefix, which is not fresh. */
void mind_continue(const struct mind_scene *scene, struct mind_reply *ret);

/* mind_awake.c, mind_asleep.c, mind_library.c */
void mind_awake(struct mind_scene *s, struct mind_reply *ret);
void mind_asleep(struct mind_scene *s, struct mind_reply *ret);
/* Ends every answer: lines written so far, then the sentence with the number. */
void mind_awake_close(struct mind_scene *s, struct str reasoning, struct str lines,
    struct str answer, struct mind_reply *ret);

void mind_library_awake(struct mind_scene *s, const struct mind_lines *memory,
    const struct mind_allowance *allowance, struct mind_reply *ret);
/* Appends solution lines that memory lacks, one call's worth; false when none may be left. */
bool mind_library_asleep(struct mind_scene *s, struct str memory, struct buf *ret_new);

#endif
