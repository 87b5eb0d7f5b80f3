/*
 * job_report.c - from the store to tables, figures and RESULTS.md.
 *
 * Everything comes from the store, so a report can be made again at any time; nothing in it depends
 * on times, attempts or the machine.
 */
#include "harness/base/data.h"
#include "harness/base/digest.h"
#include "harness/base/file.h"
#include "harness/cli/job.h"
#include "harness/plan/plan.h"
#include "metrics/budget_use.h"
#include "metrics/likelihood.h"
#include "metrics/coverage.h"
#include "metrics/extract.h"
#include "metrics/frame_load.h"
#include "metrics/served.h"
#include "plots/report.h"

enum { MOST_NOTES = 40 };

/* Configuration keys that a reader of the report wants to see, in this order. */
static const char *const shown_keys[] = {"dataset", "split", "limit", "seed", "temperature",
    "max_tokens.test", "max_tokens.sleep", "prompts", "context_mode", "baseline_prompt",
    "memory_chars", "memory_scope", "rethink_calls", "answer_channel", "test_budget.kind",
    "test_budget.levels", "forced_extensions", "sleep_budget.kind", "sleep_budget.levels",
    "repeats", "world.level", "world.instances", "world.queries"};

enum { EXTRA_TABLES = 4 };

struct reporting {
    struct store *store;
    const char *dir;
    struct arena arena;
    struct config config;
    struct frame frame;
    struct coverage coverage;
    struct table *extra[EXTRA_TABLES]; /* coverage, budgets, likelihood, served: with rows */
    size_t nextra;
    struct table *scored; /* likelihood by query; NULL = none */
    bool simulated;       /* any arm, with or without answers */
    struct report_note notes[MOST_NOTES];
    size_t nnotes;
    struct str run_digest;
    bool answer_key; /* the phantom had the solutions */
    bool answers;    /* some arm answers questions */
};

static void note(struct reporting *r, const char *key, struct str value)
{
    if (r->nnotes == MOST_NOTES)
        BUG("more than %d notes in a report", MOST_NOTES);
    r->notes[r->nnotes++] = (struct report_note){key, value};
}

/* Models by name: keys and addresses do not belong into a report. */
static void note_models(struct reporting *r)
{
    struct buf names = BUF_INIT;

    for (size_t i = 0; plan_model(&r->config, i); i++) {
        const struct model_config *m = plan_model(&r->config, i);
        buf_printf(&names, "%s%.*s%s", i ? ", " : "", STR_ARG(m->name),
            i < r->config.models.n ? "" : " (sleeps only)");
    }
    note(r, "models", arena_str(&r->arena, buf_str(&names)));
    buf_release(&names);
}

static void note_arm(const struct config *c, const struct arm_config *arm, struct buf *out)
{
    buf_printf(out, "%s%.*s", out->n ? "; " : "", STR_ARG(arm->method));
    for (size_t i = 0; i < arm->k.n; i++)
        buf_printf(out, "%s%lld", i ? "," : " k=", (long long)arm->k.v[i]);
    if (str_eqc(arm->method, "pass_at_k"))
        buf_printf(out, " of %lld samples at temperature %g", (long long)config_arm_samples(arm),
            config_arm_temperature(c, arm));
    if (str_eqc(arm->method, "sleep_time") || arm->with_learned)
        buf_printf(out, "%s, asleep at temperature %g", arm->with_learned ? " with c'" : "",
            config_sleep_temperature(c, arm));
    if (arm->sleep_model.p)
        buf_printf(out, " by %.*s", STR_ARG(arm->sleep_model));
}

static void note_arms(struct reporting *r)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < r->config.arms.n; i++)
        note_arm(&r->config, config_arm(&r->config, i), &text);
    note(r, "arms", arena_str(&r->arena, buf_str(&text)));
    buf_release(&text);
}

/* A value as a reader writes it: without the quotes and brackets of JSON. */
static struct str plain_value(struct reporting *r, struct str json)
{
    struct buf out = BUF_INIT;

    for (size_t i = 0; i < json.n; i++) {
        if (json.p[i] == '"' || json.p[i] == '[' || json.p[i] == ']')
            continue;
        buf_putc(&out, json.p[i]);
        if (json.p[i] == ',')
            buf_putc(&out, ' ');
    }
    struct str value = arena_str(&r->arena, buf_str(&out));
    buf_release(&out);
    return value;
}

/* Values that are not set stay out. */
static void note_config(struct reporting *r)
{
    struct buf value = BUF_INIT;

    note_models(r);
    note_arms(r);
    for (size_t k = 0; k < ARRAY_LEN(shown_keys); k++)
        for (size_t i = 0; i < config_table.n; i++) {
            const struct field *f = &config_table.fields[i];
            if (!str_eqc(str_c(f->name), shown_keys[k]))
                continue;
            buf_reset(&value);
            field_print_value(f, &r->config, &value);
            struct str plain = plain_value(r, buf_str(&value));
            if (plain.n && !str_eqc(plain, "null"))
                note(r, f->name, plain);
        }
    buf_release(&value);
}

static enum err_code note_meta(
    struct reporting *r, const char *key, const char *shown, bool zero_too, struct err *err)
{
    struct buf value = BUF_INIT;
    bool found;
    enum err_code code = store_meta_get(r->store, key, &value, &found, err);

    if (!code && found && (zero_too || !str_eqc(buf_str(&value), "0")))
        note(r, shown, arena_str(&r->arena, buf_str(&value)));
    buf_release(&value);
    return code;
}

/* A phantom that knows the solutions, from a library or because the problems are its own. */
static enum err_code note_answer_key(struct reporting *r, struct err *err)
{
    struct buf contexts = BUF_INIT;
    bool found;
    enum err_code code = store_meta_get(r->store, "answer_key_contexts", &contexts, &found, err);
    bool own = !code && found && !str_eqc(buf_str(&contexts), "0");

    if (r->config.phantom_library.p)
        note(r, "phantom library", STR("yes: an answer key, so plumbing only and no figures"));
    if (own)
        note(r, "contexts that the phantom knows the solutions of",
            str_c(arena_printf(&r->arena, "%.*s: an answer key, so plumbing only and no figures",
                STR_ARG(buf_str(&contexts)))));
    r->answer_key = own || r->config.phantom_library.p;
    buf_release(&contexts);
    return code;
}

/* Simulated answers depend on the phantom's parameters: their digest is part of the report. */
static enum err_code note_phantom(struct reporting *r, struct err *err)
{
    struct buf text = BUF_INIT, path = BUF_INIT;
    char hex[DIGEST_HEX_LEN + 1];
    enum err_code code;

    if (!frame_simulated(&r->frame))
        return OK;
    if (r->config.phantom_params.p) {
        buf_str_add(&path, r->config.phantom_params);
        code = file_read(buf_cstr(&path), 0, &text, err);
    } else {
        code = data_read("configs/phantom.json", &text, err);
    }
    if (!code)
        note(r, "phantom parameters (sha256)",
            str_c(arena_printf(&r->arena, "%s", digest_hex(digest_of(buf_str(&text)), hex))));
    if (!code)
        code = note_answer_key(r, err);
    buf_release(&text);
    buf_release(&path);
    return code;
}

static enum err_code load(struct reporting *r, struct err *err)
{
    struct buf text = BUF_INIT, digest = BUF_INIT;
    bool found = false;
    enum err_code code = store_meta_get(r->store, "config", &text, &found, err);

    if (!code && !found)
        code = err_set(err, ERR_USAGE, "%s has no stored configuration", r->dir);
    if (!code)
        code = config_load(
            buf_str(&text), "the stored configuration", NULL, 0, &r->arena, &r->config, err);
    if (!code)
        code = store_meta_get(r->store, "run_digest", &digest, &found, err);
    if (!code) {
        r->run_digest = arena_str(&r->arena, buf_str(&digest));
        /* by the name that the scores are stored under */
        r->config.grader = str_c(grader_for(r->config.dataset, r->config.grader)->name);
        store_use_grader(r->store, arena_cstr(&r->arena, r->config.grader));
        code = frame_load(r->store, &r->frame, err);
    }
    if (!code)
        code = coverage_measure(
            r->store, (size_t)r->config.bootstrap, (uint64_t)r->config.seed, &r->coverage, err);
    buf_release(&text);
    buf_release(&digest);
    return code;
}

/* Arms of one kind that have no answers: they are told of, and the tables of answers leave them
 * out. Returns how many there are. */
static size_t note_unanswered(struct reporting *r, const struct store_arm *arms, size_t n,
    bool (*is)(const struct store_arm *), const char *kind, const char *why)
{
    size_t found = 0;
    bool simulated = false;

    for (size_t i = 0; i < n; i++) {
        found += is(&arms[i]);
        simulated = simulated || (is(&arms[i]) && arms[i].simulated);
    }
    if (found)
        note(r, "without answers",
            str_c(arena_printf(&r->arena, "%s (%zu arms%s): %s", kind, found,
                simulated ? ", simulated by the phantom" : "", why)));
    return found;
}

static enum err_code note_makers(struct reporting *r, struct err *err)
{
    struct store_arm *arms;
    size_t n;

    if (store_arms(r->store, &r->arena, &arms, &n, err))
        return err->code;
    size_t others =
        note_unanswered(r, arms, n, store_arm_makes, "make_queries", "questions are no answers");
    others += note_unanswered(
        r, arms, n, store_arm_scores, "score", "likelihoods are in their own table");
    r->answers = others < n;
    for (size_t i = 0; i < n; i++)
        r->simulated = r->simulated || arms[i].simulated;
    return OK;
}

/* Keeps a table that has rows; it says which run it is of, and whether a phantom spoke. */
static bool keep_table(struct reporting *r, struct table *t)
{
    if (table_rows(t) == 0) {
        table_free(t);
        return false;
    }
    table_note(t, "run", r->run_digest);
    table_note(t, "source",
        r->simulated ? STR("simulated (phantom): no claim about language models") : STR("model"));
    return true;
}

static void keep_extra(struct reporting *r, struct table *t)
{
    if (keep_table(r, t))
        r->extra[r->nextra++] = t;
}

/* A run is of one model a name; where it was not, the report says so at its top. */
static enum err_code keep_served(struct reporting *r, struct err *err)
{
    struct buf text = BUF_INIT;
    struct table *t;
    enum err_code code = served_table(r->store, &t, &text, err);

    if (!code)
        keep_extra(r, t);
    if (!code && text.n)
        note(r, "served under more than one name", arena_str(&r->arena, buf_str(&text)));
    buf_release(&text);
    return code;
}

/* Tables beside those of metrics/tables.h. */
static enum err_code make_extra(struct reporting *r, struct err *err)
{
    struct table *budgets, *queries, *summary;

    if (r->coverage.n)
        keep_extra(r, coverage_table(&r->coverage));
    if (budget_use_table(r->store, &budgets, err))
        return err->code;
    keep_extra(r, budgets);
    if (likelihood_tables(r->store, &queries, &summary, err))
        return err->code;
    keep_extra(r, summary);
    r->scored = keep_table(r, queries) ? queries : NULL;
    return keep_served(r, err);
}

static enum err_code write_report(struct reporting *r, struct err *err)
{
    struct report_info info = {
        .title = r->config.name,
        .run = r->run_digest,
        .grader = r->config.grader,
        .command = str_c(arena_printf(&r->arena, "sleepbench run %s/config.json", r->dir)),
        .notes = r->notes,
        .nnotes = r->nnotes,
        .seed = (uint64_t)r->config.seed,
        .replicates = (size_t)r->config.bootstrap,
        .figures = r->config.figures.v,
        .nfigures = r->config.figures.n,
        .extra = (const struct table *const *)r->extra,
        .nextra = r->nextra,
        .filed = r->scored,
    };

    if (r->answer_key)
        info.no_figures = "the phantom knew the answer key (library mode): this run tests plumbing";
    else if (!r->answers)
        info.no_figures = "no arm of the run answers questions, so there is nothing to report";
    else if (r->config.figures.n == 0)
        info.no_figures = "the configuration asks for none";
    return report_write(&r->frame, &info, r->dir, err);
}

enum err_code job_report(struct store *store, const char *dir, struct err *err)
{
    struct reporting r = {.store = store, .dir = dir};
    enum err_code code = load(&r, err);

    if (!code) {
        note_config(&r);
        code = note_meta(&r, "dataset_digest", "dataset (sha256 of the splits)", true, err);
    }
    if (!code)
        code = note_meta(&r, "skipped_rows", "malformed rows left out", false, err);
    if (!code)
        code = note_meta(&r, "altered_queries", "queries that the split rule altered", false, err);
    if (!code)
        code = note_phantom(&r, err);
    if (!code)
        code = note_makers(&r, err);
    if (!code)
        code = note_meta(&r, "replay_of", "replayed from", false, err);
    if (!code)
        code = make_extra(&r, err);
    if (!code)
        code = write_report(&r, err);
    for (size_t i = 0; i < r.nextra; i++)
        table_free(r.extra[i]);
    table_free(r.scored);
    coverage_release(&r.coverage);
    frame_release(&r.frame);
    arena_release(&r.arena);
    return code;
}
