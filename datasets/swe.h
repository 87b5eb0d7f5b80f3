/*
 * swe.h - SWE-Features: pull requests that add a feature, with their files and their relatives.
 *
 * A task is one pull request: from its title and body the files it modifies must be found. The
 * context of a task is what its relatives (pull requests of the same cluster) changed. Tasks come
 * from released rows (swe_row.h), or from a local clone (swe_build.h), perhaps with what GitHub
 * knows about them (swe_github.h). Texts live in the caller's arena. docs/SWE.md tells the rules.
 */
#ifndef DATASETS_SWE_H
#define DATASETS_SWE_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/err.h"

enum swe_status {
    SWE_ADDED,
    SWE_REMOVED,
    SWE_MODIFIED,
    SWE_RENAMED,
    SWE_COPIED,
    SWE_CHANGED, /* type or mode only */
    SWE_STATUS_COUNT
};

struct swe_file {
    struct str name, previous; /* previous: of a rename or copy, else empty */
    enum swe_status status;
    int64_t additions, deletions; /* lines; -1 = unknown (or binary) */
    struct str patch;             /* p NULL = not loaded */
};

/* How a task was found. */
enum swe_kind { SWE_ROW, SWE_MERGE, SWE_SQUASH, SWE_MANUAL, SWE_PULL_REF, SWE_KIND_COUNT };

struct swe_task {
    struct str repo; /* "Aider-AI/aider": owner and name as they are today */
    int64_t number;  /* of the pull request; 0 = unknown */
    enum swe_kind kind;
    struct str title, user, state, body; /* p NULL = unknown */
    struct swe_file *files;
    size_t nfiles;
    int64_t changed_files_count; /* as the source says; -1 = unknown */
    struct str base, head;       /* commit ids in hex; p NULL = unknown */
    int64_t time;                /* seconds since 1970 of merge or last commit; 0 = unknown */
    struct str cluster;          /* empty = none yet */
    struct str *related;         /* ids (swe_task_id) of the relatives, in the order of the list */
    size_t nrelated;
    bool has_related; /* related was set: an empty one means that there is nothing to sleep on */
    size_t line;      /* in the file of rows, 0 = built */
};

struct swe_list {
    struct swe_task *v;
    size_t n, cap;
    size_t skipped;
    struct buf warnings; /* one a line */
    size_t nwarnings;
};

void swe_list_release(struct swe_list *list); /* texts belong to the arena */
struct swe_task *swe_list_add(struct swe_list *list);
PRINTF_LIKE(2, 3) void swe_list_warn(struct swe_list *list, const char *fmt, ...);
/* Sorts by repository, then number (tasks without one behind the others, by head). */
void swe_list_sort(struct swe_list *list);
/* The task of that repository and number, or NULL. */
struct swe_task *swe_list_find(const struct swe_list *list, struct str repo, int64_t number);

const char *swe_status_name(enum swe_status status);
/* GitHub's words and the paper's ("new" = added); false if unknown. */
bool swe_status_find(struct str name, enum swe_status *ret);
const char *swe_kind_name(enum swe_kind kind);

/* Owner and name of today for the names that rows use: "aider", "ComfyUI" and former owners, in any
 * case; another name is given back as it is. */
struct str swe_repo_name(struct str name);

/* What `to` does not know (title, author, state, body, base, head, time, files) it takes from
 * `from`. */
void swe_task_fill(struct swe_task *to, const struct swe_task *from);

/* Kinds of files by the ends of their names; none = all files. */
enum { SWE_EXTENSIONS_MAX = 32 };

struct swe_extensions {
    struct str v[SWE_EXTENSIONS_MAX]; /* without the point */
    size_t n;
};

/* Reads "py,js" (or ".py, .js"); *ret borrows from it. ERR_USAGE if there is an empty one. */
MUST_CHECK enum err_code swe_extensions_read(
    struct str list, struct swe_extensions *ret, struct err *err);
bool swe_extensions_has(const struct swe_extensions *e, struct str name);

/* What a task is called in `related`: its number in decimal, or else its head. */
struct str swe_task_id(const struct swe_task *task, struct arena *arena);

/* Fills `related` of every task that has none: all others of its repository and cluster or, with
 * `before`, those of them whose time is known and earlier than the task's. A task without a cluster
 * is its own. */
void swe_relate(struct swe_list *list, bool before, struct arena *arena);

/* What an answer is held against. The headline set is App. D of the paper: files with status
 * modified, whatever their extension; SWE_GOLD_ALL holds every file the pull request touches. */
enum swe_gold { SWE_GOLD_MODIFIED, SWE_GOLD_ALL };

/* Names of the set, in byte order, each once; the array lives in the arena. */
size_t swe_gold_files(
    const struct swe_task *task, enum swe_gold gold, struct arena *arena, struct str **ret);

/* Numbers of a list as rows (repo, what, value); the caller frees the table. */
struct table;
struct table *swe_stats_table(const struct swe_list *list);

#endif
