/* item_row.c - columns, synonyms and the GSM-Symbolic row form; see item_row.h. */
#include "datasets/item_row.h"

#include "harness/base/json.h"

#include <string.h>

enum field { ID, QUESTION, ANSWER, CLUSTER, STRATUM, CONTEXT, QUERY, SOLUTION, FIELD_COUNT };

enum { MAX_SYNONYMS = 4 };

static const struct {
    const char *noun;
    const char *synonyms[MAX_SYNONYMS];
} fields[FIELD_COUNT] = {
    [ID] = {"id", {"id", "ID", "problem_idx"}},
    [QUESTION] = {"question", {"question", "problem", "Problem", "prompt"}},
    [ANSWER] = {"answer", {"answer", "Answer", "expected_answer"}},
    [CLUSTER] = {"cluster", {"cluster"}},
    [STRATUM] = {"stratum", {"stratum"}},
    [CONTEXT] = {"context", {"context", "stateful_gsm_symbolic_context", "stateful_aime_context"}},
    [QUERY] = {"query", {"query", "stateful_gsm_symbolic_question", "stateful_aime_question"}},
    [SOLUTION] = {"solution", {"solution", "Solution"}},
};

/* A row while it is read: what its columns say. */
struct row {
    const struct json *json;
    const char *dataset;
    struct arena *arena;
    const char *mapped[FIELD_COUNT]; /* column named by the user, or NULL */
    struct str text[FIELD_COUNT];    /* p == NULL: absent */
    bool gsm;
    int64_t template, instance;
};

/* The names of the row's columns, for messages. */
static struct str column_names(const struct row *r)
{
    struct buf names;

    buf_init(&names, 200);
    for (const struct json *m = json_first(r->json); m; m = json_next(m)) {
        buf_puts(&names, names.n ? ", " : "");
        buf_str_add(&names, json_key(m));
    }
    struct str copy = arena_str(r->arena, buf_str(&names));
    buf_release(&names);
    return copy;
}

static enum err_code missing(const struct row *r, enum field f, struct err *err)
{
    struct str names = column_names(r);

    if (r->mapped[f])
        return err_set(err, ERR_INPUT, "no column \"%s\" for the %s; the row has: %.*s",
            r->mapped[f], fields[f].noun, STR_ARG(names));
    return err_set(err, ERR_INPUT, "no column that holds the %s (tried %s); the row has: %.*s",
        fields[f].noun, fields[f].synonyms[0], STR_ARG(names));
}

static const struct json *find_column(const struct row *r, enum field f)
{
    const struct json *v = NULL;

    if (r->mapped[f])
        v = json_get(r->json, r->mapped[f]);
    for (size_t i = 0; !r->mapped[f] && i < MAX_SYNONYMS && fields[f].synonyms[i] && !v; i++)
        v = json_get(r->json, fields[f].synonyms[i]);
    return json_type(v) == JSON_NULL ? NULL : v;
}

/* Text of a column: a string, trimmed, or a number as it is written. */
static enum err_code read_field(struct row *r, enum field f, struct err *err)
{
    const struct json *v = find_column(r, f);
    double num;
    int64_t whole;

    if (!v)
        return r->mapped[f] ? missing(r, f, err) : OK;
    if (json_type(v) == JSON_STRING) {
        r->text[f] = arena_str(r->arena, str_trim(json_str(v)));
        return OK;
    }
    if (!json_num(v, &num))
        return err_set(err, ERR_INPUT, "the %s is %s, not a text", fields[f].noun,
            json_type_name(json_type(v)));
    if (!json_int(v, &whole) && (num > 9e15 || num < -9e15))
        return err_set(err, ERR_INPUT,
            "the %s is a number too large to be exact: write it as a string", fields[f].noun);
    struct buf digits = BUF_INIT;
    json_number(&digits, num);
    r->text[f] = arena_str(r->arena, buf_str(&digits));
    buf_release(&digits);
    return OK;
}

/* Apple's rows carry a template number and an instance number instead of an id. */
static void recognise_gsm(struct row *r)
{
    r->gsm = !r->mapped[ID] && json_int(json_get(r->json, "id"), &r->template) &&
             json_int(json_get(r->json, "instance"), &r->instance) && r->template >= 0 &&
             r->instance >= 0;
}

/* "0003"; "p1/0003" where the row says that it is of another level than the dataset: files of
 * `data generate` may hold several. */
static const char *template_name(const struct row *r)
{
    struct str level = json_str(json_get(r->json, "level")), name = str_c(r->dataset);
    const char *number = arena_printf(r->arena, "%04lld", (long long)r->template);
    bool same = str_ends(name, level) && name.n > level.n && name.p[name.n - level.n - 1] == '-';

    return level.n && !same ? arena_printf(r->arena, "%.*s/%s", STR_ARG(level), number) : number;
}

static void set_names(const struct row *r, struct item *ret)
{
    const char *name = r->dataset;
    struct str id = r->text[ID], prefix = str_c(arena_printf(r->arena, "%s/", name));

    if (r->gsm)
        id = str_c(arena_printf(
            r->arena, "%s%s/%lld", prefix.p, template_name(r), (long long)r->instance));
    else if (!id.n)
        id = str_c(arena_printf(r->arena, "%s%zu", prefix.p, ret->line));
    else if (!str_starts(id, prefix))
        id = str_c(arena_printf(r->arena, "%s%.*s", prefix.p, STR_ARG(id)));
    ret->id = id;
    ret->cluster = r->text[CLUSTER];
    ret->stratum = r->text[STRATUM];
    if (!ret->stratum.n && r->gsm)
        ret->stratum = str_c(template_name(r));
    if (!ret->cluster.n)
        ret->cluster = r->gsm ? str_c(arena_printf(r->arena, "template-%s", template_name(r))) : id;
}

static struct str joined(struct arena *arena, struct str context, struct str query)
{
    if (!context.n)
        return query;
    return str_c(arena_printf(arena, "%.*s %.*s", STR_ARG(context), STR_ARG(query)));
}

/* A GSM row that still has Apple's question is a plain item, even if the released cut stands
 * beside it: the splitters make both cuts from the question. */
static enum err_code set_texts(const struct row *r, struct item *ret, struct err *err)
{
    bool context = r->text[CONTEXT].p, query = r->text[QUERY].p, question = r->text[QUESTION].p;
    bool chosen = r->mapped[CONTEXT] || r->mapped[QUERY];

    if (context && query && (chosen || !(r->gsm && question))) {
        if (!r->text[QUERY].n)
            return err_set(err, ERR_INPUT, "the query is empty");
        ret->stateful = true;
        ret->context = r->text[CONTEXT];
        ret->query = r->text[QUERY];
        ret->question = joined(r->arena, ret->context, ret->query);
        return OK;
    }
    if (!question)
        return missing(r, context ? QUERY : QUESTION, err);
    if (context && !query)
        return err_set(err, ERR_INPUT,
            "the row has a context and a question but no query: say which column is the query");
    if (!r->text[QUESTION].n)
        return err_set(err, ERR_INPUT, "the question is empty");
    ret->question = r->text[QUESTION];
    return OK;
}

/* Start of the last "#### " of s, or SIZE_MAX; the text is trimmed, so the end counts as a blank.
 */
static size_t last_marker(struct str s)
{
    struct str marker = STR("####");

    for (size_t i = s.n; i-- > 0;)
        if (str_starts(str_from(s, i), marker) && (i + marker.n == s.n || s.p[i + marker.n] == ' '))
            return i;
    return SIZE_MAX;
}

static enum err_code set_gold(const struct row *r, struct item *ret, struct err *err)
{
    struct str answer = r->text[ANSWER], rest, gold;

    if (!answer.p)
        return missing(r, ANSWER, err);
    size_t at = last_marker(answer);
    if (at == SIZE_MAX && r->gsm)
        return err_set(err, ERR_INPUT, "the answer has no line \"#### value\"");
    ret->solution = r->text[SOLUTION];
    if (at != SIZE_MAX) {
        ret->solution = str_trim(str_slice(answer, 0, at));
        rest = str_trim(str_from(answer, at + 4));
        if (!str_cut(&rest, '\n', &gold))
            gold = rest;
        answer = gold;
    }
    ret->gold = str_trim(answer);
    if (!ret->gold.n)
        return err_set(err, ERR_INPUT, "the answer is empty");
    return OK;
}

enum err_code item_row_read(struct str line, const char *dataset,
    const struct item_columns *columns, struct arena *arena, struct item *ret, struct err *err)
{
    struct row r = {.dataset = dataset,
        .arena = arena,
        .mapped = {columns->id, columns->question, columns->answer, columns->cluster,
            columns->stratum, columns->context, columns->query, NULL}};
    struct json *doc;
    enum err_code code = json_parse(line, JSON_STRICT, &doc, err);

    if (code)
        return code;
    r.json = doc;
    if (json_type(doc) != JSON_OBJECT)
        code = err_set(err, ERR_INPUT, "a row must be one JSON object a line, this is %s",
            json_type_name(json_type(doc)));
    recognise_gsm(&r);
    if (r.gsm && !r.mapped[CLUSTER] && !json_get(doc, "cluster"))
        r.mapped[CLUSTER] = json_get(doc, "original_id") ? "original_id" : NULL;
    for (int f = 0; f < FIELD_COUNT && !code; f++)
        code = read_field(&r, (enum field)f, err);
    if (!code)
        code = set_texts(&r, ret, err);
    if (!code)
        code = set_gold(&r, ret, err);
    if (!code)
        set_names(&r, ret);
    json_free(doc);
    return code;
}
