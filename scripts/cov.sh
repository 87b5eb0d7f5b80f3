#!/bin/sh
# cov.sh - line coverage of the unit and command-line tests; pure modules must reach 90 %.
#
# Pure modules take bytes, numbers and the time as arguments, so nothing excuses an untested line.
set -eu

cd "$(dirname "$0")/.."
pure='
    harness/base/arena.c harness/base/buf.c harness/base/digest.c harness/base/err.c
    harness/base/json.c harness/base/number.c harness/base/outcome.c harness/base/regex.c
    harness/base/rng.c harness/base/str.c harness/base/table.c harness/base/token.c
'
least=90

command -v gcovr >/dev/null || {
    echo "cov: gcovr is missing. Run scripts/install-deps.sh --tests" >&2
    exit 1
}
find build/cov -name '*.gcda' -delete 2>/dev/null || true
make -s PROFILE=cov check
gcovr --root . --object-directory build/cov --exclude 'tests/.*' --exclude 'build/.*' --exclude 'scripts/.*' \
    --csv build/cov/coverage.csv --txt build/cov/coverage.txt build/cov
tail -n 4 build/cov/coverage.txt

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
}' build/cov/coverage.csv -
