/* template_read.c - texts back into values; see template.h. */
#include "datasets/template_internal.h"

static struct str flatten(struct str text, struct arena *arena)
{
    struct buf flat = BUF_INIT;

    buf_collapse(&flat, text);
    struct str s = arena_str(arena, buf_str(&flat));
    buf_release(&flat);
    return s;
}

/* A quantity that begins a sentence is written with a capital that is not its own. */
static struct str lowered(struct str text, struct arena *arena)
{
    char *s = arena_cstr(arena, text);

    s[0] = str_lower(s[0]);
    return (struct str){s, text.n};
}

/* Gives the variable of group i its value, unless it has one. */
static bool read_group(const struct template *t, const struct tgroup *group, struct str text,
    struct arena *arena, struct tbinding *b)
{
    const struct domain *d = &t->vars[group->var].domain;

    if (!text.p || b->known[group->var])
        return true;
    if (group->initial && text.n && (d->shapes & WORD_QUANTITY))
        text = lowered(text, arena);
    b->known[group->var] = true;
    return domain_read(d, text, arena, &b->v[group->var]);
}

/* Occurrences inside sentences first: at a sentence's start the spelling may be changed. */
static bool read_groups(const struct template *t, const struct tmatcher *m,
    const struct str *groups, struct arena *arena, struct tbinding *b)
{
    for (int initial = 0; initial < 2; initial++)
        for (size_t i = 0; i < m->ngroups; i++)
            if (m->groups[i].initial == (initial == 1) &&
                !read_group(t, &m->groups[i], groups[i + 1], arena, b))
                return false;
    return true;
}

enum regex_result template_read(const struct template *t, enum template_part part, struct str text,
    struct arena *arena, struct tbinding *ret_binding)
{
    const struct tmatcher *m = &t->matchers[part];

    if (!m->re || text.n > TEMPLATE_MAX_TEXT)
        return m->re ? REGEX_LIMIT : REGEX_NO;
    text = flatten(text, arena);
    if (!str_starts(text, m->lead) || (m->contain.n && str_find(text, m->contain, 0) == SIZE_MAX))
        return REGEX_NO;
    struct str *groups = arena_array(arena, struct str, m->ngroups + 1);
    enum regex_result r = regex_match(m->re, text, 0, groups, m->ngroups + 1);
    if (r != REGEX_YES)
        return r;
    struct tbinding b = template_empty_binding(t, arena);
    if (!read_groups(t, m, groups, arena, &b))
        return REGEX_NO;
    if (part == TEMPLATE_WHOLE) {
        uint64_t steps = TEMPLATE_MAX_STEPS;
        struct err why;
        enum err_code code = template_solve(t, NULL, &steps, arena, &b, &why);
        if (code)
            return code == ERR_LIMIT ? REGEX_LIMIT : REGEX_NO;
    } else if (!template_deduce(t, arena, &b))
        return REGEX_NO;
    *ret_binding = b;
    return REGEX_YES;
}
