#!/usr/bin/env bats
# The C splitters and graders against the Python references; goldens are what their makers make.

setup() {
    command -v python3 > /dev/null || skip "python3 is not installed"
    export PYTHONDONTWRITEBYTECODE=1
}

@test "splitters and graders agree with the references" {
    [ -n "${SLEEPBENCH_DATA:-}" ] || skip "set SLEEPBENCH_DATA"
    run python3 scripts/reference/compare.py "$B/tests/mock/pure" "$SLEEPBENCH_DATA"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c ' 0 differ$' <<< "$output")" -eq "$(grep -c ' differ$' <<< "$output")" ]
    [ "$(grep -c ' differ$' <<< "$output")" -ge 12 ]
}

@test "committed goldens are what the references give" {
    python3 scripts/reference/make_goldens.py | cmp - tests/data/grade.test
    python3 scripts/reference/make_numbers.py | cmp - tests/data/number.test
}
