/*
 * repo_view.h - one commit of a repository as an agent sees it: list, read, search.
 *
 * Nothing is checked out. A path names something inside the commit's tree and nothing else: ".."
 * and absolute paths, NUL bytes and components named .git are refused (ERR_USAGE), symbolic links
 * and submodules are shown and never entered. "./a", "a//b" and "a/" are accepted; "" and "." are
 * the top. Tree entries with a name no checkout would accept are left out and counted (`hidden`).
 *
 * Names and contents are foreign bytes as git has them; whoever prints them as JSON makes UTF-8 of
 * them. Orders are git's (`git ls-tree`), so equal questions have equal answers. Every answer has
 * limits; a size of 0 in the options stands for the default named beside it. All texts are the
 * arena's.
 */
#ifndef DATASETS_REPO_VIEW_H
#define DATASETS_REPO_VIEW_H

#include "datasets/repo.h"
#include "datasets/repo_glob.h"

struct repo_view;

/* commit: anything repo_resolve takes. The repository must outlive the view. */
MUST_CHECK enum err_code repo_view_open(
    struct repo *r, const char *commit, struct repo_view **ret, struct err *err);
void repo_view_free(struct repo_view *v);
struct str repo_view_commit(const struct repo_view *v); /* 40 hex digits */

/* The path inside the tree, cleaned, or ERR_USAGE. Whether it exists is not looked at. */
MUST_CHECK enum err_code repo_view_path(
    struct str path, struct arena *arena, struct str *ret, struct err *err);

enum repo_entry_kind { REPO_FILE, REPO_DIR, REPO_LINK, REPO_SUBMODULE };
const char *repo_entry_kind_name(enum repo_entry_kind kind); /* "file", "directory", ... */

struct repo_entry {
    struct str path; /* from the top */
    enum repo_entry_kind kind;
    int64_t size;      /* bytes of a file or link; -1: none, or not in a partial clone */
    struct str target; /* of a link: its text; of a submodule: its commit; else empty */
};

/* What is in a directory. Recursive: all files, links and submodules below, no directories. */
struct repo_list_options {
    struct str dir;
    bool recursive;
    struct str glob;    /* against the path below dir (repo_glob.h); empty: all */
    size_t max_entries; /* 2000 */
};

struct repo_listing {
    struct repo_entry *v;
    size_t n;
    size_t hidden;
    bool truncated; /* there are more */
};

MUST_CHECK enum err_code repo_list(struct repo_view *v, const struct repo_list_options *options,
    struct arena *arena, struct repo_listing *ret, struct err *err);

/* A file, or some of its lines. Files over REPO_READ_BYTES are ERR_LIMIT. */
enum { REPO_READ_BYTES = 32 << 20 };

struct repo_read_options {
    struct str path;
    size_t first;     /* line, 1-based; 0 = 1 */
    size_t count;     /* lines; 0 = all */
    size_t max_bytes; /* of text; 256 KiB */
};

struct repo_text {
    enum repo_entry_kind kind;        /* REPO_FILE, or REPO_LINK: text is the target */
    struct str text;                  /* lines with their line feeds; empty if binary */
    int64_t size;                     /* of the whole file, bytes */
    size_t first, lines, total_lines; /* first and number given, number in the file */
    bool binary;                      /* a NUL among the first 8000 bytes */
    bool truncated; /* max_bytes was reached; only a line that is too long alone is cut */
};

MUST_CHECK enum err_code repo_read(struct repo_view *v, const struct repo_read_options *options,
    struct arena *arena, struct repo_text *ret, struct err *err);

/* Lines that hold a text, or match a pattern (regex.h), in the files below a directory or in one
 * file. Bytes that are not UTF-8 are taken as U+FFFD. Binary, larger and missing files are counted,
 * not searched. */
struct repo_search_options {
    struct str text;       /* one line; a pattern if regex */
    bool regex, nocase;    /* nocase: all of Unicode */
    struct str path;       /* directory or file */
    struct str glob;       /* as above */
    size_t max_hits;       /* 200 */
    size_t max_line;       /* bytes shown of a line; 300 */
    size_t max_file_bytes; /* 1 MiB */
    size_t max_bytes;      /* read in all; 512 MiB */
};

struct repo_hit {
    struct str path;
    size_t line, column; /* 1-based; column in bytes */
    struct str text;     /* of the line, as UTF-8; of a long one the part around the hit */
};

struct repo_hits {
    struct repo_hit *v;
    size_t n;
    size_t files, binary, large, absent; /* searched; not searched */
    size_t given_up;                     /* lines on which the pattern took too many steps */
    bool truncated;                      /* there may be more: a limit was reached */
};

MUST_CHECK enum err_code repo_search(struct repo_view *v, const struct repo_search_options *options,
    struct arena *arena, struct repo_hits *ret, struct err *err);

#endif
