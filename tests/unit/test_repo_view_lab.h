/*
 * test_repo_view_lab.h - the repository whose commit the tests of the view look at.
 */
#ifndef TESTS_UNIT_TEST_REPO_VIEW_LAB_H
#define TESTS_UNIT_TEST_REPO_VIEW_LAB_H

#include "datasets/repo_view.h"
#include "tests/unit/test_repo_lab.h"

static struct repo *repo;
static struct repo_view *view;
static struct arena arena;

static inline struct repo_view *view_of(struct repo *r, const char *commit)
{
    struct err err = {0};
    struct repo_view *v = NULL;

    if (repo_view_open(r, commit, &v, &err))
        fail_msg("%s", err.msg);
    return v;
}

static inline int make(void **state)
{
    (void)state;
    lab_sh("git init -q -b main r && cd r && mkdir -p src/deep/er docs && echo top >README.md\n"
           "printf 'one\\ntwo\\nthree\\n' >src/a.py && printf 'no feed' >src/b.py && : >src/empty\n"
           "printf 'x = 1\\ny = x + Two\\n' >src/deep/c.py && echo '// two' >src/deep/er/d.js\n"
           "printf 'a\\0two' >blob.bin && ln -s src/a.py link && ln -s / out && ln -s .. src/up\n"
           "printf 'caf\\303\\251 two\\r\\nbad \\377 two\\n' >docs/text && mkdir src-x && echo z "
           ">src-x/z\n"
           "printf 'b' >\"$(printf 'src/n\\377')\" && printf '[x]' >'we[i]rd*name'\n"
           "ci one && git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub && tick\n"
           "git commit -q -m two && git tag base && echo later >later && ci three");
    repo = lab_open("r");
    view = view_of(repo, "base");
    return 0;
}

static inline int done(void **state)
{
    repo_view_free(view);
    repo_free(repo);
    arena_release(&arena);
    return lab_remove(state);
}

static inline struct repo_listing list(const struct repo_list_options *options)
{
    struct repo_listing l = {0};
    struct err err = {0};

    if (repo_list(view, options, &arena, &l, &err))
        fail_msg("%s", err.msg);
    return l;
}

/* The paths, one a line. */
static inline const char *paths_of(const struct repo_listing *l)
{
    struct buf b = BUF_INIT;
    const char *text;

    for (size_t i = 0; i < l->n; i++) {
        if (i)
            buf_putc(&b, '\n');
        buf_str_add(&b, l->v[i].path);
    }
    text = arena_str(&arena, buf_str(&b)).p;
    buf_release(&b);
    return text;
}

#endif
