/* replay.c - recorded attempts as replies; see replay.h. */
#include "harness/run/replay.h"

#include <stdlib.h>

struct replay {
    struct store *store;
    struct arena arena; /* of the last reply */
};

enum err_code replay_open(const char *store_path, struct replay **ret, struct err *err)
{
    struct replay *r = xcalloc(1, sizeof *r);

    if (store_open(store_path, &(struct store_options){.readonly = true}, &r->store, err)) {
        free(r);
        return err->code;
    }
    *ret = r;
    return OK;
}

void replay_close(struct replay *r)
{
    if (!r)
        return;
    store_close(r->store);
    arena_release(&r->arena);
    free(r);
}

/* How an attempt ended on the wire: an outcome that a status does not explain tells it. */
static enum net_result result_of(const struct store_call *c)
{
    bool unexplained = c->status == 0 || (c->status >= 200 && c->status < 300);

    if (c->outcome == OUTCOME_TIMEOUT && unexplained)
        return NET_TIMEOUT;
    if (c->outcome == OUTCOME_HTTP_ERROR && unexplained)
        return NET_BROKEN;
    return c->status == 0 ? NET_UNREACHABLE : NET_OK;
}

enum err_code replay_attempt(struct replay *r, struct digest task, int64_t n, struct str request,
    struct net_reply *ret, struct replay_extra *ret_extra, bool *ret_found, struct err *err)
{
    struct store_call c;

    arena_reset(&r->arena);
    if (store_recorded(r->store, task, n, &r->arena, &c, ret_found, err))
        return err->code;
    if (!*ret_found || !str_eq(c.request, request)) {
        *ret_found = false;
        return OK;
    }
    enum net_result result = result_of(&c);
    *ret = (struct net_reply){
        .result = result,
        .status = c.status,
        .body = c.response,
        .headers = c.headers,
        .retry_after_ms = -1,
        .times = c.times,
        .why = result == NET_OK ? "" : arena_cstr(&r->arena, c.why),
    };
    *ret_extra = (struct replay_extra){c.wall_ms, c.held_ns, c.batch};
    return OK;
}
