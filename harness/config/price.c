/* price.c - reading, finding and applying price rows; see price.h for the rules. */
#include "harness/config/price.h"

#include "harness/base/data.h"
#include "harness/base/file.h"
#include "harness/base/json.h"

#include <math.h>

enum { MILLION = 1000000, FILE_MOST = 64 << 20 };

/* A rate of a billion dollars per million tokens is a mistake, and products stay below 2^127. */
#define RATE_MOST 1e15
#define TOKENS_MOST (INT64_C(1) << 53)

typedef __int128 wide;

const char price_shipped_path[] = "configs/prices.json";

#define RATE(type, name, help)                                                                     \
    {                                                                                              \
#name, FIELD_INT, offsetof(struct type, rates.name), "null", 0, RATE_MOST, NULL, help,     \
            true, NULL                                                                             \
    }
#define RATES(type)                                                                                \
    RATE(type, input, "uncached input"), RATE(type, cache_read, "input read from a cache"),        \
        RATE(type, cache_write_5m, "input written to a cache for five minutes"),                   \
        RATE(type, cache_write_1h, "input written to a cache for an hour"),                        \
        RATE(type, output, "output"), RATE(type, reasoning, "reasoning; null = output's")
#define TEXT(name, member, fallback, help)                                                         \
    {                                                                                              \
        name, FIELD_STR, offsetof(struct price, member), fallback, 0, 0, NULL, help, true, NULL    \
    }

static const struct field tier_fields[] = {
    {"above_input", FIELD_INT, offsetof(struct price_tier, above_input), "null", 1, 1e12, NULL,
        "tokens of input above which the tier holds", true, NULL},
    RATES(price_tier),
};

static const struct field_table tier_table = {
    "price tier", tier_fields, ARRAY_LEN(tier_fields), sizeof(struct price_tier), NULL};

static const struct field price_fields[] = {
    TEXT("id", id, "null", "the model's name"),
    {"aliases", FIELD_STRS, offsetof(struct price, aliases), "[]", 0, 0, NULL, "other names", true,
        NULL},
    TEXT("provider", provider, "null", "what stands before the name"),
    TEXT("effective_from", effective_from, "null", "first day of the price"),
    {"currency", FIELD_CHOICE, offsetof(struct price, currency), "\"USD\"", 0, 0, "USD", "currency",
        true, NULL},
    {"unit", FIELD_CHOICE, offsetof(struct price, unit), "\"1M\"", 0, 0, "1M",
        "tokens that a price is for", true, NULL},
    RATES(price),
    {"per_request", FIELD_INT, offsetof(struct price, per_request), "0", 0, RATE_MOST, NULL,
        "micro-dollars of every request", true, NULL},
    {"batch_factor", FIELD_NUM, offsetof(struct price, batch_factor), "null", 0, 1, NULL,
        "what a batch costs of it", true, NULL},
    {"tiers", FIELD_LIST, offsetof(struct price, tiers), "[]", 0, 0, NULL,
        "prices of requests with long inputs", true, &tier_table},
    TEXT("source_url", source_url, "null", "where the price stands"),
    TEXT("retrieved_at", retrieved_at, "null", "day it was read there"),
};

static const struct field_table price_table = {
    "price", price_fields, ARRAY_LEN(price_fields), sizeof(struct price), NULL};

static const struct price_tier *tier_at(const struct price *p, size_t i)
{
    return (const struct price_tier *)p->tiers.v + i;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int digits_at(struct str s, size_t at, size_t n)
{
    int v = 0;

    for (size_t i = at; i < at + n; i++) {
        if (!str_is_digit(s.p[i]))
            return -1;
        v = v * 10 + (s.p[i] - '0');
    }
    return v;
}

bool price_date_ok(struct str date)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (date.n != 10 || date.p[4] != '-' || date.p[7] != '-')
        return false;
    int year = digits_at(date, 0, 4), month = digits_at(date, 5, 2), day = digits_at(date, 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

static enum err_code need_date(struct str date, const char *path, const char *key, struct err *err)
{
    if (price_date_ok(date))
        return OK;
    return err_set(err, ERR_USAGE, "%s.%s is %s%.*s%s, not a day like \"2026-11-23\"", path, key,
        date.p ? "\"" : "", STR_ARG(date.p ? date : STR("missing")), date.p ? "\"" : "");
}

static enum err_code need_rates(const struct price_rates *r, const char *path, struct err *err)
{
    if (r->input == FIELD_NONE || r->output == FIELD_NONE)
        return err_set(err, ERR_USAGE,
            "%s.%s is missing: give micro-dollars per million tokens (3000000 is $3)", path,
            r->input == FIELD_NONE ? "input" : "output");
    return OK;
}

static enum err_code check_tiers(const struct price *p, const char *path, struct err *err)
{
    int64_t before = 0;

    for (size_t i = 0; i < p->tiers.n; i++) {
        const struct price_tier *t = tier_at(p, i);
        struct buf at = BUF_INIT;
        buf_printf(&at, "%s.tiers[%zu]", path, i);
        enum err_code code = need_rates(&t->rates, buf_cstr(&at), err);
        if (!code && t->above_input <= before)
            code = err_set(err, ERR_USAGE, "%s.above_input must be %s", buf_cstr(&at),
                t->above_input == FIELD_NONE ? "given" : "above that of the tier before");
        buf_release(&at);
        if (code)
            return code;
        before = t->above_input;
    }
    return OK;
}

static enum err_code check_row(struct price *p, const char *path, struct err *err)
{
    if (p->id.n == 0)
        return err_set(err, ERR_USAGE, "%s.id is missing", path);
    if (need_date(p->effective_from, path, "effective_from", err) ||
        (p->retrieved_at.p && need_date(p->retrieved_at, path, "retrieved_at", err)) ||
        need_rates(&p->rates, path, err) || check_tiers(p, path, err))
        return err->code;
    if (p->per_request == FIELD_NONE)
        return err_set(err, ERR_USAGE, "%s.per_request is null: write 0", path);
    if (isnan(p->batch_factor))
        return OK;
    p->batch_millionths = llround(p->batch_factor * MILLION);
    if (p->batch_millionths == 0 ||
        fabs(p->batch_factor * MILLION - (double)p->batch_millionths) > 1e-6)
        return err_set(err, ERR_USAGE,
            "%s.batch_factor must be above 0, at most 1, with six decimals at most", path);
    return OK;
}

/* The i-th name of a row: its id, then its aliases; p NULL behind the last. */
static struct str name_at(const struct price *p, size_t i)
{
    if (i == 0)
        return p->id;
    return i <= p->aliases.n ? p->aliases.v[i - 1] : (struct str){NULL, 0};
}

static bool has_name(const struct price *p, struct str name)
{
    for (size_t i = 0; name_at(p, i).p; i++)
        if (str_eq(name_at(p, i), name))
            return true;
    return false;
}

/* Two rows that would both be right: the file has to say which. */
static enum err_code check_distinct(
    const struct price_list *list, size_t i, const char *origin, struct err *err)
{
    const struct price *p = &list->v[i];

    for (size_t j = 0; j < i; j++) {
        const struct price *q = &list->v[j];
        if (!str_eq(p->effective_from, q->effective_from) || !str_eq(p->provider, q->provider))
            continue;
        for (size_t k = 0; name_at(p, k).p; k++)
            if (has_name(q, name_at(p, k)))
                return err_set(err, ERR_USAGE,
                    "%s: rows [%zu] and [%zu] both price \"%.*s\" from %.*s", origin, j, i,
                    STR_ARG(name_at(p, k)), STR_ARG(p->effective_from));
    }
    return OK;
}

void price_defaults(struct price *ret, struct arena *arena)
{
    field_defaults(&price_table, ret, arena);
}

static enum err_code read_rows(const struct json *doc, const char *origin, struct arena *arena,
    struct price_list *ret, struct err *err)
{
    struct price_list list = {arena_array(arena, struct price, json_len(doc) + 1), 0};

    if (json_type(doc) != JSON_ARRAY)
        return err_set(err, ERR_USAGE, "%s: prices are a list of rows, not %s", origin,
            json_type_name(json_type(doc)));
    for (const struct json *row = json_first(doc); row; row = json_next(row)) {
        const char *path = arena_printf(arena, "[%zu]", list.n);
        struct price *p = &list.v[list.n];
        price_defaults(p, arena);
        if (field_load(&price_table, p, row, path, arena, err) || check_row(p, path, err))
            return err_wrap(err, "%s", origin);
        if (check_distinct(&list, list.n, origin, err))
            return err->code;
        list.n++;
    }
    *ret = list;
    return OK;
}

enum err_code price_read(struct str text, const char *origin, struct arena *arena,
    struct price_list *ret, struct err *err)
{
    struct json *doc;

    if (json_parse(text, JSON_STRICT, &doc, err)) {
        err->code = ERR_USAGE;
        return err_wrap(err, "%s", origin);
    }
    enum err_code code = read_rows(doc, origin, arena, ret, err);
    json_free(doc);
    return code;
}

enum err_code price_book_load(
    struct str own, struct arena *arena, struct price_book *ret, struct err *err)
{
    struct price_book book = {{NULL, 0}, {NULL, 0}};
    struct buf text = BUF_INIT;
    enum err_code code = data_read(price_shipped_path, &text, err);

    if (!code)
        code = price_read(buf_str(&text), price_shipped_path, arena, &book.shipped, err);
    if (!code && own.n) {
        const char *path = arena_cstr(arena, own);
        buf_reset(&text);
        code = file_read(path, FILE_MOST, &text, err) ? err_wrap(err, "prices") : OK;
        if (!code)
            code = price_read(buf_str(&text), path, arena, &book.own, err);
    }
    buf_release(&text);
    if (!code)
        *ret = book;
    return code;
}

/* ---- finding --------------------------------------------------------------------------------- */

bool price_is_of(const struct price *p, struct str model)
{
    size_t n = p->provider.n;

    if (!p->provider.p)
        return has_name(p, model);
    return model.n > n && str_starts(model, p->provider) && model.p[n] == '/' &&
           has_name(p, str_from(model, n + 1));
}

/* The latest row that has begun on `date`; *ret_first is the earliest of those that have not. */
static const struct price *latest(
    const struct price_list *list, struct str model, struct str date, struct str *ret_first)
{
    const struct price *best = NULL;

    for (size_t i = 0; i < list->n; i++) {
        const struct price *p = &list->v[i];
        if (!price_is_of(p, model))
            continue;
        if (str_cmp(p->effective_from, date) > 0) {
            if (!ret_first->p || str_cmp(p->effective_from, *ret_first) < 0)
                *ret_first = p->effective_from;
        } else if (!best || str_cmp(p->effective_from, best->effective_from) > 0) {
            best = p;
        }
    }
    return best;
}

enum err_code price_find(const struct price_book *book, struct str model, struct str date,
    const struct price **ret, struct err *err)
{
    struct str first = {NULL, 0};
    const struct price *p = latest(&book->own, model, date, &first);

    if (!p)
        p = latest(&book->shipped, model, date, &first);
    if (!p && first.p)
        return err_set(err, ERR_NOT_FOUND,
            "the first price of \"%.*s\" begins on %.*s, after %.*s: give an earlier one in a file "
            "named by the key prices (docs/PRICES.md)",
            STR_ARG(model), STR_ARG(first), STR_ARG(date));
    if (!p)
        return err_set(err, ERR_NOT_FOUND,
            "no price of \"%.*s\" is known: give one in a file named by the key prices "
            "(docs/PRICES.md; `sleepbench prices import` makes one of a public table)",
            STR_ARG(model));
    *ret = p;
    return OK;
}

/* ---- cost ------------------------------------------------------------------------------------ */

static int64_t or_else(int64_t rate, int64_t other)
{
    return rate == FIELD_NONE ? other : rate;
}

static const struct price_rates *rates_for(const struct price *p, int64_t input)
{
    const struct price_rates *r = &p->rates;

    for (size_t i = 0; i < p->tiers.n && input > tier_at(p, i)->above_input; i++)
        r = &tier_at(p, i)->rates;
    return r;
}

enum err_code price_cost(
    const struct price *p, struct usage u, bool batch, struct price_cost *ret, struct err *err)
{
    const struct price_rates *r = rates_for(p, usage_in(u));
    int64_t reasoning = or_else(r->reasoning, r->output);
    int64_t write = or_else(r->cache_write_5m, r->input);
    int64_t hour = u.in_write_1h < 0 ? 0 : u.in_write_1h < u.in_write ? u.in_write_1h : u.in_write;
    const struct {
        int64_t tokens, rate;
    } parts[] = {
        {u.in_uncached, r->input},
        {u.in_cached, or_else(r->cache_read, r->input)},
        {hour > 0 ? u.in_write - hour : u.in_write, write},
        {hour, or_else(r->cache_write_1h, write)},
        {u.out_visible, r->output},
        {u.out_reasoning, reasoning},
    };
    wide sum = (wide)p->per_request * MILLION, unit = MILLION;

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].tokens > TOKENS_MOST)
            return err_set(err, ERR_NUMBER, "a usage of more than 2^53 tokens has no cost");
        if (parts[i].tokens > 0)
            sum += (wide)parts[i].tokens * parts[i].rate;
    }
    if (batch && p->batch_millionths == 0)
        return err_set(err, ERR_USAGE,
            "no batch price of \"%.*s\" is known: give its row a batch_factor (docs/PRICES.md)",
            STR_ARG(p->id));
    if (batch) {
        sum *= p->batch_millionths;
        unit *= MILLION;
    }
    sum = (sum + unit / 2) / unit;
    if (sum > INT64_MAX)
        return err_set(err, ERR_NUMBER, "a cost above 2^63 micro-dollars does not fit");
    ret->uusd = (int64_t)sum;
    ret->known =
        usage_in(u) >= 0 && usage_out(u) >= 0 && (u.out_reasoning >= 0 || reasoning <= r->output);
    return OK;
}

enum err_code price_attempt(const struct price *p, struct usage u, long status, bool batch,
    struct price_cost *ret, struct err *err)
{
    if (usage_in(u) >= 0 || usage_out(u) >= 0)
        return price_cost(p, u, batch, ret, err);
    *ret = (struct price_cost){0, status != 0 && (status < 200 || status > 299)};
    return OK;
}

void price_write(struct buf *out, const struct price *rows, size_t n)
{
    buf_puts(out, "[");
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        field_print(&price_table, &rows[i], out);
    }
    buf_puts(out, "\n]\n");
}
