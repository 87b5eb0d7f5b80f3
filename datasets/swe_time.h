/*
 * swe_time.h - points in time as JSON columns write them: "2024-05-01T12:00:00Z".
 */
#ifndef DATASETS_SWE_TIME_H
#define DATASETS_SWE_TIME_H

#include "harness/base/arena.h"

/* Reads date, 'T' or a blank, time, perhaps a fraction of a second (dropped), and Z, +hh:mm, +hhmm
 * or nothing (then it is UTC). False unless the whole text is one; *ret: seconds since 1970. */
MUST_CHECK bool swe_time_read(struct str s, int64_t *ret);
/* Any time at all; what a year of four digits cannot say is printed as the nearest it can. */
struct str swe_time_print(int64_t seconds, struct arena *arena);

#endif
