/* grade_apple.c - last decimal number, compared as floating point; see extract.h. */
#include "metrics/grade.h"

#include "harness/base/buf.h"
#include "harness/base/number.h"

/* Length of the match of -?\d+\.?\d* at s[i], or 0. */
static size_t match_at(struct str s, size_t i)
{
    size_t start = i + (s.p[i] == '-'), end = start;

    while (end < s.n && str_is_digit(s.p[end]))
        end++;
    if (end == start)
        return 0;
    if (end < s.n && s.p[end] == '.')
        end++;
    while (end < s.n && str_is_digit(s.p[end]))
        end++;
    return end - i;
}

/* The last number of text, commas dropped; empty if there is none. */
static struct str last_number(struct arena *arena, struct str text)
{
    struct buf kept = BUF_INIT;
    struct str last = {"", 0};

    buf_reserve(&kept, text.n);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ',')
            buf_putc(&kept, text.p[i]);
    struct str s = buf_str(&kept);
    for (size_t i = 0, n; i < s.n; i += n ? n : 1) {
        n = match_at(s, i);
        if (n)
            last = str_slice(s, i, i + n);
    }
    last = arena_str(arena, last);
    buf_release(&kept);
    return last;
}

static enum answer_status grade(
    struct str answer, struct str gold, struct arena *arena, struct str *ret_value)
{
    struct str right = last_number(arena, gold);
    double a, b;

    *ret_value = last_number(arena, answer);
    if (!str_trim(answer).n)
        return STATUS_NO_ANSWER;
    if (!number_double(*ret_value, &a))
        return STATUS_UNPARSED;
    return number_double(right, &b) && a == b ? STATUS_CORRECT : STATUS_WRONG;
}

const struct grader grade_apple = {
    .name = "apple",
    .help = "GSM-Symbolic's own rule: last number without commas, compared as floating point",
    .grade = grade,
};
