/*
 * repo_probe.c - test tool: what datasets/repo.h reads from a clone, as JSON lines.
 *
 *     repo_probe REPO walk BRANCH [MAX]     candidates of a branch, then one line of counts
 *     repo_probe REPO pulls BRANCH [MAX]    the same, with refs/pull
 *     repo_probe REPO changes [PATCH]       for each line "BASE HEAD" of standard input its files
 *     repo_probe REPO names                 the same without line counts
 *
 * Names that are not UTF-8 are repaired. Errors go to standard error; the exit code is theirs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/repo.h"
#include "harness/base/json.h"
#include "harness/base/lines.h"

static void put(struct json_writer *w, const char *key, struct str s)
{
    struct buf repaired = BUF_INIT;

    if (!s.p) {
        jsonw_null(w, key);
        return;
    }
    for (size_t i = 0; i < s.n;)
        buf_utf8(&repaired, str_utf8_next(s, &i));
    jsonw_str(w, key, buf_str(&repaired));
    buf_release(&repaired);
}

static void flush(struct buf *line)
{
    buf_putc(line, '\n');
    fwrite(line->p, 1, line->n, stdout);
    buf_release(line);
}

static enum err_code print_task(const struct swe_task *t, void *payload, struct err *err)
{
    struct buf line = BUF_INIT;
    struct json_writer w = json_writer(&line, 0);

    (void)payload, (void)err;
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "kind", swe_kind_name(t->kind));
    jsonw_int(&w, "number", t->number);
    put(&w, "title", t->title);
    put(&w, "body", t->body);
    put(&w, "state", t->state);
    put(&w, "base", t->base);
    put(&w, "head", t->head);
    jsonw_int(&w, "time", t->time);
    jsonw_end_object(&w);
    flush(&line);
    return OK;
}

static enum err_code walk(struct repo *r, bool pull_refs, char **arg, struct err *err)
{
    struct repo_walk options = {.branch = arg[0],
        .pull_refs = pull_refs,
        .max_commits = arg[0] && arg[1] ? strtoul(arg[1], NULL, 10) : 0};
    struct repo_walk_counts c;
    struct buf line = BUF_INIT;
    enum err_code code = repo_walk(r, &options, print_task, NULL, &c, err);

    if (code)
        return code;
    buf_printf(&line,
        "{\"kind\":\"counts\",\"commits\":%zu,\"merges\":%zu,\"squashes\":%zu,\"manuals\":%zu,"
        "\"pull_refs\":%zu,\"known\":%zu,\"merged\":%zu,\"fast_forwarded\":%zu,\"unmerged\":%zu,"
        "\"no_base\":%zu,\"shallow\":%s}",
        c.commits, c.merges, c.squashes, c.manuals, c.pull_refs, c.known, c.merged,
        c.fast_forwarded, c.unmerged, c.no_base, repo_is_shallow(r) ? "true" : "false");
    flush(&line);
    return OK;
}

static enum err_code print_changes(
    struct repo *r, struct str base, struct str head, size_t patch, bool names, struct err *err)
{
    struct repo_changes_options options = {
        .max_files = 100000, .patch_bytes = patch, .no_lines = names};
    struct arena arena = {0};
    struct swe_file *files;
    size_t n;
    enum err_code code = repo_changes(r, base, head, &options, &arena, &files, &n, err);

    if (!code) {
        struct buf line = BUF_INIT;
        struct json_writer w = json_writer(&line, 0);
        jsonw_array(&w, NULL);
        for (size_t i = 0; i < n; i++) {
            jsonw_object(&w, NULL);
            put(&w, "filename", files[i].name);
            put(&w, "previous", files[i].previous);
            jsonw_cstr(&w, "status", swe_status_name(files[i].status));
            jsonw_int(&w, "additions", files[i].additions);
            jsonw_int(&w, "deletions", files[i].deletions);
            if (patch)
                put(&w, "patch", files[i].patch);
            jsonw_end_object(&w);
        }
        jsonw_end_array(&w);
        flush(&line);
    }
    arena_release(&arena);
    return code;
}

static enum err_code changes(struct repo *r, bool names, char **arg, struct err *err)
{
    size_t patch = arg[0] ? strtoul(arg[0], NULL, 10) : 0;
    struct lines *l;
    struct str line, base;
    enum err_code code = lines_open("/dev/stdin", LINES_MAX, &l, err);

    if (code)
        return code;
    while (!(code = lines_next(l, &line, err)) && line.p) {
        if (!str_cut(&line, ' ', &base))
            continue;
        code = print_changes(r, base, str_trim(line), patch, names, err);
        if (code)
            break;
    }
    lines_free(l);
    return code;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct repo *r = NULL;
    enum err_code code;

    if (argc < 3) {
        fputs("usage: repo_probe REPO walk|pulls|changes ...\n", stderr);
        return 2;
    }
    code = repo_open(argv[1], &r, &err);
    if (!code && (!strcmp(argv[2], "walk") || !strcmp(argv[2], "pulls")))
        code = walk(r, argv[2][0] == 'p', argv + 3, &err);
    else if (!code)
        code = changes(r, !strcmp(argv[2], "names"), argv + 3, &err);
    repo_free(r);
    if (code)
        fprintf(stderr, "repo_probe: %s\n", err.msg);
    return code ? err_exit_code(code) : 0;
}
