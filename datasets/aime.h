/*
 * aime.h - AIME 2024 and 2025 as items, from any public copy of their problems.
 *
 * Rows are those of item.h. Texts are repaired and lose their drawings, answers become whole
 * numbers 0..999 (aime_text.h). A row is known by the fingerprint of its text (aime_problem.h),
 * whatever its id, place or contest: its item is "aime-2024/2024-II-4", with the year as stratum.
 * Items are LaTeX and carry their override (aime_override.h).
 *
 * Malformed, hence an error that names file and line, or left out and counted by skip_bad: an
 * answer that is no whole number from 0 to 999, a problem of another year than the dataset's, a
 * problem that stood in an earlier line. Reported as warnings: repairs, text that does not belong
 * to the problem (a solution that leaked into it), a row's id or solution that says otherwise, an
 * unknown text.
 */
#ifndef DATASETS_AIME_H
#define DATASETS_AIME_H

#include "datasets/dataset.h"

extern const struct dataset aime_2024, aime_2025, aime_both;

#endif
