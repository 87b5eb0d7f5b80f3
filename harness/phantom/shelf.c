/* shelf.c - a ring of answers in their stages; see shelf.h. */
#include "harness/phantom/shelf.h"

#include <pthread.h>
#include <stdlib.h>

enum { USUAL_LOOKS = 2 };

struct kept {
    struct buf name, queued, under_way, done;
    int64_t looks;
};

struct shelf {
    pthread_mutex_t lock;
    struct kept *v; /* of SHELF_MOST */
    size_t next;    /* where the next one goes */
    int64_t looks;
};

struct shelf *shelf_new(int64_t looks)
{
    struct shelf *s = xcalloc(1, sizeof *s);

    if (pthread_mutex_init(&s->lock, NULL) != 0)
        BUG("no lock can be made");
    s->v = xcalloc(SHELF_MOST, sizeof *s->v);
    s->looks = looks > 0 ? looks : USUAL_LOOKS;
    return s;
}

void shelf_free(struct shelf *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < SHELF_MOST; i++) {
        buf_release(&s->v[i].name);
        buf_release(&s->v[i].queued);
        buf_release(&s->v[i].under_way);
        buf_release(&s->v[i].done);
    }
    free(s->v);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void set(struct buf *b, struct str text)
{
    buf_reset(b);
    buf_str_add(b, text);
}

void shelf_put(struct shelf *s, struct str name, const struct shelf_stages *stages)
{
    pthread_mutex_lock(&s->lock);
    struct kept *k = &s->v[s->next];
    s->next = (s->next + 1) % SHELF_MOST;
    set(&k->name, name);
    set(&k->queued, stages->queued);
    set(&k->under_way, stages->under_way);
    set(&k->done, stages->done);
    k->looks = 0;
    pthread_mutex_unlock(&s->lock);
}

static struct kept *find(struct shelf *s, struct str name)
{
    for (size_t i = 0; i < SHELF_MOST; i++)
        if (name.n && str_eq(buf_str(&s->v[i].name), name))
            return &s->v[i];
    return NULL;
}

bool shelf_look(struct shelf *s, struct str name, struct buf *out)
{
    pthread_mutex_lock(&s->lock);
    struct kept *k = find(s, name);
    if (k) {
        k->looks++;
        buf_str_add(out, buf_str(k->looks > s->looks        ? &k->done
                                 : k->looks * 2 <= s->looks ? &k->queued
                                                            : &k->under_way));
    }
    pthread_mutex_unlock(&s->lock);
    return k != NULL;
}
