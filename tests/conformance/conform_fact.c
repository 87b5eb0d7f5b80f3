/* conform_fact.c - comparing what came out with what was wanted; see conform_fact.h. */
#include "tests/conformance/conform_fact.h"

#include "harness/base/json.h"
#include "harness/base/number.h"

#include <stdarg.h>

enum { SHOWN = 400 };

void facts_add(struct facts *f, const char *key, struct str value)
{
    if (f->n == MOST_FACTS)
        BUG("more than %d facts", MOST_FACTS);
    f->v[f->n++] = (struct fact){key, arena_str(f->arena, value)};
}

void facts_printf(struct facts *f, const char *key, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list ap;

    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    facts_add(f, key, buf_str(&text));
    buf_release(&text);
}

void facts_print(const struct facts *f, struct buf *out)
{
    struct json_writer w = json_writer(out, 2);

    jsonw_object(&w, NULL);
    for (size_t i = 0; i < f->n; i++)
        jsonw_str(&w, f->v[i].key, str_slice(f->v[i].value, 0, SHOWN));
    jsonw_end_object(&w);
}

static bool in_range(struct str range, struct str value)
{
    size_t dots = str_find(range, STR(".."), 0);
    struct rat low, high, v;

    return dots != SIZE_MAX && rat_parse(str_slice(range, 0, dots), &low) &&
           rat_parse(str_from(range, dots + 2), &high) && rat_parse(value, &v) &&
           rat_cmp(low, v) <= 0 && rat_cmp(v, high) <= 0;
}

void facts_check_line(struct arena *arena, const struct case_line *l, struct str value,
    const char *where, struct buf *out)
{
    static const char *const words[] = {"be", "have", "lack", "be in"};
    struct str want = case_text(arena, l->value);
    bool found = str_find(value, want, 0) != SIZE_MAX;
    bool ok = l->op == OP_IS      ? str_eq(value, want)
              : l->op == OP_HAS   ? want.n && found
              : l->op == OP_LACKS ? !found
                                  : in_range(want, value);

    if (!ok)
        buf_printf(out, "%s: %.*s must %s [%.*s], is [%.*s]\n", where, STR_ARG(l->key),
            words[l->op], STR_ARG(str_slice(want, 0, SHOWN)), STR_ARG(str_slice(value, 0, SHOWN)));
}

void facts_check(
    const struct facts *f, const struct case_section *want, const char *where, struct buf *out)
{
    for (size_t i = 0; want && i < want->nlines; i++) {
        const struct case_line *l = &want->lines[i];
        const struct fact *found = NULL;
        for (size_t k = 0; k < f->n && !found; k++)
            if (str_eqc(l->key, f->v[k].key))
                found = &f->v[k];
        if (found)
            facts_check_line(f->arena, l, found->value, where, out);
        else
            buf_printf(out, "%s: nothing is known of %.*s\n", where, STR_ARG(l->key));
    }
}
