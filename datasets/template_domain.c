/* template_domain.c - domains of variables; see template_domain.h. */
#include "datasets/template_domain.h"

struct maker {
    const struct words *words;
    struct arena *arena;
    struct err *err;
};

static enum err_code make(struct maker *m, const struct texpr *e, struct domain *ret);

static enum err_code complain(struct maker *m, const char *what, struct str name)
{
    return err_set(m->err, ERR_INPUT, "%s '%.*s'", what, STR_ARG(name));
}

static enum err_code scalar(struct maker *m, const struct texpr *e, struct rat *ret)
{
    struct tvalue v;
    const char *why = "";

    if (texpr_check(e, m->err))
        return ERR_INPUT;
    if (texpr_eval(e, NULL, &v, &why) != TEXPR_OK)
        return err_set(m->err, ERR_INPUT, "a number was expected: %s", why);
    if (!v.has_num)
        return err_set(m->err, ERR_INPUT, "a number was expected, not '%.*s'", STR_ARG(v.text));
    *ret = v.num;
    return OK;
}

static struct str print_number(struct arena *arena, struct rat num)
{
    struct buf b = BUF_INIT;

    rat_print(&b, num);
    struct str s = arena_str(arena, buf_str(&b));
    buf_release(&b);
    return s;
}

/* Appends an item, or adds to the weight of the one with the same text. */
static void add_item(struct domain *d, struct tvalue v, uint64_t weight)
{
    size_t i = 0;

    while (i < d->n && !str_eq(d->items[i].text, v.text))
        i++;
    if (i == d->n)
        d->items[d->n++] = v;
    d->weights[i] += weight;
    d->total += weight;
}

static enum err_code list_room(struct maker *m, size_t n, struct domain *ret)
{
    if (n > DOMAIN_MAX_ITEMS)
        return err_set(
            m->err, ERR_LIMIT, "a list of %zu items; %d is the most", n, (int)DOMAIN_MAX_ITEMS);
    *ret = (struct domain){.items = arena_array(m->arena, struct tvalue, n + 1),
        .weights = arena_array(m->arena, uint64_t, n + 1)};
    return OK;
}

static enum err_code item_of(struct maker *m, const struct texpr *e, struct tvalue *ret)
{
    struct rat num = RAT_ZERO;

    if (e->kind == TEXPR_TEXT) {
        *ret = (struct tvalue){.text = arena_str(m->arena, e->text), .num = num};
        return OK;
    }
    const struct texpr *value = e->kind == TEXPR_TUPLE ? e->first->next : e;
    if (e->kind == TEXPR_TUPLE && e->nkids != 2)
        return err_set(m->err, ERR_INPUT, "a tuple must be (text, number)");
    if (scalar(m, value, &num))
        return ERR_INPUT;
    struct str text = e->kind == TEXPR_TUPLE && e->first->kind == TEXPR_TEXT
                          ? arena_str(m->arena, e->first->text)
                          : print_number(m->arena, num);
    *ret = (struct tvalue){.text = text, .has_num = true, .num = num};
    return OK;
}

static enum err_code make_list(struct maker *m, const struct texpr *e, struct domain *ret)
{
    enum err_code code = list_room(m, e->nkids, ret);
    bool numbers = true;

    for (const struct texpr *kid = e->first; !code && kid; kid = kid->next) {
        struct tvalue v;
        code = item_of(m, kid, &v);
        if (code)
            return code;
        add_item(ret, v, 1);
        numbers = numbers && kid->kind != TEXPR_TEXT && kid->kind != TEXPR_TUPLE;
    }
    ret->shapes = numbers ? WORD_NUMBER : WORD_CLOSED;
    return code;
}

static enum err_code make_named(struct maker *m, const struct texpr *e, struct domain *ret)
{
    const struct word_list *list = words_find(m->words, e->text);

    if (!list)
        return complain(m, "unknown list", e->text);
    enum err_code code = list_room(m, list->n, ret);
    for (size_t i = 0; !code && i < list->n; i++)
        add_item(ret,
            (struct tvalue){.text = arena_str(m->arena, list->items[i].text),
                .has_num = list->items[i].has_num,
                .num = list->items[i].num},
            1);
    ret->shapes = list->shape;
    return code;
}

static enum err_code set_range(struct maker *m, struct str name, struct rat a, struct rat b,
    struct rat step, struct domain *ret)
{
    struct rat span, count;
    int64_t most = 1000000000; /* with these bounds no element of the range can overflow */

    if (step.num <= 0 || !rat_sub(b, a, &span) || !rat_div(span, step, &count))
        return complain(m, "a positive step is needed by", name);
    if (a.den > most / step.den || rat_cmp(a, rat_int(-most)) < 0 || rat_cmp(b, rat_int(most)) > 0)
        return complain(m, "numbers of at most nine digits are needed by", name);
    struct rat n = rat_neg(rat_floor(rat_neg(count)));
    if (n.num <= 0)
        return complain(m, "no value at all in", name);
    if (n.num > DOMAIN_MAX_RANGE)
        return err_set(m->err, ERR_LIMIT, "a range of more than %d values", (int)DOMAIN_MAX_RANGE);
    *ret = (struct domain){.start = a,
        .step = step,
        .total = (uint64_t)n.num,
        .n = (size_t)n.num,
        .shapes = WORD_NUMBER};
    return OK;
}

/* Half-open [a, b) in steps of s. */
static enum err_code make_range(struct maker *m, const struct texpr *e, struct domain *ret)
{
    struct rat a, b, step = rat_int(1);
    const struct texpr *second = e->first->next;

    if (scalar(m, e->first, &a) || scalar(m, second, &b))
        return ERR_INPUT;
    /* the third argument of randint is how many to draw beforehand; any of the range will do */
    if (e->nkids == 3 && !str_eqc(e->text, "np.random.randint") && scalar(m, second->next, &step))
        return ERR_INPUT;
    return set_range(m, e->text, a, b, step, ret);
}

/* Number words, both ends included. */
static enum err_code make_words(struct maker *m, const struct texpr *e, struct domain *ret)
{
    struct rat a, b;

    if (scalar(m, e->first, &a) || scalar(m, e->first->next, &b))
        return ERR_INPUT;
    if (!rat_is_int(a) || !rat_is_int(b) || a.num < 0 || b.num > 999 || b.num < a.num)
        return complain(m, "whole numbers from 0 to 999 are needed by", e->text);
    enum err_code code = list_room(m, (size_t)(b.num - a.num + 1), ret);
    for (int64_t i = a.num; !code && i <= b.num; i++) {
        struct buf text = BUF_INIT;
        if (!words_of_number(i, &text))
            BUG("no word for a number below 1000");
        add_item(ret,
            (struct tvalue){
                .text = arena_str(m->arena, buf_str(&text)), .has_num = true, .num = rat_int(i)},
            1);
        buf_release(&text);
    }
    ret->shapes = WORD_CLOSED;
    return code;
}

static enum err_code make_call(struct maker *m, const struct texpr *e, struct domain *ret)
{
    static const struct {
        const char *name;
        size_t min, max; /* arguments */
        enum err_code (*make)(struct maker *, const struct texpr *, struct domain *);
    } makers[] = {{"range", 2, 3, make_range}, {"np.arange", 2, 3, make_range},
        {"frange", 2, 3, make_range}, {"np.random.randint", 2, 3, make_range},
        {"numbers_within", 2, 2, make_words}, {"sample", 1, 2, NULL}, {"list", 1, 1, NULL},
        {"fix_floats", 1, 1, NULL}, {"shuffle_list", 1, 1, NULL},
        {"sample_sequential", 2, 2, NULL}};

    for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
        if (!str_eqc(e->text, makers[i].name))
            continue;
        if (e->nkids < makers[i].min || e->nkids > makers[i].max)
            return err_set(m->err, ERR_INPUT, "%s takes %zu to %zu arguments, not %zu",
                makers[i].name, makers[i].min, makers[i].max, e->nkids);
        if (makers[i].make)
            return makers[i].make(m, e, ret);
        return make(m, e->first, ret); /* the same values; how many is the caller's matter */
    }
    return complain(m, "unknown function", e->text);
}

/* Both operands as one list; ranges are written out. */
static enum err_code concatenate(struct maker *m, const struct texpr *e, struct domain *ret)
{
    struct domain part[2];

    if (make(m, e->first, &part[0]) || make(m, e->first->next, &part[1]))
        return ERR_INPUT;
    if (part[0].n + part[1].n > DOMAIN_MAX_ITEMS)
        return err_set(m->err, ERR_LIMIT, "lists of together %zu items", part[0].n + part[1].n);
    enum err_code code = list_room(m, part[0].n + part[1].n, ret);
    for (size_t k = 0; !code && k < 2; k++) {
        for (size_t i = 0; i < part[k].n; i++)
            add_item(ret, domain_text(&part[k], i, m->arena),
                part[k].items ? part[k].weights[i] : part[k].total / part[k].n);
        ret->shapes |= part[k].shapes;
    }
    return code;
}

static enum err_code make_binary(struct maker *m, const struct texpr *e, struct domain *ret)
{
    struct rat times;

    if (e->op == TEXPR_ADD)
        return concatenate(m, e, ret);
    if (e->op != TEXPR_MUL)
        return err_set(m->err, ERR_INPUT, "lists can only be added and repeated");
    if (scalar(m, e->first->next, &times))
        return ERR_INPUT;
    if (!rat_is_int(times) || times.num < 1)
        return err_set(m->err, ERR_INPUT, "a list is repeated a whole number of times");
    if (make(m, e->first, ret))
        return ERR_INPUT;
    if (ret->n == 0)
        return OK; /* the caller refuses an empty list */
    if ((uint64_t)times.num > DOMAIN_MAX_WEIGHT / ret->total)
        return err_set(
            m->err, ERR_LIMIT, "a list repeated to more than %d items", (int)DOMAIN_MAX_WEIGHT);
    for (size_t i = 0; ret->items && i < ret->n; i++)
        ret->weights[i] *= (uint64_t)times.num;
    ret->total *= (uint64_t)times.num;
    return OK;
}

static enum err_code make_slice(struct maker *m, const struct texpr *e, struct domain *ret)
{
    struct rat from, to;
    struct domain d;

    if (make(m, e->first, &d) || scalar(m, e->first->next, &from) ||
        scalar(m, e->first->next->next, &to))
        return ERR_INPUT;
    if (!rat_is_int(from) || !rat_is_int(to) || from.num < 0 || to.num < from.num)
        return err_set(m->err, ERR_INPUT, "a slice needs whole numbers in order");
    if (d.total != d.n)
        return err_set(m->err, ERR_INPUT, "a slice of a list with repeated items");
    size_t first = (size_t)from.num < d.n ? (size_t)from.num : d.n;
    size_t last = (size_t)to.num < d.n ? (size_t)to.num : d.n;
    *ret = d;
    ret->n = ret->total = last - first;
    if (d.items) {
        ret->items = d.items + first;
        ret->weights = d.weights + first;
    } else if (!rat_mul(d.step, rat_int((int64_t)first), &from) ||
               !rat_add(d.start, from, &ret->start))
        return err_set(m->err, ERR_INPUT, "the slice does not fit");
    return OK;
}

static enum err_code make(struct maker *m, const struct texpr *e, struct domain *ret)
{
    switch (e->kind) {
    case TEXPR_LIST:
        return make_list(m, e, ret);
    case TEXPR_NAME:
        return make_named(m, e, ret);
    case TEXPR_CALL:
        return make_call(m, e, ret);
    case TEXPR_BINARY:
        return make_binary(m, e, ret);
    case TEXPR_SLICE:
        return make_slice(m, e, ret);
    default:
        return err_set(m->err, ERR_INPUT, "a list or a range was expected");
    }
}

static bool is_even(const struct domain *d)
{
    for (size_t i = 1; d->items && i < d->n; i++)
        if (d->weights[i] != d->weights[0])
            return false;
    return true;
}

/* n values are drawn for `count` variables. */
static enum err_code check_count(
    const struct domain *d, struct rat n, size_t count, struct err *err)
{
    if (d->n == 0)
        return err_set(err, ERR_INPUT, "the list is empty");
    if (!rat_is_int(n) || n.num != (int64_t)count)
        return err_set(err, ERR_INPUT, "%zu variables stand left of %lld drawn values", count,
            (long long)(rat_is_int(n) ? n.num : 0));
    if (count > d->n)
        return err_set(err, ERR_INPUT, "%zu different values out of %zu", count, d->n);
    return OK;
}

enum err_code domain_make(const struct texpr *rhs, size_t count, const struct words *words,
    struct arena *arena, struct domain *ret, enum domain_draw *ret_draw, struct err *err)
{
    struct maker m = {.words = words, .arena = arena, .err = err};
    struct rat n = rat_int(1);
    bool sequence = rhs->kind == TEXPR_CALL && str_eqc(rhs->text, "sample_sequential");
    bool sample = rhs->kind == TEXPR_CALL && (sequence || str_eqc(rhs->text, "sample"));
    struct domain d;

    if (make(&m, rhs, &d))
        return ERR_INPUT;
    if (sample && rhs->nkids == 2 && scalar(&m, rhs->first->next, &n))
        return ERR_INPUT;
    if (check_count(&d, n, count, err))
        return ERR_INPUT;
    if (is_even(&d))
        d.weights = NULL;
    *ret = d;
    *ret_draw = sequence ? DRAW_SEQUENCE : count > 1 ? DRAW_DISTINCT : DRAW_ONE;
    return OK;
}

size_t domain_pick(const struct domain *d, struct rng *rng)
{
    if (!d->weights)
        return (size_t)rng_below(rng, d->n);
    uint64_t at = rng_below(rng, d->total);
    size_t i = 0;
    for (; at >= d->weights[i]; i++)
        at -= d->weights[i];
    return i;
}

struct tvalue domain_at(const struct domain *d, size_t i)
{
    struct tvalue v = {.has_num = true, .num = RAT_ZERO};
    struct rat offset;

    if (d->items)
        return d->items[i];
    if (!rat_mul(d->step, rat_int((int64_t)i), &offset) || !rat_add(d->start, offset, &v.num))
        BUG("a range that does not fit was let through");
    return v;
}

struct tvalue domain_text(const struct domain *d, size_t i, struct arena *arena)
{
    struct tvalue v = domain_at(d, i);

    if (!v.text.p)
        v.text = print_number(arena, v.num);
    return v;
}

size_t domain_index(const struct domain *d, struct rat num)
{
    struct rat offset, index;

    if (!d->items) {
        if (!rat_sub(num, d->start, &offset) || !rat_div(offset, d->step, &index))
            return SIZE_MAX;
        bool in = rat_is_int(index) && index.num >= 0 && (uint64_t)index.num < d->n;
        return in ? (size_t)index.num : SIZE_MAX;
    }
    for (size_t i = 0; i < d->n; i++)
        if (d->items[i].has_num && rat_eq(d->items[i].num, num))
            return i;
    return SIZE_MAX;
}

/* Digits without thousands commas. */
static bool read_number(struct str text, struct rat *ret)
{
    char digits[40];
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == ',')
            continue;
        if (n == sizeof digits)
            return false;
        digits[n++] = text.p[i];
    }
    return rat_parse((struct str){digits, n}, ret);
}

bool domain_read(const struct domain *d, struct str text, struct arena *arena, struct tvalue *ret)
{
    struct tvalue v = {.num = RAT_ZERO};

    for (size_t i = 0; d->items && i < d->n; i++)
        if (str_eq_nocase(d->items[i].text, text)) {
            *ret = d->items[i];
            return true;
        }
    if (d->shapes & (WORD_NUMBER | WORD_QUANTITY))
        v.has_num = read_number(text, &v.num) || words_quantity(text, &v.num);
    if ((d->shapes & WORD_NUMBER) && v.has_num) {
        size_t at = domain_index(d, v.num);
        if (at != SIZE_MAX)
            *ret = domain_text(d, at, arena);
        if (at != SIZE_MAX)
            return true;
    }
    bool open = (d->shapes & (WORD_WORDS | WORD_CURRENCY)) != 0;
    if (!open && !((d->shapes & WORD_QUANTITY) && v.has_num))
        return false;
    v.text = arena_str(arena, text);
    *ret = v;
    return true;
}

void domain_pattern(const struct domain *d, struct buf *out)
{
    static const enum word_shape open[] = {WORD_QUANTITY, WORD_NUMBER, WORD_CURRENCY, WORD_WORDS};
    bool first = true;

    for (size_t i = 0; (d->shapes & WORD_CLOSED) && d->items && i < d->n; i++, first = false) {
        buf_puts(out, first ? "" : "|");
        regex_quote(out, d->items[i].text);
    }
    for (size_t k = 0; k < ARRAY_LEN(open); k++)
        if (d->shapes & open[k]) {
            buf_puts(out, first ? "" : "|");
            words_pattern(open[k], out);
            first = false;
        }
}
