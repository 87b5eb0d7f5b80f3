/* template_library.c - a directory of template files; see template.h. */
#include "datasets/template_internal.h"

#include "harness/base/file.h"
#include "harness/base/json.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 20 };

struct loader {
    struct template_library *lib;
    const struct words *words;
    const char *prefix; /* "p2/" inside a sub-directory */
};

static enum err_code parse_file(const struct loader *l, struct str text, const char *label,
    struct template **ret, struct err *err)
{
    struct json *doc;

    if (json_parse(text, JSON_STRICT, &doc, err))
        return err_wrap(err, "%s", label);
    struct template_source source = {.name = label,
        .question = json_str(json_get(doc, "question_annotated")),
        .answer = json_str(json_get(doc, "answer_annotated"))};
    enum err_code code;
    if (source.question.n)
        code = template_parse_words(&source, l->words, ret, err);
    else
        code = err_set(err, ERR_INPUT, "%s: no text under \"question_annotated\"", label);
    json_free(doc);
    return code;
}

static enum err_code load_file(const char *path, const char *name, void *payload, struct err *err)
{
    struct loader *l = payload;
    struct buf text = BUF_INIT, label = BUF_INIT;
    struct template *t = NULL;

    if (file_is_dir(path))
        return OK;
    buf_printf(&label, "%s%s", l->prefix, name);
    enum err_code code = file_read(path, FILE_LIMIT, &text, err);
    if (!code)
        code = parse_file(l, buf_str(&text), buf_cstr(&label), &t, err);
    if (!code) {
        GROW(l->lib->v, l->lib->n + 1, l->lib->cap);
        l->lib->v[l->lib->n++] = t;
    }
    buf_release(&label);
    buf_release(&text);
    return code;
}

static enum err_code load_dir(const char *path, const char *name, void *payload, struct err *err)
{
    struct loader inner = *(const struct loader *)payload;
    struct buf prefix = BUF_INIT;

    if (!file_is_dir(path) || name[0] == '.')
        return OK;
    buf_printf(&prefix, "%s/", name);
    inner.prefix = buf_cstr(&prefix);
    enum err_code code = file_each(path, ".json", load_file, &inner, err);
    buf_release(&prefix);
    return code;
}

static int by_name(const void *a, const void *b)
{
    const struct template *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

enum err_code template_library_load(const char *dir, struct template_library *ret, struct err *err)
{
    struct template_library lib = {.n = 0};
    struct words words;
    struct loader l = {.lib = &lib, .words = &words, .prefix = ""};
    enum err_code code = words_load(&words, err);

    if (code)
        return code;
    code = file_each(dir, ".json", load_file, &l, err);
    if (!code)
        code = file_each(dir, "", load_dir, &l, err);
    if (!code && lib.n == 0)
        code = err_set(err, ERR_NOT_FOUND, "%s: no *.json templates here", dir);
    words_release(&words);
    if (code) {
        template_library_release(&lib);
        return code;
    }
    qsort(lib.v, lib.n, sizeof(struct template *), by_name);
    *ret = lib;
    return OK;
}

void template_library_release(struct template_library *lib)
{
    for (size_t i = 0; i < lib->n; i++)
        template_free(lib->v[i]);
    free(lib->v);
    *lib = (struct template_library){.n = 0};
}
