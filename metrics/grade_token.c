/* grade_token.c - the grammar of number tokens and their exact values; see grade_token.h. */
#include "metrics/grade_token.h"

enum { LONGEST_EXPONENT = 4, LARGEST_SHIFT = 18 };

/* Parts of a token as slices of it. */
struct token {
    bool negative;
    struct str whole, decimals, below, below_decimals; /* `whole` with its group marks */
    bool shift_negative;
    struct str shift;
    size_t end;
};

static bool is_digit_at(struct str s, size_t i)
{
    return i < s.n && str_is_digit(s.p[i]);
}

static bool is_alnum(char c)
{
    return str_is_alpha(c) || str_is_digit(c);
}

static size_t digits_end(struct str s, size_t i)
{
    while (is_digit_at(s, i))
        i++;
    return i;
}

size_t grade_any_at(struct str s, size_t i, const char *const *texts, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (str_starts(str_from(s, i), str_c(texts[k])))
            return str_c(texts[k]).n;
    return 0;
}

/* A minus at s[i] that may be a sign: nothing stands before it that it could join. */
static size_t sign_at(struct str s, size_t i)
{
    static const char *const signs[] = {"-", "\xE2\x88\x92"};
    char before = i ? s.p[i - 1] : ' ';

    if (is_alnum(before) || before == ')' || before == ']' || before == '%' || before == '-' ||
        before == '.')
        return 0;
    return grade_any_at(s, i, signs, ARRAY_LEN(signs));
}

static size_t currency_at(struct str s, size_t i)
{
    static const char *const low[] = {"$", "\xC2\xA3", "\xC2\xA5"};

    /* U+20A0..U+20CF */
    if (s.n - i >= 3 && s.p[i] == '\xE2' &&
        ((s.p[i + 1] == '\x82' && (unsigned char)s.p[i + 2] >= 0xA0) ||
            (s.p[i + 1] == '\x83' && (unsigned char)s.p[i + 2] <= 0x8F)))
        return 3;
    return grade_any_at(s, i, low, ARRAY_LEN(low));
}

/* Does a group of three digits begin at s[i], with none behind it? */
static bool is_group(struct str s, size_t i)
{
    return digits_end(s, i) == i + 3;
}

/* End of the digits that begin at i, with their groups behind commas or behind blanks. */
static size_t grouped_end(struct str s, size_t i)
{
    static const char *const comma[] = {","};
    static const char *const blanks[] = {" ", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89"};
    size_t end = digits_end(s, i), n;

    if (end - i > 3)
        return end;
    if (grade_any_at(s, end, comma, 1)) {
        while (is_group(s, end + 1) && s.p[end] == ',') {
            end += 4;
            if (end >= s.n)
                break;
        }
        return end;
    }
    while (end < s.n && s.p[i] != '0' &&
           (n = grade_any_at(s, end, blanks, ARRAY_LEN(blanks))) > 0 && is_group(s, end + n)) {
        size_t behind = end + n + 3;
        if (behind < s.n && (s.p[behind] == ',' || s.p[behind] == '/') &&
            is_digit_at(s, behind + 1))
            break; /* "5 100,000" and "2 100/200" are two numbers */
        end = behind;
    }
    return end;
}

/* ".digits" at i: moves *i behind it and gives the digits. */
static struct str read_decimals(struct str s, size_t *i)
{
    if (*i >= s.n || s.p[*i] != '.' || !is_digit_at(s, *i + 1))
        return (struct str){"", 0};
    size_t start = *i + 1;
    *i = digits_end(s, start);
    return str_slice(s, start, *i);
}

static void read_exponent(struct str s, struct token *t)
{
    size_t i = t->end;

    if (i >= s.n || str_lower(s.p[i]) != 'e')
        return;
    i++;
    bool negative = i < s.n && s.p[i] == '-';
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        i++;
    size_t end = digits_end(s, i);
    if (end == i || (end < s.n && str_is_alpha(s.p[end])))
        return;
    t->shift_negative = negative;
    t->shift = str_slice(s, i, end);
    t->end = end;
}

static bool all_zero(struct str digits)
{
    for (size_t i = 0; i < digits.n; i++)
        if (digits.p[i] != '0')
            return false;
    return true;
}

static void read_denominator(struct str s, struct token *t)
{
    size_t i = t->end;

    if (i >= s.n || s.p[i] != '/' || !is_digit_at(s, i + 1))
        return;
    size_t end = digits_end(s, i + 1);
    struct str below = str_slice(s, i + 1, end), decimals = read_decimals(s, &end);
    if (all_zero(below) && all_zero(decimals))
        return;
    t->below = below;
    t->below_decimals = decimals;
    t->end = end;
}

/* Moves over a sign and a currency mark, in this or the other order; is it a minus? */
static bool read_sign(struct str s, size_t *i)
{
    size_t before = sign_at(s, *i);

    *i += before;
    size_t mark = *i < s.n ? currency_at(s, *i) : 0;
    *i += mark;
    if (before || !mark || *i >= s.n)
        return before > 0;
    size_t behind = sign_at(s, *i);
    *i += behind;
    return behind > 0;
}

/* Reads the token that begins at byte i, if one does. */
static bool read_token(struct str s, size_t i, struct token *t)
{
    size_t start = i;

    *t = (struct token){0};
    t->negative = read_sign(s, &i);
    t->end = i;
    if (is_digit_at(s, i))
        t->end = grouped_end(s, i);
    else if (i >= s.n || s.p[i] != '.' || (i == start && i && is_alnum(s.p[i - 1])))
        return false;
    t->whole = str_slice(s, i, t->end);
    t->decimals = read_decimals(s, &t->end);
    if (t->whole.n + t->decimals.n == 0)
        return false;
    read_exponent(s, t);
    read_denominator(s, t);
    if (t->end < s.n && s.p[t->end] == '%')
        t->end++;
    return true;
}

/* An exponent or an index is part of what stands before it. */
static bool is_script(struct str s, size_t start)
{
    char before = start ? s.p[start - 1] : ' ';

    return before == '^' ||
           (before == '_' && start > 1 && (is_alnum(s.p[start - 2]) || s.p[start - 2] == ')'));
}

/* Can a token begin with this byte: digit, point, minus, currency? Most bytes can't. */
static bool may_start(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '$' || c == '\xC2' || c == '\xE2';
}

bool grade_token_next(struct str s, size_t from, size_t limit, size_t *ret_start, size_t *ret_end)
{
    struct token t;

    limit = limit < s.n ? limit : s.n;
    for (size_t i = from; i < limit;) {
        if (!may_start(s.p[i]) || !read_token(s, i, &t)) {
            i++;
        } else if (is_script(s, i)) {
            i = t.end;
        } else {
            *ret_start = i;
            *ret_end = t.end;
            return true;
        }
    }
    return false;
}

/* Digits without group marks, zeros that mean nothing cut off: the canonical decimal text. */
static void print_canonical(struct buf *out, struct str whole, struct str decimals)
{
    size_t start = out->n;

    for (size_t i = 0; i < whole.n; i++)
        if (str_is_digit(whole.p[i]) && (out->n > start || whole.p[i] != '0'))
            buf_putc(out, whole.p[i]);
    if (out->n == start)
        buf_putc(out, '0');
    while (decimals.n && decimals.p[decimals.n - 1] == '0')
        decimals.n--;
    if (decimals.n)
        buf_putc(out, '.');
    buf_str_add(out, decimals);
}

static bool shifted(const struct token *t, struct rat *value)
{
    struct rat by, scale;

    if (!t->shift.n || value->num == 0)
        return true;
    if (t->shift.n > LONGEST_EXPONENT || !rat_parse(t->shift, &by) || by.num > LARGEST_SHIFT ||
        !rat_pow(rat_int(10), by.num, &scale))
        return false;
    return t->shift_negative ? rat_div(*value, scale, value) : rat_mul(*value, scale, value);
}

static bool exact_value(const struct token *t, struct rat *ret)
{
    struct buf text = BUF_INIT;
    struct rat below = rat_int(1);

    print_canonical(&text, t->whole, t->decimals);
    bool ok = rat_parse(buf_str(&text), ret);
    buf_reset(&text);
    if (t->below.n) {
        print_canonical(&text, t->below, t->below_decimals);
        ok = ok && rat_parse(buf_str(&text), &below);
    }
    buf_release(&text);
    if (!ok || !shifted(t, ret) || !rat_div(*ret, below, ret))
        return false;
    *ret = t->negative ? rat_neg(*ret) : *ret;
    return true;
}

struct grade_value grade_token_value(struct str token, struct arena *arena)
{
    struct grade_value v = {.exact = true};
    struct buf text = BUF_INIT;
    struct token t;

    if (!read_token(token, 0, &t))
        BUG("\"%.*s\" is no number token", STR_ARG(token));
    v.exact = exact_value(&t, &v.rat);
    if (v.exact) {
        rat_print(&text, v.rat);
    } else {
        buf_puts(&text, t.negative ? "-" : "");
        print_canonical(&text, t.whole, t.decimals);
        if (t.shift.n)
            buf_printf(&text, "e%s%.*s", t.shift_negative ? "-" : "", STR_ARG(t.shift));
        buf_puts(&text, t.below.n ? "/" : "");
        if (t.below.n)
            print_canonical(&text, t.below, t.below_decimals);
    }
    v.text = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return v;
}

bool grade_value_eq(const struct grade_value *a, const struct grade_value *b)
{
    if (a->exact != b->exact)
        return false;
    return a->exact ? rat_eq(a->rat, b->rat) : str_eq(a->text, b->text);
}
