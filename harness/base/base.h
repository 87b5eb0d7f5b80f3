/*
 * base.h - compiler attributes and the two ways a program may die.
 *
 * Every header of the tree may include this one. BUG() is for broken promises between our own
 * functions, die_oom() for exhausted memory; everything a user or a file can cause goes through
 * struct err (err.h), and a failed model call is a row in the store, not an error at all.
 */
#ifndef HARNESS_BASE_BASE_H
#define HARNESS_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A broken invariant: prints file, line and text to stderr and aborts. */
#define BUG(...) base_bug(__FILE__, __LINE__, __VA_ARGS__)
NORETURN PRINTF_LIKE(3, 4) void base_bug(const char *file, int line, const char *fmt, ...);

/* Allocation that never returns NULL (n = 0 yields a valid pointer); exits with code 1 when the
 * machine has no memory left. xfree is free(3), here so that callers read alike. */
void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t n);
char *xstrdup(const char *s);
NORETURN void die_oom(void);

/* Makes room for at least `need` elements in a growing array; doubles. */
#define GROW(p, need, cap)                                                                         \
    do {                                                                                           \
        if ((need) > (cap)) {                                                                      \
            (cap) = (need) > 2 * (cap) ? (need) + 8 : 2 * (cap);                                   \
            (p) = xrealloc((p), (cap) * sizeof(*(p)));                                             \
        }                                                                                          \
    } while (0)

#endif
