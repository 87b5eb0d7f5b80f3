/* test_download.c - a file that comes whole, is taken up, or takes patience. */
#include "harness/base/clock.h"
#include "tests/unit/test_download_lab.h"

#include <signal.h>

/* --- whole, and taken up ------------------------------------------------------------------- */

static void count_progress(uint64_t have, uint64_t total, void *payload)
{
    uint64_t *last = payload;

    assert_true(have > *last);
    assert_int_equal(total, BODY);
    *last = have;
}

static void test_whole(void **state)
{
    uint64_t last = 0;
    struct download d = plain("data");

    (void)state;
    d.progress = count_progress;
    d.payload = &last;
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_int_equal(last, BODY);
    assert_int_equal(result.resumed_from, 0);
    assert_int_equal(lab_asked("/data range=- if-range=- auth=-"), 1);
}

static void test_a_cut_is_taken_up_in_the_same_call(void **state)
{
    struct download d = plain("cut=1234/times=1/data");

    (void)state;
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_int_equal(lab_asked("range=bytes=1234- if-range=\""), 1);
    assert_int_equal(lab_asked("/data"), 2);
}

static void test_a_reset_too(void **state)
{
    struct download d = plain("reset=2000/times=1/data");

    (void)state;
    assert_int_equal(get(&d), OK);
    assert_whole();
}

static void test_the_next_call_goes_on(void **state)
{
    struct download first = plain("stall=3000/times=1/data"), d;

    (void)state;
    first.idle_ms = first.deadline_ms = 500;
    assert_int_equal(get(&first), ERR_FAILED);
    assert_said("no byte came");
    assert_said("3000 bytes are kept: the same command goes on from there");
    assert_part(3000);
    d = plain("stall=3000/times=1/data");
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_int_equal(result.resumed_from, 3000);
    assert_int_equal(lab_asked("range=bytes=3000-"), 1);
}

static void test_last_modified_is_a_validator(void **state)
{
    struct download d =
        plain("modified=Mon,%2001%20Jan%202024%2000:00:00%20GMT/cut=100/times=1/data");

    (void)state;
    assert_int_equal(get(&d), OK);
    assert_whole();
    /* by the second request the command does not hold any more, so the server has an ETag: the
     * validator it was asked for is not its own, and it starts anew */
    assert_int_equal(lab_asked("if-range=Mon, 01 Jan 2024 00:00:00 GMT"), 1);
}

static void test_what_cannot_be_gone_on_with_starts_anew(void **state)
{
    static const char *const paths[] = {
        "norange/cut=700/times=1/data",             /* knows no ranges, then gives all */
        "noetag/cut=700/times=1/data",              /* no validator at all */
        "etag=W%2F%22weak%22/cut=700/times=1/data", /* a weak one is none */
        "etag=%22old%22/cut=700/times=1/data",      /* the file has changed: If-Range is not met */
    };

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct download d = plain(paths[i]);
        fresh(state);
        assert_int_equal(get(&d), OK);
        assert_whole();
        assert_int_equal(lab_asked("/data"), 2);
        assert_int_equal(lab_asked("range=bytes"), i == 0 || i == 3 ? 1 : 0);
    }
}

static void test_a_range_of_another_place_is_not_believed(void **state)
{
    struct download first = plain("stall=800/times=1/badrange/data"), d;

    (void)state;
    first.idle_ms = first.deadline_ms = 500;
    assert_int_equal(get(&first), ERR_FAILED);
    assert_part(800);
    /* the same address: the note holds for it. The command is over, so a right answer comes */
    d = plain("stall=800/times=1/badrange/data");
    assert_int_equal(get(&d), OK);
    assert_whole();

    fresh(state);
    lab_write("out.part", str_slice(buf_str(&body), 0, 500));
    d = plain("badrange/times=1/x/data");
    struct buf note = BUF_INIT;
    buf_printf(&note, "{\"url\":\"%s\",\"validator\":\"\\\"%016llx\\\"\"}", d.url,
        (unsigned long long)digest_u64(digest_of(buf_str(&body))));
    lab_write("out.part.json", buf_str(&note));
    buf_release(&note);
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_int_equal(result.resumed_from, 0);
    assert_int_equal(lab_asked("range=bytes=500-"), 1);
    assert_int_equal(lab_asked("range=- "), 1);
}

/* A part of another address, or one longer than the file, is no start. */
static void test_foreign_parts(void **state)
{
    struct download d = plain("data");

    (void)state;
    lab_write("out.part", STR("something else"));
    lab_write(
        "out.part.json", STR("{\"url\":\"https://other.example/x\",\"validator\":\"\\\"a\\\"\"}"));
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_int_equal(lab_asked("range=-"), 1);

    fresh(state);
    struct buf note = BUF_INIT, longer = BUF_INIT;
    buf_str_add(&longer, buf_str(&body));
    buf_puts(&longer, "more");
    lab_write("out.part", buf_str(&longer));
    buf_printf(&note, "{\"url\":\"%s\",\"validator\":\"\\\"%016llx\\\"\"}", d.url,
        (unsigned long long)digest_u64(digest_of(buf_str(&body))));
    lab_write("out.part.json", buf_str(&note));
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_int_equal(lab_asked("/data"), 2); /* 416, then all of it */
    buf_release(&note);
    buf_release(&longer);

    fresh(state);
    lab_write("out.part", STR("x"));
    lab_write("out.part.json", STR("{\"url\": no JSON"));
    assert_int_equal(get(&d), OK);
    assert_whole();
}

/* --- patience ------------------------------------------------------------------------------ */

static void test_passing_trouble(void **state)
{
    static const char *const paths[] = {"status=503/times=2/data",
        "status=429/after=0/times=1/data", "status=408/times=1/data", "status=500/times=1/data",
        "cut=0/times=1/data"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct download d = plain(paths[i]);
        fresh(state);
        assert_int_equal(get(&d), OK);
        assert_whole();
    }
}

static void test_retry_after_is_kept(void **state)
{
    struct download d = plain("status=429/after=1/times=1/data");
    int64_t before = clock_now_ns();

    (void)state;
    assert_int_equal(get(&d), OK);
    assert_whole();
    int64_t took = (clock_now_ns() - before) / 1000000;
    assert_in_range(took, 990, 3000);
    /* and not if it asks for more than there is time */
    fresh(state);
    d = plain("status=429/after=3600/data");
    before = clock_now_ns();
    assert_int_equal(get(&d), ERR_FAILED);
    assert_said("status 429");
    assert_said("asks to wait 3600 s");
    assert_true(clock_now_ns() - before < INT64_C(1500000000));
    assert_int_equal(lab_asked("/data"), 1);
    assert_nothing_left();
}

static void test_lasting_trouble(void **state)
{
    struct download d = plain("status=503/data");

    (void)state;
    d.deadline_ms = 1200;
    assert_int_equal(get(&d), ERR_FAILED);
    assert_said("status 503");
    assert_in_range(lab_asked("/data"), 2, 4);
    assert_nothing_left();
}

/* Without a validator every attempt begins anew: bytes that come again and again are no progress.
 */
static void test_no_progress(void **state)
{
    struct download d = plain("noetag/cut=700/data");

    (void)state;
    d.deadline_ms = 1500;
    assert_int_equal(get(&d), ERR_FAILED);
    assert_said("given up after");
    assert_in_range(lab_asked("/data"), 2, 4);
    assert_nothing_left();
}

static void test_slow_is_not_idle(void **state)
{
    struct download d = plain("slow=300/data");

    (void)state;
    d.idle_ms = 1000; /* the whole takes 1.5 s and no silence more than 0.3 s */
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_int_equal(lab_asked("/data"), 1);
}

static void test_nobody_there(void **state)
{
    struct download d = {.url = "http://127.0.0.1:1/data", .offline = "use the other way"};

    (void)state;
    assert_int_equal(get(&d), ERR_FAILED);
    assert_said("cannot reach http://127.0.0.1:1/data");
    assert_said("use the other way");
    assert_nothing_left();
}

static volatile sig_atomic_t stop_now;

static void stop_at_half(uint64_t have, uint64_t total, void *payload)
{
    (void)payload;
    stop_now = have >= total / 2;
}

static void test_stop(void **state)
{
    struct download d = plain("slow=100/data");

    (void)state;
    stop_now = 0;
    d.stop = &stop_now;
    d.progress = stop_at_half;
    assert_int_equal(get(&d), ERR_STOPPED);
    assert_said("the same command goes on");
    assert_false(file_exists(lab_path("out")));
    stop_now = 0;
    d.progress = NULL;
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_true(result.resumed_from >= BODY / 2);
}

/* A process that dies without a word leaves a part that the next one takes up. */
static void test_kill(void **state)
{
    struct download d = plain("slow=150/data");
    int status;

    (void)state;
    pid_t child = fork();
    if (child == 0) {
        (void)!get(&d);
        _exit(0);
    }
    for (int i = 0; i < 200; i++) {
        struct buf part = BUF_INIT;
        (void)!file_read(lab_path("out.part"), 0, &part, NULL);
        bool some = part.n > 0;
        buf_release(&part);
        if (some)
            break;
        clock_sleep_ms(10);
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_false(file_exists(lab_path("out")));
    assert_true(file_exists(lab_path("out.part.json")));
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_true(result.resumed_from > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whole, fresh),
        cmocka_unit_test_setup(test_a_cut_is_taken_up_in_the_same_call, fresh),
        cmocka_unit_test_setup(test_a_reset_too, fresh),
        cmocka_unit_test_setup(test_the_next_call_goes_on, fresh),
        cmocka_unit_test_setup(test_last_modified_is_a_validator, fresh),
        cmocka_unit_test_setup(test_what_cannot_be_gone_on_with_starts_anew, fresh),
        cmocka_unit_test_setup(test_a_range_of_another_place_is_not_believed, fresh),
        cmocka_unit_test_setup(test_foreign_parts, fresh),
        cmocka_unit_test_setup(test_passing_trouble, fresh),
        cmocka_unit_test_setup(test_retry_after_is_kept, fresh),
        cmocka_unit_test_setup(test_lasting_trouble, fresh),
        cmocka_unit_test_setup(test_no_progress, fresh),
        cmocka_unit_test_setup(test_slow_is_not_idle, fresh),
        cmocka_unit_test_setup(test_nobody_there, fresh),
        cmocka_unit_test_setup(test_stop, fresh),
        cmocka_unit_test_setup(test_kill, fresh),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
