/* test_phantom_lab.h - a phantom without a socket, as bytes: what the tests of its paths share. */
#ifndef TESTS_UNIT_TEST_PHANTOM_LAB_H
#define TESTS_UNIT_TEST_PHANTOM_LAB_H

#include "tests/unit/test_mind_lab.h"

#include "harness/base/json.h"
#include "harness/phantom/chat.h"

static struct chat *chat;
static struct arena lab_arena; /* of the replies that readers make */

/* Group fixtures. */
static inline int setup(void **state)
{
    struct mind_options o = {0};
    struct mind *m;
    struct err err;

    (void)state;
    if (mind_new(&o, &m, &err))
        fail_msg("%s", err.msg);
    chat = chat_new(m, 1);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    chat_free(chat);
    arena_release(&lab_arena);
    return 0;
}

static inline struct chat_answer post(const char *path, const char *body)
{
    struct chat_answer a = {0};

    assert_false(chat_early("POST", path, &a));
    chat_answer(chat, path, str_c(body), &a);
    return a;
}

/* The caller frees it. */
static inline struct json *parsed_text(struct str text)
{
    struct json *doc;
    struct err err;

    if (json_parse(text, JSON_STRICT, &doc, &err))
        fail_msg("%s in %.*s", err.msg, STR_ARG(text));
    return doc;
}

static inline struct json *parsed(const struct chat_answer *a)
{
    return parsed_text(buf_str(&a->body));
}

/* A 200 as JSON. */
static inline struct json *ask_json(const char *path, const char *body)
{
    struct chat_answer a = post(path, body);

    if (a.status != 200)
        fail_msg("%d %s for %s", a.status, buf_cstr(&a.body), body);
    struct json *doc = parsed(&a);
    chat_answer_release(&a);
    return doc;
}

static inline bool says(const struct json *doc, const char *path, const char *text)
{
    return str_eqc(json_str(json_path(doc, path)), text);
}

static inline int64_t number(const struct json *doc, const char *path)
{
    int64_t v = -77;

    (void)json_int(json_path(doc, path), &v);
    return v;
}

#endif
