/* job_price.c - rows for a run's models, kept with the run, and the sum over its attempts. */
#include "harness/cli/job_price.h"

#include "harness/base/clock.h"
#include "harness/config/model.h"
#include "harness/config/money.h"
#include "harness/plan/plan.h"
#include "harness/store/store_spend.h"

#include <stdlib.h>

static bool is_simulated(const struct model_config *m)
{
    struct model_place place;

    return model_place(m, &place, NULL) == OK && place.simulated;
}

enum err_code job_price_load(
    const struct config *config, struct arena *arena, struct job_price *ret, struct err *err)
{
    struct job_price prices = {.any = false};
    char now[24];
    struct str today = str_slice(str_c(clock_iso(clock_wall_ms(), now)), 0, 10);
    size_t n = 0;

    if (price_book_load(config->prices, arena, &prices.book, err))
        return err->code;
    while (plan_model(config, n))
        n++;
    prices.of = arena_array(arena, const struct price *, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct model_config *m = plan_model(config, i);
        struct err why = {0};
        if (price_find(&prices.book, m->name, today, &prices.of[i], &why) == OK) {
            prices.any = true;
            prices.simulated = prices.simulated || is_simulated(m);
        } else if (!is_simulated(m) && !prices.lack) {
            prices.lack = arena_cstr(arena, str_c(why.msg));
        }
    }
    *ret = prices;
    return OK;
}

const char *job_price_unknown(const struct job_price *prices)
{
    if (prices->lack)
        return prices->lack;
    return prices->any ? NULL : "only phantoms answer, and they cost no money";
}

enum err_code job_price_limit(const char *text, int64_t *ret, struct err *err)
{
    int64_t uusd = 0;
    bool exact = true;

    if (text && (!money_scaled(str_c(text), MONEY_DECIMALS, &uusd, &exact) || uusd <= 0 || !exact))
        return err_set(err, ERR_USAGE,
            "--max-cost %s: give dollars above 0 with at most six decimals, such as 2.50", text);
    *ret = uusd;
    return OK;
}

static bool is_of_run(const struct price *p, const struct config *config)
{
    for (size_t i = 0; plan_model(config, i); i++)
        if (price_is_of(p, plan_model(config, i)->name))
            return true;
    return false;
}

static enum err_code save_list(const struct price_list *list, const char *key,
    const struct config *config, struct store *store, struct err *err)
{
    struct price *rows = xcalloc(list->n + 1, sizeof *rows);
    struct buf text = BUF_INIT;
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        if (is_of_run(&list->v[i], config))
            rows[n++] = list->v[i];
    price_write(&text, rows, n);
    enum err_code code = store_meta_set(store, key, buf_str(&text), err);
    buf_release(&text);
    free(rows);
    return code;
}

enum err_code job_price_save(const struct job_price *prices, const struct config *config,
    struct store *store, struct err *err)
{
    if (save_list(&prices->book.own, "prices_own", config, store, err))
        return err->code;
    return save_list(&prices->book.shipped, "prices_shipped", config, store, err);
}

static enum err_code load_list(struct store *store, const char *key, struct arena *arena,
    struct price_list *ret, struct err *err)
{
    struct buf text = BUF_INIT;
    bool found = false;
    enum err_code code = store_meta_get(store, key, &text, &found, err);

    if (!code && found)
        code = price_read(buf_str(&text), key, arena, ret, err);
    buf_release(&text);
    return code;
}

struct spent {
    const struct config *config;
    struct price_book book;
    int64_t priced, unpriced, unknown; /* attempts */
    int64_t asleep_uusd, awake_uusd;
    bool simulated;
};

static enum err_code add_attempt(const struct store_spend *a, void *payload, struct err *err)
{
    struct spent *s = payload;
    const struct model_config *m = plan_model(s->config, (size_t)a->model);
    const struct price *price;
    struct price_cost cost;
    char time[24];

    if (!m)
        return err_set(
            err, ERR_INPUT, "the run's configuration has no model %lld", (long long)a->model);
    struct str day = str_slice(str_c(clock_iso(a->wall_ms, time)), 0, 10);
    if (price_find(&s->book, m->name, day, &price, NULL)) {
        s->unpriced += !is_simulated(m);
        return OK;
    }
    if (price_attempt(price, a->usage, a->status, a->batch, &cost, err))
        return err->code;
    s->priced++;
    s->unknown += !cost.known;
    s->simulated = s->simulated || is_simulated(m);
    *(a->asleep ? &s->asleep_uusd : &s->awake_uusd) += cost.uusd;
    return OK;
}

static void print_spent(const struct spent *s, struct buf *out)
{
    if (s->priced) {
        buf_puts(out, s->unknown || s->unpriced ? "spent: at least " : "spent: ");
        money_print(out, s->asleep_uusd + s->awake_uusd);
        buf_puts(out, " (asleep ");
        money_print(out, s->asleep_uusd);
        buf_puts(out, ", awake ");
        money_print(out, s->awake_uusd);
        buf_printf(out, ")%s\n", s->simulated ? ", simulated" : "");
    }
    if (s->unknown)
        buf_printf(out, "not counted: %lld attempts that did not say all they used\n",
            (long long)s->unknown);
    if (s->unpriced)
        buf_printf(out,
            "not counted: %lld attempts without a price; set prices and repeat the run, which asks "
            "nothing again\n",
            (long long)s->unpriced);
}

enum err_code job_price_spent(
    struct store *store, const struct config *config, struct buf *out, struct err *err)
{
    struct spent spent = {.config = config};
    struct arena arena = {0};
    enum err_code code = load_list(store, "prices_own", &arena, &spent.book.own, err);

    if (!code)
        code = load_list(store, "prices_shipped", &arena, &spent.book.shipped, err);
    if (!code)
        code = store_each_spend(store, add_attempt, &spent, err);
    if (!code)
        print_spent(&spent, out);
    arena_release(&arena);
    return code;
}
