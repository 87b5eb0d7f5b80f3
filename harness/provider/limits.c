/* limits.c - counted tokens against those allowed; see limits.h. */
#include "harness/provider/limits.h"

#include "harness/provider/knobs.h"

static bool is_over(int64_t tokens, int64_t limit)
{
    return limit > 0 && tokens > 0 && tokens - LIMITS_SLACK > limit;
}

static enum limits_broken say(
    enum limits_broken what, struct buf *why, const char *of, int64_t came, int64_t allowed)
{
    if (why)
        buf_printf(
            why, "%lld tokens%s came, %lld were allowed", (long long)came, of, (long long)allowed);
    return what;
}

enum limits_broken limits_violation(
    const struct chat *chat, const struct reply *reply, struct buf *why)
{
    const struct traits *traits = chat->traits ? chat->traits : &traits_default;
    int64_t out = usage_out(reply->usage), reasoning = reply->usage.out_reasoning;

    if (is_over(out, chat->max_tokens))
        return say(LIMITS_MAX_TOKENS, why, "", out, chat->max_tokens);
    if (traits->thinking_hard && !knobs_none(chat) && is_over(reasoning, chat->thinking_tokens))
        return say(LIMITS_THINKING, why, " of thinking", reasoning, chat->thinking_tokens);
    if (!knobs_none(chat))
        return LIMITS_KEPT;
    if (reasoning > 0)
        return say(LIMITS_NO_THINKING, why, " of thinking", reasoning, 0);
    if (reasoning < 0 && str_trim(reply->reasoning).n) {
        if (why)
            buf_puts(why, "thinking came, which was switched off");
        return LIMITS_NO_THINKING;
    }
    return LIMITS_KEPT;
}
