/* conform_wire.c - sockets and TLS of the misbehaving server; see conform_wire.h. */
#include "tests/conformance/conform_wire.h"

#include "harness/base/file.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire_tls {
    SSL_CTX *context;
};

/* --- a certificate authority of our own ------------------------------------------------------- */

static bool extend(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = e && X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    return ok;
}

static X509 *certificate(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *x = X509_new();
    X509_NAME *n = X509_get_subject_name(x);
    X509 *by = issuer ? issuer : x;

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(by));
    bool ok = issuer ? extend(x, by, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost")
                     : extend(x, by, NID_basic_constraints, "critical,CA:TRUE");
    if (!ok || !X509_sign(x, issuer_key, EVP_sha256())) {
        X509_free(x);
        return NULL;
    }
    return x;
}

static bool write_pem(const char *dir, X509 *ca)
{
    BIO *mem = BIO_new(BIO_s_mem());
    struct buf path = BUF_INIT;
    struct err err;
    char *p;

    buf_printf(&path, "%s/ca.pem", dir);
    bool ok = PEM_write_bio_X509(mem, ca);
    long n = BIO_get_mem_data(mem, &p);
    ok = ok && file_write(buf_cstr(&path), (struct str){p, (size_t)n}, &err) == OK;
    BIO_free(mem);
    buf_release(&path);
    return ok;
}

/* The client may ask for HTTP/2 by ALPN; it is noted and not chosen. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *payload)
{
    struct wire *w = SSL_get_app_data(ssl);

    (void)payload, (void)out, (void)outlen;
    for (unsigned i = 0; i < inlen && i + in[i] < inlen; i += in[i] + 1u)
        w->h2_offered |= in[i] == 2 && memcmp(in + i + 1, "h2", 2) == 0;
    return SSL_TLSEXT_ERR_NOACK;
}

enum err_code wire_tls_new(const char *dir, struct wire_tls **ret, struct err *err)
{
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *ca = certificate(ca_key, "a CA of the tests", NULL, ca_key);
    X509 *leaf = ca ? certificate(key, "127.0.0.1", ca, ca_key) : NULL;
    struct wire_tls *tls = xcalloc(1, sizeof *tls);

    tls->context = SSL_CTX_new(TLS_server_method());
    bool ok = leaf && write_pem(dir, ca) && SSL_CTX_use_certificate(tls->context, leaf) == 1 &&
              SSL_CTX_use_PrivateKey(tls->context, key) == 1;
    SSL_CTX_set_alpn_select_cb(tls->context, on_alpn, NULL);
    X509_free(ca);
    X509_free(leaf);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    if (!ok) {
        wire_tls_free(tls);
        return err_set(err, ERR_FAILED, "no certificate of our own in %s", dir);
    }
    *ret = tls;
    return OK;
}

void wire_tls_free(struct wire_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

/* --- a connection ------------------------------------------------------------------------------
 */

bool wire_begin(struct wire *w, int fd, int stop_fd, struct wire_tls *tls)
{
    int on = 1;
    struct timeval most = {.tv_sec = 10};

    *w = (struct wire){.fd = fd, .stop_fd = stop_fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
    if (!tls)
        return true;
    w->ssl = SSL_new(tls->context);
    SSL_set_app_data(w->ssl, w);
    SSL_set_fd(w->ssl, fd);
    return SSL_accept(w->ssl) == 1;
}

bool wire_wait(struct wire *w, int64_t ms)
{
    struct pollfd p = {.fd = w->stop_fd, .events = POLLIN};

    return poll(&p, 1, (int)ms) == 0;
}

bool wire_read(struct wire *w, struct buf *in)
{
    struct pollfd p[2] = {{.fd = w->fd, .events = POLLIN}, {.fd = w->stop_fd, .events = POLLIN}};
    char piece[16384];
    bool pending = w->ssl && SSL_pending(w->ssl) > 0;

    if (!pending && (poll(p, 2, -1) < 0 || p[1].revents))
        return false;
    ssize_t n =
        w->ssl ? SSL_read(w->ssl, piece, sizeof piece) : recv(w->fd, piece, sizeof piece, 0);
    if (n <= 0)
        return false;
    buf_add(in, piece, (size_t)n);
    return true;
}

bool wire_write(struct wire *w, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = w->ssl ? SSL_write(w->ssl, bytes.p, (int)bytes.n)
                           : send(w->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes = str_from(bytes, (size_t)n);
    }
    return true;
}

void wire_end(struct wire *w, bool reset)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};

    if (w->fd < 0)
        return;
    if (reset)
        setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    else if (w->ssl)
        SSL_shutdown(w->ssl);
    SSL_free(w->ssl);
    close(w->fd);
    w->fd = -1;
    w->ssl = NULL;
}
