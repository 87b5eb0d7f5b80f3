#!/usr/bin/env bats
# competition.bats - 200 drawings of each competition problem against brute force.

load ../cli/helpers

setup() { paths; }

@test "6000 drawings are right" {
    export PYTHONDONTWRITEBYTECODE=1
    "$PROGRAM" data generate competition --instances 200 --seed 41 --out rows.jsonl
    run -0 python3 "$TOP/scripts/reference/competition_check.py" rows.jsonl 200
    [ "$output" = "6000 rows of 30 problems agree, 0 do not" ]
}
