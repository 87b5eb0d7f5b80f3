#!/bin/sh
# cov.sh - line coverage of the unit and command-line tests; pure modules must reach 90 %.
#
# Pure modules take bytes, numbers and the time as arguments, so nothing excuses an untested line.
set -eu

cd "$(dirname "$0")/.."
pure='
    harness/base/arena.c harness/base/buf.c harness/base/digest.c harness/base/err.c
    harness/base/json.c harness/base/lines.c harness/base/number.c harness/base/outcome.c
    harness/base/regex.c harness/base/rng.c harness/base/str.c harness/base/table.c
    harness/base/token.c
    harness/config/config.c harness/config/field.c harness/config/field_print.c
    harness/net/net_header.c harness/net/pace.c harness/net/sse.c
    datasets/item_row.c datasets/template.c datasets/template_*.c datasets/texpr.c
    datasets/texpr_eval.c datasets/world_*.c
    splitters/*.c
    harness/plan/plan.c harness/plan/prompt.c harness/plan/task_id.c
    harness/provider/*.c
    harness/store/pack.c
    harness/run/rethink.c
    harness/phantom/chat.c harness/phantom/mind_*.c harness/phantom/wire*.c
    metrics/*.c
'
least=90

command -v gcovr >/dev/null || {
    echo "cov: gcovr is missing. Run scripts/install-deps.sh --tests" >&2
    exit 1
}
find build/cov -name '*.gcda' -delete 2>/dev/null || true
tests=0
make -s PROFILE=cov check || tests=1
gcovr --root . --object-directory build/cov --exclude 'tests/.*' --exclude 'build/.*' --exclude 'scripts/.*' \
    --csv build/cov/coverage.csv --txt build/cov/coverage.txt build/cov
tail -n 4 build/cov/coverage.txt

# shellcheck disable=SC2086  # patterns are wanted
printf '%s\n' $pure | awk -F , -v least=$least '
FNR == NR { if (FNR > 1) percent[$1] = 100 * $4; next }
NF == 0 { next }
{
    pure++
    if (!($1 in percent))
        line = "no coverage data"
    else if (percent[$1] < least)
        line = sprintf("%.1f %% of lines, %d %% wanted", percent[$1], least)
    else
        next
    print "cov: " $1 ": " line
    low++
}
END {
    print "cov: " pure - low " of " pure " pure modules reach " least " % of lines"
    exit low > 0
}' build/cov/coverage.csv - && exit "$tests"
