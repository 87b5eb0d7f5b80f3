/*
 * test_repo.c - opening clones of every kind, good and bad, and finding commits and files in them.
 */
#include "tests/unit/test_repo_lab.h"

#include <sys/stat.h>

/* A repository with two commits, a tag and a side branch. */
static int make(void **state)
{
    (void)state;
    lab_sh("git init -q -b main r && cd r && mkdir d && echo one >d/f && ci first\n"
           "ln -s d/f link && echo two >>d/f && ci second\n"
           "git tag -a -m annotated v1 && git tag light HEAD~1\n"
           "git branch side HEAD~1 && git update-ref refs/pull/7/head HEAD~1");
    return 0;
}

static void resolves(struct repo *r, const char *name, const char *expected)
{
    struct arena a = {0};
    struct err err = {0};
    struct str hex;

    if (repo_resolve(r, name, &a, &hex, &err))
        fail_msg("%s", err.msg);
    assert_str(hex, expected);
    arena_release(&a);
}

static void is_unknown(struct repo *r, const char *name, enum err_code code, const char *part)
{
    struct arena a = {0};
    struct err err = {0};
    struct str hex = {0};

    assert_int_equal(repo_resolve(r, name, &a, &hex, &err), code);
    assert_message(err, part);
    assert_null(hex.p);
    arena_release(&a);
}

static void test_resolve(void **state)
{
    static const struct {
        const char *name, *git;
    } names[] = {{NULL, "main"}, {"main", "main"}, {"side", "side"}, {"HEAD", "main"},
        {"refs/heads/side", "side"}, {"refs/pull/7/head", "side"}, {"v1", "main"},
        {"light", "side"}};
    struct repo *r = lab_open("r");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        resolves(r, names[i].name, lab_sh("git -C r rev-parse '%s^{commit}'", names[i].git));
    const char *main_id = lab_sh("git -C r rev-parse main");
    resolves(r, main_id, main_id);
    resolves(r, lab_sh("git -C r rev-parse --short=8 main"), main_id);
    is_unknown(r, "nosuch", ERR_NOT_FOUND, "nosuch");
    is_unknown(r, "", ERR_NOT_FOUND, "no branch");
    is_unknown(r, "main~1", ERR_NOT_FOUND, "main~1");
    is_unknown(r, ":/first", ERR_NOT_FOUND, "no branch");
    is_unknown(r, "0123456789012345678901234567890123456789", ERR_NOT_FOUND, "no commit");
    /* a blob is no commit, whether by id or by tag */
    is_unknown(r, lab_sh("git -C r rev-parse main:d/f"), ERR_NOT_FOUND, "no commit");
    lab_sh("cd r && git tag blobtag main:d/f");
    is_unknown(r, "blobtag", ERR_INPUT, "not a commit");
    repo_free(r);
}

static void test_has(void **state)
{
    struct repo *r = lab_open("r");
    struct str id = str_c(lab_sh("git -C r rev-parse main"));

    (void)state;
    assert_true(repo_has_commit(r, id));
    assert_false(repo_has_commit(r, str_slice(id, 0, 12)));
    assert_false(repo_has_commit(r, STR("0123456789012345678901234567890123456789")));
    assert_false(repo_has_commit(r, STR("not hex at all, but forty bytes of text.")));
    assert_true(repo_has_file(r, id, STR("d/f")));
    assert_true(repo_has_file(r, id, STR("link")));
    assert_false(repo_has_file(r, id, STR("d")));
    assert_false(repo_has_file(r, id, STR("d/g")));
    assert_false(repo_has_file(r, id, STR("d/f/x")));
    assert_false(repo_has_file(r, id, STR("/d/f")));
    assert_false(repo_has_file(r, id, STR("../r/d/f")));
    assert_false(repo_has_file(r, id, STR("d/f\0x")));
    assert_false(repo_has_file(r, id, STR("")));
    repo_free(r);
}

/* Every way a clone may lie on the disk reads the same. */
static void test_kinds_of_clone(void **state)
{
    static const char *const paths[] = {"bare", "work", "linked", "r/.git", "super/sub"};
    const char *id;

    (void)state;
    lab_sh("git clone -q --bare r bare && git -C r worktree add -q --detach ../linked main\n"
           "git clone -q r work && git init -q -b main super && cd super\n"
           "git -c protocol.file.allow=always submodule --quiet add ../r sub && ci sub");
    id = lab_sh("git -C r rev-parse main");
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct repo *r = lab_open(paths[i]);
        resolves(r, NULL, id);
        assert_false(repo_is_shallow(r));
        repo_free(r);
    }
}

/* A bare clone whose HEAD names a branch that is not there. */
static void test_default_branch(void **state)
{
    struct repo *r;

    (void)state;
    lab_sh("git clone -q --bare r headless && git -C headless symbolic-ref HEAD refs/heads/gone");
    r = lab_open("headless");
    resolves(r, NULL, lab_sh("git -C r rev-parse main"));
    repo_free(r);
    lab_sh("git -C headless branch -m main other");
    r = lab_open("headless");
    is_unknown(r, NULL, ERR_NOT_FOUND, "name the branch");
    resolves(r, "other", lab_sh("git -C r rev-parse main"));
    repo_free(r);
}

static void test_refused(void **state)
{
    (void)state;
    lab_refused("nowhere", ERR_NOT_FOUND, "no such directory");
    lab_sh("mkdir plain && echo text >file && git init -q -b main empty");
    lab_refused("plain", ERR_INPUT, "not a git repository");
    lab_refused("file", ERR_INPUT, "git repository");
    lab_refused("r/d", ERR_INPUT, "not a git repository"); /* no directory above is tried */
    lab_refused("empty", ERR_INPUT, "no commits");
    lab_sh("cp -r r nohead && rm nohead/.git/HEAD");
    lab_refused("nohead", ERR_INPUT, "nohead");
    lab_sh("cp -r r future && git -C future config core.repositoryformatversion 1\n"
           "git -C future config extensions.newthing true");
    lab_refused("future", ERR_INPUT, "newthing");
    lab_sh("git init -q -b main --object-format=sha256 wide && cd wide && ci first");
    lab_refused("wide", ERR_INPUT, "SHA-1");
    lab_sh("cp -r r badconfig && echo '[core' >>badconfig/.git/config");
    lab_refused("badconfig", ERR_INPUT, "config");
    lab_sh("cp -r r badcut && echo 'not an id' >badcut/.git/shallow");
    lab_refused("badcut", ERR_INPUT, "shallow: \"not an id\"");
}

/* HEAD leads to a commit that is damaged, or not there: the error names what was looked for. */
static void test_damaged(void **state)
{
    struct repo *r;

    (void)state;
    lab_sh("cp -r r torn && cd torn && id=$(git rev-parse HEAD)\n"
           "f=.git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)\n"
           "chmod u+w $f && printf garbage >$f");
    r = lab_open("torn");
    is_unknown(r, lab_sh("git -C r rev-parse HEAD"), ERR_INPUT, "git fsck");
    is_unknown(r, NULL, ERR_INPUT, "refs/heads/main");
    repo_free(r);
    lab_sh("cp -r r gone && cd gone && id=$(git rev-parse HEAD)\n"
           "rm -f .git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)");
    r = lab_open("gone");
    is_unknown(r, "main", ERR_INPUT, "refs/heads/main is not in the clone");
    repo_free(r);
    /* an object that holds something else than its name says: found by its digest */
    lab_sh("cp -r r liar && cd liar && a=$(git rev-parse HEAD) b=$(git rev-parse HEAD~1)\n"
           "o() { echo .git/objects/$(echo $1 | cut -c1-2)/$(echo $1 | cut -c3-); }\n"
           "chmod u+w $(o $a) && cp $(o $b) $(o $a)");
    r = lab_open("liar");
    is_unknown(r, "main", ERR_INPUT, "git fsck");
    repo_free(r);
    /* a pack cut in half */
    lab_sh("cp -r r half && cd half && git gc -q && p=$(ls .git/objects/pack/*.pack)\n"
           "chmod u+w $p && head -c 60 $p >p && cat p >$p");
    r = lab_open("half");
    is_unknown(r, NULL, ERR_INPUT, "git fsck");
    repo_free(r);
}

static void test_shallow(void **state)
{
    struct repo *r;

    (void)state;
    lab_sh("git clone -q --bare --depth 1 \"file://$LAB/r\" cut");
    r = lab_open("cut");
    assert_true(repo_is_shallow(r));
    resolves(r, NULL, lab_sh("git -C r rev-parse main"));
    is_unknown(r, lab_sh("git -C r rev-parse main~1"), ERR_NOT_FOUND, "--unshallow");
    repo_free(r);
}

/* git refuses the clone of another user until safe.directory names it; reading runs no command. */
static void test_other_owner(void **state)
{
    struct repo *r;

    (void)state;
    if (geteuid() != 0)
        skip();
    lab_sh("cp -r r theirs && chown -R 12345 theirs");
    r = lab_open("theirs");
    resolves(r, NULL, lab_sh("git -C r rev-parse main"));
    repo_free(r);
}

/* Neither hooks nor filters nor other commands of a clone's configuration run; nothing is written.
 */
static void test_nothing_runs(void **state)
{
    const char *before, *after;
    struct repo *r;
    struct arena a = {0};
    struct err err = {0};
    struct swe_file *files;
    size_t n;

    (void)state;
    lab_sh(
        "cp -r r trap && cd trap && printf '#!/bin/sh\\ntouch \"$LAB/ran\"\\n' >\"$LAB/trap.sh\"\n"
        "chmod +x \"$LAB/trap.sh\" && echo '* filter=t diff=t' >.git/info/attributes\n"
        "for k in core.fsmonitor core.sshCommand core.pager filter.t.smudge filter.t.clean "
        "diff.t.command diff.t.textconv diff.external; do git config $k \"$LAB/trap.sh\"; done\n"
        "for h in post-checkout reference-transaction pre-commit; do "
        "cp \"$LAB/trap.sh\" .git/hooks/$h; done");
    before = lab_sh("cd trap && find . -type f | sort | xargs sha1sum | sha1sum");
    r = lab_open("trap");
    resolves(r, NULL, lab_sh("git -C r rev-parse main"));
    const struct repo_changes_options options = {.patch_bytes = 1000};
    if (repo_changes(r, STR("main"), STR("side"), &options, &a, &files, &n, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(n, 2);
    assert_int_equal(files[0].deletions, 1);
    repo_free(r);
    arena_release(&a);
    after = lab_sh("cd trap && find . -type f | sort | xargs sha1sum | sha1sum");
    assert_string_equal(before, after);
    assert_false(file_exists(lab_path("ran")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_has),
        cmocka_unit_test(test_kinds_of_clone),
        cmocka_unit_test(test_default_branch),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_shallow),
        cmocka_unit_test(test_other_owner),
        cmocka_unit_test(test_nothing_runs),
    };
    return cmocka_run_group_tests(tests, make, lab_remove);
}
