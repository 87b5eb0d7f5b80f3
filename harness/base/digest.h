/*
 * digest.h - SHA-256 (libcrypto), the identity of tasks, prompts, datasets and runs.
 */
#ifndef HARNESS_BASE_DIGEST_H
#define HARNESS_BASE_DIGEST_H

#include "harness/base/str.h"

enum { DIGEST_LEN = 32, DIGEST_HEX_LEN = 64 };

struct digest {
    unsigned char b[DIGEST_LEN];
};

struct digest_ctx; /* a running digest */

struct digest digest_of(struct str s);

struct digest_ctx *digest_new(void);
void digest_free(struct digest_ctx *ctx);
void digest_reset(struct digest_ctx *ctx);
void digest_add(struct digest_ctx *ctx, struct str s);
/* Adds the length of s, then s: a sequence of fields has one reading only. */
void digest_field(struct digest_ctx *ctx, struct str s);
void digest_field_int(struct digest_ctx *ctx, int64_t v);
struct digest digest_end(struct digest_ctx *ctx); /* the context is ready for the next digest */

/* Lower-case hex, NUL-terminated, into a buffer of DIGEST_HEX_LEN + 1. Returns out. */
char *digest_hex(struct digest d, char *out);
/* The first 8 bytes as a big-endian number: seeds and hash keys. */
uint64_t digest_u64(struct digest d);

#endif
