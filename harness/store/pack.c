/* pack.c - replacing known texts by references and back; see pack.h. */
#include "harness/store/pack.h"

#include "harness/base/json.h"

#include <string.h>

enum { SHORTEST_TEXT = 24, MAX_TEXTS = 64, HEAD = 16, MAX_FALSE_HEADS = 32 };

/* A known text in one escaped form. */
struct needle {
    int64_t key;
    char kind;
    size_t start, n; /* in the buffer of needles */
};

static size_t make_needles(
    const struct pack_text *texts, size_t ntexts, struct buf *store, struct needle *out)
{
    struct buf once = BUF_INIT;
    size_t n = 0;

    for (size_t i = 0; i < ntexts && n + 2 <= MAX_TEXTS; i++) {
        if (texts[i].text.n < SHORTEST_TEXT)
            continue;
        if (texts[i].plain) {
            out[n++] = (struct needle){texts[i].key, 'p', store->n, texts[i].text.n};
            buf_str_add(store, texts[i].text);
            continue;
        }
        buf_reset(&once);
        json_escape(&once, texts[i].text);
        out[n++] = (struct needle){texts[i].key, 'e', store->n, once.n};
        buf_str_add(store, buf_str(&once));
        if (texts[i].flat)
            continue;
        size_t start = store->n;
        json_escape(store, buf_str(&once));
        if (store->n - start == once.n)
            buf_truncate(store, start); /* escaping twice changes nothing: one form is enough */
        else
            out[n++] = (struct needle){texts[i].key, 'd', start, store->n - start};
    }
    buf_release(&once);
    return n;
}

/* str_find for long needles: their first bytes are sought, the rest is compared. Bytes that keep
 * beginning like the needle without being it get the search that is linear in any case. */
static size_t find_long(struct str bytes, struct str needle, size_t from)
{
    struct str head = str_slice(needle, 0, HEAD);

    for (int tries = 0; tries < MAX_FALSE_HEADS; tries++) {
        size_t at = str_find(bytes, head, from);
        if (at == SIZE_MAX || str_starts(str_from(bytes, at), needle))
            return at;
        from = at + 1;
    }
    return str_find(bytes, needle, from);
}

/* The needle that occurs first (the longest one where several begin), or NULL. */
static const struct needle *first_hit(struct str bytes, struct str store,
    const struct needle *needles, size_t n, size_t *next, size_t from, size_t *ret_at)
{
    const struct needle *best = NULL;

    for (size_t i = 0; i < n; i++) {
        if (next[i] != SIZE_MAX && next[i] < from)
            next[i] = find_long(
                bytes, str_slice(store, needles[i].start, needles[i].start + needles[i].n), from);
        if (next[i] == SIZE_MAX)
            continue;
        if (!best || next[i] < *ret_at || (next[i] == *ret_at && needles[i].n > best->n)) {
            best = &needles[i];
            *ret_at = next[i];
        }
    }
    return best;
}

void pack_bytes(struct buf *out, struct str bytes, const struct pack_text *texts, size_t n)
{
    struct buf store = BUF_INIT;
    struct needle needles[MAX_TEXTS];
    size_t next[MAX_TEXTS], from = 0, at = 0;

    if (bytes.n && memchr(bytes.p, '\0', bytes.n)) {
        buf_add(out, "\0r\0", 3);
        buf_str_add(out, bytes);
        return;
    }
    size_t count = make_needles(texts, n, &store, needles);
    for (size_t i = 0; i < count; i++)
        next[i] = find_long(bytes,
            str_slice(buf_str(&store), needles[i].start, needles[i].start + needles[i].n), 0);
    for (const struct needle *hit;
         (hit = first_hit(bytes, buf_str(&store), needles, count, next, from, &at));) {
        buf_add(out, bytes.p + from, at - from);
        buf_putc(out, '\0');
        buf_printf(out, "%c%lld", hit->kind, (long long)hit->key);
        buf_putc(out, '\0');
        from = at + hit->n;
    }
    buf_str_add(out, str_from(bytes, from));
    buf_release(&store);
}

static bool restore_one(struct buf *out, struct str ref, pack_lookup_fn *lookup, void *payload)
{
    struct buf text = BUF_INIT, once = BUF_INIT;
    int64_t key = 0;

    if (ref.n < 2 || !memchr("edp", ref.p[0], 3))
        return false;
    for (size_t i = 1; i < ref.n; i++) {
        if (!str_is_digit(ref.p[i]) || key > INT64_MAX / 16)
            return false;
        key = key * 10 + (ref.p[i] - '0');
    }
    bool ok = lookup(key, &text, payload);
    json_escape(&once, buf_str(&text));
    if (ok && ref.p[0] == 'p')
        buf_str_add(out, buf_str(&text));
    else if (ok && ref.p[0] == 'e')
        buf_str_add(out, buf_str(&once));
    else if (ok)
        json_escape(out, buf_str(&once));
    buf_release(&text);
    buf_release(&once);
    return ok;
}

bool pack_restore(struct buf *out, struct str packed, pack_lookup_fn *lookup, void *payload)
{
    if (packed.n >= 3 && memcmp(packed.p, "\0r\0", 3) == 0) {
        buf_str_add(out, str_from(packed, 3));
        return true;
    }
    for (size_t i = 0; i < packed.n;) {
        const char *nul = memchr(packed.p + i, '\0', packed.n - i);
        size_t start = nul ? (size_t)(nul - packed.p) : packed.n;
        buf_add(out, packed.p + i, start - i);
        if (!nul)
            return true;
        const char *end = memchr(nul + 1, '\0', packed.n - start - 1);
        if (!end)
            return false;
        size_t stop = (size_t)(end - packed.p);
        if (!restore_one(out, str_slice(packed, start + 1, stop), lookup, payload))
            return false;
        i = stop + 1;
    }
    return true;
}
