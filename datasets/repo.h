/*
 * repo.h - a local git repository, read through libgit2 without a checkout.
 *
 * Works on bare and other clones, linked worktrees and shallow or partial clones alike. Nothing is
 * ever written into the repository, none of its hooks, filters or configured commands run, nothing
 * is fetched. What a clone's user or machine has configured (~/.gitconfig, /etc/gitconfig,
 * .gitattributes) changes no result. git's check that the directory belongs to the caller
 * (safe.directory) guards the commands that a configuration may name; none can run here, so it is
 * off and a clone of another user can be read. Names and contents are foreign bytes: they may be
 * of any encoding and any size; every call has limits. Objects are checked against their ids.
 *
 * Errors name the clone and the object: ERR_NOT_FOUND for a directory, branch, commit or file that
 * is not there, ERR_INPUT for no repository, no commits, a damaged or incomplete one, ERR_LIMIT.
 */
#ifndef DATASETS_REPO_H
#define DATASETS_REPO_H

#include "datasets/swe.h"

struct repo;

/* path is the directory that holds .git, or a bare clone itself; no directory above is tried. A
 * repository without any commit is ERR_INPUT. */
MUST_CHECK enum err_code repo_open(const char *path, struct repo **ret, struct err *err);
void repo_free(struct repo *r);
/* History is cut off at some commits (git clone --depth): their parents are not there, so pull
 * requests are missing and bases behind the cut are unknown. */
bool repo_is_shallow(const struct repo *r);
/* Commit that a name stands for ("main", "refs/pull/12/head", a tag, a hex id of at least 4
 * digits), as 40 hex digits in the arena. NULL stands for the branch that HEAD points to, else
 * main, else master. */
MUST_CHECK enum err_code repo_resolve(
    struct repo *r, const char *name, struct arena *arena, struct str *ret_hex, struct err *err);
/* hex: all 40 digits. */
bool repo_has_commit(struct repo *r, struct str hex);
/* Is there a file (or symbolic link) of that name in that commit? */
bool repo_has_file(struct repo *r, struct str commit, struct str name);

/* Pull requests among all commits that a branch reaches, newest first as `git log` has them:
 *
 *   SWE_MERGE   two parents, subject "Merge pull request #N from OWNER/BRANCH". Title is the first
 *               line of the body, the rest is the body; head the second parent, base the merge
 *               base of both.
 *   SWE_SQUASH  one parent, subject ends in " (#N)". Title without it; base the parent.
 *   SWE_MANUAL  two parents, subject "Merge [remote-tracking ]branch 'NAME' of URL" with a URL
 *               that has a scheme, as GitHub's merge instructions print it ("of github.com:..." is
 *               how a maintainer's own `git pull` looks). No number, title NAME, else as a merge.
 *
 * With pull_refs, behind them in order of N, those refs/pull/N/head whose number was not among
 * them (SWE_PULL_REF). Title is the subject of the branch's oldest commit, there is no body; base
 * is the merge base with the branch of the walk (never merged), or with the first parent of the
 * commit that merged the head. A head that is part of the history without such a commit was
 * fast-forwarded: git does not keep where it began, so title and base are unknown (p NULL).
 *
 * Base is p NULL as well when the two histories have nothing in common, or meet behind the cut of
 * a shallow clone. Where several merge bases exist, the one with the latest committer time counts.
 * state is "closed" for what was merged, else unknown; user, repo, files and
 * changed_files_count are unknown; time is the committer's. Titles and bodies are UTF-8, bad bytes
 * become U+FFFD. fn's texts are valid inside fn only, so memory stays bounded; files cost a diff
 * (repo_changes). A nonzero return of fn stops and is returned. */
struct repo_walk {
    const char *branch; /* anything repo_resolve takes; NULL = the default one */
    bool pull_refs;
    size_t max_commits; /* look at so many of the newest only; 0 = all */
};

struct repo_walk_counts {
    size_t commits;                   /* looked at */
    size_t merges, squashes, manuals; /* found */
    size_t pull_refs;                 /* refs/pull/N/head there; each is one of these: */
    size_t known;                     /* number is that of a merge or squash */
    size_t merged, fast_forwarded, unmerged;
    size_t no_base; /* given to fn without a base, fast-forwarded included */
};

typedef enum err_code repo_task_fn(const struct swe_task *task, void *payload, struct err *err);
/* ret (may be NULL) is filled even if fn stopped. */
MUST_CHECK enum err_code repo_walk(struct repo *r, const struct repo_walk *options,
    repo_task_fn *fn, void *payload, struct repo_walk_counts *ret, struct err *err);

/* Files that differ between two commits, in byte order of their (new) names, as
 * `git diff --raw --numstat -M base head` says, renames by git's own rule at 50 % similarity
 * (repo_rename.h). A change of type, or of mode only, is SWE_CHANGED. additions and deletions are
 * -1 for binary files, for those over REPO_DIFF_BYTES and where a partial clone lacks the
 * content (git would fail there); a submodule counts as one line. Names
 * are bytes as git has them and need not be UTF-8.
 *
 * More than max_files (0 = REPO_FILES) is ERR_LIMIT. With patch_bytes > 0 each file gets its
 * patch as GitHub shows it (from the first "@@", no file header, no line feed at the end), cut at
 * that many bytes, in front of a UTF-8 character that does not fit; files without
 * line counts have none. base and head are anything repo_resolve takes. */
enum { REPO_FILES = 3000, REPO_DIFF_BYTES = 4 << 20 };

struct repo_changes_options {
    size_t max_files, patch_bytes;
    bool no_lines; /* names and status only, the far cheaper half: -1 lines, no patch */
};

MUST_CHECK enum err_code repo_changes(struct repo *r, struct str base, struct str head,
    const struct repo_changes_options *options, struct arena *arena, struct swe_file **ret,
    size_t *ret_n, struct err *err);

#endif
