/* raw_read.c - members that the dialects of raw completions share; see raw.h. */
#include "harness/phantom/raw.h"

#include "harness/phantom/wire_impl.h"

enum { MAX_STOPS = 64, MAX_STOP_BYTES = 1024, MAX_PROMPT = 4 << 20 };

/* Ids in the making; the list is malloc'd until it is done. */
static bool add_id(
    const struct json *v, const char *param, struct vocab_ids *ids, struct wire_error *e)
{
    int64_t id;

    if (!json_int(v, &id))
        return wire_bad_type(e, param, "a text or a list of token ids");
    if (!vocab_valid(id))
        return wire_fail(e, 400, param, "invalid_value",
            "Token id %lld of '%s' is out of the vocabulary.", (long long)id, param);
    vocab_ids_add(ids, id);
    return true;
}

static bool add_list(
    const struct json *list, const char *param, struct vocab_ids *ids, struct wire_error *e)
{
    const struct json *first = json_first(list);

    if (json_len(list) == 1 && json_type(first) == JSON_ARRAY)
        list = first; /* a batch of one */
    else if (json_len(list) > 1 &&
             (json_type(first) == JSON_ARRAY ||
                 (json_type(first) == JSON_STRING && json_type(json_at(list, 1)) == JSON_STRING)))
        return wire_fail(
            e, 400, param, "unsupported_value", "Only one '%s' a request is supported.", param);
    for (const struct json *v = json_first(list); v; v = json_next(v)) {
        if (json_type(v) == JSON_STRING)
            vocab_encode(json_str(v), true, ids);
        else if (!add_id(v, param, ids, e))
            return false;
    }
    return true;
}

bool raw_read_prompt(const struct json *v, const char *param, bool bos, struct arena *arena,
    struct raw_request *r, struct wire_error *e)
{
    struct vocab_ids ids = {0};
    bool ok = true;

    if (json_type(v) == JSON_ABSENT)
        return wire_fail(
            e, 400, param, "missing_required_parameter", "Missing parameter: '%s'.", param);
    bool text = json_type(v) == JSON_STRING ||
                (json_len(v) == 1 && json_type(json_first(v)) == JSON_STRING);
    if (text && bos)
        vocab_ids_add(&ids, VOCAB_BOS);
    if (json_type(v) == JSON_STRING)
        vocab_encode(json_str(v), true, &ids);
    else if (json_type(v) == JSON_ARRAY)
        ok = add_list(v, param, &ids, e);
    else
        ok = wire_bad_type(e, param, "a text or a list of token ids");
    if (ok && ids.n == 0)
        ok = wire_fail(e, 400, param, "invalid_value", "'%s' is empty.", param);
    if (ok && ids.n > MAX_PROMPT)
        ok = wire_fail(e, 400, param, "context_length_exceeded", "'%s' is too long.", param);
    r->prompt = (struct vocab_ids){.v = arena_array(arena, int64_t, ids.n + 1), .n = ids.n};
    if (ids.n)
        memcpy(r->prompt.v, ids.v, ids.n * sizeof *ids.v);
    vocab_ids_release(&ids);
    return ok;
}

bool raw_read_stops(const struct json *v, const char *param, struct arena *arena,
    struct raw_request *r, struct wire_error *e)
{
    bool one = json_type(v) == JSON_STRING;
    struct str *stops;

    if (wire_absent(v))
        return true;
    if ((!one && json_type(v) != JSON_ARRAY) || json_len(v) > MAX_STOPS)
        return wire_bad_type(e, param, "a text or a list of at most 64 texts");
    r->stops = stops = arena_array(arena, struct str, json_len(v) + 1);
    for (const struct json *s = one ? v : json_first(v); s; s = one ? NULL : json_next(s)) {
        if (json_type(s) != JSON_STRING || !json_str(s).n || json_str(s).n > MAX_STOP_BYTES)
            return wire_bad_type(e, param, "texts of 1 to 1024 bytes");
        stops[r->nstops++] = arena_str(arena, json_str(s));
    }
    return true;
}

bool raw_read_stop_ids(const struct json *v, const char *param, struct arena *arena,
    struct raw_request *r, struct wire_error *e)
{
    int64_t *ids;

    if (wire_absent(v))
        return true;
    if (json_type(v) != JSON_ARRAY || json_len(v) > MAX_STOPS)
        return wire_bad_type(e, param, "a list of at most 64 token ids");
    r->stop_ids = ids = arena_array(arena, int64_t, json_len(v) + 1);
    for (const struct json *s = json_first(v); s; s = json_next(s))
        if (!json_int(s, &ids[r->nstop_ids++]))
            return wire_bad_type(e, param, "a list of token ids");
    return true;
}

bool raw_read_int(
    const struct json *v, const char *param, int64_t least, int64_t *ret, struct wire_error *e)
{
    int64_t n;

    if (wire_absent(v))
        return true;
    if (!json_int(v, &n) || n < least)
        return wire_fail(e, 400, param, "invalid_value",
            "Invalid value for '%s': expected an integer of at least %lld.", param,
            (long long)least);
    *ret = n;
    return true;
}

bool raw_read_sampling(const struct json *temperature, const struct json *seed,
    const char *seed_param, struct raw_request *r, struct wire_error *e)
{
    double *t = &r->wire.mind.temperature;
    int64_t n = -1;

    *t = 1;
    if (!wire_absent(temperature) && (!json_num(temperature, t) || *t < 0 || *t > 2))
        return wire_bad_type(e, "temperature", "a number from 0 to 2");
    if (!raw_read_int(seed, seed_param, INT64_MIN, &n, e))
        return false;
    r->wire.has_seed = n >= 0;
    r->wire.seed = (uint64_t)n;
    return true;
}

bool raw_read_budget(
    const struct json *v, const char *param, struct raw_request *r, struct wire_error *e)
{
    struct mind_request *m = &r->wire.mind;
    int64_t n = -1;

    if (!raw_read_int(v, param, -1, &n, e))
        return false;
    if (n == 0)
        m->reasoning_effort = STR("none");
    if (n >= 0 && !r->wire.ignore_thinking) {
        m->thinking_limited = true;
        m->thinking_tokens = n;
    }
    return true;
}

bool raw_check_room(const struct raw_request *r, struct wire_error *e)
{
    int64_t room = RAW_CONTEXT - (int64_t)r->prompt.n;

    if (room < 0 || r->limit > room)
        return wire_fail(e, 400, "prompt", "context_length_exceeded",
            "This model's maximum context length is %d tokens. The prompt has %zu tokens, and "
            "%lld more were requested.",
            RAW_CONTEXT, r->prompt.n, (long long)(r->limit > 0 ? r->limit : 0));
    if (r->least > (r->limit >= 0 ? r->limit : room))
        return wire_fail(
            e, 400, "min_tokens", "invalid_value", "The least number of tokens is above the most.");
    if (r->ignore_end && r->limit < 0)
        return wire_fail(e, 400, "ignore_eos", "invalid_value",
            "A text without an end needs a limit of tokens.");
    return true;
}
