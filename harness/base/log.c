/* log.c - JSON-lines log file and the list of secrets; see log.h. */
#include "harness/base/log.h"

#include "harness/base/buf.h"
#include "harness/base/clock.h"
#include "harness/base/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORTEST_SECRET = 6, LONGEST_TEXT = 8192 };

static FILE *log_file;
static enum log_level log_least;
static char **secrets;
static size_t secret_count, secret_cap;

enum err_code log_open(const char *path, enum log_level least, struct err *err)
{
    log_close();
    log_file = fopen(path, "ae");
    if (!log_file)
        return err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    setvbuf(log_file, NULL, _IOLBF, 0);
    log_least = least;
    return OK;
}

void log_close(void)
{
    if (log_file)
        fclose(log_file);
    log_file = NULL;
}

void secret_add(struct str secret)
{
    if (secret.n < SHORTEST_SECRET)
        return;
    for (size_t i = 0; i < secret_count; i++)
        if (str_eqc(secret, secrets[i]))
            return;
    char *copy = xcalloc(secret.n + 1, 1);
    memcpy(copy, secret.p, secret.n);
    GROW(secrets, secret_count + 1, secret_cap);
    secrets[secret_count++] = copy;
}

/* Length of the longest registered secret that starts at s[i], or 0. */
static size_t secret_at(struct str s, size_t i)
{
    size_t longest = 0;

    for (size_t k = 0; k < secret_count; k++) {
        struct str secret = str_c(secrets[k]);
        if (secret.n > longest && str_starts(str_from(s, i), secret))
            longest = secret.n;
    }
    return longest;
}

void secret_redact(struct buf *out, struct str s)
{
    size_t start = 0;

    for (size_t i = 0; i < s.n && secret_count;) {
        size_t n = secret_at(s, i);
        if (n == 0) {
            i++;
            continue;
        }
        buf_add(out, s.p + start, i - start);
        buf_puts(out, "[redacted]");
        i += n;
        start = i;
    }
    buf_add(out, s.p + start, s.n - start);
}

void log_msg(enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char *text = NULL, when[24];
    va_list ap;

    if (!log_file || level < log_least)
        return;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        die_oom();
    /* the whole text is redacted before any is cut: half a secret must not stay */
    struct buf raw = BUF_INIT, clean = BUF_INIT, line = BUF_INIT;
    secret_redact(&raw, str_c(text));
    struct str s = str_slice(buf_str(&raw), 0, LONGEST_TEXT);
    for (size_t i = 0; i < s.n;) {
        uint32_t cp = str_utf8_next(s, &i);
        buf_utf8(&clean, cp >= 0x7F && cp < 0xA0 ? 0xFFFD : cp); /* terminals act upon C1, too */
    }
    struct json_writer w = json_writer(&line, 0);
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "time", clock_iso(clock_wall_ms(), when));
    jsonw_cstr(&w, "level", names[level]);
    jsonw_str(&w, "text", buf_str(&clean));
    jsonw_end_object(&w);
    fprintf(log_file, "%s\n", buf_cstr(&line));
    buf_release(&raw);
    buf_release(&clean);
    buf_release(&line);
    free(text);
}
