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

#include "metrics/grade_token.h"

#include <string.h>

enum { MOST_BOXES = 64, LONGEST_BOX = 4096, LONGEST_LEAD = 120 };

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

/* Content of the braces that open at s[i]; false if they do not close. */
static bool boxed_content(struct str s, size_t i, struct str *ret)
{
    size_t depth = 0, start = i + 1;

    for (; i < s.n && i - start + 1 < LONGEST_BOX; i++) {
        if (s.p[i] == '\\') {
            i++;
        } else if (s.p[i] == '{') {
            depth++;
        } else if (s.p[i] == '}' && --depth == 0) {
            *ret = str_slice(s, start, i);
            return true;
        }
    }
    return false;
}

static bool from_box(struct str raw, struct arena *arena, struct grade_value *ret)
{
    struct str mark = STR("\\boxed"), content;
    struct buf plain = BUF_INIT;
    bool found = false;
    int boxes = 0;

    for (size_t i = raw.n; i-- > 0 && !found && boxes < MOST_BOXES;) {
        if (raw.p[i] != '\\' || !str_starts(str_from(raw, i), mark))
            continue;
        boxes++;
        size_t open = i + mark.n;
        while (open < raw.n && raw.p[open] == ' ')
            open++;
        if (open >= raw.n || raw.p[open] != '{' || !boxed_content(raw, open, &content))
            continue;
        buf_reset(&plain);
        grade_plain(&plain, content);
        found = last_token(buf_str(&plain), arena, ret);
    }
    buf_release(&plain);
    return found;
}

static size_t skip_set(struct str s, size_t i, const char *set)
{
    while (i < s.n && s.p[i] && strchr(set, s.p[i]))
        i++;
    return i;
}

/* Is a number that ends at `end` the label of a heading or list entry: "2. Then", "2) Then"? */
static bool is_label(struct str s, size_t end)
{
    end = skip_set(s, end, "*_");
    if (end >= s.n || !strchr(".):", s.p[end]) || !s.p[end])
        return false;
    end = skip_set(s, end + 1, "*_");
    size_t text = skip_set(s, end, " \t");
    return text > end && text < s.n && s.p[text] != '\n' && s.p[text] != '\r';
}

static bool from_marks(struct str s, struct arena *arena, struct grade_value *ret)
{
    size_t start, end;

    for (size_t i = s.n; i-- > 0;) {
        if (s.p[i] != '#' || !str_starts(str_from(s, i), STR("####")))
            continue;
        size_t x = skip_set(s, i + 4, " \t*_`(");
        if (grade_token_next(s, x, x + 1, &start, &end) && start == x && !is_label(s, end)) {
            *ret = grade_token_value(str_slice(s, start, end), arena);
            return true;
        }
    }
    return false;
}

/* Byte behind "answer" + "is", ":" or "=" if that phrase begins at s[i]; 0 if not. */
static size_t phrase_end(struct str s, size_t i)
{
    struct str word = STR("answer");

    if (!str_eq_nocase(str_slice(s, i, i + word.n), word) || (i && str_is_alpha(s.p[i - 1])))
        return 0;
    size_t k = i + word.n, k2 = skip_set(s, k, " \t*_`");
    if (k2 < s.n && (s.p[k2] == ':' || s.p[k2] == '='))
        return k2 + 1;
    if (k2 > k && str_eq_nocase(str_slice(s, k2, k2 + 2), STR("is")) &&
        !(k2 + 2 < s.n && str_is_alpha(s.p[k2 + 2])))
        return k2 + 2;
    return 0;
}

static bool is_filler(struct str word)
{
    static const char *const fillers[] = {"a", "about", "approx", "approximately", "equal",
        "exactly", "is", "just", "now", "of", "only", "roughly", "rs", "simply", "then",
        "therefore", "thus", "to", "total", "usd", "x"};

    for (size_t i = 0; i < ARRAY_LEN(fillers); i++)
        if (str_eq_nocase(word, str_c(fillers[i])))
            return true;
    return false;
}

/* The token that follows from byte i on with nothing but filling in between. */
static bool lead_to_token(struct str s, size_t i, size_t *ret_start, size_t *ret_end)
{
    size_t stop = i + LONGEST_LEAD;
    bool new_line = false;

    while (i < s.n && i < stop) {
        if (grade_token_next(s, i, i + 1, ret_start, ret_end) && *ret_start == i)
            return !(new_line && is_label(s, *ret_end));
        if (str_is_digit(s.p[i]))
            return false; /* an exponent or index: not what we look for */
        new_line = new_line || s.p[i] == '\n';
        size_t word = i;
        while (i < s.n && str_is_alpha(s.p[i]))
            i++;
        if (i == word)
            i++;
        else if (!is_filler(str_slice(s, word, i)))
            return false;
    }
    return false;
}

/* Byte behind the next '=' of a calculation that goes on at i in the same line, or 0. */
static size_t calculation_end(struct str s, size_t i)
{
    static const char *const signs[] = {"\xC3\x97", "\xC3\xB7", "\xC2\xB7", "\xE2\x88\x92"};
    char before = ' ';

    for (size_t stop = i + LONGEST_LEAD; i < s.n && i < stop;) {
        size_t n = str_is_digit(s.p[i]) || (s.p[i] && strchr(" +-*/().,$%=^", s.p[i]));
        for (size_t k = 0; !n && k < ARRAY_LEN(signs); k++)
            n = str_starts(str_from(s, i), str_c(signs[k])) ? str_c(signs[k]).n : 0;
        if (!n)
            return 0;
        if (s.p[i] == '=')
            return before == '(' ? 0 : i + 1;
        before = s.p[i] == ' ' ? before : s.p[i];
        i += n;
    }
    return 0;
}

static bool from_phrase(struct str s, struct arena *arena, struct grade_value *ret)
{
    size_t start, end, behind;

    for (size_t i = s.n; i-- > 0;) {
        if ((s.p[i] != 'a' && s.p[i] != 'A') || !(behind = phrase_end(s, i)))
            continue;
        if (!lead_to_token(s, behind, &start, &end))
            continue;
        for (size_t a, b; (behind = calculation_end(s, end)) > 0; start = a, end = b) {
            behind = skip_set(s, behind, " *");
            if (!grade_token_next(s, behind, behind + 1, &a, &b) || a != behind)
                break;
        }
        *ret = grade_token_value(str_slice(s, start, end), arena);
        return true;
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
        from_marks(s, arena, ret) || from_phrase(s, arena, ret) || last_token(s, arena, ret);
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
