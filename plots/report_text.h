/*
 * report_text.h - the words and small tables of RESULTS.md.
 */
#ifndef PLOTS_REPORT_TEXT_H
#define PLOTS_REPORT_TEXT_H

#include "metrics/analysis.h"
#include "plots/report.h"

/* Appends s as Markdown text on one line: no control characters, nothing that is markup. */
void report_text_plain(struct buf *out, struct str s);

/* Heading, stamp and what was run. */
void report_text_head(struct buf *out, const struct analysis *a, const struct report_info *info);
/* The numbers, section by section. */
void report_text_body(struct buf *out, const struct analysis *a, const struct report_info *info);
/* How to make the run again, and what the words mean. */
void report_text_foot(struct buf *out, const struct analysis *a, const struct report_info *info);

#endif
