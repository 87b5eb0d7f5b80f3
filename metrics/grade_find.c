/* grade_find.c - boxes, and the number behind "answer is"; see grade_find.h. */
#include "metrics/grade_find.h"

#include <string.h>

enum { MOST_BOXES = 64, LONGEST_BOX = 4096, LONGEST_LEAD = 120 };

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

struct grade_boxes grade_boxes(struct str text)
{
    return (struct grade_boxes){text, text.n, 0};
}

bool grade_boxes_next(struct grade_boxes *b, struct str *ret)
{
    struct str mark = STR("\\boxed"), s = b->text;

    while (b->at > 0 && b->seen < MOST_BOXES) {
        size_t i = --b->at;
        if (s.p[i] != '\\' || !str_starts(str_from(s, i), mark))
            continue;
        b->seen++;
        size_t open = grade_skip(s, i + mark.n, " ");
        if (open < s.n && s.p[open] == '{' && boxed_content(s, open, ret))
            return true;
    }
    return false;
}

size_t grade_skip(struct str s, size_t i, const char *set)
{
    while (i < s.n && s.p[i] && strchr(set, s.p[i]))
        i++;
    return i;
}

bool grade_is_label(struct str s, size_t end)
{
    end = grade_skip(s, end, "*_");
    if (end >= s.n || !strchr(".):", s.p[end]) || !s.p[end])
        return false;
    end = grade_skip(s, end + 1, "*_");
    size_t text = grade_skip(s, end, " \t");
    return text > end && text < s.n && s.p[text] != '\n' && s.p[text] != '\r';
}

/* Byte behind "answer" + "is", ":" or "=" if that phrase begins at s[i]; 0 if not. */
static size_t phrase_end(struct str s, size_t i)
{
    struct str word = STR("answer");

    if (!str_eq_nocase(str_slice(s, i, i + word.n), word) || (i && str_is_alpha(s.p[i - 1])))
        return 0;
    size_t k = i + word.n, k2 = grade_skip(s, k, " \t*_`");
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
            return !(new_line && grade_is_label(s, *ret_end));
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

bool grade_phrase(struct str s, struct arena *arena, struct grade_value *ret)
{
    size_t start, end, behind;

    for (size_t i = s.n; i-- > 0;) {
        if ((s.p[i] != 'a' && s.p[i] != 'A') || !(behind = phrase_end(s, i)))
            continue;
        if (!lead_to_token(s, behind, &start, &end))
            continue;
        for (size_t a, b; (behind = calculation_end(s, end)) > 0; start = a, end = b) {
            behind = grade_skip(s, behind, " *");
            if (!grade_token_next(s, behind, behind + 1, &a, &b) || a != behind)
                break;
        }
        *ret = grade_token_value(str_slice(s, start, end), arena);
        return true;
    }
    return false;
}
