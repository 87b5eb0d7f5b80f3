/* task_id.c - hashing what determines a request; see task_id.h. */
#include "harness/plan/task_id.h"

#include "harness/config/budget.h"
#include "harness/config/model.h"

#include <stdlib.h>

struct task_id {
    const struct config *c;
    const struct prompts *prompts;
    struct digest_ctx *ctx;
    struct digest shared; /* digest of the variant's part */
    enum prompt_form form;
    struct buf text;
};

struct task_id *task_id_new(const struct config *c, const struct prompts *prompts)
{
    struct task_id *ids = xcalloc(1, sizeof *ids);

    *ids = (struct task_id){.c = c, .prompts = prompts, .ctx = digest_new()};
    return ids;
}

void task_id_free(struct task_id *ids)
{
    if (!ids)
        return;
    digest_free(ids->ctx);
    buf_release(&ids->text);
    free(ids);
}

static struct str digest_bytes(const struct digest *d)
{
    return (struct str){(const char *)d->b, DIGEST_LEN};
}

/* A budget that a request holds nowhere else: a limit is max_tokens, and the steps of a sleep stand
 * in its system text. */
static void put_budget(const struct plan_variant *v, struct buf *parameters)
{
    enum budget_kind kind = budget_kind_of(v->level);

    if (kind == BUDGET_MAX_TOKENS || (kind == BUDGET_STEPS && v->asleep))
        return;
    if (budget_effort(v->level))
        buf_printf(parameters, " effort=%s", budget_effort(v->level));
    else if (budget_counts(kind))
        buf_printf(
            parameters, " %s=%lld", budget_kind_name(kind), (long long)budget_amount(v->level));
}

/* Wire, endpoint, model, parameters, system text: what all tasks of a variant have in common. */
static enum err_code set_variant(struct task_id *ids, const struct plan_variant *v,
    struct str system, struct str tools, struct err *err)
{
    struct model_place place;
    struct buf parameters = BUF_INIT;

    if (model_place(plan_model(ids->c, (size_t)v->model), &place, err))
        return err->code;
    buf_printf(
        &parameters, "temperature=%.17g max_tokens=%lld", v->temperature, (long long)v->max_tokens);
    put_budget(v, &parameters);
    if (budget_kind_of(v->level) == BUDGET_FORCED && ids->c->forced_extensions)
        buf_printf(&parameters, " extensions=%lld", (long long)ids->c->forced_extensions);
    digest_field(ids->ctx, place.traits.api);
    digest_field(ids->ctx, plan_endpoint(&place));
    digest_field(ids->ctx, place.model);
    digest_field(ids->ctx, buf_str(&parameters));
    digest_field(ids->ctx, system);
    digest_field(ids->ctx, tools);
    digest_field(ids->ctx, digest_bytes(&ids->prompts->digest));
    ids->shared = digest_end(ids->ctx);
    ids->form = v->form;
    buf_release(&parameters);
    return OK;
}

enum err_code task_id_asleep(struct task_id *ids, const struct plan_variant *v, struct err *err)
{
    buf_reset(&ids->text);
    plan_system(ids->c, ids->prompts, true, v->form, v->level, &ids->text);
    return set_variant(ids, v, buf_str(&ids->text), ids->prompts->tools, err);
}

enum err_code task_id_awake(struct task_id *ids, const struct plan_variant *v, struct err *err)
{
    bool concat = v->k > 0 && str_eqc(ids->c->memory_scope, "concat");

    buf_reset(&ids->text);
    plan_system(ids->c, ids->prompts, false, v->form, v->level, &ids->text);
    if (concat)
        buf_printf(&ids->text, "\nmemory cut to %lld", (long long)ids->c->memory_chars);
    bool tool = str_eqc(ids->c->answer_channel, "tool") && v->form != FORM_SCORE;
    return set_variant(
        ids, v, buf_str(&ids->text), tool ? ids->prompts->answer_tools : STR(""), err);
}

struct digest task_id_of_sleep(struct task_id *ids, struct str context, int64_t j, int64_t repeat)
{
    buf_reset(&ids->text);
    prompt_asleep_user(ids->prompts, context, &ids->text);
    digest_add(ids->ctx, digest_bytes(&ids->shared));
    digest_field(ids->ctx, buf_str(&ids->text));
    digest_field_int(ids->ctx, j);
    digest_field_int(ids->ctx, repeat);
    return digest_end(ids->ctx);
}

struct digest task_id_of_answer(struct task_id *ids, struct str context, struct str query,
    const struct digest *learned, size_t k, int64_t sample, int64_t repeat)
{
    buf_reset(&ids->text);
    prompt_user(ids->form, context, query, &ids->text);
    digest_add(ids->ctx, digest_bytes(&ids->shared));
    digest_field(ids->ctx, buf_str(&ids->text));
    digest_field_int(ids->ctx, (int64_t)k);
    for (size_t j = 0; j < k; j++)
        digest_add(ids->ctx, digest_bytes(&learned[j]));
    digest_field_int(ids->ctx, sample);
    digest_field_int(ids->ctx, repeat);
    return digest_end(ids->ctx);
}

int64_t task_id_seed(struct task_id *ids, struct digest id)
{
    digest_field_int(ids->ctx, ids->c->seed);
    digest_add(ids->ctx, digest_bytes(&id));
    return (int64_t)(digest_u64(digest_end(ids->ctx)) & 0x7FFFFFFF);
}
