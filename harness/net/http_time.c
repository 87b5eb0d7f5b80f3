/* http_time.c - dates and durations of header lines; see http_time.h. */
#include "harness/net/http_time.h"

#define MS_PER_S INT64_C(1000)
#define MS_PER_DAY (INT64_C(86400) * MS_PER_S)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S (MS_PER_S * NS_PER_MS)

/* A place in a text; `ok` stays false after the first thing that was not there. */
struct reader {
    struct str s;
    size_t i;
    bool ok;
};

struct date {
    int year, month, day, hour, minute, second;
};

/* Exactly `digits` digits. */
static int take_digits(struct reader *r, int digits)
{
    int v = 0;

    for (int k = 0; k < digits; k++, r->i++) {
        if (!r->ok || r->i >= r->s.n || !str_is_digit(r->s.p[r->i])) {
            r->ok = false;
            return 0;
        }
        v = v * 10 + (r->s.p[r->i] - '0');
    }
    return v;
}

static void take_char(struct reader *r, char c)
{
    r->ok = r->ok && r->i < r->s.n && r->s.p[r->i] == c;
    r->i++;
}

static int take_month(struct reader *r)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    struct str name = r->ok ? str_slice(r->s, r->i, r->i + 3) : STR("");

    r->i += 3;
    for (int m = 0; m < 12; m++)
        if (str_eq_nocase(name, (struct str){months + m * 3, 3}))
            return m + 1;
    r->ok = false;
    return 0;
}

/* The day's name says nothing that the date does not; three letters or more. */
static void take_weekday(struct reader *r)
{
    size_t start = r->i;

    while (r->i < r->s.n && str_is_alpha(r->s.p[r->i]))
        r->i++;
    r->ok = r->ok && r->i - start >= 3 && r->i - start <= 9;
}

/* asctime fills a day of one digit up with a space. */
static int take_padded_day(struct reader *r)
{
    if (r->ok && r->i < r->s.n && r->s.p[r->i] == ' ') {
        r->i++;
        return take_digits(r, 1);
    }
    return take_digits(r, 2);
}

/* The letters are strftime's; %w is any day's name, %e a padded day; all else stands for itself. */
static void take_pattern(struct reader *r, const char *pattern, struct date *d)
{
    for (const char *p = pattern; *p && r->ok; p++) {
        if (*p != '%') {
            take_char(r, *p);
            continue;
        }
        switch (*++p) {
        case 'w':
            take_weekday(r);
            break;
        case 'e':
            d->day = take_padded_day(r);
            break;
        case 'd':
            d->day = take_digits(r, 2);
            break;
        case 'b':
            d->month = take_month(r);
            break;
        case 'm':
            d->month = take_digits(r, 2);
            break;
        case 'Y':
            d->year = take_digits(r, 4);
            break;
        case 'y':
            d->year = take_digits(r, 2);
            break;
        case 'H':
            d->hour = take_digits(r, 2);
            break;
        case 'M':
            d->minute = take_digits(r, 2);
            break;
        case 'S':
            d->second = take_digits(r, 2);
            break;
        default:
            BUG("pattern %s", pattern);
        }
    }
}

/* Days from 1970-01-01 to a date of the Gregorian calendar (era of 400 years from 1 March). */
static int64_t days_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400, yoe = y % 400;
    int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return (int64_t)era * 146097 + doe - 719468;
}

static bool date_ms(const struct date *d, int64_t *ret_ms)
{
    static const int longest[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (d->year < 1970 || d->month < 1 || d->month > 12 || d->day < 1 ||
        d->day > longest[d->month - 1] || d->hour > 23 || d->minute > 59 || d->second > 60)
        return false;
    *ret_ms = days_of(d->year, d->month, d->day) * MS_PER_DAY +
              (d->hour * 3600 + d->minute * 60 + d->second) * MS_PER_S;
    return true;
}

/* RFC 9110: two digits that seem more than 50 years ahead are the last year that ends so. */
static int full_year(int two, int64_t wall_ms)
{
    int now = 1970 + (int)(wall_ms / MS_PER_DAY * 400 / 146097);
    int year = now - now % 100 + two;

    if (year > now + 50)
        year -= 100;
    else if (year <= now - 50)
        year += 100;
    return year;
}

bool http_time_date(struct str s, int64_t wall_ms, int64_t *ret_ms)
{
    static const char *const patterns[] = {
        "%w, %d %b %Y %H:%M:%S GMT", "%w, %d-%b-%y %H:%M:%S GMT", "%w %b %e %H:%M:%S %Y"};

    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct reader r = {.s = s, .ok = true};
        struct date d = {0};
        take_pattern(&r, patterns[i], &d);
        if (!r.ok || r.i != s.n)
            continue;
        if (i == 1)
            d.year = full_year(d.year, wall_ms);
        return date_ms(&d, ret_ms);
    }
    return false;
}

/* ".25" behind the seconds as milliseconds, more digits cut. */
static int64_t take_fraction(struct reader *r)
{
    int64_t ms = 0, unit = MS_PER_S;
    size_t start;

    if (!r->ok || r->i >= r->s.n || r->s.p[r->i] != '.')
        return 0;
    for (start = ++r->i; r->i < r->s.n && str_is_digit(r->s.p[r->i]); r->i++)
        ms += (unit /= 10) * (r->s.p[r->i] - '0');
    r->ok = r->i > start;
    return ms;
}

/* Offset from UTC in milliseconds: "Z", "+01:00". */
static int64_t take_zone(struct reader *r)
{
    char sign = r->ok && r->i < r->s.n ? r->s.p[r->i] : '\0';

    r->i++;
    if (sign == 'Z' || sign == 'z')
        return 0;
    r->ok = sign == '+' || sign == '-';
    int hours = take_digits(r, 2);
    take_char(r, ':');
    int minutes = take_digits(r, 2);
    r->ok = r->ok && hours < 24 && minutes < 60;
    return (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60) * MS_PER_S;
}

bool http_time_rfc3339(struct str s, int64_t *ret_ms)
{
    struct reader r = {.s = s, .ok = true};
    struct date d = {0};
    int64_t ms;

    take_pattern(&r, "%Y-%m-%d", &d);
    char between = r.ok && r.i < s.n ? s.p[r.i] : '\0';
    r.ok = between == 'T' || between == 't' || between == ' ';
    r.i++;
    take_pattern(&r, "%H:%M:%S", &d);
    int64_t fraction = take_fraction(&r);
    int64_t zone = take_zone(&r);
    if (!r.ok || r.i != s.n || !date_ms(&d, &ms))
        return false;
    *ret_ms = ms + fraction - zone;
    return true;
}

/* A decimal number as whole and billionths, both cut where they stop to matter. */
static void take_decimal(struct reader *r, int64_t *ret_whole, int64_t *ret_nano)
{
    int64_t whole = 0, nano = 0, unit = NS_PER_S;
    bool digit = false;

    for (; r->i < r->s.n && str_is_digit(r->s.p[r->i]); r->i++, digit = true)
        whole = whole > HTTP_TIME_LONGEST_MS ? whole : whole * 10 + (r->s.p[r->i] - '0');
    if (r->i < r->s.n && r->s.p[r->i] == '.')
        for (r->i++; r->i < r->s.n && str_is_digit(r->s.p[r->i]); r->i++, digit = true)
            nano += (unit /= 10) * (r->s.p[r->i] - '0');
    r->ok = r->ok && digit;
    *ret_whole = whole;
    *ret_nano = nano;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Nanoseconds of a unit, 0 if there is none here. */
static int64_t take_unit(struct reader *r)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ms", NS_PER_MS}, {"us", 1000}, {"\xC2\xB5s", 1000}, {"\xCE\xBCs", 1000},
        {"ns", 1}, {"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S}};

    for (size_t k = 0; k < ARRAY_LEN(units); k++)
        if (str_starts(str_from(r->s, r->i), str_c(units[k].name))) {
            r->i += strlen(units[k].name);
            return units[k].ns;
        }
    return 0;
}

bool http_time_duration(struct str s, int64_t *ret_ms)
{
    const int64_t longest_ns = HTTP_TIME_LONGEST_MS * NS_PER_MS;
    struct reader r = {.s = s, .ok = s.n > 0};
    int64_t ns = 0, whole, nano;

    if (str_eqc(s, "0")) {
        *ret_ms = 0;
        return true;
    }
    while (r.ok && r.i < s.n) {
        take_decimal(&r, &whole, &nano);
        int64_t unit = take_unit(&r);
        if (!unit || !r.ok)
            return false;
        ns += whole > longest_ns / unit ? longest_ns : whole * unit;
        /* a billionth of a unit in billionths, without a product beyond 64 bits */
        ns += unit >= 1000 ? unit / 1000 * nano / NS_PER_MS : 0;
        ns = least(ns, longest_ns);
    }
    if (!r.ok)
        return false;
    *ret_ms = (ns + NS_PER_MS - 1) / NS_PER_MS;
    return true;
}

bool http_time_seconds(struct str s, int64_t *ret_ms)
{
    bool negative = s.n && s.p[0] == '-';
    struct reader r = {.s = s, .i = negative, .ok = true};
    int64_t whole, nano;

    take_decimal(&r, &whole, &nano);
    if (!r.ok || r.i != s.n)
        return false;
    if (negative)
        *ret_ms = 0;
    else if (whole >= HTTP_TIME_LONGEST_MS / MS_PER_S)
        *ret_ms = HTTP_TIME_LONGEST_MS;
    else
        *ret_ms = whole * MS_PER_S + (nano + NS_PER_MS - 1) / NS_PER_MS;
    return true;
}

int64_t http_time_retry_after(struct str value, int64_t wall_ms)
{
    int64_t ms, at;

    value = str_trim(value);
    if (http_time_seconds(value, &ms))
        return ms;
    if (!http_time_date(value, wall_ms, &at) && !http_time_rfc3339(value, &at))
        return -1;
    return at > wall_ms ? least(at - wall_ms, HTTP_TIME_LONGEST_MS) : 0;
}
