/*
 * repo_glob.h - patterns for paths: "*.py", "src" then "**" then a name.
 *
 * '*' stands for any bytes but '/', '?' for one character but '/', [a-z] and [!a-z] for one of (not
 * of) a set of ASCII characters, a component of two stars for any number of components, '\' takes
 * the next byte as it is. A pattern without '/' is matched with the last component of a path.
 * Matching takes time in proportion to pattern times path, whatever they are.
 */
#ifndef DATASETS_REPO_GLOB_H
#define DATASETS_REPO_GLOB_H

#include "harness/base/err.h"
#include "harness/base/str.h"

enum { REPO_GLOB_MAX = 512, REPO_PATH_MAX = 4096 }; /* bytes */

/* Is this a pattern? ERR_USAGE says what is wrong with it. */
MUST_CHECK enum err_code repo_glob_check(struct str pattern, struct err *err);
/* The empty pattern matches all. Pattern and path are within their limits. */
bool repo_glob_match(struct str pattern, struct str path);

#endif
