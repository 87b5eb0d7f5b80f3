/* ratelimit.c - reading rate-limit header lines; see ratelimit.h. */
#include "harness/net/ratelimit.h"

#include "harness/net/http_time.h"

enum part { PART_FIELD, PART_KIND, PART_WINDOW };
enum field { FIELD_LIMIT, FIELD_REMAINING, FIELD_RESET, FIELD_NONE };
enum window { WINDOW_UNSAID, WINDOW_SECOND, WINDOW_MINUTE, WINDOW_HOUR, WINDOW_DAY, WINDOW_MONTH };

enum { WINDOWS = WINDOW_MONTH + 1, MS = 1000 };

/* Plain numbers of a reset: from here on they are points in time, in seconds or milliseconds. */
#define EPOCH_S INT64_C(1000000000)
#define EPOCH_MS INT64_C(100000000000)

/* The longer of two that begin alike stands first. */
static const struct {
    const char *prefix;
    enum ratelimit_kind kind; /* of names that do not say it */
} prefixes[] = {
    {"anthropic-ratelimit-", RATELIMIT_REQUESTS},
    {"x-ratelimitbysize-", RATELIMIT_TOKENS},
    {"ratelimitbysize-", RATELIMIT_TOKENS},
    {"x-tokenlimit-", RATELIMIT_TOKENS},
    {"x-ratelimit-", RATELIMIT_REQUESTS},
    {"ratelimit-", RATELIMIT_REQUESTS},
};

static const struct {
    const char *word;
    enum part part;
    int value;
} words[] = {
    {"limit", PART_FIELD, FIELD_LIMIT},
    {"remaining", PART_FIELD, FIELD_REMAINING},
    {"reset", PART_FIELD, FIELD_RESET},
    {"requests", PART_KIND, RATELIMIT_REQUESTS},
    {"req", PART_KIND, RATELIMIT_REQUESTS},
    {"tokens", PART_KIND, RATELIMIT_TOKENS},
    {"input", PART_KIND, RATELIMIT_INPUT},
    {"prompt", PART_KIND, RATELIMIT_INPUT},
    {"output", PART_KIND, RATELIMIT_OUTPUT},
    {"generated", PART_KIND, RATELIMIT_OUTPUT},
    {"second", PART_WINDOW, WINDOW_SECOND},
    {"minute", PART_WINDOW, WINDOW_MINUTE},
    {"hour", PART_WINDOW, WINDOW_HOUR},
    {"day", PART_WINDOW, WINDOW_DAY},
    {"month", PART_WINDOW, WINDOW_MONTH},
};

/* What a header's name speaks of. */
struct subject {
    enum field field;
    enum ratelimit_kind kind;
    enum window window;
};

static bool take_word(struct str word, struct subject *s)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!str_eq_nocase(word, str_c(words[i].word)))
            continue;
        if (words[i].part == PART_FIELD)
            s->field = (enum field)words[i].value;
        else if (words[i].part == PART_WINDOW)
            s->window = (enum window)words[i].value;
        else if (s->kind < RATELIMIT_INPUT) /* "input-tokens" stays input, in either order */
            s->kind = (enum ratelimit_kind)words[i].value;
        return true;
    }
    return false;
}

static bool read_name(struct str name, struct subject *ret)
{
    struct subject s = {.field = FIELD_NONE};
    struct str word;

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        struct str prefix = str_c(prefixes[i].prefix);
        if (!str_eq_nocase(str_slice(name, 0, prefix.n), prefix))
            continue;
        s.kind = prefixes[i].kind;
        name = str_from(name, prefix.n);
        while (str_cut(&name, '-', &word))
            if (!take_word(word, &s))
                return false;
        *ret = s;
        return s.field != FIELD_NONE;
    }
    return false;
}

/* A count; a list ("100, 100;w=60") gives its first. -1 for a negative one and for nonsense. */
static int64_t read_count(struct str value)
{
    int64_t v = 0;
    size_t i = 0;

    for (; i < value.n && str_is_digit(value.p[i]); i++) {
        if (v > INT64_MAX / 100)
            return -1;
        v = v * 10 + (value.p[i] - '0');
    }
    if (i == 0)
        return -1;
    if (i < value.n && value.p[i] == '.') /* a proxy's 12.0; what is left of a unit is none */
        for (i++; i < value.n && str_is_digit(value.p[i]);)
            i++;
    return i == value.n || value.p[i] == ',' || value.p[i] == ';' ? v : -1;
}

static int64_t until(int64_t at_ms, int64_t wall_ms)
{
    if (at_ms <= wall_ms)
        return 0;
    return at_ms - wall_ms < HTTP_TIME_LONGEST_MS ? at_ms - wall_ms : HTTP_TIME_LONGEST_MS;
}

static int64_t read_reset(struct str value, int64_t wall_ms)
{
    int64_t ms, number = read_count(value);

    if (value.n == 0 || value.p[0] == '-') /* Azure's "not said" */
        return -1;
    if (number >= EPOCH_S)
        return until(number < EPOCH_MS ? number * MS : number, wall_ms);
    if (http_time_seconds(value, &ms) || http_time_duration(value, &ms))
        return ms;
    if (http_time_rfc3339(value, &ms) || http_time_date(value, wall_ms, &ms))
        return until(ms, wall_ms);
    return -1;
}

static void take_line(struct str line, int64_t wall_ms, struct ratelimit_level *levels)
{
    size_t colon = str_find(line, STR(":"), 0);
    struct subject s;

    if (colon == SIZE_MAX || !read_name(str_trim(str_slice(line, 0, colon)), &s))
        return;
    struct str value = str_trim(str_from(line, colon + 1));
    struct ratelimit_level *level = &levels[s.kind * WINDOWS + s.window];
    if (s.field == FIELD_LIMIT)
        level->limit = read_count(value);
    else if (s.field == FIELD_REMAINING)
        level->remaining = read_count(value);
    else
        level->reset_ms = read_reset(value, wall_ms);
}

/* What a window's name says of its reset where no header does: an upper bound. Of the longer ones
 * it would be none to live with. */
static void fill_reset(struct ratelimit_level *level, enum window window)
{
    if (level->reset_ms >= 0 || level->remaining < 0)
        return;
    if (window == WINDOW_SECOND)
        level->reset_ms = 1 * MS;
    if (window == WINDOW_MINUTE)
        level->reset_ms = 60 * MS;
}

static const struct ratelimit_level unsaid = {-1, -1, -1};

static struct ratelimit_level tightest(const struct ratelimit_level *windows)
{
    struct ratelimit_level best = unsaid;

    for (size_t w = 0; w < WINDOWS; w++) {
        struct ratelimit_level l = windows[w];
        if (l.limit == 0) /* nothing may ever go: Azure's way to say that it does not count */
            continue;
        fill_reset(&l, (enum window)w);
        bool tighter = l.remaining >= 0 && (best.remaining < 0 || l.remaining < best.remaining);
        bool first = best.limit < 0 && best.remaining < 0;
        if (tighter || first)
            best = l;
    }
    return best;
}

struct ratelimit ratelimit_none(void)
{
    struct ratelimit r;

    for (size_t k = 0; k < RATELIMIT_KINDS; k++)
        r.of[k] = unsaid;
    return r;
}

struct ratelimit ratelimit_read(struct str headers, int64_t wall_ms)
{
    struct ratelimit_level levels[RATELIMIT_KINDS * WINDOWS];
    struct ratelimit r;
    struct str line;

    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        levels[i] = unsaid;
    while (str_cut(&headers, '\n', &line))
        take_line(line, wall_ms, levels);
    for (size_t k = 0; k < RATELIMIT_KINDS; k++)
        r.of[k] = tightest(levels + k * WINDOWS);
    return r;
}
