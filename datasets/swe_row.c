/* swe_row.c - columns of released rows, one row and its list of files; see swe_row.h. */
#include "datasets/swe_row.h"

#include "datasets/pyliteral.h"
#include "datasets/swe_time.h"
#include "harness/base/json.h"

#include <string.h>

/* A row while it is read. */
struct row {
    const struct json *json;
    const char *where;
    struct arena *arena;
    struct swe_list *list;
};

bool swe_is_commit(struct str hex)
{
    if (hex.n < 7 || hex.n > 64)
        return false;
    for (size_t i = 0; i < hex.n; i++)
        if (!str_is_digit(hex.p[i]) && !(hex.p[i] >= 'a' && hex.p[i] <= 'f'))
            return false;
    return true;
}

/* NULL for an absent column and for a null. */
static const struct json *column(const struct json *row, const char *name)
{
    const struct json *v = json_get(row, name);

    return json_type(v) == JSON_NULL ? NULL : v;
}

/* Text of a column that may be absent: then *ret stays as it is. */
static enum err_code read_text(
    const struct row *r, const char *name, struct str *ret, struct err *err)
{
    const struct json *v = column(r->json, name);

    if (!v)
        return OK;
    if (json_type(v) != JSON_STRING)
        return err_set(err, ERR_INPUT, "%s is %s, not a text", name, json_type_name(json_type(v)));
    *ret = arena_str(r->arena, json_str(v));
    return OK;
}

static enum err_code read_commit(
    const struct row *r, const char *name, struct str *ret, struct err *err)
{
    struct str text = {NULL, 0};

    if (read_text(r, name, &text, err))
        return err->code;
    text = str_trim(text);
    if (!text.n)
        return OK;
    if (!swe_is_commit(text))
        return err_set(err, ERR_INPUT, "%s \"%.*s\" is no commit id (hexadecimal digits)", name,
            STR_ARG(str_slice(text, 0, 80)));
    *ret = text;
    return OK;
}

/* A count or number that may be absent. */
static enum err_code read_int(
    const struct row *r, const char *name, int64_t least, int64_t *ret, struct err *err)
{
    const struct json *v = column(r->json, name);
    int64_t n;

    if (!v)
        return OK;
    if (!json_int(v, &n) || n < least)
        return err_set(err, ERR_INPUT, "%s must be a whole number from %lld up, not %s", name,
            (long long)least,
            json_type(v) == JSON_NUMBER ? "this one" : json_type_name(json_type(v)));
    *ret = n;
    return OK;
}

/* --- files --------------------------------------------------------------------------------- */

static struct str member_text(const struct json *object, const char *name, struct arena *arena)
{
    const struct json *v = json_get(object, name);

    return json_type(v) == JSON_STRING ? arena_str(arena, json_str(v)) : (struct str){NULL, 0};
}

static int64_t member_count(const struct json *object, const char *name)
{
    int64_t n;

    return json_int(json_get(object, name), &n) && n >= 0 ? n : -1;
}

static enum err_code read_file(
    const struct json *v, struct arena *arena, struct swe_file *ret, struct err *err)
{
    struct str status;

    if (json_type(v) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "is %s, not an object", json_type_name(json_type(v)));
    ret->name = member_text(v, "filename", arena);
    if (!ret->name.n)
        return err_set(err, ERR_INPUT, "has no \"filename\"");
    status = json_str(json_get(v, "status"));
    if (!swe_status_find(status, &ret->status))
        return err_set(err, ERR_INPUT,
            "has the status \"%.*s\": it must be added (or new), removed, modified, renamed, "
            "copied or changed",
            STR_ARG(str_slice(status, 0, 80)));
    ret->previous = member_text(v, "previous_filename", arena);
    ret->additions = member_count(v, "additions");
    ret->deletions = member_count(v, "deletions");
    ret->patch = member_text(v, "patch", arena);
    return OK;
}

static enum err_code read_array(const struct json *array, struct arena *arena,
    struct swe_file **ret, size_t *ret_n, struct err *err)
{
    size_t n = 0;
    struct swe_file *files;

    if (json_type(array) != JSON_ARRAY)
        return err_set(err, ERR_INPUT, "changed_files is %s, not a list of files",
            json_type_name(json_type(array)));
    files = arena_array(arena, struct swe_file, json_len(array));
    for (const struct json *v = json_first(array); v; v = json_next(v), n++)
        if (read_file(v, arena, &files[n], err))
            return err_wrap(err, "file %zu of changed_files", n + 1);
    *ret = files;
    *ret_n = n;
    return OK;
}

/* JSON, or else what Python's repr() made of the list. */
static enum err_code read_text_files(
    struct str text, struct arena *arena, struct swe_file **ret, size_t *ret_n, struct err *err)
{
    struct json *doc = NULL;
    struct buf json = BUF_INIT;
    struct err ignored;
    enum err_code code = OK;

    if (json_parse(text, JSON_REPAIR, &doc, &ignored)) {
        code = pyliteral_json(text, &json, err);
        if (!code)
            code = json_parse(buf_str(&json), JSON_REPAIR, &doc, err);
        if (code)
            (void)err_wrap(err, "changed_files is neither JSON nor a Python literal"); /* code */
    }
    if (!code)
        code = read_array(doc, arena, ret, ret_n, err);
    json_free(doc);
    buf_release(&json);
    return code;
}

enum err_code swe_files_read(const struct json *value, struct arena *arena, struct swe_file **ret,
    size_t *ret_n, struct err *err)
{
    if (json_type(value) == JSON_STRING)
        return read_text_files(json_str(value), arena, ret, ret_n, err);
    return read_array(value, arena, ret, ret_n, err);
}

static enum err_code set_files(const struct row *r, struct swe_task *ret, struct err *err)
{
    const struct json *v = column(r->json, "changed_files");
    struct str *names;

    if (read_int(r, "changed_files_count", 0, &ret->changed_files_count, err))
        return err->code;
    if (!v || (json_type(v) == JSON_STRING && !str_trim(json_str(v)).n))
        return OK;
    if (swe_files_read(v, r->arena, &ret->files, &ret->nfiles, err))
        return err->code;
    if (ret->changed_files_count >= 0 && (size_t)ret->changed_files_count != ret->nfiles)
        swe_list_warn(r->list, "%s: changed_files_count says %lld, but %zu files are listed",
            r->where, (long long)ret->changed_files_count, ret->nfiles);
    if (swe_gold_files(ret, SWE_GOLD_ALL, r->arena, &names) != ret->nfiles)
        swe_list_warn(r->list, "%s: a file name stands twice in changed_files", r->where);
    return OK;
}

/* --- the row ------------------------------------------------------------------------------- */

static enum err_code set_name(
    const struct row *r, const char *repo, struct swe_task *ret, struct err *err)
{
    struct str name = {NULL, 0};

    if (read_text(r, "repo", &name, err))
        return err->code;
    name = name.n ? str_trim(name) : arena_str(r->arena, str_c(repo));
    if (!name.n)
        return err_set(err, ERR_INPUT, "the row has no \"repo\", and none was given");
    ret->repo = swe_repo_name(name);
    if (read_int(r, "pr_number", 1, &ret->number, err))
        return err->code;
    if (!ret->number && !ret->head.n)
        return err_set(err, ERR_INPUT, "the row has no \"pr_number\" (and no \"head_commit\")");
    return OK;
}

static enum err_code set_time(const struct row *r, struct swe_task *ret, struct err *err)
{
    struct str text = {NULL, 0};

    if (read_text(r, "merged_at", &text, err))
        return err->code;
    if (text.n && !swe_time_read(text, &ret->time))
        return err_set(err, ERR_INPUT, "merged_at \"%.*s\" is no time such as 2024-05-01T12:00:00Z",
            STR_ARG(str_slice(text, 0, 40)));
    return OK;
}

static enum err_code set_related(const struct row *r, struct swe_task *ret, struct err *err)
{
    const struct json *v = column(r->json, "related");
    size_t n = 0;
    int64_t number;

    if (!v)
        return OK;
    if (json_type(v) != JSON_ARRAY)
        return err_set(err, ERR_INPUT, "related is %s, not a list of numbers or commit ids",
            json_type_name(json_type(v)));
    ret->related = arena_array(r->arena, struct str, json_len(v));
    for (v = json_first(v); v; v = json_next(v), n++) {
        if (json_int(v, &number) && number > 0)
            ret->related[n] = str_c(arena_printf(r->arena, "%lld", (long long)number));
        else if (swe_is_commit(json_str(v)))
            ret->related[n] = arena_str(r->arena, json_str(v));
        else
            return err_set(err, ERR_INPUT,
                "related holds something that is neither the number of "
                "a pull request nor a commit id");
    }
    ret->nrelated = n;
    ret->has_related = true;
    return OK;
}

enum err_code swe_row_read(const struct json *row, const char *repo, const char *where,
    struct arena *arena, struct swe_list *list, struct swe_task *ret, struct err *err)
{
    struct row r = {.json = row, .where = where, .arena = arena, .list = list};
    struct swe_task task = {.changed_files_count = -1, .kind = SWE_ROW};
    const struct {
        const char *name;
        struct str *to;
    } texts[] = {
        {"title", &task.title},
        {"user_login", &task.user},
        {"state", &task.state},
        {"body", &task.body},
        {"cluster", &task.cluster},
    };

    if (json_type(row) != JSON_OBJECT)
        return err_set(
            err, ERR_INPUT, "a row must be an object, not %s", json_type_name(json_type(row)));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (read_text(&r, texts[i].name, texts[i].to, err))
            return err->code;
    if (read_commit(&r, "base_commit", &task.base, err) ||
        read_commit(&r, "head_commit", &task.head, err) || set_name(&r, repo, &task, err) ||
        set_time(&r, &task, err) || set_related(&r, &task, err) || set_files(&r, &task, err))
        return err->code;
    *ret = task;
    return OK;
}
