/* multi_query_line.c - labels, numbering and marks of one line of a reply; see multi_query_line.h.
 */
#include "datasets/multi_query_line.h"

enum { MOST_DIGITS = 3 }; /* of a list number; "2024." begins a sentence */

static size_t count_of(struct str s, size_t from, char c)
{
    size_t n = 0;

    while (from + n < s.n && s.p[from + n] == c)
        n++;
    return n;
}

/* Bold or italic marks, quotes of code: at both ends only, so that "3 * 4" keeps its sign. */
static struct str without_emphasis(struct str s)
{
    s = str_trim(s);
    while (s.n && (s.p[0] == '`' ||
                      ((s.p[0] == '*' || s.p[0] == '_') && s.n > 1 && !str_is_blank(s.p[1]))))
        s = str_from(s, 1);
    while (s.n && (s.p[s.n - 1] == '`' || s.p[s.n - 1] == '*' || s.p[s.n - 1] == '_'))
        s.n--;
    return str_trim(s);
}

static bool is_rule_or_fence(struct str s)
{
    if (str_starts(s, STR("```")) || str_starts(s, STR("~~~")))
        return true;
    if (s.n < 3 || (s.p[0] != '-' && s.p[0] != '*' && s.p[0] != '_' && s.p[0] != '='))
        return false;
    return count_of(s, 0, s.p[0]) == s.n;
}

/* Takes off "3." or "3)" or "(3)" with a blank (or nothing) behind it. */
static bool take_number(struct str *s)
{
    size_t open = s->n && s->p[0] == '(', i = open;

    while (i < s->n && str_is_digit(s->p[i]))
        i++;
    if (i == open || i > open + MOST_DIGITS || i == s->n)
        return false;
    char close = s->p[i];
    if (close != ')' && (open || (close != '.' && close != ':')))
        return false;
    struct str rest = str_from(*s, i + 1);
    rest = str_from(rest, count_of(rest, 0, '*'));
    if (rest.n && !str_is_blank(rest.p[0]))
        return false;
    *s = str_trim(rest);
    return true;
}

/* Takes off quote signs, bullets, headings, emphasis and numbering, in any order. */
static struct str without_lead(struct str s, bool *ret_numbered)
{
    static const char *const bullets[] = {"- ", "* ", "+ ", "> ", "\xE2\x80\xA2 "};
    size_t before;

    do {
        before = s.n;
        s = str_trim(s);
        for (size_t i = 0; i < ARRAY_LEN(bullets); i++)
            if (str_starts(s, str_c(bullets[i])))
                s = str_trim(str_from(s, str_c(bullets[i]).n));
        size_t marks = count_of(s, 0, '#');
        if (marks > 0 && (marks == s.n || str_is_blank(s.p[marks])))
            s = str_from(s, marks);
        if (!*ret_numbered)
            *ret_numbered = take_number(&s);
        s = without_emphasis(s);
    } while (s.n < before);
    return s;
}

/* Length of " 12" or " #12" at the start of s; 0 if there is no number. */
static size_t list_number(struct str s)
{
    size_t i = count_of(s, 0, ' '), start;

    i += i < s.n && s.p[i] == '#';
    start = i;
    while (i < s.n && str_is_digit(s.p[i]))
        i++;
    return i > start ? i : 0;
}

/* The label `word` at the start of s: a number may follow, then a sign (':', or with a number also
 * '.', ')' and '-') or the end of the line, which is not enough for a label of one letter. */
static bool take_word(struct str s, struct str word, struct str *ret_rest)
{
    struct str rest = str_from(s, word.n);
    size_t number = list_number(rest), i = number;

    if (s.n < word.n || !str_eq_nocase(str_slice(s, 0, word.n), word))
        return false;
    i += count_of(rest, i, '*');
    i += count_of(rest, i, ' ');
    if (i == rest.n) {
        *ret_rest = STR("");
        return word.n > 1;
    }
    char sign = rest.p[i];
    if (sign != ':' && (!number || (sign != '.' && sign != ')' && sign != '-')))
        return false;
    *ret_rest = without_emphasis(str_from(rest, i + 1 + count_of(rest, i + 1, '*')));
    return true;
}

static bool take_label(struct str s, const char *const *words, size_t n, struct str *ret_rest)
{
    for (size_t i = 0; i < n; i++)
        if (take_word(s, str_c(words[i]), ret_rest))
            return true;
    return false;
}

static bool read_label(struct str s, struct multi_query_line *l)
{
    static const char *const question[] = {"question", "new question", "query", "problem", "q"};
    static const char *const solution[] = {"solution", "worked solution", "answer", "working",
        "explanation", "reasoning", "calculation", "final answer", "a"};

    if (take_label(s, question, ARRAY_LEN(question), &l->text)) {
        l->kind = LINE_QUESTION;
        return true;
    }
    if (take_label(s, solution, ARRAY_LEN(solution), &l->text)) {
        l->kind = LINE_SOLUTION;
        return true;
    }
    return false;
}

/* Where the last run of four or more '#' begins and ends; false if there is none. */
static bool find_marks(struct str s, size_t *ret_start, size_t *ret_end)
{
    bool found = false;

    for (size_t i = 0; i < s.n;) {
        size_t n = count_of(s, i, '#');
        if (n >= 4) {
            *ret_start = i;
            *ret_end = i + n;
            found = true;
        }
        i += n ? n : 1;
    }
    return found;
}

/* A line with "####": a value, or a heading in front of a question. */
static bool read_value(struct str s, struct multi_query_line *l)
{
    size_t start, end;
    bool numbered = false;

    if (!find_marks(s, &start, &end))
        return false;
    l->before = str_trim(str_slice(s, 0, start));
    struct str behind = without_emphasis(str_from(s, end)), heading = behind;
    if (!without_lead(l->before, &numbered).n) {
        if (read_label(heading, l))
            return true;
        if (take_number(&heading) && heading.n) { /* "#### 3. How many ..." */
            l->kind = LINE_QUESTION;
            l->text = without_emphasis(heading);
            return true;
        }
    }
    l->kind = LINE_VALUE;
    l->text = behind;
    return true;
}

struct multi_query_line multi_query_line_read(struct str line)
{
    struct multi_query_line l = {.raw = str_trim(line)};

    if (!l.raw.n || is_rule_or_fence(l.raw) || read_value(l.raw, &l))
        return l;
    struct str s = without_lead(l.raw, &l.numbered);
    if (!s.n || read_label(s, &l))
        return l;
    l.kind = LINE_TEXT;
    l.text = s;
    return l;
}
