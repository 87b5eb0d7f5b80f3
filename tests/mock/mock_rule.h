/*
 * mock_rule.h - the mock server's command language: words in, a table of numbers out.
 *
 * The language itself is described at the top of mock_server.c.
 */
#ifndef TESTS_MOCK_MOCK_RULE_H
#define TESTS_MOCK_MOCK_RULE_H

#include "harness/base/number.h"
#include "harness/base/str.h"

/* name, value when the word stands alone */
#define OPTIONS(X)                                                                                 \
    X(STATUS, "status", 500)                                                                       \
    X(TIMES, "times", 1)                                                                           \
    X(FIRSTS, "firsts", 1)                                                                         \
    X(AFTERDATE, "afterdate", 2)                                                                   \
    X(DELAY, "delay", 100)                                                                         \
    X(TOKDELAY, "tokdelay", 10)                                                                    \
    X(STALL, "stall", 0)                                                                           \
    X(CUT, "cut", 40)                                                                              \
    X(RESET, "reset", 40)                                                                          \
    X(RESETNOW, "resetnow", 1)                                                                     \
    X(CLOSENOW, "closenow", 1)                                                                     \
    X(WRITE, "write", 1)                                                                           \
    X(CHUNKED, "chunked", 7)                                                                       \
    X(CLOSE, "close", 1)                                                                           \
    X(CLOSEIDLE, "closeidle", 1)                                                                   \
    X(NOHTTP, "nohttp", 1)                                                                         \
    X(BLANK, "blank", 1)                                                                           \
    X(GARBAGE, "garbage", 1)                                                                       \
    X(HTML, "html", 1)                                                                             \
    X(NOTJSON, "notjson", 1)                                                                       \
    X(EMPTYBODY, "emptybody", 1)                                                                   \
    X(ERROR200, "error200", 1)                                                                     \
    X(BIG, "big", 10000000)                                                                        \
    X(NUL, "nul", 1)                                                                               \
    X(BADUTF8, "badutf8", 1)                                                                       \
    X(UTF8, "utf8", 1)                                                                             \
    X(NULLCONTENT, "nullcontent", 1)                                                               \
    X(LENGTH, "length", 1)                                                                         \
    X(BUDGET, "budget", 1)                                                                         \
    X(REASONING, "reasoning", 1)                                                                   \
    X(REFUSAL, "refusal", 1)                                                                       \
    X(FILTER, "filter", 1)                                                                         \
    X(NOCHOICE, "nochoice", 1)                                                                     \
    X(NOFINISH, "nofinish", 1)                                                                     \
    X(NOUSAGE, "nousage", 1)                                                                       \
    X(USED, "used", 6)                                                                             \
    X(TOOLS, "tools", 1)                                                                           \
    X(TOOLBAD, "toolbad", 1)                                                                       \
    X(TOOLCUT, "toolcut", 1)                                                                       \
    X(TOOLUNKNOWN, "toolunknown", 1)                                                               \
    X(CRLF, "crlf", 1)                                                                             \
    X(CR, "cr", 1)                                                                                 \
    X(BOM, "bom", 1)                                                                               \
    X(COMMENTS, "comments", 1)                                                                     \
    X(NODONE, "nodone", 1)                                                                         \
    X(ERREVENT, "errevent", 1)                                                                     \
    X(NOBLANK, "noblank", 1)                                                                       \
    X(PLAIN, "plain", 1)

#define OPTION_ENUM(name, word, alone) OPT_##name,
enum option { OPTIONS(OPTION_ENUM) OPTION_COUNT };
#undef OPTION_ENUM

enum { TEXT_MAX = 96 };

struct rule {
    int64_t v[OPTION_COUNT]; /* -1 = not commanded */
    char after[TEXT_MAX], after_ms[TEXT_MAX], should[TEXT_MAX], shape[TEXT_MAX], answer[TEXT_MAX];
};

static inline void rule_reset(struct rule *r)
{
    *r = (struct rule){.after = ""};
    for (size_t i = 0; i < OPTION_COUNT; i++)
        r->v[i] = -1;
}

static inline bool rule_text(struct rule *r, struct str name, struct str value)
{
    struct {
        const char *name;
        char *to;
    } texts[] = {{"after", r->after}, {"after_ms", r->after_ms}, {"should", r->should},
        {"shape", r->shape}, {"answer", r->answer}};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (!str_eqc(name, texts[i].name) || value.n >= TEXT_MAX)
            continue;
        for (size_t k = 0; k <= value.n; k++)
            texts[i].to[k] = k == value.n ? '\0' : value.p[k] == '_' ? ' ' : value.p[k];
        return true;
    }
    return false;
}

/* One word. False if it is not of the language: the server says so instead of answering. */
static inline bool rule_word(struct rule *r, struct str word)
{
    static const struct {
        const char *name;
        int64_t alone;
    } options[] = {
#define OPTION_ROW(name, word, alone) {word, alone},
        OPTIONS(OPTION_ROW)
#undef OPTION_ROW
    };
    struct rat number;
    size_t eq = str_find(word, STR("="), 0);
    struct str name = str_slice(word, 0, eq == SIZE_MAX ? word.n : eq);
    struct str value = eq == SIZE_MAX ? (struct str){NULL, 0} : str_from(word, eq + 1);

    if (word.n == 0 || str_eqc(word, "ok"))
        return true;
    if (eq == SIZE_MAX && rat_parse(word, &number)) {
        r->v[number.num >= 100 ? OPT_STATUS : OPT_TIMES] = number.num;
        return true;
    }
    if (eq != SIZE_MAX && rule_text(r, name, value))
        return true;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!str_eqc(name, options[i].name))
            continue;
        r->v[i] = options[i].alone;
        if (eq == SIZE_MAX)
            return true;
        if (!rat_parse(value, &number))
            return false;
        r->v[i] = number.num;
        return true;
    }
    return false;
}

/* "mock-429-2-ok": words behind "mock", separated by '-' or ','. A '-' that follows '=' is a sign.
 */
static inline bool rule_parse(struct rule *r, struct str text)
{
    size_t start = 0;

    if (!str_starts(text, STR("mock")))
        return true;
    text = str_from(text, 4);
    for (size_t i = 0; i <= text.n; i++) {
        bool sign = i > 0 && i < text.n && text.p[i] == '-' && text.p[i - 1] == '=';
        if (i < text.n && (sign || (text.p[i] != '-' && text.p[i] != ',')))
            continue;
        if (!rule_word(r, str_slice(text, start, i)))
            return false;
        start = i + 1;
    }
    return true;
}

static inline bool rule_on(const struct rule *r, enum option o)
{
    return r->v[o] >= 0;
}

#endif
