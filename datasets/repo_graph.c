/*
 * repo_graph.c - commits by index: reading, ordering, merge bases; see repo_graph.h.
 *
 * A commit's level is one more than the highest level of its parents. Taken by falling level, every
 * commit comes behind all that lead to it, whatever its clock said: marks that travel along with
 * the walk are final when a commit is reached, so a merge base found is a best one.
 */
#include "datasets/repo_graph.h"

#include <string.h>

enum { MAX_COMMITS = 8000000, FREE_SLOT = UINT32_MAX };

enum mark {
    TRUNK = 1, /* for good */
    ONTO = 2,  /* during one search: reached from the line that is left, */
    HEAD = 4,  /* from the line that leaves, */
    STALE = 8, /* and from a common ancestor */
    QUEUED = 16
};

struct node {
    git_oid id;
    uint32_t level; /* 0 = not known yet */
    int64_t time;
    uint32_t parents, nparents; /* slice of graph.parents */
    uint8_t marks;
};

/* A heap of commits: highest key first, then in the order of arrival. */
struct queue {
    struct queue_entry {
        int64_t key;
        uint32_t arrival, node;
    } * v;
    size_t n, cap;
    uint32_t arrivals;
};

struct repo_graph {
    struct repo *repo;
    struct node *nodes;
    size_t n, cap;
    uint32_t *parents;
    size_t nparents, parents_cap;
    uint32_t *slots; /* id -> index, open addressing */
    size_t nslots;   /* a power of two, at least twice n */
    uint32_t *todo;  /* a stack */
    size_t ntodo, todo_cap;
    uint32_t *touched; /* nodes with marks of the current search */
    size_t ntouched, touched_cap;
    struct queue queue;
};

struct repo_graph *repo_graph_new(struct repo *r)
{
    struct repo_graph *g = xcalloc(1, sizeof *g);

    g->repo = r;
    return g;
}

void repo_graph_free(struct repo_graph *g)
{
    if (!g)
        return;
    free(g->nodes);
    free(g->parents);
    free(g->slots);
    free(g->todo);
    free(g->touched);
    free(g->queue.v);
    free(g);
}

const git_oid *repo_graph_id(const struct repo_graph *g, uint32_t commit)
{
    return &g->nodes[commit].id;
}

int64_t repo_graph_time(const struct repo_graph *g, uint32_t commit)
{
    return g->nodes[commit].time;
}

size_t repo_graph_parents(const struct repo_graph *g, uint32_t commit)
{
    return g->nodes[commit].nparents;
}

uint32_t repo_graph_parent(const struct repo_graph *g, uint32_t commit, size_t i)
{
    return g->parents[g->nodes[commit].parents + i];
}

bool repo_graph_in_trunk(const struct repo_graph *g, uint32_t commit)
{
    return g->nodes[commit].marks & TRUNK;
}

/* ---- ids to indexes ----------------------------------------------------------------------------
 */

static size_t slot_of(const struct repo_graph *g, const git_oid *id)
{
    uint64_t h;

    memcpy(&h, id->id, sizeof h); /* a digest is its own hash */
    size_t i = h & (g->nslots - 1);
    while (g->slots[i] != FREE_SLOT && !git_oid_equal(&g->nodes[g->slots[i]].id, id))
        i = (i + 1) & (g->nslots - 1);
    return i;
}

static void slots_grow(struct repo_graph *g)
{
    g->nslots = g->nslots ? 2 * g->nslots : 4096;
    g->slots = xrealloc(g->slots, g->nslots * sizeof *g->slots);
    memset(g->slots, 0xff, g->nslots * sizeof *g->slots);
    for (size_t i = 0; i < g->n; i++)
        g->slots[slot_of(g, &g->nodes[i].id)] = (uint32_t)i;
}

/* The node of an id, made and put on the stack of the unread if it is new. */
static uint32_t node_for(struct repo_graph *g, const git_oid *id)
{
    if (2 * (g->n + 1) > g->nslots)
        slots_grow(g);
    size_t slot = slot_of(g, id);
    if (g->slots[slot] == FREE_SLOT) {
        GROW(g->nodes, g->n + 1, g->cap);
        GROW(g->todo, g->ntodo + 1, g->todo_cap);
        g->nodes[g->n] = (struct node){.id = *id};
        g->todo[g->ntodo++] = (uint32_t)g->n;
        g->slots[slot] = (uint32_t)g->n++;
    }
    return g->slots[slot];
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static enum err_code read_commit(struct repo_graph *g, uint32_t index, struct err *err)
{
    const git_oid id = g->nodes[index].id;
    git_commit *commit;
    char hex[GIT_OID_HEXSZ + 1];
    int rc = git_commit_lookup(&commit, g->repo->git, &id);

    if (rc)
        return repo_git_error(g->repo, rc, err, "commit %s", git_oid_tostr(hex, sizeof hex, &id));
    unsigned n = repo_is_cut(g->repo, &id) ? 0 : git_commit_parentcount(commit);
    size_t at = g->nparents;
    GROW(g->parents, at + n, g->parents_cap);
    for (unsigned i = 0; i < n; i++)
        g->parents[at + i] = node_for(g, git_commit_parent_id(commit, i));
    g->nparents += n;
    struct node *node = &g->nodes[index];
    node->time = git_commit_time(commit);
    node->parents = (uint32_t)at;
    node->nparents = n;
    git_commit_free(commit);
    return OK;
}

/* Levels of the nodes from `from` on, whose parents are all there: a node stays on the stack until
 * its parents have theirs. */
static void set_levels(struct repo_graph *g, size_t from)
{
    for (size_t i = from; i < g->n; i++) {
        g->ntodo = 0;
        GROW(g->todo, 1, g->todo_cap);
        g->todo[g->ntodo++] = (uint32_t)i;
        while (g->ntodo) {
            uint32_t at = g->todo[g->ntodo - 1], level = 0;
            bool wait = false;
            for (uint32_t k = 0; k < g->nodes[at].nparents; k++) {
                uint32_t parent = repo_graph_parent(g, at, k);
                if (g->nodes[parent].level > level)
                    level = g->nodes[parent].level;
                if (g->nodes[parent].level == 0) {
                    wait = true;
                    GROW(g->todo, g->ntodo + 1, g->todo_cap);
                    g->todo[g->ntodo++] = parent;
                }
            }
            if (!wait) {
                g->nodes[at].level = level + 1;
                g->ntodo--;
            }
        }
    }
}

enum err_code repo_graph_add(
    struct repo_graph *g, const git_oid *id, uint32_t *ret, struct err *err)
{
    size_t before = g->n;
    uint32_t index;

    g->ntodo = 0;
    index = node_for(g, id);
    while (g->ntodo) {
        enum err_code code = read_commit(g, g->todo[--g->ntodo], err);
        if (code)
            return code;
        if (g->n > MAX_COMMITS)
            return err_set(err, ERR_LIMIT, "%s: more than %d commits", g->repo->path, MAX_COMMITS);
    }
    set_levels(g, before);
    *ret = index;
    return OK;
}

/* ---- the queue ---------------------------------------------------------------------------------
 */

static bool comes_before(const struct queue_entry *a, const struct queue_entry *b)
{
    return a->key != b->key ? a->key > b->key : a->arrival < b->arrival;
}

static void queue_push(struct queue *q, int64_t key, uint32_t node)
{
    struct queue_entry e = {key, q->arrivals++, node};
    size_t i = q->n++;

    GROW(q->v, q->n, q->cap);
    for (; i && comes_before(&e, &q->v[(i - 1) / 2]); i = (i - 1) / 2)
        q->v[i] = q->v[(i - 1) / 2];
    q->v[i] = e;
}

static uint32_t queue_pop(struct queue *q)
{
    uint32_t node = q->v[0].node;
    struct queue_entry e = q->v[--q->n];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < q->n) {
        if (child + 1 < q->n && comes_before(&q->v[child + 1], &q->v[child]))
            child++;
        if (!comes_before(&q->v[child], &e))
            break;
        q->v[i] = q->v[child];
        i = child;
    }
    q->v[i] = e;
    return node;
}

static void queue_reset(struct queue *q)
{
    q->n = 0;
    q->arrivals = 0;
}

uint32_t *repo_graph_trunk(struct repo_graph *g, uint32_t tip, size_t *ret_n)
{
    uint32_t *order = xmalloc(g->n * sizeof *order);
    size_t n = 0;

    queue_reset(&g->queue);
    g->nodes[tip].marks |= TRUNK;
    queue_push(&g->queue, g->nodes[tip].time, tip);
    while (g->queue.n) {
        uint32_t at = queue_pop(&g->queue);
        order[n++] = at;
        for (uint32_t k = 0; k < g->nodes[at].nparents; k++) {
            uint32_t parent = repo_graph_parent(g, at, k);
            if (g->nodes[parent].marks & TRUNK)
                continue;
            g->nodes[parent].marks |= TRUNK;
            queue_push(&g->queue, g->nodes[parent].time, parent);
        }
    }
    *ret_n = n;
    return order;
}

/* ---- where lines meet --------------------------------------------------------------------------
 */

/* One search; `open` counts the queued commits of the leaving line that are not stale: without any,
 * nothing new can meet. */
struct search {
    struct repo_graph *g;
    bool trunk; /* the line that is left is the trunk: no marks travel on it */
    size_t open;
};

static bool is_open(uint8_t marks)
{
    return (marks & (HEAD | STALE)) == HEAD;
}

/* A commit is reached: with marks it did not have, it waits its turn. */
static void reach(struct search *s, uint32_t index, uint8_t marks)
{
    struct repo_graph *g = s->g;
    struct node *node = &g->nodes[index];
    bool was_open = is_open(node->marks);

    if (s->trunk && node->marks & TRUNK)
        marks |= ONTO;
    if (!(node->marks & QUEUED)) {
        GROW(g->touched, g->ntouched + 1, g->touched_cap);
        g->touched[g->ntouched++] = index;
        queue_push(&g->queue, node->level, index);
    }
    node->marks |= marks | QUEUED;
    s->open += is_open(node->marks);
    s->open -= was_open;
}

/* Of two commits the later; equal times: the smaller id. */
static uint32_t later(const struct repo_graph *g, uint32_t a, uint32_t b)
{
    if (a == REPO_NO_COMMIT || b == REPO_NO_COMMIT)
        return a == REPO_NO_COMMIT ? b : a;
    if (g->nodes[a].time != g->nodes[b].time)
        return g->nodes[a].time > g->nodes[b].time ? a : b;
    return git_oid_cmp(&g->nodes[a].id, &g->nodes[b].id) < 0 ? a : b;
}

struct repo_fork repo_graph_fork(struct repo_graph *g, uint32_t onto, uint32_t head)
{
    struct repo_fork fork = {REPO_NO_COMMIT, REPO_NO_COMMIT};
    struct search s = {g, onto == REPO_NO_COMMIT, 0};

    queue_reset(&g->queue);
    reach(&s, head, HEAD);
    if (!s.trunk)
        reach(&s, onto, ONTO);
    while (s.open) {
        uint32_t at = queue_pop(&g->queue);
        uint8_t marks = g->nodes[at].marks & (ONTO | HEAD | STALE);
        s.open -= is_open(marks);
        if (marks == (ONTO | HEAD)) {
            fork.base = later(g, at, fork.base);
            marks |= STALE;
        } else if (marks == HEAD &&
                   (fork.first == REPO_NO_COMMIT || g->nodes[at].time <= g->nodes[fork.first].time))
            fork.first = at;
        for (uint32_t k = 0; k < g->nodes[at].nparents; k++)
            reach(&s, repo_graph_parent(g, at, k), marks);
    }
    for (size_t i = 0; i < g->ntouched; i++)
        g->nodes[g->touched[i]].marks &= TRUNK;
    g->ntouched = 0;
    return fork;
}
