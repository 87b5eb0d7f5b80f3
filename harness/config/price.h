/*
 * price.h - what a model's tokens cost: dated price rows, and the cost of a usage.
 *
 * A row (configs/prices.json, or the user's file named by the configuration key `prices`) says what
 * a model costs from a date on, in whole micro-dollars per million tokens. docs/PRICES.md is the
 * format. A price that is not known is an error wherever money is asked for, never 0.
 *
 * The cost of one call, exactly, with one rounding at its end (half up, to a micro-dollar):
 *   (uncached*input + cached*cache_read + write*cache_write_5m + visible*output +
 *    reasoning*reasoning) / 1,000,000 + per_request, all of it times batch_factor in a batch.
 * If the request's whole input is above a tier's `above_input`, the tier's prices hold for the
 * whole request; of several tiers the highest that it is above. A null cache_read or cache_write
 * costs as input, a null reasoning as output, of the same tier: what is not stated is charged in
 * full. Writes are those of five minutes, which is all that this program asks for.
 */
#ifndef HARNESS_CONFIG_PRICE_H
#define HARNESS_CONFIG_PRICE_H

#include "harness/base/outcome.h"
#include "harness/config/field.h"

/* Micro-dollars per million tokens; FIELD_NONE = null. */
struct price_rates {
    int64_t input, cache_read, cache_write_5m, cache_write_1h, output, reasoning;
};

struct price_tier {
    int64_t above_input; /* tokens of the whole input: uncached, cached and written */
    struct price_rates rates;
};

struct price {
    struct str id;             /* the name the provider knows */
    struct str_list aliases;   /* other names of the same */
    struct str provider;       /* p NULL: names stand for themselves, without "provider/" */
    struct str effective_from; /* "2026-11-23": holds for calls of this UTC day and later */
    struct str currency, unit;
    struct price_rates rates;
    int64_t per_request; /* micro-dollars */
    double batch_factor; /* NAN = no batch price is known */
    int64_t batch_millionths;
    struct object_list tiers; /* struct price_tier, ascending */
    struct str source_url, retrieved_at;
};

struct price_list {
    struct price *v;
    size_t n;
};

/* Rows of the program and rows of the user, which go before them. */
struct price_book {
    struct price_list shipped, own;
};

extern const char price_shipped_path[]; /* "configs/prices.json" */

/* Reads a JSON list of rows; `origin` names the text in messages. Refused are unknown keys, a row
 * without id, input or output, bad dates, tiers out of order, and two rows of one name and date. */
MUST_CHECK enum err_code price_read(struct str text, const char *origin, struct arena *arena,
    struct price_list *ret, struct err *err);
/* `own` is the user's file, or empty. */
MUST_CHECK enum err_code price_book_load(
    struct str own, struct arena *arena, struct price_book *ret, struct err *err);

/* Is `model` (a name of the configuration, "provider/name") the row's? */
bool price_is_of(const struct price *p, struct str model);
/* The row in force on `date` (YYYY-MM-DD): the user's latest that has begun, else the program's.
 * ERR_NOT_FOUND says which name or date has none and how to give one. */
MUST_CHECK enum err_code price_find(const struct price_book *book, struct str model,
    struct str date, const struct price **ret, struct err *err);

struct price_cost {
    int64_t uusd;
    bool known; /* false: a part of the usage is unknown, and uusd is what the rest costs */
};

/* Known if input and output tokens both are. Unknown cached or written tokens stand in uncached
 * ones and unknown reasoning in visible ones (outcome.h); the latter is only a lower bound where
 * reasoning costs more. ERR_USAGE: a batch without batch_factor; ERR_NUMBER: does not fit. */
MUST_CHECK enum err_code price_cost(
    const struct price *p, struct usage u, bool batch, struct price_cost *ret, struct err *err);

/* The same of an attempt: a refusal (a status outside 200 to 299) that reports no usage costs
 * nothing; an attempt without a status or with a success, and without usage, is unknown. */
MUST_CHECK enum err_code price_attempt(const struct price *p, struct usage u, long status,
    bool batch, struct price_cost *ret, struct err *err);

/* The rows as a JSON list, one row a line: what price_read reads. */
void price_write(struct buf *out, const struct price *rows, size_t n);

/* A row with every optional value null, as the importer starts one. */
void price_defaults(struct price *ret, struct arena *arena);
/* "YYYY-MM-DD" of a day that exists? */
bool price_date_ok(struct str date);

#endif
