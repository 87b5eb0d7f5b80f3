/*
 * bench_sse.c - how fast a streamed answer is read.
 *
 *     bench_sse [MEGABYTES]        default 64
 *
 * A stream of Chat Completions chunks, 169 bytes of "data:" line each, is read in five ways, and
 * each is printed as KEY=MB/s of processor time (1 MB = 1,000,000 bytes), the best of five turns.
 * The first two are the references: what splitting alone costs, and what cJSON alone costs.
 *
 *     split_mb_s    memchr for line ends, nothing else
 *     cjson_mb_s    the same, and cJSON parses and frees every chunk; no check of UTF-8
 *     events_mb_s   sse_next
 *     slow_mb_s     the full reader: sse_next, json.h (UTF-8 check, cJSON), a tree's members
 *     read_mb_s     openai_read as runs call it: events, JSON and UTF-8 checked, texts joined
 *
 * All that decode must find the same text, or the program ends with 1.
 */
#include "harness/base/arena.h"
#include "harness/base/json.h"
#include "harness/net/sse.h"
#include "harness/provider/openai_read.h"

#include <cjson/cJSON.h>
#include <time.h>

enum { LINE = 169, TURNS = 5 };

static struct str stream;
static size_t text_bytes;

/* 169 bytes with its line end, a member more or less as servers differ; the id makes up the length.
 * The text is a token, at times with an escape or a character beyond ASCII. */
static void add_line(struct buf *out, size_t i)
{
    static const char *const words[] = {
        " problem", " answers", " caf\xC3\xA9", " one\\ntwo", " \xE2\x82\xAC 12.50", " the"};
    static const char id[] = "BQ7rX2kDw9TzLmN4vYc8Hs5JpA3fGe6R";
    struct buf tail = BUF_INIT;
    size_t start = out->n;

    buf_printf(&tail,
        "\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"m-4o\","
        "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}\n",
        words[i % ARRAY_LEN(words)]);
    buf_puts(out, "data: {\"id\":\"");
    size_t n = LINE - (out->n - start) - tail.n;
    if (n >= sizeof id)
        BUG("an id of %zu bytes", n);
    buf_add(out, id, n);
    buf_str_add(out, buf_str(&tail));
    buf_putc(out, '\n');
    buf_release(&tail);
}

static size_t read_split(void)
{
    struct str rest = stream, line;
    size_t lines = 0;

    while (str_cut(&rest, '\n', &line))
        lines += line.n > 0;
    return lines;
}

static size_t read_cjson(void)
{
    struct str rest = stream, line;
    size_t bytes = 0;

    while (str_cut(&rest, '\n', &line)) {
        if (line.n < 7 || line.p[6] != '{')
            continue;
        cJSON *doc = cJSON_ParseWithLength(line.p + 6, line.n - 6);
        const cJSON *choice = cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "choices"), 0);
        const cJSON *text = cJSON_GetObjectItem(cJSON_GetObjectItem(choice, "delta"), "content");
        bytes += cJSON_IsString(text) ? strlen(text->valuestring) : 0;
        cJSON_Delete(doc);
    }
    return bytes;
}

static size_t read_events(void)
{
    struct sse sse = sse_of(stream);
    struct buf scratch = BUF_INIT;
    struct sse_event event;
    size_t events = 0;

    while (sse_next(&sse, &scratch, &event))
        events++;
    buf_release(&scratch);
    return events;
}

static size_t read_slow(void)
{
    struct sse sse = sse_of(stream);
    struct buf scratch = BUF_INIT, text = BUF_INIT;
    struct sse_event event;

    while (sse_next(&sse, &scratch, &event)) {
        struct json *doc;
        if (json_parse(event.data, JSON_REPAIR, &doc, NULL))
            continue;
        const struct json *choice = json_first(json_get(doc, "choices"));
        buf_str_add(&text, json_str(json_path(choice, "delta.content")));
        json_free(doc);
    }
    size_t n = text.n;
    buf_release(&scratch);
    buf_release(&text);
    return n;
}

static size_t read_whole(void)
{
    struct arena arena = {0};
    struct reply reply;

    openai_read(200, stream, true, &arena, &reply);
    size_t n = reply.content.n;
    arena_release(&arena);
    return n;
}

/* Of this process: the answer does not depend on who else uses the machine. */
static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool measure(const char *key, size_t (*read)(void), size_t want)
{
    double best = 0;

    for (int i = 0; i < TURNS; i++) {
        double start = cpu_ns();
        size_t got = read();
        double rate = (double)stream.n * 1e3 / (cpu_ns() - start);
        best = rate > best ? rate : best;
        if (got != want) {
            fprintf(stderr, "bench_sse: %s found %zu, not %zu\n", key, got, want);
            return false;
        }
    }
    printf("%s=%.0f\n", key, best);
    return true;
}

int main(int argc, char **argv)
{
    size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 64;
    struct buf b = BUF_INIT;
    size_t lines = megabytes * 1000000 / (LINE + 1);

    for (size_t i = 0; i < lines; i++)
        add_line(&b, i);
    stream = buf_str(&b);
    text_bytes = read_cjson();
    bool ok =
        measure("split_mb_s", read_split, lines) && measure("cjson_mb_s", read_cjson, text_bytes) &&
        measure("events_mb_s", read_events, lines) && measure("slow_mb_s", read_slow, text_bytes) &&
        measure("read_mb_s", read_whole, text_bytes);
    buf_release(&b);
    return ok ? 0 : 1;
}
