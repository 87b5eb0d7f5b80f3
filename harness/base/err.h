/*
 * err.h - the one way a function reports trouble to its caller.
 *
 * A function that can fail returns enum err_code (OK = 0), is marked MUST_CHECK and takes
 * `struct err *err` last. On failure it fills err with a message that names the file, line or key
 * and says what to do; on success err is untouched. Only harness/cli prints messages.
 *
 *     if (file_read(path, limit, &buf, err))
 *         return err_wrap(err, "prompt set %s", name);
 *
 * The exit code of the program is a property of the code, so that every "wrong input" anywhere
 * ends with 2 and every resumable stop with 4.
 */
#ifndef HARNESS_BASE_ERR_H
#define HARNESS_BASE_ERR_H

#include "harness/base/base.h"

/* name, exit code, meaning */
#define ERR_CODES(X)                                                                               \
    X(OK, 0, "success")                                                                            \
    X(ERR_FAILED, 1, "failed")                                                                     \
    X(ERR_IO, 1, "file or disk trouble")                                                           \
    X(ERR_NUMBER, 1, "arithmetic overflow or division by zero")                                    \
    X(ERR_LIMIT, 1, "a size, step or match limit was reached")                                     \
    X(ERR_USAGE, 2, "wrong use or configuration")                                                  \
    X(ERR_INPUT, 2, "malformed input data")                                                        \
    X(ERR_NOT_FOUND, 2, "named thing does not exist")                                              \
    X(ERR_ENDPOINT, 2, "the endpoint refuses this key, model or address")                          \
    X(ERR_BUSY, 2, "another process holds the run")                                                \
    X(ERR_WORSE, 3, "the gate says worse")                                                         \
    X(ERR_STOPPED, 4, "stopped early and resumable")

#define ERR_ENUM(name, exit_code, text) name,
enum err_code { ERR_CODES(ERR_ENUM) ERR_CODE_COUNT };
#undef ERR_ENUM

struct err {
    enum err_code code;
    char msg[512];
    const char *file; /* where err_set was called, for debug output */
    int line;
};

/* Fills *err (which may be NULL) and returns code, so that callers write `return err_set(...)`. */
#define err_set(err, code, ...) err_set_at((err), (code), __FILE__, __LINE__, __VA_ARGS__)
PRINTF_LIKE(5, 6)
enum err_code err_set_at(
    struct err *err, enum err_code code, const char *file, int line, const char *fmt, ...);

/* "cannot VERB PATH: why", from an errno value. What is wrong with the name that was given (nothing
 * there, a directory in place of a file) is the user's doing, ERR_NOT_FOUND or ERR_USAGE; all else
 * is ERR_IO. */
enum err_code err_errno(struct err *err, int code, const char *verb, const char *path);

/* Puts "context: " before the message that is there and returns its code. */
PRINTF_LIKE(2, 3) enum err_code err_wrap(struct err *err, const char *fmt, ...);

/* Exit code of the process for `code`, 0..4. */
int err_exit_code(enum err_code code);
const char *err_meaning(enum err_code code);

#endif
