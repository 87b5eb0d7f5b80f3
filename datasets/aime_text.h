/*
 * aime_text.h - public copies of competition problems, repaired: text, drawings, answers.
 *
 * Copies carry LaTeX whose backslash was eaten by a JSON escape, drawings as code, and answers as
 * "025", 25 or "336^\circ". Everything here is pure.
 */
#ifndef DATASETS_AIME_TEXT_H
#define DATASETS_AIME_TEXT_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"

struct aime_text {
    struct str text;  /* in the arena */
    size_t figures;   /* drawings that were taken out */
    size_t escapes;   /* LaTeX commands whose first bytes were put back */
    size_t controls;  /* other control characters, each now a blank */
    bool open_figure; /* a drawing begins and does not end: it is left in */
};

/* Repairs a text:
 * - a control character with the rest of a command behind it is the command again (U+000C "rac",
 *   U+0009 "riangle", U+0008 "inom", ..), and so is a literal "\rac";
 * - [asy]..[/asy], the environments asy and tikzpicture, \includegraphics{..} and Markdown images
 * go, and an environment center or figure that held nothing else;
 * - blank lines and blanks at line ends go. */
void aime_clean(struct str raw, struct arena *arena, struct aime_text *ret);

/* Appends the letters and digits (ASCII) of s, in lower case: what fingerprints are taken of. */
void aime_normal(struct buf *out, struct str s);

/* Reads an answer: a whole number from 0 to 999, with leading zeros, a final ".0", dollar signs and
 * a degree mark as the copies have them. False for anything else. */
bool aime_answer(struct str s, int *ret);

/* Content of the last \boxed{..}; false if there is none or its braces do not balance. */
bool aime_boxed(struct str s, struct str *ret);

#endif
