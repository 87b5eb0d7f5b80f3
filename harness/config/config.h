/*
 * config.h - what a run is: one struct, one field table (config.c), one effective JSON form.
 *
 * All strings and lists live in the arena given to config_load.
 */
#ifndef HARNESS_CONFIG_CONFIG_H
#define HARNESS_CONFIG_CONFIG_H

#include "harness/config/field.h"

struct model_place;

struct model_config {
    struct str name;        /* "host/name", or any name with base_url or host */
    struct str host;        /* whose traits it has; p NULL: as name or base_url say */
    struct str base_url;    /* p NULL: the host's */
    struct str api;         /* wire format; p NULL: the host's */
    struct str api_key_env; /* p NULL: the host's */
    struct str api_key_file;
    struct str traits;               /* JSON object that wins over all rows; p NULL: none */
    const struct model_place *place; /* of config_load: what model_place gives */
};

struct arm_config {
    struct str method;  /* test_time, sleep_time, pass_at_k, context_only, make_queries, score */
    struct int_list k;  /* parallel c' to compare, or sample counts of pass_at_k */
    double temperature; /* of the answers; NAN = the run's */
    double sleep_temperature;     /* of the sleeps; NAN = the run's */
    int64_t samples;              /* pool of pass_at_k; FIELD_NONE = the largest k */
    struct str sleep_model;       /* p NULL: the same model sleeps and answers */
    struct int_list sleep_levels; /* v NULL: the run's */
    bool with_learned;            /* context_only: c' too */
};

struct config {
    struct str name, dataset, input, columns, split, tail;
    struct str queries; /* p NULL: a file of one origin is taken as it is */
    bool skip_bad;
    struct str overrides; /* p NULL: the program's */
    int64_t limit, seed;
    struct object_list models; /* struct model_config */
    double temperature;
    int64_t max_tokens_test, max_tokens_sleep;
    struct str prompts, context_mode, baseline_prompt, memory_scope;
    int64_t memory_chars, rethink_calls;
    struct str answer_channel; /* text, or tool: the answer is handed to send_message */
    int64_t forced_extensions; /* of budget forcing: how often an early end is lengthened */
    struct str budget_kind;
    struct int_list budget_levels; /* see budget.h; never empty after config_load */
    struct str sleep_budget_kind;
    struct int_list sleep_levels; /* the same of sleeps; LEVEL_NONE alone: no budget */
    struct object_list arms;      /* struct arm_config */
    int64_t make_queries_count;   /* questions asked for by one request of a make_queries arm */
    int64_t repeats;
    struct str grader;
    double cost_t;
    struct str prices;      /* p NULL: the program's price rows only */
    struct str models_file; /* p NULL: the program's rows of hosts and models only */
    struct str_list figures;
    int64_t bootstrap;
    bool stream, force, sleep_batch;
    int64_t batch_most; /* lines */
    double batch_poll_s;
    double poll_s; /* between two looks at a background response */
    int64_t concurrency;
    double requests_per_minute, tokens_per_minute;
    int64_t attempts, idle_s, total_s, deadline_s;
    struct str world_level;
    int64_t world_instances, world_queries;
    struct str phantom_library, phantom_params;
    struct object_list sleep_models; /* struct model_config: models that only sleep */
};

extern const struct field_table config_table;

/* Reads JSON text over the defaults, then the `--set` assignments, then checks what concerns
 * several keys (contradictory arms, k > 1 at temperature 0, ...). `origin` names the text. */
MUST_CHECK enum err_code config_load(struct str text, const char *origin, const char *const *sets,
    size_t nsets, struct arena *arena, struct config *ret, struct err *err);
MUST_CHECK enum err_code config_check(const struct config *c, struct err *err);

const struct model_config *config_model(const struct config *c, size_t i);
const struct arm_config *config_arm(const struct config *c, size_t i);
enum { TEMPERATURE_UNSENT = -1 }; /* the request leaves it to the server */

double config_arm_temperature(const struct config *c, const struct arm_config *arm);
double config_sleep_temperature(const struct config *c, const struct arm_config *arm);
int64_t config_arm_samples(const struct arm_config *arm);
/* Sleep budgets of an arm that sleeps: its own, else the run's. Never empty. */
const struct int_list *config_sleep_levels(const struct config *c, const struct arm_config *arm);

/* Names of the keys in which two effective configurations (JSON text) differ, comma separated;
 * only keys that can change requests if `tasks_only`. */
MUST_CHECK enum err_code config_difference(
    struct str old_json, struct str new_json, bool tasks_only, struct buf *ret, struct err *err);

#endif
