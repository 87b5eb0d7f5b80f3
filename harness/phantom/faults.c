/* faults.c - reading and drawing faults; see faults.h. Those of connections: faults_http.c. */
#include "harness/phantom/faults.h"

#include "harness/base/json.h"
#include "harness/base/number.h"
#include "harness/base/rng.h"

#include <math.h>

/* Statuses with the words of both vendors. */
static const struct kind {
    const char *name;
    int status;
    const char *type, *code; /* OpenAI; code NULL = null */
    const char *anthropic;
} kinds[FAULT_COUNT] = {
    [FAULT_NONE] = {"", 0, NULL, NULL, NULL},
    [FAULT_429] = {"429", 429, "requests", "rate_limit_exceeded", "rate_limit_error"},
    [FAULT_500] = {"500", 500, "server_error", NULL, "api_error"},
    [FAULT_502] = {"502", 502, "server_error", NULL, "api_error"},
    [FAULT_503] = {"503", 503, "server_error", NULL, "api_error"},
    [FAULT_504] = {"504", 504, "server_error", NULL, "timeout_error"},
    [FAULT_529] = {"529", 529, "server_error", "overloaded", "overloaded_error"},
    [FAULT_HTML] = {"html", 200, NULL, NULL, NULL},
    [FAULT_RESET] = {"reset", 0, NULL, NULL, NULL},
    [FAULT_TRUNCATE] = {"truncate", 0, NULL, NULL, NULL},
    [FAULT_STALL] = {"stall", 0, NULL, NULL, NULL},
};

static const struct setting {
    const char *name;
    size_t at;
    double most;
} settings[] = {
    {"batch_failed", offsetof(struct faults, batch_failed), 100},
    {"batch_expired", offsetof(struct faults, batch_expired), 100},
    {"line_errored", offsetof(struct faults, line_errored), 100},
    {"line_expired", offsetof(struct faults, line_expired), 100},
    {"retry_after", offsetof(struct faults, retry_after), 86400},
    {"stall_s", offsetof(struct faults, stall_s), 86400},
};

/* Where the number of a name goes; NULL if there is no such name. */
static double *place_of(struct faults *f, struct str name, double *ret_most)
{
    *ret_most = 100;
    for (size_t i = 1; i < FAULT_COUNT; i++)
        if (str_eqc(name, kinds[i].name))
            return &f->percent[i];
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (str_eqc(name, settings[i].name)) {
            *ret_most = settings[i].most;
            return (double *)(void *)((char *)f + settings[i].at);
        }
    return NULL;
}

static enum err_code unknown(struct str name, struct err *err)
{
    struct buf names = BUF_INIT;

    for (size_t i = 1; i < FAULT_COUNT; i++)
        buf_printf(&names, "%s, ", kinds[i].name);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        buf_printf(&names, "%s, ", settings[i].name);
    enum err_code code = err_set(err, ERR_USAGE, "--faults: \"%.*s\" is none of %sseed",
        STR_ARG(str_slice(name, 0, 60)), buf_cstr(&names));
    buf_release(&names);
    return code;
}

static enum err_code parse_one(struct faults *f, struct str word, struct err *err)
{
    struct str rest = word, name;
    double v = 0, most, *place;

    if (!str_cut(&rest, ':', &name) || !rest.p)
        return err_set(err, ERR_USAGE, "--faults: \"%.*s\" is not NAME:NUMBER",
            STR_ARG(str_slice(word, 0, 60)));
    bool number = number_double(rest, &v) && isfinite(v) && v >= 0;
    if (str_eqc(name, "seed")) {
        if (!number || v > 9007199254740991.0 || floor(v) != v)
            return err_set(err, ERR_USAGE, "--faults: seed is no whole number from 0 to 2^53");
        f->seed = (uint64_t)v;
        return OK;
    }
    place = place_of(f, name, &most);
    if (!place)
        return unknown(name, err);
    if (!number || v > most)
        return err_set(err, ERR_USAGE, "--faults: %.*s is \"%.*s\", not a number from 0 to %.0f",
            STR_ARG(name), STR_ARG(str_slice(rest, 0, 60)), most);
    *place = v;
    return OK;
}

enum err_code faults_parse(const char *text, struct faults *ret, struct err *err)
{
    struct faults f = {.retry_after = -1, .stall_s = 600, .seed = 1};
    struct str rest = str_c(text), word;
    double sum = 0;

    while (rest.n && str_cut(&rest, ',', &word))
        if (parse_one(&f, str_trim(word), err))
            return err->code;
    for (size_t i = 0; i < FAULT_COUNT; i++)
        sum += f.percent[i];
    if (sum > 100)
        return err_set(err, ERR_USAGE, "--faults: more than 100 percent of the requests");
    if (f.retry_after >= 0) {
        struct buf b = BUF_INIT;
        json_number(&b, f.retry_after);
        struct str shown = str_slice(buf_str(&b), 0, sizeof f.retry_after_text - 1);
        memcpy(f.retry_after_text, shown.p, shown.n);
        buf_release(&b);
    }
    *ret = f;
    return OK;
}

bool faults_any(const struct faults *f)
{
    for (size_t i = 1; i < FAULT_COUNT; i++)
        if (f->percent[i] > 0)
            return true;
    return false;
}

enum fault faults_draw(const struct faults *f, uint64_t n)
{
    struct buf label = BUF_INIT;

    buf_printf(&label, "request %llu", (unsigned long long)n);
    struct rng r = rng_labelled(f->seed, buf_str(&label));
    buf_release(&label);
    double at = rng_unit(&r) * 100;
    for (size_t i = 1; i < FAULT_COUNT; i++) {
        if (at < f->percent[i])
            return (enum fault)i;
        at -= f->percent[i];
    }
    return FAULT_NONE;
}

static void write_error(const struct kind *k, const char *path, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    bool anthropic = str_starts(str_c(path), STR("/v1/messages"));
    const char *message = "The request failed, as --faults wants it.";

    jsonw_object(&w, NULL);
    if (anthropic)
        jsonw_cstr(&w, "type", "error");
    jsonw_object(&w, "error");
    if (anthropic) {
        jsonw_cstr(&w, "type", k->anthropic);
        jsonw_cstr(&w, "message", message);
    } else {
        jsonw_cstr(&w, "message", message);
        jsonw_cstr(&w, "type", k->type);
        jsonw_null(&w, "param");
        jsonw_cstr(&w, "code", k->code);
    }
    jsonw_end_object(&w);
    if (anthropic)
        jsonw_cstr(&w, "request_id", "req_fault");
    jsonw_end_object(&w);
}

bool faults_answer(
    const struct faults *f, enum fault fault, const char *path, struct chat_answer *ret)
{
    const struct kind *k = &kinds[fault];

    if (!k->status)
        return false;
    ret->status = k->status;
    if (fault == FAULT_HTML) {
        ret->type = "text/html";
        buf_puts(&ret->body, "<!doctype html>\n<html><head><title>Back soon</title></head>"
                             "<body><h1>The service is being looked after.</h1></body></html>\n");
        return true;
    }
    write_error(k, path, &ret->body);
    if (fault == FAULT_429 && f->retry_after >= 0)
        ret->retry_after = f->retry_after_text;
    return true;
}
