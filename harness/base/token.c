/* token.c - counting and cutting by the project's token rule; see token.h. */
#include "harness/base/token.h"

enum { LETTERS_PER_TOKEN = 4 };

/* Moves *i over one token, which must start there (s.p[*i] is not blank). */
static void skip_token(struct str s, size_t *i)
{
    if (!str_is_alpha(s.p[*i])) {
        (void)str_utf8_next(s, i); /* one digit, sign or other code point */
        return;
    }
    for (int k = 0; k < LETTERS_PER_TOKEN && *i < s.n && str_is_alpha(s.p[*i]); k++)
        (*i)++;
}

static size_t skip_blanks(struct str s, size_t i)
{
    while (i < s.n && str_is_blank(s.p[i]))
        i++;
    return i;
}

size_t token_prefix(struct str s, size_t max)
{
    size_t end = 0;

    for (size_t i = skip_blanks(s, 0); i < s.n; i = skip_blanks(s, i)) {
        if (max-- == 0)
            return end;
        skip_token(s, &i);
        end = i;
    }
    return s.n;
}

size_t token_count(struct str s)
{
    size_t count = 0;

    for (size_t i = skip_blanks(s, 0); i < s.n; i = skip_blanks(s, i), count++)
        skip_token(s, &i);
    return count;
}
