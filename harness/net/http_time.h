/*
 * http_time.h - points and lengths of time as servers write them into header lines. Pure.
 *
 * Points are milliseconds since 1970-01-01 UTC, lengths milliseconds. Every reader takes the whole
 * text, returns false for anything else and then leaves its output alone. Lengths are rounded up,
 * so that nobody comes too early, and cut at HTTP_TIME_LONGEST_MS, so that no sum overflows.
 */
#ifndef HARNESS_NET_HTTP_TIME_H
#define HARNESS_NET_HTTP_TIME_H

#include "harness/base/str.h"

/* Ten years: no server means longer. */
#define HTTP_TIME_LONGEST_MS (INT64_C(10) * 365 * 86400 * 1000)

/* The three forms of RFC 9110, 5.6.7: IMF-fixdate, RFC 850 (its two digits of the year are taken as
 * not more than 50 years after wall_ms) and asctime. */
bool http_time_date(struct str s, int64_t wall_ms, int64_t *ret_ms);
/* RFC 3339 with zone and any number of fraction digits: "2026-11-24T01:40:56.25+01:00". */
bool http_time_rfc3339(struct str s, int64_t *ret_ms);
/* A length as Go prints it: "12ms", "1s", "6m0s", "2m59.56s", "1h", "300us"; also a bare "0". */
bool http_time_duration(struct str s, int64_t *ret_ms);
/* Decimal seconds, "2" or "0.5" or "-3"; a negative number is 0: its time is over. */
bool http_time_seconds(struct str s, int64_t *ret_ms);

/* Retry-After: decimal seconds or a date, as milliseconds from wall_ms; -1 if it is neither. A
 * negative number or a date in the past is 0. */
int64_t http_time_retry_after(struct str value, int64_t wall_ms);

#endif
