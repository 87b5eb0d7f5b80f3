/* delta_scan.c - the one-pass reader of usual chunks; see delta_scan.h. */
#include "harness/provider/delta_scan.h"

/* A place in the text. Every take_ function is false at the first thing that is not as expected. */
struct scan {
    const char *p, *end;
    struct delta *d;
};

/* What a member may hold to be passed over; null may stand everywhere. */
enum shape {
    SHAPE_STRING,    /* any string */
    SHAPE_NUMBER,    /* any number */
    SHAPE_ZERO,      /* the number 0 */
    SHAPE_FACT,      /* a string without escapes, kept in facts[to] */
    SHAPE_CONTENT,   /* a string, kept */
    SHAPE_REASONING, /* the same; one of those that are alike may hold text */
    SHAPE_CHOICES,
    SHAPE_DELTA
};

struct member {
    struct str name;
    enum shape shape;
    int to;
};

/* Places of those that must be there. */
enum { CHOICES = 0, DELTA = 0 };

#define MEMBER(text, shape, to)                                                                    \
    {                                                                                              \
        {(text), sizeof(text) - 1}, (shape), (to)                                                  \
    }

static const struct member of_chunk[] = {
    [CHOICES] = MEMBER("choices", SHAPE_CHOICES, 0),
    MEMBER("id", SHAPE_FACT, DELTA_ID),
    MEMBER("object", SHAPE_STRING, 0),
    MEMBER("created", SHAPE_NUMBER, 0),
    MEMBER("model", SHAPE_FACT, DELTA_MODEL),
    MEMBER("system_fingerprint", SHAPE_FACT, DELTA_FINGERPRINT),
    MEMBER("obfuscation", SHAPE_STRING, 0),
    MEMBER("service_tier", SHAPE_FACT, DELTA_TIER),
    MEMBER("provider", SHAPE_FACT, DELTA_PROVIDER),
    MEMBER("request_id", SHAPE_FACT, DELTA_REQUEST),
};

static const struct member of_choice[] = {
    [DELTA] = MEMBER("delta", SHAPE_DELTA, 0),
    MEMBER("index", SHAPE_ZERO, 0),
};

static const struct member of_delta[] = {
    MEMBER("content", SHAPE_CONTENT, 0),
    MEMBER("role", SHAPE_STRING, 0),
    MEMBER("reasoning_content", SHAPE_REASONING, 0),
    MEMBER("reasoning", SHAPE_REASONING, 0),
};

static void skip_blanks(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static bool take_char(struct scan *s, char c)
{
    skip_blanks(s);
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

static bool peek(struct scan *s, char c)
{
    skip_blanks(s);
    return s->p < s->end && *s->p == c;
}

static bool take_null(struct scan *s)
{
    if (s->end - s->p < 4 || memcmp(s->p, "null", 4) != 0)
        return false;
    s->p += 4;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = str_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Value of the four digits behind "\u" at p, -1 if they are not there. */
static int32_t hex_value(const char *p, const char *end)
{
    int32_t v = 0;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        v = v * 16 + digit;
    }
    return v;
}

/* Bytes of the escape at p; 0 for one that is wrong, stands for NUL or is half a pair. */
static size_t escape_len(const char *p, const char *end)
{
    if (end - p < 2)
        return 0;
    if (p[1] != 'u')
        return p[1] && strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
    int32_t v = hex_value(p, end);
    if (v <= 0 || (v >= 0xDC00 && v <= 0xDFFF))
        return 0;
    if (v < 0xD800 || v > 0xDFFF)
        return 6;
    int32_t low = hex_value(p + 6, end);
    return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Some byte of w is zero; exact, whatever the order of bytes. */
static bool has_zero(uint64_t w)
{
    return ((w - EACH_BYTE(1)) & ~w & EACH_BYTE(0x80)) != 0;
}

/* Some byte of w is below a blank. */
static bool has_control(uint64_t w)
{
    return ((w - EACH_BYTE(' ')) & ~w & EACH_BYTE(0x80)) != 0;
}

/* The first quote, backslash or control byte, or the end. Eight bytes at a time. */
static const char *plain_end(const char *p, const char *end)
{
    uint64_t w;

    for (; end - p >= (ptrdiff_t)sizeof w; p += sizeof w) {
        memcpy(&w, p, sizeof w);
        if (has_zero(w ^ EACH_BYTE('"')) || has_zero(w ^ EACH_BYTE('\\')) || has_control(w))
            break;
    }
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= ' ')
        p++;
    return p;
}

static bool take_string(struct scan *s, struct delta_text *ret)
{
    const char *start = s->p + 1, *p = start;

    if (s->p == s->end || *s->p != '"')
        return false;
    ret->escaped = false;
    for (;;) {
        p = plain_end(p, s->end);
        if (p == s->end || (unsigned char)*p < ' ')
            return false;
        if (*p == '"')
            break;
        size_t n = escape_len(p, s->end);
        if (n == 0)
            return false;
        p += n;
        ret->escaped = true;
    }
    ret->raw = (struct str){start, (size_t)(p - start)};
    s->p = p + 1;
    return true;
}

static size_t take_digits(struct scan *s)
{
    const char *start = s->p;

    while (s->p < s->end && str_is_digit(*s->p))
        s->p++;
    return (size_t)(s->p - start);
}

static bool take_number(struct scan *s, struct str *ret)
{
    const char *start = s->p;

    if (s->p < s->end && *s->p == '-')
        s->p++;
    bool zero = s->p < s->end && *s->p == '0';
    size_t n = take_digits(s);
    if (n == 0 || (zero && n > 1))
        return false;
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (take_digits(s) == 0)
            return false;
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) /* no server's count or time */
        return false;
    *ret = (struct str){start, (size_t)(s->p - start)};
    return true;
}

static bool take_object(struct scan *s, const struct member *members, size_t n, unsigned *ret_seen);

/* An array of one choice, which is choice 0 where it says nothing else. */
static bool take_choices(struct scan *s)
{
    unsigned seen = 0;

    return take_char(s, '[') && take_object(s, of_choice, ARRAY_LEN(of_choice), &seen) &&
           (seen & 1u << DELTA) && take_char(s, ']');
}

static bool take_text(struct scan *s, struct delta_text *to)
{
    struct delta_text text;

    if (!take_string(s, &text))
        return false;
    if (text.raw.n == 0)
        return true;
    if (to->raw.n) /* two members for one thing */
        return false;
    *to = text;
    return true;
}

static bool take_shape(struct scan *s, const struct member *m)
{
    struct delta_text text;
    struct str number;
    unsigned seen = 0;

    switch (m->shape) {
    case SHAPE_STRING:
        return take_string(s, &text);
    case SHAPE_NUMBER:
        return take_number(s, &number);
    case SHAPE_ZERO:
        return take_number(s, &number) && str_eqc(number, "0");
    case SHAPE_FACT:
        if (!take_string(s, &text) || text.escaped)
            return false;
        s->d->facts[m->to] = text.raw;
        return true;
    case SHAPE_CONTENT:
        return take_text(s, &s->d->content);
    case SHAPE_REASONING:
        return take_text(s, &s->d->reasoning);
    case SHAPE_CHOICES:
        return take_choices(s);
    case SHAPE_DELTA:
        return take_object(s, of_delta, ARRAY_LEN(of_delta), &seen);
    }
    return false;
}

static const struct member *find_member(const struct member *members, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (members[i].name.n == name.n && memcmp(members[i].name.p, name.p, name.n) == 0)
            return &members[i];
    return NULL;
}

/* Members that are not of the list must be null, and none of the list may come twice. *ret_seen has
 * a bit for each of the list that held a value. */
static bool take_object(struct scan *s, const struct member *members, size_t n, unsigned *ret_seen)
{
    unsigned named = 0;

    if (!take_char(s, '{'))
        return false;
    if (take_char(s, '}'))
        return true;
    do {
        struct delta_text name;
        skip_blanks(s);
        if (!take_string(s, &name) || name.escaped || !take_char(s, ':'))
            return false;
        const struct member *m = find_member(members, n, name.raw);
        unsigned bit = m ? 1u << (m - members) : 0;
        if (named & bit)
            return false;
        named |= bit;
        if (peek(s, 'n')) {
            if (!take_null(s))
                return false;
            continue;
        }
        if (!m || !take_shape(s, m))
            return false;
        *ret_seen |= bit;
    } while (take_char(s, ','));
    return take_char(s, '}');
}

/* All of it is ASCII. Eight bytes at a time. */
static bool is_ascii(struct str s)
{
    uint64_t high = 0, word;
    size_t i = 0;

    for (; i + sizeof word <= s.n; i += sizeof word) {
        memcpy(&word, s.p + i, sizeof word);
        high |= word;
    }
    for (; i < s.n; i++)
        high |= (unsigned char)s.p[i];
    return (high & EACH_BYTE(0x80)) == 0;
}

bool delta_scan(struct str data, struct delta *ret)
{
    struct scan s = {data.p, data.p + data.n, ret};
    unsigned seen = 0;

    *ret = (struct delta){.content = {.escaped = false}};
    if (data.n == 0 || !take_object(&s, of_chunk, ARRAY_LEN(of_chunk), &seen))
        return false;
    skip_blanks(&s);
    if (s.p != s.end || !(seen & 1u << CHOICES))
        return false;
    return is_ascii(data) || str_utf8_ok(data);
}

static void add_escape(struct buf *out, const char *p, const char *end)
{
    static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    int32_t v = hex_value(p, end);

    if (v >= 0xD800 && v <= 0xDBFF)
        v = 0x10000 + (v - 0xD800) * 0x400 + (hex_value(p + 6, end) - 0xDC00);
    if (v >= 0) {
        buf_utf8(out, (uint32_t)v);
        return;
    }
    const char *name = strchr(names, p[1]);
    buf_putc(out, name ? bytes[name - names] : p[1]);
}

void delta_text_add(struct buf *out, struct delta_text text)
{
    if (!text.escaped) { /* also a text that is not there */
        buf_str_add(out, text.raw);
        return;
    }
    const char *p = text.raw.p, *end = p + text.raw.n;
    while (p < end) {
        const char *run = p;
        while (p < end && *p != '\\')
            p++;
        buf_add(out, run, (size_t)(p - run));
        if (p == end)
            break;
        size_t n = escape_len(p, end);
        if (n == 0)
            BUG("text that delta_scan did not take");
        add_escape(out, p, end);
        p += n;
    }
}
