#!/usr/bin/env bats
# fuzz.bats - a short fuzzing run of every parser, from the seeds in tests/fuzz/corpus.

@test "no parser breaks on a few seconds of hostile bytes" {
    command -v clang >/dev/null || skip "clang is not installed: scripts/install-deps.sh --fuzz"
    cd "$BATS_TEST_DIRNAME/../.."
    env -u B -u MAKEFLAGS -u MFLAGS -u MAKELEVEL FUZZ_SECONDS=5 scripts/fuzz.sh
}
