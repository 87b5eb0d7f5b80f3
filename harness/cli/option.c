/* option.c - see option.h. */
#include "harness/cli/option.h"

#include "harness/base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct option *find(const struct option *options, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eqc(name, options[i].name))
            return &options[i];
    return NULL;
}

static enum err_code unknown(
    const struct option *options, size_t n, struct str name, struct err *err)
{
    const char *nearest = NULL;
    size_t best = 4;

    for (size_t i = 0; i < n; i++) {
        size_t d = str_distance(name, str_c(options[i].name));
        if (d < best) {
            best = d;
            nearest = options[i].name;
        }
    }
    if (nearest)
        return err_set(
            err, ERR_USAGE, "unknown option %.*s; did you mean %s?", STR_ARG(name), nearest);
    return err_set(err, ERR_USAGE, "unknown option %.*s", STR_ARG(name));
}

static enum err_code set_int(const struct option *o, const char *value, struct err *err)
{
    char *end;

    errno = 0;
    long long v = strtoll(value, &end, 10);
    if (errno || end == value || *end)
        return err_set(err, ERR_USAGE, "%s needs a whole number, not \"%s\"", o->name, value);
    *(int64_t *)o->to = v;
    return OK;
}

static enum err_code set_value(const struct option *o, const char *value, struct err *err)
{
    struct option_list *list = o->to;

    if (o->type == OPTION_INT)
        return set_int(o, value, err);
    if (o->type == OPTION_STR) {
        *(const char **)o->to = value;
        return OK;
    }
    if (list->n == OPTION_LIST_MAX)
        return err_set(err, ERR_USAGE, "%s is given more than %d times", o->name, OPTION_LIST_MAX);
    list->v[list->n++] = value;
    return OK;
}

/* One option at argv[*i]; moves *i over its value. */
static enum err_code parse_one(
    int argc, char **argv, int *i, const struct option *options, size_t n, struct err *err)
{
    struct str rest = str_c(argv[*i]), name;

    (void)str_cut(&rest, '=', &name); /* argv entries are never NULL */
    const struct option *o = find(options, n, name);
    if (!o)
        return unknown(options, n, name, err);
    if (o->type == OPTION_FLAG) {
        if (rest.p)
            return err_set(err, ERR_USAGE, "%s takes no value", o->name);
        *(bool *)o->to = true;
        return OK;
    }
    if (rest.p)
        return set_value(o, rest.p, err);
    if (*i + 1 >= argc)
        return err_set(err, ERR_USAGE, "%s needs a value", o->name);
    return set_value(o, argv[++*i], err);
}

enum err_code option_parse(int argc, char **argv, const struct option *options, size_t n,
    const char **args, size_t max_args, size_t *ret_nargs, struct err *err)
{
    size_t nargs = 0;
    bool only_args = false;

    for (int i = 1; i < argc; i++) {
        if (!only_args && strcmp(argv[i], "--") == 0) {
            only_args = true;
        } else if (!only_args && argv[i][0] == '-' && argv[i][1]) {
            if (parse_one(argc, argv, &i, options, n, err))
                return err->code;
        } else if (nargs == max_args) {
            return err_set(err, ERR_USAGE, "unexpected argument \"%s\"", argv[i]);
        } else {
            args[nargs++] = argv[i];
        }
    }
    *ret_nargs = nargs;
    return OK;
}

void option_help(const struct option *options, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        struct buf left = BUF_INIT;
        buf_printf(&left, "%s%s%s", options[i].name, options[i].value ? " " : "",
            options[i].value ? options[i].value : "");
        buf_printf(out, "  %-24s %s\n", buf_cstr(&left), options[i].help);
        buf_release(&left);
    }
}

const char *option_text(struct arena *arena, const char *key, const char *value)
{
    struct buf b = BUF_INIT;

    buf_printf(&b, "%s=", key);
    json_quote(&b, str_c(value));
    const char *s = arena_cstr(arena, buf_str(&b));
    buf_release(&b);
    return s;
}
