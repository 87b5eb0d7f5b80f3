/* net_fetch.c - one blocking request; declared in net.h. */
#include "harness/net/net.h"

#include "harness/base/log.h"

enum { POLL_MS = 60000, WHY_BYTES = 256 };

struct fetched {
    struct buf *body;
    long status;
    enum net_result result;
    char why[WHY_BYTES];
};

static void on_fetched(const struct net_reply *reply, void *payload)
{
    struct fetched *f = payload;
    struct buf why = BUF_INIT;

    f->status = reply->status;
    f->result = reply->result;
    if (reply->result == NET_OK)
        buf_str_add(f->body, reply->body);
    secret_redact(&why, str_c(reply->why));
    size_t n = why.n < sizeof f->why - 1 ? why.n : sizeof f->why - 1;
    memcpy(f->why, buf_cstr(&why), n);
    f->why[n] = '\0';
    buf_release(&why);
}

enum err_code net_fetch(
    const struct net_request *request, struct buf *ret_body, long *ret_status, struct err *err)
{
    struct fetched f = {.body = ret_body};
    struct net *net;
    enum err_code code = net_new(&(struct net_options){.max_in_flight = 1}, &net, err);

    if (code)
        return code;
    code = net_send(net, request, err);
    while (!code && net_in_flight(net))
        net_poll(net, POLL_MS, on_fetched, &f);
    net_free(net);
    if (code)
        return code;
    if (f.result != NET_OK)
        return err_set(err, ERR_ENDPOINT, "%s: %s", request->url, f.why);
    *ret_status = f.status;
    return OK;
}
