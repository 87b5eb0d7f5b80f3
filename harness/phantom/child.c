/*
 * child.c - the phantom as a child process of the same binary; see phantom.h.
 *
 * Two pipes tie them: the child writes its port into one, and the end of the other tells it that
 * the parent is gone, also after kill -9. The child has a process group of its own, so that a
 * Ctrl-C at the terminal leaves it alive while the parent drains its calls.
 */
#include "harness/base/clock.h"
#include "harness/phantom/listen.h"
#include "harness/phantom/phantom.h"

#include "harness/base/buf.h"
#include "harness/base/data.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 30000, STOP_MS = 3000, MAX_ARGS = 32 };

struct phantom_child {
    pid_t pid;
    int life_fd; /* our end: closing it stops the child */
    struct buf url;
};

/* The program to start: this one. Elsewhere than on Linux the environment names it. */
static const char *own_binary(void)
{
    const char *named = getenv("SLEEPBENCH_ARGV0");

    return named && access("/proc/self/exe", X_OK) != 0 ? named : "/proc/self/exe";
}

/* Arguments of the child; numbers live in the text of `numbers`. */
struct args {
    char *v[MAX_ARGS];
    size_t n;
    char numbers[7][16];
    size_t nnumbers;
};

static void add_text(struct args *a, const char *flag, const char *value)
{
    if (!value)
        return;
    if (a->n + 3 > MAX_ARGS)
        BUG("too many arguments");
    a->v[a->n++] = (char *)flag;
    a->v[a->n++] = (char *)value;
}

static void add_number(struct args *a, const char *flag, int value)
{
    struct buf b = BUF_INIT;
    char *slot = a->numbers[a->nnumbers++];

    buf_printf(&b, "%d", value);
    memcpy(slot, buf_cstr(&b), b.n + 1);
    buf_release(&b);
    add_text(a, flag, slot);
}

static void fill_args(struct args *a, const struct phantom_options *o, int ready_fd, int life_fd)
{
    *a = (struct args){0};
    a->v[a->n++] = (char *)"sleepbench";
    add_text(a, "--data-dir", data_override_dir());
    a->v[a->n++] = (char *)"phantom";
    add_number(a, "--port", o->port);
    add_number(a, "--ready-fd", ready_fd);
    add_number(a, "--life-fd", life_fd);
    if (o->threads > 0)
        add_number(a, "--threads", o->threads);
    add_text(a, "--host", o->host);
    add_text(a, "--ledger", o->ledger);
    add_text(a, "--library", o->library);
    add_text(a, "--params", o->params);
    add_text(a, "--faults", o->faults);
    if (o->ignore_budgets)
        a->v[a->n++] = (char *)"--ignore-budgets";
    if (o->batch_polls > 0)
        add_number(a, "--batch-polls", (int)o->batch_polls);
    if (o->batch_ms > 0)
        add_number(a, "--batch-ms", (int)o->batch_ms);
    if (o->background_polls > 0)
        add_number(a, "--background-polls", (int)o->background_polls);
}

/* In the child, between fork and exec: async-signal-safe calls only. */
NORETURN static void become(const char *program, char *const argv[], int ready_fd, int life_fd)
{
    int null_fd = open("/dev/null", O_RDWR);

    setpgid(0, 0);
    if (null_fd >= 0) {
        dup2(null_fd, STDIN_FILENO);
        dup2(null_fd, STDOUT_FILENO);
        if (null_fd > STDERR_FILENO)
            close(null_fd);
    }
    fcntl(ready_fd, F_SETFD, 0);
    fcntl(life_fd, F_SETFD, 0);
    execv(program, argv);
    _exit(127);
}

/* Reads "PORT\n" until `deadline`; 0 when it doesn't come. */
static int read_port(int fd, int64_t deadline)
{
    int port = 0;

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = (deadline - clock_now_ns()) / 1000000;
        char c;
        if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
            return 0;
        if (!p.revents)
            continue;
        ssize_t n = read(fd, &c, 1);
        if (n == 0 || (n < 0 && errno != EINTR))
            return 0;
        if (n == 1 && c == '\n')
            return port;
        if (n == 1 && (!str_is_digit(c) || port > 65535))
            return 0;
        if (n == 1)
            port = port * 10 + (c - '0');
    }
}

static bool gone(pid_t pid, int *status)
{
    pid_t got = waitpid(pid, status, WNOHANG);

    return got == pid || (got < 0 && errno != EINTR);
}

static bool gone_within(pid_t pid, int64_t ms, int *status)
{
    int64_t deadline = clock_now_ns() + ms * 1000000;

    while (!gone(pid, status)) {
        if (clock_now_ns() >= deadline)
            return false;
        clock_sleep_ms(2);
    }
    return true;
}

void phantom_stop(struct phantom_child *child)
{
    int status;

    if (!child)
        return;
    close(child->life_fd);
    if (!gone_within(child->pid, STOP_MS, &status)) {
        kill(child->pid, SIGKILL);
        (void)gone_within(child->pid, STOP_MS, &status);
    }
    buf_release(&child->url);
    free(child);
}

static enum err_code not_ready(struct phantom_child *child, struct err *err)
{
    int status = 0;
    bool ended = gone_within(child->pid, 200, &status);

    phantom_stop(child);
    if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return err_set(
            err, ERR_FAILED, "cannot start the embedded model: %s does not run", own_binary());
    return err_set(err, ERR_FAILED,
        "the embedded model did not start (its own message stands above); try `sleepbench "
        "phantom`");
}

enum err_code phantom_spawn(const struct phantom_options *o, struct phantom_child **ret,
    const char **ret_base_url, struct err *err)
{
    int ready[2], life[2];
    struct args args;

    if (listen_pipe(ready) != 0)
        return err_set(err, ERR_IO, "cannot make a pipe: %s", strerror(errno));
    if (listen_pipe(life) != 0) {
        close(ready[0]);
        close(ready[1]);
        return err_set(err, ERR_IO, "cannot make a pipe: %s", strerror(errno));
    }
    fill_args(&args, o, ready[1], life[0]);
    pid_t pid = fork();
    if (pid == 0)
        become(own_binary(), args.v, ready[1], life[0]);
    int code = errno;
    close(ready[1]);
    close(life[0]);
    if (pid < 0) {
        close(ready[0]);
        close(life[1]);
        return err_set(err, ERR_FAILED, "cannot start a process: %s", strerror(code));
    }
    struct phantom_child *child = xcalloc(1, sizeof *child);
    child->pid = pid;
    child->life_fd = life[1];
    int port = read_port(ready[0], clock_now_ns() + READY_MS * (int64_t)1000000);
    close(ready[0]);
    if (port == 0)
        return not_ready(child, err);
    buf_printf(&child->url, "http://%s:%d/v1", o->host ? o->host : "127.0.0.1", port);
    *ret = child;
    *ret_base_url = buf_cstr(&child->url);
    return OK;
}
