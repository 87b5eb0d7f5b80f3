/* job_answer_key.c - does the phantom of a run know its problems' solutions? See job.h. */
#include "datasets/competition.h"
#include "harness/cli/job.h"
#include "harness/config/model.h"
#include "harness/plan/plan.h"

static bool is_simulated(const struct config *c)
{
    const struct model_config *m;
    struct model_place place;

    for (size_t i = 0; (m = plan_model(c, i)); i++)
        if (!model_place(m, &place, NULL) && place.simulated)
            return true;
    return false;
}

enum err_code job_answer_key(const struct job *job, size_t *ret_contexts, struct err *err)
{
    struct competition_library lib;
    size_t n = 0;

    *ret_contexts = 0;
    if (!is_simulated(&job->config))
        return OK;
    enum err_code code = competition_load(&lib, err);
    if (code)
        return code;
    for (size_t i = 0; i < job->splits.n; i++) {
        const struct split *s = &job->splits.v[i];
        n += competition_knows(&lib, s->empty_context ? s->queries[0].text : s->context);
    }
    competition_release(&lib);
    *ret_contexts = n;
    return OK;
}
