#!/usr/bin/env bats
# split.bats - `sleepbench split`: rows in, contexts and queries out; wrong rows and names.

load helpers

setup() { paths; }

rows() {
    cat >rows.jsonl <<'ROWS'
{"id":"a","question":"Ann has 3 pears. Ben has 2 more than Ann. How many pears has Ben?","answer":"3 + 2 = 5\n#### 5"}
{"id":"b","question":"Ann has 3 pears. Ben has 2 more than Ann. How many pears have both?","answer":"3 + 5 = 8\n#### 8"}
{"id":"c","question":"How much is 2 + 2?","answer":"#### 4"}
{"id":"d","question":"A cup costs $1.50. Mia buys 4 cups, and then how much has she spent?","answer":"#### 6"}
ROWS
}

@test "strict: the last sentence is the query, all before it the context" {
    rows
    run -0 "$PROGRAM" split jsonl --input rows.jsonl --out out.jsonl
    [[ $output == *"queries, split strict"* ]]
    python3 - <<'PY'
import json
out = {}
for line in open("out.jsonl"):
    s = json.loads(line)
    for q in s["queries"]:
        out[q["id"].split("/")[-1]] = (s["context"], q["query"], q["gold"], s.get("flags", []))
assert out["a"] == ("Ann has 3 pears. Ben has 2 more than Ann.", "How many pears has Ben?", "5", []), out["a"]
assert out["b"][1:3] == ("How many pears have both?", "8"), out["b"]
assert out["c"][0] == "" and out["c"][3] == ["empty_context"], out["c"]
assert out["d"][2] == "6"
PY
}

@test "what split writes is read back by the splits dataset, to the same plan" {
    rows
    "$PROGRAM" split jsonl --input rows.jsonl --out out.jsonl
    go direct "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=jsonl --input rows.jsonl
    go through "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=splits --input out.jsonl
    [ "$(db direct 'SELECT hex(id) FROM task ORDER BY 1')" = "$(db through 'SELECT hex(id) FROM task ORDER BY 1')" ]
    [ "$(db direct 'SELECT count(*) FROM answer')" = 4 ]
}

@test "standard output, and an output that cannot be written" {
    rows
    run -0 --separate-stderr "$PROGRAM" split jsonl --input rows.jsonl
    "$PROGRAM" split jsonl --input rows.jsonl --out out.jsonl
    [ "$output" = "$(cat out.jsonl)" ]
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --out no/such/dir/out.jsonl
    [[ $output == *no/such/dir* ]]
}

@test "wrong names and files are said to be wrong" {
    rows
    run -2 "$PROGRAM" split jsonl
    [[ $output == *usage* ]]
    run -2 "$PROGRAM" split nothing --input rows.jsonl
    [[ $output == *'"nothing" is no dataset that is read from a file'* ]]
    run -2 "$PROGRAM" split worlds/null --input rows.jsonl
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --split loose
    [[ $output == *"strict or release"* ]]
    run -2 "$PROGRAM" split jsonl --input gone.jsonl
    [[ $output == *gone.jsonl* ]]
    printf '{"id":"a","question":[7],"answer":"#### 1"}\n' >bad.jsonl
    run -2 "$PROGRAM" split jsonl --input bad.jsonl --out bad.out
    [[ $output == *bad.jsonl*1* ]]
    [ ! -e bad.out ]
}

@test "the real rows: strict and release differ on exactly 350, and strict joins to its source" {
    local file=${SLEEPBENCH_DATA:-}/gsm_symbolic/GSM_p2_t00-39.jsonl
    [ -n "${SLEEPBENCH_DATA:-}" ] && [ -f "$file" ] || skip "set SLEEPBENCH_DATA"
    "$PROGRAM" split gsm-symbolic --input "$file" --split strict --out strict.jsonl
    "$PROGRAM" split gsm-symbolic --input "$file" --split release --out release.jsonl
    run -0 python3 - <<'PY'
import json
def read(path):
    rows = {}
    for line in open(path):
        s = json.loads(line)
        for q in s["queries"]:
            rows[q["id"]] = (s["context"], q["query"], q["gold"], s["cluster"])
    return rows
strict, release = read("strict.jsonl"), read("release.jsonl")
assert len(strict) == len(release) == 2000 and strict.keys() == release.keys()
print(sum(strict[k][:2] != release[k][:2] for k in strict))
PY
    [ "$output" = 350 ]
    # every row of the strict split joins to its source, blanks aside
    python3 - "$file" <<'PY'
import json, sys
norm = lambda s: " ".join(s.split())
want = sorted(norm(json.loads(l)["question"]) for l in open(sys.argv[1]))
got = sorted(norm(s["context"] + " " + q["query"]) for s in map(json.loads, open("strict.jsonl")) for q in s["queries"])
assert got == want
PY
}
