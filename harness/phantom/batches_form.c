/* batches_form.c - the parts of an upload; see batches_form.h. */
#include "harness/phantom/batches_form.h"

enum { BOUNDARY_MOST = 70, HEAD_MOST = 4096 }; /* RFC 2046 5.1.1; of one part's header lines */

/* NAME=value or NAME="value" among the parameters of a header's value. */
static struct str parameter(struct str value, const char *name)
{
    struct str rest = value, piece;

    while (str_cut(&rest, ';', &piece)) {
        struct str tail = str_trim(piece), key;
        if (!str_cut(&tail, '=', &key) || !tail.p || !str_eq_nocase(str_trim(key), str_c(name)))
            continue;
        tail = str_trim(tail);
        if (tail.n >= 2 && tail.p[0] == '"' && tail.p[tail.n - 1] == '"')
            tail = str_slice(tail, 1, tail.n - 1);
        return tail;
    }
    return STR("");
}

static bool starts_nocase(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq_nocase(str_slice(s, 0, prefix.n), prefix);
}

/* Header lines of a part; false if they do not end. */
static bool read_head(struct str *rest, struct batches_part *part)
{
    size_t end = str_find(str_slice(*rest, 0, HEAD_MOST), STR("\r\n\r\n"), 0);

    if (end == SIZE_MAX)
        return false;
    struct str head = str_slice(*rest, 0, end), line;
    while (str_cut(&head, '\n', &line)) {
        const struct str key = STR("content-disposition:");
        if (!starts_nocase(line, key))
            continue;
        part->name = parameter(str_from(line, key.n), "name");
        part->filename = parameter(str_from(line, key.n), "filename");
    }
    *rest = str_from(*rest, end + 4);
    return true;
}

/* Index of "\r\n--BOUNDARY" in s. */
static size_t find_boundary(struct str s, struct str boundary)
{
    const struct str lead = STR("\r\n--");

    for (size_t at = str_find(s, lead, 0); at != SIZE_MAX; at = str_find(s, lead, at + 1))
        if (str_starts(str_from(s, at + lead.n), boundary))
            return at;
    return SIZE_MAX;
}

size_t batches_form(const char *type, struct str body, struct batches_part *ret, size_t most)
{
    struct str t = str_c(type), boundary = parameter(t, "boundary"), rest = body;
    size_t n = 0;

    if (!starts_nocase(t, STR("multipart/form-data")) || boundary.n == 0 ||
        boundary.n > BOUNDARY_MOST || !str_starts(body, STR("--")) ||
        !str_starts(str_from(body, 2), boundary))
        return 0;
    rest = str_from(rest, 2 + boundary.n);
    while (!str_starts(rest, STR("--"))) {
        struct batches_part part = {{"", 0}, {"", 0}, {"", 0}};
        if (n == most || !str_starts(rest, STR("\r\n")))
            return 0;
        rest = str_from(rest, 2);
        if (!read_head(&rest, &part))
            return 0;
        size_t end = find_boundary(rest, boundary);
        if (end == SIZE_MAX)
            return 0;
        part.content = str_slice(rest, 0, end);
        ret[n++] = part;
        rest = str_from(rest, end + 4 + boundary.n);
    }
    return n;
}
