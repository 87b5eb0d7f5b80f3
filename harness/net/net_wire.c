/* net_wire.c - address, header lines and body of a request; see net_wire.h. */
#include "harness/net/net_wire.h"

enum { LARGEST_KEPT = 256 * 1024 }; /* bytes a buffer may keep between requests */

void net_wire_init(struct net_wire *w, CURL *easy)
{
    *w = (struct net_wire){.easy = easy, .parsed = curl_url()};
    if (!w->parsed)
        die_oom();
}

void net_wire_release(struct net_wire *w)
{
    curl_url_cleanup(w->parsed);
    curl_slist_free_all(w->headers);
    buf_release(&w->url);
    buf_release(&w->body);
}

void net_wire_empty(struct buf *b)
{
    if (b->cap > LARGEST_KEPT)
        buf_release(b);
    buf_reset(b);
}

bool net_wire_is_loopback(CURLU *parsed)
{
    char *host;
    bool yes = false;

    if (curl_url_get(parsed, CURLUPART_HOST, &host, 0))
        return false;
    struct str h = str_c(host);
    if (str_eq_nocase(h, STR("localhost")) || str_eqc(h, "[::1]"))
        yes = true;
    else if (str_starts(h, STR("127.")))
        yes = strspn(host, "0123456789.") == h.n; /* 127.evil.example is no address */
    curl_free(host);
    return yes;
}

/* curl takes a parsed address as it is; a text it would parse for every request, and print again:
 * a sixth of all it does for a small call. */
static bool set_url(struct net_wire *w, const char *url)
{
    if (strcmp(buf_cstr(&w->url), url) == 0)
        return true;
    buf_reset(&w->url);
    if (curl_url_set(w->parsed, CURLUPART_URL, url, 0))
        return false;
    buf_puts(&w->url, url);
    curl_easy_setopt(w->easy, CURLOPT_CURLU, w->parsed);
    /* "*" switches proxies off, NULL lets curl read the environment. */
    curl_easy_setopt(w->easy, CURLOPT_NOPROXY, net_wire_is_loopback(w->parsed) ? "*" : NULL);
    return true;
}

static void set_body(struct net_wire *w, struct str body)
{
    if (!body.p) {
        curl_easy_setopt(w->easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    net_wire_empty(&w->body);
    buf_str_add(&w->body, body);
    curl_easy_setopt(w->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    curl_easy_setopt(w->easy, CURLOPT_POSTFIELDS, buf_cstr(&w->body));
}

static bool same_headers(const struct net_wire *w, const struct net_request *r, bool is_post)
{
    const char *const *want = r->headers;
    const struct curl_slist *have = w->headers;

    if (!have || w->is_post != is_post)
        return false;
    for (; want && *want && have != w->own_headers; want++, have = have->next)
        if (strcmp(*want, have->data) != 0)
            return false;
    return (!want || !*want) && have == w->own_headers;
}

static void add_header(struct net_wire *w, struct curl_slist **last, const char *line)
{
    struct curl_slist *one = curl_slist_append(NULL, line);

    if (!one)
        die_oom();
    if (*last)
        (*last)->next = one;
    else
        w->headers = one;
    *last = one;
}

static void set_headers(struct net_wire *w, const struct net_request *r, bool is_post)
{
    struct curl_slist *last = NULL;
    bool has_type = false;

    if (same_headers(w, r, is_post))
        return;
    curl_slist_free_all(w->headers);
    w->headers = NULL;
    for (const char *const *h = r->headers; h && *h; h++) {
        add_header(w, &last, *h);
        has_type |= str_eq_nocase(str_slice(str_c(*h), 0, 13), STR("content-type:"));
    }
    struct curl_slist *before = last;
    /* curl writes a line given here once and one of its own twice, character by character; so the
     * agent's name stands here and "Accept: any" goes. No waiting for 100-continue, too. */
    add_header(w, &last, "User-Agent: sleepbench");
    w->own_headers = before ? before->next : w->headers;
    add_header(w, &last, "Accept:");
    add_header(w, &last, "Expect:");
    add_header(w, &last, "Accept-Encoding: identity"); /* a packed stream comes late */
    if (is_post && !has_type)
        add_header(w, &last, "Content-Type: application/json");
    w->is_post = is_post;
    curl_easy_setopt(w->easy, CURLOPT_HTTPHEADER, w->headers);
}

enum err_code net_wire_set(struct net_wire *w, const struct net_request *r, struct err *err)
{
    struct str url = str_c(r->url);

    if (!str_eq_nocase(str_slice(url, 0, 7), STR("http://")) &&
        !str_eq_nocase(str_slice(url, 0, 8), STR("https://")))
        return err_set(
            err, ERR_USAGE, "address \"%s\" must begin with http:// or https://", r->url);
    if (!set_url(w, r->url))
        return err_set(err, ERR_USAGE, "address \"%s\" is malformed", r->url);
    set_headers(w, r, r->body.p != NULL);
    set_body(w, r->body);
    return OK;
}
