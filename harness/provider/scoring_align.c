/* scoring_align.c - walking along a text token by token; see scoring_align.h. */
#include "harness/provider/scoring_align.h"

#define BAD_CHAR STR("\xEF\xBF\xBD")

struct walk {
    const struct completion_token *tokens;
    size_t n, i;
    struct str text;
    size_t at, boundary;
    bool found; /* the first token of the query */
    struct scoring_align *ret;
};

static int hex(char c)
{
    if (str_is_digit(c))
        return c - '0';
    c = str_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "bytes:\xf0\x9f" into its bytes; false if it is no such piece. */
static bool spelled_bytes(struct str piece, struct buf *out)
{
    struct str rest = str_from(piece, 6);

    if (!str_starts(piece, STR("bytes:")) || rest.n == 0 || rest.n % 4)
        return false;
    for (size_t i = 0; i < rest.n; i += 4) {
        int high = hex(rest.p[i + 2]), low = hex(rest.p[i + 3]);
        if (rest.p[i] != '\\' || rest.p[i + 1] != 'x' || high < 0 || low < 0)
            return false;
        buf_putc(out, (char)(high * 16 + low));
    }
    return true;
}

/* Bytes of the text that the piece covers, SIZE_MAX if it does not stand there. A tokenizer may put
 * a blank in front of the whole text. */
static size_t covers(const struct walk *w, struct str piece)
{
    struct str rest = str_from(w->text, w->at);
    struct buf bytes = BUF_INIT;
    size_t n = SIZE_MAX;

    if (str_starts(rest, piece))
        n = piece.n;
    else if (w->at == 0 && piece.n > 1 && piece.p[0] == ' ' && str_starts(rest, str_from(piece, 1)))
        n = piece.n - 1;
    else if (spelled_bytes(piece, &bytes) && str_starts(rest, buf_str(&bytes)))
        n = bytes.n;
    buf_release(&bytes);
    return n;
}

/* Tokens i..end-1 cover the next n bytes, nobody knows how. */
static void pass(struct walk *w, size_t end, size_t n)
{
    size_t after = w->at + n;

    if (!w->found && n > 0 && after > w->boundary) {
        w->found = true;
        w->ret->first = w->i;
        w->ret->merged = w->at < w->boundary;
        w->ret->chars =
            w->ret->merged ? (int64_t)str_utf8_count(str_slice(w->text, w->at, w->boundary)) : 0;
    }
    w->at = after;
    w->i = end;
}

static bool is_broken(struct str piece)
{
    return str_find(piece, BAD_CHAR, 0) != SIZE_MAX;
}

/* Parts of characters, as far as the next whole piece that the text has. */
static bool pass_broken(struct walk *w)
{
    size_t end = w->i, next = w->text.n;

    size_t whole = str_find(w->tokens[end].piece, BAD_CHAR, 0); /* bytes in front of the part */
    while (end < w->n && is_broken(w->tokens[end].piece))
        end++;
    if (end < w->n && w->tokens[end].piece.n)
        next = str_find(w->text, w->tokens[end].piece, w->at + whole + 1);
    if (next == SIZE_MAX || next == w->at)
        next = w->text.n; /* what follows was generated */
    if (next <= w->at)
        return false;
    pass(w, end, next - w->at);
    return true;
}

/* A special token in front of the text takes nothing of it. */
static bool pass_special(struct walk *w)
{
    const struct completion_token *t = &w->tokens[w->i];

    if (w->at != 0 || w->found)
        return false;
    if (w->i > 0 && str_eq(t->piece, w->tokens[w->i - 1].piece))
        w->ret->double_special = true;
    pass(w, w->i + 1, 0);
    return true;
}

bool scoring_align(const struct completion_token *tokens, size_t n, struct str text,
    size_t boundary, struct scoring_align *ret, size_t *ret_bad)
{
    struct walk w = {.tokens = tokens, .n = n, .text = text, .boundary = boundary, .ret = ret};

    *ret = (struct scoring_align){.first = n};
    while (w.i < n && w.at < text.n) {
        struct str piece = tokens[w.i].piece;
        size_t bytes = covers(&w, piece);
        if (bytes != SIZE_MAX)
            pass(&w, w.i + 1, bytes);
        else if (is_broken(piece) ? !pass_broken(&w) : !pass_special(&w))
            break;
    }
    ret->end = w.i;
    *ret_bad = w.i;
    return w.at == text.n && w.found;
}
