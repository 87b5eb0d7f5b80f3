/*
 * price_import.c - reading a public price table; see price_import.h.
 *
 * The JSON reader keeps numbers as doubles, so the text is read a second time with every number
 * turned into a string: a mark, then the number's own digits.
 */
#include "harness/config/price_import.h"

#include "harness/base/json.h"
#include "harness/config/money.h"

#include <string.h>

enum { MILLION = 1000000, TIERS_MOST = 8, MARK = 1 /* no text of the table has a U+0001 */ };

struct import {
    const struct price_import_options *o;
    struct arena *arena;
    struct price_list list;
    struct price_import_counts counts;
};

/* Where a member's price goes in struct price_rates. */
static const struct {
    const char *name;
    size_t at;
} members[] = {
    {"input_cost_per_token", offsetof(struct price_rates, input)},
    {"output_cost_per_token", offsetof(struct price_rates, output)},
    {"output_cost_per_reasoning_token", offsetof(struct price_rates, reasoning)},
    {"cache_read_input_token_cost", offsetof(struct price_rates, cache_read)},
    {"cache_creation_input_token_cost", offsetof(struct price_rates, cache_write_5m)},
    {"cache_creation_input_token_cost_above_1hr", offsetof(struct price_rates, cache_write_1h)},
};

/* The table's names of providers where ours differ. */
static const struct {
    const char *theirs, *ours;
} providers[] = {
    {"together_ai", "together"},
    {"fireworks_ai", "fireworks"},
    {"text-completion-openai", "openai"},
};

/* ---- numbers by their own text --------------------------------------------------------------- */

static size_t number_end(struct str t, size_t i)
{
    while (i < t.n && (str_is_digit(t.p[i]) || memchr("+-.eE", t.p[i], 5)))
        i++;
    return i;
}

/* `text` is valid JSON. */
static void mark_numbers(struct str text, struct buf *out)
{
    bool in_string = false;

    for (size_t i = 0; i < text.n;) {
        size_t end = i + 1;
        char c = text.p[i];
        if (in_string && c == '\\')
            end++;
        else if (c == '"')
            in_string = !in_string;
        if (in_string || (c != '-' && !str_is_digit(c))) {
            buf_str_add(out, str_slice(text, i, end));
        } else {
            end = number_end(text, i);
            buf_puts(out, "\"\\u0001");
            buf_str_add(out, str_slice(text, i, end));
            buf_putc(out, '"');
        }
        i = end;
    }
}

static bool is_number(const struct json *v)
{
    struct str s = json_str(v);

    return s.n > 1 && s.p[0] == MARK;
}

static const char *kind_of(const struct json *v)
{
    return is_number(v) ? json_type_name(JSON_NUMBER) : json_type_name(json_type(v));
}

/* Dollars a token to micro-dollars per million; an absent or null member leaves *ret alone. */
static enum err_code read_price(
    struct import *im, struct str model, const struct json *v, int64_t *ret, struct err *err)
{
    int64_t price;
    bool exact;

    if (json_type(v) == JSON_ABSENT || json_type(v) == JSON_NULL)
        return OK;
    if (!is_number(v))
        return err_set(err, ERR_INPUT, "%s: \"%.*s\".%.*s must be a number, not %s", im->o->origin,
            STR_ARG(model), STR_ARG(json_key(v)), kind_of(v));
    struct str digits = str_from(json_str(v), 1);
    if (!money_scaled(digits, MONEY_PRICE_DECIMALS, &price, &exact) || price < 0 ||
        price > INT64_C(1000000000000000))
        return err_set(err, ERR_INPUT,
            "%s: \"%.*s\".%.*s is %.*s, which is no price of a token in dollars", im->o->origin,
            STR_ARG(model), STR_ARG(json_key(v)), STR_ARG(digits));
    im->counts.rounded += !exact;
    *ret = price;
    return OK;
}

static enum err_code read_str(const struct import *im, struct str model, const struct json *row,
    const char *key, struct str *ret, struct err *err)
{
    const struct json *v = json_get(row, key);

    *ret = (struct str){NULL, 0};
    if (json_type(v) == JSON_ABSENT || json_type(v) == JSON_NULL)
        return OK;
    if (json_type(v) != JSON_STRING || is_number(v))
        return err_set(err, ERR_INPUT, "%s: \"%.*s\".%s must be a string, not %s", im->o->origin,
            STR_ARG(model), key, kind_of(v));
    *ret = json_str(v);
    return OK;
}

/* ---- one row --------------------------------------------------------------------------------- */

/* "_above_272k_tokens" gives 272000; 0 if it is something else. */
static int64_t tier_of(struct str suffix)
{
    int64_t n = 0;
    size_t i = sizeof "_above_" - 1;

    if (!str_starts(suffix, STR("_above_")))
        return 0;
    for (; i < suffix.n && i < 14 && str_is_digit(suffix.p[i]); i++)
        n = n * 10 + (suffix.p[i] - '0');
    return str_eqc(str_from(suffix, i), "k_tokens") ? n * 1000 : 0;
}

static struct price_tier *tier_for(struct price_tier *tiers, size_t *n, int64_t above)
{
    size_t i = 0;

    while (i < *n && tiers[i].above_input < above)
        i++;
    if (i < *n && tiers[i].above_input == above)
        return &tiers[i];
    if (*n == TIERS_MOST)
        return NULL;
    memmove(&tiers[i + 1], &tiers[i], (*n - i) * sizeof *tiers);
    tiers[i] = (struct price_tier){
        above, {FIELD_NONE, FIELD_NONE, FIELD_NONE, FIELD_NONE, FIELD_NONE, FIELD_NONE}};
    ++*n;
    return &tiers[i];
}

/* A member of a row that is a price of the row or of one of its tiers. */
static enum err_code read_member(struct import *im, struct str model, const struct json *m,
    struct price *p, struct price_tier *tiers, struct err *err)
{
    struct str key = json_key(m);

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct price_rates *rates = &p->rates;
        if (!str_starts(key, str_c(members[i].name)))
            continue;
        struct str suffix = str_from(key, strlen(members[i].name));
        if (suffix.n) {
            int64_t above = tier_of(suffix);
            if (above == 0)
                continue; /* another member, or a service tier that we do not ask for */
            struct price_tier *t = tier_for(tiers, &p->tiers.n, above);
            if (!t)
                return err_set(err, ERR_INPUT, "%s: \"%.*s\".%.*s: more than %d tiers",
                    im->o->origin, STR_ARG(model), STR_ARG(key), TIERS_MOST);
            rates = &t->rates;
        }
        return read_price(im, model, m, (int64_t *)(void *)((char *)rates + members[i].at), err);
    }
    return OK;
}

/* A tier prices the whole request: what its row does not say of input and output stays the same. */
static void complete_tiers(struct price *p, struct price_tier *tiers, struct arena *arena)
{
    for (size_t i = 0; i < p->tiers.n; i++) {
        const struct price_rates *below = i ? &tiers[i - 1].rates : &p->rates;
        if (tiers[i].rates.input == FIELD_NONE)
            tiers[i].rates.input = below->input;
        if (tiers[i].rates.output == FIELD_NONE)
            tiers[i].rates.output = below->output;
    }
    p->tiers.v = arena_array(arena, struct price_tier, p->tiers.n + 1);
    memcpy(p->tiers.v, tiers, p->tiers.n * sizeof *tiers);
}

/* Is batch / price the same for input and output, and a decimal of six places? */
static enum err_code read_batch(
    struct import *im, struct str model, const struct json *row, struct price *p, struct err *err)
{
    int64_t in = FIELD_NONE, out = FIELD_NONE;
    const struct price_rates *r = &p->rates;

    if (read_price(im, model, json_get(row, "input_cost_per_token_batches"), &in, err) ||
        read_price(im, model, json_get(row, "output_cost_per_token_batches"), &out, err))
        return err->code;
    if (in == FIELD_NONE && out == FIELD_NONE)
        return OK;
    int64_t price = r->output ? r->output : r->input, batch = r->output ? out : in;
    __int128 millionths = (__int128)batch * MILLION;
    bool whole = in != FIELD_NONE && out != FIELD_NONE && batch > 0 && batch <= price &&
                 millionths % price == 0 && (__int128)in * price == (__int128)r->input * batch &&
                 (__int128)out * price == (__int128)r->output * batch;
    im->counts.no_factor += !whole;
    if (whole) {
        p->batch_millionths = (int64_t)(millionths / price);
        p->batch_factor = (double)p->batch_millionths / MILLION;
    }
    return OK;
}

/* Provider by our name, and the id without the prefix that repeats the table's. */
static void name_row(struct import *im, struct str model, struct str provider, struct price *p)
{
    size_t n = provider.n;

    if (provider.p && model.n > n + 1 && str_starts(model, provider) && model.p[n] == '/')
        model = str_from(model, n + 1);
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (str_eqc(provider, providers[i].theirs))
            provider = str_c(providers[i].ours);
    p->id = arena_str(im->arena, model);
    p->provider = provider.n ? arena_str(im->arena, provider) : (struct str){NULL, 0};
    p->effective_from = im->o->date;
    p->retrieved_at = im->o->date;
    p->source_url = im->o->source_url;
}

static bool is_text_mode(struct str mode)
{
    return !mode.p || str_eqc(mode, "chat") || str_eqc(mode, "completion") ||
           str_eqc(mode, "responses");
}

/* `prefixed`: the name stands in the table as provider/name, which is the name that we use too. */
static void keep_row(struct import *im, const struct price *p, bool prefixed)
{
    for (size_t i = 0; i < im->list.n; i++) {
        struct price *q = &im->list.v[i];
        if (!str_eq(q->id, p->id) || !str_eq(q->provider, p->provider))
            continue;
        im->counts.repeated++;
        if (prefixed)
            *q = *p;
        return;
    }
    im->list.v[im->list.n++] = *p;
}

static enum err_code import_row(struct import *im, const struct json *row, struct err *err)
{
    struct str model = json_key(row), mode, provider;
    struct price_tier tiers[TIERS_MOST];
    struct price p;

    if (model.n == 0)
        return err_set(err, ERR_INPUT, "%s: a row has no name (\"\")", im->o->origin);
    if (json_type(row) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "%s: \"%.*s\" must be an object, not %s", im->o->origin,
            STR_ARG(model), kind_of(row));
    if (read_str(im, model, row, "mode", &mode, err) ||
        read_str(im, model, row, "litellm_provider", &provider, err))
        return err->code;
    price_defaults(&p, im->arena);
    if (is_text_mode(mode)) {
        for (const struct json *m = json_first(row); m; m = json_next(m))
            if (read_member(im, model, m, &p, tiers, err))
                return err->code;
        if (read_batch(im, model, row, &p, err))
            return err->code;
    }
    if (p.rates.input == FIELD_NONE || p.rates.output == FIELD_NONE) {
        im->counts.other++;
    } else if (p.rates.input == 0 && p.rates.output == 0) {
        im->counts.free++;
    } else {
        complete_tiers(&p, tiers, im->arena);
        name_row(im, model, provider, &p);
        keep_row(im, &p, p.id.n < model.n);
    }
    return OK;
}

static enum err_code import_rows(struct import *im, const struct json *doc, struct err *err)
{
    if (json_type(doc) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "%s: the table is an object by model name, not %s",
            im->o->origin, kind_of(doc));
    im->list.v = arena_array(im->arena, struct price, json_len(doc) + 1);
    for (const struct json *row = json_first(doc); row; row = json_next(row))
        if (!str_eqc(json_key(row), "sample_spec") && import_row(im, row, err))
            return err->code;
    im->counts.rows = im->list.n;
    if (im->list.n == 0)
        return err_set(err, ERR_INPUT,
            "%s: no row prices input_cost_per_token and "
            "output_cost_per_token of a text model",
            im->o->origin);
    return OK;
}

enum err_code price_import(struct str text, const struct price_import_options *options,
    struct arena *arena, struct price_list *ret, struct price_import_counts *ret_counts,
    struct err *err)
{
    struct import im = {.o = options, .arena = arena};
    struct buf marked = BUF_INIT;
    struct json *doc;

    if (json_parse(text, JSON_STRICT, &doc, err)) /* for messages with the file's own lines */
        return err_wrap(err, "%s", options->origin);
    json_free(doc);
    mark_numbers(text, &marked);
    enum err_code code = json_parse(buf_str(&marked), JSON_STRICT, &doc, err);
    buf_release(&marked);
    if (code)
        return err_wrap(err, "%s", options->origin);
    code = import_rows(&im, doc, err);
    json_free(doc);
    if (!code) {
        *ret = im.list;
        *ret_counts = im.counts;
    }
    return code;
}
