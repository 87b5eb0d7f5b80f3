/* split_released.c - see split_released.h. */
#include "splitters/split_released.h"

#include "harness/base/json.h"

/* The value that begins at `at` of text that was parsed: end of it. */
static size_t value_end(struct str s, size_t at)
{
    size_t depth = 0;
    bool quoted = false;

    for (; at < s.n; at++) {
        char c = s.p[at];
        if (quoted) {
            at += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            break;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return at;
}

/* Copies the members of the object but for those named. Text and document are of one row, so their
 * members come in the same order; the text is kept because numbers would not survive. */
static void copy_members(
    struct str row, const struct json *doc, const char *const *without, struct buf *out)
{
    size_t at = str_find(row, STR("{"), 0) + 1;

    for (const struct json *m = json_first(doc); m; m = json_next(m)) {
        size_t end = value_end(row, at);
        if (!str_eqc(json_key(m), without[0]) && !str_eqc(json_key(m), without[1])) {
            buf_str_add(out, str_trim(str_slice(row, at, end)));
            buf_puts(out, ", ");
        }
        at = end + 1;
    }
}

static void write_members(const struct item *item, struct buf *out)
{
    const struct {
        const char *key;
        struct str value;
    } members[] = {{"id", item->id}, {"question", item->question}, {"answer", item->gold},
        {"solution", item->solution}};

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        buf_printf(out, "\"%s\": ", members[i].key);
        json_quote(out, members[i].value);
        buf_puts(out, ", ");
    }
}

enum err_code split_released_row(const struct item *item, const struct cut *cut, struct str row,
    const char *dataset, struct buf *out, struct err *err)
{
    static const char *const names[][2] = {
        {"stateful_gsm_symbolic_context", "stateful_gsm_symbolic_question"},
        {"stateful_aime_context", "stateful_aime_question"}};
    const char *const *columns = names[str_starts(str_c(dataset), STR("aime"))];
    struct json *doc = NULL;

    if (row.p && json_parse(row, JSON_STRICT, &doc, err))
        return err->code;
    buf_putc(out, '{');
    if (doc)
        copy_members(row, doc, columns, out);
    else
        write_members(item, out);
    json_free(doc);
    buf_printf(out, "\"%s\": ", columns[0]);
    json_quote(out, cut->context);
    buf_printf(out, ", \"%s\": ", columns[1]);
    json_quote(out, cut->query);
    buf_puts(out, "}\n");
    return OK;
}
