#!/usr/bin/env bats
# conformance.bats - every case of the misbehaving server, and that the table can say "no".

load helpers

setup() {
    paths
    RESULTS=$BATS_TEST_TMPDIR/results
    # every item has a case, and enough of them
    awk -F '\t' '/^[A-Z][0-9]/ { print "case-" $1 "\t" $1 "\tpass\tsomething" }' \
        "$TOP/tests/conformance/items.txt" >"$RESULTS"
}

table() { "$TOP/scripts/conformance.sh" --table "$RESULTS"; }

@test "all cases pass, each item has one, and docs/CONFORMANCE.md is what they give" {
    run -0 env B="$B" "$TOP/scripts/conformance.sh" --check
    [[ $output == *" 0 fail, 0 without a case. "* ]]
}

@test "a table of passes is a success" {
    run -0 table
    [[ $output == *"| T1.1 HTTP/1.1 chunked and Content-Length | \`case-T1.1\` | pass |"* ]]
}

@test "one case that fails makes its item and the table fail" {
    printf 'bad\tT1.1 T1.2\tFAIL\tsomething\n' >>"$RESULTS"
    run -1 table
    [[ $output == *"| T1.1 HTTP/1.1 chunked and Content-Length | \`case-T1.1\`, \`bad\` | FAIL |"* ]]
    [[ $output == *" 2 fail, 0 without a case."* ]]
}

@test "an item without a case, an unknown item, a name twice, too few cases: failures" {
    sed -i '/^case-C4.4\t/d' "$RESULTS"
    run -1 table
    [[ $output == *"no case for item C4.4"* ]]
    printf 'case-C4.4\tC4.4 Z9.9\tpass\tsomething\n' >>"$RESULTS"
    run -1 table
    [[ $output == *"there is no item Z9.9"* ]]
    sed -i 's/ Z9.9//' "$RESULTS"
    run -0 table
    printf 'case-C4.4\tC4.4\tpass\tsomething\n' >>"$RESULTS"
    run -1 table
    [[ $output == *"two cases are called case-C4.4"* ]]
    awk -F '\t' '{ items = items " " $2 } END { print "one\t" items "\tpass\tsomething" }' "$RESULTS" >one
    mv one "$RESULTS"
    run -1 table
    [[ $output == *"1 cases, fewer than 80"* ]]
}
