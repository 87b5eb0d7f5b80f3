/*
 * swe_build.h - new tasks from the history of a local clone.
 *
 * Every pull request that repo_walk finds is a candidate. It goes through stages, and the first one
 * that it does not pass is noted with it, so that each number of the report can be traced to names.
 * What comes out are tasks with files; clusters are swe_cluster.h's.
 */
#ifndef DATASETS_SWE_BUILD_H
#define DATASETS_SWE_BUILD_H

#include "datasets/repo.h"
#include "datasets/swe_filter.h"

/* In the order in which they are looked at. */
enum swe_stage {
    SWE_AT_BASE,      /* where the branch began is unknown */
    SWE_AT_READ,      /* the clone lacks an object of it, or too many files differ */
    SWE_AT_CHANGED,   /* too few files of the wanted kinds */
    SWE_AT_MODIFIED,  /* too few of them existed before */
    SWE_AT_SIZE,      /* too many files in all */
    SWE_AT_DUPLICATE, /* another candidate is the same pull request */
    SWE_AT_TEXT,      /* its words: enum swe_verdict tells */
    SWE_AT_END,       /* a task */
    SWE_STAGE_COUNT
};

struct swe_candidate {
    enum swe_kind kind;
    int64_t number; /* 0 = unknown */
    struct str title, base, head;
    size_t files, changed, modified; /* all; of the wanted kinds; of these, modified ones */
    enum swe_stage stage;            /* the one that it did not pass */
    enum swe_verdict verdict;        /* at SWE_AT_TEXT */
    struct str why;                  /* the word that decided, or what could not be read */
};

struct swe_report {
    struct repo_walk_counts walk;
    struct swe_candidate *v;
    size_t n, cap;
};

void swe_report_release(struct swe_report *report); /* texts belong to the arena */

/* Completes a task from elsewhere (GitHub) in front of the text stage; files may change. An error
 * stops the build, what it does not know it leaves as it is. */
typedef enum err_code swe_complete_fn(
    struct swe_task *task, struct arena *arena, void *payload, struct err *err);

struct swe_build_options {
    struct repo_walk walk;
    struct str name;                         /* the repository's, as tasks carry it */
    const struct swe_extensions *extensions; /* kinds of files that count */
    size_t min_modified;                     /* least number of such files that existed before */
    size_t max_files;                        /* most files in all; 0 = any */
    size_t patch_bytes;                      /* of a file's patch, 0 = no patches */
    const struct swe_words *words;           /* NULL = every text is kept */
    swe_complete_fn *complete;               /* NULL = none */
    void *payload;
};

/* Appends the tasks to `list`, sorted (swe_list_sort). */
MUST_CHECK enum err_code swe_build(struct repo *r, const struct swe_build_options *options,
    struct arena *arena, struct swe_list *list, struct swe_report *report, struct err *err);

const char *swe_stage_name(enum swe_stage stage);

/* Rows: one a kind that occurs and "all"; columns: how many candidates there are and how many pass
 * each stage; of "all" the list's clusters and its tasks with relatives, too. */
struct table;
struct table *swe_yield_table(const struct swe_report *report, const struct swe_list *list);
/* Rows: why candidates were left out, and how many; by stage, then word. */
struct table *swe_dropped_table(const struct swe_report *report);
/* One JSON object a line for each candidate, in the order of the walk. */
void swe_candidates_write(struct buf *out, const struct swe_report *report);

#endif
