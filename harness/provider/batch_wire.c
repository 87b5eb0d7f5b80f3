/* batch_wire.c - what the dialects of batches share; see batch_wire.h. */
#include "harness/provider/batch_wire.h"

#include <string.h>

enum { ID_MOST = 128, DIGITS_MOST = 18 };

const struct batch_dialect *batch_dialect_find(struct str name)
{
    static const struct batch_dialect *const all[] = {&batch_anthropic, &batch_openai};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (str_eqc(name, all[i]->name))
            return all[i];
    return NULL;
}

void batch_ask_release(struct batch_ask *ask)
{
    buf_release(&ask->path);
    buf_release(&ask->body);
    buf_release(&ask->type);
}

void batch_ask_reset(struct batch_ask *ask)
{
    buf_reset(&ask->path);
    buf_reset(&ask->body);
    buf_reset(&ask->type);
    ask->post = false;
}

bool batch_url(const struct provider *p, struct str url, struct str path, struct buf *out)
{
    size_t query = str_find(url, STR("?"), 0);
    struct str head = str_slice(url, 0, query == SIZE_MAX ? url.n : query);
    struct str tail = query == SIZE_MAX ? STR("") : str_from(url, query + 1);

    if (!str_ends(head, str_c(p->path)))
        return false;
    buf_str_add(out, str_slice(head, 0, head.n - strlen(p->path)));
    buf_str_add(out, path);
    if (tail.n) {
        buf_putc(out, str_find(path, STR("?"), 0) == SIZE_MAX ? '?' : '&');
        buf_str_add(out, tail);
    }
    return true;
}

void batch_file_name(struct str tag, struct buf *out)
{
    buf_printf(out, "sleepbench-%.*s.jsonl", STR_ARG(tag));
}

void batch_line_id(struct str tag, int64_t task, int64_t n, struct buf *out)
{
    buf_printf(out, "%.*s-%lld-%lld", STR_ARG(tag), (long long)task, (long long)n);
}

static bool read_number(struct str s, int64_t *ret)
{
    int64_t v = 0;

    if (s.n == 0 || s.n > DIGITS_MOST || (s.n > 1 && s.p[0] == '0'))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!str_is_digit(s.p[i]))
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *ret = v;
    return true;
}

bool batch_line_parse(struct str id, struct str tag, int64_t *ret_task, int64_t *ret_n)
{
    struct str rest = id, part;

    if (!str_cut(&rest, '-', &part) || !str_eq(part, tag) || !rest.p ||
        !str_cut(&rest, '-', &part) || !rest.p)
        return false;
    return read_number(part, ret_task) && read_number(rest, ret_n);
}

bool batch_id_ok(struct str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!str_is_alpha(id.p[i]) && !str_is_digit(id.p[i]) && id.p[i] != '_' && id.p[i] != '-')
            return false;
    return id.n >= 1 && id.n <= ID_MOST;
}

/* Days from 1970-01-01 (H. Hinnant, days_from_civil). */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* The numbers of "YYYY-MM-DDTHH:MM:SS". */
static bool read_fields(struct str s, int64_t v[6])
{
    static const struct {
        size_t at, n;
        char before;
        int64_t least, most;
    } fields[6] = {{0, 4, 0, 1970, 9999}, {5, 2, '-', 1, 12}, {8, 2, '-', 1, 31},
        {11, 2, 'T', 0, 23}, {14, 2, ':', 0, 59}, {17, 2, ':', 0, 60}};

    if (s.n < 20)
        return false;
    for (size_t i = 0; i < 6; i++) {
        v[i] = 0;
        for (size_t k = fields[i].at; k < fields[i].at + fields[i].n; k++) {
            if (!str_is_digit(s.p[k]))
                return false;
            v[i] = v[i] * 10 + (s.p[k] - '0');
        }
        if ((i && s.p[fields[i].at - 1] != fields[i].before) || v[i] < fields[i].least ||
            v[i] > fields[i].most)
            return false;
    }
    return true;
}

/* "Z" or "+01:00"; seconds that the time is ahead. */
static bool read_zone(struct str s, int64_t *ret_s)
{
    int64_t h, m;
    struct str hours = str_slice(s, 1, 3), minutes = str_slice(s, 4, 6);

    *ret_s = 0;
    if (str_eqc(s, "Z") || str_eqc(s, "z"))
        return true;
    if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
        return false;
    if (str_starts(hours, STR("0")))
        hours = str_from(hours, 1);
    if (str_starts(minutes, STR("0")))
        minutes = str_from(minutes, 1);
    if (!read_number(hours, &h) || !read_number(minutes, &m) || h > 23 || m > 59)
        return false;
    *ret_s = (s.p[0] == '-' ? -1 : 1) * (h * 3600 + m * 60);
    return true;
}

int64_t batch_time_ms(struct str iso)
{
    int64_t v[6], zone, ms = 0, scale = 100;
    size_t at = 19;

    if (!read_fields(iso, v))
        return -1;
    if (iso.p[at] == '.')
        for (at++; at < iso.n && str_is_digit(iso.p[at]); at++, scale /= 10)
            ms += scale * (iso.p[at] - '0');
    if (!read_zone(str_from(iso, at), &zone))
        return -1;
    return (days_of(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5] - zone) * 1000 + ms;
}
