/*
 * shelf.h - what was asked for in the background, until it is fetched. Threads may use one shelf.
 *
 * An answer is `queued` in the first half of the looks that are taken at it, then under way, and
 * done behind the last of them, for good. The shelf keeps SHELF_MOST answers: the oldest goes.
 */
#ifndef HARNESS_PHANTOM_SHELF_H
#define HARNESS_PHANTOM_SHELF_H

#include "harness/base/buf.h"

enum { SHELF_MOST = 4096 };

struct shelf;

struct shelf *shelf_new(int64_t looks); /* before an answer is done; 0 = 2 */
void shelf_free(struct shelf *s);       /* NULL is fine */

/* The bodies of an answer, stage by stage; copied. */
struct shelf_stages {
    struct str queued, under_way, done;
};
void shelf_put(struct shelf *s, struct str name, const struct shelf_stages *stages);
/* Appends what a look at `name` sees; false if nothing of that name is here. */
bool shelf_look(struct shelf *s, struct str name, struct buf *out);

#endif
