/* aime.c - from rows to known problems; see aime.h. */
#include "datasets/aime.h"

#include "datasets/aime_override.h"
#include "datasets/aime_problem.h"
#include "datasets/aime_text.h"
#include "harness/base/data.h"
#include "harness/base/file.h"

#include <stdlib.h>
#include <string.h>

static const char overrides_path[] = "datasets/aime_overrides.jsonl";

enum { OVERRIDES_MOST_BYTES = 1 << 20, SHOWN_BYTES = 60 };

/* How a row's problem was found out. */
enum found { NOT_FOUND, BY_PREFIX, BY_TAIL, BY_ID };

/* A row beside its item. */
struct row {
    struct str own_id; /* as the file has it, without the dataset's name */
    struct aime_print print;
    const struct aime_problem *problem;
    enum found found;
};

struct loading {
    const char *path, *dataset;
    int64_t year; /* 0 = both */
    bool skip_bad;
    struct arena *arena;
    struct item_list *list;
    struct row *rows; /* one an item */
    struct aime_problems problems;
    struct aime_overrides overrides;
};

#define WARN(l, item, ...) warn((l), (item), arena_printf((l)->arena, __VA_ARGS__))

static void warn(struct loading *l, const struct item *item, const char *what)
{
    item_list_warn(l->list, "%s:%zu: %s", l->path, item->line, what);
}

/* The beginning of a text, for messages: whole characters only. */
static struct str shown(struct str s)
{
    size_t n = s.n < SHOWN_BYTES ? s.n : SHOWN_BYTES;

    while (n < s.n && n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return str_slice(s, 0, n);
}

/* A row that cannot be used: line 0 marks it for dropping. */
static enum err_code refuse(struct loading *l, struct item *item, const char *why, struct err *err)
{
    if (!l->skip_bad)
        return err_set(err, ERR_INPUT, "%s:%zu: %s", l->path, item->line, why);
    item->line = 0;
    return OK;
}

/* ---- one row alone ------------------------------------------------------------------------------
 */

static void clean(struct loading *l, const struct item *item, struct str *text, size_t *figures)
{
    struct aime_text t;

    aime_clean(*text, l->arena, &t);
    *text = t.text;
    *figures += t.figures;
    if (t.escapes)
        WARN(l, item, "LaTeX commands that a JSON escape had broken: %zu repaired", t.escapes);
    if (t.controls)
        WARN(l, item, "control characters that became blanks: %zu", t.controls);
    if (t.open_figure)
        warn(l, item, "a drawing begins and does not end: it was left in the text");
}

static void clean_texts(struct loading *l, struct item *item)
{
    item->markup = MARKUP_LATEX;
    if (!item->stateful) {
        clean(l, item, &item->question, &item->figures);
        return;
    }
    clean(l, item, &item->context, &item->figures);
    clean(l, item, &item->query, &item->figures);
    item->question = item->query;
    if (item->context.n)
        item->question = str_c(
            arena_printf(l->arena, "%.*s %.*s", STR_ARG(item->context), STR_ARG(item->query)));
}

/* The boxed number at the end of a solution, if there is one, must be the answer. */
static void compare_solution(struct loading *l, const struct item *item, int answer)
{
    struct str box;
    int solved;

    if (aime_boxed(item->solution, &box) && aime_answer(box, &solved) && solved != answer)
        WARN(l, item, "the answer is %d, but the row's solution ends with %d", answer, solved);
}

static enum err_code read_row(
    struct loading *l, struct item *item, struct row *row, struct err *err)
{
    struct str prefix = str_c(l->dataset);
    int answer;

    row->own_id = str_from(item->id, prefix.n + 1);
    if (!aime_answer(item->gold, &answer))
        return refuse(l, item,
            arena_printf(l->arena, "the answer \"%.*s\" is no whole number from 0 to 999",
                STR_ARG(shown(item->gold))),
            err);
    item->gold = str_c(arena_printf(l->arena, "%d", answer));
    clean_texts(l, item);
    if (!(item->stateful ? item->query : item->question).n)
        return refuse(l, item, "nothing is left of the problem without its drawings", err);
    row->print = aime_print_of(item->question);
    row->problem = aime_by_prefix(&l->problems, row->print);
    row->found = row->problem ? BY_PREFIX : NOT_FOUND;
    compare_solution(l, item, answer);
    return OK;
}

/* ---- which problem ------------------------------------------------------------------------------
 */

/* "2024-II-04" or "aime-2024/2024-II-4" as the id of a contest problem; empty if it is none. */
static struct str contest_id(struct str own, struct arena *arena)
{
    struct str none = {"", 0}, part[3];
    size_t n = 0;

    for (size_t i = own.n; i-- > 0;)
        if (own.p[i] == '/') {
            own = str_from(own, i + 1);
            break;
        }
    for (struct str rest = own; n < 3 && str_cut(&rest, '-', &part[n]);)
        n++;
    if (n < 3 || part[0].n != 4 || !(str_eqc(part[1], "I") || str_eqc(part[1], "II")))
        return none;
    while (part[2].n > 1 && part[2].p[0] == '0')
        part[2] = str_from(part[2], 1);
    return str_c(arena_printf(
        arena, "%.*s-%.*s-%.*s", STR_ARG(part[0]), STR_ARG(part[1]), STR_ARG(part[2])));
}

/* Rows whose beginning is not known: by their end or by their own id, if no other row is the
 * problem. */
static void find_others(struct loading *l)
{
    bool *claimed = xcalloc(l->problems.n + 1, sizeof *claimed);

    for (size_t i = 0; i < l->list->n; i++)
        if (l->rows[i].problem)
            claimed[l->rows[i].problem - l->problems.v] = true;
    for (size_t i = 0; i < l->list->n; i++) {
        struct row *row = &l->rows[i];
        if (row->problem || !l->list->v[i].line)
            continue;
        const struct aime_problem *named =
            aime_by_id(&l->problems, contest_id(row->own_id, l->arena));
        const struct aime_problem *ends = aime_by_tail(&l->problems, row->print);
        row->found = ends && (!named || ends == named) ? BY_TAIL : BY_ID;
        row->problem = row->found == BY_TAIL ? ends : named;
        if (row->problem && claimed[row->problem - l->problems.v])
            row->problem = NULL;
        if (row->problem)
            claimed[row->problem - l->problems.v] = true;
    }
    free(claimed);
}

/* What stands behind byte `end` of a text, from the next word on. */
static struct str words_behind(struct str text, size_t end)
{
    while (end < text.n && !str_is_blank(text.p[end]))
        end++;
    return str_trim(str_from(text, end));
}

/* Text that does not belong to the problem, or lacks. */
static void compare_text(struct loading *l, const struct item *item, const struct row *row)
{
    size_t known = row->problem->print.length, length = row->print.length;
    size_t end = SIZE_MAX;

    if (!item->stateful && row->print.tail != row->problem->print.tail)
        end = aime_known_end(row->problem, item->question);
    if (end != SIZE_MAX) {
        struct str more = words_behind(item->question, end);
        WARN(l, item,
            "%.*s goes on behind its known end, a solution may have leaked into it: \"%.*s%s\"",
            STR_ARG(row->problem->id), STR_ARG(shown(more)), more.n > SHOWN_BYTES ? ".." : "");
    } else if (length * 4 > known * 5) {
        WARN(l, item,
            "%.*s has %zu letters and digits where %zu are known: a solution may have leaked into "
            "it",
            STR_ARG(row->problem->id), length, known);
    } else if (length * 4 < known * 3) {
        WARN(l, item, "%.*s has %zu letters and digits where %zu are known: a part may be missing",
            STR_ARG(row->problem->id), length, known);
    }
}

static void compare_id(struct loading *l, const struct item *item, const struct row *row)
{
    struct str own = contest_id(row->own_id, l->arena);

    if (own.n && !str_eq(own, row->problem->id))
        WARN(l, item, "the row is called %.*s, but its text is %.*s: the text counts", STR_ARG(own),
            STR_ARG(row->problem->id));
    else if (row->found == BY_TAIL)
        WARN(l, item, "taken for %.*s by its last words: it begins otherwise",
            STR_ARG(row->problem->id));
    else if (row->found == BY_ID)
        WARN(l, item, "taken for %.*s by its id: the wording is not known",
            STR_ARG(row->problem->id));
}

static void set_override(struct loading *l, struct item *item, struct str problem)
{
    struct aime_override *o = aime_override_of(&l->overrides, problem);

    o = o ? o : aime_override_of(&l->overrides, item->id);
    if (!o)
        return;
    o->used = true;
    item->override = &o->cut;
}

/* Gives a row its name. `first` has, for each problem, the line that it stood in, or 0. */
static enum err_code name_row(
    struct loading *l, struct item *item, const struct row *row, size_t *first, struct err *err)
{
    bool own_cluster = !str_eq(item->cluster, item->id);

    if (!row->problem) {
        warn(l, item, "no known problem of AIME 2024 or 2025: it keeps its own id");
        set_override(l, item, row->own_id);
        return OK;
    }
    size_t *line = &first[row->problem - l->problems.v];
    struct str id = row->problem->id;
    if (l->year && row->problem->year != l->year)
        return refuse(l, item,
            arena_printf(l->arena, "this is problem %.*s: choose dataset aime-%lld or aime",
                STR_ARG(id), (long long)row->problem->year),
            err);
    if (*line)
        return refuse(l, item,
            arena_printf(l->arena, "problem %.*s stands in line %zu already", STR_ARG(id), *line),
            err);
    *line = item->line;
    item->id =
        str_c(arena_printf(l->arena, "aime-%lld/%.*s", (long long)row->problem->year, STR_ARG(id)));
    item->cluster = own_cluster ? item->cluster : item->id;
    if (!item->stratum.n)
        item->stratum = str_slice(id, 0, 4);
    compare_id(l, item, row);
    compare_text(l, item, row);
    set_override(l, item, id);
    return OK;
}

/* ---- the file -----------------------------------------------------------------------------------
 */

static enum err_code read_overrides(struct loading *l, struct str path, struct err *err)
{
    const char *origin = path.p ? arena_cstr(l->arena, path) : overrides_path;
    struct buf text = BUF_INIT;
    enum err_code code = path.p ? file_read(origin, OVERRIDES_MOST_BYTES, &text, err)
                                : data_read(origin, &text, err);

    if (!code)
        code = aime_overrides_read(buf_str(&text), origin, l->arena, &l->overrides, err);
    buf_release(&text);
    return code;
}

/* An override of a file that the user gave must mean something. */
static void warn_unused(struct loading *l, struct str path)
{
    for (size_t i = 0; path.p && i < l->overrides.n; i++) {
        const struct aime_override *o = &l->overrides.v[i];
        if (!o->used && !aime_by_id(&l->problems, o->id))
            item_list_warn(l->list, "%.*s:%zu: no row has the id \"%.*s\"", STR_ARG(path), o->line,
                STR_ARG(o->id));
    }
}

static enum err_code read_rows(struct loading *l, struct err *err)
{
    struct item_list *list = l->list;
    size_t *first = xcalloc(l->problems.n + 1, sizeof *first), kept = 0;
    enum err_code code = OK;

    l->rows = xcalloc(list->n + 1, sizeof *l->rows);
    for (size_t i = 0; i < list->n && !code; i++)
        code = read_row(l, &list->v[i], &l->rows[i], err);
    if (!code)
        find_others(l);
    for (size_t i = 0; i < list->n && !code; i++)
        if (list->v[i].line)
            code = name_row(l, &list->v[i], &l->rows[i], first, err);
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].line)
            list->v[kept++] = list->v[i];
    list->skipped += list->n - kept;
    list->n = kept;
    free(first);
    free(l->rows);
    if (!code)
        code = item_list_unique(l->path, list, l->skip_bad, err);
    if (!code && !list->n)
        code = item_none(l->path, list->skipped, err);
    return code;
}

static enum err_code load(const struct dataset *d, const struct config *c, struct arena *arena,
    struct item_list *ret, struct err *err)
{
    struct item_list list = {0};
    struct dataset_input in;
    struct loading l = {
        .dataset = d->name,
        .year = d == &aime_2024   ? 2024
                : d == &aime_2025 ? 2025
                                  : 0,
        .skip_bad = c->skip_bad,
        .arena = arena,
        .list = &list,
    };

    if (dataset_input(d, c, arena, &in, err) || aime_problems_load(arena, &l.problems, err) ||
        read_overrides(&l, c->overrides, err))
        return err->code;
    in.columns.ids_repeat = true;
    l.path = in.path;
    enum err_code code =
        item_read_jsonl(in.path, d->name, &in.columns, c->skip_bad, arena, &list, err);
    if (!code)
        code = read_rows(&l, err);
    if (code) {
        item_list_release(&list);
        return code;
    }
    warn_unused(&l, c->overrides);
    *ret = list;
    return OK;
}

const struct dataset aime_2024 = {
    "aime-2024", "the 30 problems of AIME 2024, from any public copy", true, load};
const struct dataset aime_2025 = {
    "aime-2025", "the 30 problems of AIME 2025, from any public copy", true, load};
const struct dataset aime_both = {
    "aime", "problems of AIME 2024 and 2025 in one file, in any order", true, load};
