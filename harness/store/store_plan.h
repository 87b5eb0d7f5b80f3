/*
 * store_plan.h - writing a plan into the store: the sink of plan.h, and the texts.
 *
 * Every put is "insert or find": planning the same configuration again changes nothing, a larger
 * one adds rows. store_plan_counts tells how many tasks were there before and how many are new.
 */
#ifndef HARNESS_STORE_STORE_PLAN_H
#define HARNESS_STORE_STORE_PLAN_H

#include "harness/plan/plan.h"
#include "harness/store/store.h"

/* Key of a text, stored once by digest. */
MUST_CHECK enum err_code store_text_put(
    struct store *s, struct str text, int64_t *ret_key, struct err *err);
/* Appends text `key`; ERR_NOT_FOUND if there is none. */
MUST_CHECK enum err_code store_text_get(
    struct store *s, int64_t key, struct buf *ret, struct err *err);

/* A sink that writes to s; its payload is s. Call between store_begin and store_commit. */
struct plan_sink store_plan_sink(struct store *s);

/* Plan kept aside to see whether a new plan still holds every old task: clears the marks, and
 * counts tasks that the plans since then have not named. */
MUST_CHECK enum err_code store_plan_mark(struct store *s, struct err *err);
MUST_CHECK enum err_code store_plan_unmarked(struct store *s, int64_t *ret_n, struct err *err);

#endif
