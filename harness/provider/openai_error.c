/* openai_error.c - error objects of all servers; declared in openai_draft.h. */
#include "harness/provider/openai_draft.h"

static bool is_one_of(struct str word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eqc(word, words[i]))
            return true;
    return false;
}

static bool is_filter(const struct json *error)
{
    return str_eqc(json_str(json_get(error, "code")), "content_filter") ||
           str_eqc(json_str(json_path(error, "innererror.code")), "ResponsibleAIPolicyViolation");
}

void draft_error(struct draft *d, const struct json *error)
{
    struct str text =
        json_type(error) == JSON_STRING ? json_str(error) : json_str(json_get(error, "message"));
    struct str word = json_str(json_get(error, "code"));

    if (word.n == 0)
        word = json_str(json_get(error, "type"));
    d->failed = true;
    d->withheld = d->withheld || is_filter(error);
    d->error = arena_str(d->arena, text);
    d->error_word = arena_str(d->arena, word);
    if (!json_int(json_get(error, "code"), &d->error_code) || d->error_code < 400 ||
        d->error_code > 599)
        d->error_code = 0;
}

/* [{"loc":["body","model"],"msg":"field required"}] as "body.model: field required". */
static void read_complaints(struct draft *d, const struct json *list)
{
    struct buf text = BUF_INIT;

    for (const struct json *c = json_first(list); c; c = json_next(c)) {
        size_t start = text.n;
        buf_puts(&text, start ? "; " : "");
        size_t place = text.n;
        for (const struct json *l = json_first(json_get(c, "loc")); l; l = json_next(l)) {
            buf_puts(&text, text.n > place ? "." : "");
            if (json_type(l) == JSON_STRING)
                buf_str_add(&text, json_str(l));
            else
                json_print(&text, l);
        }
        buf_puts(&text, text.n > place ? ": " : "");
        buf_str_add(&text, json_str(json_get(c, "msg")));
        if (text.n == place)
            buf_truncate(&text, start);
    }
    d->error = draft_first_words(d->arena, buf_str(&text));
    buf_release(&text);
}

static void read_flat(struct draft *d, const struct json *v)
{
    static const char *const names[] = {"message", "detail", "error_message", "msg"};
    static const char *const words[] = {"code", "error_type", "type"};

    for (size_t i = 0; i < ARRAY_LEN(names) && d->error.n == 0; i++)
        d->error = arena_str(d->arena, json_str(json_get(v, names[i])));
    if (d->error.n == 0 && json_type(json_get(v, "detail")) == JSON_ARRAY)
        read_complaints(d, json_get(v, "detail"));
    for (size_t i = 0; i < ARRAY_LEN(words) && d->error.n && d->error_word.n == 0; i++)
        d->error_word = arena_str(d->arena, json_str(json_get(v, words[i])));
}

void draft_any_error(struct draft *d, const struct json *v)
{
    const struct json *error = json_get(v, "error");

    if (json_type(error) == JSON_OBJECT || json_type(error) == JSON_STRING) {
        draft_error(d, error);
        if (d->error_word.n == 0) /* TGI: the word stands beside */
            d->error_word = arena_str(d->arena, json_str(json_get(v, "error_type")));
    } else {
        read_flat(d, v);
    }
}

/* No money or no allowance: waiting does not help. */
static bool is_billing(struct str word)
{
    static const char *const words[] = {"insufficient_quota", "credit_balance_exhausted",
        "organization_spend_limit_exceeded", "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded", "billing_hard_limit_reached", "billing_error"};

    return is_one_of(word, words, ARRAY_LEN(words));
}

enum outcome draft_status(const struct draft *d, long status, bool *ret_retry)
{
    enum outcome outcome = provider_status(status, ret_retry);

    if (d->withheld && status >= 400 && status < 500) {
        *ret_retry = false;
        return OUTCOME_CONTENT_FILTER;
    }
    if (is_billing(d->error_word))
        *ret_retry = false;
    return outcome;
}

enum outcome draft_failure(const struct draft *d, bool *ret_retry)
{
    if (d->error_code || d->withheld)
        return draft_status(d, d->error_code ? (long)d->error_code : 400, ret_retry);
    *ret_retry = !is_billing(d->error_word);
    return OUTCOME_PROVIDER_ERROR;
}
