/*
 * vocab.c - ids as numbers that spell their token; see vocab.h.
 *
 *     0 ..             special tokens
 *     BLANKS ..        runs of equal blanks: kind * 32 + length - 1
 *     BARE + lead * KINDS ..   for each lead (blanks in front): runs of one to four letters in the
 *                      base of 52, the shorter ones first, then single code points
 */
#include "harness/phantom/vocab.h"

enum {
    BLANKS = 16,
    LONGEST_RUN = 32,
    BARE = 256,
    LETTERS = 52,
    LONGEST_WORD = 4,
    WORDS = 52 + 52 * 52 + 52 * 52 * 52 + 52 * 52 * 52 * 52,
    POINTS = 0x110000,
    KINDS = WORDS + POINTS,
    LEADS = 4
};

static const char blank_kinds[] = " \t\r\n\f\v";
static const char *const leads[LEADS] = {"", " ", "\n", "\n\n"};
static const char *const specials_text[VOCAB_SPECIALS] = {
    "<|begin_of_text|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"};

void vocab_ids_release(struct vocab_ids *ids)
{
    free(ids->v);
    *ids = (struct vocab_ids){0};
}

void vocab_ids_add(struct vocab_ids *ids, int64_t id)
{
    GROW(ids->v, ids->n + 1, ids->cap);
    ids->v[ids->n++] = id;
}

struct str vocab_special_text(enum vocab_special which)
{
    return str_c(specials_text[which]);
}

/* The special token that the text begins with; VOCAB_SPECIALS if none. */
static enum vocab_special special_at(struct str text)
{
    int which = VOCAB_SPECIALS;

    if (text.n && text.p[0] == '<')
        for (which = 0; which < VOCAB_SPECIALS; which++)
            if (str_starts(text, str_c(specials_text[which])))
                break;
    return (enum vocab_special)which;
}

static int64_t letter_value(char c)
{
    return c >= 'a' ? c - 'a' : c - 'A' + 26;
}

static char letter_of(int64_t value)
{
    return (char)(value < 26 ? 'a' + value : 'A' + value - 26);
}

/* The bare token at *i, which is no blank, as an offset within a lead. */
static int64_t take_token(struct str s, size_t *i)
{
    int64_t value = 0, shorter = 0, all = 1;

    if (!str_is_alpha(s.p[*i]))
        return WORDS + (int64_t)str_utf8_next(s, i);
    for (int k = 0; k < LONGEST_WORD && *i < s.n && str_is_alpha(s.p[*i]); k++, (*i)++) {
        value = value * LETTERS + letter_value(s.p[*i]);
        shorter += k > 0 ? all : 0;
        all *= LETTERS;
    }
    return shorter + value;
}

static void add_blanks(struct str run, struct vocab_ids *out)
{
    for (size_t i = 0, n; i < run.n; i += n) {
        for (n = 1; n < LONGEST_RUN && i + n < run.n && run.p[i + n] == run.p[i]; n++)
            ;
        int64_t kind = strchr(blank_kinds, run.p[i]) - blank_kinds;
        vocab_ids_add(out, BLANKS + kind * LONGEST_RUN + (int64_t)n - 1);
    }
}

void vocab_encode(struct str text, bool specials, struct vocab_ids *out)
{
    for (size_t i = 0; i < text.n;) {
        size_t start = i;
        int lead = 0;
        while (i < text.n && str_is_blank(text.p[i]))
            i++;
        struct str run = str_slice(text, start, i);
        enum vocab_special special = specials ? special_at(str_from(text, i)) : VOCAB_SPECIALS;
        bool ordinary = i < text.n && special == VOCAB_SPECIALS;
        while (lead < LEADS && !(ordinary && str_eqc(run, leads[lead])))
            lead++;
        if (lead == LEADS) {
            add_blanks(run, out);
            lead = 0;
        }
        if (ordinary) {
            vocab_ids_add(out, BARE + (int64_t)lead * KINDS + take_token(text, &i));
        } else if (i < text.n) {
            vocab_ids_add(out, special);
            i += strlen(specials_text[special]);
        }
    }
}

int64_t vocab_size(void)
{
    return BARE + (int64_t)LEADS * KINDS;
}

bool vocab_is_special(int64_t id)
{
    return id >= 0 && id < VOCAB_SPECIALS;
}

bool vocab_is_blank(int64_t id)
{
    return id >= BLANKS && id < BLANKS + (int64_t)(sizeof blank_kinds - 1) * LONGEST_RUN;
}

bool vocab_valid(int64_t id)
{
    if (vocab_is_special(id) || vocab_is_blank(id))
        return true;
    if (id < BARE || id >= vocab_size())
        return false;
    int64_t point = (id - BARE) % KINDS - WORDS;
    if (point < 0)
        return true;
    if (point == 0 || (point >= 0xD800 && point < 0xE000))
        return false;
    return point > 0x7F || (!str_is_alpha((char)point) && !str_is_blank((char)point));
}

int64_t vocab_bare(int64_t id)
{
    return id < BARE ? id : BARE + (id - BARE) % KINDS;
}

static void decode_word(int64_t value, struct buf *out)
{
    char text[LONGEST_WORD];
    int n = 1;

    for (int64_t all = LETTERS; value >= all; all *= LETTERS, n++)
        value -= all;
    for (int k = n; k-- > 0; value /= LETTERS)
        text[k] = letter_of(value % LETTERS);
    buf_add(out, text, (size_t)n);
}

void vocab_decode(int64_t id, struct buf *out)
{
    if (!vocab_valid(id))
        BUG("decoding %lld, which is no token id", (long long)id);
    if (vocab_is_special(id)) {
        buf_puts(out, specials_text[id]);
    } else if (vocab_is_blank(id)) {
        for (int64_t n = (id - BLANKS) % LONGEST_RUN + 1; n > 0; n--)
            buf_putc(out, blank_kinds[(id - BLANKS) / LONGEST_RUN]);
    } else {
        int64_t bare = (id - BARE) % KINDS;
        buf_puts(out, leads[(id - BARE) / KINDS]);
        if (bare < WORDS)
            decode_word(bare, out);
        else
            buf_utf8(out, (uint32_t)(bare - WORDS));
    }
}
