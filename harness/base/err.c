/* err.c - filling and wrapping struct err; the table of codes is in err.h. */
#include "harness/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ERR_EXIT(name, exit_code, text) exit_code,
static const int exit_codes[] = {ERR_CODES(ERR_EXIT)};
#define ERR_TEXT(name, exit_code, text) text,
static const char *const meanings[] = {ERR_CODES(ERR_TEXT)};

enum err_code err_set_at(
    struct err *err, enum err_code code, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return code;
    err->code = code;
    err->file = file;
    err->line = line;
    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    return code;
}

enum err_code err_errno(struct err *err, int code, const char *verb, const char *path)
{
    enum err_code kind = ERR_IO;

    if (code == ENOENT)
        kind = ERR_NOT_FOUND;
    else if (code == EISDIR || code == ENOTDIR || code == ENAMETOOLONG)
        kind = ERR_USAGE;
    return err_set(err, kind, "cannot %s %s: %s", verb, path, strerror(code));
}

enum err_code err_wrap(struct err *err, const char *fmt, ...)
{
    char context[256], old[sizeof err->msg];
    va_list ap;

    if (!err)
        return ERR_FAILED;
    va_start(ap, fmt);
    vsnprintf(context, sizeof context, fmt, ap);
    va_end(ap);
    memcpy(old, err->msg, sizeof old);
    size_t n = (size_t)snprintf(err->msg, sizeof err->msg, "%s: ", context);
    if (n >= sizeof err->msg)
        n = sizeof err->msg - 1;
    size_t room = sizeof err->msg - n - 1, rest = strlen(old);
    memcpy(err->msg + n, old, rest < room ? rest : room);
    err->msg[n + (rest < room ? rest : room)] = '\0';
    return err->code;
}

int err_exit_code(enum err_code code)
{
    return (size_t)code < ARRAY_LEN(exit_codes) ? exit_codes[code] : 1;
}

const char *err_meaning(enum err_code code)
{
    return (size_t)code < ARRAY_LEN(meanings) ? meanings[code] : "unknown error";
}
