/* template_words.c - our word lists and the quantity grammar; see template_words.h. */
#include "datasets/template_words.h"

#include "harness/base/data.h"
#include "harness/base/json.h"

static const char lists_path[] = "datasets/words/lists.json";

static const char *const small[] = {"zero", "one", "two", "three", "four", "five", "six", "seven",
    "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
    "seventeen", "eighteen", "nineteen"};
static const char *const tens[] = {
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
/* a part's name by its denominator; more names than one for some */
static const struct {
    const char *name;
    int den;
} parts[] = {{"half", 2}, {"halves", 2}, {"third", 3}, {"quarter", 4}, {"fourth", 4}, {"fifth", 5},
    {"sixth", 6}, {"seventh", 7}, {"eighth", 8}, {"ninth", 9}, {"tenth", 10}, {"eleventh", 11},
    {"twelfth", 12}, {"sixteenth", 16}, {"twentieth", 20}};
static const struct {
    const char *name;
    int value;
} multiples[] = {{"once", 1}, {"twice", 2}, {"thrice", 3}, {"double", 2}, {"triple", 3},
    {"quadruple", 4}, {"quintuple", 5}, {"sextuple", 6}};

static bool cardinal(struct str word, int64_t *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(small); i++)
        if (str_eq_nocase(word, str_c(small[i]))) {
            *ret = (int64_t)i;
            return true;
        }
    bool article = str_eq_nocase(word, STR("a")) || str_eq_nocase(word, STR("an"));
    *ret = 1;
    return article;
}

static bool part(struct str word, int64_t *ret_den)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct str name = str_c(parts[i].name);
        bool plural = word.n == name.n + 1 && str_lower(word.p[name.n]) == 's';
        if (str_eq_nocase(str_slice(word, 0, plural ? name.n : word.n), name)) {
            *ret_den = parts[i].den;
            return true;
        }
    }
    return false;
}

/* "two times", "3 times", "two-sixths", "a third" */
static bool two_words(struct str first, struct str second, struct rat *ret)
{
    int64_t count, den = 1;

    if (str_eq_nocase(second, STR("times")))
        return (cardinal(first, &count) && rat_make(count, 1, ret)) || rat_parse(first, ret);
    return cardinal(first, &count) && part(second, &den) && rat_make(count, den, ret);
}

bool words_quantity(struct str text, struct rat *ret)
{
    int64_t den;

    text = str_trim(text);
    for (size_t i = 0; i < ARRAY_LEN(multiples); i++)
        if (str_eq_nocase(text, str_c(multiples[i].name))) {
            *ret = rat_int(multiples[i].value);
            return true;
        }
    if (part(text, &den))
        return rat_make(1, den, ret);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == ' ' || text.p[i] == '-')
            return two_words(str_slice(text, 0, i), str_from(text, i + 1), ret);
    return text.n > 0 && text.p[0] != '-' && rat_parse(text, ret);
}

bool words_of_number(int64_t n, struct buf *out)
{
    if (n < 0 || n > 999)
        return false;
    if (n >= 100) {
        buf_printf(out, "%s hundred", small[n / 100]);
        n %= 100;
        if (n == 0)
            return true;
        buf_putc(out, ' ');
    }
    if (n >= 20) {
        buf_puts(out, tens[n / 10]);
        n %= 10;
        if (n == 0)
            return true;
        buf_putc(out, ' ');
    }
    buf_puts(out, small[n]);
    return true;
}

static void quantity_pattern(struct buf *out)
{
    buf_puts(out, "(?i:(?:(?:an?|[0-9]+");
    for (size_t i = 1; i < ARRAY_LEN(small); i++)
        buf_printf(out, "|%s", small[i]);
    buf_puts(out, ")[ -])?(?:times");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        buf_printf(
            out, "|%s%s", parts[i].name, str_ends(str_c(parts[i].name), STR("s")) ? "" : "s?");
    buf_putc(out, ')');
    for (size_t i = 0; i < ARRAY_LEN(multiples); i++)
        buf_printf(out, "|%s", multiples[i].name);
    buf_puts(out, "|[0-9]+(?:/[0-9]+|\\.[0-9]+)?)");
}

void words_pattern(enum word_shape shape, struct buf *out)
{
    if (shape == WORD_WORDS)
        buf_puts(out, "\\p{L}[\\p{L}'\xe2\x80\x99-]*(?: \\p{L}[\\p{L}'\xe2\x80\x99-]*){0,2}?");
    else if (shape == WORD_CURRENCY)
        buf_puts(out, "\\p{Sc}");
    else if (shape == WORD_NUMBER)
        /* "0. 7", as the released splitter leaves 0.7, reads as two numbers: no match here */
        buf_puts(out, "-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\\.[0-9]+)?");
    else if (shape == WORD_QUANTITY)
        quantity_pattern(out);
    else
        BUG("a closed list has no shape");
}

static bool shape_of(struct str name, unsigned *ret)
{
    static const struct {
        const char *name;
        unsigned shape;
    } shapes[] = {{"closed", WORD_CLOSED}, {"words", WORD_WORDS}, {"currency", WORD_CURRENCY},
        {"quantity", WORD_QUANTITY}};

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (str_eqc(name, shapes[i].name)) {
            *ret = shapes[i].shape;
            return true;
        }
    return false;
}

static enum err_code read_items(
    struct arena *arena, const struct json *items, struct word_list *list, struct err *err)
{
    list->items = arena_array(arena, struct tvalue, json_len(items) + 1);
    for (const struct json *v = json_first(items); v; v = json_next(v)) {
        struct tvalue *item = &list->items[list->n++];
        item->text = arena_str(arena, json_str(v));
        item->num = RAT_ZERO;
        item->has_num =
            (list->shape & WORD_QUANTITY) != 0 && words_quantity(item->text, &item->num);
        if (item->text.n == 0 || ((list->shape & WORD_QUANTITY) && !item->has_num))
            return err_set(err, ERR_INPUT, "%s: %.*s: item %zu is %s", lists_path,
                STR_ARG(list->name), list->n, item->text.n ? "no quantity" : "empty");
    }
    return OK;
}

static enum err_code join_lists(
    struct words *w, const struct json *names, struct word_list *list, struct err *err)
{
    size_t total = 0;

    for (const struct json *v = json_first(names); v; v = json_next(v)) {
        const struct word_list *other = words_find(w, json_str(v));
        if (!other)
            return err_set(err, ERR_INPUT, "%s: %.*s joins '%.*s', which is not defined above",
                lists_path, STR_ARG(list->name), STR_ARG(json_str(v)));
        total += other->n;
    }
    list->items = arena_array(&w->arena, struct tvalue, total + 1);
    for (const struct json *v = json_first(names); v; v = json_next(v)) {
        const struct word_list *other = words_find(w, json_str(v));
        for (size_t i = 0; i < other->n; i++)
            list->items[list->n++] = other->items[i];
    }
    return OK;
}

static enum err_code read_lists(struct words *w, const struct json *doc, struct err *err)
{
    w->lists = arena_array(&w->arena, struct word_list, json_len(doc) + 1);
    for (const struct json *v = json_first(doc); v; v = json_next(v)) {
        struct word_list list = {.name = arena_str(&w->arena, json_key(v))};
        enum err_code code = OK;
        if (!shape_of(json_str(json_get(v, "shape")), &list.shape))
            return err_set(err, ERR_INPUT,
                "%s: %.*s: shape must be closed, words, currency or quantity", lists_path,
                STR_ARG(list.name));
        if (json_get(v, "join"))
            code = join_lists(w, json_get(v, "join"), &list, err);
        else
            code = read_items(&w->arena, json_get(v, "items"), &list, err);
        if (code)
            return code;
        w->lists[w->n++] = list;
    }
    return OK;
}

enum err_code words_load(struct words *ret, struct err *err)
{
    struct buf text = BUF_INIT;
    struct json *doc = NULL;
    enum err_code code = data_read(lists_path, &text, err);

    *ret = (struct words){.n = 0};
    if (!code) {
        code = json_parse(buf_str(&text), JSON_STRICT, &doc, err);
        if (code)
            code = err_wrap(err, "%s", lists_path);
    }
    if (!code)
        code = read_lists(ret, doc, err);
    json_free(doc);
    buf_release(&text);
    if (code)
        words_release(ret);
    return code;
}

void words_release(struct words *w)
{
    arena_release(&w->arena);
    *w = (struct words){.n = 0};
}

const struct word_list *words_find(const struct words *w, struct str name)
{
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(w->lists[i].name, name))
            return &w->lists[i];
    return NULL;
}
