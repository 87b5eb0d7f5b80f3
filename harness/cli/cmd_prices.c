/* cmd_prices.c - `sleepbench prices`: which prices are known, and a public table made into rows. */
#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/table.h"
#include "harness/cli/cmd_data.h"
#include "harness/cli/commands.h"
#include "harness/config/price_import.h"

#include <math.h>
#include <stdio.h>

enum { TABLE_BYTES_MOST = 64 << 20, MODELS_MOST = 64 };

static const char table_url[] =
    "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json";

static const struct command prices_list, prices_import;

/* `given`, or today (UTC) in a buffer of 24 bytes. */
static enum err_code read_date(const char *given, char *now, struct str *ret, struct err *err)
{
    *ret = given ? str_c(given) : str_slice(str_c(clock_iso(clock_wall_ms(), now)), 0, 10);
    if (!price_date_ok(*ret))
        return err_set(err, ERR_USAGE, "--date %s is not a day like 2026-11-23", given);
    return OK;
}

/* ---- list ------------------------------------------------------------------------------------ */

static const struct column columns[] = {
    {"model", "", COLUMN_STR, 0},
    {"from", "date", COLUMN_STR, 0},
    {"above_tok", "tokens", COLUMN_INT, 0},
    {"input", "USD/1M", COLUMN_NUM, 3},
    {"cached", "USD/1M", COLUMN_NUM, 3},
    {"write_5m", "USD/1M", COLUMN_NUM, 3},
    {"write_1h", "USD/1M", COLUMN_NUM, 3},
    {"output", "USD/1M", COLUMN_NUM, 3},
    {"reasoning", "USD/1M", COLUMN_NUM, 3},
    {"batch", "factor", COLUMN_NUM, 2},
    {"read_on", "date", COLUMN_STR, 0},
};

static void rate_cell(struct table *t, int64_t rate)
{
    if (rate == FIELD_NONE)
        table_missing(t);
    else
        table_num(t, (double)rate / 1e6);
}

/* A row, or a tier of it. */
static void add_rates(struct table *t, const struct price *p, struct str name, int64_t above,
    const struct price_rates *r)
{
    table_row(t);
    table_str(t, name);
    table_str(t, p->effective_from);
    if (above)
        table_int(t, above);
    else
        table_missing(t);
    rate_cell(t, r->input);
    rate_cell(t, r->cache_read);
    rate_cell(t, r->cache_write_5m);
    rate_cell(t, r->cache_write_1h);
    rate_cell(t, r->output);
    rate_cell(t, r->reasoning);
    table_num(t, p->batch_factor);
    if (p->retrieved_at.p)
        table_str(t, p->retrieved_at);
    else
        table_missing(t);
}

static void add_price(struct table *t, const struct price *p)
{
    const struct price_tier *tiers = p->tiers.v;
    struct buf name = BUF_INIT;

    buf_printf(&name, "%.*s%s%.*s", STR_ARG(p->provider), p->provider.p ? "/" : "", STR_ARG(p->id));
    add_rates(t, p, buf_str(&name), 0, &p->rates);
    for (size_t i = 0; i < p->tiers.n; i++)
        add_rates(t, p, buf_str(&name), tiers[i].above_input, &tiers[i].rates);
    buf_release(&name);
}

static void add_list(struct table *t, const struct price_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        add_price(t, &list->v[i]);
}

static enum err_code print_prices(const struct price_book *book, const char **models, size_t n,
    struct str date, bool json, struct err *err)
{
    struct table *t = table_new("prices", columns, ARRAY_LEN(columns));
    struct buf text = BUF_INIT;
    enum err_code code = OK;

    for (size_t i = 0; i < n && !code; i++) {
        const struct price *p;
        code = price_find(book, str_c(models[i]), date, &p, err);
        if (!code)
            add_price(t, p);
    }
    if (n == 0) {
        add_list(t, &book->own);
        add_list(t, &book->shipped);
    }
    if (!code) {
        table_print(t, json ? TABLE_JSONL : TABLE_TEXT, &text);
        cli_print(buf_str(&text));
    }
    buf_release(&text);
    table_free(t);
    return code;
}

static enum err_code run_list(int argc, char **argv, struct err *err)
{
    const char *file = "", *given = NULL, *models[MODELS_MOST];
    bool json = false;
    const struct option options[] = {
        {"--prices", OPTION_STR, &file, "FILE", "rows that go before the program's"},
        {"--date", OPTION_STR, &given, "DAY", "with MODEL: the price of this day (default today)"},
        {"--json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    };
    struct arena arena = {0};
    struct price_book book;
    struct str date;
    char now[24];
    size_t n;

    if (cli_wants_help(argc, argv, &prices_list, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), models, MODELS_MOST, &n, err) ||
        read_date(given, now, &date, err))
        return err->code;
    enum err_code code = price_book_load(str_c(file), &arena, &book, err);
    if (!code)
        code = print_prices(&book, models, n, date, json, err);
    arena_release(&arena);
    return code;
}

/* ---- import ---------------------------------------------------------------------------------- */

static void print_counts(const struct price_import_counts *c)
{
    cli_warn("%zu rows; left out: %zu that are not priced by text tokens, %zu at 0 for both "
             "(free or unknown), %zu second names",
        c->rows, c->other, c->free, c->repeated);
    if (c->rounded)
        cli_warn("%zu prices were rounded to a micro-dollar per million tokens", c->rounded);
    if (c->no_factor)
        cli_warn("%zu rows have batch prices that are no single factor: batch_factor is null there",
            c->no_factor);
}

static enum err_code import_file(const char *path, const struct price_import_options *o,
    const char *out, struct arena *arena, struct err *err)
{
    struct price_import_counts counts = {.rows = 0};
    struct price_list list = {NULL, 0};
    struct buf text = BUF_INIT;
    enum err_code code = file_read(path, TABLE_BYTES_MOST, &text, err);

    if (!code)
        code = price_import(buf_str(&text), o, arena, &list, &counts, err);
    if (!code) {
        buf_reset(&text);
        price_write(&text, list.v, list.n);
        code = data_write(out, buf_str(&text), err);
    }
    buf_release(&text);
    if (!code)
        print_counts(&counts);
    return code;
}

static enum err_code run_import(int argc, char **argv, struct err *err)
{
    const char *out = "-", *given = NULL, *source = table_url, *args[1];
    const struct option options[] = {
        {"--out", OPTION_STR, &out, "FILE", "file to write (default - for standard output)"},
        {"--date", OPTION_STR, &given, "DAY", "day the prices hold from (default today)"},
        {"--source", OPTION_STR, &source, "URL", "where the table is from (default LiteLLM's)"},
    };
    struct arena arena = {0};
    struct str date;
    char now[24];
    size_t n;

    if (cli_wants_help(argc, argv, &prices_import, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 1, &n, err) ||
        read_date(given, now, &date, err))
        return err->code;
    if (n != 1)
        return err_set(err, ERR_USAGE, "usage: sleepbench prices import FILE [options]");
    if (file_is_same(args[0], out))
        return err_set(err, ERR_USAGE, "--out %s is the table itself: name another file", out);
    struct price_import_options o = {args[0], date, str_c(source)};
    enum err_code code = import_file(args[0], &o, out, &arena, err);
    arena_release(&arena);
    return code;
}

static const struct command prices_list = {"prices list", "[MODEL..] [options]",
    "known prices, in dollars per million tokens", run_list, false};
static const struct command prices_import = {"prices import", "FILE [options]",
    "LiteLLM's table of prices as rows for the key prices", run_import, false};

static enum err_code run(int argc, char **argv, struct err *err)
{
    static const struct command *const actions[] = {&prices_list, &prices_import, NULL};

    return data_dispatch(&cmd_prices, actions, argc, argv, err);
}

const struct command cmd_prices = {
    "prices", "NAME [options]", "what models cost: list, import", run, false};
