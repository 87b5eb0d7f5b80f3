#!/usr/bin/env bats
# aime.bats - AIME data sets from the command line: rows of our own, which are no known problems, and
# the real ones where SLEEPBENCH_DATA names them.

load helpers

setup() { paths; }

rows() {
    cat >rows.jsonl <<'ROWS'
{"id":"1","problem":"A jar holds $n$ beans. It is as shown. Find $n$ if $n+1=8.$","answer":"007"}
{"id":"2","problem":"A $\frac{1}{2}$ bag [asy] x [/asy] is full. How many beans are in it?","answer":"12^\\circ"}
ROWS
}

# Contexts and queries, a line each.
cuts() { python3 -c 'import json, sys
for l in open(sys.argv[1]):
    s = json.loads(l)
    for q in s["queries"]: print(s["context"], q["query"], q["gold"], sep=" / ")' "$1"; }

@test "split cuts LaTeX into statements, repairs, and says what is odd" {
    rows
    run -0 --separate-stderr "$PROGRAM" split aime-2024 --input rows.jsonl --out out.jsonl
    [[ $stderr == *"rows.jsonl:2: LaTeX commands that a JSON escape had broken: 1 repaired"* ]]
    [[ $stderr == *"rows.jsonl:1: no known problem of AIME 2024 or 2025: it keeps its own id"* ]]
    [ "$(cuts out.jsonl)" = 'A jar holds $n$ beans. It is as shown. / Find $n$ if $n+1=8.$ / 7
A $\frac{1}{2}$ bag is full. / How many beans are in it? / 12' ]
    run -0 "$PROGRAM" split aime-2024 --input rows.jsonl --split release --out out.jsonl
    [ "$(cuts out.jsonl | head -n 1)" = 'A jar holds $n$ beans. It is as shown. Find $n$ if $n+1=8. / $ / 7' ]
}

@test "overrides correct a cut, are refused for another wording, and elsewhere" {
    rows
    echo '{"id":"1","expect_statements":3,"drop":[2],"edit":[["beans","peas"]]}' >o.jsonl
    run -0 "$PROGRAM" split aime --input rows.jsonl --set overrides=o.jsonl --out out.jsonl
    [ "$(cuts out.jsonl | head -n 1)" = 'A jar holds $n$ peas. / Find $n$ if $n+1=8.$ / 7' ]
    echo '{"id":"1","expect_statements":2,"drop":[2]}' >o.jsonl
    run -0 "$PROGRAM" split aime --input rows.jsonl --set overrides=o.jsonl --out out.jsonl
    [[ $output == *"aime/1"*"its override is for 2 statements and there are 3"* ]]
    [ "$(cuts out.jsonl | head -n 1)" = 'A jar holds $n$ beans. It is as shown. / Find $n$ if $n+1=8.$ / 7' ]
    echo '{"id":"1","expect_statements":2,"query":3}' >o.jsonl
    run -2 "$PROGRAM" split aime --input rows.jsonl --set overrides=o.jsonl --out none.jsonl
    [[ $output == *'o.jsonl:1: "query" must be a whole number from 1 to 2'* ]]
    [ ! -e none.jsonl ]
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --set overrides=o.jsonl
    [[ $output == *'overrides correct the cuts of aime datasets, but dataset is "jsonl"'* ]]
}

@test "an answer that is no whole number to 999 is an error, or left out" {
    rows
    echo '{"id":"3","problem":"What is $2^{10}$?","answer":1024}' >>rows.jsonl
    run -2 "$PROGRAM" split aime --input rows.jsonl --out none.jsonl
    [[ $output == *'rows.jsonl:3: the answer "1024" is no whole number from 0 to 999'* ]]
    [ ! -e none.jsonl ]
    run -0 "$PROGRAM" split aime --input rows.jsonl --skip-bad --out out.jsonl
    [ "$(cuts out.jsonl | wc -l)" -eq 2 ]
}

@test "a run of an AIME data set is graded by the AIME graders, under their names" {
    rows
    run -0 go a "${SIMPLE[@]}" --model phantom/small --set dataset=aime --input rows.jsonl
    [[ $output == *"no known problem"* ]]
    [ "$(db a 'SELECT group_concat(DISTINCT grader) FROM score')" = aime-strict ]
    grep -q aime-strict runs/a/RESULTS.md
    run -0 "$PROGRAM" grade a --grader release
    [[ $output == *"2 answers graded by aime-release"* ]]
    run -0 "$PROGRAM" export a
    [ "$(grep -c '"status":"[a-z]' <<<"$output")" -eq 2 ]
    "$PROGRAM" split aime --input rows.jsonl --out out.jsonl
    go b "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=splits --input out.jsonl --set grader=aime-strict
    [ "$(db b 'SELECT group_concat(DISTINCT grader) FROM score')" = aime-strict ]
}

@test "the sixty problems, in one file and in two" {
    [ -n "${SLEEPBENCH_DATA:-}" ] || skip "set SLEEPBENCH_DATA"
    cat "$SLEEPBENCH_DATA"/aime/aime_2025.jsonl "$SLEEPBENCH_DATA"/aime/aime_2024.jsonl >both.jsonl
    run -0 "$PROGRAM" split aime --input both.jsonl --out both.splits
    [[ $output == *"60 contexts, 60 queries, split strict"*"6 without a context"* ]]
    [[ $output != *"both.jsonl:"* ]]
    for year in 2024 2025; do
        "$PROGRAM" split "aime-$year" --input "$SLEEPBENCH_DATA/aime/aime_$year.jsonl" --out "$year.splits"
    done
    cmp <(cat 2025.splits 2024.splits) both.splits
    run -2 "$PROGRAM" split aime-2024 --input both.jsonl
    [[ $output == *"both.jsonl:1: this is problem 2025-I-1: choose dataset aime-2025 or aime"* ]]
    cat both.jsonl both.jsonl >twice.jsonl
    run -2 "$PROGRAM" split aime --input twice.jsonl
    [[ $output == *"twice.jsonl:61: problem 2025-I-1 stands in line 1 already"* ]]
}
