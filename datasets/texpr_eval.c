/* texpr_eval.c - evaluating expressions over a binding; see texpr.h. */
#include "datasets/texpr.h"

static struct tvalue number(struct rat num)
{
    return (struct tvalue){.text = {NULL, 0}, .has_num = true, .num = num};
}

static struct tvalue truth(bool t)
{
    return number(rat_int(t));
}

bool texpr_true(struct tvalue v)
{
    return v.has_num ? v.num.num != 0 : v.text.n > 0;
}

void texpr_show(struct buf *out, struct tvalue v)
{
    if (v.text.p)
        buf_str_add(out, v.text);
    else
        rat_print(out, v.num);
}

static enum texpr_result failed(const char **why, const char *reason)
{
    *why = reason;
    return TEXPR_FAIL;
}

static bool power(struct rat a, struct rat b, struct rat *ret)
{
    return rat_is_int(b) && rat_pow(a, b.num, ret);
}

static enum texpr_result arithmetic(
    enum texpr_op op, struct rat a, struct rat b, struct tvalue *ret, const char **why)
{
    static bool (*const by_op[])(struct rat, struct rat, struct rat *) = {[TEXPR_ADD] = rat_add,
        [TEXPR_SUB] = rat_sub,
        [TEXPR_MUL] = rat_mul,
        [TEXPR_DIV] = rat_div,
        [TEXPR_FLOOR_DIV] = rat_floordiv,
        [TEXPR_MOD] = rat_mod,
        [TEXPR_POW] = power};
    struct rat r;

    if (!by_op[op](a, b, &r)) {
        bool zero = b.num == 0 && (op == TEXPR_DIV || op == TEXPR_FLOOR_DIV || op == TEXPR_MOD);
        return failed(why, zero ? "division by zero" : "the number does not fit");
    }
    *ret = number(r);
    return TEXPR_OK;
}

static enum texpr_result eval_binary(
    const struct texpr *e, const struct tbinding *b, struct tvalue *ret, const char **why)
{
    struct tvalue x, y;
    enum texpr_result r = texpr_eval(e->first, b, &x, why);

    if (r == TEXPR_OK)
        r = texpr_eval(e->first->next, b, &y, why);
    if (r != TEXPR_OK)
        return r;
    if (!x.has_num || !y.has_num)
        return failed(why, "a text is used as a number");
    return arithmetic(e->op, x.num, y.num, ret, why);
}

static bool compare(enum texpr_op op, struct tvalue x, struct tvalue y)
{
    int c = x.has_num && y.has_num ? rat_cmp(x.num, y.num) : str_cmp(x.text, y.text);

    switch (op) {
    case TEXPR_EQ:
        return c == 0;
    case TEXPR_NE:
        return c != 0;
    case TEXPR_LT:
        return c < 0;
    case TEXPR_LE:
        return c <= 0;
    case TEXPR_GT:
        return c > 0;
    default:
        return c >= 0;
    }
}

static enum texpr_result eval_compare(
    const struct texpr *e, const struct tbinding *b, struct tvalue *ret, const char **why)
{
    struct tvalue left, right;
    enum texpr_result r = texpr_eval(e->first, b, &left, why);

    for (const struct texpr *kid = e->first->next; r == TEXPR_OK && kid; kid = kid->next) {
        r = texpr_eval(kid, b, &right, why);
        if (r == TEXPR_OK && !compare(kid->compare, left, right)) {
            *ret = truth(false);
            return TEXPR_OK;
        }
        left = right;
    }
    *ret = truth(true);
    return r;
}

static enum texpr_result eval_logic(
    const struct texpr *e, const struct tbinding *b, struct tvalue *ret, const char **why)
{
    enum texpr_result r = texpr_eval(e->first, b, ret, why);

    if (r != TEXPR_OK)
        return r;
    if (e->kind == TEXPR_NOT) {
        *ret = truth(!texpr_true(*ret));
        return TEXPR_OK;
    }
    bool decided = texpr_true(*ret) == (e->kind == TEXPR_OR);
    return decided ? TEXPR_OK : texpr_eval(e->first->next, b, ret, why);
}

static enum texpr_result eval_if(
    const struct texpr *e, const struct tbinding *b, struct tvalue *ret, const char **why)
{
    const struct texpr *condition = e->first->next;
    struct tvalue v;
    enum texpr_result r = texpr_eval(condition, b, &v, why);

    if (r != TEXPR_OK)
        return r;
    return texpr_eval(texpr_true(v) ? e->first : condition->next, b, ret, why);
}

/* text[i]: one character. */
static enum texpr_result eval_index(
    const struct texpr *e, const struct tbinding *b, struct tvalue *ret, const char **why)
{
    struct tvalue base, index;
    enum texpr_result r = texpr_eval(e->first, b, &base, why);

    if (r == TEXPR_OK)
        r = texpr_eval(e->first->next, b, &index, why);
    if (r != TEXPR_OK)
        return r;
    if (!index.has_num || !rat_is_int(index.num) || index.num.num < 0)
        return failed(why, "an index must be a whole number from 0");
    size_t from = 0, to = 0;
    for (int64_t i = 0; i <= index.num.num; i++) {
        from = to;
        if (to >= base.text.n)
            return failed(why, "the index is behind the end of the text");
        str_utf8_next(base.text, &to);
    }
    *ret = (struct tvalue){.text = str_slice(base.text, from, to)};
    return TEXPR_OK;
}

static enum texpr_result call_two(
    struct str name, struct rat a, struct rat b, struct tvalue *ret, const char **why)
{
    struct rat r;

    if (str_eqc(name, "divides")) {
        enum texpr_result result = arithmetic(TEXPR_MOD, a, b, ret, why);
        if (result == TEXPR_OK)
            *ret = truth(ret->num.num == 0);
        return result;
    }
    if (str_eqc(name, "Fraction"))
        return arithmetic(TEXPR_DIV, a, b, ret, why);
    if (!rat_is_int(b) || b.num < 0 || b.num > 15 || !rat_round(a, (int)b.num, &r))
        return failed(why, "this rounding is not possible");
    *ret = number(r);
    return TEXPR_OK;
}

static enum texpr_result eval_call(
    const struct texpr *e, const struct tbinding *b, struct tvalue *ret, const char **why)
{
    struct tvalue x, y = number(RAT_ZERO);
    enum texpr_result r = texpr_eval(e->first, b, &x, why);

    if (r == TEXPR_OK && e->nkids == 2)
        r = texpr_eval(e->first->next, b, &y, why);
    if (r != TEXPR_OK)
        return r;
    if (!x.has_num || !y.has_num)
        return failed(why, "a text is used as a number");
    if (e->nkids == 2 || str_eqc(e->text, "round"))
        return call_two(e->text, x.num, y.num, ret, why);
    if (str_eqc(e->text, "is_int"))
        *ret = truth(rat_is_int(x.num));
    else
        *ret = number(str_eqc(e->text, "int") ? rat_trunc(x.num) : x.num);
    return TEXPR_OK;
}

static enum texpr_result eval_negate(
    const struct texpr *e, const struct tbinding *b, struct tvalue *ret, const char **why)
{
    enum texpr_result r = texpr_eval(e->first, b, ret, why);

    if (r != TEXPR_OK)
        return r;
    if (!ret->has_num)
        return failed(why, "a text is used as a number");
    *ret = number(rat_neg(ret->num));
    return TEXPR_OK;
}

enum texpr_result texpr_eval(
    const struct texpr *e, const struct tbinding *b, struct tvalue *ret, const char **ret_why)
{
    switch (e->kind) {
    case TEXPR_NUMBER:
        *ret = number(e->num);
        return TEXPR_OK;
    case TEXPR_TEXT:
        *ret = (struct tvalue){.text = e->text};
        return TEXPR_OK;
    case TEXPR_NAME:
        if (!b || !b->known[e->var])
            return TEXPR_UNKNOWN;
        *ret = b->v[e->var];
        return TEXPR_OK;
    case TEXPR_CALL:
        return eval_call(e, b, ret, ret_why);
    case TEXPR_NEGATE:
        return eval_negate(e, b, ret, ret_why);
    case TEXPR_BINARY:
        return eval_binary(e, b, ret, ret_why);
    case TEXPR_COMPARE:
        return eval_compare(e, b, ret, ret_why);
    case TEXPR_NOT:
    case TEXPR_AND:
    case TEXPR_OR:
        return eval_logic(e, b, ret, ret_why);
    case TEXPR_IF:
        return eval_if(e, b, ret, ret_why);
    case TEXPR_INDEX:
        return eval_index(e, b, ret, ret_why);
    default:
        return failed(ret_why, "a list has no place in this expression");
    }
}
