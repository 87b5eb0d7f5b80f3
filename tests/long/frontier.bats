#!/usr/bin/env bats
# frontier.bats - frontiers and costs of 1,000 random cases each against exact fractions, and the
# committed goldens against their makers.

bats_require_minimum_version 1.5.0

setup() {
    command -v python3 > /dev/null || skip "python3 is not installed"
    export PYTHONDONTWRITEBYTECODE=1
}

@test "1,000 random pairs of arms have the frontiers of the definitions" {
    run -0 python3 scripts/reference/frontier_golden.py --check "$B/tests/mock/calculate" 1000 1
    [ "$output" = "frontier: 252000 values of 1000 cases agree, 0 do not" ]
}

@test "1,000 random prices and usages have the costs of the definitions" {
    run -0 python3 scripts/reference/amortize_golden.py --check "$B/tests/mock/calculate" 1000 1
    [ "$output" = "amortize: 29000 values of 1000 cases agree, 0 do not" ]
}

@test "committed goldens are what the references give" {
    python3 scripts/reference/frontier_golden.py | cmp - tests/data/golden_frontier.h
    python3 scripts/reference/amortize_golden.py | cmp - tests/data/golden_amortize.h
}
