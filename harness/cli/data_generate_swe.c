/*
 * data_generate_swe.c - `sleepbench data generate swe-features`: tasks from a clone's history, or
 * released rows checked against clones and completed.
 *
 * Tasks go to --out, tables and warnings to standard error.
 */
#include "datasets/cache.h"
#include "datasets/item.h"
#include "datasets/repo.h"
#include "datasets/swe_build.h"
#include "datasets/swe_check.h"
#include "datasets/swe_cluster.h"
#include "datasets/swe_given.h"
#include "datasets/swe_github.h"
#include "datasets/swe_row.h"
#include "datasets/swe_write.h"
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/base/number.h"
#include "harness/base/table.h"
#include "harness/cli/cmd_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FILES = 3000, MOST_PATCH = 1 << 20, DAY_S = 86400 };

/* For the tests alone: another address of GitHub, on this machine. */
#define GITHUB_URL_ENV "SLEEPBENCH_GITHUB_URL"

struct request {
    struct option_list repos;
    const char *rows, *branch, *extensions, *similarity, *out, *github, *cache, *candidates, *pairs;
    const char *words, *clusters;
    int64_t min_modified, max_files, max_cluster, patch_bytes, wait_s, max_commits;
    bool pull_refs, before, stats, json, skip_bad;
};

/* All that one run of the command holds. */
struct job {
    const struct request *r;
    struct arena arena;
    struct swe_list list;
    struct swe_report report;
    struct swe_words words;
    struct swe_extensions extensions;
    struct swe_github *github;
    struct swe_cluster_options clusters;
    struct buf pairs;
};

/* --- printing ------------------------------------------------------------------------------ */

static void print_table(const struct job *job, struct table *t)
{
    struct buf text = BUF_INIT;

    table_print(t, job->r->json ? TABLE_JSONL : TABLE_TEXT, &text);
    cli_print_aside(buf_str(&text));
    buf_release(&text);
    table_free(t);
}

static void print_warnings(struct job *job)
{
    cli_warn_lines(buf_str(&job->list.warnings), job->list.nwarnings);
}

static void print_github(const struct job *job)
{
    if (!job->github)
        return;
    struct swe_github_counts c = swe_github_counts(job->github);
    cli_warn(
        "GitHub: %zu requests; %zu pull requests asked for, %zu from the cache; %zu not there, "
        "%zu with a cut list of files",
        c.requests, c.fetched, c.cached, c.absent, c.truncated);
}

/* --- options ------------------------------------------------------------------------------- */

static enum err_code check_range(
    const char *name, int64_t v, int64_t least, int64_t most, struct err *err)
{
    if (v >= least && v <= most)
        return OK;
    return err_set(err, ERR_USAGE, "%s %lld: from %lld to %lld", name, (long long)v,
        (long long)least, (long long)most);
}

static enum err_code check_numbers(struct job *job, struct err *err)
{
    const struct request *r = job->r;
    struct rat similarity, scaled;

    if (check_range("--min-modified", r->min_modified, 0, MOST_FILES, err) ||
        check_range("--max-files", r->max_files, 0, MOST_FILES, err) ||
        check_range("--max-cluster", r->max_cluster, 1, SWE_CLUSTER_SIZE, err) ||
        check_range("--patch-bytes", r->patch_bytes, 0, MOST_PATCH, err) ||
        check_range("--max-commits", r->max_commits, 0, INT32_MAX, err) ||
        check_range("--wait", r->wait_s, 0, DAY_S, err))
        return err->code;
    if (!rat_parse(str_c(r->similarity), &similarity) || rat_cmp(similarity, RAT_ZERO) < 0 ||
        rat_cmp(similarity, rat_int(1)) > 0 ||
        !rat_mul(similarity, rat_int(SWE_SIMILARITY_ONE), &scaled))
        return err_set(
            err, ERR_USAGE, "--similarity %s: a number from 0 to 1, such as 0.20", r->similarity);
    job->clusters.threshold = rat_floor(scaled).num;
    job->clusters.max_size = (size_t)r->max_cluster;
    job->clusters.extensions = &job->extensions;
    return swe_extensions_read(str_c(r->extensions), &job->extensions, err);
}

static enum err_code check_files(const struct request *r, struct err *err)
{
    const struct data_file files[] = {
        {r->out, STR("")}, {r->candidates, STR("")}, {r->pairs, STR("")}};

    return data_check_files(files, ARRAY_LEN(files), err);
}

static enum err_code check_mode(const struct request *r, struct err *err)
{
    if (!r->rows && r->repos.n != 1)
        return err_set(err, ERR_USAGE,
            "give one clone, --repo DIR, to make tasks of, or rows that are there, --rows FILE");
    if (r->rows && (r->candidates || r->pull_refs || r->words))
        return err_set(err, ERR_USAGE,
            "--candidates, --pull-refs and --words are for making tasks, not for --rows");
    if (!r->rows && (r->skip_bad || r->clusters))
        return err_set(err, ERR_USAGE, "--skip-bad and --clusters belong to --rows");
    if (r->rows && r->pairs && r->clusters)
        return err_set(
            err, ERR_USAGE, "--pairs tells how clusters are made: with --clusters they are given");
    return OK;
}

/* "NAME=DIR" or "DIR". A directory that exists under the whole text wins. */
static const char *repo_dir(struct job *job, const char *option, struct str *ret_name)
{
    struct str rest = str_c(option), name;

    *ret_name = STR("");
    if (file_is_dir(option) || !str_cut(&rest, '=', &name) || !rest.p)
        return option;
    *ret_name = swe_repo_name(arena_str(&job->arena, str_trim(name)));
    return arena_cstr(&job->arena, rest);
}

/* A clone without a name is called by --github, or by its directory. */
static struct str repo_name(struct job *job, struct str name, const char *dir)
{
    struct str rest = str_c(dir), part = {NULL, 0}, last = {NULL, 0};

    if (name.n)
        return name;
    if (job->r->github)
        return swe_repo_name(str_c(job->r->github));
    while (str_cut(&rest, '/', &part))
        if (part.n && !str_eqc(part, ".git"))
            last = part;
    if (str_ends(last, STR(".git")))
        last.n -= strlen(".git");
    return swe_repo_name(arena_str(&job->arena, last.n ? last : STR("repo")));
}

/* --- GitHub -------------------------------------------------------------------------------- */

static enum err_code cache_path(struct job *job, const char **ret, struct err *err)
{
    const struct request *r = job->r;
    const char *dir;
    struct buf name = BUF_INIT;

    if (r->cache) {
        *ret = r->cache;
        return OK;
    }
    if (cache_dir(STR("swe-github"), &job->arena, &dir, err) || file_make_dirs(dir, err))
        return err->code;
    buf_puts(&name, r->github);
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '/')
            name.p[i] = '+';
    *ret = arena_printf(&job->arena, "%s/%s.jsonl", dir, buf_cstr(&name));
    buf_release(&name);
    return OK;
}

static enum err_code open_github(struct job *job, struct err *err)
{
    struct swe_github_options options = {
        .repo = job->r->github,
        .url = getenv(GITHUB_URL_ENV),
        .wait_ms = job->r->wait_s * 1000,
        .list = &job->list,
    };

    if (!job->r->github)
        return OK;
    if (swe_github_token(&job->arena, &options.token, err) ||
        cache_path(job, &options.cache, err) || swe_github_open(&options, &job->github, err))
        return err->code;
    return OK;
}

static enum err_code complete(
    struct swe_task *task, struct arena *arena, void *payload, struct err *err)
{
    struct job *job = payload;

    return swe_github_complete(job->github, task, arena, err);
}

/* Rows keep what they say; what they lack is asked for. */
static enum err_code complete_rows(struct job *job, struct err *err)
{
    struct str name = swe_repo_name(str_c(job->r->github));

    for (size_t i = 0; job->github && i < job->list.n; i++) {
        struct swe_task *task = &job->list.v[i], asked = *task;
        bool lacks_files = !task->nfiles && task->changed_files_count != 0;
        if (!str_eq(task->repo, name) || (!lacks_files && task->title.p && task->base.p))
            continue;
        if (swe_github_complete(job->github, &asked, &job->arena, err))
            return err->code;
        swe_task_fill(task, &asked);
    }
    return OK;
}

/* --- clusters and output ------------------------------------------------------------------- */

static void on_pair(
    const struct swe_task *a, const struct swe_task *b, int64_t similarity, void *payload)
{
    struct job *job = payload;
    struct json_writer w = json_writer(&job->pairs, 0);

    jsonw_object(&w, NULL);
    jsonw_str(&w, "repo", a->repo);
    jsonw_str(&w, "a", swe_task_id(a, &job->arena));
    jsonw_str(&w, "b", swe_task_id(b, &job->arena));
    jsonw_num(&w, "similarity", (double)similarity / (double)SWE_SIMILARITY_ONE);
    jsonw_end_object(&w);
    buf_putc(&job->pairs, '\n');
}

static enum err_code make_clusters(struct job *job, struct err *err)
{
    if (swe_cluster(
            &job->list, &job->clusters, job->r->pairs ? on_pair : NULL, job, &job->arena, err))
        return err->code;
    swe_relate(&job->list, job->r->before, &job->arena);
    return OK;
}

static enum err_code write_out(struct job *job, struct err *err)
{
    const struct request *r = job->r;
    struct buf tasks = BUF_INIT, candidates = BUF_INIT;
    size_t changed = swe_rows_write(&tasks, &job->list);

    if (r->candidates)
        swe_candidates_write(&candidates, &job->report);
    if (changed)
        swe_list_warn(&job->list,
            "%zu file names are not UTF-8: they are written with U+FFFD and match no file",
            changed);
    const struct data_file files[] = {{r->candidates, buf_str(&candidates)},
        {r->pairs, buf_str(&job->pairs)}, {r->out, buf_str(&tasks)}};
    enum err_code code = data_write_all(files, ARRAY_LEN(files), err);
    buf_release(&tasks);
    buf_release(&candidates);
    return code;
}

/* --- making tasks -------------------------------------------------------------------------- */

static enum err_code build(struct job *job, struct err *err)
{
    const struct request *r = job->r;
    struct str name;
    const char *dir = repo_dir(job, r->repos.v[0], &name);
    struct swe_build_options options = {
        .walk = {.branch = r->branch,
            .pull_refs = r->pull_refs,
            .max_commits = (size_t)r->max_commits},
        .name = repo_name(job, name, dir),
        .extensions = &job->extensions,
        .min_modified = (size_t)r->min_modified,
        .max_files = (size_t)r->max_files,
        .patch_bytes = (size_t)r->patch_bytes,
        .words = &job->words,
        .complete = job->github ? complete : NULL,
        .payload = job,
    };
    struct repo *repo;

    if (swe_words_read(r->words, &job->arena, &job->words, err) || repo_open(dir, &repo, err))
        return err->code;
    if (repo_is_shallow(repo))
        swe_list_warn(&job->list, "%s is a shallow clone: older pull requests are missing", dir);
    enum err_code code = swe_build(repo, &options, &job->arena, &job->list, &job->report, err);
    repo_free(repo);
    if (!code)
        code = make_clusters(job, err);
    if (!code) {
        print_table(job, swe_yield_table(&job->report, &job->list));
        print_table(job, swe_dropped_table(&job->report));
    }
    return code;
}

/* --- rows that are there ------------------------------------------------------------------- */

static bool has_repo(const struct swe_list *list, struct str repo)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i].repo, repo))
            return true;
    return false;
}

static enum err_code check_repo(
    struct job *job, const char *option, struct table *t, struct err *err)
{
    struct swe_check_options options = {
        .branch = job->r->branch, .patch_bytes = (size_t)job->r->patch_bytes};
    struct str name;
    const char *dir = repo_dir(job, option, &name);
    struct repo *repo;

    if (!name.n)
        return err_set(
            err, ERR_USAGE, "--repo %s: with --rows say whose clone it is, NAME=DIR", option);
    if (repo_open(dir, &repo, err))
        return err->code;
    if (!has_repo(&job->list, name))
        swe_list_warn(&job->list,
            "--repo %s: no row is of %.*s, so nothing was checked in it; the first row is of %.*s",
            option, STR_ARG(name), STR_ARG(job->list.v[0].repo));
    enum err_code code = swe_check(repo, name, &options, &job->arena, &job->list, t, NULL, err);
    repo_free(repo);
    return code;
}

static enum err_code check_rows(struct job *job, struct err *err)
{
    struct table *t = swe_check_table_new();
    enum err_code code = OK;

    for (size_t i = 0; i < job->r->repos.n && !code; i++)
        code = check_repo(job, job->r->repos.v[i], t, err);
    if (!code && job->r->repos.n) {
        print_table(job, t);
        return OK;
    }
    table_free(t);
    return code;
}

static bool has_clusters(const struct swe_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].cluster.n)
            return true;
    return false;
}

/* The file's clusters; else what the rows say; else the paper's, as far as they name a row. With
 * --pairs, and where none of them says anything, clusters are made. */
static enum err_code cluster_rows(struct job *job, struct err *err)
{
    const struct request *r = job->r;

    if (r->pairs)
        return make_clusters(job, err);
    if (r->clusters || !has_clusters(&job->list)) {
        size_t absent = 0;
        if (swe_given_apply(r->clusters, &job->arena, &job->list, &absent, err))
            return err->code;
        if (r->clusters && absent)
            swe_list_warn(&job->list, "%s: %zu numbers have no row", r->clusters, absent);
    }
    if (!has_clusters(&job->list))
        return make_clusters(job, err);
    swe_relate(&job->list, r->before, &job->arena);
    return OK;
}

static enum err_code read_rows(struct job *job, struct err *err)
{
    const struct request *r = job->r;

    if (swe_rows_read(r->rows, NULL, r->skip_bad, &job->arena, &job->list, err))
        return err->code;
    if (!job->list.n)
        return item_none(r->rows, job->list.skipped, err);
    if (complete_rows(job, err) || check_rows(job, err) || cluster_rows(job, err))
        return err->code;
    swe_list_sort(&job->list);
    return OK;
}

/* --- the command --------------------------------------------------------------------------- */

static enum err_code run_job(struct job *job, struct err *err)
{
    enum err_code code;

    if (check_mode(job->r, err) || check_files(job->r, err) || check_numbers(job, err) ||
        open_github(job, err))
        return err->code;
    code = job->r->rows ? read_rows(job, err) : build(job, err);
    if (!code)
        code = write_out(job, err);
    print_github(job);
    print_warnings(job);
    if (!code && job->r->stats)
        print_table(job, swe_stats_table(&job->list));
    return code;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct request r = {.extensions = "py,js",
        .similarity = "0.20",
        .out = "-",
        .min_modified = 3,
        .max_files = 30,
        .max_cluster = 6,
        .patch_bytes = 65536,
        .wait_s = 900};
    const struct option options[] = {
        {"--repo", OPTION_LIST, &r.repos, "[NAME=]DIR", "a clone; with --rows one for each NAME"},
        {"--branch", OPTION_STR, &r.branch, "B", "branch or commit whose history is read"},
        {"--max-commits", OPTION_INT, &r.max_commits, "N", "newest commits that are read; 0 = all"},
        {"--pull-refs", OPTION_FLAG, &r.pull_refs, NULL, "also refs/pull/N/head of the clone"},
        {"--extensions", OPTION_STR, &r.extensions, "LIST", "files that count (py,js); \"\" = all"},
        {"--min-modified", OPTION_INT, &r.min_modified, "N", "least such files modified (3)"},
        {"--max-files", OPTION_INT, &r.max_files, "N", "most files in all (30); 0 = any number"},
        {"--words", OPTION_STR, &r.words, "FILE", "other word lists (datasets/swe_words.json)"},
        {"--similarity", OPTION_STR, &r.similarity, "S", "least similarity in a cluster (0.20)"},
        {"--max-cluster", OPTION_INT, &r.max_cluster, "N", "most tasks of a cluster (6)"},
        {"--before", OPTION_FLAG, &r.before, NULL, "relatives are earlier ones only"},
        {"--patch-bytes", OPTION_INT, &r.patch_bytes, "N", "of a file's patch (65536); 0 = none"},
        {"--rows", OPTION_STR, &r.rows, "FILE", "released rows to check and complete instead"},
        {"--skip-bad", OPTION_FLAG, &r.skip_bad, NULL, "leave malformed rows out and count them"},
        {"--clusters", OPTION_STR, &r.clusters, "FILE", "clusters of the rows (the paper's)"},
        {"--github", OPTION_STR, &r.github, "OWNER/NAME", "ask GitHub, with GITHUB_TOKEN if set"},
        {"--cache", OPTION_STR, &r.cache, "FILE", "where GitHub's answers are kept"},
        {"--wait", OPTION_INT, &r.wait_s, "S", "longest wait for GitHub's limits (900)"},
        {"--out", OPTION_STR, &r.out, "FILE", "where tasks go; - (default) is standard output"},
        {"--candidates", OPTION_STR, &r.candidates, "FILE", "what became of each pull request"},
        {"--pairs", OPTION_STR, &r.pairs, "FILE", "the similarity of every two tasks"},
        {"--stats", OPTION_FLAG, &r.stats, NULL, "print what the tasks consist of"},
        {"--json", OPTION_FLAG, &r.json, NULL, "tables as JSON lines"},
    };
    struct job job = {.r = &r};
    const char *args[1];
    size_t nargs;

    if (cli_wants_help(argc, argv, &data_generate_swe, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 0, &nargs, err))
        return err->code;
    enum err_code code = run_job(&job, err);
    swe_github_close(job.github);
    swe_list_release(&job.list);
    swe_report_release(&job.report);
    buf_release(&job.pairs);
    arena_release(&job.arena);
    return code;
}

const struct command data_generate_swe = {"data generate swe-features",
    "--repo DIR | --rows FILE [options]", "pull requests that add features, from a local clone",
    run, false};
