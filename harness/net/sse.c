/* sse.c - server-sent events; see sse.h. Follows the parsing rules of the WHATWG HTML standard. */
#include "harness/net/sse.h"

struct sse sse_of(struct str body)
{
    if (str_starts(body, STR("\xEF\xBB\xBF")))
        body = str_from(body, 3);
    return (struct sse){body};
}

/* Splits the first line off; false when nothing is left. CR, LF and CRLF each end one line. */
static bool cut_line(struct str *rest, struct str *ret_line)
{
    size_t i = 0;

    if (rest->n == 0)
        return false;
    while (i < rest->n && rest->p[i] != '\n' && rest->p[i] != '\r')
        i++;
    *ret_line = str_slice(*rest, 0, i);
    if (i < rest->n)
        i += rest->p[i] == '\r' && i + 1 < rest->n && rest->p[i + 1] == '\n' ? 2 : 1;
    *rest = str_from(*rest, i);
    return true;
}

/* Value of "field: value" or "field:value" or a bare "field"; false if the line is of another
 * field. A comment has an empty field name and so never matches. */
static bool field_value(struct str line, struct str field, struct str *ret_value)
{
    if (!str_starts(line, field))
        return false;
    struct str rest = str_from(line, field.n);
    if (rest.n == 0) {
        *ret_value = rest;
        return true;
    }
    if (rest.p[0] != ':')
        return false;
    rest = str_from(rest, 1);
    *ret_value = rest.n && rest.p[0] == ' ' ? str_from(rest, 1) : rest;
    return true;
}

bool sse_next(struct sse *s, struct buf *scratch, struct sse_event *ret_event)
{
    struct str line, value, name = {NULL, 0}, only = {NULL, 0};
    size_t lines = 0;

    while (cut_line(&s->rest, &line)) {
        if (line.n == 0) {
            if (lines)
                break;
            name = (struct str){NULL, 0}; /* an event without data is no event */
        } else if (field_value(line, STR("data"), &value)) {
            /* One line, the usual case, is given as it stands; only several are joined. */
            if (lines == 0) {
                only = value;
            } else {
                if (lines == 1) {
                    buf_reset(scratch);
                    buf_str_add(scratch, only);
                }
                buf_putc(scratch, '\n');
                buf_str_add(scratch, value);
            }
            lines++;
        } else if (field_value(line, STR("event"), &value)) {
            name = value;
        }
    }
    if (lines == 0)
        return false;
    *ret_event = (struct sse_event){name, lines == 1 ? only : buf_str(scratch)};
    return true;
}
