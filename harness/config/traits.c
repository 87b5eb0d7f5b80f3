/* traits.c - what is expected of an unknown server; see traits.h. */
#include "harness/config/traits.h"

const struct traits traits_default = {
    .api = {"openai-chat", 11},
    .limit_key = {"max_tokens", 10},
    .seed_key = {"seed", 4},
    .system_role = {"system", 6},
    .sampling = true,
    .tools = true,
    .tools_with_effort = true,
    .stream_usage = true,
    .effort_key = {"reasoning_effort", 16},
    .thinking_least = FIELD_NONE,
    .thinking_most = FIELD_NONE,
    .thinking_hard = true,
    .think_open = {"<think>", 7},
    .think_close = {"</think>", 8},
    .final_cue = {"\nFinal Answer:", 14},
    .context = FIELD_NONE,
    .output = FIELD_NONE,
};
