/*
 * swe.h - SWE-Features: pull requests that add a feature, with their files and their relatives.
 *
 * A task is one pull request: from its title and body the files it modifies must be found. The
 * context of a task is what its relatives (pull requests of the same cluster) changed. Tasks come
 * from released rows (swe_read.c), or from a local clone (swe_build.c), perhaps with what GitHub
 * knows about them (swe_github.c). Texts live in the caller's arena.
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
enum swe_kind { SWE_ROW, SWE_MERGE, SWE_SQUASH, SWE_MANUAL, SWE_PULL_REF };

struct swe_task {
    struct str repo; /* "Aider-AI/aider": owner and name as they are today */
    int64_t number;  /* of the pull request; 0 = unknown */
    enum swe_kind kind;
    struct str title, user, state, body; /* p NULL = unknown */
    struct swe_file *files;
    size_t nfiles;
    int64_t changed_files_count; /* as the source says; -1 = unknown */
    struct str base, head;       /* commit ids in hex; head p NULL = unknown */
    int64_t time;                /* seconds since 1970 of merge or last commit; 0 = unknown */
    struct str cluster;          /* empty = none yet */
    size_t line;                 /* in the file of rows, 0 = built */
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

const char *swe_status_name(enum swe_status status);
/* GitHub's words and the paper's ("new" = added); false if unknown. */
bool swe_status_find(struct str name, enum swe_status *ret);
const char *swe_kind_name(enum swe_kind kind);

#endif
