/*
 * members.h - the members of a JSON object, put together from dotted paths and from whole objects.
 *
 * Options of a request share roots: "reasoning.effort" and {"reasoning":{"summary":"auto"}} are one
 * object on the wire. The first value of a path stays, so what a chat asks for is put before what
 * merely goes along; objects merge, member by member. Order is that of the first mention: equal
 * calls give equal bytes. Pure.
 *
 *     struct members m = {0};
 *     members_text(&m, "reasoning.effort", STR("low"));
 *     members_merge(&m, STR("{\"reasoning\":{\"effort\":\"high\",\"summary\":\"auto\"}}"));
 *     members_print(&m, &body);      "reasoning":{"effort":"low","summary":"auto"}
 *     members_release(&m);
 */
#ifndef HARNESS_PROVIDER_MEMBERS_H
#define HARNESS_PROVIDER_MEMBERS_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"

struct member; /* one name */

struct members {
    struct arena arena;
    struct member *first;
};

void members_release(struct members *m);

/* A JSON value under a dotted path, its text copied. Nothing happens where the path is empty, has
 * an empty part, leads through a value that is no object, or is taken. */
void members_put(struct members *m, struct str path, struct str json);
void members_text(struct members *m, struct str path, struct str text);
void members_int(struct members *m, struct str path, int64_t v);
/* Every member of a JSON object, names as they stand (a dot in one is a dot). Of any other text
 * nothing is taken. */
void members_merge(struct members *m, struct str object);

void members_drop(struct members *m, const char *name); /* a member of the top, if it is there */

/* The JSON text under a path, empty if there is none or an object stands there. */
struct str members_get(const struct members *m, const char *path);

/* `"name":value,...` without braces; nothing if there are none. */
void members_print(const struct members *m, struct buf *out);

#endif
