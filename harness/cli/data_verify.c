/* data_verify.c - `sleepbench data verify`: is what was fetched still what it was? */
#include "datasets/cache.h"
#include "harness/cli/cmd_data.h"

#include <stdio.h>

enum { MOST_SETS = 64 };

struct tally {
    size_t files, bad, absent; /* absent: sets that were never fetched */
};

static enum err_code verify_file(const char *dir, const struct manifest_set *set,
    const struct cache_file *file, struct tally *t, struct err *err)
{
    static const char *const words[] = {
        [CACHE_OK] = "ok", [CACHE_CHANGED] = "changed", [CACHE_MISSING] = "missing"};
    char hex[DIGEST_HEX_LEN + 1];
    enum cache_state state;

    if (cache_check(dir, file, &state, hex, err))
        return err->code;
    printf("%-8s %.*s/%.*s", words[state], STR_ARG(set->name), STR_ARG(file->file));
    if (state == CACHE_CHANGED)
        printf(" (sha256 was %.*s, is %s)", STR_ARG(file->sha256), hex);
    printf("\n");
    t->files++;
    t->bad += state != CACHE_OK;
    return OK;
}

static enum err_code verify_set(const struct manifest_set *set, bool named, struct arena *arena,
    struct tally *t, struct err *err)
{
    struct cache_lock lock;
    const char *dir;

    if (cache_dir(set->name, arena, &dir, err) || cache_lock_read(dir, arena, &lock, err))
        return err->code;
    if (!lock.files.n && named) {
        printf("%-8s %.*s (never fetched)\n", "missing", STR_ARG(set->name));
        t->absent++;
    }
    for (size_t i = 0; i < lock.files.n; i++)
        if (verify_file(dir, set, cache_lock_file(&lock, i), t, err))
            return err->code;
    return OK;
}

static enum err_code verify(
    const char *const *names, size_t n, struct arena *arena, struct tally *t, struct err *err)
{
    const struct manifest_set *set;
    struct manifest m;

    if (manifest_load(arena, &m, err))
        return err->code;
    for (size_t i = 0; i < n; i++)
        if (manifest_need(&m, str_c(names[i]), &set, err) || verify_set(set, true, arena, t, err))
            return err->code;
    for (size_t i = 0; i < m.sets.n && n == 0; i++)
        if (verify_set(manifest_set(&m, i), false, arena, t, err))
            return err->code;
    return OK;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    const char *args[MOST_SETS];
    struct arena arena = {0};
    struct tally t = {0};
    size_t nargs;

    if (cli_wants_help(argc, argv, &data_verify, NULL, 0))
        return OK;
    if (option_parse(argc, argv, NULL, 0, args, MOST_SETS, &nargs, err))
        return err->code;
    enum err_code code = verify(args, nargs, &arena, &t, err);
    arena_release(&arena);
    if (!code && t.bad)
        code = err_set(err, ERR_FAILED,
            "%zu of %zu files are not what was fetched: `sleepbench data fetch NAME` gets them "
            "again",
            t.bad, t.files);
    else if (!code && t.absent)
        code = err_set(err, ERR_FAILED,
            "%zu of %zu sets were never fetched: `sleepbench data fetch NAME` gets them", t.absent,
            nargs);
    else if (!code && !t.files)
        printf("nothing was fetched yet\n");
    return code;
}

const struct command data_verify = {"data verify", "[NAME...]",
    "compute the digests of fetched files again; exit code 1 if one is not as it was", run, false};
