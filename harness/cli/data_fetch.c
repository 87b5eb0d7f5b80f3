/* data_fetch.c - `sleepbench data fetch`: sets into the cache, with progress and Ctrl-C. */
#include "datasets/fetch.h"
#include "harness/base/clock.h"
#include "harness/cli/cmd_data.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SETS = 64, LINE_EVERY_MS = 10000, TICK_MS = 200, DAY_MS = 86400000 };

static volatile sig_atomic_t stop;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

struct display {
    bool tty, line_open;
    const char *set;
    int64_t next_ns;
};

static void close_line(struct display *d)
{
    if (d->line_open)
        fputc('\n', stderr);
    d->line_open = false;
}

static void print_amount(const struct fetch_progress *p, char *out, size_t n)
{
    if (p->rows && p->total)
        snprintf(
            out, n, "%llu of %llu rows", (unsigned long long)p->have, (unsigned long long)p->total);
    else if (p->rows)
        snprintf(out, n, "%llu rows", (unsigned long long)p->have);
    else if (p->total)
        snprintf(out, n, "%.1f of %.1f MB", (double)p->have / 1e6, (double)p->total / 1e6);
    else
        snprintf(out, n, "%.1f MB", (double)p->have / 1e6);
}

/* One line that is written over on a terminal; elsewhere a plain line now and then. */
static void on_progress(const struct fetch_progress *p, void *payload)
{
    struct display *d = payload;
    int64_t now = clock_now_ns();
    char amount[80];

    if (now < d->next_ns)
        return;
    print_amount(p, amount, sizeof amount);
    d->next_ns = now + (d->tty ? TICK_MS : LINE_EVERY_MS) * INT64_C(1000000);
    if (d->tty)
        fprintf(stderr, "\r\033[K%s: %s: %s", d->set, p->what, amount);
    else
        fprintf(stderr, "%s: %s: %s\n", d->set, p->what, amount);
    d->line_open = d->tty;
}

static void on_note(const char *text, void *payload)
{
    close_line(payload);
    cli_warn("%s", text);
}

static void print_done(const char *name, const struct fetch_result *r)
{
    printf("%s: %s, ", name, r->already ? "is here already" : "fetched");
    if (r->rows != FIELD_NONE)
        printf("%lld rows, ", (long long)r->rows);
    else
        printf("%zu files, ", r->files);
    printf("%lld bytes, in %s\n", (long long)r->bytes, r->dir);
}

static enum err_code fetch_one(const struct manifest *m, const char *name,
    const struct fetch_options *base, struct arena *arena, struct err *err)
{
    struct display display = {.tty = isatty(2), .set = name};
    struct fetch_options o = *base;
    const struct manifest_set *set;
    struct fetch_result result;

    o.payload = &display;
    if (manifest_need(m, str_c(name), &set, err))
        return err->code;
    display.next_ns = clock_now_ns() + (display.tty ? 0 : LINE_EVERY_MS) * INT64_C(1000000);
    enum err_code code = fetch_set(set, &o, arena, &result, err);
    close_line(&display);
    if (code)
        return code;
    print_done(name, &result);
    if (set->note.p && !result.already)
        cli_warn("%s: %.*s", name, STR_ARG(set->note));
    return OK;
}

/* With --all one set that fails does not keep the others from being fetched. */
static enum err_code fetch_each(const struct manifest *m, const char *const *names, size_t n,
    const struct fetch_options *o, struct arena *arena, struct err *err)
{
    enum err_code worst = OK;
    size_t failed = 0;

    for (size_t i = 0; i < n; i++) {
        struct err one = {0};
        enum err_code code = fetch_one(m, names[i], o, arena, &one);
        if (!code)
            continue;
        if (n == 1 || code == ERR_STOPPED)
            return err_set(err, code, "%s", one.msg);
        cli_warn("%s", one.msg);
        failed++;
        worst = worst ? worst : code;
    }
    return failed ? err_set(err, worst, "%zu of %zu sets were not fetched", failed, n) : OK;
}

static enum err_code fetch_under_signals(const struct manifest *m, const char *const *names,
    size_t n, const struct fetch_options *o, struct arena *arena, struct err *err)
{
    struct sigaction action = {.sa_handler = on_signal}, old_int, old_term;

    stop = 0;
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
    enum err_code code = fetch_each(m, names, n, o, arena, err);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    return code;
}

static enum err_code check_ms(const char *name, int64_t ms, struct err *err)
{
    if (ms >= 1 && ms <= DAY_MS)
        return OK;
    return err_set(
        err, ERR_USAGE, "%s %lld: milliseconds, from 1 to %d", name, (long long)ms, (int)DAY_MS);
}

static enum err_code check_use(
    size_t nargs, bool all, const struct option_list *from, struct err *err)
{
    if (all ? nargs > 0 : nargs == 0)
        return err_set(err, ERR_USAGE,
            "name the sets to fetch, or --all; `sleepbench data list` has the names");
    if (from->n && (all || nargs != 1))
        return err_set(err, ERR_USAGE, "--from goes with one set");
    return OK;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    bool all = false;
    struct option_list from = {.n = 0};
    struct fetch_options o = {.deadline_ms = 300000,
        .idle_ms = 60000,
        .stop = &stop,
        .progress = on_progress,
        .note = on_note};
    const struct option options[] = {
        {"--all", OPTION_FLAG, &all, NULL, "every set of the list"},
        {"--from", OPTION_LIST, &from, "FILE",
            "take local files instead (once a part); of paper-prompts also a directory"},
        {"--accept-new", OPTION_FLAG, &o.accept_new, NULL,
            "fetch again, even what is here, and take what differs"},
        {"--deadline-ms", OPTION_INT, &o.deadline_ms, "MS",
            "longest time without a new byte, pauses included (300000)"},
        {"--idle-ms", OPTION_INT, &o.idle_ms, "MS", "longest silence of a server (60000)"},
    };
    const char *args[MOST_SETS];
    struct manifest manifest;
    struct arena arena = {0};
    size_t nargs;

    if (cli_wants_help(argc, argv, &data_fetch, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, MOST_SETS, &nargs, err) ||
        check_use(nargs, all, &from, err) || check_ms("--deadline-ms", o.deadline_ms, err) ||
        check_ms("--idle-ms", o.idle_ms, err))
        return err->code;
    o.from = from.v;
    o.nfrom = from.n;
    enum err_code code = manifest_load(&arena, &manifest, err);
    if (!code && all) {
        const char **names = arena_array(&arena, const char *, manifest.sets.n);
        for (size_t i = 0; i < manifest.sets.n; i++)
            names[i] = arena_cstr(&arena, manifest_set(&manifest, i)->name);
        code = fetch_under_signals(&manifest, names, manifest.sets.n, &o, &arena, err);
    } else if (!code) {
        code = fetch_under_signals(&manifest, args, nargs, &o, &arena, err);
    }
    arena_release(&arena);
    return code;
}

const struct command data_fetch = {"data fetch", "NAME... [options]",
    "get public data sets, or the paper's prompts, into the cache", run, false};
