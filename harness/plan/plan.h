/*
 * plan.h - from a configuration and splits to tasks with dependencies.
 *
 * The planner streams: it hands arms, sleep configurations, variants, contexts, queries, tasks and
 * cells to a sink, which gives each its key (equal things get equal keys), and keeps in memory only
 * the ids of sleep tasks. It shares work: all k of a sleep arm use the same first c'_j, arms with
 * equal sleep configurations share sleeps, and a cell is a reference to a task.
 *
 * A task's id is the SHA-256 of (wire format, endpoint name, model, parameters without seed,
 * messages in which a c' stands as the id of the sleep task that makes it, sample, repeat, prompt
 * digest); its seed is the low 31 bits of SHA-256(run seed, id).
 */
#ifndef HARNESS_PLAN_PLAN_H
#define HARNESS_PLAN_PLAN_H

#include "harness/config/config.h"
#include "harness/plan/prompt.h"
#include "splitters/split.h"

/* One way of asking: everything of a request but context, query, sample and repeat. */
struct plan_variant {
    const char *name; /* unique text of the fields below */
    bool asleep;
    int64_t model; /* index in the run's endpoints: models, then sleep_models */
    enum prompt_form form;
    int64_t level;      /* budget.h; asleep: of the sleep budget, LEVEL_NONE if there is none */
    double temperature; /* below 0 = not sent */
    int64_t max_tokens; /* FIELD_NONE = no limit */
    int64_t sleep;      /* sleep configuration key, 0 = none */
    int64_t k;          /* learned contexts shown */
};

struct plan_sleep {
    const char *name;
    int64_t model; /* endpoint index */
    double temperature;
    int64_t level; /* of the sleep budget; LEVEL_NONE = none */
};

struct plan_arm {
    const char *name, *method, *model, *sleep_model; /* sleep_model "" if it does not sleep */
    int64_t k, samples, sleep;
    const char *k_list;
    bool simulated;
};

struct plan_task {
    struct digest id;
    int64_t variant, context, query; /* query 0: the request holds none */
    int64_t sample, repeat;          /* asleep: sample = j */
    int64_t sleep;                   /* asleep: sleep configuration; awake: the one it waits for */
    int64_t k;                       /* awake: waits for c'_0 .. c'_{k-1} */
    bool asleep;
    int64_t seed;
};

struct plan_cell {
    int64_t arm, level, query, repeat, sample, task;
};

struct plan_sink {
    void *payload;
    MUST_CHECK enum err_code (*arm)(
        void *, const struct plan_arm *, int64_t *ret_key, struct err *);
    MUST_CHECK enum err_code (*sleep)(
        void *, const struct plan_sleep *, int64_t *ret_key, struct err *);
    MUST_CHECK enum err_code (*variant)(
        void *, const struct plan_variant *, int64_t *ret_key, struct err *);
    MUST_CHECK enum err_code (*context)(
        void *, const struct split *, int64_t *ret_key, struct err *);
    MUST_CHECK enum err_code (*query)(void *, int64_t context, const struct split *,
        const struct split_query *, int64_t *ret_key, struct err *);
    MUST_CHECK enum err_code (*task)(
        void *, const struct plan_task *, int64_t *ret_key, struct err *);
    MUST_CHECK enum err_code (*cell)(void *, const struct plan_cell *, struct err *);
};

MUST_CHECK enum err_code plan_make(const struct config *c, const struct split_list *splits,
    const struct prompts *prompts, const struct plan_sink *sink, struct err *err);

/* The part of a variant's system message that all its requests share. A sleep's says how many
 * responses it may take. */
void plan_system(const struct config *c, const struct prompts *p, bool asleep,
    enum prompt_form form, int64_t level, struct buf *out);
/* Most responses that a task of that level may take. */
int64_t plan_steps(const struct config *c, bool asleep, int64_t level);
/* Name of an endpoint in task ids: the base URL, or the literal "phantom". */
struct model_place;
struct str plan_endpoint(const struct model_place *place);
/* Endpoint i of a run: models first, then sleep_models; NULL behind the last. */
const struct model_config *plan_model(const struct config *c, size_t i);

#endif
