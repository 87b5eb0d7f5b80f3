/*
 * test_mind_lab.h - asking a mind in tests the way a runner does: prompts, rethink loop, answers.
 */
#ifndef TESTS_UNIT_TEST_MIND_LAB_H
#define TESTS_UNIT_TEST_MIND_LAB_H

#include "harness/base/data.h"
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/phantom/mind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { LAB_CALLS = 10, LAB_CHARS = 5000 };

struct lab_text {
    struct buf level[5], awake, memory, asleep, announce, context_only;
};

static inline void lab_read(const char *name, struct buf *out)
{
    struct buf path = BUF_INIT;
    struct err err;

    buf_printf(&path, "configs/prompts/neutral/%s.txt", name);
    if (data_read(buf_cstr(&path), out, &err))
        fail_msg("%s", err.msg);
    buf_release(&path);
}

static inline void lab_text_init(struct lab_text *t)
{
    *t = (struct lab_text){0};
    for (int i = 0; i < 5; i++) {
        struct buf name = BUF_INIT;
        buf_printf(&name, "verbosity_%d", i);
        lab_read(buf_cstr(&name), &t->level[i]);
        buf_release(&name);
    }
    lab_read("awake", &t->awake);
    lab_read("memory", &t->memory);
    lab_read("asleep", &t->asleep);
    lab_read("asleep_user", &t->announce);
    lab_read("context_only", &t->context_only);
}

static inline void lab_text_release(struct lab_text *t)
{
    for (int i = 0; i < 5; i++)
        buf_release(&t->level[i]);
    buf_release(&t->awake);
    buf_release(&t->memory);
    buf_release(&t->asleep);
    buf_release(&t->announce);
    buf_release(&t->context_only);
}

/* A parameter file made from the embedded one with some values of both models replaced; NULL-ended
 * pairs of key and number. The file is the caller's to unlink. */
static inline void lab_params(char *path, const char *const *pairs)
{
    struct buf text = BUF_INIT, out = BUF_INIT;
    struct json *doc;
    struct err err;

    if (data_read("configs/phantom.json", &text, &err) ||
        json_parse(buf_str(&text), JSON_STRICT, &doc, &err))
        fail_msg("%s", err.msg);
    struct json_writer w = json_writer(&out, 0);
    jsonw_object(&w, NULL);
    buf_reset(&text);
    json_print(&text, json_get(doc, "parameters"));
    jsonw_raw(&w, "parameters", buf_str(&text));
    jsonw_object(&w, "models");
    for (const struct json *m = json_first(json_get(doc, "models")); m; m = json_next(m)) {
        jsonw_object(&w, json_key(m).p);
        for (const struct json *v = json_first(m); v; v = json_next(v)) {
            double x = 0;
            assert_true(json_num(v, &x));
            for (size_t i = 0; pairs[i]; i += 2)
                if (str_eqc(json_key(v), pairs[i]))
                    x = strtod(pairs[i + 1], NULL);
            jsonw_num(&w, json_key(v).p, x);
        }
        jsonw_end_object(&w);
    }
    jsonw_end_object(&w);
    jsonw_end_object(&w);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, out.p, out.n), (ssize_t)out.n);
    close(fd);
    json_free(doc);
    buf_release(&text);
    buf_release(&out);
}

static inline struct mind *lab_mind_with(const char *library, const char *const *pairs)
{
    const char *dir = getenv("TMPDIR");
    struct buf path = BUF_INIT;
    struct mind *m = NULL;
    struct err err;

    buf_printf(&path, "%s/mind.XXXXXX", dir ? dir : "/tmp");
    lab_params(path.p, pairs);
    struct mind_options o = {.library = library, .params = buf_cstr(&path)};
    if (mind_new(&o, &m, &err))
        fail_msg("%s", err.msg);
    unlink(buf_cstr(&path));
    buf_release(&path);
    return m;
}

struct lab_question {
    const char *model;
    struct str system, user;
    double temperature;
    uint64_t seed;
    const char *effort;
    size_t told; /* asleep: the memory limit the prompt names; 0 = the true one */
};

static inline struct mind_reply lab_ask(
    const struct mind *m, const struct lab_question *q, struct arena *arena)
{
    struct mind_message messages[2] = {
        {.role = MIND_SYSTEM, .text = q->system}, {.role = MIND_USER, .text = q->user}};
    struct mind_request r = {.model = str_c(q->model ? q->model : "small"),
        .messages = messages,
        .nmessages = 2,
        .reasoning_effort = str_c(q->effort),
        .max_tokens = -1,
        .temperature = q->temperature,
        .seed = q->seed};
    struct mind_reply reply;
    struct err err;

    if (mind_answer(m, &r, arena, &reply, &err))
        fail_msg("%s", err.msg);
    return reply;
}

/* The number behind "The answer is". */
static inline struct rat lab_number(struct str content)
{
    static const char lead[] = "The answer is ";
    size_t at = str_find(content, str_c(lead), 0);
    struct rat v = RAT_ZERO;

    assert_true(at != SIZE_MAX);
    struct str number = str_from(content, at + sizeof lead - 1);
    number.n--; /* the period */
    assert_true(rat_parse(number, &v));
    return v;
}

static inline bool lab_right(struct str content, struct str gold)
{
    struct rat g;

    assert_true(rat_parse(gold, &g));
    return rat_eq(lab_number(content), g);
}

/* The awake system prompt of a level; memory may hold several blocks, n = 0 is the baseline. */
static inline void lab_awake_prompt(
    const struct lab_text *t, int level, const struct str *blocks, size_t n, struct buf *out)
{
    buf_str_add(out, buf_str(&t->awake));
    buf_printf(out, "\n\n%s", buf_cstr(&t->level[level]));
    if (n)
        buf_printf(out, "\n\n%s", buf_cstr(&t->memory));
    for (size_t i = 0; i < n; i++)
        buf_printf(
            out, "\n\n<rethink_memory_block>\n%.*s\n</rethink_memory_block>", STR_ARG(blocks[i]));
}

/* The prompt file with its two places filled in. */
static inline struct str lab_filled(struct str text, size_t chars, struct arena *arena)
{
    static const char *const places[] = {"{max_calls}", "{memory_chars}"};
    size_t values[2] = {LAB_CALLS, chars};

    for (size_t i = 0; i < 2; i++) {
        size_t at = str_find(text, str_c(places[i]), 0);
        assert_true(at != SIZE_MAX);
        text = str_c(arena_printf(arena, "%.*s%zu%.*s", (int)at, text.p, values[i],
            STR_ARG(str_from(text, at + strlen(places[i])))));
    }
    return text;
}

/* The rethink loop; returns the block's text (arena) and the number of responses. */
static inline struct str lab_sleep(const struct mind *m, const struct lab_text *t,
    const struct lab_question *q, size_t chars, struct arena *arena, size_t *ret_responses)
{
    static const struct str tools[] = {{"rethink_memory", 14}, {"finish_rethinking_memory", 24}};
    struct mind_message messages[2 + LAB_CALLS * 3];
    struct mind_request r = {.model = str_c(q->model ? q->model : "small"),
        .messages = messages,
        .nmessages = 2,
        .tools = tools,
        .ntools = 2,
        .max_tokens = -1,
        .temperature = q->temperature,
        .seed = q->seed};
    struct str memory = STR("[empty]");
    struct err err;

    messages[0] = (struct mind_message){.role = MIND_SYSTEM,
        .text = lab_filled(buf_str(&t->asleep), q->told ? q->told : chars, arena)};
    messages[1] = (struct mind_message){.role = MIND_USER, .text = q->user};
    *ret_responses = 0;
    for (bool open = true; open && *ret_responses < LAB_CALLS; ++*ret_responses) {
        struct mind_reply reply;
        if (mind_answer(m, &r, arena, &reply, &err))
            fail_msg("%s", err.msg);
        struct mind_message *turn = &messages[r.nmessages++];
        *turn = (struct mind_message){.role = MIND_ASSISTANT, .calls = reply.calls};
        turn->ncalls = reply.ncalls;
        open = reply.ncalls > 0;
        for (size_t i = 0; i < reply.ncalls; i++) {
            struct mind_tool_call *c = &reply.calls[i];
            const char *result = "Done.";
            c->id = str_c(arena_printf(arena, "call_%zu_%zu", r.nmessages, i));
            if (str_eqc(c->name, "finish_rethinking_memory")) {
                open = false;
            } else {
                struct json *doc;
                assert_int_equal(json_parse(c->arguments, JSON_STRICT, &doc, &err), OK);
                struct str text = json_str(json_get(doc, "new_memory"));
                if (str_utf8_count(text) > chars)
                    result = arena_printf(arena,
                        "The text was refused: it has %zu characters and the limit is %zu. The "
                        "block stays as it was.",
                        str_utf8_count(text), chars);
                else
                    memory = arena_str(arena, text);
                json_free(doc);
            }
            messages[r.nmessages++] =
                (struct mind_message){.role = MIND_TOOL, .call_id = c->id, .text = str_c(result)};
        }
    }
    return memory;
}

/* Items of a world, for tests over many questions. */
static inline struct world_library *lab_world(const char *world, int instances, int queries,
    uint64_t seed, struct arena *arena, struct item_list *ret)
{
    struct world_library *lib = NULL;
    struct world_options o = {.world = str_c(world),
        .level = STR(""),
        .instances = instances,
        .queries = queries,
        .seed = seed};
    struct err err;

    if (world_library_load(&lib, &err) || world_items(lib, &o, arena, ret, &err))
        fail_msg("%s", err.msg);
    return lib;
}

#endif
