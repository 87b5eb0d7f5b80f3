/* test_sentence.c - sentence ends, from rules A3 by hand. '|' marks the ends expected. */
#include "splitters/sentence.h"
#include "tests/unit/unit.h"

static void check(const char *marked)
{
    struct buf text = BUF_INIT, got = BUF_INIT;

    for (const char *p = marked; *p; p++)
        if (*p != '|')
            buf_putc(&text, *p);
    struct str s = buf_str(&text);
    for (size_t start = 0, end; start < s.n; start = end) {
        end = sentence_end(s, start);
        assert_true(end > start && end <= s.n);
        buf_str_add(&got, str_slice(s, start, end));
        buf_putc(&got, '|');
    }
    assert_string_equal(buf_cstr(&got), marked);
    buf_release(&text);
    buf_release(&got);
}

static void test_plain(void **state)
{
    (void)state;
    check("Tom has two cats.| Ann has one.| How many in all?|");
    check("No stop at the end|");
    check("One!| Two?!| Three...| Four|");
    check("A blank ends.| |"); /* trailing blanks are a piece of their own: callers trim */
    check(".|");
    check("x|");
}

static void test_decimals_and_lower_case(void **state)
{
    (void)state;
    check("It costs $0.7 a day.| Then $0.5.| 3 days?|");
    check("Bake 1.5 kg.| 20 loaves remain.|");
    check("He paid approx. half.| So?|");
    check("Is it? maybe not.| Yes.|");       /* lower case goes on */
    check("Fin. \xC3\xA9t\xC3\xA9 comes.|"); /* so does an accented small letter */
    check("Fin.| \xC3\x89t\xC3\xA9 comes.|");
    check("Fin.| \xC3\xB7 is a sign.|"); /* U+00F7 is no letter */
    check("a.b.c|");
}

static void test_abbreviations(void **state)
{
    (void)state;
    check("Mr. Lee and Mrs. Lee met Dr. Wu vs. Prof. Ito.| Who?|");
    check("MRS. Lee left.| Why?|");
    check("St. Ives, Mt. Fuji.| End|");
    check("Fruit, e.g. Apples, i.e. Pears.| End|");
    check("See no. 5 and fig. 3.| Then go.|");
    check("He said no.| Then he left.|");
    check("J. Smith ran.| K. Q. Wu won.|");
    check("We went by p.m.| Then home.|"); /* not in the list */
    check("It was 20C.| Then it froze.|"); /* a unit is no initial */
    check("Mr.|");                         /* the end of the text ends all */
    check("Is it Mr.?| No.|");             /* the '?' ends it */
}

static void test_closers(void **state)
{
    (void)state;
    check("She said \"Stop.\"| He did.|");
    check("(It rained.)| Then [so.]| 'Yes.'| No.|");
    check("\xE2\x80\x9CGo.\xE2\x80\x9D| Fast.|");
    check("\xE2\x80\x98Go.\xE2\x80\x99| Fast.|");
    check("take 4 kgs 1/4 off.\"| She left.|");
    check("a (b. c) d.| E|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_decimals_and_lower_case),
        cmocka_unit_test(test_abbreviations),
        cmocka_unit_test(test_closers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
