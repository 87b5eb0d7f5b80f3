/*
 * gnuplot.h - gnuplot as a process: from a script to a picture, and safe text for scripts.
 *
 * The program is started without a shell and without its start-up files (-d), with a fixed locale
 * and none of its own variables, and killed after GNUPLOT_SECONDS. The picture is its standard
 * output, kept in a temporary file beside the target and written whole: no path ever stands in a
 * script. Labels may come from anybody (model names): gnuplot_text lets through what cannot end a
 * single-quoted text, and scripts use `noenhanced` so that nothing in them is markup.
 */
#ifndef PLOTS_GNUPLOT_H
#define PLOTS_GNUPLOT_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

enum { GNUPLOT_SECONDS = 60, GNUPLOT_LABEL = 60 };

/* Appends s as a single-quoted gnuplot text of at most GNUPLOT_LABEL code points. Kept are ASCII
 * letters, digits, blanks and ._-+:/()=,@#%^~;?!* and well-formed code points from U+00A1 on that
 * are not directional or formatting marks; everything else becomes '?'. */
void gnuplot_text(struct buf *out, struct str s);

enum gnuplot_format { GNUPLOT_SVG, GNUPLOT_PNG };

/* Runs script for a canvas of width x height (in points of the SVG; PNG has twice the pixels) and
 * writes path. ERR_NOT_FOUND: gnuplot is not installed, the message says how to get it. A build
 * without cairo falls back to the simpler png terminal. */
MUST_CHECK enum err_code gnuplot_draw(struct str script, enum gnuplot_format format, int width,
    int height, const char *path, struct err *err);

#endif
