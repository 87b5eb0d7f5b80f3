/*
 * test_phantom_scorer.c - what the scorer serves against the formula, summed over a whole context.
 *
 * The expected values are made here from the public laws, facts and sentences of the worlds and
 * from counts of words that this file makes for itself; of the scorer only its answers are used.
 */
#include "tests/unit/test_mind_lab.h"

#include "harness/phantom/chat.h"
#include "harness/phantom/vocab.h"

#include <math.h>

static struct chat *chat;
static struct world_library *lib;

/* The parameters of configs/phantom.json. */
static const long double share = 0.05L, bigram = 0.7L, unigram = 0.2L;

/* ---- a bigram of this file's own: tokens as texts, counted one by one -------------------------
 */

enum { MOST = 200000 };
static struct word {
    char text[8];
} * corpus;
static size_t ncorpus; /* each text begins with the empty word */

/* Words of a text as token.h says: runs of at most four letters, single digits and others. */
static size_t words_of(const char *s, struct word *out)
{
    size_t n = 0;

    while (*s) {
        size_t k = 0;
        if (strchr(" \n", *s)) {
            s++;
            continue;
        }
        while (k < 4 && ((s[k] >= 'a' && s[k] <= 'z') || (s[k] >= 'A' && s[k] <= 'Z')))
            k++;
        k = k ? k : 1;
        memset(&out[n], 0, sizeof out[n]);
        memcpy(out[n++].text, s, k);
        s += k;
    }
    return n;
}

static void learn(const char *text)
{
    assert_true(ncorpus + 1000 < MOST);
    memset(&corpus[ncorpus++], 0, sizeof *corpus);
    ncorpus += words_of(text, corpus + ncorpus);
}

static void learn_all(void)
{
    struct rng rng = rng_labelled(0, STR("phantom/scorer"));
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    struct err err;

    corpus = xcalloc(MOST, sizeof *corpus);
    for (size_t c = 0; c < world_contexts(lib); c++) {
        struct world_view v;
        assert_int_equal(world_draw(world_context_at(lib, c), &rng, &arena, &v, &err), OK);
        for (size_t q = 0; q < v.n; q++) {
            int64_t low, high;
            if (!v.quantities[q].candidate)
                continue;
            world_fact_domain(&v, q, &low, &high);
            buf_reset(&text);
            world_render_question(&v, q, rat_int(low), &text);
            learn(buf_cstr(&text));
        }
    }
    arena_release(&arena);
    buf_release(&text);
}

static long double without_words(const char *w)
{
    if (strchr("0123456789", w[0]))
        return 0.1L / 10;
    if ((w[0] | 32) >= 'a' && (w[0] | 32) <= 'z')
        return 0.6L / 4 / powl(52, (long double)strlen(w));
    return 0.3L / 2097152;
}

/* p(b | a), counted; a is "" at the start of a text. */
static long double counted(const char *a, const char *b)
{
    long double follow = 0, pairs = 0, single = 0, all = 0;

    for (size_t i = 0; i < ncorpus; i++) {
        bool begins = !corpus[i].text[0];
        all += !begins;
        single += !begins && strcmp(corpus[i].text, b) == 0;
        if (i + 1 < ncorpus && corpus[i + 1].text[0] && strcmp(corpus[i].text, a) == 0) {
            follow++;
            pairs += strcmp(corpus[i + 1].text, b) == 0;
        }
    }
    if (follow == 0)
        return (bigram + unigram) * single / all + (1 - bigram - unigram) * without_words(b);
    return bigram * pairs / follow + unigram * single / all +
           (1 - bigram - unigram) * without_words(b);
}

/* The same, each pair counted once. */
static long double after(const char *a, const char *b)
{
    static struct {
        struct word a, b;
        long double p;
    } known[8192];
    static size_t n;

    for (size_t i = 0; i < n; i++)
        if (strcmp(known[i].a.text, a) == 0 && strcmp(known[i].b.text, b) == 0)
            return known[i].p;
    assert_true(n < ARRAY_LEN(known));
    snprintf(known[n].a.text, sizeof known[n].a.text, "%.7s", a);
    snprintf(known[n].b.text, sizeof known[n].b.text, "%.7s", b);
    known[n].p = counted(a, b);
    return known[n++].p;
}

static long double gram(const char *text)
{
    struct word w[512];
    size_t n = words_of(text, w);
    long double p = 1;

    for (size_t i = 0; i < n; i++)
        p *= after(i ? w[i - 1].text : "", w[i].text);
    return p;
}

/* ---- asking -----------------------------------------------------------------------------------
 */

static struct json *post(const char *path, const char *body)
{
    struct chat_answer a = {0};
    struct json *doc;
    struct err err;

    assert_false(chat_early("POST", path, &a));
    chat_answer(chat, path, str_c(body), &a);
    if (a.status != 200 || json_parse(buf_str(&a.body), JSON_STRICT, &doc, &err))
        fail_msg("%d %s", a.status, buf_cstr(&a.body));
    chat_answer_release(&a);
    return doc;
}

static void quoted(struct buf *b, const char *text)
{
    json_quote(b, str_c(text));
}

/* Sum over the tokens of `query` behind `context`, as text with echo; the count of tokens too. */
static double served(const char *model, const char *context, const char *query)
{
    struct buf body = BUF_INIT, prompt = BUF_INIT;
    double sum = 0;

    buf_printf(&prompt, "%s%s", context, query);
    buf_printf(&body,
        "{\"model\":\"phantom/%s\",\"echo\":true,\"logprobs\":1,\"max_tokens\":0,"
        "\"prompt\":",
        model);
    quoted(&body, buf_cstr(&prompt));
    buf_puts(&body, "}");
    struct json *doc = post("/v1/completions", buf_cstr(&body));
    const struct json *choice = json_at(json_get(doc, "choices"), 0);
    const struct json *offsets = json_path(choice, "logprobs.text_offset");
    const struct json *v = json_first(json_path(choice, "logprobs.token_logprobs"));
    assert_true(str_eq(json_str(json_get(choice, "text")), buf_str(&prompt)));
    assert_int_equal(json_type(v), JSON_NULL);
    for (const struct json *o = json_first(offsets); o; o = json_next(o), v = json_next(v)) {
        int64_t at;
        double x = 0;
        assert_true(json_int(o, &at));
        assert_true(json_type(v) == JSON_NULL || json_num(v, &x));
        if (at >= (int64_t)strlen(context)) /* the texts are ASCII */
            sum += x;
    }
    assert_null(v);
    json_free(doc);
    buf_release(&body);
    buf_release(&prompt);
    return sum;
}

/* The same by vLLM's other way: ids, prompt_logprobs keyed by id. */
static double served_by_ids(const char *context, const char *query)
{
    struct buf body = BUF_INIT, text = BUF_INIT;
    struct vocab_ids ids = {0};
    size_t front;
    double sum = 0;

    vocab_ids_add(&ids, VOCAB_BOS);
    vocab_encode(str_c(context), true, &ids);
    front = ids.n;
    vocab_encode(str_c(query), true, &ids);
    buf_puts(&body, "{\"model\":\"scorer\",\"max_tokens\":1,\"prompt_logprobs\":0,\"prompt\":[");
    for (size_t i = 0; i < ids.n; i++)
        buf_printf(&body, "%s%lld", i ? "," : "", (long long)ids.v[i]);
    buf_puts(&body, "]}");
    struct json *doc = post("/v1/completions", buf_cstr(&body));
    const struct json *list = json_get(json_at(json_get(doc, "choices"), 0), "prompt_logprobs");
    assert_int_equal(json_len(list), ids.n);
    assert_int_equal(json_type(json_first(list)), JSON_NULL);
    for (size_t i = front; i < ids.n; i++) {
        const struct json *entry = json_first(json_at(list, i));
        char key[32];
        double x;
        snprintf(key, sizeof key, "%lld", (long long)ids.v[i]);
        assert_true(str_eqc(json_key(entry), key));
        assert_true(json_num(json_get(entry, "logprob"), &x));
        buf_reset(&text);
        vocab_decode(ids.v[i], &text);
        assert_true(str_eq(json_str(json_get(entry, "decoded_token")), buf_str(&text)));
        sum += x;
    }
    json_free(doc);
    vocab_ids_release(&ids);
    buf_release(&body);
    buf_release(&text);
    return sum;
}

static void near(double got, long double expected, const char *what)
{
    if (!(fabs(got - (double)expected) <= 1e-9 * (1 + fabs((double)expected))))
        fail_msg("%s: %.15g, not %.15Lg", what, got, expected);
}

/* ---- tests ------------------------------------------------------------------------------------
 */

struct drawn {
    struct arena arena;
    struct world_view v;
    struct buf context;
    long double *pi;
};

static void draw(struct drawn *d, size_t which, const char *world)
{
    struct rng rng = rng_seeded(which + 77);
    struct err err;
    long double sum = 0;

    *d = (struct drawn){0};
    assert_int_equal(world_draw(world_context_at(lib, which), &rng, &d->arena, &d->v, &err), OK);
    world_render_context(&d->v, &d->context);
    double *weight = arena_array(&d->arena, double, d->v.n);
    d->pi = arena_array(&d->arena, long double, d->v.n);
    world_law(&d->v, LAW_SCORER, str_c(world), weight);
    for (size_t i = 0; i < d->v.n; i++) {
        int64_t low = 0, high = 0;
        if (d->v.quantities[i].has_fact)
            world_fact_domain(&d->v, i, &low, &high);
        d->pi[i] = high < low || weight[i] == -INFINITY ? 0 : expl(weight[i]);
        sum += d->pi[i];
    }
    for (size_t i = 0; i < d->v.n; i++)
        d->pi[i] /= sum;
}

static void undraw(struct drawn *d)
{
    arena_release(&d->arena);
    buf_release(&d->context);
}

/* Every question that a context has, with every new fact: each by the formula, all together at
 * most 1 and at least what the questions have of it. */
static void a_whole_context(void **state)
{
    static const char *const models[] = {"scorer", "scorer-null"};
    static const char *const worlds[] = {"paper-like", "null"};

    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct drawn d;
        struct buf q = BUF_INIT;
        long double all = 0;
        size_t n = 0;
        draw(&d, 3 * m, worlds[m]);
        for (size_t i = 0; i < d.v.n; i++) {
            int64_t low = 0, high = 0;
            if (!d.v.quantities[i].candidate)
                continue;
            if (d.v.quantities[i].has_fact)
                world_fact_domain(&d.v, i, &low, &high);
            for (int64_t fact = low; fact <= high; fact++) {
                buf_reset(&q);
                buf_putc(&q, ' ');
                world_render_question(&d.v, i, rat_int(fact), &q);
                long double p = (1 - share) * d.pi[i] / (long double)(high - low + 1) +
                                share * gram(buf_cstr(&q));
                double got = served(models[m], buf_cstr(&d.context), buf_cstr(&q));
                near(got, logl(p), buf_cstr(&q));
                all += expl(got);
                n++;
            }
        }
        assert_true(n >= 200);
        assert_true(all <= 1 && all >= 0.95L);
        undraw(&d);
        buf_release(&q);
    }
}

/* Both ways of asking give the same, and a token in front changes nothing. */
static void two_ways_of_asking(void **state)
{
    struct drawn d;
    static const char *const queries[] = {" How many", " How many apples are there?", "\n\nWhy?",
        " What percentage of all", " If 1", " If 12 more", " If 0 more", " If 999999999999 more"};

    (void)state;
    draw(&d, 1, "paper-like");
    for (size_t i = 0; i < ARRAY_LEN(queries); i++)
        near(served_by_ids(buf_cstr(&d.context), queries[i]),
            served("scorer", buf_cstr(&d.context), queries[i]), queries[i]);
    undraw(&d);
}

/* A beginning of a question has the mass of all questions that begin so. */
static void beginnings(void **state)
{
    static const char *const begins[] = {
        "How", "How many", "If", "If 1", "If 12", "If 2", "What percentage of all the", "On"};
    struct drawn d;
    struct buf q = BUF_INIT;
    struct word have[64], want[512];

    (void)state;
    draw(&d, 2, "paper-like");
    for (size_t b = 0; b < ARRAY_LEN(begins); b++) {
        long double mass = 0;
        size_t n = words_of(begins[b], have);
        for (size_t i = 0; i < d.v.n; i++) {
            int64_t low = 0, high = 0;
            if (!d.v.quantities[i].candidate)
                continue;
            if (d.v.quantities[i].has_fact)
                world_fact_domain(&d.v, i, &low, &high);
            for (int64_t fact = low; fact <= high; fact++) {
                buf_reset(&q);
                world_render_question(&d.v, i, rat_int(fact), &q);
                if (words_of(buf_cstr(&q), want) >= n && memcmp(have, want, n * sizeof *have) == 0)
                    mass += d.pi[i] / (long double)(high - low + 1);
            }
        }
        buf_reset(&q);
        buf_printf(&q, " %s", begins[b]);
        near(served("scorer", buf_cstr(&d.context), buf_cstr(&q)),
            logl((1 - share) * mass + share * gram(begins[b])), begins[b]);
    }
    undraw(&d);
    buf_release(&q);
}

/* Without a context there is the n-gram alone; a text that no context is has one, too. */
static void unconditional(void **state)
{
    static const char *const queries[] = {
        "How many apples were picked by Ada?", "zq 7 \xE2\x82\xAC?", "Why not"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        if (i != 1) /* this file's words are ASCII */
            near(served_by_ids("", queries[i]), logl(gram(queries[i])), queries[i]);
        assert_true(isfinite(served_by_ids("", queries[i])));
    }
}

/* SGLang's form: entry 0 is null wherever it starts, the rest is the same. */
static void sglang_form(void **state)
{
    struct drawn d;
    struct buf body = BUF_INIT;
    struct vocab_ids ids = {0};
    double sum = 0, x;
    size_t front;
    const char *query = " How many";

    (void)state;
    draw(&d, 1, "paper-like");
    vocab_encode(buf_str(&d.context), true, &ids);
    front = ids.n;
    vocab_encode(str_c(query), true, &ids);
    buf_printf(&body,
        "{\"model\":\"scorer\",\"return_logprob\":true,\"logprob_start_len\":%zu,"
        "\"sampling_params\":{\"max_new_tokens\":1},\"input_ids\":[",
        front - 1);
    for (size_t i = 0; i < ids.n; i++)
        buf_printf(&body, "%s%lld", i ? "," : "", (long long)ids.v[i]);
    buf_puts(&body, "]}");
    struct json *doc = post("/generate", buf_cstr(&body));
    const struct json *list = json_path(doc, "meta_info.input_token_logprobs");
    assert_int_equal(json_len(list), ids.n - front + 1);
    assert_int_equal(json_type(json_at(json_first(list), 0)), JSON_NULL);
    for (size_t i = 1; i < json_len(list); i++) {
        int64_t id;
        assert_true(json_num(json_at(json_at(list, i), 0), &x));
        assert_true(json_int(json_at(json_at(list, i), 1), &id));
        assert_int_equal(id, ids.v[front - 1 + i]);
        sum += x;
    }
    near(sum, served("scorer", buf_cstr(&d.context), query), "sglang");
    /* the token that it generates has one, too */
    assert_int_equal(json_len(json_path(doc, "meta_info.output_token_logprobs")), 1);
    json_free(doc);
    vocab_ids_release(&ids);
    buf_release(&body);
    undraw(&d);
}

/* What it goes on with is a question of the context. */
static void it_asks(void **state)
{
    struct drawn d;
    struct buf body = BUF_INIT;
    size_t quantity;
    struct rat fact;

    (void)state;
    draw(&d, 4, "paper-like");
    buf_puts(&body, "{\"model\":\"scorer\",\"max_tokens\":200,\"prompt\":");
    quoted(&body, buf_cstr(&d.context));
    buf_puts(&body, "}");
    struct json *doc = post("/v1/completions", buf_cstr(&body));
    struct str text = json_str(json_get(json_at(json_get(doc, "choices"), 0), "text"));
    assert_true(world_read_question(&d.v, text, &quantity, &fact));
    for (size_t i = 0; i < d.v.n; i++)
        assert_true(d.pi[i] <= d.pi[quantity]);
    json_free(doc);
    buf_release(&body);
    undraw(&d);
}

/* A file may bring other shares, and is refused when they make no sense. */
static void parameters(void **state)
{
    static const struct {
        const char *scorer, *message;
    } cases[] = {
        {"{\"ngram_share\":0,\"ngram_bigram\":0.1,\"ngram_unigram\":0.1}", "ngram_share"},
        {"{\"ngram_share\":0.1,\"ngram_bigram\":0.1}", "ngram_unigram"},
        {"{\"ngram_share\":0.1,\"ngram_bigram\":0.6,\"ngram_unigram\":0.4}", "below 1"},
        {"{\"ngram_share\":0.1,\"ngram_bigram\":0.6,\"ngram_unigram\":0.3}", "unit and a comment"},
    };
    const char *dir = getenv("TMPDIR");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf path = BUF_INIT, text = BUF_INIT;
        struct scorer *s;
        struct err err;
        buf_printf(&path, "%s/scorer.XXXXXX", dir ? dir : "/tmp");
        buf_printf(&text, "{\"scorer\":%s%s}", cases[i].scorer,
            i < 3 ? ",\"parameters\":{\"ngram_share\":{\"unit\":\"x\",\"comment\":\"x\"},"
                    "\"ngram_bigram\":{\"unit\":\"x\",\"comment\":\"x\"},"
                    "\"ngram_unigram\":{\"unit\":\"x\",\"comment\":\"x\"}}"
                  : "");
        int fd = mkstemp(path.p);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
        close(fd);
        assert_int_equal(scorer_new(buf_cstr(&path), &s, &err), ERR_INPUT);
        if (!strstr(err.msg, cases[i].message))
            fail_msg("%s", err.msg);
        unlink(buf_cstr(&path));
        buf_release(&path);
        buf_release(&text);
    }
}

static int setup(void **state)
{
    struct mind_options o = {0};
    struct mind *m;
    struct scorer *s;
    struct err err;

    (void)state;
    if (mind_new(&o, &m, &err) || scorer_new(NULL, &s, &err) || world_library_load(&lib, &err))
        fail_msg("%s", err.msg);
    chat = chat_new(m, 1);
    chat_add_scorer(chat, s);
    learn_all();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    chat_free(chat);
    world_library_free(lib);
    free(corpus);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_context),
        cmocka_unit_test(two_ways_of_asking),
        cmocka_unit_test(beginnings),
        cmocka_unit_test(unconditional),
        cmocka_unit_test(sglang_form),
        cmocka_unit_test(it_asks),
        cmocka_unit_test(parameters),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
