/* mind_generate.h - the phantom as a writer of new questions; internal to mind*.c and their tests.
 */
#ifndef HARNESS_PHANTOM_MIND_GENERATE_H
#define HARNESS_PHANTOM_MIND_GENERATE_H

#include "harness/phantom/mind_impl.h"

struct mind_wishes; /* compiled cues of prompts that ask for new questions; immutable */

MUST_CHECK enum err_code mind_wishes_new(struct mind_wishes **ret, struct err *err);
void mind_wishes_free(struct mind_wishes *w);
/* How many new questions words, or a request's system messages, ask for; 0 = no such wish. */
int64_t mind_wishes_count(const struct mind_wishes *w, struct str words);
int64_t mind_wishes_of(const struct mind_wishes *w, const struct mind_request *r);
void mind_generate(struct mind_scene *s, int64_t count, struct mind_reply *ret);

#endif
