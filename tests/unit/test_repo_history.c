/*
 * test_repo_history.c - pull requests found in histories of every shape; bases are those of
 * `git merge-base`.
 */
#include "tests/unit/test_repo_lab.h"

/* One line a task: kind|number|title|body|state|base|head. */
struct found {
    struct buf text;
    size_t n, stop_after; /* 0: never */
    struct repo_walk_counts counts;
};

static void put(struct buf *b, struct str s, size_t most)
{
    buf_putc(b, '|');
    if (!s.p)
        buf_puts(b, "-");
    else
        for (size_t i = 0; i < s.n && i < most; i++)
            buf_putc(b, s.p[i] == '\n' ? '/' : s.p[i]);
}

static enum err_code note(const struct swe_task *t, void *payload, struct err *err)
{
    struct found *f = payload;

    assert_true(t->time >= 1700000000);
    assert_null(t->user.p);
    assert_int_equal(t->changed_files_count, -1);
    buf_printf(&f->text, "%s|%lld", swe_kind_name(t->kind), (long long)t->number);
    put(&f->text, t->title, SIZE_MAX);
    put(&f->text, t->body, SIZE_MAX);
    put(&f->text, t->state, SIZE_MAX);
    put(&f->text, t->base, 7);
    put(&f->text, t->head, 7);
    buf_putc(&f->text, '\n');
    if (++f->n == f->stop_after)
        return err_set(err, ERR_STOPPED, "enough");
    return OK;
}

static struct found walk(const char *name, const struct repo_walk *options)
{
    struct found f = {.text = BUF_INIT};
    struct repo *r = lab_open(name);
    struct err err = {0};

    if (repo_walk(r, options, note, &f, &f.counts, &err))
        fail_msg("%s", err.msg);
    repo_free(r);
    return f;
}

/* The line of a task whose base and head are given as git's names for them. */
static void has_line(
    const struct found *f, const char *repo, const char *start, const char *base, const char *head)
{
    struct buf line = BUF_INIT;

    buf_printf(&line, "%s|", start);
    buf_printf(&line, "%s|%s\n",
        *base == '-' ? base : lab_sh("git -C %s rev-parse %s | cut -c1-7", repo, base),
        lab_sh("git -C %s rev-parse %s | cut -c1-7", repo, head));
    if (str_find(buf_str(&f->text), buf_str(&line), 0) == SIZE_MAX)
        fail_msg("no line\n%sin\n%s", buf_cstr(&line), buf_cstr(&f->text));
    buf_release(&line);
}

static int make(void **state)
{
    (void)state;
    lab_sh(
        "git init -q -b main r && cd r && echo 0 >base && ci start && git tag t0\n"
        /* a merge by GitHub's button, the branch two commits long */
        "git checkout -q -b one && echo 1 >one && ci 'begin one' && echo 2 >one && ci 'end one'\n"
        "git checkout -q main && echo 1 >base && ci 'meanwhile (#8) in the middle'\n"
        "mg 'Merge pull request #12 from ann/one\n\nAdd one thing\n\nWhy it is good.\nReally.' "
        "one\n"
        "git tag t12\n"
        /* squashed */
        "echo 2 >base && ci 'Add more of it (#13)\n\nBecause.' && git tag t13\n"
        "echo 3 >base && ci 'A subject\nof two lines (#14)' && git tag t14\n"
        /* merged by hand, from an address with a scheme and from one without */
        "git checkout -q -b fast t12 && echo f >fast && ci 'go fast' && git checkout -q main\n"
        "mg \"Merge branch 'fast' of https://example.org/bob/r\n\nIt is fast.\" fast && git tag "
        "tm\n"
        "git checkout -q -b ssh t13 && echo s >ssh && ci 'go ssh' && git checkout -q main\n"
        "mg \"Merge branch 'ssh' of github.com:ann/r\" ssh\n"
        "git checkout -q -b rt t13 && echo s >rt && ci 'go rt' && git checkout -q main\n"
        "mg \"Merge remote-tracking branch 'up/it's' of http://example.org/c/r into main\" rt\n"
        "git tag trt\n"
        /* what is none of these */
        "ci 'Merge pull request #31 from one/parent' && ci 'no number (#)' && ci 'late (#32) '\n"
        "ci 'too long (#1234567890123456)' && ci '(#33)' && ci 'no blank(#34)'\n"
        "git checkout -q -b x t14 && echo x >x && ci x && git checkout -q -b y t14 && echo y >y\n"
        "ci y && git checkout -q main && mg 'Merge pull request #35 from three/parents' x y\n"
        "git checkout -q -b z t14 && echo z >z && ci z && git checkout -q main\n"
        "mg 'two parents (#36)' z && git checkout -q -b v t14 && echo v >v && ci v\n"
        "git checkout -q main && mg \"Merge branch 'v' into main\" v\n"
        "git checkout -q -b w t14 && echo w >w && ci w && git checkout -q main\n"
        "mg 'Merge pull request #37 from bare/words' w && git tag t37");
    return 0;
}

/* The counts and every line, by hand. */
static void test_kinds(void **state)
{
    const struct repo_walk options = {0};
    struct found f = walk("r", &options);

    (void)state;
    has_line(&f, "r", "merge|12|Add one thing|Why it is good./Really.|closed", "t0", "one");
    has_line(&f, "r", "squash|13|Add more of it|Because.|closed", "t12", "t13");
    has_line(&f, "r", "squash|14|A subject of two lines||closed", "t13", "t14");
    has_line(&f, "r", "manual|0|fast|It is fast.|closed", "t12", "fast");
    has_line(&f, "r", "manual|0|up/it's||closed", "t13", "rt");
    /* git takes blanks at the end of a line away */
    has_line(&f, "r", "squash|32|late||closed", ":/^no.number", ":/^late");
    has_line(&f, "r", "merge|37|-|-|closed", "t14", "w");
    assert_int_equal(f.n, 7);
    assert_int_equal(f.counts.merges, 2);
    assert_int_equal(f.counts.squashes, 3);
    assert_int_equal(f.counts.manuals, 2);
    assert_int_equal(f.counts.no_base, 0);
    assert_int_equal(f.counts.commits, strtoul(lab_sh("git -C r rev-list --count main"), NULL, 10));
    buf_release(&f.text);
}

/* Newest first, as git log; a limit counts commits; another start sees its own past only. */
static void test_order_and_limits(void **state)
{
    struct repo_walk options = {.branch = "t14"};
    struct found f = walk("r", &options);

    (void)state;
    assert_int_equal(f.n, 3);
    assert_true(str_starts(buf_str(&f.text), STR("squash|14|")));
    buf_release(&f.text);
    options.max_commits = 2;
    f = walk("r", &options);
    assert_int_equal(f.counts.commits, 2);
    assert_int_equal(f.n, 2);
    buf_release(&f.text);

    f = (struct found){.text = BUF_INIT, .stop_after = 2};
    struct repo *r = lab_open("r");
    struct err err = {0};
    options.max_commits = 0;
    assert_int_equal(repo_walk(r, &options, note, &f, &f.counts, &err), ERR_STOPPED);
    assert_string_equal(err.msg, "enough");
    assert_int_equal(f.n, 2);
    assert_int_equal(f.counts.squashes, 2);
    repo_free(r);
    buf_release(&f.text);
}

static void test_pull_refs(void **state)
{
    const struct repo_walk options = {.branch = "main", .pull_refs = true};
    struct found f;

    (void)state;
    lab_sh(
        "git clone -q r p && cd p && git fetch -q ../r '+refs/tags/*:refs/tags/*'\n"
        /* never merged: two commits, and the trunk merged in between */
        "git checkout -q -b a t13 && echo a >a && ci 'begin a' && mg back t37 && echo b >a\n"
        "ci 'end a' && git update-ref refs/pull/120/head a\n"
        /* merged by hand, then once more into the trunk of a fork */
        "git checkout -q main && git checkout -q -b b t14 && echo b >b && ci 'just b'\n"
        "git update-ref refs/pull/9/head b && git checkout -q main && mg \"Merge branch 'b'\" b\n"
        /* fast-forwarded */
        "echo c >c && ci 'just c' && git update-ref refs/pull/22/head main && ci after\n"
        /* no common history */
        "git checkout -q --orphan o && ci alone && git update-ref refs/pull/23/head o\n"
        /* known by its merge; not heads of pull requests */
        "git update-ref refs/pull/12/head one~0 2>/dev/null || git update-ref refs/pull/12/head "
        "origin/one\n"
        "git update-ref refs/pull/24/merge main; git update-ref refs/pull/x/head main\n"
        "git update-ref refs/pull/1/2/head main; git checkout -q -f main");
    f = walk("p", &options);
    has_line(&f, "p", "pull_ref|120|begin a|-|-", "t37", "a");
    has_line(&f, "p", "pull_ref|9|just b|-|closed", "t14", "b");
    has_line(&f, "p", "pull_ref|22|-|-|closed", "-", "main~1");
    has_line(&f, "p", "pull_ref|23|alone|-|-", "-", "o");
    assert_int_equal(f.counts.pull_refs, 5);
    assert_int_equal(f.counts.known, 1);
    assert_int_equal(f.counts.merged, 1);
    assert_int_equal(f.counts.fast_forwarded, 1);
    assert_int_equal(f.counts.unmerged, 2);
    assert_int_equal(f.counts.no_base, 2);
    assert_int_equal(f.n, 7 + 4);
    /* in the order of their numbers */
    size_t at9 = str_find(buf_str(&f.text), STR("pull_ref|9|"), 0);
    assert_true(at9 < str_find(buf_str(&f.text), STR("pull_ref|120|"), 0));
    buf_release(&f.text);
}

/* Two merge bases: the later one, as git gives first. And clocks that run backwards. */
static void test_criss_cross(void **state)
{
    const struct repo_walk options = {0};
    struct found f;

    (void)state;
    lab_sh("git init -q -b main cc && cd cc && ci start && git checkout -q -b l && ci l1\n"
           "git checkout -q -b r main && ci r1 && git tag r1 && git tag l1 l\n"
           "git checkout -q l && mg x r1 && ci l2 && git checkout -q r && mg y l1 && ci r2\n"
           "git checkout -q l && mg 'Merge pull request #5 from a/r' r && git branch -f main l");
    f = walk("cc", &options);
    assert_string_equal(lab_sh("git -C cc merge-base --all l~1 r | wc -l"), "2");
    has_line(&f, "cc", "merge|5|-|-|closed", lab_sh("git -C cc merge-base l~1 r"), "r");
    buf_release(&f.text);
    lab_sh("git init -q -b main skew && cd skew && ci start && git checkout -q -b s && ci s1\n"
           "git tag s1 && echo 1600000000 >\"$LAB/clock\" && ci s2 && ci s3 && git tag s3\n"
           "git checkout -q main && mg in s3 && echo 1800000000 >\"$LAB/clock\" && ci m2\n"
           "git checkout -q s && echo 1710000000 >\"$LAB/clock\" && ci s4 && git checkout -q main\n"
           "mg 'Merge pull request #6 from a/s' s");
    f = walk("skew", &options);
    has_line(&f, "skew", "merge|6|-|-|closed", "s3", "s");
    assert_string_equal(
        lab_sh("git -C skew rev-parse s3"), lab_sh("git -C skew merge-base main~1 s"));
    buf_release(&f.text);
}

static void test_encodings(void **state)
{
    const struct repo_walk options = {0};
    struct found f;

    (void)state;
    lab_sh("git init -q -b main enc && cd enc && ci start\n"
           "printf 'Gr\\374n (#1)\\n' >m && tick\n"
           "git -c i18n.commitEncoding=ISO-8859-1 commit -q --allow-empty -F m\n"
           "t=$(git rev-parse 'HEAD^{tree}') p=$(git rev-parse HEAD) && tick\n"
           "printf 'tree %%s\\nparent %%s\\nauthor A <a> 1700000000 +0000\\n"
           "committer A <a> 1700000000 +0000\\n\\nbad \\377 byte (#2)\\n' $t $p |\n"
           "git hash-object -t commit -w --stdin >id && git update-ref refs/heads/main $(cat id)");
    f = walk("enc", &options);
    has_line(&f, "enc", "squash|1|Gr\xC3\xBCn||closed", "main~2", "main~1");
    has_line(&f, "enc", "squash|2|bad \xEF\xBF\xBD byte||closed", "main~1", "main");
    buf_release(&f.text);
}

/* Behind the cut there is nothing: its commits have no parents, as git log shows them. */
static void test_shallow(void **state)
{
    const struct repo_walk options = {.pull_refs = true};
    struct found f;

    (void)state;
    lab_sh(
        "git init -q -b main deep && cd deep && ci a && git checkout -q -b side && ci s1 && ci s2\n"
        "git checkout -q main && ci 'one (#1)' && ci 'two (#2)'\n"
        "mg 'Merge pull request #3 from a/side' side && ci 'three (#4)'\n"
        "cd .. && git clone -q --bare --depth 3 \"file://$LAB/deep\" cut");
    f = walk("cut", &options);
    assert_int_equal(
        f.counts.commits, strtoul(lab_sh("git -C cut rev-list --count main"), NULL, 10));
    has_line(&f, "cut", "squash|4|three||closed", "main~1", "main");
    has_line(&f, "cut", "merge|3|-|-|closed", "-", "main~1^2");
    assert_int_equal(f.n, 2); /* "two" is at the cut, "one" behind it */
    assert_int_equal(f.counts.no_base, 1);
    buf_release(&f.text);
}

/* A commit of the history that is not there is named. */
static void test_hole(void **state)
{
    const struct repo_walk options = {.pull_refs = true};
    struct found f = {.text = BUF_INIT};
    struct err err = {0};
    struct repo *r;

    (void)state;
    lab_sh("cp -r r hole && cd hole && id=$(git rev-parse t13)\n"
           "rm -f .git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)");
    r = lab_open("hole");
    assert_int_equal(repo_walk(r, &options, note, &f, NULL, &err), ERR_INPUT);
    assert_message(err, lab_sh("git -C r rev-parse t13"));
    assert_message(err, "is not in the clone");
    assert_int_equal(f.n, 0);
    repo_free(r);
    lab_sh("cp -r r badref && echo 0123456789012345678901234567890123456789 >id &&\n"
           "mkdir -p badref/.git/refs/pull/77 && cp id badref/.git/refs/pull/77/head");
    r = lab_open("badref");
    assert_int_equal(repo_walk(r, &options, note, &f, NULL, &err), ERR_INPUT);
    assert_message(err, "refs/pull/77/head");
    repo_free(r);
    buf_release(&f.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_order_and_limits),
        cmocka_unit_test(test_pull_refs),
        cmocka_unit_test(test_criss_cross),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_shallow),
        cmocka_unit_test(test_hole),
    };
    return cmocka_run_group_tests(tests, make, lab_remove);
}
