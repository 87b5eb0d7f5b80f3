/* competition.c - the embedded competition problems and the items drawn from them; see
 * competition.h. */
#include "datasets/competition.h"

#include "datasets/template_rows.h"
#include "harness/base/data.h"
#include "harness/base/json.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "datasets/competition/"
#define SUFFIX ".json"

/* "datasets/competition/two-stamps.json" -> "two-stamps" */
static struct str name_of(const char *path)
{
    struct str name = str_from(str_c(path), strlen(PREFIX));

    if (str_ends(name, STR(SUFFIX)))
        name.n -= strlen(SUFFIX);
    return name;
}

static struct str lead_of(struct str question)
{
    size_t open = str_find(question, STR("{"), 0);

    return str_trim(str_slice(question, 0, open == SIZE_MAX ? question.n : open));
}

static enum err_code add_problem(
    struct competition_library *lib, const char *path, const struct json *doc, struct err *err)
{
    struct str topic = json_str(json_get(doc, "topic"));
    struct template_source source = {.name = path,
        .question = json_str(json_get(doc, "question_annotated")),
        .answer = json_str(json_get(doc, "answer_annotated"))};
    struct competition_problem p = {.name = arena_str(&lib->arena, name_of(path)),
        .topic = arena_str(&lib->arena, topic),
        .lead = arena_str(&lib->arena, lead_of(source.question))};

    if (!topic.n || !source.question.n || !source.answer.n)
        return err_set(err, ERR_INPUT,
            "%s: it needs the keys topic, question_annotated and answer_annotated", path);
    enum err_code code = template_parse(&source, &p.template, err);
    if (code)
        return code;
    GROW(lib->v, lib->n + 1, lib->cap);
    lib->v[lib->n++] = p;
    return OK;
}

static enum err_code load_file(struct competition_library *lib, const char *path, struct err *err)
{
    struct buf text = BUF_INIT;
    struct json *doc = NULL;
    enum err_code code = data_read(path, &text, err);

    if (!code && json_parse(buf_str(&text), JSON_STRICT, &doc, err))
        code = err_wrap(err, "%s", path);
    if (!code)
        code = add_problem(lib, path, doc, err);
    json_free(doc);
    buf_release(&text);
    return code;
}

enum err_code competition_load(struct competition_library *ret, struct err *err)
{
    struct competition_library lib = {.n = 0};
    enum err_code code = OK;
    const char *path;

    for (size_t i = 0; !code && (path = data_path(PREFIX, i)); i++)
        code = load_file(&lib, path, err);
    if (code)
        competition_release(&lib);
    else
        *ret = lib;
    return code;
}

void competition_release(struct competition_library *lib)
{
    for (size_t i = 0; i < lib->n; i++)
        template_free(lib->v[i].template);
    free(lib->v);
    arena_release(&lib->arena);
    *lib = (struct competition_library){.n = 0};
}

bool competition_begins(const struct competition_problem *p, struct str text)
{
    size_t i = 0;

    text = str_trim(text);
    for (size_t k = 0; k < p->lead.n; k++) {
        if (i == text.n)
            return false;
        if (p->lead.p[k] != ' ') {
            if (text.p[i++] != p->lead.p[k])
                return false;
            continue;
        }
        if (!str_is_blank(text.p[i]))
            return false;
        while (i < text.n && str_is_blank(text.p[i]))
            i++;
    }
    return true;
}

bool competition_knows(const struct competition_library *lib, struct str text)
{
    static const enum template_part parts[] = {TEMPLATE_WHOLE, TEMPLATE_CONTEXT};
    struct arena arena = {0};
    struct tbinding b;
    bool known = false;

    for (size_t i = 0; i < lib->n && !known; i++)
        for (size_t k = 0; k < ARRAY_LEN(parts) && competition_begins(&lib->v[i], text); k++)
            known =
                known || template_read(lib->v[i].template, parts[k], text, &arena, &b) == REGEX_YES;
    arena_release(&arena);
    return known;
}

static void add_item(const struct competition_problem *p, const struct template_row *row,
    struct arena *arena, struct item *item)
{
    item->id = str_c(arena_printf(arena, "competition/%.*s/%d", STR_ARG(p->name), row->instance));
    item->cluster = arena_str(arena, p->name);
    item->stratum = arena_str(arena, p->topic);
    item->question = arena_str(arena, row->question);
    item->gold = arena_str(arena, row->gold);
    item->solution = arena_str(arena, row->solution);
    item->markup = MARKUP_LATEX;
}

static enum err_code add_items(const struct competition_problem *p, int instances, uint64_t seed,
    struct arena *arena, struct item_list *list, struct err *err)
{
    struct arena scratch = {0};
    struct template_rows rows;
    enum err_code code = template_rows_make(p->template, seed, instances, &scratch, &rows, err);

    if (!code && rows.n < (size_t)instances)
        code = err_set(err, ERR_USAGE,
            "competition problem %.*s has only %zu different drawings in reach, not %d; ask for "
            "fewer",
            STR_ARG(p->name), rows.n, instances);
    for (size_t i = 0; !code && i < rows.n; i++)
        add_item(p, &rows.v[i], arena, item_list_add(list));
    arena_release(&scratch);
    return code;
}

enum err_code competition_items(const struct competition_library *lib, int instances, uint64_t seed,
    struct arena *arena, struct item_list *ret_list, struct err *err)
{
    enum err_code code = OK;

    if (instances < 1)
        return err_set(err, ERR_USAGE, "%d drawings of a problem; at least 1 is needed", instances);
    for (size_t i = 0; i < lib->n && !code; i++)
        code = add_items(&lib->v[i], instances, seed, arena, ret_list, err);
    return code;
}

void competition_row_write(const struct item *item, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    struct buf answer = BUF_INIT;

    buf_printf(&answer, "%.*s\n#### %.*s", STR_ARG(item->solution), STR_ARG(item->gold));
    jsonw_object(&w, NULL);
    jsonw_str(&w, "id", item->id);
    jsonw_str(&w, "cluster", item->cluster);
    jsonw_str(&w, "stratum", item->stratum);
    jsonw_str(&w, "question", item->question);
    jsonw_str(&w, "answer", buf_str(&answer));
    jsonw_end_object(&w);
    buf_putc(out, '\n');
    buf_release(&answer);
}
