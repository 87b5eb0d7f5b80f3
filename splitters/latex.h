/*
 * latex.h - the parts of a LaTeX text that no statement may end inside of.
 *
 * A span is \begin{env}..\end{env}, \[..\], \(..\), $$..$$ or $..$, outermost only. Whatever is not
 * closed is plain text, and so are \$ and what stands behind any other backslash. Environments nest
 * by name. Finding the spans costs n log n, whatever the text is.
 */
#ifndef SPLITTERS_LATEX_H
#define SPLITTERS_LATEX_H

#include "harness/base/str.h"

struct latex_span {
    size_t start, end; /* bytes of the text, marks included */
    struct str inner;  /* what the marks enclose */
    bool display;      /* stands on lines of its own: no $..$, no \(..\) */
};

struct latex_spans {
    struct latex_span *v; /* in the order of the text */
    size_t n, cap;
};

void latex_spans_find(struct str text, struct latex_spans *ret); /* *ret is overwritten */
void latex_spans_release(struct latex_spans *spans);

#endif
