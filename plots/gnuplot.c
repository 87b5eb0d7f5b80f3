/* gnuplot.c - running gnuplot as a process and quoting text for it; see gnuplot.h. */
#include "plots/gnuplot.h"

#include "harness/base/clock.h"
#include "harness/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_PICTURE = 64 << 20, MAX_COMPLAINT = 400 };

extern char **environ;

/* Formatting, directional and private code points that could make a label read as another. */
static bool is_safe_wide(uint32_t cp)
{
    static const struct {
        uint32_t from, to;
    } bad[] = {{0x80, 0xA0}, {0xAD, 0xAD}, {0x61C, 0x61C}, {0x200B, 0x200F}, {0x2028, 0x202E},
        {0x2060, 0x206F}, {0xD800, 0xF8FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFF},
        {0xE0000, 0x10FFFF}};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (cp >= bad[i].from && cp <= bad[i].to)
            return false;
    return true;
}

static bool is_safe(uint32_t cp)
{
    if (cp >= 0x80)
        return is_safe_wide(cp);
    char c = (char)cp;
    return str_is_alpha(c) || str_is_digit(c) || (c && strchr(" ._-+:/()=,@#%^~;?!*", c));
}

void gnuplot_text(struct buf *out, struct str s)
{
    size_t n = 0;

    buf_putc(out, '\'');
    for (size_t i = 0; i < s.n && n < GNUPLOT_LABEL; n++) {
        uint32_t cp = str_utf8_next(s, &i);
        if (is_safe(cp))
            buf_utf8(out, cp);
        else
            buf_putc(out, '?');
    }
    buf_putc(out, '\'');
}

/* ---- the process ---------------------------------------------------------------------------- */

/* Temporary files beside the picture. */
struct files {
    struct buf script, picture, complaint;
};

static void files_name(struct files *f, const char *path)
{
    *f = (struct files){BUF_INIT, BUF_INIT, BUF_INIT};
    buf_printf(&f->script, "%s.%ld.gp", path, (long)getpid());
    buf_printf(&f->picture, "%s.%ld.part", path, (long)getpid());
    buf_printf(&f->complaint, "%s.%ld.txt", path, (long)getpid());
}

static void files_remove(struct files *f)
{
    (void)unlink(buf_cstr(&f->script)); /* may not be there: nothing is left behind either way */
    (void)unlink(buf_cstr(&f->picture));
    (void)unlink(buf_cstr(&f->complaint));
    buf_release(&f->script);
    buf_release(&f->picture);
    buf_release(&f->complaint);
}

/* Our environment without what steers gnuplot, and with a fixed locale. */
static char **environment(void)
{
    static const char *const ours[] = {"GNUPLOT", "GNUTERM", "GDFONTPATH", "LC_", "LANG"};
    static char locale[] = "LC_ALL=C";
    size_t n = 0, kept = 0;

    while (environ && environ[n])
        n++;
    char **env = xcalloc(n + 2, sizeof *env);
    for (size_t i = 0; i < n; i++) {
        bool drop = false;
        for (size_t j = 0; j < ARRAY_LEN(ours); j++)
            drop = drop || strncmp(environ[i], ours[j], strlen(ours[j])) == 0;
        if (!drop)
            env[kept++] = environ[i];
    }
    env[kept] = locale;
    return env;
}

static int spawn(struct files *f, pid_t *ret_pid)
{
    static char name[] = "gnuplot", plain[] = "-d";
    char *argv[] = {name, plain, f->script.p, NULL};
    char **env = environment();
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_t actions;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, buf_cstr(&f->picture), flags, 0644);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, buf_cstr(&f->complaint), flags, 0644);
    int rc = posix_spawnp(ret_pid, name, &actions, NULL, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    free(env);
    return rc;
}

/* Waits for the end of pid; false if it had to be killed. */
static bool wait_for(pid_t pid, int *ret_status)
{
    const int64_t end = clock_now_ns() + GNUPLOT_SECONDS * INT64_C(1000000000);

    for (;;) {
        pid_t got = waitpid(pid, ret_status, WNOHANG);
        if (got == pid)
            return true;
        if ((got < 0 && errno != EINTR) || clock_now_ns() > end)
            break;
        clock_sleep_ms(2);
    }
    (void)kill(pid, SIGKILL); /* it may have ended in between */
    (void)waitpid(pid, ret_status, 0);
    return false;
}

static enum err_code complain(struct files *f, struct err *err)
{
    struct buf text = BUF_INIT, line = BUF_INIT;

    if (file_read(buf_cstr(&f->complaint), 1 << 20, &text, NULL) == OK)
        buf_collapse(
            &line, str_slice(buf_str(&text), 0, text.n < MAX_COMPLAINT ? text.n : MAX_COMPLAINT));
    err_set(err, ERR_FAILED, "gnuplot failed: %s", line.n ? buf_cstr(&line) : "no message");
    buf_release(&text);
    buf_release(&line);
    return ERR_FAILED;
}

static enum err_code run(struct str script, const char *path, struct err *err)
{
    struct files f;
    struct buf picture = BUF_INIT;
    pid_t pid;
    int status = 0;

    files_name(&f, path);
    enum err_code rc = file_write(buf_cstr(&f.script), script, err);
    if (rc)
        goto out;
    int spawned = spawn(&f, &pid);
    if (spawned) {
        rc = err_set(err, spawned == ENOENT ? ERR_NOT_FOUND : ERR_FAILED,
            "cannot start gnuplot (%s). Install it: apt-get install gnuplot-nox, or brew install "
            "gnuplot",
            strerror(spawned));
        goto out;
    }
    if (!wait_for(pid, &status)) {
        rc =
            err_set(err, ERR_LIMIT, "gnuplot took more than %d s and was stopped", GNUPLOT_SECONDS);
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        rc = err_set(err, ERR_NOT_FOUND,
            "gnuplot is not installed: apt-get install gnuplot-nox, or "
            "brew install gnuplot");
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        rc = complain(&f, err);
    } else {
        rc = file_read(buf_cstr(&f.picture), MAX_PICTURE, &picture, err);
        if (!rc && picture.n == 0)
            rc = complain(&f, err);
        if (!rc)
            rc = file_write(path, buf_str(&picture), err);
    }
out:
    files_remove(&f);
    buf_release(&picture);
    return rc;
}

static void terminal(struct buf *out, enum gnuplot_format format, bool cairo, int w, int h)
{
    buf_puts(out, "set encoding utf8\n");
    if (format == GNUPLOT_SVG)
        buf_printf(out,
            "set terminal svg size %d,%d fixed font 'DejaVu Sans,13' noenhanced background "
            "'#ffffff'\n",
            w, h);
    else if (cairo)
        buf_printf(out,
            "set terminal pngcairo size %d,%d font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 "
            "pointscale 2 noenhanced background '#ffffff'\n",
            2 * w, 2 * h);
    else
        buf_printf(out, "set terminal png size %d,%d noenhanced\n", w, h);
}

enum err_code gnuplot_draw(struct str script, enum gnuplot_format format, int width, int height,
    const char *path, struct err *err)
{
    struct buf text = BUF_INIT;

    terminal(&text, format, true, width, height);
    buf_str_add(&text, script);
    enum err_code rc = run(buf_str(&text), path, err);
    if (rc == ERR_FAILED && format == GNUPLOT_PNG) {
        buf_reset(&text);
        terminal(&text, format, false, width, height);
        buf_str_add(&text, script);
        rc = run(buf_str(&text), path, err);
    }
    buf_release(&text);
    return rc;
}
