/*
 * pure.c - the pure functions behind a pipe, for scripts/reference/compare.py.
 *
 *     pure cut SPLITTER     {"question"[,"tail"]} -> {"context","query"}
 *     pure grade GRADER     {"answer","gold"}  -> {"status","value"}
 *     pure statements -     {"question"}       -> {"statements","question"}
 *
 * JSON lines from standard input to standard output, in order.
 */
#include "harness/base/json.h"
#include "metrics/extract.h"
#include "splitters/split.h"
#include "splitters/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cut_line(
    const struct splitter *s, const struct json *in, struct arena *arena, struct json_writer *w)
{
    struct item item = {.question = json_str(json_get(in, "question"))};
    struct split_options options = {.tail_context = json_bool(json_get(in, "tail"), false)};
    struct cut cut = {.warning = NULL};

    s->cut(&item, &options, arena, &cut);
    jsonw_str(w, "context", cut.context);
    jsonw_str(w, "query", cut.query);
}

static void grade_line(
    const struct grader *g, const struct json *in, struct arena *arena, struct json_writer *w)
{
    struct str value;
    enum answer_status status =
        g->grade(json_str(json_get(in, "answer")), json_str(json_get(in, "gold")), arena, &value);

    jsonw_cstr(w, "status", status_text(status));
    jsonw_str(w, "value", value);
}

static void statements_line(const struct json *in, struct arena *arena, struct json_writer *w)
{
    struct statements found;

    statement_find(json_str(json_get(in, "question")), arena, &found);
    jsonw_array(w, "statements");
    for (size_t i = 0; i < found.n; i++)
        jsonw_str(w, NULL, found.v[i]);
    jsonw_end_array(w);
    jsonw_int(w, "question", (int64_t)found.question);
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct buf out = BUF_INIT;
    struct err err = {0};
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    const struct splitter *s = NULL;
    const struct grader *g = NULL;

    if (argc == 3 && strcmp(argv[1], "cut") == 0)
        s = splitter_find(str_c(argv[2]));
    else if (argc == 3 && strcmp(argv[1], "grade") == 0)
        g = grader_find(str_c(argv[2]));
    bool statements = argc == 3 && strcmp(argv[1], "statements") == 0;
    if (!s && !g && !statements) {
        fprintf(stderr, "usage: pure cut SPLITTER | pure grade GRADER | pure statements -\n");
        return 2;
    }
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct json *in;
        if (json_parse((struct str){line, (size_t)n}, JSON_STRICT, &in, &err)) {
            fprintf(stderr, "pure: %s\n", err.msg);
            return 1;
        }
        struct json_writer w = json_writer(&out, 0);
        jsonw_object(&w, NULL);
        if (s)
            cut_line(s, in, &arena, &w);
        else if (statements)
            statements_line(in, &arena, &w);
        else
            grade_line(g, in, &arena, &w);
        jsonw_end_object(&w);
        puts(buf_cstr(&out));
        buf_reset(&out);
        arena_reset(&arena);
        json_free(in);
    }
    free(line);
    buf_release(&out);
    arena_release(&arena);
    return 0;
}
