/*
 * vocab.h - token ids of the phantom's raw completions: text into ids and back, without a table.
 *
 * A token is one of harness/base/token.h with the blanks in front of it when these are none, one
 * space, one line break or two. Any other run of blanks, and one with nothing behind it, is made of
 * blank tokens: up to 32 equal blanks each. Special tokens are one token each. An id says by
 * itself what it stands for, so decoding what was encoded gives the text back, byte for byte, on
 * every server. The text is well-formed UTF-8 without NUL.
 */
#ifndef HARNESS_PHANTOM_VOCAB_H
#define HARNESS_PHANTOM_VOCAB_H

#include "harness/base/buf.h"

enum vocab_special {
    VOCAB_BOS,       /* <|begin_of_text|> */
    VOCAB_EOS,       /* <|endoftext|> */
    VOCAB_START,     /* <|im_start|>, a turn of the conversation */
    VOCAB_END,       /* <|im_end|> */
    VOCAB_THINK,     /* <think> */
    VOCAB_THINK_END, /* </think> */
    VOCAB_SPECIALS
};

struct vocab_ids {
    int64_t *v;
    size_t n, cap;
};

void vocab_ids_release(struct vocab_ids *ids);
void vocab_ids_add(struct vocab_ids *ids, int64_t id);

/* Appends the ids of a text; with `specials` the spellings above become special tokens. */
void vocab_encode(struct str text, bool specials, struct vocab_ids *out);
int64_t vocab_size(void); /* all ids are below it; not every number below it is one */
bool vocab_valid(int64_t id);
bool vocab_is_special(int64_t id);
bool vocab_is_blank(int64_t id);
struct str vocab_special_text(enum vocab_special which);
/* Appends what a valid id stands for. */
void vocab_decode(int64_t id, struct buf *out);
/* The id of the same token without blanks in front of it; of any other id the id itself. */
int64_t vocab_bare(int64_t id);

#endif
