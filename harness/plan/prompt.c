/* prompt.c - loading a prompt set and joining its texts; see prompt.h. */
#include "harness/plan/prompt.h"

#include "harness/base/data.h"
#include "harness/plan/prompt_paper.h"
#include "harness/config/budget.h"

static const struct {
    const char *name;
    bool memory, query;
} forms[FORM_COUNT] = {
    {"plain", false, true},
    {"memory", true, true},
    {"replace", true, true},
    {"guess", false, false},
    {"guess_memory", true, false},
    {"questions", false, true},
    {"score", false, true},
};

const char *prompt_form_name(enum prompt_form form)
{
    return forms[form].name;
}

bool prompt_form_has_memory(enum prompt_form form)
{
    return forms[form].memory;
}

bool prompt_form_has_query(enum prompt_form form)
{
    return forms[form].query;
}

struct loader {
    struct str set;
    struct arena *arena;
    struct digest_ctx *digest;
};

static enum err_code load(
    const struct loader *l, const char *name, struct str *ret, struct err *err)
{
    struct buf path = BUF_INIT, text = BUF_INIT;

    buf_printf(&path, "configs/prompts/%.*s/%s", STR_ARG(l->set), name);
    enum err_code code = data_read(buf_cstr(&path), &text, err);
    if (code) {
        code = err_set(
            err, ERR_USAGE, "prompt set \"%.*s\" has no file %s", STR_ARG(l->set), buf_cstr(&path));
    } else {
        *ret = arena_str(l->arena, str_trim(buf_str(&text)));
        digest_field(l->digest, *ret);
    }
    buf_release(&path);
    buf_release(&text);
    return code;
}

static enum err_code load_directory(
    struct str set, struct arena *arena, struct prompts *ret, struct err *err)
{
    struct prompts p = {0};
    struct loader l = {set, arena, digest_new()};
    const struct {
        const char *name;
        struct str *to;
    } files[] = {
        {"awake.txt", &p.awake},
        {"awake_replace.txt", &p.awake_replace},
        {"context_only.txt", &p.context_only},
        {"memory.txt", &p.memory},
        {"asleep.txt", &p.asleep},
        {"asleep_user.txt", &p.asleep_user},
        {"tools.json", &p.tools},
        {"verbosity_0.txt", &p.verbosity[0]},
        {"verbosity_1.txt", &p.verbosity[1]},
        {"verbosity_2.txt", &p.verbosity[2]},
        {"verbosity_3.txt", &p.verbosity[3]},
        {"verbosity_4.txt", &p.verbosity[4]},
    };
    enum err_code code = OK;

    if (str_find(set, STR("/"), 0) != SIZE_MAX || str_find(set, STR(".."), 0) != SIZE_MAX)
        code = err_set(
            err, ERR_USAGE, "prompts is \"%.*s\": give the name of a prompt set", STR_ARG(set));
    for (size_t i = 0; i < ARRAY_LEN(files) && !code; i++)
        code = load(&l, files[i].name, files[i].to, err);
    p.digest = digest_end(l.digest);
    if (!code) /* behind the digest: tasks that do not use it keep their ids */
        code = load(&l, "effort.txt", &p.effort, err);
    if (!code && load(&l, "answer_tools.json", &p.answer_tools, NULL) && !str_eqc(set, "neutral"))
        code = load(&(struct loader){STR("neutral"), arena, l.digest}, "answer_tools.json",
            &p.answer_tools, err);
    if (!code && load(&l, "make_queries.txt", &p.make_queries, NULL))
        p.make_queries = (struct str){NULL, 0}; /* a set may do without */
    digest_free(l.digest);
    if (!code)
        *ret = p;
    return code;
}

enum err_code prompts_load(
    struct str set, struct str dataset, struct arena *arena, struct prompts *ret, struct err *err)
{
    struct prompts p;

    if (!str_eqc(set, "paper"))
        return load_directory(set, arena, ret, err);
    if (load_directory(STR("neutral"), arena, &p, err) ||
        prompt_paper_load(dataset, arena, &p, err))
        return err->code;
    *ret = p;
    return OK;
}

void prompt_awake(const struct prompts *p, enum prompt_form form, int64_t level, struct buf *out)
{
    struct str first = form == FORM_GUESS || form == FORM_GUESS_MEMORY ? p->context_only
                       : form == FORM_REPLACE                          ? p->awake_replace
                                                                       : p->awake;
    bool words = budget_kind_of(level) == BUDGET_VERBOSITY;
    struct str released = p->released[words ? level : 0];

    if (released.p && form != FORM_GUESS) {
        buf_str_add(out, released);
        return;
    }
    buf_str_add(out, first);
    buf_puts(out, "\n\n");
    buf_str_add(out, words ? p->verbosity[level] : p->effort);
    if (!forms[form].memory)
        return;
    buf_puts(out, "\n\n");
    buf_str_add(out, p->memory);
}

void prompt_memory_block(struct str memory, struct buf *out)
{
    buf_puts(out, "\n\n<rethink_memory_block>\n");
    if (memory.n)
        buf_str_add(out, memory);
    else
        buf_puts(out, "[empty]");
    buf_puts(out, "\n</rethink_memory_block>");
}

void prompt_user(enum prompt_form form, struct str context, struct str query, struct buf *out)
{
    if (form != FORM_REPLACE)
        buf_str_add(out, context);
    if (!forms[form].query)
        return;
    if (out->n)
        buf_puts(out, "\n\n");
    buf_str_add(out, query);
}

/* A place in a prompt, "{max_calls}", and the number that goes there. */
struct place {
    struct str name;
    int64_t value;
};

static void fill(struct str text, const struct place *places, size_t n, struct buf *out)
{
    while (text.n) {
        size_t brace = str_find(text, STR("{"), 0), i = 0;
        buf_str_add(out, str_slice(text, 0, brace));
        if (brace == SIZE_MAX)
            return;
        text = str_from(text, brace);
        while (i < n && !str_starts(text, places[i].name))
            i++;
        if (i < n)
            buf_printf(out, "%lld", (long long)places[i].value);
        else
            buf_putc(out, '{');
        text = str_from(text, i < n ? places[i].name.n : 1);
    }
}

void prompt_asleep(
    const struct prompts *p, int64_t max_calls, int64_t memory_chars, struct buf *out)
{
    const struct place places[] = {
        {STR("{max_calls}"), max_calls}, {STR("{memory_chars}"), memory_chars}};

    fill(p->asleep, places, ARRAY_LEN(places), out);
}

void prompt_questions(const struct prompts *p, int64_t count, struct buf *out)
{
    const struct place place = {STR("{count}"), count};

    fill(p->make_queries, &place, 1, out);
}

void prompt_asleep_user(const struct prompts *p, struct str context, struct buf *out)
{
    buf_str_add(out, p->asleep_user);
    buf_puts(out, "\n\n");
    buf_str_add(out, context);
}
