/*
 * conform_run.h - a case through the program itself: its commands run against the server, then the
 * store, the output and the exit code are looked at. And rows that a unit test proves.
 *
 * Sections "command 1", "command 2" ... hold: plan (yes: begins with a run of few sums against the
 * server), arg (one argument; {url}, {base}, {top}, {dir} are replaced), env NAME=VALUE, exit, and
 * checks of `output`. "file NAME" in the section "case" writes a file first. Lines of "after" that
 * begin with "sql " ask the store of run r.
 */
#ifndef TESTS_CONFORMANCE_CONFORM_RUN_H
#define TESTS_CONFORMANCE_CONFORM_RUN_H

#include "tests/conformance/conform_case.h"

/* Where the program and the tests stand. */
struct conform_place {
    const char *build, *top; /* absolute */
};

MUST_CHECK enum err_code conform_run(const struct conform_place *place, struct conform_case *c,
    struct buf *bad, struct buf *seen, struct err *err);
/* "unit: test_file/test_name" */
MUST_CHECK enum err_code conform_unit(const struct conform_place *place, struct conform_case *c,
    struct buf *bad, struct buf *seen, struct err *err);

#endif
