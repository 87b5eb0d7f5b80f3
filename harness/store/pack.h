/*
 * pack.h - request and response bytes in which known texts stand as references.
 *
 * A packed blob is JSON bytes in which NUL 'e' KEY NUL stands for the JSON-escaped text KEY, and
 * NUL 'd' KEY NUL for the text escaped twice (a string inside JSON inside a string, as in tool-call
 * arguments). JSON has no NUL bytes, so the form is unambiguous; bytes that hold a NUL are kept as
 * NUL 'r' NUL followed by the raw bytes. Unpacking gives back identical bytes.
 */
#ifndef HARNESS_STORE_PACK_H
#define HARNESS_STORE_PACK_H

#include "harness/base/buf.h"

struct pack_text {
    int64_t key;
    struct str text;
    bool plain; /* it is JSON itself and stands unescaped: NUL 'p' KEY NUL */
    bool flat;  /* it never stands in a string inside a string: no need to look for that form */
};

/* Appends the packed form of bytes; texts shorter than 24 bytes are not worth a reference. */
void pack_bytes(struct buf *out, struct str bytes, const struct pack_text *texts, size_t n);

/* Appends the original bytes. `lookup` appends text `key`; false if there is none. Returns false on
 * a damaged blob or a missing text. */
typedef bool pack_lookup_fn(int64_t key, struct buf *out, void *payload);
MUST_CHECK bool pack_restore(
    struct buf *out, struct str packed, pack_lookup_fn *lookup, void *payload);

#endif
