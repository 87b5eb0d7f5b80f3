/* probe_impl.h - what the checks of a probe share; internal to harness/run. */
#ifndef HARNESS_RUN_PROBE_IMPL_H
#define HARNESS_RUN_PROBE_IMPL_H

#include "harness/base/json.h"
#include "harness/provider/scoring.h"
#include "harness/run/forcing.h"
#include "harness/run/probe.h"

struct probe {
    const struct run_endpoint *e;
    const struct probe_wire *wire;
    struct arena *arena; /* of the report */
    struct arena scratch;
    struct probe_report *report;
    struct buf url, body;
    struct buf traits; /* of the report, as it grows */
    struct json_writer traits_writer;
    struct traits now; /* the endpoint's, with what was found so far */
    int64_t thought;   /* reasoning tokens of a plain question; -1 = not told */
    bool no_chat;      /* the model completes texts and answers no chat */
    bool seeded;       /* one seed gives one text, another another */
    bool continues;    /* it goes on with an assistant turn that is not finished */
    struct err *err;   /* of the first request that made the probe pointless */
    enum err_code code;
};

/* A check: asks, adds rows, notes traits. It does nothing once p->code is set. */
typedef void probe_check(struct probe *p);
extern probe_check probe_plain, probe_limit, probe_stream, probe_sampling, probe_seed,
    probe_choices, probe_tools, probe_efforts, probe_thinking, probe_unknown_member, probe_floor,
    probe_prefix;
extern probe_check probe_context, probe_tokenize, probe_scoring, probe_forcing, probe_batches;

/* A row; `format` as for printf. */
__attribute__((format(printf, 4, 5))) void probe_row(
    struct probe *p, const char *feature, enum probe_result result, const char *format, ...);
/* One request: path empty = the wire format's own, else as in completions.h. */
struct probe_answer probe_ask(struct probe *p, struct str path, struct str body);
/* A chat of one user message: 64 tokens at most, nothing optional. */
struct chat probe_chat(const struct probe *p, const struct message *message);
/* Sends it and reads the reply; texts live in p->scratch until the next check. *ret_status may be
 * NULL. */
struct reply probe_say(struct probe *p, const struct chat *chat, long *ret_status);
/* The first words of what a server said against a request. */
struct str probe_words(const struct reply *r);

/* Traits found. */
void probe_trait_str(struct probe *p, const char *key, const char *value);
void probe_trait_bool(struct probe *p, const char *key, bool value);
void probe_trait_int(struct probe *p, const char *key, int64_t value);

#endif
