#!/usr/bin/env bash
# test.sh - installs what the tests need, builds, and passes every gate, or says which failed.
#
#     scripts/test.sh            check lint hdr-check arch-check size
#     scripts/test.sh --long     with the slow tests: kills, concurrency, real rows, foreign peers
#     scripts/test.sh --asan     and the tests once more under the address and undefined sanitizers
#
# A failed gate does not stop the others. WERROR=1 makes warnings errors. SLEEPBENCH_DATA names a
# directory with the real data sets; tests that need it are skipped, with a word, where it is unset.
set -euo pipefail

cd "$(dirname "$0")/.."
check=check
asan=
for arg in "$@"; do
    case $arg in
    --long) check=check-long ;;
    --asan) asan=1 ;;
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"
        exit 0
        ;;
    *)
        echo "test.sh: unknown option $arg (--long, --asan)" >&2
        exit 2
        ;;
    esac
done

summary=
failed=0
gate() { # name, command...
    local name=$1 began=$SECONDS verdict=ok
    shift
    echo "== $name: $*"
    "$@" || { verdict=FAILED && failed=1; }
    summary+=$(printf '%-10s %-7s %4d s' "$name" "$verdict" $((SECONDS - began)))$'\n'
}

cores=$(nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
gate install scripts/install-deps.sh --tests
gate build make -s -j "$cores"
gate arch-check make -s arch-check
gate hdr-check make -s hdr-check
gate size make -s size
gate lint make -s lint
gate "$check" make -s -j "$cores" "$check"
[ -z "$asan" ] || gate asan make -s -j "$cores" PROFILE=asan check

printf '\n%s' "$summary"
if [ "$failed" != 0 ]; then
    echo "test.sh: something failed, see above"
    exit 1
fi
echo "test.sh: all gates passed in $SECONDS s"
