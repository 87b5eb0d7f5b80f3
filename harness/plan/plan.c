/* plan.c - arms x levels x queries x samples x repeats into tasks; see plan.h. */
#include "harness/plan/plan.h"

#include "harness/config/budget.h"
#include "harness/config/model.h"
#include "harness/plan/task_id.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sleep tasks of one sleep configuration: key and id of every (context, repeat, j). */
struct sleep_set {
    int64_t key, model, level, most; /* most: largest k of any arm */
    double temperature;
    struct digest *ids;
};

struct planner {
    const struct config *c;
    const struct split_list *splits;
    const struct prompts *prompts;
    const struct plan_sink *sink;
    struct arena arena;
    struct task_id *ids;
    struct sleep_set *sleeps;
    size_t nsleeps;
    int64_t *contexts;
    uint32_t **queries; /* keys, by split and query */
};

/* An arm of one model with one k, ready to make cells. */
struct series {
    const struct arm_config *arm;
    struct sleep_set *sleep; /* NULL: no learned context */
    int64_t key, k, samples;
    size_t model;
    enum prompt_form form;
    double temperature;
    bool lowest_only;
};

const struct model_config *plan_model(const struct config *c, size_t i)
{
    if (i < c->models.n)
        return config_model(c, i);
    i -= c->models.n;
    return i < c->sleep_models.n ? (const struct model_config *)c->sleep_models.v + i : NULL;
}

struct str plan_endpoint(const struct model_place *place)
{
    return place->phantom ? STR("phantom") : place->base_url;
}

static int64_t amount_of(int64_t level, enum budget_kind kind, int64_t otherwise)
{
    return budget_kind_of(level) == kind ? budget_amount(level) : otherwise;
}

int64_t plan_steps(const struct config *c, bool asleep, int64_t level)
{
    return amount_of(level, BUDGET_STEPS, asleep ? c->rethink_calls : 1);
}

void plan_system(const struct config *c, const struct prompts *p, bool asleep,
    enum prompt_form form, int64_t level, struct buf *out)
{
    if (asleep)
        prompt_asleep(p, plan_steps(c, true, level), c->memory_chars, out);
    else if (form == FORM_SCORE)
        return; /* context and query stand alone in such a request */
    else if (form == FORM_QUESTIONS)
        prompt_questions(p, c->make_queries_count, out);
    else
        prompt_awake(p, form, level, out);
}

static bool arm_sleeps(const struct arm_config *arm)
{
    return str_eqc(arm->method, "sleep_time") || arm->with_learned;
}

static int64_t arm_largest_k(const struct arm_config *arm)
{
    int64_t most = 1;

    for (size_t i = 0; i < arm->k.n; i++)
        most = arm->k.v[i] > most ? arm->k.v[i] : most;
    return most;
}

static size_t sleep_model_index(const struct config *c, const struct arm_config *arm, size_t model)
{
    if (!arm->sleep_model.p)
        return model;
    for (size_t i = c->models.n; plan_model(c, i); i++)
        if (str_eq(plan_model(c, i)->name, arm->sleep_model))
            return i;
    BUG("config_check let an unknown sleep model pass");
}

static const char *temperature_text(struct planner *p, double temperature)
{
    return temperature < 0 ? "unsent" : arena_printf(&p->arena, "%g", temperature);
}

/* A budget of sleep in names: "", or what stands before it and its text. */
static const char *sleep_level_text(struct planner *p, const char *before, int64_t level)
{
    struct buf b = BUF_INIT;

    if (level == LEVEL_NONE)
        return "";
    buf_puts(&b, before);
    budget_level_print(level, &b);
    const char *text = arena_cstr(&p->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

/* Finds or makes the sleep configuration that an arm of a model needs at a sleep budget. */
static enum err_code sleep_for(struct planner *p, const struct arm_config *arm, size_t model,
    int64_t level, struct sleep_set **ret, struct err *err)
{
    size_t asleep = sleep_model_index(p->c, arm, model);
    double temperature = config_sleep_temperature(p->c, arm);
    int64_t k = arm_largest_k(arm);

    for (size_t i = 0; i < p->nsleeps; i++) {
        struct sleep_set *s = &p->sleeps[i];
        if (s->model == (int64_t)asleep && s->temperature == temperature && s->level == level) {
            s->most = k > s->most ? k : s->most;
            *ret = s;
            return OK;
        }
    }
    struct sleep_set *s = &p->sleeps[p->nsleeps++];
    *s = (struct sleep_set){
        .model = (int64_t)asleep, .temperature = temperature, .level = level, .most = k};
    struct plan_sleep ps = {
        .name =
            arena_printf(&p->arena, "%.*s asleep T=%s%s", STR_ARG(plan_model(p->c, asleep)->name),
                temperature_text(p, temperature), sleep_level_text(p, " ", level)),
        .model = (int64_t)asleep,
        .temperature = temperature,
        .level = level,
    };
    *ret = s;
    return p->sink->sleep(p->sink->payload, &ps, &s->key, err);
}

static enum err_code sleeps_of_arm(
    struct planner *p, const struct arm_config *arm, size_t model, struct err *err)
{
    const struct int_list *levels = config_sleep_levels(p->c, arm);
    struct sleep_set *s;

    for (size_t i = 0; arm_sleeps(arm) && i < levels->n; i++)
        if (sleep_for(p, arm, model, levels->v[i], &s, err))
            return err->code;
    return OK;
}

/* Makes sure that every sleep configuration knows its largest k before any sleep is planned. */
static enum err_code collect_sleeps(struct planner *p, struct err *err)
{
    size_t most = 0;

    for (size_t a = 0; a < p->c->arms.n; a++)
        most += config_sleep_levels(p->c, config_arm(p->c, a))->n;
    p->sleeps = arena_array(&p->arena, struct sleep_set, p->c->models.n * most + 1);
    for (size_t m = 0; m < p->c->models.n; m++)
        for (size_t a = 0; a < p->c->arms.n; a++)
            if (sleeps_of_arm(p, config_arm(p->c, a), m, err))
                return err->code;
    return OK;
}

static enum err_code put_contexts(struct planner *p, struct err *err)
{
    p->contexts = arena_array(&p->arena, int64_t, p->splits->n);
    p->queries = arena_array(&p->arena, uint32_t *, p->splits->n);
    for (size_t i = 0; i < p->splits->n; i++) {
        const struct split *s = &p->splits->v[i];
        if (p->sink->context(p->sink->payload, s, &p->contexts[i], err))
            return err->code;
        p->queries[i] = arena_array(&p->arena, uint32_t, s->nqueries);
        for (size_t q = 0; q < s->nqueries; q++) {
            int64_t key;
            if (p->sink->query(p->sink->payload, p->contexts[i], s, &s->queries[q], &key, err))
                return err->code;
            if (key > UINT32_MAX)
                return err_set(err, ERR_LIMIT, "more than %u queries in one run", UINT32_MAX);
            p->queries[i][q] = (uint32_t)key;
        }
    }
    return OK;
}

static struct digest *sleep_id(
    struct planner *p, struct sleep_set *s, size_t split, int64_t repeat, int64_t j)
{
    size_t i = (split * (size_t)p->c->repeats + (size_t)repeat) * (size_t)s->most + (size_t)j;

    return &s->ids[i];
}

static enum err_code put_sleep_tasks(struct planner *p, struct sleep_set *s, struct err *err)
{
    struct plan_variant v = {
        .asleep = true,
        .model = s->model,
        .temperature = s->temperature,
        .level = s->level,
        .max_tokens = amount_of(s->level, BUDGET_MAX_TOKENS, p->c->max_tokens_sleep),
        .sleep = s->key,
        .name = arena_printf(&p->arena, "sleep %lld", (long long)s->key),
    };
    struct plan_task t = {.asleep = true, .sleep = s->key};
    int64_t key;

    if (p->sink->variant(p->sink->payload, &v, &t.variant, err) || task_id_asleep(p->ids, &v, err))
        return err->code;
    s->ids = arena_array(
        &p->arena, struct digest, p->splits->n * (size_t)p->c->repeats * (size_t)s->most);
    for (size_t i = 0; i < p->splits->n; i++)
        for (t.repeat = 0; t.repeat < p->c->repeats; t.repeat++)
            for (t.sample = 0; t.sample < s->most; t.sample++) {
                t.context = p->contexts[i];
                t.id = task_id_of_sleep(p->ids, p->splits->v[i].context, t.sample, t.repeat);
                t.seed = task_id_seed(p->ids, t.id);
                *sleep_id(p, s, i, t.repeat, t.sample) = t.id;
                if (p->sink->task(p->sink->payload, &t, &key, err))
                    return err->code;
            }
    return OK;
}

static enum prompt_form form_of(const struct config *c, const struct arm_config *arm)
{
    if (str_eqc(arm->method, "context_only"))
        return arm->with_learned ? FORM_GUESS_MEMORY : FORM_GUESS;
    if (str_eqc(arm->method, "make_queries"))
        return FORM_QUESTIONS;
    if (str_eqc(arm->method, "score"))
        return FORM_SCORE;
    if (str_eqc(arm->method, "sleep_time"))
        return str_eqc(c->context_mode, "replace") ? FORM_REPLACE : FORM_MEMORY;
    return str_eqc(c->baseline_prompt, "same") ? FORM_MEMORY : FORM_PLAIN;
}

/* "phantom/small sleep_time k=5", with whatever else tells it from its neighbours. */
static const char *arm_name(struct planner *p, const struct series *s)
{
    struct buf b = BUF_INIT;
    const struct arm_config *arm = s->arm;

    buf_printf(&b, "%.*s %.*s%s", STR_ARG(config_model(p->c, s->model)->name), STR_ARG(arm->method),
        arm->with_learned ? " with_learned" : "");
    if (s->sleep)
        buf_printf(&b, " k=%lld", (long long)s->k);
    if (arm->sleep_model.p)
        buf_printf(&b, " sleep=%.*s", STR_ARG(arm->sleep_model));
    if (s->sleep)
        buf_puts(&b, sleep_level_text(p, arm->sleep_model.p ? "," : " sleep=", s->sleep->level));
    if (!isnan(arm->sleep_temperature) && arm->with_learned)
        buf_printf(&b, " sleepT=%g", arm->sleep_temperature);
    if (!isnan(arm->temperature) && arm->temperature != p->c->temperature &&
        !str_eqc(arm->method, "pass_at_k"))
        buf_printf(&b, " T=%g", arm->temperature);
    size_t same = 0;
    for (size_t i = 0; config_arm(p->c, i) != arm; i++)
        same += str_eq(config_arm(p->c, i)->method, arm->method) &&
                config_arm(p->c, i)->with_learned == arm->with_learned;
    if (same)
        buf_printf(&b, " #%zu", same + 1);
    const char *name = arena_cstr(&p->arena, buf_str(&b));
    buf_release(&b);
    return name;
}

static enum err_code put_arm(struct planner *p, struct series *s, struct err *err)
{
    struct buf list = BUF_INIT;
    struct model_place place;

    if (model_place(config_model(p->c, s->model), &place, err))
        return err->code;
    for (size_t i = 0; i < s->arm->k.n; i++)
        buf_printf(&list, "%s%lld", i ? "," : "", (long long)s->arm->k.v[i]);
    struct plan_arm a = {
        .name = arm_name(p, s),
        .method = arena_cstr(&p->arena, s->arm->method),
        .model = arena_cstr(&p->arena, config_model(p->c, s->model)->name),
        .sleep_model =
            s->sleep ? arena_cstr(&p->arena, plan_model(p->c, (size_t)s->sleep->model)->name) : "",
        .k = s->sleep ? s->k : 0,
        .samples = s->samples,
        .sleep = s->sleep ? s->sleep->key : 0,
        .k_list = str_eqc(s->arm->method, "pass_at_k") ? buf_cstr(&list) : "",
        .simulated = place.simulated,
    };
    enum err_code code = p->sink->arm(p->sink->payload, &a, &s->key, err);
    buf_release(&list);
    return code;
}

/* One query under one variant: its task (maybe shared) and its cell, for all samples and repeats.
 */
static enum err_code put_query(struct planner *p, const struct series *s, size_t split, size_t q,
    struct plan_task *t, int64_t level, struct err *err)
{
    const struct split *sp = &p->splits->v[split];
    bool has_query = prompt_form_has_query(s->form);
    struct str text = has_query ? sp->queries[q].text : STR("");
    struct plan_cell cell = {.arm = s->key, .level = level, .query = p->queries[split][q]};

    t->context = p->contexts[split];
    t->query = has_query ? cell.query : 0;
    for (t->repeat = 0; t->repeat < p->c->repeats; t->repeat++)
        for (t->sample = 0; t->sample < s->samples; t->sample++) {
            const struct digest *learned =
                s->sleep ? sleep_id(p, s->sleep, split, t->repeat, 0) : NULL;
            t->id = task_id_of_answer(
                p->ids, sp->context, text, learned, (size_t)t->k, t->sample, t->repeat);
            t->seed = task_id_seed(p->ids, t->id);
            if (p->sink->task(p->sink->payload, t, &cell.task, err))
                return err->code;
            cell.repeat = t->repeat;
            cell.sample = t->sample;
            if (p->sink->cell(p->sink->payload, &cell, err))
                return err->code;
        }
    return OK;
}

static enum err_code put_level(
    struct planner *p, const struct series *s, int64_t level, struct err *err)
{
    struct plan_variant v = {
        .model = (int64_t)s->model,
        .form = s->form,
        .level = level,
        .temperature = s->temperature,
        .max_tokens = s->form == FORM_SCORE
                          ? FIELD_NONE
                          : amount_of(level, BUDGET_MAX_TOKENS, p->c->max_tokens_test),
        .sleep = s->sleep ? s->sleep->key : 0,
        .k = s->sleep ? s->k : 0,
    };
    v.name = arena_printf(&p->arena, "%.*s %s level=%lld T=%s sleep=%lld k=%lld",
        STR_ARG(config_model(p->c, s->model)->name), prompt_form_name(s->form), (long long)level,
        temperature_text(p, s->temperature), (long long)v.sleep, (long long)v.k);
    struct plan_task t = {.sleep = v.sleep, .k = v.k};
    if (p->sink->variant(p->sink->payload, &v, &t.variant, err) || task_id_awake(p->ids, &v, err))
        return err->code;
    for (size_t i = 0; i < p->splits->n; i++)
        for (size_t q = 0; q < p->splits->v[i].nqueries; q++)
            if (put_query(p, s, i, q, &t, level, err))
                return err->code;
    return OK;
}

static enum err_code put_series(struct planner *p, struct series *s, struct err *err)
{
    const struct int_list *levels = &p->c->budget_levels;
    int64_t lowest = levels->v[0];

    if (put_arm(p, s, err))
        return err->code;
    for (size_t i = 0; i < levels->n; i++)
        lowest = levels->v[i] < lowest ? levels->v[i] : lowest;
    for (size_t i = 0; i < levels->n; i++)
        if ((!s->lowest_only || levels->v[i] == lowest) && put_level(p, s, levels->v[i], err))
            return err->code;
    return OK;
}

/* An arm that sleeps at one sleep budget, with each of its k. */
static enum err_code put_sleep_series(
    struct planner *p, struct series *s, int64_t level, struct err *err)
{
    const struct int_list *k = &s->arm->k;

    if (sleep_for(p, s->arm, s->model, level, &s->sleep, err))
        return err->code;
    for (size_t i = 0; i < k->n || i == 0; i++) {
        s->k = k->n ? k->v[i] : 1;
        if (put_series(p, s, err))
            return err->code;
    }
    return OK;
}

static enum err_code put_arm_series(
    struct planner *p, size_t model, size_t a, bool waits, struct err *err)
{
    const struct arm_config *arm = config_arm(p->c, a);
    bool pool = str_eqc(arm->method, "pass_at_k");
    struct series s = {
        .arm = arm,
        .model = model,
        .form = form_of(p->c, arm),
        .temperature = config_arm_temperature(p->c, arm),
        .samples = pool ? config_arm_samples(arm) : 1,
        .lowest_only = pool || form_of(p->c, arm) == FORM_QUESTIONS,
    };

    if (arm_sleeps(arm) != waits)
        return OK;
    if (s.form == FORM_QUESTIONS && !p->prompts->make_queries.p)
        return err_set(err, ERR_USAGE,
            "arms[%zu] (make_queries): prompt set \"%.*s\" has no make_queries.txt", a,
            STR_ARG(p->c->prompts));
    if (s.form == FORM_SCORE) { /* nothing is sampled and no budget binds */
        s.temperature = TEMPERATURE_UNSENT;
        return put_arm(p, &s, err) ? err->code : put_level(p, &s, LEVEL_NONE, err);
    }
    if (!waits)
        return put_series(p, &s, err);
    const struct int_list *levels = config_sleep_levels(p->c, arm);
    for (size_t i = 0; i < levels->n; i++)
        if (put_sleep_series(p, &s, levels->v[i], err))
            return err->code;
    return OK;
}

/* Tasks that wait for learned contexts come last, so that the runner seldom has to wait. */
static enum err_code put_all_series(struct planner *p, struct err *err)
{
    for (int waits = 0; waits < 2; waits++)
        for (size_t m = 0; m < p->c->models.n; m++)
            for (size_t a = 0; a < p->c->arms.n; a++)
                if (put_arm_series(p, m, a, waits, err))
                    return err->code;
    return OK;
}

enum err_code plan_make(const struct config *c, const struct split_list *splits,
    const struct prompts *prompts, const struct plan_sink *sink, struct err *err)
{
    struct planner p = {.c = c, .splits = splits, .prompts = prompts, .sink = sink};
    enum err_code code;

    p.ids = task_id_new(c, prompts);
    code = put_contexts(&p, err);
    if (!code)
        code = collect_sleeps(&p, err);
    for (size_t i = 0; i < p.nsleeps && !code; i++)
        code = put_sleep_tasks(&p, &p.sleeps[i], err);
    if (!code)
        code = put_all_series(&p, err);
    task_id_free(p.ids);
    arena_release(&p.arena);
    return code;
}
