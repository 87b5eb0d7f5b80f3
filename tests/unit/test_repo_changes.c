/*
 * test_repo_changes.c - changed files against `git diff --raw --numstat -M`, patches against
 * `git diff`.
 */
#include "tests/unit/test_repo_lab.h"

struct listed {
    struct arena arena;
    struct swe_file *v;
    size_t n;
};

static struct listed changes(
    const char *name, const char *base, const char *head, size_t patch_bytes)
{
    const struct repo_changes_options options = {.patch_bytes = patch_bytes};
    struct listed l = {0};
    struct repo *r = lab_open(name);
    struct err err = {0};

    if (repo_changes(r, str_c(base), str_c(head), &options, &l.arena, &l.v, &l.n, &err))
        fail_msg("%s", err.msg);
    repo_free(r);
    return l;
}

/* One file a line, as the script below makes git's. */
static void print(const struct listed *l, struct buf *out)
{
    static const char letters[] = {[SWE_ADDED] = 'A',
        [SWE_REMOVED] = 'D',
        [SWE_MODIFIED] = 'M',
        [SWE_RENAMED] = 'R',
        [SWE_CHANGED] = 'T'};

    for (size_t i = 0; i < l->n; i++) {
        const struct swe_file *f = &l->v[i];
        buf_printf(out, "%c %lld %lld %.*s", letters[f->status], (long long)f->additions,
            (long long)f->deletions, STR_ARG(f->name));
        if (f->status == SWE_RENAMED)
            buf_printf(out, " < %.*s", STR_ARG(f->previous));
        buf_putc(out, '\n');
    }
    if (out->n)
        buf_truncate(out, out->n - 1);
}

/* git's own list in the same form: a change of mode alone is T here, as the header says. */
static const char *git_says(const char *name, const char *base, const char *head)
{
    return lab_sh("git -C %s diff --no-ext-diff --raw --numstat --no-abbrev -M -z %s %s >d\n"
                  "python3 - <<'E'\n"
                  "import os, sys\n"
                  "f = open(os.environ['LAB'] + '/d', 'rb').read().split(b'\\0')\n"
                  "i, kind, rows = 0, {}, []\n"
                  "while f[i:i + 1] and f[i]:\n"
                  "    if f[i][:1] == b':':\n"
                  "        w = f[i].split()\n"
                  "        s = w[4][:1]\n"
                  "        if s == b'M' and w[2] == w[3]: s = b'T'\n"
                  "        i += 3 if s == b'R' else 2\n"
                  "        kind[f[i - 1]] = s\n"
                  "    else:\n"
                  "        a, d, n = f[i].replace(b'-\\t', b'-1\\t').split(b'\\t')\n"
                  "        old = b''\n"
                  "        i += 1\n"
                  "        if not n:\n"
                  "            old, n, i = b' < ' + f[i], f[i + 1], i + 2\n"
                  "        rows.append((n, kind[n] + b' ' + a + b' ' + d + b' ' + n + old))\n"
                  "sys.stdout.buffer.write(b'\\n'.join(r for n, r in sorted(rows)))\n"
                  "E",
        name, base, head);
}

static void same_as_git(const char *name, const char *base, const char *head, size_t n)
{
    struct listed l = changes(name, base, head, 0);
    struct buf ours = BUF_INIT;

    print(&l, &ours);
    assert_string_equal(buf_cstr(&ours), git_says(name, base, head));
    assert_int_equal(l.n, n);
    buf_release(&ours);
    arena_release(&l.arena);
}

static int make(void **state)
{
    (void)state;
    lab_sh(
        "git init -q -b main r && cd r && mkdir d\n"
        "seq 1 100 >stays && seq 1 100 >edited && seq 1 50 >d/removed && seq 200 300 >moved\n"
        "seq 400 500 >moved_and_edited && seq 600 640 >rewritten && echo m >mode && echo t >type\n"
        "printf 'no feed' >nofeed && : >empty && printf 'a\\0b' >binary && printf 'x\\0y' "
        ">binmoved\n"
        "seq 1 30 | sed 's/$/\\r/' >crlf && ln -s edited link && printf 'b' >\"$(printf "
        "'n\\377')\"\n"
        "ci base && git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub && tick "
        "&&\n"
        "git commit -q -m sub && git tag base\n"
        "sed -i 's/^7$/seven/; /^9$/d' edited && git rm -q d/removed && mkdir e && git mv moved "
        "e/\n"
        "git mv moved_and_edited e/named && sed -i 's/^45/x/' e/named && seq 700 740 >rewritten\n"
        "chmod +x mode && rm type && ln -s edited type && printf 'no feed more' >nofeed\n"
        "echo full >empty && printf 'a\\0c' >binary && git mv binmoved binthere && : >fresh\n"
        "sed -i 's/^3\\r$/three\\r/' crlf && ln -sf stays link && echo c >>\"$(printf 'n\\377')\"\n"
        "printf 'new\\nlines\\n' >new && git update-index --cacheinfo "
        "160000,$(git rev-parse HEAD),sub\n"
        "tick && git add -A . ':!sub' && git commit -q -m head && git tag head");
    return 0;
}

static void test_statuses(void **state)
{
    (void)state;
    same_as_git("r", "base", "head", 17);
    same_as_git("r", "head", "base", 17);
    same_as_git("r", "head", "head", 0);
}

/* Whatever the clone's attributes and settings say. */
static void test_settings_have_no_say(void **state)
{
    (void)state;
    struct listed l = changes("r", "base", "head", 0);
    struct buf plain = BUF_INIT, odd = BUF_INIT;
    print(&l, &plain);
    arena_release(&l.arena);
    lab_sh("cp -r r odd && cd odd && echo '* binary' >.git/info/attributes\n"
           "echo '* -diff' >.gitattributes && git config diff.renames false\n"
           "git config core.ignorecase true && git config diff.algorithm patience");
    l = changes("odd", "base", "head", 0);
    print(&l, &odd);
    assert_string_equal(buf_cstr(&odd), buf_cstr(&plain));
    arena_release(&l.arena);
    buf_release(&plain);
    buf_release(&odd);
}

static const struct swe_file *named(const struct listed *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eqc(l->v[i].name, name))
            return &l->v[i];
    fail_msg("no %s", name);
    return NULL;
}

static void test_patches(void **state)
{
    static const char *const names[] = {"edited", "d/removed", "e/named", "rewritten", "nofeed",
        "empty", "crlf", "new", "sub", "link"};
    struct listed l = changes("r", "base", "head", 100000);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_str(named(&l, names[i])->patch,
            lab_sh("git -C r diff -M base head | awk -v f='b/%s' '/^diff/ {w = $NF == f; b = 0} "
                   "/^@@/ {b = w} b'",
                names[i]));
    assert_null(named(&l, "binary")->patch.p);
    assert_str(named(&l, "fresh")->patch, "");
    assert_str(named(&l, "mode")->patch, "");
    assert_int_equal(named(&l, "new")->additions, 2);
    arena_release(&l.arena);
    /* cut at a length, never inside a character */
    l = changes("r", "base", "head", 20);
    struct str cut = named(&l, "new")->patch;
    assert_str(cut, "@@ -0,0 +1,2 @@\n+new");
    arena_release(&l.arena);
    lab_sh(
        "cd r && git tag utf0 && printf '\\303\\244\\303\\244\\n' >utf && ci utf && git tag utf");
    l = changes("r", "utf0", "utf", 16 + 1 + 3);
    assert_str(named(&l, "utf")->patch, "@@ -0,0 +1 @@\n+\xC3\xA4\xC3\xA4");
    arena_release(&l.arena);
    l = changes("r", "utf0", "utf", 18);
    assert_str(named(&l, "utf")->patch, "@@ -0,0 +1 @@\n+\xC3\xA4");
    arena_release(&l.arena);
}

/* Renames: many files of one content, base names, likeness of 49 to 76 %, links, case. */
static void test_renames(void **state)
{
    (void)state;
    lab_sh(
        "git init -q -b main n && cd n && mkdir a && seq 1 20 >a/x && cp a/x a/y && cp a/x a/z\n"
        "for i in 48 49 50 51 52 74 75 76; do seq $((i * 1000)) $((i * 1000 + 99)) >a/like$i\n"
        "seq $((i * 2000)) $((i * 2000 + 99)) >a/n$i; done; ln -s x a/link; seq 9000 9100 >big\n"
        ": >a/void; seq 5000 5100 >two1; sed s/5050/q/ two1 >two2; ci base && git tag base\n"
        "mkdir b && git mv a/x b/other && git mv a/y b/y && git mv a/z b/zz && git mv a/link b/l\n"
        "for i in 48 49 50 51 52 74 75 76; do sed \"$((i + 1)),\\$s/^/changed /\" a/like$i "
        ">b/new$i\n"
        "sed \"$((i + 1)),\\$s/.*/qqqqq/\" a/n$i >b/n$i; git rm -q a/like$i a/n$i; done\n"
        "git mv a/void b/void; sed s/5051/r/ two1 >b/two; git rm -q two1 two2\n"
        "head -50 big >b/half1; tail -51 big >b/half2; git rm -q big; ci head; git tag head");
    struct listed l = changes("n", "base", "head", 0);
    struct buf ours = BUF_INIT;
    size_t renames = 0;

    print(&l, &ours);
    assert_string_equal(buf_cstr(&ours), git_says("n", "base", "head"));
    for (size_t i = 0; i < l.n; i++)
        renames += l.v[i].status == SWE_RENAMED;
    assert_true(renames >= 10);
    assert_true(renames < l.n);
    buf_release(&ours);
    arena_release(&l.arena);
    lab_sh("git -C n diff --name-status -M head base >back");
    l = changes("n", "head", "base", 0);
    buf_init(&ours, 0);
    print(&l, &ours);
    assert_string_equal(buf_cstr(&ours), git_says("n", "head", "base"));
    buf_release(&ours);
    arena_release(&l.arena);
}

/* Random moves and edits, many seeds in one history. */
static void test_random(void **state)
{
    (void)state;
    lab_sh(
        "git init -q -b main x && cd x && python3 - <<'E'\n"
        "import os, random, subprocess\n"
        "r = random.Random(5)\n"
        "names = [d + n for d in ('', 'p/', 'q/') for n in ('a', 'b', 'c', 'd.py', 'e.js')]\n"
        "t = 1700000000\n"
        "for step in range(16):\n"
        "    for name in names:\n"
        "        x = r.random()\n"
        "        there = [n for n in names if os.path.isfile(n)]\n"
        "        os.makedirs(os.path.dirname(name) or '.', exist_ok=True)\n"
        "        if x < 0.25 and there:\n"
        "            os.replace(r.choice(there), name)\n"
        "        if x < 0.5 and os.path.exists(name):\n"
        "            w = open(name).read().split('\\n')\n"
        "            for k in range(r.randrange(1, 2 + len(w))):\n"
        "                w[r.randrange(len(w))] = str(r.randrange(40))\n"
        "            open(name, 'w').write('\\n'.join(w) + '\\n')\n"
        "        elif x < 0.7:\n"
        "            open(name, 'w').write(''.join('line %%d\\n' %% r.randrange(40)\n"
        "                                          for _ in range(r.randrange(60))))\n"
        "        elif x < 0.8 and os.path.exists(name):\n"
        "            os.remove(name)\n"
        "    t += 60\n"
        "    env = dict(os.environ, GIT_AUTHOR_DATE=f'{t} +0000', GIT_COMMITTER_DATE=f'{t} "
        "+0000')\n"
        "    subprocess.run(['git', 'add', '-A'], check=True)\n"
        "    subprocess.run(['git', 'commit', '-qm', 's', '--allow-empty'], check=True, env=env)\n"
        "    subprocess.run(['git', 'tag', f's{step}'], check=True)\n"
        "E");
    for (int i = 0; i + 1 < 16; i++) {
        char base[16], head[16];
        snprintf(base, sizeof base, "s%d", i);
        snprintf(head, sizeof head, "s%d", i + 1 + i % 2 < 16 ? i + 1 + i % 2 : i + 1);
        struct listed l = changes("x", base, head, 0);
        struct buf ours = BUF_INIT;
        print(&l, &ours);
        assert_string_equal(buf_cstr(&ours), git_says("x", base, head));
        buf_release(&ours);
        arena_release(&l.arena);
    }
}

static void refused(const char *name, const char *base, const char *head, size_t max_files,
    enum err_code code, const char *part)
{
    const struct repo_changes_options options = {.max_files = max_files};
    struct arena a = {0};
    struct repo *r = lab_open(name);
    struct err err = {0};
    struct swe_file *v = NULL;
    size_t n = 0;

    assert_int_equal(repo_changes(r, str_c(base), str_c(head), &options, &a, &v, &n, &err), code);
    assert_message(err, part);
    assert_null(v);
    repo_free(r);
    arena_release(&a);
}

static void test_refused(void **state)
{
    (void)state;
    refused("r", "base", "nosuch", 0, ERR_NOT_FOUND, "nosuch");
    refused("r", "base", "head", 16, ERR_LIMIT, "more than 16 files");
    refused("r", "base", "head", 5, ERR_LIMIT, "more than 5 files");
    lab_sh("cp -r r torn && cd torn && id=$(git rev-parse head:edited)\n"
           "f=.git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)\n"
           "chmod u+w $f && printf garbage >$f");
    refused("torn", "base", "head", 0, ERR_INPUT, "edited: ");
    refused("torn", "base", "head", 0, ERR_INPUT, lab_sh("git -C r rev-parse head:edited"));
    lab_sh("cp -r r notree && cd notree && id=$(git rev-parse head:e)\n"
           "rm -f .git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)");
    refused("notree", "base", "head", 0, ERR_INPUT, "not in the clone");
}

/* A clone without contents still has names and statuses; only the likeness of files is unknown. */
static void test_partial(void **state)
{
    struct listed l;

    (void)state;
    lab_sh("git -C r config uploadpack.allowFilter true\n"
           "git clone -q --bare --filter=blob:none \"file://$LAB/r\" part");
    assert_string_equal(lab_sh("git -C part config remote.origin.promisor"), "true");
    lab_sh("cd part && git config core.repositoryformatversion 1\n"
           "git config extensions.partialclone origin"); /* as older versions of git wrote it */
    l = changes("part", "base", "head", 1000);
    assert_int_equal(l.n, 18); /* 17, but the edited rename is a removed and an added file */
    assert_int_equal(named(&l, "edited")->status, SWE_MODIFIED);
    assert_int_equal(named(&l, "edited")->additions, -1);
    assert_null(named(&l, "edited")->patch.p);
    assert_int_equal(named(&l, "e/moved")->status, SWE_RENAMED);
    assert_int_equal(named(&l, "e/named")->status, SWE_ADDED);
    assert_int_equal(named(&l, "sub")->additions, 1);
    arena_release(&l.arena);
}

/* Names only: the same files, no lines. And files too large to compare. */
static void test_without_lines(void **state)
{
    const struct repo_changes_options options = {.no_lines = true, .patch_bytes = 100};
    struct listed l = {0};
    struct repo *r = lab_open("r");
    struct err err = {0};

    (void)state;
    assert_int_equal(
        repo_changes(r, STR("base"), STR("head"), &options, &l.arena, &l.v, &l.n, &err), OK);
    assert_int_equal(l.n, 17);
    assert_int_equal(named(&l, "edited")->additions, -1);
    assert_null(named(&l, "edited")->patch.p);
    assert_int_equal(named(&l, "e/named")->status, SWE_RENAMED);
    repo_free(r);
    arena_release(&l.arena);
    lab_sh(
        "git init -q -b main large && cd large && ci a && git tag a\n"
        "head -c %d /dev/zero | tr '\\0' 'a' >fits && head -c %d /dev/zero | tr '\\0' 'a' >large\n"
        "ci b",
        REPO_DIFF_BYTES, REPO_DIFF_BYTES + 1);
    l = changes("large", "a", "main", 0);
    assert_int_equal(named(&l, "fits")->additions, 1);
    assert_int_equal(named(&l, "large")->additions, -1);
    arena_release(&l.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_settings_have_no_say),
        cmocka_unit_test(test_patches),
        cmocka_unit_test(test_renames),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_without_lines),
    };
    return cmocka_run_group_tests(tests, make, lab_remove);
}
