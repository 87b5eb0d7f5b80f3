/* template.c - a template's sections into a parsed template; see template.h. */
#include "datasets/template_internal.h"

#include <stdlib.h>

enum section { SECTION_TEXT, SECTION_INIT, SECTION_CONDITIONS, SECTION_ANSWER };

struct reader {
    struct template *t;
    const struct words *words;
    struct buf text; /* the problem text */
    struct err *err;
};

/* "#init:", "#conditions: ", "#answer = expr": the section that a line opens. */
static bool opens_section(struct str line, enum section *ret)
{
    static const char *const heads[] = {"", "#init", "#conditions", "#answer"};

    for (size_t i = SECTION_INIT; i <= SECTION_ANSWER; i++)
        if (str_starts(line, str_c(heads[i]))) {
            *ret = (enum section)i;
            return true;
        }
    return false;
}

/* Index of a variable, new if need be. A second #init of the same name replaces the first. */
static enum err_code add_variable(struct reader *r, struct str name, size_t *ret)
{
    struct template *t = r->t;

    for (size_t i = 0; i < name.n; i++)
        if (!str_is_alpha(name.p[i]) && name.p[i] != '_' && (i == 0 || !str_is_digit(name.p[i])))
            return err_set(r->err, ERR_INPUT, "'%.*s' is no variable name", STR_ARG(name));
    if (name.n == 0)
        return err_set(r->err, ERR_INPUT, "a variable name is missing");
    *ret = template_variable_index(t, name);
    if (*ret != SIZE_MAX)
        return OK;
    if (t->nvars == TEMPLATE_MAX_VARIABLES)
        return err_set(r->err, ERR_LIMIT, "more than %d variables", (int)TEMPLATE_MAX_VARIABLES);
    *ret = t->nvars++;
    t->names[*ret] = t->vars[*ret].name = arena_str(&t->arena, name);
    return OK;
}

/* [$]name[, name..] = rhs */
static enum err_code read_init(struct reader *r, struct str line)
{
    size_t eq = str_find(line, STR("="), 0), count = 1, place = 0, var = 0;
    uint64_t here = 0; /* variables of this line */
    struct texpr *rhs;
    struct domain domain;
    enum domain_draw draw;
    struct str left, name;

    if (r->t->ngroups == TEMPLATE_MAX_INITS)
        return err_set(r->err, ERR_LIMIT, "more than %d #init lines", (int)TEMPLATE_MAX_INITS);
    if (eq == SIZE_MAX)
        return err_set(r->err, ERR_INPUT, "expected 'name = values'");
    left = str_slice(line, 0, eq);
    for (size_t i = 0; i < left.n; i++)
        count += left.p[i] == ',';
    enum err_code code = texpr_parse(str_from(line, eq + 1), &r->t->arena, &rhs, r->err);
    if (!code)
        code = domain_make(rhs, count, r->words, &r->t->arena, &domain, &draw, r->err);
    while (!code && str_cut(&left, ',', &name)) {
        name = str_trim(name);
        if (name.n && name.p[0] == '$')
            name = str_from(name, 1);
        code = add_variable(r, name, &var);
        if (code)
            break;
        struct tvariable *v = &r->t->vars[var];
        if (here & VAR_BIT(var))
            return err_set(r->err, ERR_INPUT, "'%.*s' stands twice on the left", STR_ARG(name));
        here |= VAR_BIT(var);
        v->domain = domain;
        v->draw = draw;
        v->group = r->t->ngroups;
        v->place = place++;
    }
    r->t->ngroups++;
    return code;
}

static enum err_code read_condition(struct reader *r, struct str line, size_t number)
{
    struct template *t = r->t;
    struct texpr *e;

    if (t->nconditions == TEMPLATE_MAX_CONDITIONS)
        return err_set(r->err, ERR_LIMIT, "more than %d conditions", (int)TEMPLATE_MAX_CONDITIONS);
    if (texpr_parse(line, &t->arena, &e, r->err))
        return ERR_INPUT;
    t->condition_bytes += line.n;
    t->conditions[t->nconditions++] = (struct tcondition){.e = e, .line = number};
    return OK;
}

/* A line of a list section: "- something"; the blank behind the dash may be missing. */
static enum err_code read_bullet(
    struct reader *r, enum section section, struct str line, size_t number)
{
    if (line.n == 0)
        return OK;
    if (line.p[0] != '-')
        return err_set(r->err, ERR_INPUT, "expected a line that begins with '-'");
    line = str_trim(str_from(line, 1));
    return section == SECTION_INIT ? read_init(r, line) : read_condition(r, line, number);
}

static enum err_code read_sections(struct reader *r, struct str question)
{
    enum section section = SECTION_TEXT;
    struct str rest = question, line;
    enum err_code code = OK;

    for (size_t number = 1; !code && str_cut(&rest, '\n', &line); number++) {
        line = str_trim(line);
        if (opens_section(line, &section))
            continue;
        if (section == SECTION_TEXT) {
            buf_str_add(&r->text, line);
            buf_putc(&r->text, '\n');
        } else if (section != SECTION_ANSWER) /* #answer only repeats the last worked line */
            code = read_bullet(r, section, line, number);
        if (code)
            code = err_wrap(r->err, "%s: question line %zu", r->t->name, number);
    }
    return code;
}

static void find_solution(
    const struct template *t, struct tcondition *c, struct texpr *side, struct texpr *other)
{
    uint64_t needs = 0;

    if (side->kind != TEXPR_NAME || texpr_bind(other, t->names, t->nvars, &needs, NULL) ||
        (needs & VAR_BIT(side->var)))
        return;
    c->solutions[c->nsolutions++] =
        (struct tsolution){.var = side->var, .needs = needs, .value = other};
}

static enum err_code bind_conditions(struct template *t, struct err *err)
{
    for (size_t i = 0; i < t->nconditions; i++) {
        struct tcondition *c = &t->conditions[i];
        if (texpr_bind(c->e, t->names, t->nvars, &c->mask, err))
            return err_wrap(err, "%s: question line %zu", t->name, c->line);
        if (c->e->kind != TEXPR_COMPARE || c->e->nkids != 2)
            continue;
        struct texpr *left = c->e->first, *right = left->next;
        if (right->compare == TEXPR_EQ) {
            find_solution(t, c, left, right);
            find_solution(t, c, right, left);
        }
    }
    return OK;
}

static enum err_code read_template(
    struct reader *r, const struct template_source *source, struct err *err)
{
    struct template *t = r->t;

    if (source->question.n > TEMPLATE_MAX_SOURCE || source->answer.n > TEMPLATE_MAX_SOURCE)
        return err_set(err, ERR_LIMIT, "%s: a section of more than %d bytes", t->name,
            (int)TEMPLATE_MAX_SOURCE);
    if (!str_utf8_ok(source->question) || !str_utf8_ok(source->answer))
        return err_set(err, ERR_INPUT, "%s: not valid UTF-8", t->name);
    /* trees borrow their names from the text, so the text is kept */
    t->conditions = arena_array(&t->arena, struct tcondition, TEMPLATE_MAX_CONDITIONS);
    t->question = arena_str(&t->arena, source->question);
    t->origin.original_id = -1;
    enum err_code code = read_sections(r, t->question);
    if (!code)
        code = template_parse_text(t, buf_str(&r->text), err);
    if (!code)
        code = bind_conditions(t, err);
    if (!code)
        code = template_parse_answer(t, source->answer, err);
    if (!code)
        code = template_build_matchers(t, err);
    return code;
}

enum err_code template_parse_words(const struct template_source *source, const struct words *words,
    struct template **ret, struct err *err)
{
    struct template *t = xcalloc(1, sizeof *t);
    struct reader r = {.t = t, .words = words, .text = BUF_INIT, .err = err};

    t->name = xstrdup(source->name ? source->name : "template");
    enum err_code code = read_template(&r, source, err);
    buf_release(&r.text);
    if (code)
        template_free(t);
    else
        *ret = t;
    return code;
}

enum err_code template_parse(
    const struct template_source *source, struct template **ret, struct err *err)
{
    struct words words;
    enum err_code code = words_load(&words, err);

    if (code)
        return code;
    code = template_parse_words(source, &words, ret, err);
    words_release(&words);
    return code;
}

void template_free(struct template *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < ARRAY_LEN(t->matchers); i++)
        regex_free(t->matchers[i].re);
    arena_release(&t->arena);
    free(t->name);
    free(t);
}

const char *template_name(const struct template *t)
{
    return t->name;
}

const struct template_origin *template_origin(const struct template *t)
{
    return &t->origin;
}

size_t template_variables(const struct template *t)
{
    return t->nvars;
}

struct str template_variable(const struct template *t, size_t i)
{
    if (i >= t->nvars)
        BUG("variable %zu of %zu", i, t->nvars);
    return t->names[i];
}

size_t template_variable_index(const struct template *t, struct str name)
{
    for (size_t i = 0; i < t->nvars; i++)
        if (str_eq(t->names[i], name))
            return i;
    return SIZE_MAX;
}

enum err_code template_eval(const struct template *t, const struct tbinding *b,
    struct str expression, struct tvalue *ret, struct arena *arena, struct err *err)
{
    struct texpr *e;
    struct tvalue v;
    const char *why = "";

    if (texpr_parse(expression, arena, &e, err) || texpr_bind(e, t->names, t->nvars, NULL, err))
        return err_wrap(err, "%s", t->name);
    switch (texpr_eval(e, b, &v, &why)) {
    case TEXPR_OK:
        break;
    case TEXPR_UNKNOWN:
        return err_set(err, ERR_NOT_FOUND, "%s: a variable of \"%.*s\" is not known", t->name,
            STR_ARG(expression));
    default:
        return err_set(err, ERR_NUMBER, "%s: \"%.*s\": %s", t->name, STR_ARG(expression), why);
    }
    struct buf text = BUF_INIT;
    texpr_show(&text, v);
    v.text = arena_str(arena, buf_str(&text));
    buf_release(&text);
    *ret = v;
    return OK;
}
