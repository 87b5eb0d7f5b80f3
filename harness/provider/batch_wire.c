/* batch_wire.c - what the dialects of batches share; see batch_wire.h. */
#include "harness/provider/batch_wire.h"

#include "harness/net/http_time.h"

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

void batch_url(struct str base, struct str path, struct buf *out)
{
    buf_str_add(out, base);
    if (str_ends(base, STR("/v1")) && str_starts(path, STR("/v1/")))
        path = str_from(path, 3);
    buf_str_add(out, path);
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

int64_t batch_time_ms(struct str iso)
{
    int64_t ms;

    return http_time_rfc3339(iso, &ms) ? ms : -1;
}
