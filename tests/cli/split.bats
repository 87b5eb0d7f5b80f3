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
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --out ''
    [[ $output == *"--out needs the name of a file"* ]]
    # what is read is not lost
    cp rows.jsonl kept.jsonl
    ln -s rows.jsonl link.jsonl
    for out in rows.jsonl ./rows.jsonl link.jsonl; do
        run -2 "$PROGRAM" split jsonl --input rows.jsonl --out "$out"
        [[ $output == *"--out $out is the file that is read"* ]]
    done
    cmp rows.jsonl kept.jsonl
}

@test "wrong names and files are said to be wrong" {
    rows
    run -2 "$PROGRAM" split
    [[ $output == *usage* ]]
    run -2 "$PROGRAM" split rows.jsonl
    [[ $output == *"rows.jsonl is a file"*"--input rows.jsonl"* ]]
    run -2 "$PROGRAM" data stats rows.jsonl
    [[ $output == *"rows.jsonl is a file"* ]]
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --split stricct
    [[ $output == *"--split stricct: strict or release"* ]]
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --tail end
    [[ $output == *"--tail end: query or context"* ]]
    run -2 "$PROGRAM" split jsnol --input rows.jsonl
    [[ $output == *'did you mean "jsonl"?'* ]]
    run -2 "$PROGRAM" split quite-another --input rows.jsonl # like none of the names
    [[ $output == *'"quite-another" is not known; `sleepbench help datasets`'* ]]
    run -2 "$PROGRAM" split jsonl
    [[ $output == *"is read from a file"* ]]
    run -2 "$PROGRAM" split nothing --input rows.jsonl
    [[ $output == *'"nothing" is not known'* ]]
    run -2 "$PROGRAM" split worlds/null --input rows.jsonl
    [[ $output == *"remove input"* ]]
    run -2 "$PROGRAM" split splits --input rows.jsonl
    [[ $output == *"split check"* ]]
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --split loose
    [[ $output == *"--split loose: strict or release"* ]]
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --split release --tail context
    [[ $output == *"only the strict rule"* ]]
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --columns theirs
    [[ $output == *"own or released"* ]]
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --compare --out x
    [[ $output == *"remove --out"* ]]
    run -2 "$PROGRAM" split jsonl --input gone.jsonl
    [[ $output == *gone.jsonl* ]]
    printf '{"id":"a","question":[7],"answer":"#### 1"}\n' >bad.jsonl
    run -2 "$PROGRAM" split jsonl --input bad.jsonl --out bad.out
    [[ $output == *bad.jsonl*1* ]]
    [ ! -e bad.out ]
}

@test "a disk that is full while splits go to standard output" {
    [ -w /dev/full ] || skip "no /dev/full"
    rows
    run -1 bash -c '"$0" split jsonl --input rows.jsonl >/dev/full' "$PROGRAM"
    [[ $output == *"cannot write standard output"* ]]
}

@test "a duplicate that comes last leaves nothing on standard output" {
    rows
    head -n 1 rows.jsonl >>rows.jsonl
    run -2 --separate-stderr "$PROGRAM" split jsonl --input rows.jsonl
    [ -z "$output" ]
    [[ $stderr == *'rows.jsonl:5: id "jsonl/a" stands in line 1 already'* ]]
}

@test "--tail context: the note behind the question goes to the context, also in a run's tasks" {
    echo '{"id":"n","question":"Ann has 3 pears. How many has she after a week? Ann eats none.","answer":"3"}' >rows.jsonl
    "$PROGRAM" split jsonl --input rows.jsonl --out query.jsonl
    "$PROGRAM" split jsonl --input rows.jsonl --tail context --out context.jsonl
    grep -qF '"context":"Ann has 3 pears.","queries":[{"id":"jsonl/n","query":"How many has she after a week? Ann eats none."' query.jsonl
    grep -qF '"context":"Ann has 3 pears. Ann eats none.","queries":[{"id":"jsonl/n","query":"How many has she after a week?"' context.jsonl
    go a "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=jsonl --input rows.jsonl --set tail=context
    go b "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=splits --input context.jsonl
    go c "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=jsonl --input rows.jsonl
    [ "$(db a 'SELECT hex(id) FROM task')" = "$(db b 'SELECT hex(id) FROM task')" ]
    [ "$(db a 'SELECT hex(id) FROM task')" != "$(db c 'SELECT hex(id) FROM task')" ]
}

@test "--compare counts the differences by kind and stratum" {
    cat >rows.jsonl <<'ROWS'
{"id":"a","stratum":"cost","question":"A cup costs $1.50. Mia buys 4. How much is it?","answer":"6"}
{"id":"b","stratum":"cost","question":"A cup costs $2. Mia buys 4. How much is it?","answer":"8"}
{"id":"c","stratum":"title","question":"Mia has 4. What has Mrs. Wu?","answer":"4"}
{"id":"d","stratum":"plain","question":"Mia has 4. How many is that?","answer":"4"}
{"id":"e","stratum":"note","question":"Mia has 4. Count them.","answer":"4"}
ROWS
    run -0 "$PROGRAM" split jsonl --input rows.jsonl --compare --json
    python3 - "$output" <<'PY'
import json, sys
rows = {r.pop("stratum"): {k: v for k, v in r.items() if v} for r in map(json.loads, sys.argv[1].splitlines())}
assert rows == {
    "cost": {"rows": 2, "differ": 1, "substance": 1, "decimal_in_context": 1},
    "note": {"rows": 1, "differ": 1, "period_only": 1, "no_question_mark": 1},
    "title": {"rows": 1, "differ": 1, "substance": 1, "title_cut": 1},
    "all": {"rows": 5, "differ": 3, "substance": 2, "period_only": 1, "decimal_in_context": 1, "title_cut": 1,
            "no_question_mark": 1}}, rows
PY
    run -0 "$PROGRAM" split jsonl --input rows.jsonl --compare
    [ "${#lines[@]}" -eq 5 ]
}

@test "--columns released: rows as they are with two columns more, read back to the same splits" {
    cat >rows.jsonl <<'ROWS'
{"id": 0, "instance": 0, "question": "A cup costs $1.50. How much are 4?", "answer": "#### 6", "original_id": 7, "canary": 1.10}
{"id": 0, "instance": 1, "question": "A cup costs $2.50. How much are 4?", "answer": "#### 10", "original_id": 7, "canary": 1.10}
ROWS
    local rule
    for rule in strict release; do
        "$PROGRAM" split gsm-symbolic --input rows.jsonl --split $rule --columns released --out $rule.jsonl
        "$PROGRAM" split gsm-symbolic --input rows.jsonl --split $rule --out a.jsonl
        "$PROGRAM" split gsm-symbolic --input $rule.jsonl --split $rule --out b.jsonl
        cmp a.jsonl b.jsonl
    done
    grep -qF '"canary": 1.10, "stateful_gsm_symbolic_context": "A cup costs $1. 50."' release.jsonl
    # another cut of a file that has the columns takes their place
    "$PROGRAM" split gsm-symbolic --input release.jsonl --columns released --out again.jsonl
    cmp again.jsonl strict.jsonl
    # a program that takes the columns as they are
    python3 - <<'PY'
import json
rows = [json.loads(l) for l in open("strict.jsonl")]
for row in rows: del row["question"]
open("theirs.jsonl", "w").writelines(json.dumps(r) + "\n" for r in rows)
PY
    "$PROGRAM" split gsm-symbolic --input theirs.jsonl --out c.jsonl
    "$PROGRAM" split gsm-symbolic --input rows.jsonl --out a.jsonl
    cmp a.jsonl c.jsonl
}

splits() { # a context with queries of each origin, and one without
    cat >mixed.jsonl <<'ROWS'
{"id":"s1","cluster":"k1","stratum":"x","context":"Ann has 3 pears and 4 plums.","queries":[{"id":"q1","query":"How many pears?","gold":"3","origin":"original"},{"id":"q2","query":"How many plums?","gold":"4","origin":"generated","verified":true,"votes":{"agree":4,"votes":5}},{"id":"q3","query":"How many figs?","gold":"1","origin":"generated","verified":false,"votes":{"agree":1,"votes":5}}]}
{"id":"s2","cluster":"k2","context":"","queries":[{"id":"q4","query":"How much is 2 + 2?","gold":"4"}],"flags":["empty_context"]}
{"id":"s3","cluster":"k1","context":"Ann has 3 pears and 4 plums.","queries":[{"id":"q5","query":"How many fruits?","gold":"seven","origin":"world"}]}
ROWS
}

@test "a file that mixes origins is refused until it is said which queries are wanted" {
    splits
    local base=("${SIMPLE[@]}" --no-report --model phantom/small --set dataset=splits --input mixed.jsonl)
    run -2 go none "${base[@]}"
    [[ $output == *"mixed.jsonl mixes 3 original and 2 generated queries (1 of them verified)"*"set queries"* ]]
    [ ! -e runs/none/run.db ]
    local choice
    while read -r choice want; do
        go "$choice" "${base[@]}" --set "queries=$choice"
        [ "$(db "$choice" 'SELECT group_concat(id) FROM (SELECT id FROM query ORDER BY id)')" = "$want" ]
    done <<'C'
all q1,q2,q3,q4,q5
original q1,q4,q5
generated q2,q3
verified q1,q2,q4,q5
C
    run -2 go bad "${base[@]}" --set queries=some
    [[ $output == *"all, original, generated or verified"* ]]
    head -n 1 mixed.jsonl | sed 's/{"id":"q2".*false[^}]*}}/{"id":"q9","query":"Why?","gold":"1"}/' >plain.jsonl
    go plain "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=splits --input plain.jsonl
    run -2 go empty "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=splits --input plain.jsonl --set queries=generated
    [[ $output == *"has no query for queries = generated"* ]]
    rows
    run -2 go rows "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=jsonl --input rows.jsonl --set queries=all
    [[ $output == *"split file"* ]]
}

@test "split check: what is in a file" {
    splits
    run -0 "$PROGRAM" split check mixed.jsonl
    [ "${lines[0]}" = "2 contexts, 5 queries (1 to 4 a context)" ]
    [ "${lines[1]}" = 'origin: 2 original (1 without the key "origin", which means original), 2 generated (1 of them verified), 1 world' ]
    [ "${lines[2]}" = "1 empty context, 0 repeated queries (equal text, equal context)" ]
    [ "${lines[3]}" = "longest context: 28 characters (s1), longest query: 18 characters (q4)" ]
    [[ ${lines[4]} == "note: 1 gold is no number"*"q5" ]]
    [[ ${lines[5]} == *"needs queries"* ]]
}

@test "split check: all that is wrong, with line and key" {
    splits
    local s='"cluster":"c","context":"","queries"' q='"query":"Why?","gold":"1"'
    cat >>mixed.jsonl <<ROWS
{"id":"s4",$s:[{"id":"q6",$q,"origin":"mine"}]}
{"id":"s5",$s:[{"id":"q7",$q},{"id":"q8",$q,"verified":"yes"}]}
{"id":"s6",$s:[{"id":"q9",$q,"votes":{"agree":6,"votes":5}}]}
{"id":"s7",$s:[{"id":"q10",$q,"votes":"4/5"}]}
{"id":"s8",$s:[{"id":"q11",$q,"colour":"red"}]}
{"id":"s9",$s:[{"id":"q12","query":" ","gold":"1"}]}
{"id":"s1",$s:[{"id":"q1",$q}]}
{"id":"s10",$s:[{"id":"q13",$q}],"flags":["odd"]}
nothing
{"id":"s11",$s:[{"id":"q14",$q}],"note":1}
ROWS
    run -2 --separate-stderr "$PROGRAM" split check mixed.jsonl
    echo "$output"
    local i=0 want=(':4: query 1: "origin" must be original, generated or world'
        ':5: query 2: "verified" must be true or false' ':6: query 1: "votes" must be' ':7: query 1: "votes" must be'
        ':8: query 1: unknown key "colour"' ':9: query 1: "query" is empty' ':11: "flags" may hold' ':12: column 1'
        ':13: unknown key "note"' ':10: the split id "s1" stands in line 1 already'
        ':10: the query id "q1" stands in line 1 already')
    for ((i = 0; i < ${#want[@]}; i++)); do [[ ${lines[i]} == "mixed.jsonl${want[i]}"* ]]; done
    [ "$stderr" = "sleepbench: mixed.jsonl: 11 problems" ]
    for i in {1..30}; do echo "{}"; done >many.jsonl
    run -2 "$PROGRAM" split check many.jsonl
    [ "$(grep -c '^many.jsonl:[0-9]' <<<"$output")" -eq 20 ]
    [[ $output == *"... and 10 more"* ]]
    run -2 "$PROGRAM" split check
    [[ $output == *usage* ]]
}

# The schema by a validator of its own, on the same lines as our reader.
@test "the schema accepts and refuses what the reader does" {
    python3 -c 'import jsonschema' 2>/dev/null || skip "python3 has no jsonschema"
    splits
    rows
    "$PROGRAM" split jsonl --input rows.jsonl --out ours.jsonl
    "$PROGRAM" split worlds/null --out world.jsonl 2>/dev/null
    python3 - "$TOP/docs/split.schema.json" "$PROGRAM" <<'PY'
import copy, json, subprocess, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
good = [json.loads(l) for name in ("mixed.jsonl", "ours.jsonl") for l in open(name)]
good += [json.loads(l) for l in open("world.jsonl")][:20]
def ours(value):
    json.dump(value, open("one.jsonl", "w"))
    return subprocess.run([sys.argv[2], "split", "check", "one.jsonl"], capture_output=True).returncode == 0
for value in good:
    assert validator.is_valid(value) and ours(value), value
n = 0
def mutants(value):
    for key in list(value):
        for new in (None, 7, "", [], {}, True, "x", 1.5, -1):
            yield {**value, key: new}
        yield {k: v for k, v in value.items() if k != key}
    yield {**value, "extra": 1}
for value in mutants(good[0]):
    n += 1
    assert validator.is_valid(value) == ours(value), value
for query in mutants(good[0]["queries"][1]):
    value = copy.deepcopy(good[0])
    value["queries"] = [query]
    n += 1
    assert validator.is_valid(value) == ours(value), value
for votes in ({"agree": 1}, {"agree": 1, "votes": 0}, {"agree": 1, "votes": 70000}, {"agree": 1, "votes": 2, "x": 1}):
    value = copy.deepcopy(good[0])
    value["queries"][0]["votes"] = votes
    n += 1
    assert validator.is_valid(value) == ours(value) == False, value
assert n > 100, n
PY
}

@test "data stats: Table 1's columns, lengths and golds" {
    splits
    run -0 "$PROGRAM" data stats --input mixed.jsonl
    [[ ${lines[0]} == dataset*questions*contexts*original_questions*generated_questions* ]]
    [ "$(tr -s ' ' <<<"${lines[1]}")" = "splits 5 2 2 2" ]
    # counts are whole, means have a decimal, and there is no blank line at the end
    [ "$(tr -s ' ' <<<"$output" | grep -c '^[a-z_]* [0-9]*\.[0-9]$')" -eq 3 ]
    [[ $(tr -s ' ' <<<"$output") == *"verified_questions 1"$'\n'*"context_chars_mean 22.4"$'\n'*"queries_per_context_mean 2.5"$'\n'* ]]
    run -0 --keep-empty-lines "$PROGRAM" data stats --input mixed.jsonl
    [[ $output != *$'\n\n' && $output != *$'\n\n\n'* ]]
    run -0 "$PROGRAM" data stats --input mixed.jsonl --json
    python3 - "$output" <<'PY'
import json, sys
s = json.loads(sys.argv[1])
assert s.pop("strata") == [{"stratum": "", "questions": 1, "contexts": 1}, {"stratum": "x", "questions": 4, "contexts": 1}]
want = dict(dataset="splits", questions=5, contexts=2, original_questions=2, generated_questions=2,
    verified_questions=1, world_questions=1, context_chars_mean=4 * 28 / 5, context_chars_max=28,
    query_chars_mean=(15 + 15 + 14 + 18 + 16) / 5, query_chars_max=18, queries_per_context_min=1,
    queries_per_context_mean=2.5, queries_per_context_max=4, empty_contexts=1, repeated_queries=0,
    altered_queries=0, integer_golds=4, decimal_golds=0, other_golds=1, figures_stripped=0, rows_left_out=0)
assert s == want, {k: (s.get(k), v) for k, v in want.items() if s.get(k) != v}
PY
    rows
    run -0 "$PROGRAM" data stats --input rows.jsonl
    [ "$(tr -s ' ' <<<"${lines[1]}")" = "jsonl 4 4 4 0" ]
    run -0 "$PROGRAM" data stats worlds/null --json
    [[ $output == '{"dataset":"worlds/null","questions":'* ]]
    run -0 "$PROGRAM" data stats worlds/paper-like --json
    [[ $output == *'"original_questions":0,"generated_questions":0,"verified_questions":0,"world_questions":480,'* ]]
    head -n 1 rows.jsonl >one.jsonl
    run -0 --keep-empty-lines "$PROGRAM" data stats --input one.jsonl
    [[ $output != *$'\n\n' ]]
    run -2 "$PROGRAM" data stats --input <(cat rows.jsonl) # its beginning would be read twice
    [[ $output == *"read only once"* ]]
    run -0 "$PROGRAM" data stats jsonl --input <(cat rows.jsonl)
    run -2 "$PROGRAM" data stats
    [[ $output == *usage* ]]
    run -2 "$PROGRAM" data stats jsonl --dataset splits --input rows.jsonl
    [[ $output == *"named twice"* ]]
}

# Any text: context and query join to it, blanks collapsed; there is a query; the same again.
@test "generated text: the two parts join to the problem, once, the same each time" {
    python3 - 7 >rows.jsonl <<'PY'
import json, random, sys
rng = random.Random(int(sys.argv[1]))
parts = ["Mr. ", "Mrs. X ", "$0.7 ", "e.g. this ", "What? ", "End. ", "no. 5 ", "No. Then ", "(Yes.) ", "a ", "!? ",
         "... ", "\u201cSo.\u201d ", "\u00e9t\u00e9. ", "C. ", "20C. ", "\n\n", "\t", ".5 ", "fig. 3 ", "U.S. ", "3. ", "Why"]
for i in range(4000):
    print(json.dumps({"id": i, "question": "".join(rng.choice(parts) for _ in range(rng.randint(1, 12))) + "z",
                      "answer": i}))
PY
    "$PROGRAM" split jsonl --input rows.jsonl --out a.jsonl
    "$PROGRAM" split jsonl --input rows.jsonl --out b.jsonl
    cmp a.jsonl b.jsonl
    "$PROGRAM" split jsonl --input rows.jsonl --tail context --out tail.jsonl
    python3 - <<'PY'
import json
source = {f"jsonl/{r['id']}": " ".join(r["question"].split()) for r in map(json.loads, open("rows.jsonl"))}
def queries(name):
    return [(q["id"], s["context"], q["query"]) for s in map(json.loads, open(name)) for q in s["queries"]]
plain, tail = queries("a.jsonl"), queries("tail.jsonl")
assert [i for i, _, _ in plain] == list(source) == [i for i, _, _ in tail]
for i, c, q in plain:
    assert q and (c + " " + q).strip() == source[i], (i, c, q)
moved = 0
for (i, c, q), (_, c2, q2) in zip(plain, tail):
    assert q.startswith(q2) and sorted((c + q).replace(" ", "")) == sorted((c2 + q2).replace(" ", ""))
    if q != q2:
        moved += 1
        assert (c + " " + q[len(q2):].strip()).strip() == c2 and "?" in q2 and "?" not in q[len(q2):]
assert moved > 100, moved
PY
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
