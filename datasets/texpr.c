/* texpr.c - reading expressions: tokens, precedence climbing, binding; see texpr.h. */
#include "datasets/texpr.h"

#include <string.h>

enum level { LEVEL_OR = 1, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_SUM, LEVEL_PRODUCT };

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_NAME, TOKEN_SIGN, TOKEN_BAD };

struct parser {
    struct str text;
    size_t at; /* behind the current token */
    enum token_kind kind;
    struct str token; /* a string's token is its content */
    struct arena *arena;
    size_t depth, nodes;
    struct err *err;
    bool failed;
};

static struct texpr *parse_expression(struct parser *p);

static const struct binary {
    const char *sign;
    int level;
    enum texpr_op op;
} binaries[] = {
    {"or", LEVEL_OR, TEXPR_NO_OP},
    {"and", LEVEL_AND, TEXPR_NO_OP},
    {"==", LEVEL_COMPARE, TEXPR_EQ},
    {"!=", LEVEL_COMPARE, TEXPR_NE},
    {"<", LEVEL_COMPARE, TEXPR_LT},
    {"<=", LEVEL_COMPARE, TEXPR_LE},
    {">", LEVEL_COMPARE, TEXPR_GT},
    {">=", LEVEL_COMPARE, TEXPR_GE},
    {"+", LEVEL_SUM, TEXPR_ADD},
    {"-", LEVEL_SUM, TEXPR_SUB},
    {"*", LEVEL_PRODUCT, TEXPR_MUL},
    {"/", LEVEL_PRODUCT, TEXPR_DIV},
    {"//", LEVEL_PRODUCT, TEXPR_FLOOR_DIV},
    {"%", LEVEL_PRODUCT, TEXPR_MOD},
};

static bool name_start(char c)
{
    return str_is_alpha(c) || c == '_' || c == '$';
}

static size_t sign_length(struct str rest)
{
    static const char *const doubles[] = {"==", "!=", "<=", ">=", "**", "//"};

    for (size_t i = 0; i < ARRAY_LEN(doubles); i++)
        if (str_starts(rest, str_c(doubles[i])))
            return 2;
    return memchr("+-*/%<>()[],:", rest.p[0], 13) ? 1 : 0;
}

static size_t number_length(struct str rest)
{
    size_t i = 0;

    while (i < rest.n && (str_is_digit(rest.p[i]) || rest.p[i] == '.'))
        i++;
    return i;
}

static size_t name_length(struct str rest)
{
    size_t i = 1;

    while (i < rest.n && (name_start(rest.p[i]) || str_is_digit(rest.p[i]) || rest.p[i] == '.'))
        i++;
    return i;
}

/* Kind and length of the token that rest (not empty) begins with; a string's quotes count. */
static enum token_kind token_at(struct str rest, size_t *ret_length)
{
    char c = rest.p[0];

    if (c == '"' || c == '\'') {
        size_t end = str_find(rest, str_slice(rest, 0, 1), 1);
        *ret_length = end == SIZE_MAX ? 1 : end + 1;
        return end == SIZE_MAX ? TOKEN_BAD : TOKEN_TEXT;
    }
    if (str_is_digit(c) || (c == '.' && rest.n > 1 && str_is_digit(rest.p[1]))) {
        *ret_length = number_length(rest);
        return TOKEN_NUMBER;
    }
    if (name_start(c)) {
        *ret_length = name_length(rest);
        return TOKEN_NAME;
    }
    *ret_length = sign_length(rest);
    if (*ret_length)
        return TOKEN_SIGN;
    *ret_length = 1;
    return TOKEN_BAD;
}

static void advance(struct parser *p)
{
    size_t n = 0;

    while (p->at < p->text.n && str_is_blank(p->text.p[p->at]))
        p->at++;
    struct str rest = str_from(p->text, p->at);
    p->kind = rest.n ? token_at(rest, &n) : TOKEN_END;
    p->token = p->kind == TOKEN_TEXT ? str_slice(rest, 1, n - 1) : str_slice(rest, 0, n);
    p->at += n;
}

static struct texpr *fail(struct parser *p, const char *why)
{
    if (!p->failed)
        err_set(p->err, ERR_INPUT, "%s at \"%.*s\" in \"%.*s\"", why,
            (int)(p->token.n < 20 ? p->token.n : 20), p->token.n ? p->token.p : "",
            (int)(p->text.n < 200 ? p->text.n : 200), p->text.n ? p->text.p : "");
    p->failed = true;
    return NULL;
}

static bool is_sign(const struct parser *p, const char *sign)
{
    return (p->kind == TOKEN_SIGN || p->kind == TOKEN_NAME) && str_eqc(p->token, sign);
}

static bool accept(struct parser *p, const char *sign)
{
    if (!is_sign(p, sign))
        return false;
    advance(p);
    return true;
}

static struct texpr *node(struct parser *p, enum texpr_kind kind)
{
    if (++p->nodes > TEXPR_MAX_NODES)
        return fail(p, "expression is too long");
    struct texpr *e = arena_new(p->arena, struct texpr);
    e->kind = kind;
    e->var = SIZE_MAX;
    e->num = RAT_ZERO;
    e->depth = 1;
    return e;
}

/* Appends a kid; both may be NULL after a failure. Returns the parent or NULL. */
static struct texpr *adopt(struct parser *p, struct texpr *parent, struct texpr *kid)
{
    if (!parent || !kid)
        return NULL;
    struct texpr **tail = &parent->first;
    while (*tail)
        tail = &(*tail)->next;
    *tail = kid;
    parent->nkids++;
    if (kid->depth + 1 > parent->depth)
        parent->depth = kid->depth + 1;
    return parent->depth > TEXPR_MAX_DEPTH ? fail(p, "expression is nested too deeply") : parent;
}

/* Elements up to the closing sign; a trailing comma is fine. *ret_comma: there was a comma. */
static struct texpr *parse_elements(
    struct parser *p, struct texpr *parent, const char *close, bool *ret_comma)
{
    *ret_comma = false;
    while (parent && !accept(p, close)) {
        parent = adopt(p, parent, parse_expression(p));
        if (!parent)
            return NULL;
        if (accept(p, ","))
            *ret_comma = true;
        else if (!is_sign(p, close))
            return fail(p, "expected ',' or a closing bracket");
    }
    return parent;
}

static struct texpr *parse_bracket(struct parser *p)
{
    bool comma = false;

    if (accept(p, "["))
        return parse_elements(p, node(p, TEXPR_LIST), "]", &comma);
    advance(p); /* '(' */
    struct texpr *tuple = parse_elements(p, node(p, TEXPR_TUPLE), ")", &comma);
    if (tuple && tuple->nkids == 0)
        return fail(p, "empty brackets");
    return tuple && tuple->nkids == 1 && !comma ? tuple->first : tuple;
}

static struct texpr *parse_number(struct parser *p)
{
    struct texpr *e = node(p, TEXPR_NUMBER);
    struct str digits = p->token;

    while (digits.n > 1 && digits.p[digits.n - 1] == '.')
        digits.n--; /* "100." is a number in Python */
    if (e && !rat_parse(digits, &e->num))
        return fail(p, "not a number that fits");
    advance(p);
    return e;
}

static struct texpr *parse_name(struct parser *p)
{
    bool comma = false;
    struct str name = p->token;
    bool truth = str_eqc(name, "True");

    if (truth || str_eqc(name, "False")) {
        struct texpr *e = node(p, TEXPR_NUMBER);
        if (e)
            e->num = rat_int(truth);
        advance(p);
        return e;
    }
    if (str_eqc(name, "if") || str_eqc(name, "else") || str_eqc(name, "and") || str_eqc(name, "or"))
        return fail(p, "a value is missing");
    advance(p);
    if (name.p[0] == '$')
        name = str_from(name, 1);
    struct texpr *e = node(p, is_sign(p, "(") ? TEXPR_CALL : TEXPR_NAME);
    if (e)
        e->text = name;
    return accept(p, "(") ? parse_elements(p, e, ")", &comma) : e;
}

static struct texpr *parse_atom(struct parser *p)
{
    struct texpr *e;

    if (p->kind == TOKEN_NUMBER)
        return parse_number(p);
    if (p->kind == TOKEN_NAME)
        return parse_name(p);
    if (is_sign(p, "(") || is_sign(p, "["))
        return parse_bracket(p);
    if (p->kind != TOKEN_TEXT)
        return fail(p, p->kind == TOKEN_END ? "unexpected end" : "unexpected sign");
    e = node(p, TEXPR_TEXT);
    if (e)
        e->text = p->token;
    advance(p);
    return e;
}

/* base[i], base[:to], base[from:to] */
static struct texpr *parse_subscript(struct parser *p, struct texpr *base)
{
    struct texpr *from = is_sign(p, ":") ? node(p, TEXPR_NUMBER) : parse_expression(p);

    if (!accept(p, ":")) {
        if (from && !accept(p, "]"))
            return fail(p, "expected ']'");
        struct texpr *e = adopt(p, node(p, TEXPR_INDEX), base);
        return adopt(p, e, from);
    }
    bool open = is_sign(p, "]");
    struct texpr *to = open ? node(p, TEXPR_NUMBER) : parse_expression(p);
    if (to && open)
        to->num = rat_int(INT32_MAX);
    if (to && !accept(p, "]"))
        return fail(p, "expected ']'");
    struct texpr *e = adopt(p, node(p, TEXPR_SLICE), base);
    return adopt(p, adopt(p, e, from), to);
}

static struct texpr *parse_unary(struct parser *p);

static struct texpr *parse_power(struct parser *p)
{
    struct texpr *e = parse_atom(p);

    while (e && accept(p, "["))
        e = parse_subscript(p, e);
    if (!e || !accept(p, "**"))
        return e;
    struct texpr *power = adopt(p, node(p, TEXPR_BINARY), e);
    if (power)
        power->op = TEXPR_POW;
    return adopt(p, power, parse_unary(p));
}

static struct texpr *parse_level(struct parser *p, int level);

static struct texpr *parse_unary(struct parser *p)
{
    if (p->depth >= TEXPR_MAX_DEPTH)
        return fail(p, "expression is nested too deeply");
    p->depth++;
    struct texpr *e;
    if (accept(p, "-"))
        e = adopt(p, node(p, TEXPR_NEGATE), parse_unary(p));
    else if (accept(p, "+"))
        e = parse_unary(p);
    else if (accept(p, "not"))
        e = adopt(p, node(p, TEXPR_NOT), parse_level(p, LEVEL_COMPARE));
    else
        e = parse_power(p);
    p->depth--;
    return e;
}

static const struct binary *binary_here(const struct parser *p, int level)
{
    if (p->kind != TOKEN_SIGN && p->kind != TOKEN_NAME)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(binaries); i++)
        if (str_eqc(p->token, binaries[i].sign))
            return binaries[i].level >= level ? &binaries[i] : NULL;
    return NULL;
}

static struct texpr *join(
    struct parser *p, const struct binary *op, struct texpr *left, struct texpr *right)
{
    static const enum texpr_kind kinds[] = {[LEVEL_OR] = TEXPR_OR,
        [LEVEL_AND] = TEXPR_AND,
        [LEVEL_COMPARE] = TEXPR_COMPARE,
        [LEVEL_SUM] = TEXPR_BINARY,
        [LEVEL_PRODUCT] = TEXPR_BINARY};
    enum texpr_kind kind = kinds[op->level];

    if (!left || !right)
        return NULL;
    right->compare = kind == TEXPR_COMPARE ? op->op : TEXPR_NO_OP;
    struct texpr *e = left; /* a comparison chain grows by one kid */
    if (kind != TEXPR_COMPARE || left->kind != TEXPR_COMPARE || left->op != TEXPR_NO_OP)
        e = adopt(p, node(p, kind), left);
    if (e && kind == TEXPR_BINARY)
        e->op = op->op;
    return adopt(p, e, right);
}

static struct texpr *parse_level(struct parser *p, int level)
{
    struct texpr *left = parse_unary(p);
    const struct binary *op;

    if (left && left->kind == TEXPR_COMPARE)
        left->op = TEXPR_EQ; /* it came out of brackets: closed, no chain */
    while (left && (op = binary_here(p, level)) != NULL) {
        advance(p);
        left = join(p, op, left, parse_level(p, op->level + 1));
    }
    return left;
}

static struct texpr *parse_expression(struct parser *p)
{
    struct texpr *value = parse_level(p, LEVEL_OR);

    if (!value || !accept(p, "if"))
        return value;
    struct texpr *e = adopt(p, node(p, TEXPR_IF), value);
    e = adopt(p, e, parse_level(p, LEVEL_OR));
    if (!e)
        return NULL;
    if (!accept(p, "else"))
        return fail(p, "expected 'else'");
    p->depth++;
    struct texpr *other =
        p->depth < TEXPR_MAX_DEPTH ? parse_expression(p) : fail(p, "nested too deeply");
    p->depth--;
    return adopt(p, e, other);
}

enum err_code texpr_parse(struct str text, struct arena *arena, struct texpr **ret, struct err *err)
{
    struct parser p = {.text = str_trim(text), .arena = arena, .err = err};

    advance(&p);
    struct texpr *e = parse_expression(&p);
    if (e && p.kind != TOKEN_END)
        e = fail(&p, "unexpected text");
    if (!e)
        return ERR_INPUT;
    *ret = e;
    return OK;
}

static const struct {
    const char *name;
    size_t min, max;
} functions[] = {
    {"int", 1, 1}, {"is_int", 1, 1}, {"divides", 2, 2}, {"round", 1, 2}, {"Fraction", 1, 2}};

static enum err_code check_call(const struct texpr *e, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        if (!str_eqc(e->text, functions[i].name))
            continue;
        if (e->nkids < functions[i].min || e->nkids > functions[i].max)
            return err_set(err, ERR_INPUT, "%s takes %zu to %zu arguments, not %zu",
                functions[i].name, functions[i].min, functions[i].max, e->nkids);
        return OK;
    }
    return err_set(err, ERR_INPUT, "unknown function '%.*s'", STR_ARG(e->text));
}

static enum err_code check_node(const struct texpr *e, struct err *err)
{
    if (e->kind == TEXPR_CALL)
        return check_call(e, err);
    if (e->kind == TEXPR_LIST || e->kind == TEXPR_TUPLE)
        return err_set(err, ERR_INPUT, "a list has no place in this expression");
    return OK;
}

enum err_code texpr_check(const struct texpr *e, struct err *err)
{
    if (e->kind == TEXPR_NAME)
        return err_set(err, ERR_INPUT, "'%.*s' where a constant is needed", STR_ARG(e->text));
    enum err_code code = check_node(e, err);
    for (const struct texpr *kid = e->first; kid && !code; kid = kid->next)
        code = texpr_check(kid, err);
    return code;
}

static enum err_code bind_node(
    struct texpr *e, const struct str *names, size_t n, uint64_t *mask, struct err *err)
{
    if (check_node(e, err))
        return ERR_INPUT;
    if (e->kind == TEXPR_NAME) {
        for (e->var = 0; e->var < n && !str_eq(names[e->var], e->text);)
            e->var++;
        if (e->var == n)
            return err_set(err, ERR_INPUT, "unknown variable '%.*s'", STR_ARG(e->text));
        *mask |= UINT64_C(1) << e->var;
    }
    for (struct texpr *kid = e->first; kid; kid = kid->next)
        if (bind_node(kid, names, n, mask, err))
            return ERR_INPUT;
    return OK;
}

enum err_code texpr_bind(
    struct texpr *e, const struct str *names, size_t n, uint64_t *ret_mask, struct err *err)
{
    uint64_t mask = 0;

    if (n > 64)
        BUG("more than 64 variables");
    if (bind_node(e, names, n, &mask, err))
        return ERR_INPUT;
    if (ret_mask)
        *ret_mask = mask;
    return OK;
}
