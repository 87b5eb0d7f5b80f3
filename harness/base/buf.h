/*
 * buf.h - growing text with a cap and a sticky failure.
 *
 * Everything that grows from the network, a file or a model goes into a struct buf whose cap is
 * set at init: appending beyond it drops the bytes and sets `full`, which the owner checks once at
 * the end. The content is always NUL-terminated. A zeroed struct buf is empty with no cap.
 *
 *     struct buf b = BUF_INIT;
 *     buf_printf(&b, "%d of %d", 3, 5);
 *     use(buf_str(&b));
 *     buf_release(&b);
 */
#ifndef HARNESS_BASE_BUF_H
#define HARNESS_BASE_BUF_H

#include <stdarg.h>
#include "harness/base/str.h"

struct buf {
    char *p;
    size_t n, cap;
    size_t limit; /* most bytes it may hold; 0 = no limit */
    bool full;    /* something was dropped */
};

#define BUF_INIT                                                                                   \
    {                                                                                              \
        NULL, 0, 0, 0, false                                                                       \
    }

void buf_init(struct buf *b, size_t limit);
void buf_release(struct buf *b); /* frees the content; the buffer is empty again */
void buf_reset(struct buf *b);   /* empties it and keeps the memory */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str_add(struct buf *b, struct str s);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_utf8(struct buf *b, uint32_t cp); /* one code point */
PRINTF_LIKE(2, 3) void buf_printf(struct buf *b, const char *fmt, ...);
/* buf_vprintf and the end of a line. */
PRINTF_LIKE(2, 0) void buf_vline(struct buf *b, const char *fmt, va_list ap);
PRINTF_LIKE(2, 0) void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_reserve(struct buf *b, size_t extra); /* room for `extra` more bytes */
void buf_truncate(struct buf *b, size_t n);
struct str buf_str(const struct buf *b); /* borrowed; valid until the next change */
const char *buf_cstr(const struct buf *b);
/* Hands the malloc'd, NUL-terminated content to the caller and empties the buffer. */
char *buf_detach(struct buf *b);

/* Appends s with every run of blanks turned into one space and both ends trimmed. */
void buf_collapse(struct buf *b, struct str s);

#endif
