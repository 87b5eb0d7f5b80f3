/*
 * task_id.h - the identity of a task: what is hashed, in which order.
 *
 * First a variant is set (its shared part is digested once), then ids of its tasks are asked for.
 * Fields are length-prefixed, so no two different tasks hash the same bytes.
 */
#ifndef HARNESS_PLAN_TASK_ID_H
#define HARNESS_PLAN_TASK_ID_H

#include "harness/plan/plan.h"

struct task_id;

struct task_id *task_id_new(const struct config *c, const struct prompts *prompts);
void task_id_free(struct task_id *ids);

MUST_CHECK enum err_code task_id_asleep(
    struct task_id *ids, const struct plan_variant *v, struct err *err);
struct digest task_id_of_sleep(struct task_id *ids, struct str context, int64_t j, int64_t repeat);

MUST_CHECK enum err_code task_id_awake(
    struct task_id *ids, const struct plan_variant *v, struct err *err);
/* `learned` holds the ids of the k sleep tasks whose texts the request will show. */
struct digest task_id_of_answer(struct task_id *ids, struct str context, struct str query,
    const struct digest *learned, size_t k, int64_t sample, int64_t repeat);

int64_t task_id_seed(struct task_id *ids, struct digest id);

#endif
