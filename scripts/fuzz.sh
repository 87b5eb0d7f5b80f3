#!/bin/sh
# fuzz.sh - runs every target of tests/fuzz for FUZZ_SECONDS (60) from its seeds.
#
# Seeds are in tests/fuzz/corpus/TARGET; what the fuzzer finds on the way goes to build/fuzz. An
# input that breaks a target is named at the end and the exit code is 1.
set -eu

cd "$(dirname "$0")/.."
command -v clang >/dev/null || {
    echo "fuzz: clang is missing. Run scripts/install-deps.sh --fuzz" >&2
    exit 1
}
ls tests/fuzz/fuzz_*.c >/dev/null
make -s PROFILE=fuzz fuzz-targets

broken=
for source in tests/fuzz/fuzz_*.c; do
    target=$(basename "$source" .c)
    found=build/fuzz/corpus/$target
    mkdir -p "$found"
    seeds=tests/fuzz/corpus/$target
    [ -d "$seeds" ] || seeds=
    log=build/fuzz/$target.log
    if "build/fuzz/tests/fuzz/$target" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 \
        -rss_limit_mb=2048 -artifact_prefix="build/fuzz/$target-" -print_final_stats=1 \
        "$found" $seeds >"$log" 2>&1; then
        echo "fuzz: $target: $(awk '/number_of_executed_units/ { print $2 }' "$log") inputs"
    else
        grep -vE '^(INFO|#|\tNEW_FUNC)' "$log" | head -n 40
        broken="$broken $target"
    fi
done
if [ -n "$broken" ]; then
    echo "fuzz: broken:$broken; inputs and logs are build/fuzz/TARGET*" >&2
    exit 1
fi
echo "fuzz: nothing broke"
