/*
 * clock.h - time as a value that tests can hold still.
 */
#ifndef HARNESS_BASE_CLOCK_H
#define HARNESS_BASE_CLOCK_H

#include "harness/base/base.h"

int64_t clock_now_ns(void);  /* monotonic */
int64_t clock_wall_ms(void); /* milliseconds since 1970, a label only */
void clock_sleep_ms(int64_t ms);
/* Until called with NULL, clock_now_ns returns *fake instead of the machine's time. */
void clock_fake(const int64_t *fake);
/* "2026-11-23T18:44:00Z" of a wall time into a buffer of at least 24 bytes; returns out. Times
 * outside the years 1000 to 9999 are given as the first or last second of these. */
char *clock_iso(int64_t wall_ms, char *out);

#endif
