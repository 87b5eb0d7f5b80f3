/* grade_release.c - the paper's released evaluator, fault for fault; see extract.h. */
#include "metrics/grade.h"

#include "harness/base/buf.h"

static bool in_class(char c)
{
    return c == '$' || c == '.' || c == ',' || str_is_digit(c);
}

/* Length of the match of (-?[$0-9.,]{2,})|(-?[0-9]+) at s[i], or 0. A run of two or more of the
 * class is the first form; a run of one that is a digit is the second. */
static size_t match_at(struct str s, size_t i)
{
    size_t sign = s.p[i] == '-', end = i + sign;

    while (end < s.n && in_class(s.p[end]))
        end++;
    size_t run = end - i - sign;
    return run >= 2 || (run == 1 && str_is_digit(s.p[i + sign])) ? end - i : 0;
}

static struct str last_match(struct str s)
{
    struct str last = {NULL, 0};

    for (size_t i = 0, n; i < s.n; i += n ? n : 1) {
        n = match_at(s, i);
        if (n)
            last = str_slice(s, i, i + n);
    }
    return last;
}

/* Without '$' and ',' anywhere and '.' at both ends. */
static struct str standard_form(struct arena *arena, struct str s)
{
    struct buf kept = BUF_INIT;

    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '$' && s.p[i] != ',')
            buf_putc(&kept, s.p[i]);
    struct str text = arena_str(arena, buf_str(&kept));
    buf_release(&kept);
    while (text.n && text.p[0] == '.')
        text = str_from(text, 1);
    while (text.n && text.p[text.n - 1] == '.')
        text.n--;
    return text;
}

static enum answer_status grade(
    struct str answer, struct str gold, struct arena *arena, struct str *ret_value)
{
    struct str found = last_match(answer);
    struct str value = found.p ? standard_form(arena, found) : answer;
    bool equal = str_eq(value, standard_form(arena, gold));

    *ret_value = found.p ? value : (struct str){"", 0};
    if (equal)
        return STATUS_CORRECT;
    if (!str_trim(answer).n)
        return STATUS_NO_ANSWER;
    return found.p ? STATUS_WRONG : STATUS_UNPARSED;
}

const struct grader grade_release = {
    .name = "release",
    .help = "the paper's released evaluator: last number-like text, compared as a string",
    .grade = grade,
};
