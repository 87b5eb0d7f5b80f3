/*
 * conform.c - plays cases of a misbehaving server against the program and says what came of them.
 *
 *     conform BUILD_DIR FILE... [--only CASE] [--show]
 *
 * One line a case on standard output: name, items, pass or FAIL, what it does; tab-separated. What
 * was not as wanted goes to standard error. Runs at the top of the tree. Exit code 1 if a case
 * fails.
 */
#include "tests/conformance/conform_client.h"
#include "tests/conformance/conform_run.h"

#include <limits.h>
#include <signal.h>
#include <unistd.h>

struct options {
    struct conform_place place;
    const char *only;
    bool show;
    int failed;
};

static enum err_code play(struct conform_case *c, void *payload, struct err *err)
{
    struct options *o = payload;
    struct str kind = case_value(c, "kind"), items = case_value(c, "items");
    struct buf bad = BUF_INIT, seen = BUF_INIT;
    enum err_code code;

    if (o->only && !str_eqc(c->name, o->only))
        return OK;
    if (items.n == 0 || case_value(c, "does").n == 0)
        return err_set(err, ERR_INPUT, "%s (%.*s): a case has \"items\" and \"does\"", c->file,
            STR_ARG(c->name));
    if (str_eqc(kind, "run"))
        code = conform_run(&o->place, c, &bad, &seen, err);
    else if (str_eqc(kind, "unit"))
        code = conform_unit(&o->place, c, &bad, &seen, err);
    else
        code = conform_client(c, &bad, &seen, err);
    if (code)
        buf_printf(&bad, "%s\n", err->msg);
    printf("%.*s\t%.*s\t%s\t%.*s\n", STR_ARG(c->name), STR_ARG(items), bad.n ? "FAIL" : "pass",
        STR_ARG(case_value(c, "does")));
    fflush(stdout);
    if (bad.n)
        fprintf(stderr, "--- %.*s (%s)\n%s", STR_ARG(c->name), c->file, buf_cstr(&bad));
    if (o->show)
        fprintf(stderr, "%s", buf_cstr(&seen));
    o->failed += bad.n > 0;
    buf_release(&bad);
    buf_release(&seen);
    return OK;
}

static char *absolute(const char *path)
{
    char *p = realpath(path, NULL);

    if (!p) {
        perror(path);
        exit(2);
    }
    return p;
}

int main(int argc, char **argv)
{
    static const char *const unwanted[] = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "http_proxy",
        "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_FILE"};
    struct options o = {.failed = 0};
    struct err err;
    int nfiles = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: conform BUILD_DIR FILE... [--only CASE] [--show]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ARRAY_LEN(unwanted); i++)
        unsetenv(unwanted[i]);
    char *build = absolute(argv[1]), *top = absolute(".");
    o.place = (struct conform_place){.build = build, .top = top};
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--show") == 0)
            o.show = true;
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            o.only = argv[++i];
        else
            argv[nfiles++] = argv[i];
    }
    for (int i = 0; i < nfiles; i++)
        if (case_each(argv[i], play, &o, &err)) {
            fprintf(stderr, "conform: %s\n", err.msg);
            o.failed = -1;
            break;
        }
    free(build);
    free(top);
    return o.failed < 0 ? 2 : o.failed > 0;
}
