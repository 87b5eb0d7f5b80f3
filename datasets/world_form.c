/*
 * world_form.c - the table of sentence forms, and writing and reading by its patterns.
 *
 * A pattern is text with %-letters. Writing and reading run the same pattern through a sink that
 * either appends or compares, so that what is written can be read back by construction.
 *
 * Letters: E, F entity phrases ("by Ada"); A, B attributes in the plural; S the first attribute in
 * the singular; G, g group noun plural and singular; V what was done ("picked"); K, k what entities
 * and attributes are ("picker", "kind of fruit"); L how some get lost; C, c containers, container;
 * U, W, P unit, participle and preposition of the rate; X name of an aside; N the new fact.
 */
#include "datasets/world_impl.h"

#define MORE "difference between "
#define HAD "had been %V %E, "

/* clang-format off */
const struct world_form world_forms[] = {
    [FORM_CELL] = {"cell", SHAPE_OWN, QUANTITY_STATED, "", "%A %V %E", "How many %A were %V %E?", FACT_NONE, 0},
    [FORM_RATE] = {"rate", SHAPE_OWN, QUANTITY_STATED, "", "%U %W %P each %S", NULL, FACT_NONE, 0},
    [FORM_ASIDE] = {"aside", SHAPE_OWN, QUANTITY_STATED, "", "%X", NULL, FACT_NONE, 0},
    [FORM_ROW_TOTAL] = {"row_total", SHAPE_ROW, QUANTITY_SUM, "R", "%G %V %E altogether",
        "How many %G were %V %E altogether?", FACT_NONE, 0},
    [FORM_COLUMN_TOTAL] = {"column_total", SHAPE_COLUMN, QUANTITY_SUM, "C", "%A %V in all",
        "How many %A were %V in all?", FACT_NONE, 0},
    [FORM_GRAND_TOTAL] = {"grand_total", SHAPE_GRAND, QUANTITY_SUM, "T", "%G %V in all",
        "How many %G were %V in all?", FACT_NONE, 0},
    [FORM_MONEY_CELL] = {"money_cell", SHAPE_CELL, QUANTITY_PRODUCT, "cp", "%U %W %P the %A %V %E",
        "How many %U were %W %P the %A %V %E?", FACT_NONE, FORM_RATED},
    [FORM_MONEY_ROW] = {"money_row", SHAPE_ROW, QUANTITY_SUM, "N", "%U %W %P all the %G %V %E",
        "How many %U were %W %P all the %G %V %E?", FACT_NONE, FORM_RATED},
    [FORM_MONEY_COLUMN] = {"money_column", SHAPE_COLUMN, QUANTITY_SUM, "Q", "%U %W %P all the %A",
        "How many %U were %W %P all the %A?", FACT_NONE, FORM_RATED},
    [FORM_MULTIPLE] = {"multiple", SHAPE_CELL, QUANTITY_PRODUCT, "cF", "multiple of %A %V %E",
        NULL, FACT_TIMES, 0},

    {"money_grand", SHAPE_GRAND, QUANTITY_SUM, "Z", "%U %W in all",
        "How many %U were %W in all?", FACT_NONE, FORM_RATED},
    {"kinds_together", SHAPE_KINDS, QUANTITY_SUM, "cd", "%A and %B %V %E",
        "What is the combined number of %A and %B %V %E?", FACT_NONE, FORM_THREE},
    {"columns_together", SHAPE_COLUMNS, QUANTITY_SUM, "kl", "%A and %B %V in all",
        "What is the combined number of %A and %B %V in all?", FACT_NONE, FORM_THREE},
    {"places_together", SHAPE_PLACES, QUANTITY_SUM, "cd", "%A %V %E and %F",
        "How many %A were %V %E and %F together?", FACT_NONE, FORM_THREE},
    {"rows_together", SHAPE_ROWS, QUANTITY_SUM, "rs", "%G %V %E and %F",
        "How many %G were %V %E and %F together?", FACT_NONE, FORM_THREE},

    {"places_gap", SHAPE_PLACES, QUANTITY_DIFFERENCE, "cd", MORE "%A %V %E and %A %V %F",
        "How many more %A were %V %E than %F?", FACT_NONE, FORM_ORDERED},
    {"kinds_gap", SHAPE_KINDS, QUANTITY_DIFFERENCE, "cd", MORE "%A %V %E and %B %V %E",
        "How many more %A than %B were %V %E?", FACT_NONE, FORM_ORDERED},
    {"rows_gap", SHAPE_ROWS, QUANTITY_DIFFERENCE, "rs", MORE "%G %V %E and %G %V %F",
        "How many more %G were %V %E than %F?", FACT_NONE, FORM_ORDERED},
    {"columns_gap", SHAPE_COLUMNS, QUANTITY_DIFFERENCE, "kl", MORE "%A %V in all and %B %V in all",
        "How many more %A than %B were %V in all?", FACT_NONE, FORM_ORDERED},
    {"money_rows_gap", SHAPE_ROWS, QUANTITY_DIFFERENCE, "no", MORE "%U %W %P the %G %V %E and %F",
        "How many more %U were %W %P the %G %V %E than %P those %V %F?", FACT_NONE,
        FORM_ORDERED | FORM_RATED},
    {"money_columns_gap", SHAPE_COLUMNS, QUANTITY_DIFFERENCE, "qt", MORE "%U %W %P the %A and the %B",
        "How many more %U were %W %P the %A than %P the %B?", FACT_NONE, FORM_ORDERED | FORM_RATED},

    {"places_ratio", SHAPE_PLACES, QUANTITY_QUOTIENT, "cd", "ratio of %A %V %E to %A %V %F",
        "How many times as many %A were %V %E as %F?", FACT_NONE, FORM_ORDERED | FORM_BROKEN},
    {"kinds_ratio", SHAPE_KINDS, QUANTITY_QUOTIENT, "cd", "ratio of %A to %B %V %E",
        "How many times as many %A as %B were %V %E?", FACT_NONE, FORM_ORDERED | FORM_BROKEN},
    {"rows_ratio", SHAPE_ROWS, QUANTITY_QUOTIENT, "rs", "ratio of %G %V %E to %G %V %F",
        "How many times as many %G were %V %E as %F?", FACT_NONE, FORM_ORDERED | FORM_BROKEN},
    {"columns_ratio", SHAPE_COLUMNS, QUANTITY_QUOTIENT, "kl", "ratio of %A to %B %V in all",
        "How many times as many %A as %B were %V in all?", FACT_NONE, FORM_ORDERED | FORM_BROKEN},

    {"share_of_column", SHAPE_CELL, QUANTITY_PERCENT, "ck", "percentage of all the %A that were %V %E",
        "What percentage of all the %A were %V %E?", FACT_NONE, FORM_BROKEN},
    {"share_of_row", SHAPE_CELL, QUANTITY_PERCENT, "cr", "percentage of the %G %V %E that were %A",
        "What percentage of the %G %V %E were %A?", FACT_NONE, FORM_BROKEN},
    {"column_share", SHAPE_COLUMN, QUANTITY_PERCENT, "kg", "percentage of all the %G %V that were %A",
        "What percentage of all the %G %V were %A?", FACT_NONE, FORM_BROKEN},
    {"row_share", SHAPE_ROW, QUANTITY_PERCENT, "rg", "percentage of all the %G that were %V %E",
        "What percentage of all the %G were %V %E?", FACT_NONE, FORM_BROKEN},

    {"column_mean", SHAPE_COLUMN, QUANTITY_MEAN, "C", "average number of %A %V per %K",
        "On average, how many %A were %V per %K?", FACT_NONE, FORM_BROKEN},
    {"row_mean", SHAPE_ROW, QUANTITY_MEAN, "R", "average number of %G %V %E per %k",
        "On average, how many %G per %k were %V %E?", FACT_NONE, FORM_BROKEN},
    {"grand_mean", SHAPE_GRAND, QUANTITY_MEAN, "T", "average number of %G %V per %K",
        "On average, how many %G were %V per %K?", FACT_NONE, FORM_BROKEN},

    {"extra_column", SHAPE_CELL, QUANTITY_SUM, "kF", "%A %V in all with more %A %V %E",
        "If %N more %A " HAD "how many %A would have been %V in all?", FACT_EXTRA, 0},
    {"fewer_row", SHAPE_CELL, QUANTITY_DIFFERENCE, "rF", "%G %V %E altogether with fewer %A",
        "If %N fewer %A " HAD "how many %G would have been %V %E altogether?", FACT_FEWER, 0},
    {"multiple_column", SHAPE_CELL, QUANTITY_SUM, "Ox", "%A %V in all with a multiple of %A %V %E",
        "If %N times as many %A " HAD "how many %A would have been %V in all?", FACT_TIMES, 0},
    {"column_left", SHAPE_COLUMN, QUANTITY_DIFFERENCE, "kF", "%A left over",
        "If %N of the %A %L, how many %A would be left?", FACT_LOSS, 0},
    {"grand_left", SHAPE_GRAND, QUANTITY_DIFFERENCE, "gF", "%G left over",
        "If %N of the %G %L, how many %G would be left?", FACT_LOSS, 0},
    {"column_dealt", SHAPE_COLUMN, QUANTITY_QUOTIENT, "kF", "%A for each %c",
        "If all the %A were divided equally among %N %C, how many %A would there be for each %c?",
        FACT_SHARE, FORM_BROKEN},
    {"row_dealt", SHAPE_ROW, QUANTITY_QUOTIENT, "rF", "%G %V %E for each %c",
        "If the %G %V %E were divided equally among %N %C, how many %G would there be for each %c?",
        FACT_SHARE, FORM_BROKEN},
    {"price_column", SHAPE_COLUMN, QUANTITY_PRODUCT, "kF", "%U %W %P all the %A at a new rate",
        "If %N %U had been %W %P each %S, how many %U would have been %W %P all the %A?",
        FACT_PRICE, FORM_RATED},
};
/* clang-format on */
const size_t world_form_count = ARRAY_LEN(world_forms);

/* Where a pattern goes: appended to out, or, without out, compared with text. */
struct sink {
    struct buf *out;
    struct str text;
    size_t at;
    struct rat fact;
};

static bool put(struct sink *s, struct str piece)
{
    if (s->out) {
        buf_str_add(s->out, piece);
        return true;
    }
    if (piece.n == 0)
        return true;
    if (s->text.n - s->at < piece.n || memcmp(s->text.p + s->at, piece.p, piece.n) != 0)
        return false;
    s->at += piece.n;
    return true;
}

enum { FACT_MAX_DIGITS = 9 };

static bool put_fact(struct sink *s)
{
    size_t start = s->at;

    if (s->out) {
        rat_print(s->out, s->fact);
        return true;
    }
    while (s->at < s->text.n && str_is_digit(s->text.p[s->at]))
        s->at++;
    struct str digits = str_slice(s->text, start, s->at);
    return digits.n > 0 && digits.n <= FACT_MAX_DIGITS && rat_parse(digits, &s->fact) &&
           s->fact.num > 0;
}

static enum world_word fixed_word(char letter)
{
    static const char letters[] = "GgVKkLCcUWP"; /* in the order of enum world_word */
    const char *p = strchr(letters, letter);

    if (letter == '\0' || !p)
        BUG("form pattern with unknown letter '%c'", letter);
    return (enum world_word)(p - letters);
}

static struct str word_of(const struct world_view *v, const struct quantity *q, char letter)
{
    const struct world_context *c = v->context;

    switch (letter) {
    case 'E':
        return v->words->entity[q->args[0]];
    case 'A':
        return v->words->kind[q->args[1]];
    case 'F':
        return v->words->entity[q->args[2]];
    case 'B':
        return v->words->kind[q->args[3]];
    case 'S':
        return c->nrates == 1 && q->form == FORM_RATE ? c->words[WORD_GROUP_ONE]
                                                      : c->singular[q->args[1]];
    case 'X':
        return v->words->aside[q->args[0]];
    default:
        return c->words[fixed_word(letter)];
    }
}

static bool run_pattern(
    const struct world_view *v, const struct quantity *q, struct str pattern, struct sink *s)
{
    size_t i = 0;

    while (i < pattern.n) {
        size_t next = str_find(pattern, STR("%"), i);
        if (next == SIZE_MAX)
            return put(s, str_from(pattern, i));
        char letter = pattern.p[next + 1];
        if (!put(s, str_slice(pattern, i, next)))
            return false;
        if (letter == 'N' ? !put_fact(s) : !put(s, word_of(v, q, letter)))
            return false;
        i = next + 2;
    }
    return true;
}

void world_pattern(const struct world_view *v, const struct quantity *q, const char *pattern,
    struct rat fact, struct buf *out)
{
    struct sink s = {out, {NULL, 0}, 0, fact};

    if (!run_pattern(v, q, str_c(pattern), &s))
        BUG("writing pattern '%s'", pattern);
}

void world_render_question(
    const struct world_view *v, size_t quantity, struct rat fact, struct buf *out)
{
    const struct quantity *q = &v->quantities[quantity];

    if (!world_forms[q->form].question)
        BUG("form %s has no question", world_forms[q->form].name);
    world_pattern(v, q, world_forms[q->form].question, fact, out);
}

static struct str without_end(struct str s)
{
    while (s.n > 0 && strchr(".?! ", s.p[s.n - 1]))
        s.n--;
    return s;
}

enum { QUESTION_MAX = 1024 };

bool world_read_question(
    const struct world_view *v, struct str text, size_t *ret_quantity, struct rat *ret_fact)
{
    struct buf flat = BUF_INIT;
    bool found = false;

    if (text.n > QUESTION_MAX)
        return false;
    buf_collapse(&flat, text);
    struct str line = without_end(buf_str(&flat));
    for (size_t i = 0; i < v->n && !found; i++) {
        const struct quantity *q = &v->quantities[i];
        struct sink s = {NULL, line, 0, RAT_ZERO};
        if (!q->candidate)
            continue;
        struct str pattern = without_end(str_c(world_forms[q->form].question));
        found = run_pattern(v, q, pattern, &s) && s.at == line.n;
        if (found) {
            *ret_quantity = i;
            *ret_fact = s.fact;
        }
    }
    buf_release(&flat);
    return found;
}
