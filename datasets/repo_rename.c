/*
 * repo_rename.c - pairing removed with added files; see repo_rename.h.
 */
#include "datasets/repo_rename.h"

#include <string.h>

enum {
    FULL = 60000,           /* likeness of equal files */
    LEAST = FULL / 2,       /* of a rename */
    LEAST_BASENAME = 45000, /* of one found by its base name */
    CANDIDATES = 4,         /* kept for each added file */
    CHUNK = 64,             /* bytes */
    PAIRS_MAX = 1000000
};

/* Bytes of a file by the hash of the chunk they are in, sorted by hash. */
struct chunk {
    uint32_t hash, bytes;
};

struct chunks {
    struct chunk *v;
    size_t n;
    size_t size; /* of the file */
    enum { UNREAD, READ, UNKNOWN } state;
};

struct candidate {
    int score; /* -1: none */
    bool same_name;
    size_t removed, added;
    size_t place; /* among all candidates: equal ones stay in this order */
};

struct pairing {
    struct repo *r;
    struct repo_side *removed, *added;
    size_t nremoved, nadded;
    struct chunks *old, *new;     /* beside removed and added */
    struct candidate *candidates; /* CANDIDATES for each added file */
};

static bool is_regular(const struct repo_side *f)
{
    return (f->mode & 0170000) == 0100000;
}

static struct str base_name(struct str path)
{
    size_t i = path.n;

    while (i && path.p[i - 1] != '/')
        i--;
    return str_from(path, i);
}

static void pair(struct pairing *p, size_t removed, size_t added)
{
    p->removed[removed].pair = added;
    p->added[added].pair = removed;
}

/* ---- equal contents ----------------------------------------------------------------------------
 */

/* Removed files in the order of their ids, then of their place. */
static int by_content(const void *a, const void *b)
{
    const struct repo_side *x = *(const struct repo_side *const *)a,
                           *y = *(const struct repo_side *const *)b;
    int c = git_oid_cmp(&x->id, &y->id);
    return c ? c : (x > y) - (x < y);
}

static size_t first_with(struct repo_side **v, size_t n, const git_oid *id)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (git_oid_cmp(&v[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first free file of equal content, better one with the same base name. */
static struct repo_side *equal_file(struct repo_side **v, size_t n, const struct repo_side *added)
{
    struct repo_side *best = NULL;

    for (size_t i = first_with(v, n, &added->id); i < n && git_oid_equal(&v[i]->id, &added->id);
         i++) {
        if (v[i]->pair != SIZE_MAX ||
            ((!is_regular(v[i]) || !is_regular(added)) && v[i]->mode != added->mode))
            continue;
        if (str_eq(base_name(v[i]->name), base_name(added->name)))
            return v[i];
        if (!best)
            best = v[i];
    }
    return best;
}

static void pair_equal(struct pairing *p)
{
    struct repo_side **sorted = xmalloc(p->nremoved * sizeof(struct repo_side *));

    for (size_t i = 0; i < p->nremoved; i++)
        sorted[i] = &p->removed[i];
    qsort(sorted, p->nremoved, sizeof *sorted, by_content);
    for (size_t i = 0; i < p->nadded; i++) {
        struct repo_side *f = equal_file(sorted, p->nremoved, &p->added[i]);
        if (f)
            pair(p, (size_t)(f - p->removed), i);
    }
    free(sorted);
}

/* ---- likeness ----------------------------------------------------------------------------------
 */

static int by_hash(const void *a, const void *b)
{
    const struct chunk *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

static void chunks_fill(struct chunks *c, struct str text)
{
    enum { HASHES = 107927 };
    bool is_text = !repo_is_binary(text);
    uint32_t a = 0, b = 0, bytes = 0;
    size_t cap = 0, n = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned char byte = (unsigned char)text.p[i];
        bool skip = is_text && byte == '\r' && i + 1 < text.n && text.p[i + 1] == '\n';
        if (!skip) {
            uint32_t old = a;
            a = ((a << 7) ^ (b >> 25)) + byte;
            b = (b << 7) ^ (old >> 25);
            bytes++;
        }
        if (bytes && ((!skip && (bytes == CHUNK || byte == '\n')) || i + 1 == text.n)) {
            GROW(c->v, c->n + 1, cap);
            c->v[c->n++] = (struct chunk){(a + b * 0x61) % HASHES, bytes};
            a = b = bytes = 0;
        }
    }
    if (c->n)
        qsort(c->v, c->n, sizeof *c->v, by_hash);
    for (size_t i = 0; i < c->n; i++) { /* one entry a hash */
        if (n && c->v[n - 1].hash == c->v[i].hash)
            c->v[n - 1].bytes += c->v[i].bytes;
        else
            c->v[n++] = c->v[i];
    }
    c->n = n;
}

static enum err_code chunks_read(
    struct repo *r, const struct repo_side *f, struct chunks *c, struct err *err)
{
    git_blob *blob;
    struct str text;
    enum err_code code;

    if (c->state != UNREAD)
        return OK;
    code = repo_blob(r, &f->id, REPO_DIFF_BYTES, &blob, &text, &c->size, err);
    if (code)
        return err_wrap(err, "%.*s", STR_ARG(f->name));
    if (text.p)
        chunks_fill(c, text);
    c->state = text.p ? READ : UNKNOWN;
    git_blob_free(blob);
    return OK;
}

/* Bytes of `to` that are in `from` as well. */
static uint64_t common_bytes(const struct chunks *from, const struct chunks *to)
{
    uint64_t sum = 0;

    for (size_t i = 0, k = 0; i < from->n && k < to->n;) {
        if (from->v[i].hash < to->v[k].hash)
            i++;
        else if (from->v[i].hash > to->v[k].hash)
            k++;
        else {
            sum += from->v[i].bytes < to->v[k].bytes ? from->v[i].bytes : to->v[k].bytes;
            i++;
            k++;
        }
    }
    return sum;
}

static enum err_code likeness(
    struct pairing *p, size_t removed, size_t added, int *ret, struct err *err)
{
    struct chunks *from = &p->old[removed], *to = &p->new[added];
    enum err_code code = OK;

    *ret = 0;
    if (!is_regular(&p->removed[removed]) || !is_regular(&p->added[added]))
        return OK;
    code = chunks_read(p->r, &p->removed[removed], from, err);
    if (!code)
        code = chunks_read(p->r, &p->added[added], to, err);
    if (code || from->state == UNKNOWN || to->state == UNKNOWN || !to->size)
        return code;
    uint64_t most = from->size > to->size ? from->size : to->size;
    uint64_t least = from->size < to->size ? from->size : to->size;
    if (most * (FULL - LEAST) < (most - least) * FULL)
        return OK; /* a change of size alone says no */
    *ret = (int)(common_bytes(from, to) * FULL / most);
    return OK;
}

/* ---- base names --------------------------------------------------------------------------------
 */

struct named {
    struct str base;
    size_t index;
};

static int by_base(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    return str_cmp(x->base, y->base);
}

/* The unpaired files of a side whose base name is unique among them, sorted by it. */
static struct named *unique_names(const struct repo_side *v, size_t n, size_t *ret_n)
{
    struct named *names = xmalloc(n * sizeof *names);
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < n; i++)
        if (v[i].pair == SIZE_MAX)
            names[count++] = (struct named){base_name(v[i].name), i};
    qsort(names, count, sizeof *names, by_base);
    for (size_t i = 0, end; i < count; i = end) {
        end = i + 1;
        while (end < count && str_eq(names[end].base, names[i].base))
            end++;
        if (end == i + 1)
            names[kept++] = names[i];
    }
    *ret_n = kept;
    return names;
}

static enum err_code pair_names(struct pairing *p, struct err *err)
{
    size_t nold, nnew;
    struct named *old = unique_names(p->removed, p->nremoved, &nold);
    struct named *new = unique_names(p->added, p->nadded, &nnew);
    enum err_code code = OK;

    for (size_t i = 0; i < nold && nnew && !code; i++) {
        const struct named *hit = bsearch(&old[i], new, nnew, sizeof *new, by_base);
        int score;
        if (!hit)
            continue;
        code = likeness(p, old[i].index, hit->index, &score, err);
        if (!code && score >= LEAST_BASENAME)
            pair(p, old[i].index, hit->index);
    }
    free(old);
    free(new);
    return code;
}

/* ---- all against all ---------------------------------------------------------------------------
 */

/* Negative if a is the better one. */
static int candidate_cmp(const struct candidate *a, const struct candidate *b)
{
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (int)b->same_name - (int)a->same_name;
}

static int by_score(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int c = candidate_cmp(x, y);
    return c ? c : (x->place > y->place) - (x->place < y->place);
}

/* Takes the place of the worst of an added file's candidates, if it is better. */
static void keep_better(struct candidate *best, struct candidate one)
{
    size_t worst = 0;

    for (size_t i = 1; i < CANDIDATES; i++)
        if (candidate_cmp(&best[i], &best[worst]) > 0)
            worst = i;
    if (candidate_cmp(&best[worst], &one) > 0)
        best[worst] = one;
}

static enum err_code find_candidates(
    struct pairing *p, size_t added, struct candidate *best, struct err *err)
{
    for (size_t i = 0; i < CANDIDATES; i++)
        best[i] = (struct candidate){.score = -1};
    for (size_t i = 0; i < p->nremoved; i++) {
        struct candidate one = {.removed = i, .added = added};
        if (p->removed[i].pair != SIZE_MAX)
            continue;
        enum err_code code = likeness(p, i, added, &one.score, err);
        if (code)
            return code;
        one.same_name = str_eq(base_name(p->removed[i].name), base_name(p->added[added].name));
        keep_better(best, one);
    }
    return OK;
}

static enum err_code pair_alike(struct pairing *p, struct err *err)
{
    size_t old = 0, new = 0, n = 0;
    enum err_code code = OK;

    for (size_t i = 0; i < p->nremoved; i++)
        old += p->removed[i].pair == SIZE_MAX;
    for (size_t i = 0; i < p->nadded; i++)
        new += p->added[i].pair == SIZE_MAX;
    if (!old || !new || old *new > PAIRS_MAX)
        return OK;
    p->candidates = xcalloc(new *CANDIDATES, sizeof *p->candidates);
    for (size_t i = 0; i < p->nadded && !code; i++)
        if (p->added[i].pair == SIZE_MAX)
            code = find_candidates(p, i, &p->candidates[CANDIDATES * n++], err);
    if (code)
        return code;
    n *= CANDIDATES;
    for (size_t i = 0; i < n; i++)
        p->candidates[i].place = i;
    qsort(p->candidates, n, sizeof *p->candidates, by_score);
    for (size_t i = 0; i < n && p->candidates[i].score >= LEAST; i++) {
        const struct candidate *c = &p->candidates[i];
        if (p->removed[c->removed].pair == SIZE_MAX && p->added[c->added].pair == SIZE_MAX)
            pair(p, c->removed, c->added);
    }
    return OK;
}

static void chunks_free(struct chunks *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(v[i].v);
    free(v);
}

enum err_code repo_rename(struct repo *r, struct repo_side *removed, size_t nremoved,
    struct repo_side *added, size_t nadded, struct err *err)
{
    struct pairing p = {r, removed, added, nremoved, nadded, NULL, NULL, NULL};
    enum err_code code;

    for (size_t i = 0; i < nremoved; i++)
        removed[i].pair = SIZE_MAX;
    for (size_t i = 0; i < nadded; i++)
        added[i].pair = SIZE_MAX;
    if (!nremoved || !nadded)
        return OK;
    p.old = xcalloc(nremoved, sizeof *p.old);
    p.new = xcalloc(nadded, sizeof *p.new);
    pair_equal(&p);
    code = pair_names(&p, err);
    if (!code)
        code = pair_alike(&p, err);
    chunks_free(p.old, nremoved);
    chunks_free(p.new, nadded);
    free(p.candidates);
    return code;
}
