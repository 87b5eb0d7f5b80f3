/*
 * frame_load.h - fills a frame from the run database: the only door from store to statistics.
 */
#ifndef METRICS_FRAME_LOAD_H
#define METRICS_FRAME_LOAD_H

#include "harness/base/err.h"
#include "metrics/frame.h"

struct store;

/* Reads arms, queries, cells and learned contexts and finishes the frame. Scores are those of the
 * grader chosen with store_use_grader. On failure *ret is released. */
MUST_CHECK enum err_code frame_load(struct store *s, struct frame *ret, struct err *err);

#endif
