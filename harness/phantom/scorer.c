/* scorer.c - questions of our worlds by probability; see scorer.h. */
#include "harness/phantom/scorer.h"

#include "harness/base/data.h"
#include "harness/base/digest.h"
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/phantom/scorer_gram.h"

#include <math.h>

enum { MAX_FILE = 1 << 20 };

struct scorer {
    struct world_library *lib;
    struct gram *gram;
    double ngram_share, ngram_bigram, ngram_unigram;
    char fingerprint[24];
};

static const struct {
    const char *name, *world;
} names[] = {{"scorer", "paper-like"}, {"scorer-null", "null"}};

const char *scorer_model_name(size_t i)
{
    return i < ARRAY_LEN(names) ? names[i].name : NULL;
}

static struct str world_of(struct str model)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eqc(model, names[i].name))
            return str_c(names[i].world);
    return STR("");
}

bool scorer_is(struct str model)
{
    return world_of(model).n > 0;
}

const char *scorer_fingerprint(const struct scorer *s)
{
    return s->fingerprint;
}

/* ---- making ---------------------------------------------------------------------------------- */

static enum err_code read_member(
    const struct json *doc, const char *path, const char *key, double *ret, struct err *err)
{
    const struct json *explained = json_get(json_get(doc, "parameters"), key);

    if (!json_num(json_get(json_get(doc, "scorer"), key), ret) || *ret <= 0 || *ret >= 1)
        return err_set(err, ERR_INPUT, "%s: scorer.%s must be a number between 0 and 1", path, key);
    if (!json_str(json_get(explained, "unit")).n || !json_str(json_get(explained, "comment")).n)
        return err_set(err, ERR_INPUT, "%s: parameters.%s needs a unit and a comment", path, key);
    return OK;
}

static enum err_code read_params(
    struct scorer *s, struct str text, const char *path, bool *ret_there, struct err *err)
{
    struct {
        const char *key;
        double *value;
    } members[] = {{"ngram_share", &s->ngram_share}, {"ngram_bigram", &s->ngram_bigram},
        {"ngram_unigram", &s->ngram_unigram}};
    struct json *doc;
    struct buf sealed = BUF_INIT;
    char hex[DIGEST_HEX_LEN + 1];

    if (json_parse(text, JSON_STRICT, &doc, err))
        return err_wrap(err, "%s", path);
    *ret_there = json_get(doc, "scorer") != NULL;
    enum err_code code = OK;
    for (size_t i = 0; i < ARRAY_LEN(members) && *ret_there && code == OK; i++) {
        code = read_member(doc, path, members[i].key, members[i].value, err);
        buf_printf(&sealed, " %s=", members[i].key);
        json_number(&sealed, *members[i].value);
    }
    if (code == OK && s->ngram_bigram + s->ngram_unigram >= 1)
        code = err_set(
            err, ERR_INPUT, "%s: scorer.ngram_bigram + ngram_unigram must be below 1", path);
    (void)snprintf(s->fingerprint, sizeof s->fingerprint, "phantom-%.12s",
        digest_hex(digest_of(buf_str(&sealed)), hex));
    buf_release(&sealed);
    json_free(doc);
    return code;
}

static enum err_code load_params(struct scorer *s, const char *params, struct err *err)
{
    static const char own[] = "configs/phantom.json";
    struct buf text = BUF_INIT;
    bool there = false;
    enum err_code code = params ? file_read(params, MAX_FILE, &text, err) : OK;

    if (code == OK && params)
        code = read_params(s, buf_str(&text), params, &there, err);
    buf_reset(&text);
    if (code == OK && !there && (code = data_read(own, &text, err)) == OK)
        code = read_params(s, buf_str(&text), own, &there, err);
    buf_release(&text);
    if (code == OK && !there)
        code = err_set(err, ERR_INPUT, "%s: no member scorer", own);
    return code;
}

/* Every question of a drawn instance of every context, what-ifs with their least new fact. */
static enum err_code train(struct scorer *s, struct err *err)
{
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    struct vocab_ids ids = {0};
    struct rng rng = rng_labelled(0, STR("phantom/scorer"));
    enum err_code code = OK;

    for (size_t c = 0; c < world_contexts(s->lib) && code == OK; c++) {
        struct world_view v;
        arena_reset(&arena);
        code = world_draw(world_context_at(s->lib, c), &rng, &arena, &v, err);
        for (size_t q = 0; code == OK && q < v.n; q++) {
            int64_t low, high;
            if (!v.quantities[q].candidate)
                continue;
            world_fact_domain(&v, q, &low, &high);
            buf_reset(&text);
            ids.n = 0;
            world_render_question(&v, q, rat_int(low), &text);
            vocab_encode(buf_str(&text), false, &ids);
            gram_train(s->gram, &ids);
        }
    }
    gram_seal(s->gram);
    arena_release(&arena);
    buf_release(&text);
    vocab_ids_release(&ids);
    return code;
}

enum err_code scorer_new(const char *params, struct scorer **ret, struct err *err)
{
    struct scorer *s = xcalloc(1, sizeof *s);
    enum err_code code = load_params(s, params, err);

    if (code == OK)
        code = world_library_load(&s->lib, err);
    if (code == OK) {
        s->gram = gram_new(s->ngram_bigram, s->ngram_unigram);
        code = train(s, err);
    }
    if (code)
        scorer_free(s);
    else
        *ret = s;
    return code;
}

void scorer_free(struct scorer *s)
{
    if (!s)
        return;
    world_library_free(s->lib);
    gram_free(s->gram);
    free(s);
}

/* ---- candidates as tokens -------------------------------------------------------------------- */

/* A question and how much of it the tokens so far are. */
struct candidate {
    double share;        /* of the prior */
    struct vocab_ids id; /* bare, without blanks; a new fact stands there as one digit */
    bool has_fact;
    size_t fact_at;
    int64_t low, high;
    bool dead;
    size_t at;
    int64_t value; /* digits of the fact so far */
    int digits;
    double fits; /* share of the facts that fit, 1 without one */
};

static void tokens_of(struct str text, struct vocab_ids *out)
{
    struct vocab_ids all = {0};

    vocab_encode(text, false, &all);
    for (size_t i = 0; i < all.n; i++)
        if (!vocab_is_blank(all.v[i]))
            vocab_ids_add(out, vocab_bare(all.v[i]));
    vocab_ids_release(&all);
}

static void question(
    const struct world_view *v, size_t quantity, int64_t fact, struct vocab_ids *out)
{
    struct buf text = BUF_INIT;

    world_render_question(v, quantity, rat_int(fact), &text);
    tokens_of(buf_str(&text), out);
    buf_release(&text);
}

static struct candidate candidate_of(const struct world_view *v, size_t quantity, double share)
{
    struct candidate c = {.share = share, .has_fact = v->quantities[quantity].has_fact, .fits = 1};
    struct vocab_ids other = {0};

    question(v, quantity, 7, &c.id);
    if (!c.has_fact)
        return c;
    question(v, quantity, 8, &other);
    while (c.fact_at < c.id.n && c.id.v[c.fact_at] == other.v[c.fact_at])
        c.fact_at++;
    vocab_ids_release(&other);
    world_fact_domain(v, quantity, &c.low, &c.high);
    return c;
}

/* What may be asked on the view, with shares of the prior that sum to 1. */
struct field {
    struct candidate *v;
    size_t n;
};

static struct field field_of(const struct world_view *v, struct str world, struct arena *arena)
{
    double *weight = arena_array(arena, double, v->n + 1), sum = 0;
    struct field f = {arena_array(arena, struct candidate, v->n + 1), 0};

    world_law(v, LAW_SCORER, world, weight);
    for (size_t i = 0; i < v->n; i++) {
        if (!isfinite(weight[i]))
            continue;
        struct candidate c = candidate_of(v, i, exp(weight[i]));
        if (c.has_fact && c.high < c.low) { /* no fact fits: it cannot be asked */
            vocab_ids_release(&c.id);
            continue;
        }
        sum += c.share;
        f.v[f.n++] = c;
    }
    for (size_t i = 0; i < f.n; i++)
        f.v[i].share /= sum;
    return f;
}

static void field_release(struct field *f)
{
    for (size_t i = 0; i < f->n; i++)
        vocab_ids_release(&f->v[i].id);
}

/* How many facts begin with these digits. */
static int64_t facts_beginning(const struct candidate *c)
{
    int64_t hits = 0;

    for (int64_t n = c->low; n <= c->high; n++) {
        int64_t head = n;
        for (int64_t most = c->value; head > most;)
            head /= 10;
        hits += head == c->value;
    }
    return hits;
}

static int digit_of(int64_t id)
{
    struct buf text = BUF_INIT;
    int d = -1;

    if (!vocab_is_special(id))
        vocab_decode(id, &text);
    if (text.n == 1 && str_is_digit(text.p[0]))
        d = text.p[0] - '0';
    buf_release(&text);
    return d;
}

/* One more token; false when the candidate does not go on so. */
static bool goes_on(struct candidate *c, int64_t id, int digit)
{
    double facts = (double)(c->high - c->low + 1);

    if (c->has_fact && c->at == c->fact_at) {
        if (digit >= 0) {
            if (++c->digits > 9 || (c->digits == 1 && digit == 0))
                return false;
            c->value = c->value * 10 + digit;
            int64_t fit = facts_beginning(c);
            c->fits = (double)fit / facts;
            return fit > 0;
        }
        if (c->digits == 0 || c->value < c->low || c->value > c->high)
            return false;
        c->fits = 1 / facts;
        c->at++;
    }
    return c->at < c->id.n && c->id.v[c->at++] == id;
}

/* Mass of the candidates that go on with the token. */
static double take_token(struct field *f, int64_t id)
{
    double mass = 0;
    int digit = digit_of(id);

    for (size_t i = 0; i < f->n; i++) {
        struct candidate *c = &f->v[i];
        if (!c->dead && goes_on(c, id, digit))
            mass += c->share * c->fits;
        else
            c->dead = true;
    }
    return mass;
}

/* ---- scores ---------------------------------------------------------------------------------- */

/* The text of the ids without special tokens, and where each id's own text starts in it. */
static struct str text_of(const struct vocab_ids *ids, size_t *starts, struct arena *arena)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < ids->n; i++) {
        size_t from = text.n;
        if (!vocab_is_special(ids->v[i]))
            vocab_decode(ids->v[i], &text);
        while (from < text.n && str_is_blank(text.p[from]))
            from++;
        starts[i] = from;
    }
    struct str all = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return all;
}

/* log((1 - s) * mass + s * exp(g)) */
static double mixed(double s, double mass, double g)
{
    double b = log(s) + g;

    if (mass <= 0)
        return b;
    double a = log(1 - s) + log(mass);
    return a > b ? a + log1p(exp(b - a)) : b + log1p(exp(a - b));
}

void scorer_values(const struct scorer *s, struct str model, const struct vocab_ids *ids,
    struct arena *arena, double *ret_logprobs)
{
    size_t *starts = arena_array(arena, size_t, ids->n + 1), query = 0;
    struct str text = text_of(ids, starts, arena);
    struct world_view view;
    struct field field = {NULL, 0};
    bool known = world_read_context(s->lib, text, arena, &view, &query), asked = false;
    int64_t before = GRAM_START;
    double g = 0, mass = 0;

    if (known)
        field = field_of(&view, world_of(model), arena);
    for (size_t i = 0; i < ids->n; i++) {
        int64_t id = vocab_bare(ids->v[i]);
        ret_logprobs[i] = 0;
        if (vocab_is_blank(id) || vocab_is_special(id))
            continue;
        if (known && !asked && starts[i] >= query) { /* the question begins */
            asked = true;
            before = GRAM_START;
        }
        double step = gram_logprob(s->gram, before, id), last = mass;
        before = id;
        ret_logprobs[i] = step;
        if (!asked)
            continue;
        g += step;
        mass = mixed(s->ngram_share, take_token(&field, id), g);
        ret_logprobs[i] = mass - last;
    }
    if (ids->n)
        ret_logprobs[0] = NAN;
    field_release(&field);
}

double scorer_ngram(const struct scorer *s, struct str text)
{
    struct vocab_ids ids = {0};
    int64_t before = GRAM_START;
    double sum = 0;

    tokens_of(text, &ids);
    for (size_t i = 0; i < ids.n; before = ids.v[i++])
        sum += gram_logprob(s->gram, before, ids.v[i]);
    vocab_ids_release(&ids);
    return sum;
}

/* The question as text, when it goes on from `begun`. */
static bool question_from(
    const struct world_view *v, size_t quantity, struct str begun, struct buf *out)
{
    int64_t low, high;

    world_fact_domain(v, quantity, &low, &high);
    for (int64_t fact = low; fact <= high; fact++) {
        buf_reset(out);
        world_render_question(v, quantity, rat_int(fact), out);
        if (str_starts(buf_str(out), begun))
            return true;
        if (!v->quantities[quantity].has_fact)
            break;
    }
    return false;
}

struct str scorer_continue(
    const struct scorer *s, struct str model, const struct vocab_ids *ids, struct arena *arena)
{
    size_t *starts = arena_array(arena, size_t, ids->n + 1), query;
    struct str text = text_of(ids, starts, arena), rest = STR("");
    struct world_view v;
    struct buf out = BUF_INIT;
    double best = -INFINITY;

    if (!world_read_context(s->lib, text, arena, &v, &query))
        return rest;
    double *weight = arena_array(arena, double, v.n + 1);
    struct str begun = str_from(text, query);
    bool blank = text.n > 0 && str_is_blank(text.p[text.n - 1]);
    world_law(&v, LAW_SCORER, world_of(model), weight);
    for (size_t i = 0; i < v.n; i++) {
        if (!(weight[i] > best) || !question_from(&v, i, begun, &out))
            continue;
        best = weight[i];
        rest = str_c(
            arena_printf(arena, "%s%s", begun.n || blank ? "" : " ", buf_cstr(&out) + begun.n));
    }
    buf_release(&out);
    return rest;
}
