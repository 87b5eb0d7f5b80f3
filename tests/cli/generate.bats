#!/usr/bin/env bats
# generate.bats - `sleepbench data generate`: problems from templates and from our own worlds.

load helpers

setup() {
    paths
    CHECK=$TOP/scripts/reference/template_check.py
    export PYTHONDONTWRITEBYTECODE=1
}

# Three templates of our own in t/p1 and t/p2.
templates() {
    python3 - <<'PY'
import json, os
names = "- name = sample(names)\n"
made = {
    "p1/0003": ("{name,Ada} has {n,12} figs. {name,Ada} eats {frac,half} of them and buys {m,3} more. "
                "How many has she?\n#init:\n" + names + "- $n = range(6, 90)\n- $frac = sample(fractions)\n"
                "- $m = range(2, 9)\n- $left = range(1, 99)\n#conditions:\n- is_int(n * frac)\n"
                "- left == n * (1 - frac) + m\n#answer: left",
                "She eats {n*frac} = <<{n}*{frac}>>{int(n*frac)}.\n{left} are left.\n#### {left}"),
    "p2/0003": ("{name,Ada} walks {k,twice} a day, {m,1.5} miles each. {name2,Bo} walks {w,thirty five} miles on "
                "{d,Monday}. {k,Twice} is a lot. How many miles more?\n#init:\n- name, name2 = sample(names, 2)\n"
                "- $k = sample(multiple_ice + multi_times)\n- $m = np.arange(0.5, 4.01, 0.25)\n"
                "- $w = numbers_within(31, 99)\n- d = sample(weekdays)\n",
                "{w} - {k} * {m} = {w - k*m}\n#### {w - k*m}"),
    "p2/0011": ("A die has {s,six-sided} faces. {name,Ada} throws {n,2}.\n#init:\n" + names +
                "- $s = sample([(\"six-sided\", 6), (\"20-sided\", 20)] * 5)\n- $n = list(range(2, 9))*2\n",
                "{s if n > 100 else n}\n#### {s ** 2 // n}"),
}
for name, (question, answer) in made.items():
    os.makedirs("t/" + name[:2], exist_ok=True)
    with open(f"t/{name}.json", "w") as f:
        json.dump({"question": "How many?", "answer": "<<1+1=2>>2\n#### 2", "id_orig": 70 + len(name),
                   "id_shuffled": 1, "question_annotated": question, "answer_annotated": answer}, f)
PY
}

gsm() { "$PROGRAM" data generate gsm-symbolic --templates "$@"; }

@test "same seed, same bytes; a row does not depend on how many and which others are made" {
    templates
    gsm t --out a.jsonl
    gsm t --out b.jsonl --seed 1 --instances 50
    cmp a.jsonl b.jsonl
    [ "$(wc -l <a.jsonl)" -eq 150 ]
    gsm t --seed 2 --out c.jsonl
    run ! cmp -s a.jsonl c.jsonl
    gsm t --only p2/0003 >one.jsonl
    grep -F '"id":3,' a.jsonl | grep -F '"level":"p2"' | cmp - one.jsonl
    gsm t/p2 --only 0003 | cmp - one.jsonl
    gsm t --level p2 --only 3x,0003 >/dev/null 2>err.txt && false
    grep -q 't: no template 3x of level p2 here' err.txt
    gsm t --level p1 --instances 7 | cmp - <(grep -F '"level":"p1"' a.jsonl | head -n 7)
}

@test "rows have Apple's columns, and the split reads them" {
    templates
    run -0 --separate-stderr gsm t --instances 20 --out rows.jsonl
    [ "$stderr" = "60 problems of 3 templates, seed 1, 0 templates left out" ]
    [ -z "$output" ]
    python3 - <<'PY'
import json
rows = [json.loads(line) for line in open("rows.jsonl")]
assert [list(r) for r in rows] == [["id", "instance", "question", "answer", "original_id",
    "original_question", "original_answer", "level"]] * 60
assert all(r["original_answer"] == "2\n#### 2" and r["original_id"] == 77 for r in rows)
assert [r["instance"] for r in rows] == list(range(20)) * 3
assert not any("<<" in r["answer"] or ".0\n" in r["answer"] + "\n" for r in rows)
assert len({r["question"] for r in rows}) == 60
PY
    "$PROGRAM" split gsm-symbolic-p2 --input rows.jsonl --out s.jsonl
    python3 - <<'PY'
import json
rows = {(r["level"], r["id"], r["instance"]): r for r in map(json.loads, open("rows.jsonl"))}
queries = {q["id"]: (s, q) for s in map(json.loads, open("s.jsonl")) for q in s["queries"]}
assert len(queries) == 60
s, q = queries["gsm-symbolic-p2/0003/17"]
row = rows["p2", 3, 17]
assert s["context"] + " " + q["query"] == row["question"], (s, q, row)
assert row["answer"].endswith("\n#### " + q["gold"]) and s["cluster"] == "77"
assert "gsm-symbolic-p2/p1/0003/17" in queries
PY
}

@test "an independent evaluator finds no difference, and finds one that is put there" {
    templates
    gsm t --bindings --out rows.jsonl
    run -0 python3 "$CHECK" t rows.jsonl
    [[ $output == "150 rows of 3 templates, "*" 0 differ" ]]
    sed '5s/#### \([0-9]*\)/#### 9\1/' rows.jsonl >bad.jsonl
    run -1 python3 "$CHECK" t bad.jsonl
    [[ $output == *"should be #### "*" 1 differ" ]]
    sed '105s/"20-sided","value":"20/"20-sided","value":"21/; 105s/"six-sided","value":"6/"six-sided","value":"7/' \
        rows.jsonl >bad.jsonl
    run -1 python3 "$CHECK" t bad.jsonl
    [[ $output == *"is outside of its domain"* ]]
    sed '3s/ figs/  figs/; 7s/ eats/ Eats/' rows.jsonl >bad.jsonl
    run -1 python3 "$CHECK" t bad.jsonl
    [[ $output == *" 2 differ" ]]
}

@test "the public templates: five problems of each, checked" {
    [ -n "${SLEEPBENCH_DATA:-}" ] || skip "set SLEEPBENCH_DATA"
    gsm "$SLEEPBENCH_DATA/gsm_symbolic/templates" --bindings --instances 5 --out few.jsonl
    run -0 python3 "$CHECK" "$SLEEPBENCH_DATA/gsm_symbolic/templates" few.jsonl
    [[ $output == "600 rows of 120 templates, "*" 0 differ" ]]
}

# What is wrong with a template: name, question section, answer section, message.
bad_templates() {
    python3 - <<'PY'
import json, os
N = "{n,5} figs.\n#init:\n- n = range(1, 9)\n"
SUM = ("{v0,1} figs.\n#init:\n" + "".join(f"- v{i} = range(0, 100000)\n" for i in range(18)) + "#conditions:\n- " +
       " + ".join(f"{2 * i + 2}*v{i}" for i in range(18)) + " == 1001\n")
CHAIN = ("{v0,1} figs.\n#init:\n" + "".join(f"- v{i} = range(0, 100000)\n" for i in range(18)) + "#conditions:\n" +
         "".join(f"- v{i} * v{i + 1} > v{i} * v{i + 1} + 0 * v{(i + 5) % 18}\n" for i in range(17)))
TIRING = ("{v0,1} figs.\n#init:\n" + "".join(f"- v{i} = range(0, 9999999)\n" for i in range(64)) + "#conditions:\n" +
          "".join("- " + " + ".join(f"v{(i + k) % 64} * 3 - v{(i + 2 * k) % 64} ** 2" for k in range(9)) + " == 0.5\n"
                  for i in range(64)))
made = {
    "unknown-function": (N + "#conditions:\n- os.system(n)", "#### {n}", "question line 5: unknown function 'os.system'"),
    "unknown-list": ("{n,5} figs.\n#init:\n- n = sample(stars)", "#### {n}", "question line 3: unknown list 'stars'"),
    "zero-condition": (N + "#conditions:\n- n / (n - n) > 1", "#### {n}", "question line 5: division by zero"),
    "zero-answer": (N, "{n}\n{n % 0}\n#### {n}", "answer line 2: division by zero"),
    "zero-gold": (N, "#### {n // (n - n)}", "answer line 1: division by zero"),
    "unsatisfiable": (N + "#conditions:\n- n > 3\n- n < 3", "#### {n}", "no values exist that satisfy all conditions"),
    "constant-false": (N + "#conditions:\n- False", "#### {n}", "question line 5: no values exist"),
    "exponential-sum": (SUM, "#### {v0}", "question line 22: gave up after 2000000 steps"),
    "exponential-chain": (CHAIN, "#### {v0}", "gave up after 2000000 steps"),
    "tiring": (TIRING, "#### {v0}", "gave up after 2000000 steps"),
    "huge-range": ("{n,5} figs.\n#init:\n- n = range(0, 10**15)", "#### {n}", "question line 3: numbers of at most nine digits"),
    "long-range": ("{n,5} figs.\n#init:\n- n = range(0, 10**8)", "#### {n}", "question line 3: a range of more than 10000000 values"),
    "long-list": ("{n,5} figs.\n#init:\n- n = [1] * 10**12", "#### {n}", "question line 3: a list repeated to more than"),
    "power": (N + "#conditions:\n- n ** 10 ** 18 > 1\n- n > 1", "#### {n}", "question line 5: the number does not fit"),
    "power-answer": (N, "#### {9 ** 9 ** 9}", "answer line 1: the number does not fit"),
    "deep": (N + "#conditions:\n- " + "(" * 5000 + "n" + ")" * 5000, "#### {n}", "question line 5: expression is nested too deeply"),
    "long-text": ("x" * (1 << 20), "#### 1", "is larger than 1048576 bytes"),
    "long-section": ("x" * 20000, "#### 1", "a section of more than 16384 bytes"),
    "no-init": ("{n,5} figs.", "#### {n}", "problem text: unknown variable 'n'"),
    "no-text": ("#init:\n- n = range(1, 9)", "#### {n}", "no problem text before #init:"),
    "no-gold": (N, "{n} figs", "the answer has no \"#### {expression}\" line"),
    "no-answer": (N, "", "no text under \"answer_annotated\""),
    "twice": ("{n,5} figs.\n#init:\n- n, n = sample([1, 2, 3], 2)", "#### {n}", "question line 3: 'n' stands twice on the left"),
    "list-key": (N, ["#### {n}"], "\"answer_annotated\" must be a text, not"),
    "unread": ("{a,1}{b,100} figs.\n#init:\n- a = range(1, 9)\n- b = range(100, 999)", "#### {a}", "is not read back as the same values"),
    "backtracking": ("{a,A} {b,B} {c,C} {d,D} {e,E} {f,F}{g,G}{h,H}{i,I} end.\n#init:\n- a,b,c,d,e,f,g,h,i = sample(names, 9)", "#### 1",
                     "is not read back as the same values"),
}
os.makedirs("bad")
with open("cases", "w") as cases:
    for name, (question, answer, message) in made.items():
        with open(f"bad/{name}.json", "w") as f:
            json.dump({"question_annotated": question, "answer_annotated": answer}, f)
        cases.write(f"{name}\t{message}\n")
raw = {
    "json": (b'{"question_annotated": "Two figs.",', "line 1"),
    "array": (b"[1, 2]", "no text under \"question_annotated\""),
    "empty": (b"", "JSON"),
    "keys": (b'{"question": "Two figs.", "answer": "2"}', "no text under \"question_annotated\""),
    "latin1": (b'{"question_annotated": "Zwei \xe4pfel.", "answer_annotated": "#### 2"}', "UTF-8"),
    "id": (b'{"question_annotated": "Two figs.", "answer_annotated": "#### 2", "id_orig": "x"}', "\"id_orig\" must be a whole number"),
}
with open("cases", "a") as cases:
    for name, (text, message) in raw.items():
        open(f"bad/{name}.json", "wb").write(text)
        cases.write(f"{name}\t{message}\n")
PY
}

@test "a bad template is an error that names it, within bounds, and leaves no file" {
    local name message count=0
    bad_templates
    while IFS=$'\t' read -r name message; do
        run -2 timeout 20 "$PROGRAM" data generate gsm-symbolic --templates bad --only "$name" --out out.jsonl
        if [[ $output != *"$name.json"*"$message"* ]]; then
            echo "$name: $output lacks: $message"
            false
        fi
        [ ! -e out.jsonl ]
        count=$((count + 1))
    done <cases
    [ "$count" -eq 32 ]
}

@test "--skip-bad leaves bad templates out, counts and names them" {
    templates
    bad_templates
    cp bad/*.json t/p1/
    run -0 --separate-stderr timeout 60 "$PROGRAM" data generate gsm-symbolic --templates t --skip-bad --instances 2 --out out.jsonl
    [[ $stderr == *"6 problems of 3 templates, seed 1, 32 templates left out" ]]
    [ "$(grep -c '^sleepbench: left out: .*p1/' <<<"$stderr")" -eq 32 ]
    run -2 gsm bad --only json,keys --skip-bad
    [[ $output == *"no problem was made: all of 2 templates were left out"* ]]
}

@test "more problems than there are: a warning and what there is" {
    mkdir small
    cat >small/7.json <<'T'
{"question_annotated": "{n,2} figs.\n#init:\n- n = range(2, 5)", "answer_annotated": "#### {n}"}
T
    run -0 --separate-stderr gsm small --out out.jsonl
    [[ $stderr == *"7.json has only 3 different problems in reach, not 50"* ]]
    [ "$(wc -l <out.jsonl)" -eq 3 ]
}

@test "wrong options and directories" {
    templates
    mkdir nothing
    run -2 "$PROGRAM" data generate gsm-symbolic
    [[ $output == *"--templates DIR is missing"* ]]
    run -2 gsm nothing
    [[ $output == *"nothing: no *.json templates here"* ]]
    run -2 gsm t/p1/0003.json
    [[ $output == *"is a file; a directory of templates is needed"* ]]
    run -2 gsm no/such/dir
    [[ $output == *"no/such/dir"* ]]
    run -2 gsm t --level p3
    [[ $output == *"no *.json templates of level p3 here"* ]]
    run -2 gsm t --instances 0
    [[ $output == *"--instances 0: from 1 to"* ]]
    run -2 gsm t --seed one
    run -2 gsm t --instance 3
    [[ $output == *"did you mean --instances?"* ]]
    run -2 gsm t --out no/such/dir/out.jsonl
    [[ $output == *"no/such/dir"* ]]
    run -2 "$PROGRAM" data generate gsm
    [[ $output == *'"gsm" is no choice here'* ]]
}

@test "worlds: every candidate of a context is a query, and the same as a run asks" {
    "$PROGRAM" data generate worlds/paper-like --out few.jsonl --instances 2 --queries 8 --seed 1
    "$PROGRAM" data generate worlds/paper-like --out all.jsonl --instances 2 --queries all --seed 1
    python3 - <<'PY'
import json
few, every = ([json.loads(line) for line in open(f)] for f in ("few.jsonl", "all.jsonl"))
assert len(few) == len(every) == 60 and all(len(s["queries"]) == 8 for s in few)
for a, b in zip(few, every):
    assert a["context"] == b["context"] and a["queries"] == b["queries"][:8]
    assert len(b["queries"]) >= 60 and len({q["query"] for q in b["queries"]}) == len(b["queries"])
    assert all(q["origin"] == "world" and q["solution"].endswith("#### " + q["gold"]) for q in b["queries"])
PY
    go direct "${SIMPLE[@]}" --no-report --model phantom/small --set world.queries=8 --set world.instances=2 --set seed=1 --set limit=480
    go through "${SIMPLE[@]}" --no-report --model phantom/small --set dataset=splits --input few.jsonl --set seed=1 --set limit=480
    [ "$(db direct 'SELECT hex(id) FROM task ORDER BY 1')" = "$(db through 'SELECT hex(id) FROM task ORDER BY 1')" ]
    [ "$(db direct 'SELECT count(*) FROM answer')" = 480 ]
}

@test "worlds: what is asked first follows P*, in every world, and not the sleeper's law" {
    local world
    for world in paper-like null empty; do
        "$PROGRAM" data generate "worlds/$world" --level p1 --instances 10 --queries all --seed 5 --out w.jsonl --law law.jsonl
        run -0 python3 "$TOP/scripts/reference/world_check.py" w.jsonl law.jsonl
        echo "$world: $output"
    done
    run -1 python3 "$TOP/scripts/reference/world_check.py" w.jsonl law.jsonl sleeper_log_p
    "$PROGRAM" data generate worlds/empty --level p1 --queries 5 --seed 5 --instances 10 --out w5.jsonl --law law5.jsonl
    grep -E '"worlds-empty/[a-z_-]+/[0-9]+/[0-4]"' law.jsonl | cmp - law5.jsonl
}

@test "worlds: wrong options" {
    run -2 "$PROGRAM" data generate worlds/null --queries 500
    [[ $output == *"questions; ask for fewer, or all"* ]]
    run -2 "$PROGRAM" data generate worlds/null --queries some
    [[ $output == *"--queries some: a whole number from 1, or all"* ]]
    run -2 "$PROGRAM" data generate worlds/null --level p3
    [[ $output == *"no level p3"* ]]
    run -2 "$PROGRAM" data generate worlds/null --instances 0
    run -2 "$PROGRAM" data generate worlds/null --law -
    [[ $output == *"standard output cannot be two outputs"* ]]
    run -2 "$PROGRAM" data generate worlds/mars
    run -2 "$PROGRAM" data generate worlds
    [[ $output == *'did you mean "worlds/'* ]]
    run -2 "$PROGRAM" data generate somethingelse
    [[ $output != *'did you mean'* && $output == *'`sleepbench data generate --help` lists them'* ]]
    # two files or none
    mkdir dir
    run -2 "$PROGRAM" data generate worlds/null --instances 1 --law dir --out a.jsonl
    run -2 "$PROGRAM" data generate worlds/null --instances 1 --law a.jsonl --out dir
    run -2 "$PROGRAM" data generate worlds/null --instances 1 --law a.jsonl --out ./a.jsonl
    [[ $output != *"contexts"* ]]
    run -2 "$PROGRAM" data generate worlds/null --instances 1 --law a.jsonl --out ''
    [ -z "$(find . -name "a.jsonl*" -o -name "dir?*")" ]
}
