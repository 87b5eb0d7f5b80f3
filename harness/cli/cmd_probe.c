/* cmd_probe.c - `sleepbench probe`: what an endpoint really does, as a table and as traits. */
#include "harness/run/probe.h"

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/base/log.h"
#include "harness/base/table.h"
#include "harness/cli/commands.h"
#include "harness/cli/job.h"
#include "harness/config/model.h"
#include "harness/net/net.h"

#include <stdio.h>
#include <string.h>

struct request {
    const char *name, *base_url, *host, *api, *key_env, *save;
    bool json, yes, quiet;
};

/* The only endpoint of a job whose configuration asks for nothing else. */
static enum err_code connect(struct job *job, const struct request *r, struct err *err)
{
    struct buf model = BUF_INIT;
    struct json_writer w = json_writer(&model, 0);
    const struct {
        const char *key, *value;
    } members[] = {{"name", r->name}, {"base_url", r->base_url}, {"host", r->host}, {"api", r->api},
        {"api_key_env", r->key_env}};

    buf_puts(&model, "{\"models\":[");
    jsonw_object(&w, NULL);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (members[i].value)
            jsonw_cstr(&w, members[i].key, members[i].value);
    jsonw_end_object(&w);
    buf_puts(&model, "],\"name\":\"probe\",\"temperature\":null}");
    enum err_code code =
        config_load(buf_str(&model), "the command line", NULL, 0, &job->arena, &job->config, err);
    buf_release(&model);
    return code ? code : job_connect(job, err);
}

/* One connection, one request at a time. */
struct line {
    struct net *net;
    const char *const *headers;
    struct buf body, why;
    long status;
    bool quiet;
};

/* A server may repeat the key in what it says: it is gone before anything reads or shows it. */
static void on_reply(const struct net_reply *reply, void *payload)
{
    struct line *l = payload;

    buf_reset(&l->body);
    buf_reset(&l->why);
    secret_redact(&l->body, reply->body);
    secret_redact(&l->why, str_c(reply->why));
    l->status = reply->result == NET_OK ? reply->status : 0;
}

static enum err_code ask(
    void *payload, const char *url, struct str body, struct probe_answer *ret, struct err *err)
{
    struct line *l = payload;
    struct net_request request = {.url = url, .body = body, .headers = l->headers};

    if (body.n == 0)
        request.body.p = NULL;
    if (!l->quiet)
        fputc('.', stderr);
    if (net_send(l->net, &request, err))
        return err->code;
    while (net_in_flight(l->net))
        (void)net_poll(l->net, 1000, on_reply, l); /* the loop's condition counts replies */
    *ret = (struct probe_answer){l->status, buf_str(&l->body), buf_cstr(&l->why)};
    return OK;
}

static void print_report(const struct request *r, const struct probe_report *report, bool simulated)
{
    static const struct column columns[] = {
        {"feature", "", COLUMN_STR, 0},
        {"result", "", COLUMN_STR, 0},
        {"seen", "", COLUMN_STR, 0},
    };
    struct table *t = table_new("probe", columns, ARRAY_LEN(columns));
    struct buf out = BUF_INIT;

    table_note(t, "model", str_c(r->name));
    if (simulated)
        table_note(t, "source", STR("simulated (phantom): no claim about language models"));
    for (size_t i = 0; i < report->n; i++) {
        table_row(t);
        table_str(t, str_c(report->rows[i].feature));
        table_str(t, str_c(probe_result_text(report->rows[i].result)));
        table_str(t, report->rows[i].detail);
    }
    table_print(t, r->json ? TABLE_JSONL : TABLE_TEXT, &out);
    cli_print(buf_str(&out));
    buf_release(&out);
    table_free(t);
}

/* Rows for `models_file`: a host by its address, and what was found of the model. */
static void write_rows(const struct model_place *place, const struct request *r,
    const struct probe_report *report, struct buf *out)
{
    struct json_writer w = json_writer(out, 2);
    char now[32];
    struct str day = str_slice(str_c(clock_iso(clock_wall_ms(), now)), 0, 10);
    bool known = place->host.n > 0;

    jsonw_object(&w, NULL);
    jsonw_array(&w, "hosts");
    if (!known) {
        jsonw_object(&w, NULL);
        jsonw_cstr(&w, "name", "probed");
        jsonw_str(&w, "base_url", place->base_url);
        jsonw_cstr(&w, "source", "the command line of sleepbench probe");
        jsonw_str(&w, "checked", day);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
    jsonw_array(&w, "models");
    jsonw_object(&w, NULL);
    jsonw_array(&w, "hosts");
    jsonw_str(&w, NULL, known ? place->host : STR("probed"));
    jsonw_end_array(&w);
    jsonw_array(&w, "names");
    jsonw_str(&w, NULL, place->model);
    jsonw_end_array(&w);
    if (r->api)
        jsonw_cstr(&w, "api", r->api);
    jsonw_raw(&w, "traits", report->traits);
    jsonw_cstr(&w, "source", "sleepbench probe");
    jsonw_str(&w, "checked", day);
    jsonw_end_object(&w);
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
}

static enum err_code save(const struct job *job, const struct request *r,
    const struct probe_report *report, struct err *err)
{
    struct model_place place;
    struct buf out = BUF_INIT;

    if (!r->save)
        return OK;
    if (model_place(config_model(&job->config, 0), &place, err))
        return err->code;
    write_rows(&place, r, report, &out);
    enum err_code code = file_write(r->save, buf_str(&out), err);
    buf_release(&out);
    if (!code && !r->quiet)
        fprintf(stderr, "%s: rows for \"models_file\" (docs/MODELS.md)\n", r->save);
    return code;
}

static enum err_code probe(struct job *job, const struct request *r, struct err *err)
{
    struct probe_report report;
    struct model_place place = {.phantom = false};
    struct line line = {.quiet = r->quiet || r->json};
    struct probe_wire wire = {&line, ask};
    struct net_options net = {.max_in_flight = 1, .total_ms = 300000};

    if (connect(job, r, err) || net_new(&net, &line.net, err))
        return err->code;
    line.headers = job->endpoints[0].headers;
    enum err_code code = probe_endpoint(&job->endpoints[0], &wire, &job->arena, &report, err);
    if (!line.quiet)
        fputc('\n', stderr);
    if (!code)
        code = model_place(config_model(&job->config, 0), &place, err);
    if (!code) {
        print_report(r, &report, place.simulated);
        code = save(job, r, &report, err);
    }
    if (!code && !line.quiet)
        fprintf(stderr, "%lld requests, %lld+%lld tokens\n", (long long)report.calls,
            (long long)report.tokens_in, (long long)report.tokens_out);
    net_free(line.net);
    buf_release(&line.body);
    buf_release(&line.why);
    return code;
}

static enum err_code run_probe(int argc, char **argv, struct err *err)
{
    struct request r = {.name = NULL};
    const struct option options[] = {
        {"--base-url", OPTION_STR, &r.base_url, "URL", "where the model is served"},
        {"--host", OPTION_STR, &r.host, "NAME", "what kind of server that is (docs/MODELS.md)"},
        {"--api", OPTION_STR, &r.api, "NAME", "wire format, instead of the host's"},
        {"--api-key-env", OPTION_STR, &r.key_env, "NAME", "environment variable with the key"},
        {"--save", OPTION_STR, &r.save, "FILE", "write what was found as rows for models_file"},
        {"--json", OPTION_FLAG, &r.json, NULL, "rows as JSON lines"},
        {"--quiet", OPTION_FLAG, &r.quiet, NULL, "no progress"},
    };
    struct job job = {.lock = -1};
    const char *args[1];
    size_t n;

    if (cli_wants_help(argc, argv, &cmd_probe, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 1, &n, err))
        return err->code;
    if (n != 1)
        return err_set(err, ERR_USAGE, "usage: sleepbench probe MODEL [options]");
    r.name = args[0];
    enum err_code code = probe(&job, &r, err);
    job_close(&job);
    return code;
}

const struct command cmd_probe = {"probe", "MODEL [options]",
    "find out by a few small calls what an endpoint really does", run_probe, false};
