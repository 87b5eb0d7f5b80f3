/*
 * swe_cluster.c - similarities by posting lists, average link with remembered neighbours.
 *
 * Files and words are kept as one array of (text, task), sorted: what stands together is shared,
 * and each pair of tasks in such a group gets its part of the sum. See swe_cluster.h for the rules.
 */
#include "datasets/swe_cluster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_CHARS = 600, LEAST_WORD = 2 };

struct swe_similarity {
    size_t n;
    int64_t *v; /* lower triangle without the diagonal, row by row */
};

/* A file or word of a task. */
struct post {
    struct str text;
    size_t task;
};

struct posts {
    struct post *v;
    size_t n, cap;
    struct arena arena; /* of lowered words */
};

/* Sums over pairs of tasks, the diagonal included. */
struct sums {
    size_t n;
    double *v;
};

static size_t cell_below(size_t i, size_t j)
{
    return i > j ? i * (i - 1) / 2 + j : j * (j - 1) / 2 + i;
}

static size_t cell_with(size_t i, size_t j)
{
    return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
}

/* --- posts --------------------------------------------------------------------------------- */

static void post(struct posts *posts, struct str text, size_t task)
{
    GROW(posts->v, posts->n + 1, posts->cap);
    posts->v[posts->n++] = (struct post){text, task};
}

static void posts_release(struct posts *posts)
{
    free(posts->v);
    arena_release(&posts->arena);
}

static int compare_posts(const void *a, const void *b)
{
    const struct post *x = a, *y = b;
    int c = str_cmp(x->text, y->text);

    return c ? c : (x->task > y->task) - (x->task < y->task);
}

static bool is_word_byte(char c)
{
    return str_is_alpha(c) || str_is_digit(c);
}

/* Words are runs of ASCII letters and digits, in lower case. */
static void post_words(struct posts *posts, struct str text, size_t task)
{
    size_t i = 0;

    while (i < text.n) {
        size_t start = i;
        while (i < text.n && is_word_byte(text.p[i]))
            i++;
        if (i == start)
            i++;
        if (i - start < LEAST_WORD || !is_word_byte(text.p[start]))
            continue;
        char *word = arena_cstr(&posts->arena, str_slice(text, start, i));
        for (size_t k = 0; k < i - start; k++)
            word[k] = str_lower(word[k]);
        post(posts, (struct str){word, i - start}, task);
    }
}

static struct str first_chars(struct str s, size_t chars)
{
    size_t i = 0;

    for (size_t n = 0; n < chars && i < s.n; n++)
        (void)str_utf8_next(s, &i); /* only the position matters here */
    return str_slice(s, 0, i);
}

static void post_task(const struct swe_task *task, size_t number,
    const struct swe_extensions *extensions, struct posts *files, struct posts *words)
{
    struct arena arena = {0};
    struct str *names;
    size_t n = swe_gold_files(task, SWE_GOLD_MODIFIED, &arena, &names);

    post_words(words, task->title, number);
    post_words(words, task->title, number);
    post_words(words, first_chars(task->body, BODY_CHARS), number);
    for (size_t i = 0; i < n; i++) {
        if (!swe_extensions_has(extensions, names[i]))
            continue;
        post(files, names[i], number);
        post_words(words, names[i], number);
    }
    arena_release(&arena);
}

/* --- sums over groups ---------------------------------------------------------------------- */

/* One text's tasks, each with its count. */
struct group {
    size_t *task;
    double *count;
    size_t n;
};

/* Reads the group that begins at post i; returns the first post behind it. */
static size_t next_group(const struct posts *posts, size_t i, struct group *g)
{
    size_t first = i;

    g->n = 0;
    for (; i < posts->n && str_eq(posts->v[i].text, posts->v[first].text); i++) {
        if (!g->n || g->task[g->n - 1] != posts->v[i].task) {
            g->task[g->n] = posts->v[i].task;
            g->count[g->n++] = 0;
        }
        g->count[g->n - 1] += 1;
    }
    return i;
}

/* Of a file or word that `with` of the tasks have. */
static double weight_of(size_t tasks, size_t with)
{
    return log((1.0 + (double)tasks) / (1.0 + (double)with)) + 0.1;
}

/* The files that two tasks share, by weight; on the diagonal all of one. */
static void add_shared(const struct group *g, struct sums *sums)
{
    double weight = weight_of(sums->n, g->n);

    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j <= i; j++)
            sums->v[cell_with(g->task[i], g->task[j])] += weight;
}

/* Products of a word's weights in two texts, (1 + ln n) times that of the word. */
static void add_products(const struct group *g, struct sums *sums)
{
    double weight = weight_of(sums->n, g->n);

    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j <= i; j++)
            sums->v[cell_with(g->task[i], g->task[j])] +=
                (1 + log(g->count[i])) * weight * (1 + log(g->count[j])) * weight;
}

static void add_groups(
    struct posts *posts, struct sums *sums, void (*add)(const struct group *, struct sums *))
{
    struct group g = {xmalloc(sums->n * sizeof *g.task), xmalloc(sums->n * sizeof *g.count), 0};

    if (posts->n)
        qsort(posts->v, posts->n, sizeof *posts->v, compare_posts);
    for (size_t i = 0; i < posts->n;) {
        i = next_group(posts, i, &g);
        add(&g, sums);
    }
    free(g.task);
    free(g.count);
}

static double jaccard(const struct sums *shared, size_t i, size_t j)
{
    double both = shared->v[cell_with(i, j)];
    double any = shared->v[cell_with(i, i)] + shared->v[cell_with(j, j)] - both;

    return any > 0 ? both / any : 0;
}

static double cosine(const struct sums *products, size_t i, size_t j)
{
    double norm = sqrt(products->v[cell_with(i, i)]) * sqrt(products->v[cell_with(j, j)]);

    return norm > 0 ? products->v[cell_with(i, j)] / norm : 0;
}

enum err_code swe_similarity_new(const struct swe_task *tasks, size_t n,
    const struct swe_extensions *extensions, struct swe_similarity **ret, struct err *err)
{
    struct posts files = {0}, words = {0};
    struct sums shared = {.n = n}, products = {.n = n};

    if (n > SWE_CLUSTER_TASKS)
        return err_set(err, ERR_LIMIT,
            "%zu tasks are too many to compare: at most %d. Look at fewer commits (--max-commits), "
            "or ask for more modified files",
            n, SWE_CLUSTER_TASKS);
    shared.v = xcalloc(n * (n + 1) / 2, sizeof *shared.v);
    products.v = xcalloc(n * (n + 1) / 2, sizeof *products.v);
    for (size_t i = 0; i < n; i++)
        post_task(&tasks[i], i, extensions, &files, &words);
    add_groups(&files, &shared, add_shared);
    add_groups(&words, &products, add_products);
    struct swe_similarity *s = xmalloc(sizeof *s);
    s->n = n;
    s->v = xmalloc((n ? n * (n - 1) / 2 : 0) * sizeof *s->v);
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < i; j++)
            s->v[cell_below(i, j)] =
                llround((0.5 * jaccard(&shared, i, j) + 0.5 * cosine(&products, i, j)) *
                        (double)SWE_SIMILARITY_ONE);
    posts_release(&files);
    posts_release(&words);
    free(shared.v);
    free(products.v);
    *ret = s;
    return OK;
}

void swe_similarity_free(struct swe_similarity *s)
{
    if (!s)
        return;
    free(s->v);
    free(s);
}

int64_t swe_similarity_get(const struct swe_similarity *s, size_t i, size_t j)
{
    return i == j ? SWE_SIMILARITY_ONE : s->v[cell_below(i, j)];
}

/* --- average link -------------------------------------------------------------------------- */

/* A cluster is named by its first task; `size` 0 = it is part of another. */
struct links {
    size_t n, max_size;
    int64_t *sum; /* similarities between the tasks of two clusters, added */
    size_t *size; /* of each cluster */
    size_t *near; /* best partner with a higher index, or n */
};

/* Is the average of (a, b) higher than that of (c, d)? Exact: sums are whole, sizes small. */
static bool is_better(const struct links *l, size_t a, size_t b, size_t c, size_t d)
{
    int64_t left = l->sum[cell_below(a, b)] * (int64_t)(l->size[c] * l->size[d]);
    int64_t right = l->sum[cell_below(c, d)] * (int64_t)(l->size[a] * l->size[b]);

    return left > right;
}

static bool may_join(const struct links *l, size_t a, size_t b)
{
    return l->size[a] && l->size[b] && l->size[a] + l->size[b] <= l->max_size;
}

static void find_near(struct links *l, size_t a)
{
    l->near[a] = l->n;
    if (!l->size[a])
        return;
    for (size_t b = a + 1; b < l->n; b++)
        if (may_join(l, a, b) && (l->near[a] == l->n || is_better(l, a, b, a, l->near[a])))
            l->near[a] = b;
}

/* b becomes part of a; a < b. */
static void join(struct links *l, size_t a, size_t b)
{
    for (size_t c = 0; c < l->n; c++)
        if (c != a && c != b)
            l->sum[cell_below(a, c)] += l->sum[cell_below(b, c)];
    l->size[a] += l->size[b];
    l->size[b] = 0;
    find_near(l, a);
    find_near(l, b);
    for (size_t c = 0; c < b; c++) {
        if (c == a || !l->size[c])
            continue;
        bool stale = l->near[c] == a || l->near[c] == b;
        if (stale)
            find_near(l, c);
        else if (c < a && may_join(l, c, a) &&
                 (l->near[c] == l->n || is_better(l, c, a, c, l->near[c]) ||
                     (a < l->near[c] && !is_better(l, c, l->near[c], c, a))))
            l->near[c] = a;
    }
}

/* The best pair of all: equals, the one that stands first. Returns n if there is none. */
static size_t best_pair(const struct links *l)
{
    size_t best = l->n;

    for (size_t a = 0; a < l->n; a++)
        if (l->size[a] && l->near[a] < l->n &&
            (best == l->n || is_better(l, a, l->near[a], best, l->near[best])))
            best = a;
    return best;
}

void swe_similarity_groups(
    const struct swe_similarity *s, int64_t threshold, size_t max_size, size_t *ret_group)
{
    size_t n = s->n, cells = n ? n * (n - 1) / 2 : 0, a;
    struct links l = {.n = n, .max_size = max_size};

    if (max_size < 1 || max_size > SWE_CLUSTER_SIZE)
        BUG("clusters of %zu", max_size);
    l.sum = xmalloc(cells * sizeof *l.sum);
    if (cells)
        memcpy(l.sum, s->v, cells * sizeof *l.sum);
    l.size = xmalloc(n * sizeof *l.size);
    l.near = xmalloc(n * sizeof *l.near);
    for (size_t i = 0; i < n; i++) {
        l.size[i] = 1;
        ret_group[i] = i;
    }
    for (size_t i = 0; i < n; i++)
        find_near(&l, i);
    while ((a = best_pair(&l)) < n) {
        size_t b = l.near[a];
        if (l.sum[cell_below(a, b)] < threshold * (int64_t)(l.size[a] * l.size[b]))
            break;
        join(&l, a, b);
        for (size_t i = 0; i < n; i++)
            if (ret_group[i] == b)
                ret_group[i] = a;
    }
    free(l.sum);
    free(l.size);
    free(l.near);
}

/* --- a list -------------------------------------------------------------------------------- */

static void name_groups(struct swe_task *tasks, size_t n, const size_t *group, struct arena *arena)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        tasks[i].cluster =
            group[i] == i ? str_c(arena_printf(arena, "c%03zu", ++count)) : tasks[group[i]].cluster;
}

static enum err_code cluster_repo(struct swe_task *tasks, size_t n,
    const struct swe_cluster_options *options, swe_pair_fn *pair, void *payload,
    struct arena *arena, struct err *err)
{
    struct swe_similarity *s;

    if (swe_similarity_new(tasks, n, options->extensions, &s, err))
        return err_wrap(err, "%.*s", STR_ARG(tasks[0].repo));
    for (size_t i = 0; pair && i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            pair(&tasks[i], &tasks[j], swe_similarity_get(s, i, j), payload);
    size_t *group = xmalloc(n * sizeof *group);
    swe_similarity_groups(s, options->threshold, options->max_size, group);
    name_groups(tasks, n, group, arena);
    free(group);
    swe_similarity_free(s);
    return OK;
}

enum err_code swe_cluster(struct swe_list *list, const struct swe_cluster_options *options,
    swe_pair_fn *pair, void *payload, struct arena *arena, struct err *err)
{
    swe_list_sort(list);
    for (size_t i = 0, end; i < list->n; i = end) {
        for (end = i + 1; end < list->n && str_eq(list->v[i].repo, list->v[end].repo);)
            end++;
        if (cluster_repo(&list->v[i], end - i, options, pair, payload, arena, err))
            return err->code;
    }
    return OK;
}
