/*
 * calculate.c - frontiers and costs of cases read from stdin, as numbers on stdout. Tests only.
 *
 * One case a line, the word "frontier" or "amortize" and numbers ("nan" is one) in the order of
 * scripts/reference/frontier_golden.py and amortize_golden.py; one line of numbers a case comes
 * out.
 */
#include "tests/unit/test_amortize_lab.h"
#include "tests/unit/test_frontier_lab.h"

#include <stdio.h>
#include <stdlib.h>

static double next(void)
{
    double v;

    if (scanf("%lf", &v) != 1)
        BUG("a number is missing");
    return v;
}

static size_t next_count(void)
{
    double v = next();

    if (!(v >= 0 && v <= LAB_POINTS))
        BUG("%g is no count of points", v);
    return (size_t)v;
}

static void next_points(struct lab_point *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i].t = next();
        p[i].a = next();
        p[i].w = next();
    }
}

static void next_values(double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v[i] = next();
}

static void show(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%.17g%c", v[i], i + 1 < n ? ' ' : '\n');
}

static void do_frontier(void)
{
    struct lab_case c = {0};
    struct lab_out o;

    c.nref = next_count();
    c.narm = next_count();
    next_points(c.ref, c.nref);
    next_points(c.arm, c.narm);
    next_values(c.levels, LAB_ASKED);
    next_values(c.budgets, LAB_ASKED);
    c.t_min = next();
    c.t_max = next();
    c.a_min = next();
    lab_run(&c, &o);
    show(o.v, o.n);
}

static void do_amortize(void)
{
    double in[COST_INPUTS], out[COST_VALUES] = {0};
    size_t n;

    next_values(in, COST_INPUTS);
    n = cost_run(in, out);
    show(out, n);
}

int main(void)
{
    char word[16];

    while (scanf("%15s", word) == 1) {
        if (strcmp(word, "frontier") == 0)
            do_frontier();
        else if (strcmp(word, "amortize") == 0)
            do_amortize();
        else
            BUG("%s is no kind of case", word);
    }
    return 0;
}
