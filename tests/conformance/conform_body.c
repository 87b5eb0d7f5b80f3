/* conform_body.c - directives of a body into bytes and marks; see conform_body.h. */
#include "tests/conformance/conform_body.h"

#include "harness/base/number.h"

#define CHUNK                                                                                      \
    "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\""

static int64_t int_of(struct str s)
{
    struct rat r;

    return rat_parse(s, &r) && rat_is_int(r) ? r.num : -1;
}

static void mark(struct arena *arena, struct case_answer *a, enum act act, int64_t ms)
{
    ARENA_GROW(arena, a->marks, a->nmarks, a->cap_marks);
    a->marks[a->nmarks++] = (struct case_mark){.at = a->body.n, .act = act, .ms = ms};
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool put_hex(struct buf *out, struct str s)
{
    for (size_t i = 0; i + 1 < s.n; i += 2) {
        int high = hex_digit(s.p[i]), low = hex_digit(s.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        buf_putc(out, (char)(high * 16 + low));
    }
    return s.n % 2 == 0;
}

/* Where the JSON value ends that `s` begins with: by brackets, outside strings. */
static size_t value_end(struct str s)
{
    bool string = false;
    int depth = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (string) {
            i += c == '\\';
            string = c != '"';
            continue;
        }
        string = c == '"';
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (depth == 0 && (c == '}' || c == ']' || c == ' '))
            return c == ' ' ? i : i + 1;
    }
    return s.n;
}

static void put_word(struct buf *out, struct str word)
{
    if (str_eqc(word, "-"))
        buf_puts(out, "null");
    else
        buf_printf(out, "\"%.*s\"", STR_ARG(word));
}

static void put_finish(struct buf *out, struct str rest)
{
    struct str word, usage;

    str_cut(&rest, ' ', &word);
    usage = rest.p ? str_trim(rest) : (struct str){NULL, 0};
    buf_puts(out, CHUNK ",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":");
    put_word(out, word);
    buf_puts(out, "}]");
    if (usage.n)
        buf_printf(out, ",\"usage\":%.*s", STR_ARG(usage));
    buf_puts(out, "}\n\n");
}

static void put_chat(struct buf *out, struct str rest)
{
    size_t end = value_end(rest);
    struct str message = str_slice(rest, 0, end), word, tail = str_trim(str_from(rest, end));

    str_cut(&tail, ' ', &word);
    buf_printf(out,
        "{\"id\":\"c-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":"
        "[{\"index\":0,\"message\":%.*s,\"logprobs\":null,\"finish_reason\":",
        STR_ARG(message));
    put_word(out, word);
    buf_puts(out, "}]");
    if (tail.p && str_trim(tail).n)
        buf_printf(out, ",\"usage\":%.*s", STR_ARG(str_trim(tail)));
    buf_puts(out, "}");
}

static void convert_ends(struct case_answer *a, const char *end)
{
    struct buf out = BUF_INIT;

    for (size_t i = 0; i < a->body.n; i++) {
        if (a->body.p[i] == '\n')
            buf_puts(&out, end);
        else
            buf_putc(&out, a->body.p[i]);
    }
    buf_release(&a->body);
    a->body = out;
}

static bool put_event(struct arena *arena, struct case_answer *a, struct str verb, struct str rest)
{
    struct buf *out = &a->body;
    struct str word;

    (void)arena;
    if (str_eqc(verb, "data")) {
        buf_printf(out, "data: %.*s\n\n", STR_ARG(rest));
    } else if (str_eqc(verb, "done")) {
        buf_puts(out, "data: [DONE]\n\n");
    } else if (str_eqc(verb, "event")) {
        str_cut(&rest, ' ', &word);
        buf_printf(out, "event: %.*s\ndata: %.*s\n\n", STR_ARG(word), STR_ARG(rest));
    } else if (str_eqc(verb, "delta")) {
        buf_printf(out,
            CHUNK ",\"choices\":[{\"index\":0,\"delta\":%.*s,\"finish_reason\":null}]}\n\n",
            STR_ARG(rest));
    } else if (str_eqc(verb, "finish")) {
        put_finish(out, rest);
    } else if (str_eqc(verb, "usage")) {
        buf_printf(out, CHUNK ",\"choices\":[],\"usage\":%.*s}\n\n", STR_ARG(rest));
    } else if (str_eqc(verb, "chat")) {
        put_chat(out, rest);
    } else {
        return false;
    }
    return true;
}

static bool put_bytes(struct arena *arena, struct case_answer *a, struct str verb, struct str rest)
{
    struct str word;

    if (str_eqc(verb, "raw")) {
        buf_str_add(&a->body, rest);
    } else if (str_eqc(verb, "json")) {
        buf_str_add(&a->body, case_text(arena, rest));
    } else if (str_eqc(verb, "hex")) {
        return put_hex(&a->body, rest);
    } else if (str_eqc(verb, "repeat")) {
        str_cut(&rest, ' ', &word);
        rest = case_text(arena, rest);
        for (int64_t i = int_of(word); i > 0; i--)
            buf_str_add(&a->body, rest);
    } else if (str_eqc(verb, "crlf")) {
        convert_ends(a, "\r\n");
    } else if (str_eqc(verb, "cr")) {
        convert_ends(a, "\r");
    } else {
        return false;
    }
    return true;
}

static bool put_act(struct arena *arena, struct case_answer *a, struct str verb, struct str rest)
{
    static const struct {
        const char *word;
        enum act act;
    } acts[] = {
        {"delay", ACT_WAIT}, {"cut", ACT_CLOSE}, {"reset", ACT_RESET}, {"stall", ACT_STALL}};

    for (size_t i = 0; i < ARRAY_LEN(acts); i++)
        if (str_eqc(verb, acts[i].word)) {
            mark(arena, a, acts[i].act, int_of(str_trim(rest)));
            return true;
        }
    return false;
}

enum err_code conform_body_line(
    struct arena *arena, struct case_answer *a, struct str line, struct err *err)
{
    struct str rest = line, verb;

    if (line.n == 0 || line.p[0] != '@') {
        buf_str_add(&a->body, line);
        buf_putc(&a->body, '\n');
        return OK;
    }
    str_cut(&rest, ' ', &verb);
    verb = str_from(verb, 1);
    if (!rest.p)
        rest = STR("");
    if (put_event(arena, a, verb, rest) || put_bytes(arena, a, verb, rest) ||
        put_act(arena, a, verb, rest))
        return OK;
    return err_set(err, ERR_INPUT, "@%.*s is no directive, or its value is wrong", STR_ARG(verb));
}
