/*
 * banned.h - functions that compile nowhere in the tree; forced into every file by the Makefile.
 *
 * The library headers that declare them come first, then the names are poisoned. cJSON is reached
 * only through base/json.c and PCRE2 only through base/regex.c (checked by scripts/arch-check.sh).
 */
#ifndef HARNESS_BASE_BANNED_H
#define HARNESS_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gmtime localtime

#endif
