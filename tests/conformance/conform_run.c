/* conform_run.c - commands of the program against the misbehaving server; see conform_run.h. */
#include "tests/conformance/conform_run.h"

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/number.h"
#include "tests/conformance/conform_client.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ARGS = 64, COMMAND_MS = 60000, OUTPUT_MOST = 1 << 20, SUMS = 20 };

struct stage {
    const struct conform_place *place;
    struct conform_case *c;
    char *dir, *url;
    struct buf *bad, *seen;
};

/* --- processes -----------------------------------------------------------------------------------
 */

static void child(char *const *argv, char *const *env, const char *dir, const char *output)
{
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int null = open("/dev/null", O_RDONLY);

    if (fd < 0 || null < 0 || chdir(dir) || dup2(null, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        _exit(126);
    for (size_t i = 0; env[i]; i++)
        putenv(env[i]);
    execv(argv[0], argv);
    _exit(127);
}

/* Runs it to its end or for COMMAND_MS; the exit code, or 128 + signal. */
static int run_program(
    char *const *argv, char *const *env, const char *dir, struct buf *output, struct err *err)
{
    struct buf path = BUF_INIT;
    int status = 0;

    buf_printf(&path, "%s/output", dir);
    pid_t pid = fork();
    if (pid == 0)
        child(argv, env, dir, buf_cstr(&path));
    int64_t end = clock_now_ns() + COMMAND_MS * INT64_C(1000000);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (clock_now_ns() > end)
            kill(pid, SIGKILL);
        clock_sleep_ms(5);
    }
    if (file_read(buf_cstr(&path), OUTPUT_MOST, output, err))
        buf_printf(output, "%s", err->msg);
    buf_release(&path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- a command -----------------------------------------------------------------------------------
 */

static char *filled(const struct stage *s, struct str text)
{
    const struct {
        const char *name;
        const char *value;
    } words[] = {{"{base}", s->url}, {"{top}", s->place->top}, {"{dir}", s->dir}};
    struct buf out = BUF_INIT;

    for (size_t i = 0; i < text.n;) {
        size_t w = 0;
        while (w < ARRAY_LEN(words) && !str_starts(str_from(text, i), str_c(words[w].name)))
            w++;
        if (w < ARRAY_LEN(words)) {
            buf_puts(&out, words[w].value);
            i += strlen(words[w].name);
        } else {
            buf_putc(&out, text.p[i++]);
        }
    }
    char *copy = arena_cstr(s->c->arena, buf_str(&out));
    buf_release(&out);
    return copy;
}

/* The least that makes calls: one arm, one level, sums of a file. */
static size_t plan_args(const struct stage *s, char **argv)
{
    static const char *const words[] = {"run", "{top}/configs/demo.json", "--quiet", "--no-report",
        "--set", "name=r", "--set", "arms=[\"test_time\"]", "--set", "test_budget.levels=[0]",
        "--set", "bootstrap=100", "--set", "figures=[]", "--set", "dataset=jsonl", "--input",
        "{dir}/sums.jsonl", "--set", "limit=1"};
    size_t n = 0;

    for (; n < ARRAY_LEN(words); n++)
        argv[n] = filled(s, str_c(words[n]));
    return n;
}

static void check_command(
    struct stage *s, const struct case_section *section, int code, struct str output)
{
    struct buf where = BUF_INIT, exit_code = BUF_INIT;

    buf_printf(&where, "command %lld", (long long)section->n);
    buf_printf(&exit_code, "%d", code);
    for (size_t i = 0; i < section->nlines; i++) {
        const struct case_line *l = &section->lines[i];
        if (str_eqc(l->key, "exit"))
            facts_check_line(s->c->arena, l, buf_str(&exit_code), buf_cstr(&where), s->bad);
        else if (str_eqc(l->key, "output"))
            facts_check_line(s->c->arena, l, output, buf_cstr(&where), s->bad);
    }
    buf_printf(s->seen, "%s: exit %d\n%.*s\n", buf_cstr(&where), code, STR_ARG(output));
    if (s->bad->n && code != 0)
        buf_printf(s->bad, "%s: exit %d: %.*s\n", buf_cstr(&where), code,
            STR_ARG(str_slice(output, 0, 600)));
    buf_release(&where);
    buf_release(&exit_code);
}

static void do_command(struct stage *s, const struct case_section *section, struct err *err)
{
    char *argv[MOST_ARGS + 1] = {arena_printf(s->c->arena, "%s/sleepbench", s->place->build)};
    char *env[MOST_ARGS + 1] = {
        arena_printf(s->c->arena, "SLEEPBENCH_CACHE=%s/cache", s->dir), NULL};
    size_t n = 1, nenv = 1;
    struct buf output = BUF_INIT;

    for (size_t i = 0; i < section->nlines && n < MOST_ARGS - 24 && nenv < MOST_ARGS; i++) {
        const struct case_line *l = &section->lines[i];
        if (str_eqc(l->key, "plan"))
            n += plan_args(s, argv + n);
        else if (str_eqc(l->key, "arg"))
            argv[n++] = filled(s, l->value);
        else if (str_eqc(l->key, "set")) {
            argv[n++] = filled(s, STR("--set"));
            argv[n++] = filled(s, l->value);
        } else if (str_eqc(l->key, "env"))
            env[nenv++] = filled(s, l->value);
    }
    argv[n] = env[nenv] = NULL;
    int code = run_program(argv, env, s->dir, &output, err);
    check_command(s, section, code, buf_str(&output));
    buf_release(&output);
}

/* --- the store
 * ------------------------------------------------------------------------------------ */

/* Rows of a query: columns separated by '|', rows by blanks. */
static void ask_store(const struct stage *s, struct str query, struct buf *out)
{
    char *path = arena_printf(s->c->arena, "%s/runs/r/run.db", s->dir);
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) ||
        sqlite3_prepare_v2(db, query.p, (int)query.n, &q, NULL)) {
        buf_printf(out, "%s", sqlite3_errmsg(db));
    } else {
        while (sqlite3_step(q) == SQLITE_ROW) {
            for (int i = 0; i < sqlite3_column_count(q); i++) {
                const char *text = (const char *)sqlite3_column_text(q, i);
                buf_printf(out, "%s%s", i ? "|" : out->n ? " " : "", text ? text : "NULL");
            }
        }
    }
    sqlite3_finalize(q);
    sqlite3_close(db);
}

static void check_store(struct stage *s, const struct case_section *after)
{
    for (size_t i = 0; after && i < after->nlines; i++) {
        struct buf value = BUF_INIT;
        if (!str_starts(after->lines[i].key, STR("sql ")))
            continue;
        ask_store(s, str_from(after->lines[i].key, 4), &value);
        facts_check_line(s->c->arena, &after->lines[i], buf_str(&value), "store", s->bad);
        buf_release(&value);
    }
}

static void check_server(
    struct stage *s, const struct conform_server *server, const struct conform_server_end *end)
{
    const struct case_section *after = case_section(s->c, "after", 0);
    struct facts f = {.arena = s->c->arena};
    struct case_section *rest = arena_new(s->c->arena, struct case_section);

    conform_server_facts(server, end, &f);
    check_store(s, after);
    for (size_t i = 0; after && i < after->nlines; i++) /* the store's lines are checked */
        if (!str_starts(after->lines[i].key, STR("sql ")))
            rest->lines[rest->nlines++] = after->lines[i];
    facts_check(&f, rest, "after", s->bad);
    facts_print(&f, s->seen);
    buf_puts(s->seen, "\n");
    conform_show_requests(server, s->seen);
    if (end->faults.n)
        buf_printf(s->bad, "the server objects: %.*s", STR_ARG(end->faults));
    conform_check_requests(s->c, server, s->bad);
}

/* --- a case
 * --------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static enum err_code make_dir(struct stage *s, struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    const struct case_section *head = case_section(s->c, "case", 0);
    struct buf sums = BUF_INIT;

    s->dir = arena_printf(s->c->arena, "%s/conform.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(s->dir))
        return err_set(err, ERR_IO, "cannot make %s", s->dir);
    for (int i = 0; i < SUMS; i++)
        buf_printf(&sums,
            "{\"id\":\"%d\",\"question\":\"Ann has %d pears. How many are 2 more?\",\"answer\":"
            "\"#### %d\"}\n",
            i, i + 10, i + 12);
    enum err_code code =
        file_write(arena_printf(s->c->arena, "%s/sums.jsonl", s->dir), buf_str(&sums), err);
    buf_release(&sums);
    for (size_t i = 0; !code && i < head->nlines; i++)
        if (str_starts(head->lines[i].key, STR("file ")))
            code = file_write(arena_printf(s->c->arena, "%s/%.*s", s->dir,
                                  STR_ARG(str_from(head->lines[i].key, 5))),
                str_c(filled(s, head->lines[i].value)), err);
    return code;
}

enum err_code conform_run(const struct conform_place *place, struct conform_case *c,
    struct buf *bad, struct buf *seen, struct err *err)
{
    struct stage s = {.place = place, .c = c, .bad = bad, .seen = seen};
    struct conform_server *server;
    struct conform_server_end end;
    const struct case_section *section;
    int port;

    if (conform_server_start(c, NULL, &server, &port, err))
        return err->code;
    s.url = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    enum err_code code = make_dir(&s, err);
    for (int64_t i = 1; !code && (section = case_section(c, "command", i)); i++)
        do_command(&s, section, err);
    conform_server_stop(server, &end);
    if (!code)
        check_server(&s, server, &end);
    conform_server_free(server);
    nftw(s.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return code;
}

enum err_code conform_unit(const struct conform_place *place, struct conform_case *c,
    struct buf *bad, struct buf *seen, struct err *err)
{
    struct stage s = {.place = place, .c = c, .bad = bad, .seen = seen};
    struct str rest = case_value(c, "unit"), file, name;
    struct buf output = BUF_INIT, line = BUF_INIT;
    char *env[] = {NULL};

    str_cut(&rest, '/', &file);
    name = rest;
    if (make_dir(&s, err))
        return err->code;
    char *argv[] = {
        arena_printf(c->arena, "%s/tests/unit/%.*s", place->build, STR_ARG(file)), NULL};
    int code = run_program(argv, env, s.dir, &output, err);
    buf_printf(&line, "[       OK ] %.*s\n", STR_ARG(name));
    if (str_find(buf_str(&output), buf_str(&line), 0) == SIZE_MAX)
        buf_printf(
            bad, "%s (exit %d) does not say that %.*s passed\n", argv[0], code, STR_ARG(name));
    buf_str_add(seen, buf_str(&output));
    buf_release(&output);
    buf_release(&line);
    nftw(s.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return OK;
}
