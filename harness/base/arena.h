/*
 * arena.h - memory that lives and dies together.
 *
 * Functions that return memory take the arena it lives in; nothing inside is freed singly. Three
 * lifetimes are enough for the program: process, plan (items, splits) and request.
 * A zeroed struct arena is ready for use.
 */
#ifndef HARNESS_BASE_ARENA_H
#define HARNESS_BASE_ARENA_H

#include "harness/base/str.h"

struct arena_block;

struct arena {
    struct arena_block *head;
    size_t used; /* bytes handed out since the last reset */
};

void arena_release(struct arena *a);                 /* frees all; no-op on a zeroed arena */
void arena_reset(struct arena *a);                   /* empties it and keeps one block for reuse */
void *arena_alloc(struct arena *a, size_t n);        /* zeroed, aligned for any type, never NULL */
struct str arena_str(struct arena *a, struct str s); /* a NUL-terminated copy */
char *arena_cstr(struct arena *a, struct str s);     /* the same as a C string */
PRINTF_LIKE(2, 3) char *arena_printf(struct arena *a, const char *fmt, ...);

/* Room for one more element behind the n of a growing array: the array itself, or a larger copy
 * of it. The old one stays in the arena. ARENA_GROW(a, v, n, cap) does it in place. */
void *arena_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size);
#define ARENA_GROW(a, v, n, cap) ((v) = arena_grow((a), (v), (n), &(cap), sizeof(*(v))))

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (count)))

#endif
