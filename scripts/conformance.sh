#!/usr/bin/env bash
# conformance.sh - plays the cases of the misbehaving server and writes docs/CONFORMANCE.md.
#
#     B=build/release scripts/conformance.sh            run all, write the table
#     B=build/release scripts/conformance.sh --check    run all, compare with the table in the tree
#     scripts/conformance.sh --table RESULTS            print the table of results that are there
#
# Needs the program, the unit tests and tests/conformance/conform, built: make conformance does it.
# Exit code 1 if a case fails, an item of tests/conformance/items.txt has no case, fewer than LEAST
# cases are there, a case of tests/conformance/wrong.case does not fail, or (--check) the table in
# the tree is another one.
set -u
cd "$(dirname "$0")/.." || exit 1
B=${B:-build/release}
LEAST=80
HERE=tests/conformance
TABLE=docs/CONFORMANCE.md

# table RESULTS: the document of lines "case items result does", tab-separated, as conform gives.
table() {
    LC_ALL=C awk -F '\t' -v least="$LEAST" '
    function flush_rows() {
        if (rows != "")
            text = text "\n| item | cases | result |\n|---|---|---|\n" rows
        rows = ""
    }
    NR == FNR {
        if ($1 in does) { print "conformance: two cases are called " $1 > "/dev/stderr"; bad = 1 }
        does[$1] = $4
        order[++cases] = $1
        result[$1] = $3
        failed += $3 != "pass"
        n = split($2, item, " ")
        for (i = 1; i <= n; i++) {
            covered[item[i]] = covered[item[i]] (covered[item[i]] == "" ? "" : ", ") "`" $1 "`"
            if ($3 != "pass")
                fails[item[i]] = 1
        }
        next
    }
    /^#/ || /^$/ { next }
    /^== / { flush_rows(); text = text "\n## " substr($0, 4) "\n"; next }
    /^-- / { flush_rows(); text = text "\n### " toupper(substr($0, 4, 1)) substr($0, 5) "\n"; next }
    {
        items++
        known[$1] = 1
        if (!($1 in covered)) {
            print "conformance: no case for item " $1 ", " $2 > "/dev/stderr"
            missing++
        }
        state = !($1 in covered) ? "no case" : ($1 in fails) ? "FAIL" : "pass"
        good += state == "pass"
        shown = $2
        gsub(/\|/, "\\|", shown)
        rows = rows "| " $1 " " shown " | " covered[$1] " | " state " |\n"
    }
    END {
        flush_rows()
        for (c in covered)
            if (!(c in known)) { print "conformance: there is no item " c > "/dev/stderr"; bad = 1 }
        print "# Conformance"
        print ""
        print "What the program makes of servers that misbehave. Written by `make conformance`, which plays"
        print "every case of `tests/conformance/cases` and puts down what came of it; do not edit. A row is an"
        print "item of the checklist in `tests/conformance/items.txt`; it passes if all of its cases do."
        print ""
        printf "%d items, %d pass, %d fail, %d without a case. %d cases, %d pass.\n", items, good, \
            items - good - missing, missing, cases, cases - failed
        print ""
        print "Most cases go through the program'\''s own network loop, request builder, reader and retry rules,"
        print "against a server (`tests/conformance/conform_server.c`) that plays bytes, pauses, resets and"
        print "closes as the case says. Others run `sleepbench` itself and look at output, exit code and store,"
        print "or name a unit test, which is run. `conform BUILD_DIR FILE --only CASE --show` plays one case"
        print "and shows all that was seen. The cases of `tests/conformance/wrong.case` want what is not so,"
        print "and must fail."
        printf "%s", text
        print "\n## Cases\n\n| case | what it does | result |\n|---|---|---|"
        for (i = 1; i <= cases; i++) {
            shown = does[order[i]]
            gsub(/\|/, "\\|", shown)
            print "| `" order[i] "` | " shown " | " result[order[i]] " |"
        }
        if (cases < least) { print "conformance: " cases " cases, fewer than " least > "/dev/stderr"; bad = 1 }
        exit (bad || missing || failed)
    }' "$1" $HERE/items.txt
}

if [ "${1:-}" = --table ]; then
    table "$2"
    exit
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/conformance.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
ok=0

"$B"/tests/conformance/conform "$B" $HERE/cases/*.case > "$work/results" || ok=1
table "$work/results" > "$work/table" || ok=1

# Wrong expectations must be noticed, each of them.
"$B"/tests/conformance/conform "$B" $HERE/wrong.case > "$work/wrong" 2> /dev/null
if [ ! -s "$work/wrong" ] || cut -f 3 "$work/wrong" | grep -qvx FAIL; then
    echo "conformance: wrong expectations were not noticed:" >&2
    grep -v "	FAIL	" "$work/wrong" >&2
    ok=1
fi

if [ "${1:-}" = --check ]; then
    cmp -s "$work/table" $TABLE || {
        echo "conformance: $TABLE is not what the cases give; run make conformance" >&2
        diff $TABLE "$work/table" | head -20 >&2
        ok=1
    }
else
    cp "$work/table" $TABLE
fi
sed -n '7p' "$work/table"
exit $ok
