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

enum { MAX_SECRETS = 32, SHORTEST_SECRET = 6 };

static FILE *log_file;
static enum log_level log_least;
static char *secrets[MAX_SECRETS];
static size_t secret_count;

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
    if (secret.n < SHORTEST_SECRET || secret_count == MAX_SECRETS)
        return;
    for (size_t i = 0; i < secret_count; i++)
        if (str_eqc(secret, secrets[i]))
            return;
    char *copy = xcalloc(secret.n + 1, 1);
    memcpy(copy, secret.p, secret.n);
    secrets[secret_count++] = copy;
}

/* Length of the registered secret that starts at s[i], or 0. */
static size_t secret_at(struct str s, size_t i)
{
    for (size_t k = 0; k < secret_count; k++)
        if (str_starts(str_from(s, i), str_c(secrets[k])))
            return strlen(secrets[k]);
    return 0;
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
    char text[2048], when[24];
    va_list ap;

    if (!log_file || level < log_least)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct buf clean = BUF_INIT, line = BUF_INIT;
    secret_redact(&clean, str_c(text));
    struct json_writer w = json_writer(&line, 0);
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "time", clock_iso(clock_wall_ms(), when));
    jsonw_cstr(&w, "level", names[level]);
    jsonw_str(&w, "text", buf_str(&clean));
    jsonw_end_object(&w);
    fprintf(log_file, "%s\n", buf_cstr(&line));
    buf_release(&clean);
    buf_release(&line);
}
