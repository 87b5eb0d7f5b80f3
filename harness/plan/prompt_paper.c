/* prompt_paper.c - the release's prompts out of the cache; see prompt_paper.h. */
#include "harness/plan/prompt_paper.h"

#include "datasets/cache.h"
#include "harness/base/file.h"

enum { TEXT_MAX = 1 << 20 };

struct reader {
    const struct manifest_set *set;
    struct arena *arena;
};

static enum err_code read_text(
    const struct reader *r, const char *file, struct str *ret, struct err *err)
{
    struct buf text = BUF_INIT;
    const char *path;

    if (cache_use(r->set, file, r->arena, &path, err))
        return err->code;
    enum err_code code = file_read(path, TEXT_MAX, &text, err);
    if (!code)
        *ret = arena_str(r->arena, str_trim(buf_str(&text)));
    buf_release(&text);
    return code;
}

static enum err_code read_awake(const struct reader *r, int level, struct str *ret, struct err *err)
{
    static const char *const kinds[] = {"convo", "persona", "human"};
    struct str text[ARRAY_LEN(kinds)];

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *file = arena_printf(r->arena, "%s_verbosity_%d.txt", kinds[i], level);
        if (read_text(r, file, &text[i], err))
            return err->code;
    }
    *ret = str_c(
        arena_printf(r->arena, "%.*s\n\n<persona>\n%.*s\n</persona>\n\n<human>\n%.*s\n</human>",
            STR_ARG(text[0]), STR_ARG(text[1]), STR_ARG(text[2])));
    return OK;
}

static enum err_code read_asleep(
    const struct reader *r, struct str dataset, struct str *ret, struct err *err)
{
    bool aime = str_find(dataset, STR("aime"), 0) != SIZE_MAX;
    struct str text;
    struct buf block = BUF_INIT;
    enum err_code code =
        read_text(r, aime ? "sleep_time_base_aime.txt" : "sleep_time_base.txt", &text, err);

    if (code)
        return code;
    buf_str_add(&block, text);
    prompt_memory_block(STR(""), &block);
    *ret = arena_str(r->arena, buf_str(&block));
    buf_release(&block);
    return OK;
}

enum err_code prompt_paper_load(
    struct str dataset, struct arena *arena, struct prompts *prompts, struct err *err)
{
    struct reader r = {.arena = arena};
    struct prompts p = *prompts;
    struct manifest manifest;

    if (manifest_load(arena, &manifest, err) ||
        manifest_need(&manifest, STR("paper-prompts"), &r.set, err))
        return err->code;
    for (int level = 0; level < PROMPT_LEVELS; level++)
        if (read_awake(&r, level, &p.released[level], err))
            return err_wrap(err, "prompts \"paper\"");
    if (read_asleep(&r, dataset, &p.asleep, err))
        return err_wrap(err, "prompts \"paper\"");
    struct digest_ctx *ctx = digest_new();
    digest_field(ctx, (struct str){(const char *)p.digest.b, DIGEST_LEN});
    digest_field(ctx, p.asleep);
    for (int level = 0; level < PROMPT_LEVELS; level++)
        digest_field(ctx, p.released[level]);
    p.digest = digest_end(ctx);
    digest_free(ctx);
    *prompts = p;
    return OK;
}
