/*
 * swe_cluster.h - which pull requests belong together, without a model.
 *
 * Similarity of two tasks of one repository: half weighted Jaccard of the files that they
 * modify (of the wanted kinds), half cosine of their texts. The text is the title twice, the first
 * 600 characters of the body and the words of these files' paths; a word is a run of at least two
 * ASCII letters and digits. What df of N tasks have weighs ln((1+N)/(1+df)) + 0.1, a file or a
 * word, so that a hub that everybody touches counts little; a word that stands n times in a text
 * weighs 1 + ln n times that. Clusters: average link, the most similar pair first, while its
 * similarity is at least the threshold and the union is not too large; equals: the pair that stands
 * first.
 *
 * Similarities are whole numbers of 1e-9, so that sums are exact and every machine agrees on ties.
 */
#ifndef DATASETS_SWE_CLUSTER_H
#define DATASETS_SWE_CLUSTER_H

#include "datasets/swe.h"

#define SWE_SIMILARITY_ONE INT64_C(1000000000)

enum { SWE_CLUSTER_TASKS = 4000, SWE_CLUSTER_SIZE = 100 };

struct swe_similarity;

/* Of n tasks, whose order decides ties. More than SWE_CLUSTER_TASKS is ERR_LIMIT. */
MUST_CHECK enum err_code swe_similarity_new(const struct swe_task *tasks, size_t n,
    const struct swe_extensions *extensions, struct swe_similarity **ret, struct err *err);
void swe_similarity_free(struct swe_similarity *s);
int64_t swe_similarity_get(const struct swe_similarity *s, size_t i, size_t j);

/* ret_group[i] is the first task of the cluster of task i. max_size: 1..SWE_CLUSTER_SIZE. */
void swe_similarity_groups(
    const struct swe_similarity *s, int64_t threshold, size_t max_size, size_t *ret_group);

struct swe_cluster_options {
    int64_t threshold; /* of SWE_SIMILARITY_ONE */
    size_t max_size;
    const struct swe_extensions *extensions; /* kinds of files that are compared */
};

/* Called for each pair of tasks of one repository, i < j in the order of the list. */
typedef void swe_pair_fn(
    const struct swe_task *a, const struct swe_task *b, int64_t similarity, void *payload);

/* Sorts the list and names the cluster of every task: "c001" is that of a repository's first task.
 * pair (may be NULL) sees all similarities. */
MUST_CHECK enum err_code swe_cluster(struct swe_list *list,
    const struct swe_cluster_options *options, swe_pair_fn *pair, void *payload,
    struct arena *arena, struct err *err);

#endif
