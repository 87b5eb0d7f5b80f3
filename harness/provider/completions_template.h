/*
 * completions_template.h - a chat as one text, for models and servers without a chat template.
 *
 * Two templates, chosen by the trait `template`; every turn but the last ends, the last one is the
 * assistant's and open:
 *
 *     plain     "System:\n" text "\n\n" "User:\n" text "\n\n" "Assistant:\n"
 *     chatml    "<|im_start|>system\n" text "<|im_end|>\n" ... "<|im_start|>assistant\n"
 *
 * They are the provider openai-completions, too: one call of /completions for a chat.
 */
#ifndef HARNESS_PROVIDER_COMPLETIONS_TEMPLATE_H
#define HARNESS_PROVIDER_COMPLETIONS_TEMPLATE_H

#include "harness/provider/provider.h"

extern const struct provider openai_completions;

bool completions_template_known(struct str name);
void completions_template(
    const struct traits *traits, const struct message *messages, size_t n, struct buf *out);
/* What ends the assistant's turn in that template. */
struct str completions_template_stop(const struct traits *traits);

#endif
