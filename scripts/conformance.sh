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
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
B=${B:-build/release}
LEAST=80
HERE=tests/conformance
TABLE=docs/CONFORMANCE.md

# table RESULTS: the document of lines "case items result does", tab-separated, as conform gives.
table() {
    awk -F '\t' -v least="$LEAST" -v head=$HERE/head.md '
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
        while ((getline line < head) > 0) {
            sub(/COUNTS/, items " items, " good " pass, " (items - good - missing) " fail, " \
                (missing + 0) " without a case. " cases " cases, " (cases - failed) " pass.", line)
            print line
        }
        printf "%s", text
        print "\n## Cases\n\n| case | what it does | result |\n|---|---|---|"
        for (i = 1; i <= cases; i++) {
            shown = does[order[i]]
            gsub(/\|/, "\\|", shown)
            print "| `" order[i] "` | " shown " | " result[order[i]] " |"
        }
        if (cases < least) {
            print "conformance: " cases " cases, fewer than " least > "/dev/stderr"
            bad = 1
        }
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

# Files are played side by side: most of the time is waiting.
export B work
printf '%s\0' $HERE/cases/*.case | xargs -0 -n 1 -P "${JOBS:-4}" bash -c '
    name=$(basename "$0")
    "$B"/tests/conformance/conform "$B" "$0" > "$work/$name.out" 2> "$work/$name.err"
    echo $? > "$work/$name.rc"'
for f in $HERE/cases/*.case; do
    name=$(basename "$f")
    cat "$work/$name.out" >> "$work/results"
    cat "$work/$name.err" >&2
    [ "$(cat "$work/$name.rc")" = 0 ] || ok=1
done
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
grep -m 1 ' without a case' "$work/table"
exit $ok
