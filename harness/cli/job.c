/* job.c - loading, opening and connecting a run; calls and report are in job_run.c, job_report.c.
 */
#include "harness/cli/job.h"

#include "harness/base/data.h"
#include "harness/base/file.h"
#include "harness/base/log.h"
#include "harness/cli/cli.h"
#include "harness/config/config_ask.h"
#include "harness/config/model.h"
#include "harness/plan/source.h"
#include "harness/store/store_plan.h"

#include <stdlib.h>
#include <string.h>

static enum err_code load_config(struct job *job, const char *path, const char *embedded,
    const struct option_list *sets, struct err *err)
{
    struct buf text = BUF_INIT;
    const char *origin = path ? path : embedded;
    enum err_code code =
        path ? file_read(path, 16 << 20, &text, err) : data_read(embedded, &text, err);

    if (!code)
        code =
            config_load(buf_str(&text), origin, sets->v, sets->n, &job->arena, &job->config, err);
    if (!code && config_ask_check(&job->config, err))
        code = err_wrap(err, "%s", origin);
    buf_release(&text);
    if (!code)
        field_print(&config_table, &job->config, &job->effective);
    return code;
}

/* Prompts outside the set's digest, where requests use them. */
static void digest_special_prompts(const struct job *job, struct digest_ctx *ctx)
{
    bool makes = false;

    for (size_t i = 0; i < job->config.arms.n; i++)
        makes = makes || str_eqc(config_arm(&job->config, i)->method, "make_queries");
    if (makes)
        digest_field(ctx, job->prompts.make_queries);
    if (!str_eqc(job->config.budget_kind, "verbosity"))
        digest_field(ctx, job->prompts.effort);
}

/* Everything that determines the requests, in one digest: configuration keys that change tasks,
 * dataset, prompts. */
static void make_run_digest(struct job *job)
{
    struct digest_ctx *ctx = digest_new();
    struct buf value = BUF_INIT;

    for (size_t i = 0; i < config_table.n; i++) {
        const struct field *f = &config_table.fields[i];
        if (f->keeps_tasks || strcmp(f->name, "input") == 0)
            continue; /* a file is its content, which the dataset digest has */
        buf_reset(&value);
        field_print_value(f, &job->config, &value);
        digest_field(ctx, str_c(f->name));
        digest_field(ctx, buf_str(&value));
    }
    digest_field(ctx, (struct str){(const char *)job->dataset.b, DIGEST_LEN});
    digest_field(ctx, (struct str){(const char *)job->prompts.digest.b, DIGEST_LEN});
    digest_special_prompts(job, ctx);
    (void)digest_hex(digest_end(ctx), job->run_digest);
    digest_free(ctx);
    buf_release(&value);
}

/* Over the split file's lines, one at a time: the whole text may be larger than the run itself. */
static void make_dataset_digest(struct job *job)
{
    struct digest_ctx *ctx = digest_new();
    struct buf line = BUF_INIT;

    for (size_t i = 0; i < job->splits.n; i++) {
        struct split_list one = {.v = &job->splits.v[i], .n = 1};
        buf_reset(&line);
        split_write(&line, &one);
        digest_add(ctx, buf_str(&line));
    }
    job->dataset = digest_end(ctx);
    digest_free(ctx);
    buf_release(&line);
}

enum err_code job_load(struct job *job, const char *path, const char *embedded,
    const struct option_list *sets, const char *runs, struct err *err)
{
    job->lock = -1;
    job->runs = runs;
    if (load_config(job, path, embedded, sets, err) ||
        job_price_load(&job->config, &job->arena, &job->price, err) ||
        prompts_load(job->config.prompts, job->config.dataset, &job->arena, &job->prompts, err) ||
        source_load(&job->config, &job->texts, &job->splits, &job->skipped, err))
        return err->code;
    cli_warn_lines(buf_str(&job->splits.warnings), job->splits.nwarnings);
    if (job->skipped)
        cli_warn("%zu malformed rows were left out (skip_bad)", job->skipped);
    make_dataset_digest(job);
    make_run_digest(job);
    job->dir = arena_printf(&job->arena, "%s/%.*s", runs, STR_ARG(job->config.name));
    return OK;
}

bool job_is_remote(const struct job *job)
{
    struct model_place place;

    for (size_t i = 0; plan_model(&job->config, i); i++)
        if (model_place(plan_model(&job->config, i), &place, NULL) || !place.loopback)
            return true;
    return false;
}

static enum err_code other_run(const struct job *job, const char *changed, struct err *err)
{
    return err_set(err, ERR_USAGE,
        "%s holds a run of another configuration; changed: %s. Give the new one another name, "
        "or use --extend if it only adds tasks",
        job->dir, changed);
}

/* Answers of servers and recorded ones do not mix, nor do those of two records. */
static enum err_code compare_origin(struct job *job, struct err *err)
{
    struct buf of = BUF_INIT;
    bool replayed = false;
    enum err_code code = store_meta_get(job->store, "replay_of", &of, &replayed, err);

    if (!code && job->replay && !replayed)
        code = err_set(err, ERR_USAGE,
            "%s holds a run that servers answered: give the replay a "
            "new name",
            job->dir);
    else if (!code && replayed && !job->replay)
        code = err_set(err, ERR_USAGE, "%s holds a replay of %s: give the run another name",
            job->dir, buf_cstr(&of));
    else if (!code && replayed && !str_eqc(buf_str(&of), job->replay) &&
             !file_is_same(buf_cstr(&of), job->replay))
        code = err_set(err, ERR_USAGE,
            "%s holds a replay of another run, %s: give this one a new "
            "name",
            job->dir, buf_cstr(&of));
    buf_release(&of);
    return code;
}

/* Refuses a configuration that changes the tasks of a run that is there; *ret_same if nothing needs
 * planning. */
static enum err_code compare_with_stored(
    struct job *job, bool extend, bool *ret_there, bool *ret_same, struct err *err)
{
    struct buf config = BUF_INIT, digest = BUF_INIT, changed = BUF_INIT;
    bool found = false;
    enum err_code code = store_meta_get(job->store, "config", &config, ret_there, err);

    *ret_same = false;
    if (!code && *ret_there)
        code = store_meta_get(job->store, "run_digest", &digest, &found, err);
    if (!code && *ret_there) {
        *ret_same = found && str_eqc(buf_str(&digest), job->run_digest);
        code = config_difference(buf_str(&config), buf_str(&job->effective), true, &changed, err);
    }
    /* with no key changed it may be the run of an older program, whose digest lacks newer keys:
     * planning tells whether the tasks are the same */
    if (!code && *ret_there && !*ret_same && !extend && changed.n)
        code = other_run(job, buf_cstr(&changed), err);
    if (!code && *ret_there)
        code = compare_origin(job, err);
    buf_release(&config);
    buf_release(&digest);
    buf_release(&changed);
    return code;
}

static enum err_code write_meta(struct job *job, struct err *err)
{
    char hex[DIGEST_HEX_LEN + 1];
    struct str dataset = str_c(digest_hex(job->dataset, hex));
    struct str skipped = str_c(arena_printf(&job->arena, "%zu", job->skipped));
    struct str altered = str_c(arena_printf(&job->arena, "%zu", job->splits.altered));
    size_t known;

    if (job_answer_key(job, &known, err))
        return err->code;
    struct str answer_key = str_c(arena_printf(&job->arena, "%zu", known));
    if (store_meta_set(job->store, "config", buf_str(&job->effective), err) ||
        store_meta_set(job->store, "skipped_rows", skipped, err) ||
        store_meta_set(job->store, "altered_queries", altered, err) ||
        store_meta_set(job->store, "answer_key_contexts", answer_key, err) ||
        store_meta_set(job->store, "dataset_digest", dataset, err))
        return err->code;
    if (job->replay && store_meta_set(job->store, "replay_of", str_c(job->replay), err))
        return err->code;
    return store_meta_set(job->store, "run_digest", str_c(job->run_digest), err);
}

/* Plans beside what is there. *ret_same: the tasks are those of the run; *ret_lost counts tasks
 * that the plan does not have. A text that has changed under its id is wrong use. */
static enum err_code plan_beside(
    struct job *job, bool *ret_same, int64_t *ret_lost, struct err *err)
{
    struct plan_sink sink = store_plan_sink(job->store);
    struct store_counts before, after;

    if (store_counts(job->store, &before, err) || store_plan_mark(job->store, err) ||
        plan_make(&job->config, &job->splits, &job->prompts, &sink, err) ||
        store_counts(job->store, &after, err) ||
        (before.tasks && store_plan_unmarked(job->store, ret_lost, err)))
        return err->code;
    *ret_same = *ret_lost == 0 && after.cells == before.cells;
    return OK;
}

static enum err_code plan_into_store(struct job *job, bool there, bool extend, struct err *err)
{
    bool same = false;
    int64_t lost = 0;

    if (store_begin(job->store, err))
        return err->code;
    enum err_code code = plan_beside(job, &same, &lost, err);
    if (there && !extend && (code == ERR_USAGE || (!code && !same)))
        return other_run(job, "the dataset or the prompts", err);
    if (code)
        return code;
    if (lost)
        return err_set(err, ERR_USAGE,
            "--extend only adds: the new configuration would drop or change %lld tasks of %s; "
            "give it another name",
            (long long)lost, job->dir);
    if (write_meta(job, err))
        return err->code;
    return store_commit(job->store, err);
}

static enum err_code write_config_file(const struct job *job, struct err *err)
{
    struct buf path = BUF_INIT, text = BUF_INIT;

    buf_printf(&path, "%s/config.json", job->dir);
    buf_str_add(&text, buf_str(&job->effective));
    buf_putc(&text, '\n');
    enum err_code code = file_write(buf_cstr(&path), buf_str(&text), err);
    buf_release(&path);
    buf_release(&text);
    return code;
}

enum err_code job_open(struct job *job, bool extend, bool durable, struct err *err)
{
    struct store_options options = {.durable = durable};
    bool there, same;

    if (file_make_dirs(job->dir, err) ||
        file_lock(arena_printf(&job->arena, "%s/lock", job->dir), &job->lock, err) ||
        log_open(arena_printf(&job->arena, "%s/log.jsonl", job->dir), LOG_INFO, err) ||
        store_open(arena_printf(&job->arena, "%s/run.db", job->dir), &options, &job->store, err) ||
        compare_with_stored(job, extend, &there, &same, err))
        return err->code;
    if (!same && plan_into_store(job, there, extend, err)) {
        store_rollback(job->store);
        return err->code;
    }
    /* keys that change no task (concurrency, figures) may differ from last time */
    if (same && store_meta_set(job->store, "config", buf_str(&job->effective), err))
        return err->code;
    if (job_price_save(&job->price, &job->config, job->store, err))
        return err->code;
    return write_config_file(job, err);
}

void job_forget_splits(struct job *job)
{
    split_list_release(&job->splits);
    arena_release(&job->texts);
}

static bool needs_phantom(const struct job *job)
{
    struct model_place place;

    for (size_t i = 0; plan_model(&job->config, i); i++)
        if (model_place(plan_model(&job->config, i), &place, NULL) == OK && place.phantom)
            return true;
    return false;
}

static const char *or_null(struct arena *arena, struct str s)
{
    return s.p ? arena_cstr(arena, s) : NULL;
}

static enum err_code start_phantom(struct job *job, const char **ret_url, struct err *err)
{
    struct phantom_options options = {
        .library = or_null(&job->arena, job->config.phantom_library),
        .params = or_null(&job->arena, job->config.phantom_params),
        .ready_fd = -1,
        .life_fd = -1,
    };

    *ret_url = "phantom"; /* of a replay: nothing is sent there */
    if (job->replay)
        return OK;
    *ret_url = NULL;
    if (!needs_phantom(job))
        return OK;
    return phantom_spawn(&options, &job->phantom, ret_url, err);
}

static enum err_code connect_one(
    struct job *job, size_t i, const char *phantom_url, struct err *err)
{
    const struct model_config *m = plan_model(&job->config, i);
    const char **headers = arena_array(&job->arena, const char *, 3);
    struct model_place place;
    struct buf key = BUF_INIT, url = BUF_INIT;
    size_t n = 0;

    if (model_place(m, &place, err) || (!job->replay && model_key(m, &key, err))) {
        buf_release(&key);
        return err->code;
    }
    const struct provider *provider = provider_find(place.traits.api);
    if (!provider)
        BUG("the configuration knows the wire format %.*s and provider.c does not",
            STR_ARG(place.traits.api));
    if (key.n)
        headers[n++] = arena_printf(&job->arena, "%s%s",
            place.traits.key_header.n ? arena_cstr(&job->arena, place.traits.key_header)
                                      : provider->key_header,
            buf_cstr(&key));
    buf_release(&key);
    if (provider->fixed_header)
        headers[n++] = provider->fixed_header;
    struct str base = place.phantom ? str_c(phantom_url) : place.base_url;
    provider_url(provider, base, &url);
    job->endpoints[i] = (struct run_endpoint){
        .provider = provider,
        .url = arena_cstr(&job->arena, buf_str(&url)),
        .base = arena_str(&job->arena, base),
        .account = i,
        .headers = headers,
        .model = place.model,
        .traits = place.traits,
        .name = arena_cstr(&job->arena, m->name),
        .price = job->price.of && !job_price_unknown(&job->price) ? job->price.of[i] : NULL,
    };
    buf_release(&url);
    return OK;
}

/* Endpoints of one address and one key share what the server allows to that key. */
static void join_accounts(struct job *job)
{
    for (size_t i = 0; i < job->nendpoints; i++)
        for (size_t j = 0; j < i; j++) {
            const struct run_endpoint *a = &job->endpoints[i], *b = &job->endpoints[j];
            bool one_key =
                (!a->headers[0] && !b->headers[0]) ||
                (a->headers[0] && b->headers[0] && !strcmp(a->headers[0], b->headers[0]));
            if (str_eq(a->base, b->base) && one_key) {
                job->endpoints[i].account = b->account;
                break;
            }
        }
}

enum err_code job_connect(struct job *job, struct err *err)
{
    const char *phantom_url;

    while (plan_model(&job->config, job->nendpoints))
        job->nendpoints++;
    job->endpoints = arena_array(&job->arena, struct run_endpoint, job->nendpoints);
    if (start_phantom(job, &phantom_url, err))
        return err->code;
    for (size_t i = 0; i < job->nendpoints; i++)
        if (connect_one(job, i, phantom_url, err))
            return err->code;
    join_accounts(job);
    return OK;
}

void job_close(struct job *job)
{
    phantom_stop(job->phantom);
    store_close(job->store);
    log_close();
    if (job->dir)
        file_unlock(job->lock);
    job_forget_splits(job);
    buf_release(&job->effective);
    arena_release(&job->arena);
    *job = (struct job){.lock = -1};
}
