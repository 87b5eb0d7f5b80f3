/* swe_write.c - one task, one line; see swe_write.h. */
#include "datasets/swe_write.h"

#include "datasets/swe_time.h"
#include "harness/base/json.h"

/* A row while it is written. */
struct row {
    struct json_writer w;
    struct arena arena;
    size_t changed; /* file names that are not UTF-8 */
};

/* s with U+FFFD for every byte that is not UTF-8. */
static struct str clean(struct row *r, struct str s)
{
    struct buf out = BUF_INIT;

    if (str_utf8_ok(s))
        return s;
    for (size_t i = 0; i < s.n;)
        buf_utf8(&out, str_utf8_next(s, &i));
    s = arena_str(&r->arena, buf_str(&out));
    buf_release(&out);
    return s;
}

static void put_text(struct row *r, const char *key, struct str s)
{
    if (s.p)
        jsonw_str(&r->w, key, clean(r, s));
    else
        jsonw_null(&r->w, key);
}

static void put_count(struct row *r, const char *key, int64_t n)
{
    if (n >= 0)
        jsonw_int(&r->w, key, n);
    else
        jsonw_null(&r->w, key);
}

static void put_file(struct row *r, const struct swe_file *f)
{
    jsonw_object(&r->w, NULL);
    put_text(r, "filename", f->name);
    jsonw_cstr(&r->w, "status", swe_status_name(f->status));
    put_count(r, "additions", f->additions);
    put_count(r, "deletions", f->deletions);
    if (f->previous.n)
        put_text(r, "previous_filename", f->previous);
    if (f->patch.p)
        put_text(r, "patch", f->patch);
    jsonw_end_object(&r->w);
    r->changed += !str_utf8_ok(f->name);
}

static void put_files(struct row *r, const struct swe_task *task)
{
    if (!task->nfiles && task->changed_files_count != 0) {
        jsonw_null(&r->w, "changed_files");
    } else {
        jsonw_array(&r->w, "changed_files");
        for (size_t i = 0; i < task->nfiles; i++)
            put_file(r, &task->files[i]);
        jsonw_end_array(&r->w);
    }
    put_count(r, "changed_files_count", task->changed_files_count);
}

static bool is_number(struct str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!str_is_digit(id.p[i]))
            return false;
    return id.n > 0 && id.n < 16; /* a commit id in decimal digits only would be longer */
}

static void put_related(struct row *r, const struct swe_task *task)
{
    if (!task->has_related) {
        jsonw_null(&r->w, "related");
        return;
    }
    jsonw_array(&r->w, "related");
    for (size_t i = 0; i < task->nrelated; i++)
        if (is_number(task->related[i]))
            jsonw_raw(&r->w, NULL, task->related[i]);
        else
            jsonw_str(&r->w, NULL, task->related[i]);
    jsonw_end_array(&r->w);
}

size_t swe_row_write(struct buf *out, const struct swe_task *task)
{
    struct row r = {.w = json_writer(out, 0)};

    jsonw_object(&r.w, NULL);
    put_text(&r, "repo", task->repo);
    put_count(&r, "pr_number", task->number ? task->number : -1);
    put_text(&r, "title", task->title);
    put_text(&r, "user_login", task->user);
    put_text(&r, "state", task->state);
    put_text(&r, "body", task->body);
    put_files(&r, task);
    put_text(&r, "base_commit", task->base);
    put_text(&r, "head_commit", task->head);
    put_text(
        &r, "merged_at", task->time ? swe_time_print(task->time, &r.arena) : (struct str){NULL, 0});
    put_text(&r, "cluster", task->cluster.n ? task->cluster : (struct str){NULL, 0});
    put_related(&r, task);
    jsonw_end_object(&r.w);
    buf_putc(out, '\n');
    arena_release(&r.arena);
    return r.changed;
}

size_t swe_rows_write(struct buf *out, const struct swe_list *list)
{
    size_t changed = 0;

    for (size_t i = 0; i < list->n; i++)
        changed += swe_row_write(out, &list->v[i]);
    return changed;
}
