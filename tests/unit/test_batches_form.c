/* test_batches_form.c - multipart/form-data as uploads come: whole, cut short, tricky, no form. */
#include "harness/phantom/batches_form.h"
#include "tests/unit/unit.h"

static void forms(void **state)
{
    static const struct {
        const char *type, *body;
        size_t n;
    } cases[] = {
        {"multipart/form-data; boundary=X",
            "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X--\r\n", 1},
        {"Multipart/Form-Data; boundary=\"X\"",
            "--X\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n\r\n--X\r\n\r\n2\r\n--X--",
            0},
        {"multipart/form-data; boundary=X",
            "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X\r\n", 0},
        {"multipart/form-data", "--X\r\n\r\n\r\n1\r\n--X--", 0},
        {"application/json", "{}", 0},
        {"multipart/form-data; boundary=X", "", 0},
        {"multipart/form-data; boundary=X", "--X--", 0},
    };
    struct batches_part parts[2];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(batches_form(cases[i].type, str_c(cases[i].body), parts, 2), cases[i].n);
    /* the content may hold what looks like a boundary, and line ends of any kind */
    static const char tricky[] =
        "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.jsonl\"\r\n"
        "Content-Type: text/plain\r\n\r\none\n--X\r\ntwo\r\n--Y\r\n\r\n--X--\r\n";
    assert_int_equal(batches_form("multipart/form-data; boundary=X", STR(tricky), parts, 2), 1);
    assert_true(str_eqc(parts[0].filename, "a b.jsonl"));
    assert_true(str_eqc(parts[0].content, "one\n--X\r\ntwo\r\n--Y\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(forms)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
