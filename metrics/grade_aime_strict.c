/*
 * grade_aime_strict.c - the whole number from 0 to 999 that an answer commits to.
 *
 * The first of these that yields a whole number decides:
 * 1. the last \boxed{..} with balanced braces that holds one. What stands before its last '=' goes;
 *    so do blanks, \, \; \: \! \ ~, dollar signs, braces, degree marks, \text{..} and the like
 *    (their content stays if it has a digit in it), leading zeros and a final point. Commas may
 *    stand between groups of three digits. Whatever is left must be the number;
 * 2. the last "answer is", "answer:" or "answer =" with a number behind it (grade_find.h);
 * 3. the last number token (grade_token.h) of at most three digits and nothing else, but for a
 *    dollar sign in front: no part of a longer number, no decimal, no fraction, no exponent and
 *    nothing that has one (but 70^\circ is 70).
 * A number that 1 or 2 yield and that is not in the range is wrong: it is not cut down to one that
 * is. The gold is read by rule 1 as if it were boxed.
 */
#include "metrics/grade.h"

#include "harness/base/buf.h"
#include "metrics/grade_find.h"

enum { LARGEST_DIGITS = 3, LONGEST_CONTENT = 4096 };

/* Length of a mark at s[i] that changes no value, or 0. */
static size_t ornament(struct str s, size_t i)
{
    static const char *const marks[] = {"^\\circ", "^{\\circ}", "^\\degree", "^{\\degree}",
        "\\circ", "\\degree", "\xC2\xB0", "\\,", "\\;", "\\:", "\\!", "\\ ", "\\$", "~", "$", "{",
        "}"};

    return str_is_blank(s.p[i]) ? 1 : grade_any_at(s, i, marks, ARRAY_LEN(marks));
}

static bool has_digit(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (str_is_digit(s.p[i]))
            return true;
    return false;
}

/* Byte behind \text{..} and the like at s[i], or only behind their brace if a digit is inside;
 * 0 if there is none. */
static size_t wording(struct str s, size_t i)
{
    static const char *const commands[] = {
        "\\text{", "\\textbf{", "\\textrm{", "\\mathrm{", "\\mathbf{", "\\mbox{", "\\bf{"};
    size_t start = i + grade_any_at(s, i, commands, ARRAY_LEN(commands)), depth = 1;

    if (start == i)
        return 0;
    for (size_t k = start; k < s.n; k++) {
        depth += s.p[k] == '{';
        depth -= s.p[k] == '}';
        if (!depth)
            return has_digit(str_slice(s, start, k)) ? start : k + 1;
    }
    return start;
}

static void strip(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = ornament(s, i), behind = n ? i + n : wording(s, i);
        if (behind)
            i = behind;
        else
            buf_putc(out, s.p[i++]);
    }
}

/* Digits of [-]digits or [-]d,ddd,.. without group marks; false for anything else. */
static bool read_digits(struct str s, struct buf *out)
{
    size_t group = 0, commas = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ',' && group && group <= 3 && (!commas || group == 3)) {
            commas++;
            group = 0;
        } else if (str_is_digit(s.p[i])) {
            buf_putc(out, s.p[i]);
            group++;
        } else {
            return false;
        }
    }
    return group && (!commas || group == 3);
}

/* Reads what a box holds; *ret is the canonical decimal text. */
static bool read_whole(struct str content, struct arena *arena, struct str *ret)
{
    struct buf plain = BUF_INIT, digits = BUF_INIT;

    for (size_t i = content.n; i-- > 0;)
        if (content.p[i] == '=') {
            content = str_from(content, i + 1);
            break;
        }
    if (content.n > LONGEST_CONTENT) /* no box is that long, but a gold might be */
        return false;
    strip(&plain, content);
    struct str s = buf_str(&plain);
    if (str_ends(s, STR(".")))
        s.n--;
    bool negative = str_starts(s, STR("-")) || str_starts(s, STR("\xE2\x88\x92"));
    if (negative)
        s = str_from(s, s.p[0] == '-' ? 1 : 3);
    bool ok = read_digits(s, &digits);
    struct str value = buf_str(&digits);
    while (value.n > 1 && value.p[0] == '0')
        value = str_from(value, 1);
    if (ok)
        *ret = str_c(arena_printf(
            arena, "%s%.*s", negative && !str_eqc(value, "0") ? "-" : "", STR_ARG(value)));
    buf_release(&plain);
    buf_release(&digits);
    return ok;
}

static bool from_box(struct str answer, struct arena *arena, struct str *ret)
{
    struct grade_boxes boxes = grade_boxes(answer);
    struct str content;

    while (grade_boxes_next(&boxes, &content))
        if (read_whole(content, arena, ret))
            return true;
    return false;
}

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_digit(s.p[i]))
            return false;
    return s.n > 0;
}

static bool from_phrase(struct str plain, struct arena *arena, struct str *ret)
{
    struct grade_value value;

    if (!grade_phrase(plain, arena, &value))
        return false;
    *ret = value.text;
    return all_digits(str_starts(value.text, STR("-")) ? str_from(value.text, 1) : value.text);
}

static bool from_last(struct str plain, struct arena *arena, struct str *ret)
{
    bool found = false;

    for (size_t from = 0, a, b; grade_token_next(plain, from, plain.n, &a, &b); from = b) {
        struct str token = str_slice(plain, a, b);
        token = str_starts(token, STR("$")) ? str_from(token, 1) : token;
        bool power = b + 1 < plain.n && plain.p[b] == '^' && !str_is_blank(plain.p[b + 1]);
        if (!power && token.n <= LARGEST_DIGITS && all_digits(token))
            found |= read_whole(token, arena, ret);
    }
    return found;
}

static bool find_value(struct str answer, struct arena *arena, struct str *ret)
{
    struct buf plain = BUF_INIT;

    if (from_box(answer, arena, ret))
        return true;
    grade_plain(&plain, answer);
    struct str s = buf_str(&plain);
    bool found = from_phrase(s, arena, ret) || from_last(s, arena, ret);
    buf_release(&plain);
    return found;
}

static enum answer_status grade(
    struct str answer, struct str gold, struct arena *arena, struct str *ret_value)
{
    struct str value, right;

    *ret_value = (struct str){"", 0};
    if (!str_trim(answer).n)
        return STATUS_NO_ANSWER;
    if (!find_value(answer, arena, &value))
        return STATUS_UNPARSED;
    *ret_value = value;
    bool in_range = value.n <= LARGEST_DIGITS && value.p[0] != '-';
    return in_range && read_whole(gold, arena, &right) && str_eq(value, right) ? STATUS_CORRECT
                                                                               : STATUS_WRONG;
}

const struct grader grade_aime_strict = {
    .name = "aime-strict",
    .help = "AIME: the whole number from 0 to 999 that the answer commits to",
    .grade = grade,
};
