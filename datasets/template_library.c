/* template_library.c - a directory of template files; see template.h. */
#include "datasets/template_internal.h"

#include "harness/base/file.h"
#include "harness/base/json.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 20, ONLY_LIMIT = 1024 };

struct loader {
    struct template_library *lib;
    struct template_choice *choice;
    const struct words *words;
    const char *level, *prefix; /* "p2", "p2/" inside a sub-directory */
    bool found[ONLY_LIMIT];     /* which of choice->only there are */
};

static enum err_code read_origin(
    struct template *t, const struct json *doc, const char *level, struct str stem, struct err *err)
{
    const struct json *id = json_get(doc, "id_orig");
    struct template_origin *o = &t->origin;
    struct buf answer = BUF_INIT;

    if (json_type(id) > JSON_NULL && (!json_int(id, &o->original_id) || o->original_id < 0))
        return err_set(err, ERR_INPUT, "%s: \"id_orig\" must be a whole number", t->name);
    o->level = arena_str(&t->arena, str_c(level));
    o->stem = arena_str(&t->arena, stem);
    o->question = arena_str(&t->arena, json_str(json_get(doc, "question")));
    template_drop_notes(&answer, json_str(json_get(doc, "answer")));
    o->answer = arena_str(&t->arena, buf_str(&answer));
    buf_release(&answer);
    return OK;
}

/* A section of the file; the answer's may be missing, in a context of a world. */
static enum err_code section(
    const struct json *doc, const char *key, const char *label, struct str *ret, struct err *err)
{
    const struct json *v = json_get(doc, key);

    if (v && json_type(v) != JSON_STRING)
        return err_set(err, ERR_INPUT, "%s: \"%s\" must be a text, not %s", label, key,
            json_type_name(json_type(v)));
    *ret = json_str(v);
    return OK;
}

/* A file over a limit is a bad file. */
static enum err_code parse_file(const struct loader *l, struct str text, const char *label,
    struct str stem, struct template **ret, struct err *err)
{
    struct template_source source = {.name = label};
    struct template *t = NULL;
    struct json *doc;

    if (json_parse(text, JSON_STRICT, &doc, err))
        return err_wrap(err, "%s", label);
    enum err_code code = section(doc, "question_annotated", label, &source.question, err);
    if (!code)
        code = section(doc, "answer_annotated", label, &source.answer, err);
    if (!code && !source.question.n)
        code = err_set(err, ERR_INPUT, "%s: no text under \"question_annotated\"", label);
    if (!code)
        code = template_parse_words(&source, l->words, &t, err);
    if (!code)
        code = read_origin(t, doc, l->level, stem, err);
    json_free(doc);
    if (!code) {
        *ret = t;
        return OK;
    }
    template_free(t);
    struct err why = *err;
    return err_set(err, code == ERR_LIMIT ? ERR_INPUT : code, "%s", why.msg);
}

/* True if the choice takes the file; notes which name of `only` asked for it. */
static bool chosen(struct loader *l, struct str stem)
{
    const struct template_choice *c = l->choice;
    bool any = c->nonly == 0;

    if (c->level && strcmp(c->level, l->level) != 0)
        return false;
    for (size_t i = 0; i < c->nonly; i++) {
        struct str only = str_c(c->only[i]), level = str_c(l->level);
        bool whole = only.n == level.n + 1 + stem.n && str_starts(only, level) &&
                     only.p[level.n] == '/' && str_ends(only, stem);
        if (!whole && !str_eq(only, stem))
            continue;
        l->found[i] = any = true;
    }
    return any;
}

/* A file that is no template: the end, or a line of warning. */
static enum err_code bad_file(struct loader *l, enum err_code code, struct err *err)
{
    struct template_choice *c = l->choice;

    if (!c->skip_bad)
        return code;
    c->skipped++;
    if (c->warnings)
        buf_printf(c->warnings, "%s\n", err->msg);
    return OK;
}

static enum err_code load_file(const char *path, const char *name, void *payload, struct err *err)
{
    struct loader *l = payload;
    struct str stem = str_slice(str_c(name), 0, strlen(name) - strlen(".json"));
    struct buf text = BUF_INIT, label = BUF_INIT;
    struct template *t = NULL;

    if (file_is_dir(path) || !chosen(l, stem))
        return OK;
    buf_printf(&label, "%s%s", l->prefix, name);
    enum err_code code = file_read(path, FILE_LIMIT, &text, err);
    if (!code)
        code = parse_file(l, buf_str(&text), buf_cstr(&label), stem, &t, err);
    if (!code) {
        GROW(l->lib->v, l->lib->n + 1, l->lib->cap);
        l->lib->v[l->lib->n++] = t;
    } else
        code = bad_file(l, code, err);
    buf_release(&label);
    buf_release(&text);
    return code;
}

static enum err_code load_dir(const char *path, const char *name, void *payload, struct err *err)
{
    struct loader *l = payload;
    struct buf prefix = BUF_INIT;

    if (!file_is_dir(path) || name[0] == '.')
        return OK;
    buf_printf(&prefix, "%s/", name);
    l->prefix = buf_cstr(&prefix);
    l->level = name;
    enum err_code code = file_each(path, ".json", load_file, l, err);
    buf_release(&prefix);
    return code;
}

static int by_name(const void *a, const void *b)
{
    const struct template *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static enum err_code check_found(const char *dir, const struct loader *l, struct err *err)
{
    const struct template_choice *c = l->choice;

    for (size_t i = 0; i < c->nonly; i++)
        if (!l->found[i])
            return err_set(err, ERR_NOT_FOUND, "%s: no template %s%s%s here", dir, c->only[i],
                c->level ? " of level " : "", c->level ? c->level : "");
    if (l->lib->n == 0 && c->skipped == 0)
        return err_set(err, ERR_NOT_FOUND, "%s: no *.json templates%s%s here", dir,
            c->level ? " of level " : "", c->level ? c->level : "");
    return OK;
}

/* Last name of a directory, links and dots resolved. */
static char *last_name(const char *dir)
{
    char *whole = realpath(dir, NULL);
    const char *slash = whole ? strrchr(whole, '/') : NULL;
    char *name = xstrdup(slash ? slash + 1 : "");

    free(whole);
    return name;
}

enum err_code template_library_choose(
    const char *dir, struct template_choice *choice, struct template_library *ret, struct err *err)
{
    struct template_library lib = {.n = 0};
    struct words words;

    if (choice->nonly > ONLY_LIMIT)
        return err_set(err, ERR_USAGE, "more than %d templates are named", (int)ONLY_LIMIT);
    if (file_exists(dir) && !file_is_dir(dir))
        return err_set(err, ERR_INPUT, "%s is a file; a directory of templates is needed", dir);
    enum err_code code = words_load(&words, err);
    if (code)
        return code;
    char *level = last_name(dir);
    struct loader l = {
        .lib = &lib, .choice = choice, .words = &words, .level = level, .prefix = ""};
    code = file_each(dir, ".json", load_file, &l, err);
    if (!code)
        code = file_each(dir, "", load_dir, &l, err);
    if (!code)
        code = check_found(dir, &l, err);
    free(level);
    words_release(&words);
    if (code) {
        template_library_release(&lib);
        return code;
    }
    if (lib.n)
        qsort(lib.v, lib.n, sizeof(struct template *), by_name);
    *ret = lib;
    return OK;
}

enum err_code template_library_load(const char *dir, struct template_library *ret, struct err *err)
{
    struct template_choice all = {.level = NULL};

    return template_library_choose(dir, &all, ret, err);
}

void template_library_release(struct template_library *lib)
{
    for (size_t i = 0; i < lib->n; i++)
        template_free(lib->v[i]);
    free(lib->v);
    *lib = (struct template_library){.n = 0};
}
