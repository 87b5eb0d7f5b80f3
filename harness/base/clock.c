/* clock.c - monotonic and wall time; see clock.h. */
#include "harness/base/clock.h"

#include <time.h>

#define YEAR_1000 INT64_C(-30610224000) /* seconds since 1970 */
#define YEAR_9999_END INT64_C(253402300799)

static const int64_t *fake_now;

void clock_fake(const int64_t *fake)
{
    fake_now = fake;
}

int64_t clock_now_ns(void)
{
    struct timespec ts;

    if (fake_now)
        return *fake_now;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_wall_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void clock_sleep_ms(int64_t ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&ts, NULL);
}

char *clock_iso(int64_t wall_ms, char *out)
{
    int64_t s = wall_ms / 1000;
    time_t t = (time_t)(s < YEAR_1000 ? YEAR_1000 : s > YEAR_9999_END ? YEAR_9999_END : s);
    struct tm tm;

    gmtime_r(&t, &tm);
    strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}
