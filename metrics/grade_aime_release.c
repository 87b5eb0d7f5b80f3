/*
 * grade_aime_release.c - the paper's released evaluator of AIME answers, fault for fault.
 *
 * The last \boxed, or, if there is none, the last \fbox, is taken up to the brace that closes it,
 * counted without regard to backslashes. If that is exactly \boxed{..} and Python's int() takes its
 * content (blanks around it, a sign, single underscores between digits), this is the answer. Else
 * it is the last match of ([1-9][0-9][0-9]|[1-9][0-9]|[1-9]). So an unboxed answer is never 0, 2024
 * is read as 4, 1000 as 100, and \boxed{70^\circ} is left to the search.
 */
#include "metrics/grade.h"

#include "harness/base/buf.h"

enum { LONGEST_INT = 4300 /* digits; Python refuses more */ };

/* Start of the last `needle`, or SIZE_MAX. */
static size_t find_last(struct str s, struct str needle)
{
    for (size_t i = s.n; i-- > 0;)
        if (s.p[i] == needle.p[0] && str_starts(str_from(s, i), needle))
            return i;
    return SIZE_MAX;
}

/* From the last box to its closing brace; empty if there is none. */
static struct str last_box(struct str s)
{
    struct str none = {"", 0};
    size_t start = find_last(s, STR("\\boxed"));
    int64_t open = 0;

    if (start == SIZE_MAX)
        start = find_last(s, STR("\\fbox"));
    for (size_t i = start; i < s.n; i++) {
        open += s.p[i] == '{';
        if (s.p[i] == '}' && --open == 0)
            return str_slice(s, start, i + 1);
    }
    return none;
}

/* Blanks that Python's int() skips; those outside ASCII are skipped as well. */
static struct str strip(struct str s)
{
    static const char *const blanks[] = {"\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xA8",
        "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

    for (size_t before = s.n + 1; s.n < before;) {
        before = s.n;
        s = str_trim(s);
        for (size_t k = 0; k < ARRAY_LEN(blanks); k++) {
            struct str b = str_c(blanks[k]);
            s = str_starts(s, b) ? str_from(s, b.n) : s;
            s.n -= str_ends(s, b) ? b.n : 0;
        }
        for (unsigned char c = 0x80; c <= 0x8A; c++) { /* U+2000 to U+200A */
            struct str b = {(const char[]){'\xE2', '\x80', (char)c}, 3};
            s = str_starts(s, b) ? str_from(s, b.n) : s;
            s.n -= str_ends(s, b) ? b.n : 0;
        }
    }
    return s;
}

/* int(s): the digits without underscores and leading zeros, a minus in front. */
static bool python_int(struct str s, struct buf *out)
{
    s = strip(s);
    bool negative = str_starts(s, STR("-")), underscore = true;
    if (negative || str_starts(s, STR("+")))
        s = str_from(s, 1);
    size_t digits = 0, start = out->n;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '_' ? underscore : !str_is_digit(s.p[i]))
            return false;
        underscore = s.p[i] == '_';
        digits += !underscore;
        if (underscore || (out->n == start && s.p[i] == '0'))
            continue;
        if (out->n == start && negative)
            buf_putc(out, '-');
        buf_putc(out, s.p[i]);
    }
    if (underscore || digits > LONGEST_INT)
        return false;
    if (out->n == start)
        buf_putc(out, '0');
    return true;
}

static bool from_box(struct str answer, struct arena *arena, struct str *ret)
{
    struct str box = last_box(answer), mark = STR("\\boxed{");
    struct buf value = BUF_INIT;

    if (!str_starts(box, mark))
        return false;
    bool ok = python_int(str_slice(box, mark.n, box.n - 1), &value);
    if (ok)
        *ret = arena_str(arena, buf_str(&value));
    buf_release(&value);
    return ok;
}

/* The last match of the search, from left to right without overlap. */
static bool from_search(struct str s, struct str *ret)
{
    bool found = false;

    for (size_t i = 0, end; i < s.n; i = end) {
        end = i + 1;
        if (!str_is_digit(s.p[i]) || s.p[i] == '0')
            continue;
        while (end < s.n && end < i + 3 && str_is_digit(s.p[end]))
            end++;
        *ret = str_slice(s, i, end);
        found = true;
    }
    return found;
}

static enum answer_status grade(
    struct str answer, struct str gold, struct arena *arena, struct str *ret_value)
{
    struct buf right = BUF_INIT;
    struct str value;

    *ret_value = (struct str){"", 0};
    if (!str_trim(answer).n)
        return STATUS_NO_ANSWER;
    if (!from_box(answer, arena, &value) && !from_search(answer, &value))
        return STATUS_UNPARSED;
    *ret_value = value;
    bool equal = python_int(gold, &right) && str_eq(value, buf_str(&right));
    buf_release(&right);
    return equal ? STATUS_CORRECT : STATUS_WRONG;
}

const struct grader grade_aime_release = {
    .name = "aime-release",
    .help = "AIME: the paper's released evaluator: int of the last box, else a search for digits",
    .grade = grade,
};
