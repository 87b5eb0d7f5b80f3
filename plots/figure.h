/*
 * figure.h - the figures: one file each, listed in figure_all.
 *
 * To add one: write plots/figure_N.c with a `const struct figure`, name it here and in the list of
 * figure.c. docs/FIGURES.md says what each shows.
 */
#ifndef PLOTS_FIGURE_H
#define PLOTS_FIGURE_H

#include "harness/base/err.h"
#include "plots/sketch.h"

struct figure {
    const char *id;    /* "3": as the paper numbers them */
    const char *title; /* heading of the picture */
    const char *about; /* a sentence for the report */
    /* Methods without which there is nothing to show; ends with FRAME_OTHER. */
    enum frame_method needs[3];
    /* What else a model must have, and what is said where none has it; NULL = nothing. */
    bool (*has)(const struct analysis *a, struct str model);
    const char *lacks;
    bool log_x;
    /* Fills one panel with the arms of its model. */
    void (*panel)(const struct analysis *a, struct sketch *s, struct sketch_panel *p);
};

extern const struct figure figure_3, figure_5, figure_7, figure_21, figure_26;
extern const struct figure *const figure_all[];
extern const size_t figure_count;

const struct figure *figure_find(struct str id); /* NULL if there is none */

/* Panels for every model that has what the figure needs. False, and *ret_why a reason, when no
 * model has. *ret is released by the caller with sketch_release in any case. */
MUST_CHECK bool figure_sketch(
    const struct figure *fig, const struct analysis *a, struct sketch *ret, struct buf *ret_why);

/* DIR/figure_ID.csv: the data file. */
MUST_CHECK enum err_code figure_write_data(const struct figure *fig, const struct sketch *s,
    const struct analysis *a, const char *dir, struct err *err);
/* DIR/figure_ID.svg and .png. ERR_NOT_FOUND when gnuplot is not installed. */
MUST_CHECK enum err_code figure_draw(const struct figure *fig, const struct sketch *s,
    const struct analysis *a, const char *dir, struct err *err);

/* ---- for the panels of the figures ------------------------------------------------------ */

/* An arm with at least one point to draw; false behind the last arm. */
bool figure_has_points(const struct analysis *a, size_t arm);
/* Adds the model's first arm of that method (smallest k) under this label, if there is one. */
void figure_add(const struct analysis *a, struct sketch_panel *p, enum frame_method method,
    enum sketch_role role, struct str label);

#endif
