#!/usr/bin/env bash
# Runs test groups and prints one line of counts.
#
#     B=build/release scripts/run-tests.sh unit cli long
#
# unit: every $B/tests/unit/test_* (cmocka), JOBS (default 2) at a time. cli: every tests/cli/*.bats,
# as many at a time; long: every tests/long/*.bats, one at a time. Output is kept and shown for failures only; skipped tests are counted with
# the reasons they give. The tests get B as an absolute path and SLEEPBENCH, the program.
# Exit code 1 if anything failed or a test program died.
set -u
cd "$(dirname "$0")/.." || exit 1
B=${B:-build/release}
case $B in /*) ;; *) B=$PWD/$B ;; esac
export B SLEEPBENCH="$B/sleepbench"
work=$(mktemp -d "${TMPDIR:-/tmp}/sleepbench-tests.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
: > "$work/reasons"

# count PATTERN FILE: lines that match
count() { grep -cE -- "$1" "$2" || true; }

# One unit binary; its output and exit code land beside each other. Runs in a process of its own.
run_one() {
    name=$(basename "$2")
    "$2" > "$1/$name.out" 2> "$1/$name.err" < /dev/null
    echo $? > "$1/$name.rc"
}
export -f run_one

# cmocka counts on standard output while it runs; its closing summary goes to standard error.
take_unit() {
    local name out rc bad skipped told
    name=$(basename "$1")
    out=$work/$name.out
    rc=$(cat "$work/$name.rc" 2> /dev/null || echo 1)
    bad=$(count '^\[  (FAILED|ERROR)  *\] [^-]' "$out")
    skipped=$(count '^\[  SKIPPED \]' "$out")
    told=$(count '^SKIP: ' "$out")
    passed=$((passed + $(count '^\[ +OK \]' "$out")))
    grep '^SKIP: ' "$out" | sed 's/^SKIP: //' >> "$work/reasons"
    while [ "$told" -lt "$skipped" ]; do
        [ -n "${SLEEPBENCH_DATA:-}" ] && echo "$name gives no reason" || echo "set SLEEPBENCH_DATA"
        told=$((told + 1))
    done >> "$work/reasons"
    if [ "$rc" -ne 0 ] || [ "$bad" -gt 0 ]; then
        [ "$bad" -eq 0 ] && bad=1
        failed=$((failed + bad))
        echo "== $name failed (exit code $rc)"
        grep -vE '^\[ (RUN|  +OK) ' "$out"
        cat "$work/$name.err"
    fi
}

run_unit() {
    local tests=("$B"/tests/unit/test_*) t
    for t in "${tests[@]}"; do
        case $t in *.d | *.gc* | *'*') ;; *) [ -x "$t" ] && echo "$t" ;; esac
    done > "$work/list"
    if [ ! -s "$work/list" ]; then
        echo "run-tests: no test programs in $B/tests/unit: make unit builds them" >&2
        failed=$((failed + 1))
        return
    fi
    tr '\n' '\0' < "$work/list" |
        xargs -0 -n 1 -P "${JOBS:-2}" bash -c 'run_one "$0" "$1"' "$work"
    while read -r t; do take_unit "$t"; done < "$work/list"
}

# One bats file; its output and exit code land beside each other.
run_file() {
    bats -t "$2" > "$1/$(basename "$2").tap" 2>&1 < /dev/null
    echo $? > "$1/$(basename "$2").rc"
}
export -f run_file

take_file() { # file
    local name out rc bad
    name=$(basename "$1")
    out=$work/$name.tap
    rc=$(cat "$work/$name.rc" 2> /dev/null || echo 1)
    bad=$(count '^not ok ' "$out")
    grep -E '^ok .* # skip' "$out" | sed -E 's/.* # skip *//; s/^$/no reason given/' >> "$work/reasons"
    grep -E '^# ' "$out" | grep -v '^# (' # what a test wants to be seen
    passed=$((passed + $(count '^ok ' "$out") - $(count '^ok .* # skip' "$out")))
    if [ "$rc" -ne 0 ] || [ "$bad" -gt 0 ]; then
        [ "$bad" -eq 0 ] && bad=1
        failed=$((failed + bad))
        echo "== $1 failed"
        grep -vE '^(ok |1\.\.)' "$out"
    fi
}

# Slow tests measure time, so they have the machine to themselves.
run_bats() {
    local files=("tests/$1"/*.bats) f jobs=${JOBS:-2}
    [ -e "${files[0]}" ] || return
    if ! command -v bats > /dev/null; then
        echo "run-tests: bats is not installed: scripts/install-deps.sh says how" >&2
        failed=$((failed + 1))
        return
    fi
    [ "$1" = long ] && jobs=1
    printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$jobs" bash -c 'run_file "$0" "$1"' "$work"
    for f in "${files[@]}"; do take_file "$f"; done
}

for group in "$@"; do
    case $group in
    unit) run_unit ;;
    cli | long) run_bats "$group" ;;
    *)
        echo "run-tests: unknown group $group (unit, cli, long)" >&2
        exit 2
        ;;
    esac
done

skipped=$(wc -l < "$work/reasons" | tr -d ' ')
sort "$work/reasons" | uniq -c | sed -E 's/^ *([0-9]+) (.*)/skipped \1: \2/'
echo "tests: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
