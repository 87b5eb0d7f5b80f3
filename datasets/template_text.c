/* template_text.c - the problem text: pieces, cuts, matchers and rendering; see template.h. */
#include "datasets/template_internal.h"

#include <stdlib.h>
#include <string.h>

struct cutter {
    struct template *t;
    struct tpiece *pieces;
    size_t n, cap;
    bool starts;   /* the next piece may begin a run of sentences */
    bool sentence; /* and does begin a sentence */
    bool title;    /* the last piece is a placeholder whose example ends with a period */
};

static bool is_closer(char c)
{
    return c == '"' || c == '\'' || c == ')' || c == ']';
}

static bool is_stop(char c)
{
    return c == '.' || c == '?' || c == '!';
}

/* "Mrs." and the like, or one capital letter: the period at `at` ends no sentence. */
static bool is_abbreviation(struct str s, size_t at)
{
    static const char *const titles[] = {"mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e"};
    size_t from = at;

    while (from > 0 && (str_is_alpha(s.p[from - 1]) || s.p[from - 1] == '.'))
        from--;
    struct str word = str_slice(s, from, at);
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        if (str_eq_nocase(word, str_c(titles[i])))
            return true;
    return word.n == 1 && str_lower(word.p[0]) != word.p[0];
}

/* If a sentence ends at s[i], the index behind it (its closing signs included), else 0. */
static size_t sentence_end(struct str s, size_t i)
{
    if (!is_stop(s.p[i]) || (s.p[i] == '.' && is_abbreviation(s, i)))
        return 0;
    do
        i++;
    while (i < s.n && (is_stop(s.p[i]) || is_closer(s.p[i])));
    if (i == s.n || s.p[i] != ' ')
        return 0;
    bool lower = i + 1 < s.n && s.p[i + 1] >= 'a' && s.p[i + 1] <= 'z';
    return lower ? 0 : i;
}

static struct tpiece *add_piece(struct cutter *c)
{
    GROW(c->pieces, c->n + 1, c->cap);
    struct tpiece *p = &c->pieces[c->n++];
    *p = (struct tpiece){.starts = c->starts, .initial = c->sentence};
    c->starts = c->sentence = c->title = false;
    return p;
}

static void add_literal(struct cutter *c, struct str s)
{
    size_t from = 0;

    if (c->title && s.p[0] == ' ') { /* "Mrs." and a blank: the released splitter cuts here */
        c->starts = true;
        from = 1;
    }
    c->title = false;
    for (size_t i = from; i < s.n; i++) {
        size_t end = sentence_end(s, i);
        if (end == 0)
            continue;
        add_piece(c)->literal = str_slice(s, from, end);
        c->starts = c->sentence = true;
        from = end + 1;
        i = end;
    }
    if (from < s.n)
        add_piece(c)->literal = str_from(s, from);
}

static enum err_code add_placeholder(struct cutter *c, struct str inside, struct err *err)
{
    size_t comma = str_find(inside, STR(","), 0);
    struct str name = str_trim(str_slice(inside, 0, comma < inside.n ? comma : inside.n));
    struct str example = comma < inside.n ? str_trim(str_from(inside, comma + 1)) : name;
    size_t var = template_variable_index(c->t, name);

    if (var == SIZE_MAX)
        return err_set(err, ERR_INPUT, "unknown variable '%.*s'", STR_ARG(name));
    struct tpiece *p = add_piece(c);
    p->is_var = true;
    p->var = var;
    c->t->text_mask |= VAR_BIT(var);
    c->title = str_ends(example, STR("."));
    return OK;
}

static enum err_code cut_text(struct cutter *c, struct str text, struct err *err)
{
    size_t at = 0;

    while (at < text.n && c->n <= TEMPLATE_MAX_PIECES) {
        size_t open = str_find(text, STR("{"), at);
        open = open == SIZE_MAX ? text.n : open;
        if (str_find(str_slice(text, at, open), STR("}"), 0) != SIZE_MAX)
            return err_set(err, ERR_INPUT, "'}' without '{'");
        if (open > at)
            add_literal(c, str_slice(text, at, open));
        if (open == text.n)
            break;
        size_t close = str_find(text, STR("}"), open);
        if (close == SIZE_MAX)
            return err_set(err, ERR_INPUT, "'{' without '}'");
        if (add_placeholder(c, str_slice(text, open + 1, close), err))
            return ERR_INPUT;
        at = close + 1;
    }
    if (c->n > TEMPLATE_MAX_PIECES)
        return err_set(err, ERR_LIMIT, "more than %d pieces", (int)TEMPLATE_MAX_PIECES);
    return OK;
}

enum err_code template_parse_text(struct template *t, struct str text, struct err *err)
{
    struct cutter c = {.t = t, .starts = true, .sentence = true};
    struct buf flat = BUF_INIT;

    buf_collapse(&flat, text);
    struct str kept = arena_str(&t->arena, buf_str(&flat));
    buf_release(&flat);
    enum err_code code =
        kept.n ? cut_text(&c, kept, err) : err_set(err, ERR_INPUT, "no problem text before #init:");
    t->pieces = arena_array(&t->arena, struct tpiece, c.n + 1);
    if (c.n)
        memcpy(t->pieces, c.pieces, c.n * sizeof *c.pieces);
    t->npieces = c.n;
    free(c.pieces);
    return code ? err_wrap(err, "%s: problem text", t->name) : OK;
}

/* Building one pattern. */
struct pattern {
    const struct template *t;
    enum template_part part;
    struct buf out;
    struct tgroup *groups;
    size_t n, cap;
    size_t last[TEMPLATE_MAX_VARIABLES]; /* a variable's group so far, 0 = none */
    size_t depth;                        /* brackets to close at the end of a context */
};

/* What may stand instead of the final punctuation of a part. */
static const char loose_end[] = "[.?!]*[\"')\\]]*";

static size_t end_signs(struct str s)
{
    size_t n = s.n;

    while (n > 0 && (is_stop(s.p[n - 1]) || is_closer(s.p[n - 1])))
        n--;
    return s.n - n;
}

/* A later occurrence must agree with the one before. In a query that one may be outside of what
 * was asked; then this one is the first. */
static void emit_var(struct pattern *p, const struct tpiece *piece)
{
    size_t *last = &p->last[piece->var];
    bool first = *last == 0 || p->part == TEMPLATE_QUERY;

    GROW(p->groups, p->n + 1, p->cap);
    p->groups[p->n++] = (struct tgroup){.var = piece->var, .initial = piece->initial};
    buf_putc(&p->out, '(');
    if (*last && first)
        buf_printf(&p->out, "(?(%zu)(?i:\\g{%zu})|", *last, *last);
    else if (*last)
        buf_printf(&p->out, "(?i:\\g{%zu})", *last);
    if (first) {
        buf_puts(&p->out, piece->initial ? "(?i:" : "(?:");
        domain_pattern(&p->t->vars[piece->var].domain, &p->out);
        buf_putc(&p->out, ')');
    }
    buf_puts(&p->out, *last && first ? "))" : ")");
    *last = p->n;
}

/* Where the released splitter cuts "Mrs. Smith", the index of the blank, else 0. */
static size_t title_end(struct str text)
{
    size_t at = str_find(text, STR(". "), 0);

    return at == SIZE_MAX ? 0 : at + 1;
}

static bool has_titles(const struct template *t, const struct tpiece *piece)
{
    const struct domain *d = &t->vars[piece->var].domain;

    if (!piece->is_var || piece->initial)
        return false;
    for (size_t i = 0; d->items && i < d->n; i++)
        if (title_end(d->items[i].text))
            return true;
    return false;
}

/* Appends (?:Mrs\.|Dr\.) or, with `tails`, (?:Smith|Lee). */
static void emit_titles(struct pattern *p, const struct tpiece *piece, bool tails)
{
    const struct domain *d = &p->t->vars[piece->var].domain;
    bool any = false;

    for (size_t i = 0; i < d->n; i++) {
        struct str text = d->items[i].text;
        size_t end = title_end(text);
        if (end == 0)
            continue;
        buf_puts(&p->out, any ? "|" : "(?:");
        regex_quote(&p->out, tails ? str_from(text, end + 1) : str_slice(text, 0, end));
        any = true;
    }
    buf_putc(&p->out, ')');
}

static void emit_placeholder(struct pattern *p, const struct tpiece *piece)
{
    bool titles = has_titles(p->t, piece);

    if (titles && p->part == TEMPLATE_CONTEXT) {
        buf_puts(&p->out, "(?:");
        emit_titles(p, piece, false);
        buf_puts(&p->out, "\\z|");
        p->depth++;
    }
    emit_var(p, piece);
    if (titles && p->part == TEMPLATE_QUERY) {
        buf_putc(&p->out, '|');
        emit_titles(p, piece, true);
        buf_putc(&p->out, ')');
    }
}

/* Emits pieces [from, to) without the final signs of the last one; returns their number. */
static size_t emit(struct pattern *p, size_t from, size_t to)
{
    size_t cut = 0;

    for (size_t i = from; i < to; i++) {
        const struct tpiece *piece = &p->t->pieces[i];
        if (i > from && piece->starts)
            buf_puts(&p->out, p->part == TEMPLATE_QUERY ? " )?" : " ");
        if (piece->is_var) {
            emit_placeholder(p, piece);
            continue;
        }
        struct str s = piece->literal;
        cut = i + 1 == to ? end_signs(s) : 0;
        regex_quote(&p->out, str_slice(s, 0, s.n - cut));
    }
    return cut;
}

static size_t next_start(const struct template *t, size_t i)
{
    do
        i++;
    while (i < t->npieces && !t->pieces[i].starts);
    return i;
}

static void emit_whole(struct pattern *p)
{
    emit(p, 0, p->t->npieces);
    buf_puts(&p->out, loose_end);
}

/* S1(?:end$|. S2(?:end$|. S3 ...)): a leading run of sentences. The last one is let in as a
 * whole only with whole_too, else no further than to a title inside it. */
static void emit_context(struct pattern *p, bool whole_too)
{
    size_t from = 0;

    for (size_t to; from < p->t->npieces; from = to) {
        to = next_start(p->t, from);
        if (from > 0)
            buf_putc(&p->out, ' ');
        size_t cut = emit(p, from, to);
        if (to == p->t->npieces)
            break;
        buf_printf(&p->out, "(?:%s\\z|", loose_end);
        p->depth++;
        const struct str *literal = &p->t->pieces[to - 1].literal;
        regex_quote(&p->out, str_from(*literal, literal->n - cut));
    }
    buf_puts(&p->out, whole_too ? loose_end : "(?!)");
    for (; p->depth > 0; p->depth--)
        buf_putc(&p->out, ')');
}

/* (?:(?:S1. )?S2. )?S3: a closing run of sentences, or one that begins behind a title. Without
 * whole_too S1 is never let in from its beginning. */
static void emit_query(struct pattern *p, bool whole_too)
{
    for (size_t i = 0; i < p->t->npieces; i++) {
        const struct tpiece *piece = &p->t->pieces[i];
        buf_puts(&p->out, i > 0 && piece->starts ? "(?:" : "");
        buf_puts(&p->out, has_titles(p->t, piece) ? "(?:" : "");
    }
    buf_puts(&p->out, whole_too ? "" : "(?!)");
    emit_whole(p);
}

static enum err_code compile(struct template *t, const struct pattern *p, struct err *err)
{
    struct tmatcher *m = &t->matchers[p->part];

    if (regex_new(buf_str(&p->out), REGEX_WHOLE, &m->re, err))
        return err_wrap(err, "%s: problem text", t->name);
    m->groups = arena_array(&t->arena, struct tgroup, p->n + 1);
    if (p->n)
        memcpy(m->groups, p->groups, p->n * sizeof *p->groups);
    m->ngroups = p->n;
    if (p->part != TEMPLATE_QUERY && !t->pieces[0].is_var) {
        m->lead = t->pieces[0].literal;
        m->lead.n -= end_signs(m->lead);
    }
    for (size_t i = 0; p->part == TEMPLATE_WHOLE && i < t->npieces; i++) {
        struct str s = t->pieces[i].literal;
        s.n -= t->pieces[i].is_var ? 0 : end_signs(s);
        if (!t->pieces[i].is_var && s.n > m->contain.n)
            m->contain = s;
    }
    return OK;
}

enum err_code template_build_matchers(struct template *t, struct err *err)
{
    enum err_code code = OK;
    bool one = next_start(t, 0) == t->npieces, context_only = t->gold == NULL;

    for (int part = 0; !code && part < 3; part++) {
        struct pattern p = {.t = t, .part = (enum template_part)part, .out = BUF_INIT};
        if (part == TEMPLATE_WHOLE)
            emit_whole(&p);
        else if (part == TEMPLATE_CONTEXT)
            emit_context(&p, context_only);
        else
            emit_query(&p, one || context_only);
        code = compile(t, &p, err);
        free(p.groups);
        buf_release(&p.out);
    }
    return code;
}

enum err_code template_render_question(
    const struct template *t, const struct tbinding *b, struct buf *out, struct err *err)
{
    for (size_t i = 0; i < t->npieces; i++) {
        const struct tpiece *piece = &t->pieces[i];
        if (piece->is_var && !b->known[piece->var])
            return err_set(err, ERR_NOT_FOUND, "%s: variable '%.*s' has no value", t->name,
                STR_ARG(t->names[piece->var]));
    }
    for (size_t i = 0; i < t->npieces; i++) {
        const struct tpiece *piece = &t->pieces[i];
        if (i > 0 && piece->starts)
            buf_putc(out, ' ');
        struct str s = piece->is_var ? b->v[piece->var].text : piece->literal;
        if (piece->is_var && piece->initial && s.n && s.p[0] >= 'a' && s.p[0] <= 'z') {
            buf_putc(out, (char)(s.p[0] - 'a' + 'A'));
            s = str_from(s, 1);
        }
        buf_str_add(out, s);
    }
    return OK;
}
