/* sentence.c - the scanner for sentence ends; see sentence.h. */
#include "splitters/sentence.h"

bool sentence_is_stop(char c)
{
    return c == '.' || c == '?' || c == '!';
}

/* Length of a closing quote or bracket at s[i], or 0. */
static size_t closer_at(struct str s, size_t i)
{
    static const char *const closers[] = {"\"", "'", ")", "]", "\xE2\x80\x9D", "\xE2\x80\x99"};

    for (size_t k = 0; k < ARRAY_LEN(closers); k++)
        if (str_starts(str_from(s, i), str_c(closers[k])))
            return str_c(closers[k]).n;
    return 0;
}

bool sentence_is_lower(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 'a' && cp <= 'z';
    if (cp >= 0xDF && cp <= 0xFF)
        return cp != 0xF7; /* the division sign */
    return (cp >= 0x3AC && cp <= 0x3CE) || (cp >= 0x430 && cp <= 0x45F);
}

/* The word that ends right before `end`: letters and inner points ("e.g"). */
static struct str word_before(struct str s, size_t end)
{
    size_t start = end;

    while (start && (str_is_alpha(s.p[start - 1]) || s.p[start - 1] == '.'))
        start--;
    return str_slice(s, start, end);
}

static bool in_list(struct str word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(word, str_c(list[i])))
            return true;
    return false;
}

bool sentence_abbreviates(struct str s, size_t at, char next)
{
    static const char *const always[] = {
        "mr", "mrs", "ms", "dr", "prof", "st", "mt", "vs", "e.g", "i.e", "approx"};
    static const char *const before_digit[] = {"no", "fig"};
    struct str word = word_before(s, at);

    if (in_list(word, always, ARRAY_LEN(always)))
        return true;
    if (str_is_digit(next) && in_list(word, before_digit, ARRAY_LEN(before_digit)))
        return true;
    return word.n == 1 && word.p[0] >= 'A' && word.p[0] <= 'Z' &&
           (at < 2 || !str_is_digit(s.p[at - 2]));
}

size_t sentence_stops_end(struct str s, size_t at, bool *ret_single_point)
{
    size_t i = at;

    while (i < s.n && sentence_is_stop(s.p[i]))
        i++;
    *ret_single_point = i == at + 1 && s.p[at] == '.';
    for (size_t n; (n = i < s.n ? closer_at(s, i) : 0) > 0;)
        i += n;
    return i;
}

size_t sentence_end(struct str text, size_t start)
{
    for (size_t i = start; i < text.n; i++) {
        bool single_point;
        if (!sentence_is_stop(text.p[i]))
            continue;
        size_t first = i, end = sentence_stops_end(text, i, &single_point), next = end;
        i = end - 1; /* the loop steps on */
        while (next < text.n && str_is_blank(text.p[next]))
            next++;
        if (next == text.n)
            return end;
        size_t peek = next;
        if (next == end || sentence_is_lower(str_utf8_next(text, &peek)))
            continue;
        if (!single_point || !sentence_abbreviates(text, first, text.p[next]))
            return end;
    }
    return text.n;
}
