/* regex.c - PCRE2 with JIT and limits; see regex.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "harness/base/regex.h"

#include "harness/base/buf.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { MATCH_LIMIT = 2000000, DEPTH_LIMIT = 20000, HEAP_LIMIT_KIB = 16384 };

struct regex {
    pcre2_code *code;
    pcre2_match_context *limits;
    size_t groups;
};

enum err_code regex_new(struct str pattern, unsigned flags, struct regex **ret, struct err *err)
{
    int why = 0;
    PCRE2_SIZE at = 0;
    uint32_t options = PCRE2_UTF | PCRE2_NO_UTF_CHECK;

    if (!str_utf8_ok(pattern))
        return err_set(err, ERR_INPUT, "a pattern is not valid UTF-8");
    options |= flags & REGEX_NOCASE ? PCRE2_CASELESS : 0;
    options |= flags & (REGEX_ANCHORED | REGEX_WHOLE) ? PCRE2_ANCHORED : 0;
    options |= flags & REGEX_WHOLE ? PCRE2_ENDANCHORED : 0;
    options |= flags & REGEX_MULTILINE ? PCRE2_MULTILINE : 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, options, &why, &at, NULL);
    if (!code) {
        char text[160];
        pcre2_get_error_message(why, (PCRE2_UCHAR *)text, sizeof text);
        return err_set(err, ERR_INPUT, "pattern, byte %zu: %s", (size_t)at, text);
    }
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* optional: the interpreter does too */
    struct regex *re = xcalloc(1, sizeof *re);
    uint32_t groups = 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    *re =
        (struct regex){.code = code, .groups = groups, .limits = pcre2_match_context_create(NULL)};
    if (!re->limits)
        die_oom();
    pcre2_set_match_limit(re->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(re->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(re->limits, HEAP_LIMIT_KIB);
    *ret = re;
    return OK;
}

void regex_free(struct regex *re)
{
    if (!re)
        return;
    pcre2_code_free(re->code);
    pcre2_match_context_free(re->limits);
    free(re);
}

size_t regex_groups(const struct regex *re)
{
    return re->groups;
}

static void copy_groups(
    pcre2_match_data *md, int count, struct str subject, struct str *groups, size_t ngroups)
{
    PCRE2_SIZE *o = pcre2_get_ovector_pointer(md);

    for (size_t i = 0; i < ngroups; i++) {
        bool set = i < (size_t)count && o[2 * i] != PCRE2_UNSET;
        groups[i] = set ? str_slice(subject, o[2 * i], o[2 * i + 1]) : (struct str){NULL, 0};
    }
}

enum regex_result regex_match(
    const struct regex *re, struct str subject, size_t start, struct str *groups, size_t ngroups)
{
    if (!str_utf8_ok(subject) || start > subject.n)
        return REGEX_NO;
    pcre2_match_data *md = pcre2_match_data_create_from_pattern(re->code, NULL);
    if (!md)
        die_oom();
    int rc = pcre2_match(re->code, (PCRE2_SPTR)(subject.p ? subject.p : ""), subject.n, start,
        PCRE2_NO_UTF_CHECK, md, re->limits);
    if (rc > 0 && groups)
        copy_groups(md, rc, subject, groups, ngroups);
    pcre2_match_data_free(md);
    if (rc > 0)
        return REGEX_YES;
    return rc == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}

void regex_quote(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (strchr("\\^$.|?*+()[]{}#-", s.p[i]) && s.p[i] != '\0')
            buf_putc(out, '\\');
        buf_putc(out, s.p[i]);
    }
}
