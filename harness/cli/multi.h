/*
 * multi.h - the steps of `data generate multi-query`: given problems, new questions, checks,
 * result.
 *
 * Two ordinary runs do the calls: runs/NAME-questions asks one model for new questions on each
 * context, runs/NAME-checks lets another model answer them several times. Everything between is
 * computed from their stores, so the same command goes on wherever it was stopped.
 */
#ifndef HARNESS_CLI_MULTI_H
#define HARNESS_CLI_MULTI_H

#include "datasets/multi_query.h"
#include "harness/cli/job.h"

/* What the command line says. */
struct multi_request {
    const char *dataset, *input, *name, *out, *runs;
    const char *model, *base_url, *verify_model, *verify_url; /* NULL = the configuration's */
    int64_t per_context, per_template, agree, of, seed;
    struct option_list sets, make_sets, check_sets;
    const char *max_cost; /* dollars */
    bool same_model, allow_missing, yes, extend, durable;
    struct job_limits limits;
};

/* What one of the two runs used. */
struct multi_used {
    struct str model;
    bool simulated;
    struct store_counts counts;
    struct usage usage; /* of all calls that were results */
    char run_digest[65];
};

struct multi {
    const struct multi_request *r;
    struct arena arena;                     /* all texts */
    struct str dataset;                     /* its full name */
    struct split_list originals;            /* a context with its given question */
    size_t templates, empty_contexts, rows; /* rows: contexts to sample from */
    struct split_list candidates;           /* a context with its new questions, if there are any */
    size_t replies, cut, silent;            /* silent: without any pair */
    size_t found, dropped[MULTI_QUERY_DROP_COUNT];
    struct multi_used make, check;
    struct run_progress spent; /* by the run before */
    bool one_model;            /* the same model made and checked */
    bool priced;               /* one of the two has a price */
};

void multi_release(struct multi *m);

/* multi_source.c: loads the dataset and samples `per_template` contexts of each template; those
 * without a context are left out and counted. The cluster becomes the template. */
MUST_CHECK enum err_code multi_sample(struct multi *m, struct err *err);
/* Key of a query in a store -> its number in list (queries counted through all splits). The caller
 * frees *ret; entries of keys that the list does not have are SIZE_MAX. */
MUST_CHECK enum err_code multi_numbers(struct store *store, const struct split_list *list,
    size_t **ret, size_t *ret_n, struct err *err);

/* multi_collect.c: from the replies of the first run to candidates; from the answers of the second
 * to votes. */
MUST_CHECK enum err_code multi_candidates(struct multi *m, struct store *store, struct err *err);
MUST_CHECK enum err_code multi_votes(struct multi *m, struct store *store, struct err *err);
MUST_CHECK enum err_code multi_usage(struct store *store, struct multi_used *ret, struct err *err);

/* multi_result.c: contexts with given and new questions; the caller releases *ret. */
void multi_result(const struct multi *m, struct split_list *ret);
void multi_print(const struct multi *m, const struct split_list *result);
/* What the file is made of, as JSON, for FILE.made.json. */
void multi_notes(const struct multi *m, const struct split_list *result, struct buf *out);

#endif
