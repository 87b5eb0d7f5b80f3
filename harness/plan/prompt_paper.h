/*
 * prompt_paper.h - the prompts of the paper's release, in the forms that we ask in.
 *
 * `data fetch paper-prompts` stores them; their digests are checked each time they are read. Awake,
 * the system message is the release's system text of a level with its persona and human texts as
 * blocks behind it. Asleep, it is the release's text for AIME or for all else. What the release has
 * no file for stays ours: the tools' words, the message that announces a context, and the guess at
 * a question without a memory.
 */
#ifndef HARNESS_PLAN_PROMPT_PAPER_H
#define HARNESS_PLAN_PROMPT_PAPER_H

#include "harness/plan/prompt.h"

/* Puts the release's texts into *prompts, which holds a whole set of ours, and makes its digest
 * anew. `dataset` is the name of the dataset they are for. ERR_USAGE if they were not fetched. */
MUST_CHECK enum err_code prompt_paper_load(
    struct str dataset, struct arena *arena, struct prompts *prompts, struct err *err);

#endif
