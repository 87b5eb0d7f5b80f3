/* swe.c - lists of tasks, the names of things, relatives and gold sets; see swe.h. */
#include "datasets/swe.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void swe_list_release(struct swe_list *list)
{
    free(list->v);
    buf_release(&list->warnings);
    *list = (struct swe_list){0};
}

struct swe_task *swe_list_add(struct swe_list *list)
{
    GROW(list->v, list->n + 1, list->cap);
    list->v[list->n] = (struct swe_task){.changed_files_count = -1};
    return &list->v[list->n++];
}

void swe_list_warn(struct swe_list *list, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    buf_vline(&list->warnings, fmt, ap);
    va_end(ap);
    list->nwarnings++;
}

static int compare_tasks(const void *a, const void *b)
{
    const struct swe_task *x = a, *y = b;
    int c = str_cmp(x->repo, y->repo);

    if (c)
        return c;
    if (x->number != y->number) {
        if (!x->number || !y->number)
            return x->number ? -1 : 1;
        return x->number < y->number ? -1 : 1;
    }
    c = str_cmp(x->head, y->head);
    return c ? c : (x->line > y->line) - (x->line < y->line);
}

void swe_list_sort(struct swe_list *list)
{
    if (list->n > 1)
        qsort(list->v, list->n, sizeof *list->v, compare_tasks);
}

struct swe_task *swe_list_find(const struct swe_list *list, struct str repo, int64_t number)
{
    for (size_t i = 0; number && i < list->n; i++)
        if (list->v[i].number == number && str_eq(list->v[i].repo, repo))
            return &list->v[i];
    return NULL;
}

/* --- names --------------------------------------------------------------------------------- */

/* What each status is called; the first name of a status is the one that is written. */
static const struct {
    const char *name;
    enum swe_status status;
} status_names[] = {
    {"added", SWE_ADDED},
    {"removed", SWE_REMOVED},
    {"modified", SWE_MODIFIED},
    {"renamed", SWE_RENAMED},
    {"copied", SWE_COPIED},
    {"changed", SWE_CHANGED},
    {"new", SWE_ADDED},
    {"deleted", SWE_REMOVED},
};

const char *swe_status_name(enum swe_status status)
{
    if ((unsigned)status >= SWE_STATUS_COUNT)
        BUG("status %d", (int)status);
    return status_names[status].name;
}

bool swe_status_find(struct str name, enum swe_status *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(status_names); i++)
        if (str_eq_nocase(name, str_c(status_names[i].name))) {
            *ret = status_names[i].status;
            return true;
        }
    return false;
}

const char *swe_kind_name(enum swe_kind kind)
{
    static const char *const names[SWE_KIND_COUNT] = {
        [SWE_ROW] = "row",
        [SWE_MERGE] = "merge",
        [SWE_SQUASH] = "squash",
        [SWE_MANUAL] = "manual",
        [SWE_PULL_REF] = "pull_ref",
    };

    if ((unsigned)kind >= SWE_KIND_COUNT)
        BUG("kind %d", (int)kind);
    return names[kind];
}

struct str swe_repo_name(struct str name)
{
    static const char *const known[][2] = {
        {"aider", "Aider-AI/aider"},
        {"aider-ai/aider", "Aider-AI/aider"},
        {"paul-gauthier/aider", "Aider-AI/aider"},
        {"comfyui", "Comfy-Org/ComfyUI"},
        {"comfy-org/comfyui", "Comfy-Org/ComfyUI"},
        {"comfyanonymous/comfyui", "Comfy-Org/ComfyUI"},
    };

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq_nocase(name, str_c(known[i][0])))
            return str_c(known[i][1]);
    return name;
}

enum err_code swe_extensions_read(struct str list, struct swe_extensions *ret, struct err *err)
{
    struct str rest = list, part;

    ret->n = 0;
    while (list.n && str_cut(&rest, ',', &part)) {
        part = str_trim(part);
        if (str_starts(part, STR(".")))
            part = str_from(part, 1);
        if (!part.n)
            return err_set(
                err, ERR_USAGE, "extensions \"%.*s\": an empty one is in it", STR_ARG(list));
        if (ret->n == SWE_EXTENSIONS_MAX)
            return err_set(err, ERR_USAGE, "extensions: more than %d", SWE_EXTENSIONS_MAX);
        ret->v[ret->n++] = part;
    }
    return OK;
}

bool swe_extensions_has(const struct swe_extensions *e, struct str name)
{
    for (size_t i = 0; i < e->n; i++) {
        struct str end = e->v[i];
        if (name.n > end.n && str_ends(name, end) && name.p[name.n - end.n - 1] == '.')
            return true;
    }
    return e->n == 0;
}

struct str swe_task_id(const struct swe_task *task, struct arena *arena)
{
    if (task->number > 0)
        return str_c(arena_printf(arena, "%lld", (long long)task->number));
    return task->head;
}

void swe_task_fill(struct swe_task *to, const struct swe_task *from)
{
    const struct {
        struct str *to;
        const struct str *from;
    } texts[] = {
        {&to->title, &from->title},
        {&to->user, &from->user},
        {&to->state, &from->state},
        {&to->body, &from->body},
        {&to->base, &from->base},
        {&to->head, &from->head},
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!texts[i].to->p)
            *texts[i].to = *texts[i].from;
    if (!to->time)
        to->time = from->time;
    if (to->nfiles || to->changed_files_count == 0)
        return;
    to->files = from->files;
    to->nfiles = from->nfiles;
    if (to->changed_files_count < 0)
        to->changed_files_count = from->changed_files_count;
}

/* --- relatives ----------------------------------------------------------------------------- */

static bool is_relative(const struct swe_task *task, const struct swe_task *other, bool before)
{
    if (task == other || !task->cluster.n || !str_eq(task->cluster, other->cluster) ||
        !str_eq(task->repo, other->repo))
        return false;
    return !before || (other->time > 0 && other->time < task->time);
}

void swe_relate(struct swe_list *list, bool before, struct arena *arena)
{
    size_t *found = xmalloc(list->n * sizeof *found);

    for (size_t i = 0; i < list->n; i++) {
        struct swe_task *task = &list->v[i];
        size_t n = 0;
        if (task->has_related)
            continue;
        for (size_t j = 0; j < list->n; j++)
            if (is_relative(task, &list->v[j], before))
                found[n++] = j;
        task->related = arena_array(arena, struct str, n);
        for (size_t j = 0; j < n; j++)
            task->related[j] = swe_task_id(&list->v[found[j]], arena);
        task->nrelated = n;
        task->has_related = true;
    }
    free(found);
}

/* --- gold ---------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

size_t swe_gold_files(
    const struct swe_task *task, enum swe_gold gold, struct arena *arena, struct str **ret)
{
    struct str *names = arena_array(arena, struct str, task->nfiles);
    size_t n = 0, kept = 0;

    for (size_t i = 0; i < task->nfiles; i++)
        if (gold == SWE_GOLD_ALL || task->files[i].status == SWE_MODIFIED)
            names[n++] = task->files[i].name;
    if (n)
        qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; i < n; i++)
        if (!kept || !str_eq(names[kept - 1], names[i]))
            names[kept++] = names[i];
    *ret = names;
    return kept;
}
