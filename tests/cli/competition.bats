#!/usr/bin/env bats
# competition.bats - our competition problems: made, solved by brute force, split, run, stamped.

load helpers

setup() {
    paths
    export PYTHONDONTWRITEBYTECODE=1
}

check() { python3 "$TOP/scripts/reference/competition_check.py" "$@"; }

# An effort sweep of the reasoner: `sweep NAME [options]`.
sweep() {
    go "$1" --no-report --set 'arms=["test_time"]' --set 'models=["phantom/reasoner"]' \
        --set test_budget.kind=effort --set 'test_budget.levels=["none","low","medium","high"]' \
        --set bootstrap=100 "${@:2}"
}

@test "every drawing is right by brute force, and so is every worked line" {
    "$PROGRAM" data generate competition --instances 20 --seed 3 --out rows.jsonl
    run -0 check rows.jsonl 20
    [ "$output" = "600 rows of 30 problems agree, 0 do not" ]
}

@test "the check finds a wrong answer and a wrong line" {
    "$PROGRAM" data generate competition --instances 1 --out rows.jsonl
    python3 - <<'PY'
import json
rows = [json.loads(line) for line in open("rows.jsonl")]
def gold(row, n):
    row["answer"] = row["answer"].rsplit(" ", 1)[0] + " " + n
gold(rows[0], "1000")
first, rest = rows[1]["answer"].split("\n", 1)
rows[1]["answer"] = first.rsplit(" ", 1)[0] + " 0.\n" + rest
rows[2]["id"] = "competition/unheard-of/0"
with open("bad.jsonl", "w") as f:
    f.writelines(json.dumps(row) + "\n" for row in rows)
PY
    run -1 check bad.jsonl
    [[ $output == *"1000 is not in 0..999"* ]]
    [[ $output == *", not 0"* ]]
    [[ $output == *"no solver for unheard-of"* ]]
    [[ $output == *"27 rows of 31 problems agree"* ]]
}

@test "rows go through split, with a context each, and equal those of the dataset" {
    "$PROGRAM" data generate competition --instances 2 --seed 1 --out rows.jsonl
    run -0 "$PROGRAM" split jsonl --input rows.jsonl --out rows.split
    [[ $output == *"60 queries"*"0 without a context"* ]]
    "$PROGRAM" split competition --out own.split
    sed 's|"id":"jsonl/|"id":"|g' rows.split | cmp - own.split
}

@test "same seed, same bytes; wrong options are named" {
    "$PROGRAM" data generate competition --instances 3 --out a.jsonl
    "$PROGRAM" data generate competition --instances 3 >b.jsonl
    cmp a.jsonl b.jsonl
    "$PROGRAM" data generate competition --instances 3 --seed 2 >c.jsonl
    run ! cmp -s a.jsonl c.jsonl
    run -2 "$PROGRAM" data generate competition --instances 0
    [[ $output == *"--instances 0: from 1 to"* ]]
    run -2 "$PROGRAM" data generate competition --instances 9999 --out no.jsonl
    [[ $output == *"has only"*"ask for fewer"* ]]
    [ ! -e no.jsonl ]
}

@test "the reasoner's efforts buy right answers with hidden tokens" {
    sweep efforts --set dataset=competition
    "$PROGRAM" report efforts
    python3 - <<'PY'
import csv
rows = list(csv.DictReader(x for x in open("runs/efforts/tables/accuracy.csv") if x[0] != "#"))
assert [r["level"] for r in rows] == ["none", "low", "medium", "high"], rows
right = [int(r["correct"]) for r in rows]
hidden = [float(r["test_reasoning_tok"]) for r in rows]
assert right == sorted(set(right)) and hidden == sorted(set(hidden)), (right, hidden)
assert hidden[0] == 0 and max(float(r["test_visible_tok"]) for r in rows) < 9
PY
    # graded as competition answers are
    grep -q '^| grader | aime-strict |' runs/efforts/RESULTS.md
}

@test "a phantom's run on them is stamped as plumbing, from whatever file they come" {
    "$PROGRAM" data generate competition --instances 1 --out rows.jsonl
    go own "${SIMPLE[@]}" --set dataset=competition --set 'figures=["3"]' --set limit=20
    go rows "${SIMPLE[@]}" --set dataset=jsonl --input rows.jsonl --set 'figures=["3"]' --set limit=20
    for run in own rows; do
        grep -q '^> \*\*SIMULATED' "runs/$run/RESULTS.md"
        grep -q 'knows the solutions of | [1-9][0-9]*: an answer key, so plumbing only' "runs/$run/RESULTS.md"
        grep -q 'No figure is made: the phantom knew the answer key' "runs/$run/RESULTS.md"
        [ ! -e "runs/$run/figures" ] || [ -z "$(ls "runs/$run/figures")" ]
    done
    go worlds "${SIMPLE[@]}" --set limit=4
    run ! grep -q 'answer key' runs/worlds/RESULTS.md
}
