/* swe_time.c - ISO 8601 as GitHub and git write it; see swe_time.h. */
#include "datasets/swe_time.h"

#include "harness/base/clock.h"

/* Takes `digits` digits and, if `mark` is not 0, the mark behind them. */
static bool take(struct str *s, size_t digits, char mark, int *ret)
{
    int v = 0;

    if (s->n < digits + (mark != 0))
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (!str_is_digit(s->p[i]))
            return false;
        v = v * 10 + (s->p[i] - '0');
    }
    if (mark && s->p[digits] != mark)
        return false;
    *s = str_from(*s, digits + (mark != 0));
    *ret = v;
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: years are counted from March, so that
 * the leap day is the last of a year, and 400 years have 146,097 days. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Z, +hh:mm, +hhmm or nothing. */
static bool take_zone(struct str s, int64_t *ret_seconds)
{
    int hours, minutes;
    char sign = s.n ? s.p[0] : 'Z';

    *ret_seconds = 0;
    if (s.n == 0 || str_eqc(s, "Z"))
        return true;
    if (sign != '+' && sign != '-')
        return false;
    s = str_from(s, 1);
    if (!take(&s, 2, 0, &hours))
        return false;
    if (s.n && s.p[0] == ':')
        s = str_from(s, 1);
    if (!take(&s, 2, 0, &minutes) || s.n || hours > 23 || minutes > 59)
        return false;
    *ret_seconds = (sign == '-' ? -60 : 60) * ((int64_t)hours * 60 + minutes);
    return true;
}

/* "2024-05-01T" as days since 1970. */
static bool take_date(struct str *s, int64_t *ret_days)
{
    int year, month, day;

    if (!take(s, 4, '-', &year) || !take(s, 2, '-', &month) || !take(s, 2, 0, &day) || !s->n ||
        (s->p[0] != 'T' && s->p[0] != ' '))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    *s = str_from(*s, 1);
    *ret_days = days_from_civil(year, month, day);
    return true;
}

/* "12:00:00", or with a fraction, as seconds of the day. */
static bool take_clock(struct str *s, int64_t *ret_seconds)
{
    int hour, minute, second;
    size_t digits = 1;

    if (!take(s, 2, ':', &hour) || !take(s, 2, ':', &minute) || !take(s, 2, 0, &second) ||
        hour > 23 || minute > 59 || second > 60)
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + second;
    if (!s->n || s->p[0] != '.')
        return true;
    while (digits < s->n && str_is_digit(s->p[digits]))
        digits++;
    *s = str_from(*s, digits);
    return digits > 1;
}

bool swe_time_read(struct str s, int64_t *ret)
{
    int64_t days, seconds, zone;

    if (!take_date(&s, &days) || !take_clock(&s, &seconds) || !take_zone(s, &zone))
        return false;
    *ret = days * 86400 + seconds - zone;
    return true;
}

struct str swe_time_print(int64_t seconds, struct arena *arena)
{
    const int64_t most = INT64_MAX / 1000; /* a clone's commits may claim any time */
    char text[32];

    seconds = seconds > most ? most : seconds < -most ? -most : seconds;
    return arena_str(arena, str_c(clock_iso(seconds * 1000, text)));
}
