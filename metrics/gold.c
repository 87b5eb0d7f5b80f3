/* gold.c - see gold.h. */
#include "metrics/gold.h"

#include "harness/base/buf.h"
#include "metrics/grade_token.h"

#include <string.h>

enum { LONGEST = 120 };

/* Letters (a word of the unit may hold '/' and '^2') and closing marks. */
static bool is_unit(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool power = str_is_digit(s.p[i]) && i > 0 && s.p[i - 1] == '^';
        if (!s.p[i] || (!power && !str_is_alpha(s.p[i]) && !(s.p[i] & 0x80) &&
                           !strchr(" \t.%/^*`_()", s.p[i])))
            return false;
    }
    return true;
}

static bool is_only_value(struct str s, struct arena *arena, struct str *ret)
{
    size_t start, end, next, next_end;
    struct grade_value value;

    if (!s.n || s.n > LONGEST || !grade_token_next(s, 0, s.n, &start, &end))
        return false;
    for (size_t i = 0; i < start; i++)
        if (!strchr(" \t*`_(=:", s.p[i]) || !s.p[i])
            return false;
    if (grade_token_next(s, end, s.n, &next, &next_end) || !is_unit(str_from(s, end)))
        return false;
    value = grade_token_value(str_slice(s, start, end), arena);
    *ret = value.text;
    return value.exact;
}

bool gold_read(struct str text, struct arena *arena, struct str *ret)
{
    struct buf plain = BUF_INIT;
    struct str value = STR("");

    grade_plain(&plain, text);
    bool ok = is_only_value(str_trim(buf_str(&plain)), arena, &value);
    if (ok)
        *ret = arena_str(arena, value);
    buf_release(&plain);
    return ok;
}
