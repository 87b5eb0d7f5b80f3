/*
 * test_world_lab.h - the library of worlds that a group of tests reads, loaded once.
 */
#ifndef TESTS_UNIT_TEST_WORLD_LAB_H
#define TESTS_UNIT_TEST_WORLD_LAB_H

#include "datasets/world.h"
#include "tests/unit/unit.h"

static struct world_library *lib;

static inline int load(void **state)
{
    struct err err = {0};

    (void)state;
    if (world_library_load(&lib, &err))
        fail_msg("%s", err.msg);
    return 0;
}

static inline int unload(void **state)
{
    (void)state;
    world_library_free(lib);
    return 0;
}

#endif
