/*
 * bench_time.c - runs a command and says what it cost.
 *
 *     bench_time FILE COMMAND [ARGS...]
 *
 * Appends one line "wall_s=... cpu_s=... rss_kb=..." to FILE: time from fork to exit, user and
 * system time, peak resident memory (wait4). The command keeps its streams; its exit code is
 * returned.
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

int main(int argc, char **argv)
{
    struct timespec begin, end;
    struct rusage used;
    int status;

    if (argc < 3) {
        fprintf(stderr, "usage: bench_time FILE COMMAND [ARGS...]\n");
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid) {
        perror("bench_time");
        return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    FILE *f = fopen(argv[1], "a");
    if (!f) {
        perror(argv[1]);
        return 1;
    }
    fprintf(f, "wall_s=%.4f cpu_s=%.4f rss_kb=%ld\n",
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9,
        seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss);
    fclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
