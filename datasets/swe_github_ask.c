/* swe_github_ask.c - requests, repeats and limits; see swe_github_ask.h. */
#include "datasets/swe_github_ask.h"

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/net/net.h"

#include <string.h>

enum {
    TRIES = 4,
    FIRST_PAUSE_MS = 500,
    LIMIT_PAUSE_MS = 60000, /* GitHub's advice where it names no time */
    LEAST_PAUSE_MS = 1000,
    POLL_MS = 1000
};

struct answer {
    enum net_result result;
    long status;
    struct buf body;
    int64_t wait_ms; /* how long GitHub asks to wait, -1 = it does not */
    char why[256];
};

/* What a status means for the caller. */
enum verdict { USE, ABSENT, AGAIN, LIMITED, REFUSED };

/* --- one request --------------------------------------------------------------------------- */

/* Value of a kept header line, or empty. */
static struct str header(struct str lines, struct str name)
{
    struct str line;

    while (str_cut(&lines, '\n', &line))
        if (line.n > name.n && line.p[name.n] == ':' &&
            str_eq_nocase(str_slice(line, 0, name.n), name))
            return str_trim(str_from(line, name.n + 1));
    return STR("");
}

static int64_t whole(struct str digits)
{
    int64_t n = 0;

    if (!digits.n || digits.n > 15)
        return -1;
    for (size_t i = 0; i < digits.n; i++) {
        if (!str_is_digit(digits.p[i]))
            return -1;
        n = n * 10 + (digits.p[i] - '0');
    }
    return n;
}

/* Retry-After, else the time at which a used-up limit begins anew. */
static int64_t asked_wait(const struct net_reply *reply)
{
    int64_t reset = whole(header(reply->headers, STR("x-ratelimit-reset")));
    int64_t left = whole(header(reply->headers, STR("x-ratelimit-remaining")));

    if (reply->retry_after_ms >= 0)
        return reply->retry_after_ms;
    if (reset < 0 || left > 0)
        return -1;
    int64_t ms = reset * 1000 - clock_wall_ms();
    return ms < 0 ? 0 : ms + 1000; /* clocks differ by a little */
}

static void on_reply(const struct net_reply *reply, void *payload)
{
    struct answer *a = payload;
    struct buf why = BUF_INIT;

    a->result = reply->result;
    a->status = reply->status;
    a->wait_ms = asked_wait(reply);
    buf_str_add(&a->body, reply->body);
    secret_redact(&why, str_c(reply->why));
    struct str cut = str_slice(buf_str(&why), 0, sizeof a->why - 1);
    if (cut.n)
        memcpy(a->why, cut.p, cut.n);
    a->why[cut.n] = '\0';
    buf_release(&why);
}

static enum err_code send(
    struct swe_github_line *line, const char *path, struct answer *a, struct err *err)
{
    struct buf url = BUF_INIT, bearer = BUF_INIT;

    buf_printf(&url, "%.*s%s", STR_ARG(line->base), path);
    buf_printf(&bearer, "Authorization: Bearer %.*s", STR_ARG(line->token));
    const char *headers[] = {"Accept: application/vnd.github+json",
        "X-GitHub-Api-Version: 2022-11-28", "User-Agent: sleepbench",
        line->token.n ? buf_cstr(&bearer) : NULL, NULL};
    struct net_request request = {.url = buf_cstr(&url), .headers = headers};
    line->requests++;
    enum err_code code = net_send(line->net, &request, err);
    while (!code && net_in_flight(line->net))
        net_poll(line->net, POLL_MS, on_reply, a);
    buf_release(&url);
    buf_release(&bearer);
    return code;
}

/* --- what it means ------------------------------------------------------------------------- */

/* GitHub's own words about an error, on one line. */
static struct str message_of(const struct json *doc, struct buf *out)
{
    struct buf line = BUF_INIT;

    buf_collapse(&line, str_slice(json_str(json_get(doc, "message")), 0, 160));
    secret_redact(out, buf_str(&line));
    buf_release(&line);
    return buf_str(out);
}

static bool speaks_of_limit(const struct json *doc)
{
    struct str message = json_str(json_get(doc, "message"));

    for (size_t i = 0; i + 10 <= message.n; i++)
        if (str_eq_nocase(str_slice(message, i, i + 10), STR("rate limit")))
            return true;
    return false;
}

static enum verdict judge(const struct answer *a, const struct json *doc)
{
    if (a->result != NET_OK)
        return a->result == NET_TOO_LARGE ? REFUSED : AGAIN;
    if (a->status == 200)
        return doc ? USE : REFUSED;
    if (a->status == 404 || a->status == 410)
        return ABSENT;
    if (a->status == 429 || (a->status == 403 && (a->wait_ms >= 0 || speaks_of_limit(doc))))
        return LIMITED;
    return a->status >= 500 || a->status == 408 ? AGAIN : REFUSED;
}

static enum err_code refused(
    const char *path, const struct answer *a, const struct json *doc, struct err *err)
{
    struct buf text = BUF_INIT;
    struct str message = message_of(doc, &text);
    enum err_code code;

    if (a->result != NET_OK)
        code = err_set(err, ERR_ENDPOINT, "GitHub, %s: the answer is too large", path);
    else if (a->status == 401)
        code = err_set(err, ERR_ENDPOINT,
            "GitHub, %s: the token is refused (401): check GITHUB_TOKEN or GH_TOKEN", path);
    else if (a->status >= 300 && a->status < 400)
        code = err_set(err, ERR_ENDPOINT,
            "GitHub, %s: the repository has moved (%ld): give its present OWNER/NAME", path,
            a->status);
    else if (!doc)
        code = err_set(err, ERR_ENDPOINT,
            "GitHub, %s: status %ld and no JSON behind it: is a proxy in between?", path,
            a->status);
    else
        code = err_set(
            err, ERR_ENDPOINT, "GitHub, %s: status %ld: %.*s", path, a->status, STR_ARG(message));
    buf_release(&text);
    return code;
}

/* Waits if the time allows. */
static enum err_code wait_limit(
    struct swe_github_line *line, const char *path, const struct answer *a, struct err *err)
{
    int64_t ms = a->wait_ms >= 0 ? a->wait_ms : LIMIT_PAUSE_MS;

    if (ms < LEAST_PAUSE_MS)
        ms = LEAST_PAUSE_MS; /* so that the time runs out if GitHub says "now" for ever */
    if (ms > line->wait_ms)
        return err_set(err, ERR_STOPPED,
            "GitHub, %s: its limit of requests asks for %lld s of waiting, %lld s were allowed: "
            "run "
            "the same command later or with --wait%s",
            path, (long long)((ms + 999) / 1000), (long long)(line->wait_ms / 1000),
            line->token.n ? "" : ", or set GITHUB_TOKEN");
    line->wait_ms -= ms;
    clock_sleep_ms(ms);
    return OK;
}

static enum err_code out_of_reach(const char *path, const struct answer *a, struct err *err)
{
    if (a->result == NET_OK)
        return err_set(err, ERR_STOPPED,
            "GitHub, %s: status %ld, %d times: run the same command later", path, a->status, TRIES);
    return err_set(err, ERR_STOPPED, "GitHub, %s: %s, %d times: run the same command later", path,
        a->why[0] ? a->why : "no answer", TRIES);
}

/* One attempt. *ret_again: ask once more. */
static enum err_code attempt(struct swe_github_line *line, const char *path, int *tries,
    struct json **ret_doc, bool *ret_again, struct err *err)
{
    struct answer a = {.wait_ms = -1};
    struct json *doc = NULL;
    struct err ignored;
    enum err_code code = send(line, path, &a, err);

    *ret_again = false;
    if (!code && json_parse(buf_str(&a.body), JSON_REPAIR, &doc, &ignored))
        doc = NULL;
    enum verdict verdict = code ? REFUSED : judge(&a, doc);
    if (!code && verdict == REFUSED) {
        code = refused(path, &a, doc, err);
    } else if (!code && verdict == LIMITED) {
        code = wait_limit(line, path, &a, err);
        *ret_again = true;
    } else if (!code && verdict == AGAIN) {
        if (++*tries == TRIES)
            code = out_of_reach(path, &a, err);
        else
            clock_sleep_ms(FIRST_PAUSE_MS << (*tries - 1));
        *ret_again = true;
    }
    buf_release(&a.body);
    if (code || verdict != USE) {
        json_free(doc);
        doc = NULL;
    }
    *ret_doc = doc;
    return code;
}

enum err_code swe_github_ask(
    struct swe_github_line *line, const char *path, struct json **ret_doc, struct err *err)
{
    struct json *doc = NULL;
    bool again = true;
    int tries = 0;
    enum err_code code = OK;

    while (again && !code)
        code = attempt(line, path, &tries, &doc, &again, err);
    if (!code)
        *ret_doc = doc;
    return code;
}
