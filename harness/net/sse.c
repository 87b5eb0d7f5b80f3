/* sse.c - server-sent events; see sse.h. Follows the parsing rules of the WHATWG HTML standard. */
#include "harness/net/sse.h"

struct sse sse_of(struct str body)
{
    if (str_starts(body, STR("\xEF\xBB\xBF")))
        body = str_from(body, 3);
    return (struct sse){.rest = body};
}

/* Splits the first line off; false when nothing is left. CR, LF and CRLF each end one line. The
 * next line feed is looked for once, so that a stream of lone CRs costs no second pass per line. */
static bool cut_line(struct sse *s, struct str *ret_line)
{
    const char *p = s->rest.p, *end = p + s->rest.n;

    if (s->rest.n == 0)
        return false;
    if (!s->lf || s->lf < p) {
        s->lf = memchr(p, '\n', s->rest.n);
        s->lf = s->lf ? s->lf : end;
    }
    const char *cr = memchr(p, '\r', (size_t)(s->lf - p));
    const char *eol = cr ? cr : s->lf;
    size_t n = (size_t)(eol - p);
    *ret_line = (struct str){p, n};
    n += eol < end;
    n += cr && cr + 1 < end && cr[1] == '\n';
    s->rest = str_from(s->rest, n);
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

    while (cut_line(s, &line)) {
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

bool sse_each(struct str body, sse_data_fn *fn, void *payload)
{
    struct sse sse = sse_of(body);
    struct sse_event event;
    struct buf scratch = BUF_INIT;
    bool ok = true;

    while (ok && sse_next(&sse, &scratch, &event))
        if (event.data.n && !str_eqc(event.data, "[DONE]"))
            ok = fn(payload, event.data);
    buf_release(&scratch);
    return ok;
}
