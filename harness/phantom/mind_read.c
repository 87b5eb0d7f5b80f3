/*
 * mind_read.c - finds the problem in a message, and remembers what it found; see mind_impl.h.
 *
 * The problem may begin at the start of the text or behind any line break (an announcement may
 * stand before it); at each such place the worlds are tried, then the competition problems, then
 * the template library. A text is parsed outside the lock: two threads may parse the same text, the
 * first to finish is kept.
 */
#include "datasets/competition.h"
#include "harness/phantom/mind_impl.h"

#include <pthread.h>

enum {
    MAX_TEXT = 65536, /* bytes of a message that are looked at */
    MAX_ANCHORS = 64,
    BUCKETS = 1024,
    MAX_ENTRIES = 4096,
    MAX_BYTES = 48 << 20
};

struct mind_reader {
    struct world_library *worlds;
    struct competition_library competition;
    struct template_library templates;
    pthread_mutex_t lock; /* guards all below */
    struct mind_problem *bucket[BUCKETS];
    struct mind_problem *oldest, *newest;
    size_t entries, bytes;
};

enum err_code mind_reader_new(const char *library, struct mind_reader **ret, struct err *err)
{
    struct mind_reader *r = xcalloc(1, sizeof *r);
    enum err_code code = world_library_load(&r->worlds, err);

    pthread_mutex_init(&r->lock, NULL);
    if (code == OK)
        code = competition_load(&r->competition, err);
    if (code == OK && library)
        code = template_library_load(library, &r->templates, err);
    if (code)
        mind_reader_free(r);
    else
        *ret = r;
    return code;
}

static void problem_free(struct mind_problem *p)
{
    arena_release(&p->arena);
    free(p);
}

void mind_reader_free(struct mind_reader *r)
{
    if (!r)
        return;
    for (struct mind_problem *p = r->oldest, *next; p; p = next) {
        next = p->newer;
        problem_free(p);
    }
    world_library_free(r->worlds);
    competition_release(&r->competition);
    template_library_release(&r->templates);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* The question, and, should that not be one, the question without lines that follow it. */
static void read_question(struct mind_problem *p, struct str text)
{
    text = str_trim(text);
    p->has_question = text.n > 0;
    while (text.n > 0 && !p->question_read) {
        p->question_read = world_read_question(&p->view, text, &p->quantity, &p->fact);
        size_t end = text.n;
        while (end > 0 && text.p[end - 1] != '\n')
            end--;
        text = str_trim(str_slice(text, 0, end));
    }
}

static bool read_world(const struct mind_reader *r, struct mind_problem *p, struct str text)
{
    size_t query;

    if (!world_read_context(r->worlds, text, &p->arena, &p->view, &query))
        return false;
    p->kind = PROBLEM_WORLD;
    read_question(p, str_from(text, query));
    return true;
}

static bool read_template(
    const struct template *t, enum template_part part, struct mind_problem *p, struct str text)
{
    struct tbinding b;
    struct err err;

    if (template_read(t, part, text, &p->arena, &b) != REGEX_YES ||
        template_solution(t, &b, &p->arena, &p->lines, &p->nlines, &p->gold, &err))
        return false;
    p->kind = PROBLEM_LIBRARY;
    p->has_question = p->question_read = part == TEMPLATE_WHOLE;
    return true;
}

static const enum template_part parts[] = {TEMPLATE_WHOLE, TEMPLATE_CONTEXT};

static bool read_competition(const struct mind_reader *r, struct mind_problem *p, struct str text)
{
    for (size_t i = 0; i < r->competition.n; i++)
        for (size_t k = 0; k < ARRAY_LEN(parts); k++)
            if (competition_begins(&r->competition.v[i], text) &&
                read_template(r->competition.v[i].template, parts[k], p, text))
                return true;
    return false;
}

static bool read_library(const struct mind_reader *r, struct mind_problem *p, struct str text)
{
    for (size_t part = 0; part < ARRAY_LEN(parts); part++)
        for (size_t i = 0; i < r->templates.n; i++)
            if (read_template(r->templates.v[i], parts[part], p, text))
                return true;
    return false;
}

static struct mind_problem *parse(const struct mind_reader *r, struct str text)
{
    struct mind_problem *p = xcalloc(1, sizeof *p);
    struct str rest = str_slice(text, 0, text.n < MAX_TEXT ? text.n : MAX_TEXT);

    for (int anchors = 0; anchors < MAX_ANCHORS; anchors++) {
        rest = str_trim(rest);
        if (!rest.n || read_world(r, p, rest) || read_competition(r, p, rest) ||
            read_library(r, p, rest))
            break;
        size_t line_end = str_find(rest, STR("\n"), 0);
        if (line_end == SIZE_MAX)
            break;
        rest = str_from(rest, line_end + 1);
    }
    return p;
}

static struct mind_problem **bucket_of(struct mind_reader *r, const struct digest *key)
{
    return &r->bucket[digest_u64(*key) % BUCKETS];
}

static struct mind_problem *look_up(struct mind_reader *r, const struct digest *key)
{
    struct mind_problem *p = *bucket_of(r, key);

    while (p && memcmp(p->key.b, key->b, DIGEST_LEN) != 0)
        p = p->next;
    if (p)
        p->users++;
    return p;
}

/* Drops the oldest entries that nobody uses until the cache is within its bounds. */
static void make_room(struct mind_reader *r)
{
    struct mind_problem **at = &r->oldest;

    while (*at && (r->entries > MAX_ENTRIES || r->bytes > MAX_BYTES)) {
        struct mind_problem *p = *at, **link = bucket_of(r, &p->key);
        if (p->users > 0 || p == r->newest) {
            at = &p->newer;
            continue;
        }
        while (*link != p)
            link = &(*link)->next;
        *link = p->next;
        *at = p->newer;
        r->entries--;
        r->bytes -= p->arena.used;
        problem_free(p);
    }
}

static void keep(struct mind_reader *r, struct mind_problem *p)
{
    struct mind_problem **bucket = bucket_of(r, &p->key);

    p->users = 1;
    p->next = *bucket;
    *bucket = p;
    if (r->newest)
        r->newest->newer = p;
    else
        r->oldest = p;
    r->newest = p;
    r->entries++;
    r->bytes += p->arena.used;
    make_room(r);
}

const struct mind_problem *mind_reader_take(struct mind_reader *r, struct str text)
{
    struct digest key = digest_of(text);

    pthread_mutex_lock(&r->lock);
    struct mind_problem *p = look_up(r, &key);
    pthread_mutex_unlock(&r->lock);
    if (p)
        return p;
    struct mind_problem *made = parse(r, text);
    made->key = key;
    pthread_mutex_lock(&r->lock);
    p = look_up(r, &key);
    if (!p)
        keep(r, p = made);
    pthread_mutex_unlock(&r->lock);
    if (p != made)
        problem_free(made);
    return p;
}

void mind_reader_give_back(struct mind_reader *r, const struct mind_problem *p)
{
    pthread_mutex_lock(&r->lock);
    ((struct mind_problem *)p)->users--; /* the count is the reader's, the rest is never changed */
    pthread_mutex_unlock(&r->lock);
}
