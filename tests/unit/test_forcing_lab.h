/*
 * test_forcing_lab.h - a small server of raw completions for the tests of budget forcing.
 *
 * Its tokenizer has a token for each byte and, unless `plain` is set, one for each of four special
 * words. Its model says the next line of a script at each generation; a line that ends in "~" goes
 * on without end. It speaks the dialects vllm, sglang, llama.cpp and completions, obeys limits and
 * stops or does not, and keeps a log of what it was asked to continue.
 */
#ifndef TESTS_UNIT_TEST_FORCING_LAB_H
#define TESTS_UNIT_TEST_FORCING_LAB_H

#include "harness/base/json.h"
#include "harness/run/forcing.h"
#include "tests/unit/unit.h"

static const char *const lab_words[] = {"<think>", "</think>", "<|end|>", "<|bos|>"};
enum { LAB_FIRST = 256, LAB_CLOSE = 257, LAB_END = 258, LAB_TOKENS = 4096 };

struct lab {
    const char *dialect;
    const char *script[8];
    size_t next;
    bool plain;       /* no special words: delimiters are many tokens */
    bool opens;       /* the chat template ends with the opening delimiter */
    bool deaf_limit;  /* ignores the limit */
    bool deaf_stop;   /* ignores stops */
    bool trims;       /* gives no ids of stops */
    bool no_ids;      /* gives no ids at all */
    bool no_usage;    /* counts nothing */
    bool adds;        /* counts a token more in the prompt than was sent */
    bool streams;     /* answers by events */
    struct buf log;   /* "what stands behind the prompt | limit | least\n" of each generation */
    struct buf reply; /* of the last request */
};

struct lab_ids {
    int64_t v[LAB_TOKENS];
    size_t n;
};

static void lab_encode(const struct lab *lab, struct str text, struct lab_ids *ids)
{
    for (size_t i = 0; i < text.n;) {
        size_t w = ARRAY_LEN(lab_words);
        for (size_t k = 0; k < ARRAY_LEN(lab_words) && !lab->plain && w > k; k++)
            if (str_starts(str_from(text, i), str_c(lab_words[k])))
                w = k;
        assert_true(ids->n < LAB_TOKENS);
        if (w < ARRAY_LEN(lab_words)) {
            ids->v[ids->n++] = (int64_t)(LAB_FIRST + w);
            i += strlen(lab_words[w]);
        } else {
            ids->v[ids->n++] = (unsigned char)text.p[i++];
        }
    }
}

static void lab_decode(const int64_t *ids, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] < LAB_FIRST)
            buf_putc(out, (char)ids[i]);
        else
            buf_puts(out, lab_words[ids[i] - LAB_FIRST]);
}

static void lab_read_ids(const struct json *list, struct lab_ids *ids)
{
    for (const struct json *v = json_first(list); v; v = json_next(v)) {
        assert_true(ids->n < LAB_TOKENS);
        assert_true(json_int(v, &ids->v[ids->n]));
        assert_in_range(ids->v[ids->n], 0, LAB_FIRST + (int)ARRAY_LEN(lab_words) - 1);
        ids->n++;
    }
}

/* ---- generating ------------------------------------------------------------------------------ */

struct lab_ask {
    struct lab_ids prompt;
    int64_t limit, least;
    const struct json *stops, *stop_ids;
};

struct lab_said {
    struct lab_ids ids;
    struct buf text;
    const char *end;      /* "length", "stop", "eos" */
    struct str stop_text; /* borrowed */
    int64_t stop_id;
};

/* True if the last token ends the generation by a stop; the stop is cut off the text. */
static bool lab_stops(const struct lab *lab, const struct lab_ask *ask, struct lab_said *said)
{
    int64_t id, last = said->ids.v[said->ids.n - 1];

    for (const struct json *v = json_first(ask->stop_ids); v && !lab->deaf_stop; v = json_next(v))
        if (json_int(v, &id) && id == last && (int64_t)said->ids.n > ask->least) {
            said->stop_id = id;
            buf_truncate(&said->text, said->text.n - strlen(lab_words[last - LAB_FIRST]));
            return true;
        }
    for (const struct json *v = json_first(ask->stops); v && !lab->deaf_stop; v = json_next(v))
        if (str_ends(buf_str(&said->text), json_str(v))) {
            said->stop_text = json_str(v);
            buf_truncate(&said->text, said->text.n - said->stop_text.n);
            return true;
        }
    return false;
}

static void lab_generate(struct lab *lab, const struct lab_ask *ask, struct lab_said *said)
{
    struct lab_ids script = {.n = 0};
    const char *line = lab->script[lab->next++];

    assert_non_null(line);
    struct str words = str_c(line);
    bool endless = str_ends(words, STR("~"));
    lab_encode(lab, str_slice(words, 0, words.n - endless), &script);
    said->stop_id = -1;
    for (size_t i = 0; !said->end; i++) {
        bool over = i >= script.n && !endless && (int64_t)said->ids.n >= ask->least;
        said->ids.v[said->ids.n++] = i < script.n ? script.v[i] : over ? LAB_END : 'z';
        if (over) {
            said->end = "eos";
            break;
        }
        lab_decode(&said->ids.v[said->ids.n - 1], 1, &said->text);
        if (lab_stops(lab, ask, said))
            said->end = "stop";
        else if (ask->limit >= 0 && (int64_t)said->ids.n >= ask->limit + 30 * lab->deaf_limit)
            said->end = "length";
    }
    if (lab->trims && str_eqc(str_c(said->end), "eos"))
        said->ids.n--;
    if (lab->trims && str_eqc(str_c(said->end), "stop"))
        said->ids.n -= said->stop_id >= 0 ? 1 : said->stop_text.n;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void lab_put_ids(struct json_writer *w, const char *key, const struct lab_ids *ids)
{
    jsonw_array(w, key);
    for (size_t i = 0; i < ids->n; i++)
        jsonw_int(w, NULL, ids->v[i]);
    jsonw_end_array(w);
}

static void lab_say_openai(
    struct lab *lab, struct json_writer *w, const struct lab_ask *ask, const struct lab_said *said)
{
    bool length = str_eqc(str_c(said->end), "length");

    jsonw_array(w, "choices");
    jsonw_object(w, NULL);
    jsonw_int(w, "index", 0);
    jsonw_str(w, "text", buf_str(&said->text));
    jsonw_cstr(w, "finish_reason", length ? "length" : "stop");
    if (str_eqc(str_c(lab->dialect), "vllm") && !lab->no_ids)
        lab_put_ids(w, "token_ids", &said->ids);
    if (said->stop_id >= 0)
        jsonw_int(w, "stop_reason", said->stop_id);
    else if (said->stop_text.n && str_eqc(str_c(lab->dialect), "vllm"))
        jsonw_str(w, "stop_reason", said->stop_text);
    jsonw_end_object(w);
    jsonw_end_array(w);
    if (lab->no_usage)
        return;
    jsonw_object(w, "usage");
    jsonw_int(w, "prompt_tokens", (int64_t)ask->prompt.n + lab->adds);
    jsonw_int(w, "completion_tokens", (int64_t)said->ids.n);
    jsonw_end_object(w);
}

static void lab_say_sglang(
    struct lab *lab, struct json_writer *w, const struct lab_ask *ask, const struct lab_said *said)
{
    bool length = str_eqc(str_c(said->end), "length");

    jsonw_str(w, "text", buf_str(&said->text));
    if (!lab->no_ids)
        lab_put_ids(w, "output_ids", &said->ids);
    jsonw_object(w, "meta_info");
    jsonw_int(w, "prompt_tokens", (int64_t)ask->prompt.n + lab->adds);
    jsonw_int(w, "completion_tokens", (int64_t)said->ids.n);
    jsonw_object(w, "finish_reason");
    jsonw_cstr(w, "type", length ? "length" : "stop");
    if (said->stop_text.n)
        jsonw_str(w, "matched", said->stop_text);
    else if (!length)
        jsonw_int(w, "matched", said->stop_id >= 0 ? said->stop_id : LAB_END);
    jsonw_end_object(w);
    jsonw_end_object(w);
}

static void lab_say_llama(
    struct lab *lab, struct json_writer *w, const struct lab_ask *ask, const struct lab_said *said)
{
    bool length = str_eqc(str_c(said->end), "length"), word = said->stop_text.n > 0;

    jsonw_str(w, "content", buf_str(&said->text));
    if (!lab->no_ids)
        lab_put_ids(w, "tokens", &said->ids);
    jsonw_bool(w, "stop", true);
    jsonw_cstr(w, "stop_type", length ? "limit" : word ? "word" : "eos");
    jsonw_str(w, "stopping_word", said->stop_text);
    jsonw_int(w, "tokens_predicted", (int64_t)said->ids.n);
    jsonw_int(w, "tokens_evaluated", (int64_t)ask->prompt.n + lab->adds);
}

static int64_t lab_int(const struct json *v, const char *key, int64_t fallback)
{
    int64_t n;

    return json_int(json_get(v, key), &n) ? n : fallback;
}

static void lab_read_ask(const struct lab *lab, const struct json *v, struct lab_ask *ask)
{
    bool sglang = str_eqc(str_c(lab->dialect), "sglang");
    const struct json *p = sglang ? json_get(v, "sampling_params") : v;
    const struct json *prompt = json_get(v, sglang ? "input_ids" : "prompt");
    bool llama = str_eqc(str_c(lab->dialect), "llama.cpp");

    if (json_type(prompt) == JSON_STRING)
        lab_encode(lab, json_str(prompt), &ask->prompt);
    else
        lab_read_ids(prompt, &ask->prompt);
    ask->limit = lab_int(p, sglang ? "max_new_tokens" : llama ? "n_predict" : "max_tokens", -1);
    ask->least = lab_int(p, sglang ? "min_new_tokens" : "min_tokens", 0);
    ask->stops = json_get(p, "stop");
    ask->stop_ids = json_get(p, "stop_token_ids");
}

static void lab_complete(struct lab *lab, const struct json *v, struct json_writer *w)
{
    struct lab_ask *ask = xcalloc(1, sizeof *ask);
    struct lab_said *said = xcalloc(1, sizeof *said);
    struct buf prompt = BUF_INIT;

    lab_read_ask(lab, v, ask);
    lab_decode(ask->prompt.v, ask->prompt.n, &prompt);
    size_t open = str_find(buf_str(&prompt), STR("<think>"), 0);
    assert_int_not_equal(open, SIZE_MAX);
    buf_str_add(&lab->log, str_from(buf_str(&prompt), open));
    buf_printf(&lab->log, " | %lld | %lld\n", (long long)ask->limit, (long long)ask->least);
    lab_generate(lab, ask, said);
    if (str_eqc(str_c(lab->dialect), "sglang"))
        lab_say_sglang(lab, w, ask, said);
    else if (str_eqc(str_c(lab->dialect), "llama.cpp"))
        lab_say_llama(lab, w, ask, said);
    else
        lab_say_openai(lab, w, ask, said);
    buf_release(&prompt);
    buf_release(&said->text);
    free(said);
    free(ask);
}

static void lab_tokenize(struct lab *lab, const struct json *v, struct json_writer *w)
{
    struct lab_ids *ids = xcalloc(1, sizeof *ids);
    struct str text = json_str(json_get(v, json_get(v, "content") ? "content" : "prompt"));

    if (json_get(v, "messages"))
        lab_encode(lab, lab->opens ? STR("[Q][A]<think>\n") : STR("[Q][A]"), ids);
    lab_encode(lab, text, ids);
    lab_put_ids(w, "tokens", ids);
    free(ids);
}

static void lab_detokenize(struct lab *lab, const struct json *v, struct json_writer *w)
{
    struct lab_ids *ids = xcalloc(1, sizeof *ids);
    struct buf text = BUF_INIT;

    lab_read_ids(json_get(v, "tokens"), ids);
    lab_decode(ids->v, ids->n, &text);
    jsonw_str(w, str_eqc(str_c(lab->dialect), "vllm") ? "prompt" : "text", buf_str(&text));
    buf_release(&text);
    free(ids);
}

/* One request; the answer is in lab->reply. */
static struct str lab_answer(struct lab *lab, struct str path, struct str body)
{
    struct json *doc = NULL;
    struct err err;

    if (json_parse(body, JSON_STRICT, &doc, &err))
        fail_msg("%s: %.*s", err.msg, STR_ARG(body));
    buf_reset(&lab->reply);
    bool tool = str_ends(path, STR("tokenize")) || str_eqc(path, "~/apply-template");
    if (lab->streams && !tool)
        buf_puts(&lab->reply, "data: ");
    struct json_writer w = json_writer(&lab->reply, 0);
    jsonw_object(&w, NULL);
    if (str_eqc(path, "~/tokenize"))
        lab_tokenize(lab, doc, &w);
    else if (str_eqc(path, "~/detokenize"))
        lab_detokenize(lab, doc, &w);
    else if (str_eqc(path, "~/apply-template"))
        jsonw_cstr(&w, "prompt", lab->opens ? "[Q][A]<think>\n" : "[Q][A]");
    else
        lab_complete(lab, doc, &w);
    jsonw_end_object(&w);
    if (lab->streams && !tool)
        buf_puts(&lab->reply, "\n\ndata: [DONE]\n\n");
    json_free(doc);
    return buf_str(&lab->reply);
}

static void lab_release(struct lab *lab)
{
    buf_release(&lab->log);
    buf_release(&lab->reply);
}

#endif
