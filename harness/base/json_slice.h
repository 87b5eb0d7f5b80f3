/*
 * json_slice.h - where values stand in a JSON text, for bytes that must go back as they came.
 *
 * The text is one that json_parse has accepted. Of any other text the parts are arbitrary pieces
 * of it: nothing outside is read, and a walk ends.
 *
 *     struct json_slices s = json_slices_of(text);      (an array or an object)
 *     struct str key, value;
 *     while (json_slices_next(&s, &key, &value)) ...
 */
#ifndef HARNESS_BASE_JSON_SLICE_H
#define HARNESS_BASE_JSON_SLICE_H

#include "harness/base/str.h"

struct json_slices {
    struct str text;
    size_t at;
    bool object;
};

struct json_slices json_slices_of(struct str text); /* of another value: no parts */
/* The next member or element; the key is as written between its quotes, empty in an array. */
bool json_slices_next(struct json_slices *s, struct str *ret_key, struct str *ret_value);

/* The first member whose key is written exactly so; empty if there is none. */
struct str json_slice(struct str object, const char *key);

#endif
