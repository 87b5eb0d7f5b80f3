/* multi_query_line.h - what one line of a reply is; internal to multi_query*.c and their tests. */
#ifndef DATASETS_MULTI_QUERY_LINE_H
#define DATASETS_MULTI_QUERY_LINE_H

#include "harness/base/str.h"

enum multi_query_kind {
    LINE_BLANK,    /* nothing, a rule or a code fence */
    LINE_TEXT,     /* anything else */
    LINE_QUESTION, /* a label that begins a question */
    LINE_SOLUTION, /* a label that begins a solution */
    LINE_VALUE,    /* "#### x" */
};

struct multi_query_line {
    enum multi_query_kind kind;
    struct str raw;    /* the whole line, blanks at both ends taken off */
    struct str text;   /* behind label, numbering and marks; LINE_VALUE: behind the '#' */
    struct str before; /* LINE_VALUE: in front of the '#', a line of its own */
    bool numbered;     /* began with "3." or "(3)" */
};

struct multi_query_line multi_query_line_read(struct str line);

#endif
