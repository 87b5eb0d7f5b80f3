/*
 * world_line.c - written lines: "name = expression = value" and "name = value".
 */
#include "datasets/world_impl.h"

/* A number inside an expression: what would change its meaning there gets parentheses. */
static void put_number(struct buf *out, struct rat value)
{
    struct buf text = BUF_INIT;

    rat_print(&text, value);
    bool bare = value.num >= 0 && str_find(buf_str(&text), STR("/"), 0) == SIZE_MAX;
    buf_printf(out, bare ? "%s" : "(%s)", buf_cstr(&text));
    buf_release(&text);
}

void world_render_line(const struct world_view *v, size_t quantity,
    const struct rat *operand_values, struct rat result, struct buf *out)
{
    static const struct {
        const char *before, *between, *behind;
    } look[] = {
        [QUANTITY_SUM] = {"", " + ", ""},
        [QUANTITY_DIFFERENCE] = {"", " - ", ""},
        [QUANTITY_PRODUCT] = {"", " * ", ""},
        [QUANTITY_QUOTIENT] = {"", " / ", ""},
        [QUANTITY_PERCENT] = {"100 * ", " / ", ""},
        [QUANTITY_MEAN] = {"(", " + ", ")"},
    };
    const struct quantity *q = &v->quantities[quantity];

    if (q->op == QUANTITY_STATED) {
        world_render_fact(q->name, result, out);
        return;
    }
    buf_printf(out, "%.*s = %s", STR_ARG(q->name), look[q->op].before);
    for (size_t i = 0; i < q->noperands; i++) {
        if (i > 0)
            buf_puts(out, look[q->op].between);
        put_number(out, operand_values[i]);
    }
    buf_puts(out, look[q->op].behind);
    if (q->op == QUANTITY_MEAN)
        buf_printf(out, " / %zu", q->noperands);
    buf_puts(out, " = ");
    rat_print(out, result);
}

void world_render_fact(struct str name, struct rat value, struct buf *out)
{
    buf_printf(out, "%.*s = ", STR_ARG(name));
    rat_print(out, value);
}

static struct str without_bullet(struct str s)
{
    if (str_starts(s, STR("- ")) || str_starts(s, STR("* ")))
        return str_trim(str_from(s, 2));
    return s;
}

/* The first word of s as a number: "24", "$24", "1,240 dollars", "24." */
static bool leading_number(struct str s, struct rat *ret)
{
    struct buf digits = BUF_INIT;
    size_t i = s.n > 0 && s.p[0] == '$' ? 1 : 0;

    for (; i < s.n && !str_is_blank(s.p[i]); i++)
        if (s.p[i] != ',')
            buf_putc(&digits, s.p[i]);
    struct str word = buf_str(&digits);
    while (word.n > 0 && strchr(".;%)", word.p[word.n - 1]))
        word.n--;
    bool ok = rat_parse(word, ret);
    buf_release(&digits);
    return ok;
}

enum { LINE_MAX_BYTES = 1024 };

bool world_read_line(struct str line, struct str *ret_name, struct rat *ret_value)
{
    struct rat value;

    line = without_bullet(str_trim(line));
    if (line.n > LINE_MAX_BYTES)
        return false;
    size_t first = str_find(line, STR("="), 0), last = first;
    if (first == SIZE_MAX)
        return false;
    for (size_t next = first; next != SIZE_MAX; next = str_find(line, STR("="), next + 1))
        last = next;
    struct str name = str_trim(str_slice(line, 0, first));
    if (name.n == 0 || !leading_number(str_trim(str_from(line, last + 1)), &value))
        return false;
    *ret_name = name;
    *ret_value = value;
    return true;
}
