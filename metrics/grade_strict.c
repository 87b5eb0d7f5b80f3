/*
 * grade_strict.c - the number an answer commits to, compared exactly.
 *
 * The first of these that yields a number token (grade_token.h) decides:
 * 1. the last \boxed{..} with balanced braces: the last token inside;
 * 2. the last "#### x", x right behind the marks and not the number of a heading ("#### 2. Then");
 * 3. the last "answer is" or "answer:" with a token right behind it, filling words apart; if the
 *    line goes on as a calculation ("3 * 4 = 12"), the token behind its last '=';
 * 4. the last token of the text.
 * The gold is read by rule 4. Both must be the same rational number, or, where one does not fit 64
 * bits, the same decimal text.
 */
#include "metrics/grade.h"

#include "metrics/grade_find.h"

static bool last_token(struct str s, struct arena *arena, struct grade_value *ret)
{
    size_t start = 0, end = 0, from = 0;
    bool found = false;

    for (size_t a, b; grade_token_next(s, from, s.n, &a, &b); from = b) {
        start = a;
        end = b;
        found = true;
    }
    if (found)
        *ret = grade_token_value(str_slice(s, start, end), arena);
    return found;
}

static bool from_box(struct str raw, struct arena *arena, struct grade_value *ret)
{
    struct grade_boxes boxes = grade_boxes(raw);
    struct buf plain = BUF_INIT;
    struct str content;
    bool found = false;

    while (!found && grade_boxes_next(&boxes, &content)) {
        buf_reset(&plain);
        grade_plain(&plain, content);
        found = last_token(buf_str(&plain), arena, ret);
    }
    buf_release(&plain);
    return found;
}

static bool from_marks(struct str s, struct arena *arena, struct grade_value *ret)
{
    size_t start, end;

    for (size_t i = s.n; i-- > 0;) {
        if (s.p[i] != '#' || !str_starts(str_from(s, i), STR("####")))
            continue;
        size_t x = grade_skip(s, i + 4, " \t*_`(");
        if (grade_token_next(s, x, x + 1, &start, &end) && start == x && !grade_is_label(s, end)) {
            *ret = grade_token_value(str_slice(s, start, end), arena);
            return true;
        }
    }
    return false;
}

static bool find_value(struct str answer, struct arena *arena, struct grade_value *ret)
{
    struct buf plain = BUF_INIT;

    if (from_box(answer, arena, ret))
        return true;
    grade_plain(&plain, answer);
    struct str s = buf_str(&plain);
    bool found =
        from_marks(s, arena, ret) || grade_phrase(s, arena, ret) || last_token(s, arena, ret);
    buf_release(&plain);
    return found;
}

static enum answer_status grade(
    struct str answer, struct str gold, struct arena *arena, struct str *ret_value)
{
    struct grade_value value, right;
    struct buf plain = BUF_INIT;

    *ret_value = (struct str){"", 0};
    if (!str_trim(answer).n)
        return STATUS_NO_ANSWER;
    if (!find_value(answer, arena, &value))
        return STATUS_UNPARSED;
    *ret_value = value.text;
    grade_plain(&plain, gold);
    bool readable = last_token(buf_str(&plain), arena, &right);
    buf_release(&plain);
    return readable && grade_value_eq(&value, &right) ? STATUS_CORRECT : STATUS_WRONG;
}

const struct grader grade_strict = {
    .name = "strict",
    .help = "the number the answer commits to, compared as an exact rational",
    .grade = grade,
};
