/* template_solution.c - the worked solution: parsing its lines and rendering them; see template.h.
 */
#include "datasets/template_internal.h"

#include <stdlib.h>
#include <string.h>

static const char gold_mark[] = "####";

void template_drop_notes(struct buf *out, struct str line)
{
    size_t at = 0;

    while (at < line.n) {
        size_t open = str_find(line, STR("<<"), at);
        size_t close = open == SIZE_MAX ? SIZE_MAX : str_find(line, STR(">>"), open);
        if (close == SIZE_MAX)
            break;
        buf_str_add(out, str_slice(line, at, open));
        at = close + 2;
    }
    buf_str_add(out, str_from(line, at));
}

static enum err_code parse_placeholder(
    struct template *t, struct str inside, struct texpr **ret, struct err *err)
{
    if (texpr_parse(inside, &t->arena, ret, err))
        return ERR_INPUT;
    return texpr_bind(*ret, t->names, t->nvars, NULL, err);
}

/* Literal and {expression} parts of one line, in the template's arena. */
static enum err_code parse_line(
    struct template *t, struct str text, struct tline *line, struct err *err)
{
    size_t at = 0, room = 1;

    for (size_t i = 0; i < text.n; i++)
        room += text.p[i] == '{' ? 2 : 0;
    line->parts = arena_array(&t->arena, struct tline_part, room);
    while (at < text.n) {
        size_t open = str_find(text, STR("{"), at);
        open = open == SIZE_MAX ? text.n : open;
        if (str_find(str_slice(text, at, open), STR("}"), 0) != SIZE_MAX)
            return err_set(err, ERR_INPUT, "'}' without '{'");
        if (open > at)
            line->parts[line->n++].literal = str_slice(text, at, open);
        if (open == text.n)
            break;
        size_t close = str_find(text, STR("}"), open);
        if (close == SIZE_MAX)
            return err_set(err, ERR_INPUT, "'{' without '}'");
        struct texpr **e = &line->parts[line->n++].e;
        if (parse_placeholder(t, str_slice(text, open + 1, close), e, err))
            return ERR_INPUT;
        at = close + 1;
    }
    return OK;
}

/* "#### {expression}": the gold is the first placeholder, or the constant that stands there. */
static enum err_code parse_gold(struct template *t, struct str text, size_t number, struct err *err)
{
    struct tline line = {.n = 0};
    enum err_code code = parse_line(t, text, &line, err);

    if (code)
        return code;
    t->gold_line = number;
    for (size_t i = 0; i < line.n && !t->gold; i++)
        t->gold = line.parts[i].e;
    if (!t->gold)
        code = parse_placeholder(t, text, &t->gold, err);
    return code;
}

static enum err_code add_line(struct template *t, struct str text, size_t number, struct err *err)
{
    struct buf plain = BUF_INIT;
    bool gold = str_starts(text, str_c(gold_mark));

    template_drop_notes(&plain, gold ? str_from(text, strlen(gold_mark)) : text);
    struct str kept = str_trim(arena_str(&t->arena, buf_str(&plain)));
    buf_release(&plain);
    enum err_code code = OK;
    if (gold)
        code = parse_gold(t, kept, number, err);
    else if (kept.n) {
        struct tline *line = &t->lines[t->nlines++];
        line->line = number;
        code = parse_line(t, kept, line, err);
    }
    return code ? err_wrap(err, "%s: answer line %zu", t->name, number) : OK;
}

enum err_code template_parse_answer(struct template *t, struct str answer, struct err *err)
{
    struct str rest = answer, text;
    size_t room = 2, number = 0;

    for (size_t i = 0; i < answer.n; i++)
        room += answer.p[i] == '\n';
    t->lines = arena_array(&t->arena, struct tline, room);
    while (str_cut(&rest, '\n', &text)) {
        enum err_code code = add_line(t, str_trim(text), ++number, err);
        if (code)
            return code;
    }
    if (str_trim(answer).n && !t->gold)
        return err_set(err, ERR_INPUT, "%s: the answer has no \"#### {expression}\" line", t->name);
    return OK;
}

static enum err_code complain(
    const struct template *t, size_t line, const char *why, struct err *err)
{
    return err_set(err, ERR_INPUT, "%s: answer line %zu: %s", t->name, line, why);
}

static enum err_code render_line(const struct template *t, const struct tbinding *b,
    const struct tline *line, struct arena *arena, struct template_line *ret, struct err *err)
{
    struct buf text = BUF_INIT, value = BUF_INIT;
    enum err_code code = OK;

    ret->known = true;
    for (size_t i = 0; !code && i < line->n; i++) {
        struct tvalue v;
        const char *why = "";
        buf_str_add(&text, line->parts[i].literal);
        enum texpr_result r =
            line->parts[i].e ? texpr_eval(line->parts[i].e, b, &v, &why) : TEXPR_OK;
        if (r == TEXPR_FAIL)
            code = complain(t, line->line, why, err);
        else if (r == TEXPR_UNKNOWN) {
            ret->known = false;
            buf_putc(&text, '?');
        } else if (line->parts[i].e) {
            texpr_show(&text, v);
            if (v.has_num) {
                buf_reset(&value);
                rat_print(&value, v.num);
            }
        }
    }
    ret->text = arena_str(arena, buf_str(&text));
    ret->value = ret->known ? arena_str(arena, buf_str(&value)) : (struct str){"", 0};
    buf_release(&text);
    buf_release(&value);
    return code;
}

static enum err_code render_gold(const struct template *t, const struct tbinding *b,
    struct arena *arena, struct str *ret, struct err *err)
{
    struct tvalue v;
    const char *why = "";

    *ret = (struct str){NULL, 0};
    enum texpr_result r = t->gold ? texpr_eval(t->gold, b, &v, &why) : TEXPR_UNKNOWN;
    if (r == TEXPR_UNKNOWN)
        return OK;
    if (r == TEXPR_FAIL || !v.has_num)
        return complain(t, t->gold_line, r == TEXPR_FAIL ? why : "the answer is no number", err);
    struct buf text = BUF_INIT;
    rat_print(&text, v.num);
    *ret = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return OK;
}

enum err_code template_solution(const struct template *t, const struct tbinding *b,
    struct arena *arena, struct template_line **ret_lines, size_t *ret_n, struct str *ret_gold,
    struct err *err)
{
    struct template_line *lines = arena_array(arena, struct template_line, t->nlines + 1);
    struct str gold;
    enum err_code code = render_gold(t, b, arena, &gold, err);

    for (size_t i = 0; !code && i < t->nlines; i++)
        code = render_line(t, b, &t->lines[i], arena, &lines[i], err);
    if (code)
        return code;
    *ret_lines = lines;
    *ret_n = t->nlines;
    *ret_gold = gold;
    return OK;
}
