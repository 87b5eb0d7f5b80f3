/*
 * world_read.c - finds the context that a text begins with.
 *
 * A context's literal pieces are looked for one behind the other, which rejects a foreign context
 * at its first words and says where the context ends; then its template reads that part for good.
 */
#include "datasets/world_impl.h"

enum {
    TEXT_MAX = 8192, /* bytes looked at; contexts are far shorter */
    SLOT_MAX = 48,   /* longest text of a variable */
};

static bool literal_at(struct str text, size_t at, struct str literal)
{
    return literal.n == 0 ||
           (text.n - at >= literal.n && memcmp(text.p + at, literal.p, literal.n) == 0);
}

/* Where literal starts behind a slot that begins at `at`; the slot takes at least one byte. */
static size_t behind_slot(struct str text, size_t at, struct str literal)
{
    for (size_t i = at + 1; i <= at + SLOT_MAX && i < text.n; i++)
        if (literal_at(text, i, literal))
            return i;
    return SIZE_MAX;
}

/* End of the context's text at the start of `text`, or SIZE_MAX. */
static size_t end_of_context(const struct world_pieces *pieces, struct str text)
{
    size_t at = pieces->literal[0].n;

    if (!literal_at(text, 0, pieces->literal[0]))
        return SIZE_MAX;
    for (size_t i = 1; i < pieces->n; i++) {
        size_t start = behind_slot(text, at, pieces->literal[i]);
        if (start == SIZE_MAX)
            return SIZE_MAX;
        at = start + pieces->literal[i].n;
    }
    return at == text.n || str_is_blank(text.p[at]) ? at : SIZE_MAX;
}

/* The byte of raw text where what follows the first `flat_end` bytes of its collapsed form begins.
 */
static size_t raw_position(struct str raw, struct str flat, size_t flat_end)
{
    size_t solid = 0, i = 0;

    for (size_t k = 0; k < flat_end; k++)
        solid += !str_is_blank(flat.p[k]);
    for (; i < raw.n && solid > 0; i++)
        solid -= !str_is_blank(raw.p[i]);
    while (i < raw.n && str_is_blank(raw.p[i]))
        i++;
    return i;
}

static bool read_as(const struct world_context *c, struct str text, struct arena *arena,
    struct world_view *ret_view, size_t *ret_end)
{
    struct tbinding binding;
    size_t end = end_of_context(&c->pieces, text);

    if (end == SIZE_MAX)
        return false;
    if (template_read(c->template, TEMPLATE_WHOLE, str_slice(text, 0, end), arena, &binding) !=
            REGEX_YES ||
        !world_view_build(c, binding, arena, ret_view))
        return false;
    *ret_end = end;
    return true;
}

bool world_read_context(const struct world_library *lib, struct str text, struct arena *arena,
    struct world_view *ret_view, size_t *ret_query_start)
{
    struct buf flat = BUF_INIT;
    size_t end = 0;
    bool found = false;

    buf_collapse(&flat, str_slice(text, 0, text.n < TEXT_MAX ? text.n : TEXT_MAX));
    if (flat.n > 0 && !strchr(".?!", flat.p[flat.n - 1]))
        buf_putc(&flat, '.'); /* final punctuation is optional */
    for (size_t i = 0; i < lib->n && !found; i++)
        found = read_as(&lib->v[i], buf_str(&flat), arena, ret_view, &end);
    if (found)
        *ret_query_start = raw_position(text, buf_str(&flat), end);
    buf_release(&flat);
    return found;
}
