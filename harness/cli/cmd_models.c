/* cmd_models.c - `sleepbench models`: which hosts and models are known, and what of them. */
#include "harness/base/json.h"
#include "harness/base/table.h"
#include "harness/cli/cmd_data.h"
#include "harness/cli/commands.h"
#include "harness/config/model.h"

static const struct command models_list, models_show, models_check;

/* The program's rows and those of `file`, if it is not empty. */
static enum err_code load_book(const char *file, struct arena *arena, struct model_list *own,
    struct model_book *ret, struct err *err)
{
    struct model_book book = {NULL, NULL};

    if (models_shipped(&book.shipped, err))
        return err->code;
    if (file[0]) {
        if (models_load(str_c(file), arena, own, err))
            return err->code;
        book.own = own;
        if (models_check_hosts(&book, err))
            return err->code;
    }
    *ret = book;
    return OK;
}

static void print_table(struct table *t, bool json)
{
    struct buf text = BUF_INIT;

    table_print(t, json ? TABLE_JSONL : TABLE_TEXT, &text);
    cli_print(buf_str(&text));
    buf_release(&text);
}

static void cell(struct table *t, struct str text)
{
    if (text.n)
        table_str(t, text);
    else
        table_missing(t);
}

/* ---- list ------------------------------------------------------------------------------------ */

static const struct column list_columns[] = {
    {"model", "", COLUMN_STR, 0},
    {"api", "", COLUMN_STR, 0},
    {"efforts", "", COLUMN_STR, 0},
    {"thinking", "tokens", COLUMN_STR, 0},
    {"temperature", "", COLUMN_STR, 0},
    {"forcing", "", COLUMN_STR, 0},
    {"scoring", "", COLUMN_STR, 0},
    {"batch", "", COLUMN_STR, 0},
    {"checked", "date", COLUMN_STR, 0},
    {"sure", "", COLUMN_STR, 0},
};

static void efforts_cell(struct table *t, const struct traits *x)
{
    struct buf words = BUF_INIT;

    for (size_t i = 0; x->effort_key.n && i < x->efforts.n; i++)
        buf_printf(&words, "%s%.*s", i ? " " : "", STR_ARG(x->efforts.v[i]));
    if (x->effort_key.n && !words.n)
        buf_puts(&words, "not known which");
    cell(t, buf_str(&words));
    buf_release(&words);
}

static void thinking_cell(struct table *t, const struct traits *x)
{
    struct buf range = BUF_INIT;

    if (x->thinking_key.n) {
        buf_printf(
            &range, "%lld", (long long)(x->thinking_least == FIELD_NONE ? 0 : x->thinking_least));
        if (x->thinking_most == FIELD_NONE)
            buf_puts(&range, " and up");
        else
            buf_printf(&range, " to %lld", (long long)x->thinking_most);
    }
    cell(t, buf_str(&range));
    buf_release(&range);
}

static void list_row(struct table *t, struct str host, struct str name, const struct traits *x,
    struct str checked, bool unsure)
{
    struct buf model = BUF_INIT;

    buf_printf(&model, "%.*s/%.*s", STR_ARG(host), STR_ARG(name));
    table_row(t);
    table_str(t, buf_str(&model));
    table_str(t, x->api);
    efforts_cell(t, x);
    thinking_cell(t, x);
    table_str(t, !x->sampling           ? STR("no")
                 : x->sampling_thinking ? STR("yes")
                                        : STR("not thinking"));
    cell(t, x->forcing);
    cell(t, x->scoring);
    cell(t, x->batch);
    cell(t, checked);
    table_str(t, unsure ? STR("no") : STR("yes"));
    buf_release(&model);
}

/* A name that a pattern fits: the pattern without its stars. */
static struct str example(struct str pattern, struct arena *arena)
{
    struct buf name = BUF_INIT;

    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.p[i] != '*')
            buf_putc(&name, pattern.p[i]);
    struct str s = arena_str(arena, buf_str(&name));
    buf_release(&name);
    return s;
}

static enum err_code list_patterns(struct table *t, const struct model_book *book,
    const struct model_row *r, struct str host, struct arena *arena, struct err *err)
{
    struct traits x;

    for (size_t i = 0; i < r->names.n; i++) {
        if (models_traits(
                book, host, example(r->names.v[i], arena), r->api, STR(""), arena, &x, NULL, err))
            return err->code;
        list_row(t, host, r->names.v[i], &x, r->checked, r->unsure);
    }
    return OK;
}

static bool has(const struct str_list *l, struct str s)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(l->v[i], s))
            return true;
    return false;
}

/* A host's own row and the model rows for it, of all files. */
static enum err_code list_host(struct table *t, const struct model_book *book, struct str name,
    struct arena *arena, struct err *err)
{
    const struct model_list *lists[] = {book->own, book->shipped};
    struct model_host h;
    struct traits x;

    if (!models_host(book, name, &h))
        return err_set(err, ERR_USAGE,
            "--host %.*s is not known; `sleepbench models list` names all", STR_ARG(name));
    if (models_traits(book, name, STR(""), STR(""), STR(""), arena, &x, NULL, err))
        return err->code;
    list_row(t, name, STR("*"), &x, h.checked, h.unsure);
    for (size_t k = 0; k < ARRAY_LEN(lists); k++)
        for (size_t i = 0; lists[k] && i < lists[k]->models.n; i++) {
            const struct model_row *r = (const struct model_row *)lists[k]->models.v + i;
            if (has(&r->hosts, name) && list_patterns(t, book, r, name, arena, err))
                return err->code;
        }
    return OK;
}

static enum err_code list_all(
    struct table *t, const struct model_book *book, struct arena *arena, struct err *err)
{
    struct buf names = BUF_INIT;
    struct str name;
    enum err_code code = OK;

    models_host_names(book, &names);
    struct str rest = buf_str(&names);
    while (!code && str_cut(&rest, ',', &name))
        code = list_host(t, book, str_trim(name), arena, err);
    buf_release(&names);
    return code;
}

static enum err_code run_list(int argc, char **argv, struct err *err)
{
    const char *host = NULL, *file = "", *args[1];
    bool json = false;
    const struct option options[] = {
        {"--host", OPTION_STR, &host, "HOST", "only this host's"},
        {"--models-file", OPTION_STR, &file, "FILE", "rows that go before the program's"},
        {"--json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    };
    struct arena arena = {0};
    struct model_list own;
    struct model_book book;
    size_t n;

    if (cli_wants_help(argc, argv, &models_list, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 0, &n, err))
        return err->code;
    struct table *t = table_new("models", list_columns, ARRAY_LEN(list_columns));
    enum err_code code = load_book(file, &arena, &own, &book, err);
    if (!code)
        code =
            host ? list_host(t, &book, str_c(host), &arena, err) : list_all(t, &book, &arena, err);
    if (!code)
        print_table(t, json);
    table_free(t);
    arena_release(&arena);
    return code;
}

/* ---- show ------------------------------------------------------------------------------------ */

static const struct column show_columns[] = {
    {"key", "", COLUMN_STR, 0},
    {"value", "", COLUMN_STR, 0},
    {"from", "", COLUMN_STR, 0},
    {"source", "", COLUMN_STR, 0},
    {"checked", "date", COLUMN_STR, 0},
    {"sure", "", COLUMN_STR, 0},
};

static void show_row(
    struct table *t, const char *key, struct str value, const struct model_layer *from)
{
    table_row(t);
    table_str(t, str_c(key));
    cell(t, value);
    table_str(t, str_c(from->where));
    cell(t, from->source);
    cell(t, from->checked);
    cell(t, from->unsure ? STR("no") : from->source.n ? STR("yes") : STR(""));
}

/* The last layer that says a member; `otherwise` if none does. */
static const struct model_layer *said_by(
    const struct model_layers *l, const char *key, const struct model_layer *otherwise)
{
    const struct model_layer *from = otherwise;

    for (size_t i = 0; i < l->n; i++) {
        struct json *doc;
        if (json_parse(l->v[i].traits, JSON_STRICT, &doc, NULL))
            continue;
        if (json_get(doc, key))
            from = &l->v[i];
        json_free(doc);
    }
    return from;
}

static void show_traits(struct table *t, const struct model_config *m, const struct traits *x,
    const struct model_layers *l, struct arena *arena)
{
    struct model_layer wire = {
        .where = arena_printf(arena, "the wire format %.*s", STR_ARG(x->api))};
    struct model_layer option = {.where = "--api"}, unsaid = {.where = "nothing is said"};

    for (size_t i = 0; i < traits_table.n; i++) {
        const struct field *f = &traits_table.fields[i];
        struct buf value = BUF_INIT;
        bool is_api = str_eqc(str_c(f->name), "api");
        field_print_value(f, x, &value);
        if (is_api && m->api.p)
            show_row(t, f->name, buf_str(&value), &option);
        else
            show_row(t, f->name, buf_str(&value), said_by(l, f->name, is_api ? &unsaid : &wire));
        buf_release(&value);
    }
}

static void show_place(struct table *t, const struct model_book *book, const struct model_config *m,
    const struct model_place *p)
{
    struct model_host h;
    struct model_layer row = {.where = "the host's row"}, option = {.where = "--base-url"};
    struct model_layer name = {.where = "the name"}, given = {.where = "--host"};

    if (models_host(book, p->host, &h)) {
        row.source = h.source;
        row.checked = h.checked;
        row.unsure = h.unsure;
    }
    show_row(t, "host", p->host, m->host.p ? &given : &name);
    show_row(t, "model", p->model, &name);
    show_row(t, "base_url", p->base_url, m->base_url.p ? &option : &row);
    show_row(t, "key_env", p->key_env, m->base_url.p ? &option : &row);
}

static enum err_code show(const struct model_book *book, const struct model_config *m,
    struct arena *arena, bool json, struct err *err)
{
    struct table *t = table_new("model", show_columns, ARRAY_LEN(show_columns));
    struct model_place place;
    struct model_layers layers;
    struct traits x;
    enum err_code code = model_resolve(m, book, arena, &place, err);

    if (!code)
        code =
            models_traits(book, place.host, place.model, m->api, STR(""), arena, &x, &layers, err);
    if (!code) {
        show_place(t, book, m, &place);
        show_traits(t, m, &x, &layers, arena);
        print_table(t, json);
    }
    table_free(t);
    return code;
}

static enum err_code check_api(const char *api, struct err *err)
{
    struct str rest = str_c(traits_table.fields[0].choices), one;

    while (str_cut(&rest, '|', &one))
        if (str_eqc(one, api))
            return OK;
    return err_set(
        err, ERR_USAGE, "--api %s: it must be one of %s", api, traits_table.fields[0].choices);
}

static enum err_code run_show(int argc, char **argv, struct err *err)
{
    const char *file = "", *url = NULL, *api = NULL, *host = NULL, *args[1];
    bool json = false;
    const struct option options[] = {
        {"--base-url", OPTION_STR, &url, "URL", "as base_url of a model's entry"},
        {"--api", OPTION_STR, &api, "FORMAT", "as api of a model's entry"},
        {"--host", OPTION_STR, &host, "HOST", "as host of a model's entry"},
        {"--models-file", OPTION_STR, &file, "FILE", "rows that go before the program's"},
        {"--json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    };
    struct arena arena = {0};
    struct model_list own;
    struct model_book book;
    size_t n;

    if (cli_wants_help(argc, argv, &models_show, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 1, &n, err) ||
        (api && check_api(api, err)))
        return err->code;
    if (n != 1)
        return err_set(err, ERR_USAGE, "usage: sleepbench models show PROVIDER/NAME [options]");
    struct model_config m = {.name = str_c(args[0])};
    if (url)
        m.base_url = str_c(url);
    if (api)
        m.api = str_c(api);
    if (host)
        m.host = str_c(host);
    enum err_code code = load_book(file, &arena, &own, &book, err);
    if (!code)
        code = show(&book, &m, &arena, json, err);
    arena_release(&arena);
    return code;
}

/* ---- check ----------------------------------------------------------------------------------- */

static enum err_code run_check(int argc, char **argv, struct err *err)
{
    const char *args[1];
    struct arena arena = {0};
    struct model_list own;
    struct model_book book;
    size_t n;

    if (cli_wants_help(argc, argv, &models_check, NULL, 0))
        return OK;
    if (option_parse(argc, argv, NULL, 0, args, 1, &n, err))
        return err->code;
    if (n != 1 || !args[0][0])
        return err_set(err, ERR_USAGE, "usage: sleepbench models check FILE");
    enum err_code code = load_book(args[0], &arena, &own, &book, err);
    if (!code) {
        struct buf line = BUF_INIT;
        buf_printf(&line, "%s: %zu hosts and %zu model rows, nothing wrong with them\n", args[0],
            own.hosts.n, own.models.n);
        cli_print(buf_str(&line));
        buf_release(&line);
    }
    arena_release(&arena);
    return code;
}

static const struct command models_list = {"models list", "[options]",
    "known hosts and models, and which budgets they take", run_list, false};
static const struct command models_show = {"models show", "PROVIDER/NAME [options]",
    "what is known of one model, and where each part is from", run_show, false};
static const struct command models_check = {"models check", "FILE",
    "read a file for the key models_file and say what is wrong with it", run_check, false};

static enum err_code run(int argc, char **argv, struct err *err)
{
    static const struct command *const actions[] = {
        &models_list, &models_show, &models_check, NULL};

    return data_dispatch(&cmd_models, actions, argc, argv, err);
}

const struct command cmd_models = {
    "models", "NAME [options]", "what models and servers take: list, show, check", run, false};
