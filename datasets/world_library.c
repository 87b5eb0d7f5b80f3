/*
 * world_library.c - loads the files of datasets/worlds; the format is in docs/WORLDS.md.
 */
#include "datasets/world_impl.h"

#include "harness/base/data.h"
#include "harness/base/json.h"

#define WORLDS_PREFIX "datasets/worlds/"
#define LAWS_PATH WORLDS_PREFIX "laws.json"

static enum err_code bad(const struct world_context *c, struct err *err, const char *what)
{
    return err_set(err, ERR_INPUT, "world context %.*s: %s", STR_ARG(c->name), what);
}

/* A text that may be given as an array of parts. */
static void join_parts(
    const struct json *v, const char *before, const char *between, struct buf *out)
{
    size_t i = 0;

    if (json_type(v) == JSON_STRING)
        buf_printf(out, "%s%.*s", before, STR_ARG(json_str(v)));
    for (const struct json *part = json_first(v); part; part = json_next(part))
        buf_printf(out, "%s%s%.*s", i++ ? between : "", before, STR_ARG(json_str(part)));
}

static enum err_code read_list(const struct world_context *c, const struct json *list,
    struct arena *arena, struct str *out, size_t cap, size_t *ret_n, struct err *err)
{
    size_t n = 0;

    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        if (n == cap)
            return bad(c, err, "a list is too long");
        if (json_str(item).n == 0)
            return bad(c, err, "a list holds an empty text");
        out[n++] = arena_str(arena, json_str(item));
    }
    *ret_n = n;
    return OK;
}

static enum err_code find_variable(
    const struct world_context *c, struct str name, uint16_t *ret, struct err *err)
{
    size_t i = template_variable_index(c->template, name);

    if (i == SIZE_MAX)
        return err_set(err, ERR_INPUT, "world context %.*s: no variable %.*s", STR_ARG(c->name),
            STR_ARG(name));
    *ret = (uint16_t)i;
    return OK;
}

static enum err_code check_phrase(const struct world_context *c, struct str phrase, struct err *err)
{
    size_t open, i = 0;
    uint16_t variable;

    while ((open = str_find(phrase, STR("{"), i)) != SIZE_MAX) {
        size_t close = str_find(phrase, STR("}"), open);
        if (close == SIZE_MAX)
            return bad(c, err, "a phrase has '{' without '}'");
        enum err_code code = find_variable(c, str_slice(phrase, open + 1, close), &variable, err);
        if (code)
            return code;
        i = close + 1;
    }
    return OK;
}

/* Splits the text at its placeholders, for fast reading. */
static void cut_pieces(struct world_context *c, struct str text, struct arena *arena)
{
    size_t slots = 0, n = 0, i = 0;

    for (size_t k = 0; k < text.n; k++)
        slots += text.p[k] == '{';
    c->pieces.literal = arena_array(arena, struct str, slots + 1);
    for (;;) {
        size_t open = str_find(text, STR("{"), i);
        size_t close = open == SIZE_MAX ? SIZE_MAX : str_find(text, STR("}"), open);
        if (close == SIZE_MAX)
            break;
        c->pieces.literal[n++] = str_slice(text, i, open);
        i = close + 1;
    }
    c->pieces.literal[n++] = str_from(text, i);
    c->pieces.n = n;
}

static enum err_code read_text(
    struct world_context *c, const struct json *v, struct arena *arena, struct err *err)
{
    struct buf text = BUF_INIT;

    join_parts(json_get(v, "text"), "", " ", &text);
    cut_pieces(c, arena_str(arena, buf_str(&text)), arena);
    buf_puts(&text, "\n\n#init:\n");
    join_parts(json_get(v, "init"), "- ", "\n", &text);
    if (json_len(json_get(v, "conditions")) > 0) {
        buf_puts(&text, "\n\n#conditions:\n");
        join_parts(json_get(v, "conditions"), "- ", "\n", &text);
    }
    buf_puts(&text, "\n");
    char *name = arena_printf(arena, WORLDS_PREFIX "%.*s", STR_ARG(c->name));
    struct template_source source = {name, buf_str(&text), {NULL, 0}};
    enum err_code code = template_parse(&source, &c->template, err);
    buf_release(&text);
    return code;
}

static enum err_code read_words(
    struct world_context *c, const struct json *v, struct arena *arena, struct err *err)
{
    static const struct {
        enum world_word word;
        const char *path;
    } keys[] = {
        {WORD_GROUP, "group"},
        {WORD_GROUP_ONE, "group_singular"},
        {WORD_DONE, "done"},
        {WORD_ENTITY_KIND, "entity_kind"},
        {WORD_ATTRIBUTE_KIND, "attribute_kind"},
        {WORD_LOST, "lost"},
        {WORD_CONTAINERS, "containers"},
        {WORD_CONTAINER, "container"},
        {WORD_UNIT, "rate.unit"},
        {WORD_RATE_DONE, "rate.done"},
        {WORD_RATE_WITH, "rate.with"},
    };
    bool rated = json_get(v, "rate") != NULL;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct str word = json_str(json_path(v, keys[i].path));
        bool of_rate = keys[i].word >= WORD_UNIT;
        if (word.n == 0 && (rated || !of_rate))
            return err_set(
                err, ERR_INPUT, "world context %.*s: no %s", STR_ARG(c->name), keys[i].path);
        c->words[keys[i].word] = arena_str(arena, word);
    }
    return OK;
}

static bool operation(struct str word, enum quantity_op *ret)
{
    static const struct {
        const char *word;
        enum quantity_op op;
    } table[] = {
        {"+", QUANTITY_SUM},
        {"-", QUANTITY_DIFFERENCE},
        {"*", QUANTITY_PRODUCT},
        {"/", QUANTITY_QUOTIENT},
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (str_eqc(word, table[i].word)) {
            *ret = table[i].op;
            return true;
        }
    return false;
}

/* "@e.a" is a cell, anything else a variable. */
static enum err_code read_part(
    const struct world_context *c, struct str word, struct world_cell *cell, struct err *err)
{
    size_t i = cell->nparts;

    if (i == ARRAY_LEN(cell->part))
        return bad(c, err, "a cell has too many parts");
    cell->nparts++;
    cell->part[i].is_cell = word.p[0] == '@';
    if (!cell->part[i].is_cell)
        return find_variable(c, word, &cell->part[i].index, err);
    if (word.n != 4 || !str_is_digit(word.p[1]) || word.p[2] != '.' || !str_is_digit(word.p[3]))
        return bad(c, err, "a cell reference is not @entity.attribute");
    size_t e = (size_t)(word.p[1] - '0'), a = (size_t)(word.p[3] - '0');
    if (e >= c->nentities || a >= c->nkinds)
        return bad(c, err, "a cell reference is out of range");
    cell->part[i].index = (uint16_t)(e * c->nkinds + a);
    return OK;
}

/* "a", "@0.1 + k", "@0.0 * m", "@0.0 / d", "@0.0 + @0.1 + @0.2" */
static enum err_code read_cell(
    const struct world_context *c, struct str text, struct world_cell *cell, struct err *err)
{
    struct str word;

    cell->op = QUANTITY_STATED;
    for (size_t i = 0; str_cut(&text, ' ', &word); i++) {
        enum quantity_op op;
        enum err_code code = OK;
        if (word.n == 0)
            return bad(c, err, "a cell has two blanks in a row or none at all");
        if (i % 2 == 0)
            code = read_part(c, word, cell, err);
        else if (!operation(word, &op) || (i > 1 && op != cell->op))
            code = bad(c, err, "a cell has an unknown or a second operation");
        else
            cell->op = op;
        if (code)
            return code;
    }
    bool pair = cell->op == QUANTITY_DIFFERENCE || cell->op == QUANTITY_QUOTIENT;
    if (cell->nparts == 0 || (pair && cell->nparts != 2) ||
        (cell->nparts == 1 && cell->part[0].is_cell))
        return bad(c, err, "a cell has the wrong number of parts");
    return OK;
}

static enum err_code read_cells(struct world_context *c, const struct json *v, struct err *err)
{
    const struct json *row = json_first(v);

    for (size_t e = 0; e < c->nentities; e++) {
        const struct json *text = json_first(row);
        if (json_len(row) != c->nkinds)
            return bad(c, err, "cells are not entities x attributes");
        for (size_t a = 0; a < c->nkinds; a++, text = json_next(text)) {
            enum err_code code = read_cell(c, json_str(text), &c->cells[e * c->nkinds + a], err);
            if (code)
                return code;
        }
        row = json_next(row);
    }
    return OK;
}

static enum err_code read_rates(
    struct world_context *c, const struct json *v, struct arena *arena, struct err *err)
{
    struct str names[WORLD_MAX_SIDE];
    size_t nsingular = 0;
    enum err_code code =
        read_list(c, json_path(v, "rate.each"), arena, names, WORLD_MAX_SIDE, &c->nrates, err);

    if (!code)
        code = read_list(
            c, json_get(v, "singular"), arena, c->singular, WORLD_MAX_SIDE, &nsingular, err);
    for (size_t i = 0; !code && i < c->nrates; i++)
        code = find_variable(c, names[i], &c->rates[i], err);
    if (code || c->nrates == 0)
        return code;
    if ((c->nrates != 1 && c->nrates != c->nkinds) || nsingular != c->nkinds)
        return bad(c, err, "a rate needs one value or one an attribute, and all singulars");
    return OK;
}

/* "asides": [["years since the orchard was planted", "y"], ...] */
static enum err_code read_asides(
    struct world_context *c, const struct json *v, struct arena *arena, struct err *err)
{
    for (const struct json *pair = json_first(v); pair; pair = json_next(pair)) {
        size_t i = c->nasides;
        if (i == WORLD_MAX_ASIDES)
            return bad(c, err, "too many asides");
        c->aside[i] = arena_str(arena, json_str(json_at(pair, 0)));
        enum err_code code =
            find_variable(c, json_str(json_at(pair, 1)), &c->aside_variable[i], err);
        if (!code)
            code = check_phrase(c, c->aside[i], err);
        if (code)
            return code;
        c->nasides++;
    }
    return OK;
}

static enum err_code read_grid(
    struct world_context *c, const struct json *v, struct arena *arena, struct err *err)
{
    enum err_code code =
        read_list(c, json_get(v, "entities"), arena, c->entity, WORLD_MAX_SIDE, &c->nentities, err);

    if (!code)
        code = read_list(
            c, json_get(v, "attributes"), arena, c->kind, WORLD_MAX_SIDE, &c->nkinds, err);
    if (!code && (c->nentities < 2 || c->nkinds < 2))
        code = bad(c, err, "it needs two entities and two attributes at least");
    for (size_t i = 0; !code && i < c->nentities; i++)
        code = check_phrase(c, c->entity[i], err);
    for (size_t i = 0; !code && i < c->nkinds; i++)
        code = check_phrase(c, c->kind[i], err);
    return code ? code : read_cells(c, json_get(v, "cells"), err);
}

static enum err_code read_context(
    struct world_library *lib, struct world_context *c, const struct json *v, struct err *err)
{
    struct arena *arena = &lib->arena;
    enum err_code code;

    c->name = arena_str(arena, json_str(json_get(v, "name")));
    c->level = arena_str(arena, json_str(json_get(v, "level")));
    if (c->name.n == 0 || (!str_eqc(c->level, "p1") && !str_eqc(c->level, "p2")))
        return bad(c, err, "it needs a name, and a level that is p1 or p2");
    if ((code = read_text(c, v, arena, err)) || (code = read_words(c, v, arena, err)) ||
        (code = read_grid(c, v, arena, err)) || (code = read_rates(c, v, arena, err)) ||
        (code = read_asides(c, json_get(v, "asides"), arena, err)) ||
        (code = world_plan(c, arena, err)))
        return code;
    world_law_prepare(c, &lib->law, arena);
    return OK;
}

static enum err_code read_file(struct world_library *lib, const char *path, struct err *err)
{
    struct buf text = BUF_INIT;
    struct json *doc = NULL;
    size_t cap = lib->n;
    enum err_code code = data_read(path, &text, err);

    if (!code)
        code = json_parse(buf_str(&text), JSON_STRICT, &doc, err);
    buf_release(&text);
    if (code)
        return err_wrap(err, "%s", path);
    const struct json *list = json_get(doc, "contexts");
    GROW(lib->v, lib->n + json_len(list), cap);
    for (const struct json *v = json_first(list); v && !code; v = json_next(v)) {
        struct world_context *c = &lib->v[lib->n++];
        memset(c, 0, sizeof(*c));
        code = read_context(lib, c, v, err);
    }
    json_free(doc);
    return code ? err_wrap(err, "%s", path) : OK;
}

enum err_code world_library_load(struct world_library **ret, struct err *err)
{
    struct world_library *lib = xcalloc(1, sizeof(*lib));
    enum err_code code = world_law_load(&lib->law, err);
    const char *path;

    for (size_t i = 0; !code && (path = data_path(WORLDS_PREFIX, i)); i++)
        if (strcmp(path, LAWS_PATH) != 0)
            code = read_file(lib, path, err);
    if (code) {
        world_library_free(lib);
        return code;
    }
    *ret = lib;
    return OK;
}

void world_library_free(struct world_library *lib)
{
    if (!lib)
        return;
    for (size_t i = 0; i < lib->n; i++)
        template_free(lib->v[i].template);
    arena_release(&lib->arena);
    free(lib->v);
    free(lib);
}

size_t world_contexts(const struct world_library *lib)
{
    return lib->n;
}

const struct world_context *world_context_at(const struct world_library *lib, size_t i)
{
    return &lib->v[i];
}

struct str world_context_level(const struct world_context *c)
{
    return c->level;
}
