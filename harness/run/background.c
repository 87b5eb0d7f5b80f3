/* background.c - names of responses under way, and how they end; see background.h. */
#include "harness/run/background.h"

#include <string.h>

/* A task has room for 65,536 rows of calls: pauses grow, so that weeks of polling fit. */
enum { POLLS_A_STEP = 64, PAUSE_MOST_S = 60 };

/* A name becomes a part of an address as it stands. */
static bool name_ok(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!str_is_alpha(name.p[i]) && !str_is_digit(name.p[i]) && name.p[i] != '_' &&
            name.p[i] != '-')
            return false;
    return name.n > 0 && name.n <= BACKGROUND_NAME;
}

static void end(struct background *b, bool lost)
{
    b->name[0] = 0;
    b->polls = 0;
    b->lost = lost;
}

static void pending(struct background *b, struct arena *arena, struct reply *reply)
{
    struct str name = reply->pending;

    if (!name_ok(name)) {
        *reply = (struct reply){.outcome = OUTCOME_PROVIDER_ERROR, .usage = USAGE_UNKNOWN};
        reply->error = str_c(arena_printf(arena,
            "a response in the background needs a name of letters, digits, '_' and '-', at most %d "
            "of them; this one has %zu bytes: \"%.*s\"",
            BACKGROUND_NAME, name.n, STR_ARG(str_slice(name, 0, 80))));
        return;
    }
    memcpy(b->name, name.p, name.n);
    b->name[name.n] = 0;
    b->polls++;
    reply->outcome = OUTCOME_PENDING;
    reply->usage = USAGE_ZERO;
    reply->retry = false;
}

/* The response is gone, or has ended as none that is worth anything. */
static bool is_lost(long status, const struct reply *reply)
{
    bool told = status >= 200 && status < 300;

    return status == 404 || status == 410 || (told && str_eqc(reply->finish, "failed")) ||
           (told && str_eqc(reply->finish, "cancelled"));
}

bool background_take(struct background *b, long status, struct arena *arena, struct reply *reply)
{
    b->lost = false;
    if (outcome_is_result(reply->outcome)) {
        end(b, false);
        return true;
    }
    if (reply->pending.p) {
        pending(b, arena, reply);
    } else if (b->name[0] && is_lost(status, reply)) {
        end(b, true);
        reply->retry = reply->retry || status == 404 || status == 410;
    }
    return false;
}

int64_t background_pause_ms(const struct background *b, double poll_s, int64_t most_s)
{
    int64_t steps = 1 + b->polls / POLLS_A_STEP;
    double pause_s = poll_s * (double)steps;
    double grown_s = poll_s > PAUSE_MOST_S ? poll_s : PAUSE_MOST_S;

    if (pause_s > grown_s)
        pause_s = grown_s;
    if (pause_s > (double)most_s)
        pause_s = (double)most_s;
    return (int64_t)(pause_s * 1000);
}
