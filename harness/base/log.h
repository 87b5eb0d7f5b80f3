/*
 * log.h - the run's own log: one JSON object a line, with a level, secrets redacted.
 *
 * Library code logs at debug level only; the runner and the commands own the other levels. The log
 * goes to a file (runs/NAME/log.jsonl) and is never the place where a result lives.
 */
#ifndef HARNESS_BASE_LOG_H
#define HARNESS_BASE_LOG_H

#include "harness/base/err.h"
#include "harness/base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Opens path for appending; until then, and after log_close, messages are dropped. */
MUST_CHECK enum err_code log_open(const char *path, enum log_level least, struct err *err);
void log_close(void);
PRINTF_LIKE(2, 3) void log_msg(enum log_level level, const char *fmt, ...);

/* Registers a secret (an API key): every later log line, and redact(), shows [redacted] instead.
 * The pointer is copied. Secrets shorter than 6 bytes are not registered: they would hit words. */
void secret_add(struct str secret);
/* Appends s to out with every registered secret replaced. */
struct buf;
void secret_redact(struct buf *out, struct str s);

#endif
