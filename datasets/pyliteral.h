/*
 * pyliteral.h - Python's literals as JSON: what repr() wrote into a column becomes a value.
 *
 * Read are None, True, False, numbers, strings of every quoting (prefixes r, u, b, f without
 * fields; adjacent strings are one), lists, tuples, sets (all three become arrays) and dicts whose
 * keys are strings. Nothing is evaluated: a name, a call or an operator is an error.
 */
#ifndef DATASETS_PYLITERAL_H
#define DATASETS_PYLITERAL_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

enum { PYLITERAL_MAX_DEPTH = 100 };

/* Appends the value as JSON text. Escaped surrogates become U+FFFD unless they form a pair, and so
 * do bytes that are not UTF-8. ERR_INPUT names line and column; *ret_json then ends in a part. */
MUST_CHECK enum err_code pyliteral_json(struct str text, struct buf *ret_json, struct err *err);

#endif
