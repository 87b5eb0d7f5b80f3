/* digest.c - SHA-256 through libcrypto's EVP interface; see digest.h. */
#include "harness/base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

/* Fetched once: looking the algorithm up costs libcrypto more than hashing a short text does. */
static const EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void must(bool ok)
{
    if (!ok)
        BUG("libcrypto's SHA-256 failed");
}

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL); /* kept for the life of the process */
    must(sha256 != NULL);
}

static const EVP_MD *algorithm(void)
{
    pthread_once(&sha256_once, fetch_sha256);
    return sha256;
}

struct digest_ctx {
    EVP_MD_CTX *md;
};

void digest_reset(struct digest_ctx *ctx)
{
    must(EVP_DigestInit_ex(ctx->md, algorithm(), NULL));
}

struct digest_ctx *digest_new(void)
{
    struct digest_ctx *ctx = xcalloc(1, sizeof *ctx);

    ctx->md = EVP_MD_CTX_new();
    if (!ctx->md)
        die_oom();
    digest_reset(ctx);
    return ctx;
}

void digest_free(struct digest_ctx *ctx)
{
    if (!ctx)
        return;
    EVP_MD_CTX_free(ctx->md);
    free(ctx);
}

void digest_add(struct digest_ctx *ctx, struct str s)
{
    must(EVP_DigestUpdate(ctx->md, s.p, s.n));
}

void digest_field_int(struct digest_ctx *ctx, int64_t v)
{
    unsigned char b[8];

    for (int i = 0; i < 8; i++)
        b[i] = (unsigned char)((uint64_t)v >> (56 - 8 * i));
    digest_add(ctx, (struct str){(const char *)b, sizeof b});
}

void digest_field(struct digest_ctx *ctx, struct str s)
{
    digest_field_int(ctx, (int64_t)s.n);
    digest_add(ctx, s);
}

struct digest digest_end(struct digest_ctx *ctx)
{
    struct digest d;
    unsigned n = 0;

    must(EVP_DigestFinal_ex(ctx->md, d.b, &n) && n == DIGEST_LEN);
    digest_reset(ctx);
    return d;
}

struct digest digest_of(struct str s)
{
    struct digest d;
    unsigned n = 0;

    must(EVP_Digest(s.p ? s.p : "", s.n, d.b, &n, algorithm(), NULL) && n == DIGEST_LEN);
    return d;
}

char *digest_hex(struct digest d, char *out)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_LEN; i++) {
        out[2 * i] = hex[d.b[i] >> 4];
        out[2 * i + 1] = hex[d.b[i] & 15];
    }
    out[DIGEST_HEX_LEN] = '\0';
    return out;
}

uint64_t digest_u64(struct digest d)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | d.b[i];
    return v;
}
