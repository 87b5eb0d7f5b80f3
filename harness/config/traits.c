/* traits.c - members of traits by name, and what is expected of unknown servers; see traits.h. */
#include "harness/config/traits.h"

#include <string.h>

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
    .sampling_thinking = true,
    .tool_choice = true,
    .ends_told = true,
};

#define KEY(member, type, fallback, choices, help)                                                 \
    {                                                                                              \
#member, type, offsetof(struct traits, member), fallback, 0, 0, choices, help, false, NULL \
    }
#define TOKENS(member, least, help)                                                                \
    {                                                                                              \
#member, FIELD_INT, offsetof(struct traits, member), "null", least, 1e8, NULL, help,       \
            false, NULL                                                                            \
    }

static const struct field fields[] = {
    KEY(api, FIELD_CHOICE, "\"openai-chat\"",
        "anthropic-messages|openai-chat|openai-completions|openai-responses", "wire format"),
    KEY(limit_key, FIELD_STR, "\"max_tokens\"", NULL, "member of the limit; null = takes none"),
    KEY(seed_key, FIELD_STR, "\"seed\"", NULL, "member of the seed; null = takes none"),
    KEY(system_role, FIELD_STR, "\"system\"", NULL, "role of the instructions"),
    KEY(key_header, FIELD_STR, "null", NULL,
        "header in front of the key (\"api-key: \"); null = the wire format's"),
    KEY(sampling, FIELD_BOOL, "true", NULL, "takes a temperature"),
    KEY(sampling_thinking, FIELD_BOOL, "true", NULL, "takes it also while it thinks"),
    KEY(thinks, FIELD_BOOL, "false", NULL, "thinks when a request says nothing of it"),
    KEY(tools, FIELD_BOOL, "true", NULL, "takes tools"),
    KEY(tool_choice, FIELD_BOOL, "true", NULL, "takes a tool_choice that names a tool"),
    KEY(parallel_tools, FIELD_BOOL, "false", NULL, "can be told to make one tool call at most"),
    KEY(tools_with_effort, FIELD_BOOL, "true", NULL, "takes tools while it thinks"),
    KEY(stream_usage, FIELD_BOOL, "true", NULL, "takes stream_options.include_usage"),
    KEY(effort_key, FIELD_STR, "\"reasoning_effort\"", NULL,
        "member of the effort; null = takes none"),
    KEY(effort_with, FIELD_PART, "null", NULL, "members that go along with an effort"),
    KEY(efforts, FIELD_STRS, "[]", NULL, "efforts it takes; [] = not known"),
    KEY(thinking_key, FIELD_STR, "null", NULL,
        "member of a number of thinking tokens; null = takes none"),
    KEY(thinking_with, FIELD_PART, "null", NULL, "members that go along with that number"),
    TOKENS(thinking_least, 0, "least of that number; null = not known"),
    TOKENS(thinking_most, 0, "most of that number; null = not known"),
    KEY(thinking_in_limit, FIELD_BOOL, "false", NULL, "that number must be below the limit"),
    KEY(thinking_hard, FIELD_BOOL, "true", NULL, "that number is a limit, not a target"),
    KEY(none_with, FIELD_PART, "null", NULL, "members that switch thinking off"),
    KEY(reasoning_back, FIELD_STR, "null", NULL,
        "member of an assistant turn in which its reasoning goes back; null = in none"),
    KEY(forcing, FIELD_CHOICE, "null",
        "completions|vllm|sglang|llama.cpp|prefix|deepseek-prefix|mistral-prefix",
        "dialect of budget forcing; null = not possible"),
    KEY(think_open, FIELD_STR, "\"<think>\"", NULL, "what opens thinking"),
    KEY(think_close, FIELD_STR, "\"</think>\"", NULL, "what closes it"),
    KEY(final_cue, FIELD_STR, "\"\\nFinal Answer:\"", NULL, "what asks for the answer"),
    KEY(template, FIELD_STR, "null", NULL, "chats as a text; null = plain"),
    KEY(scoring, FIELD_CHOICE, "null", "vllm|vllm-echo|sglang|echo|echo-1|together",
        "dialect of log-probabilities of a prompt; null = none"),
    KEY(ends_told, FIELD_BOOL, "true", NULL,
        "says truly whether the limit ended a response; false: one as long as its limit is cut"),
    KEY(background, FIELD_BOOL, "false", NULL,
        "makes responses in the background, to be polled for (openai-responses only)"),
    KEY(batch, FIELD_CHOICE, "null", "openai|anthropic", "dialect of batches; null = none"),
    TOKENS(context, 1, "most tokens of prompt and output; null = not known"),
    TOKENS(output, 1, "most tokens of output; null = not known"),
    KEY(extra, FIELD_PART, "null", NULL, "members that go into every request"),
};

const struct field_table traits_table = {
    "traits", fields, ARRAY_LEN(fields), sizeof(struct traits), NULL};

struct traits traits_of_wire(struct str api)
{
    struct traits t = traits_default;

    if (str_eqc(api, "openai-responses")) {
        t.limit_key = STR("max_output_tokens");
        t.effort_key = STR("reasoning.effort");
    } else if (str_eqc(api, "anthropic-messages")) {
        t.system_role = (struct str){NULL, 0};
        t.effort_key = STR("output_config.effort");
        t.effort_with = STR("{\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}}");
    } else {
        return t;
    }
    t.api = api;
    t.seed_key = (struct str){NULL, 0};
    t.stream_usage = false;
    return t;
}

/* A dotted path of plain names: it is written into requests as it stands. */
static bool path_ok(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_alpha(s.p[i]) && !str_is_digit(s.p[i]) && !strchr("_-.", s.p[i]))
            return false;
    return s.n == 0 || (s.p[0] != '.' && s.p[s.n - 1] != '.');
}

static bool header_ok(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || (unsigned char)s.p[i] > '~')
            return false;
    return s.n == 0 || str_find(s, STR(":"), 0) != SIZE_MAX;
}

enum err_code traits_check(const struct traits *t, const char *path, struct err *err)
{
    const struct {
        const char *name;
        struct str value;
    } keys[] = {
        {"limit_key", t->limit_key},
        {"seed_key", t->seed_key},
        {"system_role", t->system_role},
        {"effort_key", t->effort_key},
        {"thinking_key", t->thinking_key},
        {"reasoning_back", t->reasoning_back},
    };

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (!path_ok(keys[i].value))
            return err_set(err, ERR_USAGE,
                "%s.%s is \"%.*s\": a member is named by letters, digits, '_' and '-', nested ones "
                "by dots between",
                path, keys[i].name, STR_ARG(keys[i].value));
    if (!header_ok(t->key_header))
        return err_set(
            err, ERR_USAGE, "%s.key_header must be a header such as \"api-key: \"", path);
    if (t->thinking_least != FIELD_NONE && t->thinking_most != FIELD_NONE &&
        t->thinking_least > t->thinking_most)
        return err_set(err, ERR_USAGE, "%s.thinking_least is above thinking_most", path);
    return OK;
}
