/* config.c - the table of a run's keys and the checks that concern several of them. */
#include "harness/config/config.h"

#include "harness/base/json.h"
#include "harness/config/budget.h"
#include "harness/config/config_budget.h"
#include "harness/config/model.h"
#include "harness/config/models.h"

#include <math.h>
#include <string.h>

#define AT(type, member) offsetof(struct type, member)
#define INT_FIELD(s, name, member, fallback, lo, hi, keeps, help)                                  \
    {                                                                                              \
        name, FIELD_INT, AT(s, member), fallback, lo, hi, NULL, help, keeps, NULL                  \
    }
#define NUM_FIELD(s, name, member, fallback, lo, hi, keeps, help)                                  \
    {                                                                                              \
        name, FIELD_NUM, AT(s, member), fallback, lo, hi, NULL, help, keeps, NULL                  \
    }
#define STR_FIELD(s, name, member, fallback, keeps, help)                                          \
    {                                                                                              \
        name, FIELD_STR, AT(s, member), fallback, 0, 0, NULL, help, keeps, NULL                    \
    }
#define BOOL_FIELD(s, name, member, fallback, keeps, help)                                         \
    {                                                                                              \
        name, FIELD_BOOL, AT(s, member), fallback, 0, 0, NULL, help, keeps, NULL                   \
    }
#define CHOICE_FIELD(s, name, member, fallback, choices, keeps, help)                              \
    {                                                                                              \
        name, FIELD_CHOICE, AT(s, member), fallback, 0, 0, choices, help, keeps, NULL              \
    }

static const struct field model_fields[] = {
    STR_FIELD(
        model_config, "name", name, "null", false, "host/name, or any name with base_url or host"),
    STR_FIELD(model_config, "host", host, "null", false,
        "known host (`sleepbench models list`) whose traits hold; null = as name or base_url say"),
    STR_FIELD(model_config, "base_url", base_url, "null", false,
        "address that the wire format's path is appended to"),
    {"api", FIELD_CHOICE, AT(model_config, api), "null", 0, 0,
        "anthropic-messages|openai-chat|openai-completions|openai-responses",
        "wire format; null = the host's", false, NULL},
    STR_FIELD(model_config, "api_key_env", api_key_env, "null", true,
        "environment variable that holds the key"),
    STR_FIELD(model_config, "api_key_file", api_key_file, "null", true,
        "file whose first line is the key"),
    {"traits", FIELD_PART, AT(model_config, traits), "null", 0, 0, NULL,
        "what this endpoint takes and gives, where it differs from what is known of it "
        "(docs/MODELS.md)",
        false, &traits_table},
};

static const struct field_table model_table = {
    "model", model_fields, ARRAY_LEN(model_fields), sizeof(struct model_config), "name"};

static const struct field arm_fields[] = {
    CHOICE_FIELD(arm_config, "method", method, "\"test_time\"",
        "test_time|sleep_time|pass_at_k|context_only|make_queries|score", false,
        "how answers are produced; make_queries asks for new questions instead, score how likely "
        "the model finds the question"),
    {"k", FIELD_INTS, AT(arm_config, k), "[]", 1, 1000, NULL,
        "parallel learned contexts to compare; for pass_at_k the sample counts", false, NULL},
    NUM_FIELD(arm_config, "temperature", temperature, "null", 0, 2, false,
        "of the answers; null = the run's"),
    NUM_FIELD(arm_config, "sleep.temperature", sleep_temperature, "null", 0, 2, false,
        "of the sleeps; null = the run's"),
    STR_FIELD(arm_config, "sleep.model", sleep_model, "null", false,
        "name of an entry of sleep_models; null = the test model sleeps"),
    {"sleep.levels", FIELD_LEVELS, AT(arm_config, sleep_levels), "null", 0, BUDGET_AMOUNT_MOST,
        NULL,
        "sleep budgets of this arm, of the kind sleep_budget.kind; null = sleep_budget.levels",
        false, NULL},
    INT_FIELD(arm_config, "samples", samples, "null", 1, 1000, false,
        "pool of pass_at_k; null = its largest k"),
    BOOL_FIELD(arm_config, "with_learned", with_learned, "false", false,
        "context_only: give the learned context too"),
};

static const struct field_table arm_table = {
    "arm", arm_fields, ARRAY_LEN(arm_fields), sizeof(struct arm_config), "method"};

static const struct field config_fields[] = {
    STR_FIELD(config, "name", name, "null", true, "name of the run; its directory is runs/NAME"),
    STR_FIELD(config, "dataset", dataset, "\"worlds/paper-like\"", false,
        "dataset name; `sleepbench help datasets` lists them"),
    STR_FIELD(config, "input", input, "null", false,
        "file the dataset is read from, or cache:SET; null = what `data fetch` has stored"),
    STR_FIELD(config, "columns", columns, "null", false,
        "names of the file's columns where they are unusual: \"question=Problem,answer=Answer\""),
    BOOL_FIELD(
        config, "skip_bad", skip_bad, "false", false, "leave malformed rows out and count them"),
    STR_FIELD(config, "overrides", overrides, "null", false,
        "aime: corrections of cuts, JSON lines; null = those of the program"),
    CHOICE_FIELD(config, "split", split, "\"strict\"", "strict|release", false,
        "how a problem is cut into context and query"),
    CHOICE_FIELD(config, "tail", tail, "\"query\"", "query|context", false,
        "strict: where a note behind the question goes"),
    STR_FIELD(config, "queries", queries, "null", false,
        "split files that mix origins: all, original, generated or verified"),
    INT_FIELD(config, "limit", limit, "null", 1, 1e9, false,
        "use this many queries, spread over all clusters by the seed; null = all"),
    INT_FIELD(config, "seed", seed, "1", 0, 9007199254740991.0, false, "seed of everything random"),
    {"models", FIELD_LIST, AT(config, models), "[\"phantom/small\"]", 0, 0, NULL,
        "models that answer", false, &model_table},
    {"sleep_models", FIELD_LIST, AT(config, sleep_models), "[]", 0, 0, NULL,
        "models that only sleep, named by an arm's sleep.model", false, &model_table},
    NUM_FIELD(config, "temperature", temperature, "0", 0, 2, false,
        "sampling temperature; null = do not send one (reasoning models refuse it)"),
    INT_FIELD(config, "max_tokens.test", max_tokens_test, "1024", 1, 1e7, false,
        "most tokens of one answer; null = do not send a limit"),
    INT_FIELD(config, "max_tokens.sleep", max_tokens_sleep, "4096", 1, 1e7, false,
        "most tokens of one sleep response; null = do not send a limit"),
    STR_FIELD(config, "prompts", prompts, "\"neutral\"", false,
        "prompt set below configs/prompts, or \"paper\": what `data fetch paper-prompts` has "
        "stored"),
    CHOICE_FIELD(config, "context_mode", context_mode, "\"append\"", "append|replace", false,
        "awake: learned context beside the context, or instead of it"),
    CHOICE_FIELD(config, "baseline_prompt", baseline_prompt, "\"neutral\"", "neutral|same", false,
        "test_time without a memory block, or with an [empty] one"),
    INT_FIELD(config, "memory_chars", memory_chars, "5000", 1, 1e6, false,
        "most characters of a memory block"),
    CHOICE_FIELD(config, "memory_scope", memory_scope, "\"each\"", "each|concat", false,
        "memory_chars limits every learned context, or all k together"),
    INT_FIELD(config, "rethink_calls", rethink_calls, "10", 1, 100, false,
        "most model responses of one sleep"),
    CHOICE_FIELD(config, "answer_channel", answer_channel, "\"text\"", "text|tool", false,
        "how a model hands in its answer: as the text of its reply, or by calling a tool, "
        "send_message (docs/PROVIDERS.md)"),
    INT_FIELD(config, "forced_extensions", forced_extensions, "0", 0, 100, false,
        "test_budget.kind forced: how often thinking that ends before its budget is made to go on, "
        "with \"Wait\""),
    CHOICE_FIELD(config, "test_budget.kind", budget_kind, "\"verbosity\"",
        "none|verbosity|effort|thinking|forced|max_tokens|steps", false,
        "what a test budget is: none, nothing is asked; verbosity, words of the prompt; effort, "
        "the "
        "request's effort; thinking, tokens of thinking that the request allows; forced, tokens at "
        "which thinking is cut or up to which it is lengthened; max_tokens, of the whole answer; "
        "steps, most responses of an answer"),
    {"test_budget.levels", FIELD_LEVELS, AT(config, budget_levels), "null", 0, BUDGET_AMOUNT_MOST,
        NULL,
        "budgets of that kind, each asked of every query: verbosity 0 to 4, efforts (none, "
        "minimal, "
        "low, medium, high, xhigh, max), or numbers; null = all five of verbosity, low, medium and "
        "high of effort",
        false, NULL},
    CHOICE_FIELD(config, "sleep_budget.kind", sleep_budget_kind, "\"none\"",
        "none|effort|thinking|max_tokens|steps", false,
        "what a sleep budget is, as test_budget.kind; max_tokens stands for max_tokens.sleep, of "
        "one response, and steps for rethink_calls"),
    {"sleep_budget.levels", FIELD_LEVELS, AT(config, sleep_levels), "null", 0, BUDGET_AMOUNT_MOST,
        NULL,
        "budgets of that kind: each makes sleeps, and of every arm that sleeps an arm, of its own; "
        "null = low, medium and high of effort",
        false, NULL},
    {"arms", FIELD_LIST, AT(config, arms), "[\"test_time\"]", 0, 0, NULL, "arms to compare", false,
        &arm_table},
    INT_FIELD(config, "make_queries.count", make_queries_count, "10", 1, 100, false,
        "make_queries: new questions that one request asks for"),
    INT_FIELD(config, "repeats", repeats, "1", 1, 1000, false, "independent repeats of everything"),
    CHOICE_FIELD(config, "grader", grader, "\"strict\"",
        "strict|release|apple|aime-strict|aime-release", true,
        "how an answer is read and compared"),
    NUM_FIELD(
        config, "cost.t", cost_t, "10", 0, 1e6, true, "price of a test token in sleep tokens"),
    STR_FIELD(config, "prices", prices, "null", true,
        "file of price rows that go before the program's (docs/PRICES.md)"),
    STR_FIELD(config, "models_file", models_file, "null", false,
        "JSON file of your own hosts and models; what it says goes before what the program knows "
        "(docs/MODELS.md)"),
    {"figures", FIELD_STRS, AT(config, figures), "[\"3\",\"5\",\"7\",\"21\",\"26\"]", 0, 0, NULL,
        "figures to draw, by their number in the paper", true, NULL},
    INT_FIELD(config, "bootstrap", bootstrap, "2000", 100, 1e6, true, "bootstrap replicates"),
    BOOL_FIELD(config, "stream", stream, "false", true, "ask for streamed responses"),
    BOOL_FIELD(config, "sleep_batch", sleep_batch, "false", true,
        "make sleeps by the provider's batches: about half the price, answers within a day"),
    INT_FIELD(
        config, "batch_most", batch_most, "10000", 1, 100000, true, "most requests in a batch"),
    NUM_FIELD(config, "batch_poll_s", batch_poll_s, "30", 0.01, 3600, true,
        "sleep_batch: seconds between two questions whether a batch is done"),
    NUM_FIELD(config, "poll_s", poll_s, "2", 0.01, 600, true,
        "models with the trait background: seconds between two questions whether a response is "
        "there"),
    BOOL_FIELD(config, "force", force, "false", true, "allow k > 1 at sleep temperature 0"),
    INT_FIELD(config, "concurrency", concurrency, "16", 1, 1024, true, "requests in flight"),
    NUM_FIELD(config, "requests_per_minute", requests_per_minute, "0", 0, 1e9, true,
        "pacing; 0 = no limit"),
    NUM_FIELD(config, "tokens_per_minute", tokens_per_minute, "0", 0, 1e12, true,
        "pacing by requested tokens; 0 = no limit"),
    INT_FIELD(
        config, "attempts", attempts, "5", 1, 100, true, "attempts of one call in one process"),
    INT_FIELD(config, "idle_s", idle_s, "null", 1, 86400, true,
        "seconds without a byte from the server after which a call has failed; null = 300 for "
        "streams, no such limit for the others"),
    INT_FIELD(config, "total_s", total_s, "3600", 1, 86400, true,
        "seconds after which a call has failed that is not over"),
    INT_FIELD(config, "deadline_s", deadline_s, "600", 1, 86400, true,
        "longest wait, in seconds, that a server may ask for (Retry-After); one that asks for "
        "more, "
        "when nothing else can go on, stops the run with exit code 4"),
    STR_FIELD(config, "world.level", world_level, "\"\"", false,
        "worlds: p1 or p2 contexts only; empty = all"),
    INT_FIELD(config, "world.instances", world_instances, "2", 1, 10000, false,
        "worlds, competition: drawings of each context or problem"),
    INT_FIELD(config, "world.queries", world_queries, "8", 1, 60, false,
        "worlds: questions asked of each drawing"),
    STR_FIELD(config, "phantom.library", phantom_library, "null", false,
        "directory of problem templates that the phantom knows"),
    STR_FIELD(config, "phantom.params", phantom_params, "null", false,
        "parameter file of the phantom; null = the built-in one"),
};

const struct field_table config_table = {
    "configuration", config_fields, ARRAY_LEN(config_fields), sizeof(struct config), NULL};

const struct model_config *config_model(const struct config *c, size_t i)
{
    return (const struct model_config *)c->models.v + i;
}

const struct arm_config *config_arm(const struct config *c, size_t i)
{
    return (const struct arm_config *)c->arms.v + i;
}

/* The arm's own, else the run's. */
static double temperature(const struct config *c, double own)
{
    double t = isnan(own) ? c->temperature : own;

    return isnan(t) ? TEMPERATURE_UNSENT : t;
}

double config_arm_temperature(const struct config *c, const struct arm_config *arm)
{
    return temperature(c, arm->temperature);
}

double config_sleep_temperature(const struct config *c, const struct arm_config *arm)
{
    return temperature(c, arm->sleep_temperature);
}

int64_t config_arm_samples(const struct arm_config *arm)
{
    int64_t most = 1;

    if (arm->samples != FIELD_NONE)
        return arm->samples;
    for (size_t i = 0; i < arm->k.n; i++)
        most = arm->k.v[i] > most ? arm->k.v[i] : most;
    return most;
}

const struct int_list *config_sleep_levels(const struct config *c, const struct arm_config *arm)
{
    return arm->sleep_levels.v ? &arm->sleep_levels : &c->sleep_levels;
}

static int64_t largest_k(const struct arm_config *arm)
{
    int64_t most = 0;

    for (size_t i = 0; i < arm->k.n; i++)
        most = arm->k.v[i] > most ? arm->k.v[i] : most;
    return most;
}

static enum err_code check_sleep(
    const struct config *c, const struct arm_config *arm, size_t i, struct err *err)
{
    bool named = arm->sleep_model.p == NULL;

    for (size_t m = 0; m < c->sleep_models.n && !named; m++)
        named = str_eq(((const struct model_config *)c->sleep_models.v)[m].name, arm->sleep_model);
    if (!named)
        return err_set(err, ERR_USAGE,
            "arms[%zu].sleep.model is \"%.*s\", which sleep_models does not list", i,
            STR_ARG(arm->sleep_model));
    if (largest_k(arm) > 1 && config_sleep_temperature(c, arm) == 0 && !c->force)
        return err_set(err, ERR_USAGE,
            "arms[%zu] sleeps %lld times in parallel at temperature 0, which gives equal texts: "
            "set arms[%zu].sleep.temperature above 0 (or force to true)",
            i, (long long)largest_k(arm), i);
    return OK;
}

static enum err_code check_pool(
    const struct config *c, const struct arm_config *arm, size_t i, struct err *err)
{
    if (arm->k.n == 0)
        return err_set(err, ERR_USAGE, "arms[%zu] (pass_at_k) needs k, for example [1,2,4]", i);
    if (config_arm_temperature(c, arm) == 0)
        return err_set(err, ERR_USAGE,
            "arms[%zu] (pass_at_k) at temperature 0 would draw equal samples: set "
            "arms[%zu].temperature above 0",
            i, i);
    if (config_arm_samples(arm) < largest_k(arm))
        return err_set(err, ERR_USAGE, "arms[%zu].samples is %lld, fewer than its largest k, %lld",
            i, (long long)config_arm_samples(arm), (long long)largest_k(arm));
    return OK;
}

/* The first arm that says the same as arm i, or i. */
static size_t first_equal_arm(const struct config *c, size_t i)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    size_t j = 0;

    field_print(&arm_table, config_arm(c, i), &b);
    for (; j < i; j++) {
        buf_reset(&a);
        field_print(&arm_table, config_arm(c, j), &a);
        if (str_eq(buf_str(&a), buf_str(&b)))
            break;
    }
    buf_release(&a);
    buf_release(&b);
    return j;
}

static bool has_sleep_keys(const struct arm_config *arm)
{
    return arm->sleep_model.p || !isnan(arm->sleep_temperature) || arm->sleep_levels.v;
}

static enum err_code check_arm(const struct config *c, size_t i, struct err *err)
{
    const struct arm_config *arm = config_arm(c, i);
    bool sleeps = str_eqc(arm->method, "sleep_time") || arm->with_learned;
    bool pool = str_eqc(arm->method, "pass_at_k");

    if (arm->with_learned && !str_eqc(arm->method, "context_only"))
        return err_set(err, ERR_USAGE, "arms[%zu].with_learned belongs to context_only arms", i);
    if (!sleeps && has_sleep_keys(arm))
        return err_set(err, ERR_USAGE, "arms[%zu] (%.*s) does not sleep: remove its sleep keys", i,
            STR_ARG(arm->method));
    if (!sleeps && !pool && arm->k.n)
        return err_set(err, ERR_USAGE, "arms[%zu] (%.*s) takes no k", i, STR_ARG(arm->method));
    if (!pool && arm->samples != FIELD_NONE)
        return err_set(err, ERR_USAGE, "arms[%zu].samples belongs to pass_at_k arms", i);
    size_t equal = first_equal_arm(c, i);
    if (equal < i)
        return err_set(err, ERR_USAGE, "arms[%zu] and arms[%zu] are the same arm", equal, i);
    if (pool)
        return check_pool(c, arm, i, err);
    return sleeps ? check_sleep(c, arm, i, err) : OK;
}

static bool name_is_safe(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!str_is_alpha(name.p[i]) && !str_is_digit(name.p[i]) && !strchr("-_./", name.p[i]))
            return false;
    return name.n > 0 && name.n <= 120 && name.p[0] != '.' && name.p[0] != '/' &&
           name.p[name.n - 1] != '/' && str_find(name, STR(".."), 0) == SIZE_MAX;
}

static enum err_code check_models(const struct object_list *list, const char *key, struct err *err)
{
    const struct model_config *m = list->v;

    for (size_t i = 0; i < list->n; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(m[i].name, m[j].name))
                return err_set(err, ERR_USAGE, "%s names \"%.*s\" twice", key, STR_ARG(m[i].name));
    return OK;
}

static enum err_code place_models(const struct model_book *book, const struct object_list *list,
    const char *key, struct arena *arena, struct err *err)
{
    struct model_config *m = list->v;

    for (size_t i = 0; i < list->n; i++) {
        struct model_place *place = arena_alloc(arena, sizeof *place);
        if (!m[i].name.p || m[i].name.n == 0)
            return err_set(err, ERR_USAGE, "%s[%zu] has no name", key, i);
        if (model_resolve(&m[i], book, arena, place, err))
            return err_wrap(err, "%s[%zu]", key, i);
        m[i].place = place;
    }
    return OK;
}

/* Where every model is and what it takes. */
static enum err_code place_all(struct config *c, struct arena *arena, struct err *err)
{
    struct model_list own;
    struct model_book book = {NULL, NULL};

    if (models_shipped(&book.shipped, err))
        return err->code;
    if (c->models_file.n) {
        if (models_load(c->models_file, arena, &own, err))
            return err->code;
        book.own = &own;
        if (models_check_hosts(&book, err))
            return err->code;
    }
    if (place_models(&book, &c->models, "models", arena, err))
        return err->code;
    return place_models(&book, &c->sleep_models, "sleep_models", arena, err);
}

static enum err_code check_split(const struct config *c, struct err *err)
{
    static const char *const choices[] = {"all", "original", "generated", "verified"};
    bool known = !c->queries.p;

    if (str_eqc(c->tail, "context") && !str_eqc(c->split, "strict"))
        return err_set(err, ERR_USAGE,
            "tail is \"context\", which only the strict rule can do: set split to \"strict\"");
    for (size_t i = 0; i < ARRAY_LEN(choices) && !known; i++)
        known = str_eqc(c->queries, choices[i]);
    if (!known)
        return err_set(err, ERR_USAGE,
            "queries is \"%.*s\": it takes all, original, generated or verified",
            STR_ARG(c->queries));
    return OK;
}

/* Budgets that only one channel of answers can carry. */
static enum err_code check_channel(const struct config *c, struct err *err)
{
    bool tool = str_eqc(c->answer_channel, "tool");

    if (str_eqc(c->budget_kind, "steps") && !tool)
        return err_set(err, ERR_USAGE,
            "test_budget.kind is steps: a text ends the first step; set answer_channel to tool");
    if (str_eqc(c->budget_kind, "forced") && tool)
        return err_set(err, ERR_USAGE,
            "test_budget.kind is forced: forcing continues a text; set answer_channel to text");
    return OK;
}

enum err_code config_check(const struct config *c, struct err *err)
{
    if (!name_is_safe(c->name))
        return err_set(err, ERR_USAGE,
            "name is \"%.*s\": a run needs a name of letters, digits, '-', '_', '.' and '/', "
            "without \"..\"",
            STR_ARG(c->name));
    if (c->models.n == 0)
        return err_set(err, ERR_USAGE, "models is empty: name at least one model");
    if (c->arms.n == 0)
        return err_set(err, ERR_USAGE, "arms is empty: name at least one arm");
    if (check_models(&c->models, "models", err) ||
        check_models(&c->sleep_models, "sleep_models", err) || check_split(c, err) ||
        check_channel(c, err))
        return err->code;
    for (size_t i = 0; i < c->arms.n; i++)
        if (check_arm(c, i, err))
            return err->code;
    return OK;
}

enum err_code config_load(struct str text, const char *origin, const char *const *sets,
    size_t nsets, struct arena *arena, struct config *ret, struct err *err)
{
    struct json *doc;

    if (json_parse(text, JSON_STRICT, &doc, err)) {
        err->code = ERR_USAGE;
        return err_wrap(err, "%s", origin);
    }
    field_defaults(&config_table, ret, arena);
    enum err_code code = field_load(&config_table, ret, doc, "", arena, err);
    json_free(doc);
    for (size_t i = 0; i < nsets && !code; i++)
        code = field_set(&config_table, ret, sets[i], arena, err);
    if (!code)
        code = config_budget_resolve(ret, arena, err);
    if (!code)
        code = place_all(ret, arena, err);
    if (!code)
        code = config_check(ret, err);
    return code ? err_wrap(err, "%s", origin) : OK;
}

static bool values_differ(const struct field *f, const void *a, const void *b)
{
    struct buf x = BUF_INIT, y = BUF_INIT;

    field_print_value(f, a, &x);
    field_print_value(f, b, &y);
    bool differ = !str_eq(buf_str(&x), buf_str(&y));
    buf_release(&x);
    buf_release(&y);
    return differ;
}

enum err_code config_difference(
    struct str old_json, struct str new_json, bool tasks_only, struct buf *ret, struct err *err)
{
    struct arena arena = {0};
    struct config old, new;
    enum err_code code =
        config_load(old_json, "the stored configuration", NULL, 0, &arena, &old, err);

    if (!code)
        code = config_load(new_json, "the new configuration", NULL, 0, &arena, &new, err);
    for (size_t i = 0; i < ARRAY_LEN(config_fields) && !code; i++) {
        const struct field *f = &config_fields[i];
        if ((tasks_only && f->keeps_tasks) || !values_differ(f, &old, &new))
            continue;
        buf_printf(ret, "%s%s", ret->n ? ", " : "", f->name);
    }
    arena_release(&arena);
    return code;
}
