/*
 * traits.h - what the endpoint of a model takes and gives: provider quirks as data.
 *
 * A row per provider and per family of models stands in configs/models.json; code asks a trait,
 * never a provider's name. Members that go into a request are named by their dotted path
 * ("output_config.effort"); `..._with` is a JSON object whose members go along, empty = none.
 */
#ifndef HARNESS_CONFIG_TRAITS_H
#define HARNESS_CONFIG_TRAITS_H

#include "harness/config/field.h"

struct traits {
    struct str api;                         /* wire format (provider.h) */
    struct str limit_key;                   /* the limit of tokens; empty = it takes none */
    struct str seed_key;                    /* the seed; empty = it takes none */
    struct str system_role;                 /* of the instructions, on the wires that have roles */
    bool sampling;                          /* takes a temperature */
    bool tools;                             /* takes tools; false = they are described in words */
    bool parallel_tools;                    /* takes parallel_tool_calls: false */
    bool tools_with_effort;                 /* takes tools and an effort in one request */
    bool stream_usage;                      /* takes stream_options.include_usage */
    struct str effort_key, effort_with;     /* the effort; key empty = it takes none */
    struct str_list efforts;                /* accepted words; empty = not known */
    struct str thinking_key, thinking_with; /* a number of thinking tokens; key empty = none */
    int64_t thinking_least, thinking_most;  /* accepted range; FIELD_NONE = not known */
    bool thinking_hard;   /* that number is a limit; false = a target that may be passed */
    struct str none_with; /* what switches thinking off */
    struct str
        reasoning_back; /* member in which reasoning goes back in assistant turns; or empty */
    struct str forcing; /* dialect of budget forcing (forcing.h); empty = not possible */
    struct str think_open, think_close,
        final_cue;       /* its delimiters, and what asks for the answer */
    struct str template; /* chats as a text (completions_template.h); empty = plain */
    struct str scoring;  /* dialect of log-probabilities of a prompt; empty = none */
    struct str batch;    /* dialect of batches, "openai" or "anthropic"; empty = none */
    int64_t context,
        output;            /* most tokens of prompt + output, and of output; FIELD_NONE = unknown */
    struct str extra;      /* JSON object whose members go into every request */
    struct str key_header; /* what stands before the key; empty = as the wire format says */
    bool thinks;           /* thinks when a request says nothing of it */
    bool sampling_thinking; /* takes the temperature also while it thinks */
    bool tool_choice;       /* takes a tool_choice that names a tool */
    bool thinking_in_limit; /* refuses a number of thinking tokens at or above the limit */
    bool ends_told;         /* says truly whether the limit ended a response */
    bool background;        /* makes responses in the background, to be polled for */
};

/* Of a server that nothing is known about: Chat Completions in its oldest form. */
extern const struct traits traits_default;

/* One field a member, under the member's name. */
extern const struct field_table traits_table;

/* Of a server of which only the wire format is known; traits_default if that is unknown, too. */
struct traits traits_of_wire(struct str api);

/* Do the members hold together? ERR_USAGE names the member behind `path`. */
MUST_CHECK enum err_code traits_check(const struct traits *t, const char *path, struct err *err);

#endif
