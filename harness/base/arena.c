/* arena.c - a list of growing blocks, bump-allocated; see arena.h. */
#include "harness/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, LARGEST_STEP = 1 << 20, ALIGN = 16 };

/* Aligned things grow from the front, text from the back: no padding between short texts. */
struct arena_block {
    struct arena_block *next;
    size_t used, text, cap; /* bytes taken at the front and at the back */
    _Alignas(ALIGN) char data[];
};

void arena_release(struct arena *a)
{
    for (struct arena_block *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    *a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = a->head;

    if (!keep)
        return;
    for (struct arena_block *b = keep->next, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    keep->next = NULL;
    keep->used = keep->text = 0;
    a->used = 0;
}

/* The newest block, with room for `need` more bytes. */
static struct arena_block *block_for(struct arena *a, size_t need)
{
    struct arena_block *head = a->head;

    if (head && head->cap - head->used - head->text >= need)
        return head;
    size_t cap = head ? 2 * head->cap : FIRST_BLOCK;
    if (cap > LARGEST_STEP)
        cap = LARGEST_STEP;
    if (cap < need)
        cap = need;
    struct arena_block *b = xmalloc(sizeof *b + cap);
    *b = (struct arena_block){.next = head, .cap = cap};
    a->head = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    size_t need = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);

    if (need < n)
        die_oom();
    struct arena_block *b = block_for(a, need);
    void *p = b->data + b->used;
    b->used += need;
    a->used += need;
    return memset(p, 0, need);
}

char *arena_cstr(struct arena *a, struct str s)
{
    if (s.n == SIZE_MAX)
        die_oom();
    struct arena_block *b = block_for(a, s.n + 1);
    b->text += s.n + 1;
    a->used += s.n + 1;
    char *p = b->data + b->cap - b->text;
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    return (struct str){arena_cstr(a, s), s.n};
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
    if (n > 0)
        vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

void *arena_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    *cap = *cap ? 2 * *cap : 8;
    void *bigger = arena_alloc(a, *cap * size);
    if (n)
        memcpy(bigger, v, n * size);
    return bigger;
}
