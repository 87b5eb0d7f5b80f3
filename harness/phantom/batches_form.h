/*
 * batches_form.h - reading multipart/form-data, as far as uploads need it. Pure.
 */
#ifndef HARNESS_PHANTOM_BATCHES_FORM_H
#define HARNESS_PHANTOM_BATCHES_FORM_H

#include "harness/base/str.h"

struct batches_part {
    struct str name, filename; /* as written between the quotes; empty if absent */
    struct str content;
};

/* Reads the parts of `body`, whose Content-Type is `type`, into ret; slices of both. Returns their
 * number, at most `most`, or 0 if it is no such form or is cut short. */
size_t batches_form(const char *type, struct str body, struct batches_part *ret, size_t most);

#endif
