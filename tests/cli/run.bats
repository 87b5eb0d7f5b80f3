#!/usr/bin/env bats
# run.bats - runs against the embedded model: resume, sameness, what the commands print and write.

load helpers

setup() { paths; }
teardown() { servers_down; }

# A run of the small plan that nothing disturbed, made once for this file.
setup_file() {
    paths
    cd "$BATS_FILE_TMPDIR"
    go whole "${SMALL[@]}"
}

whole() {
    mkdir -p runs
    cp -R "$BATS_FILE_TMPDIR/runs/whole" runs/whole
}

@test "a run stopped by --max-calls and resumed exports what an uninterrupted one does" {
    local i=0 calls
    whole
    run -4 go cut "${SMALL[@]}" --max-calls 30
    [[ $output == *"stopped at the call limit"*"the same command goes on"* ]]
    [ "$(db cut 'SELECT count(*) FROM call')" -le 30 ]
    while [ "$i" -lt 40 ]; do
        i=$((i + 1))
        calls=$(db cut 'SELECT count(*) FROM call')
        go cut "${SMALL[@]}" --max-calls 60 2>/dev/null && break
        [ "$(db cut 'SELECT count(*) FROM call')" -le $((calls + 60)) ]
    done
    [ "$i" -gt 2 ]
    same_tables whole cut
    same_rows whole cut
    # every conversation went on where it stood: no call more than without a stop
    [ "$(db cut 'SELECT count(*) FROM call')" = "$(db whole 'SELECT count(*) FROM call')" ]
}

@test "--max-tokens stops cleanly and the same command goes on" {
    whole
    run -4 go cut "${SMALL[@]}" --max-tokens 5000 --set concurrency=2
    [[ $output == *"stopped at the token limit"* ]]
    [ "$(db cut 'SELECT count(*) FROM answer')" -eq 0 ]
    go cut "${SMALL[@]}"
    same_tables whole cut
}

@test "a finished run makes no call when it is run again" {
    whole
    local before
    before=$(db whole 'SELECT count(*), max(wall_ms) FROM call')
    go whole "${SMALL[@]}"
    [ "$(db whole 'SELECT count(*), max(wall_ms) FROM call')" = "$before" ]
}

@test "invariant 4: concurrency 1, 8, 64 and 256 give the same tables and rows" {
    whole
    for c in 1 8 64 256; do
        go "c$c" "${SMALL[@]}" --set "concurrency=$c"
        same_tables whole "c$c"
        same_rows whole "c$c"
    done
}

@test "streaming and not give the same tables and rows" {
    whole
    go stream "${SMALL[@]}" --set stream=true
    same_tables whole stream
    same_rows whole stream
    [ "$(db stream "SELECT count(*) FROM call WHERE CAST(response AS TEXT) LIKE 'data:%'")" -gt 100 ]
}

@test "invariant 2: golds rotated by one cluster score what happens to equal the foreign gold" {
    whole
    python3 - runs/whole/run.db plain.jsonl rotated.jsonl <<'PY'
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
clusters = sorted({c for c, in db.execute("SELECT cluster FROM context")})
rows = db.execute("SELECT c.id, c.cluster, cx.body, q.id, qx.body, q.gold, q.stratum FROM query q "
    "JOIN context c ON c.key = q.context JOIN text cx ON cx.key = c.text "
    "JOIN text qx ON qx.key = q.text ORDER BY q.key").fetchall()
first = {}
for r in rows:
    first.setdefault(r[1], r[5])
for path, shift in ((sys.argv[2], 0), (sys.argv[3], 1)):
    with open(path, "w") as f:
        for cid, cluster, ctext, qid, qtext, gold, stratum in rows:
            if shift:
                gold = first[clusters[(clusters.index(cluster) + 1) % len(clusters)]]
            f.write(json.dumps({"id": cid + "/" + qid, "cluster": cluster, "stratum": "",
                "context": ctext.decode(), "queries": [{"id": qid, "query": qtext.decode(),
                "gold": gold, "stratum": stratum}]}) + "\n")
PY
    go plain "${SMALL[@]}" --set dataset=splits --input plain.jsonl --set limit=null
    go rotated "${SMALL[@]}" --set dataset=splits --input rotated.jsonl --set limit=null
    run -0 python3 - runs/plain/run.db runs/rotated/run.db runs/rotated/tables/accuracy.csv <<'PY'
import csv, sqlite3, sys
from fractions import Fraction
plain, rotated = (sqlite3.connect(p) for p in sys.argv[1:3])
cells = "SELECT m.name, c.level, q.id, c.repeat, c.sample, o.value, o.status, q.gold FROM cell c " \
    "JOIN arm m ON m.key = c.arm JOIN query q ON q.key = c.query " \
    "JOIN score o ON o.task = c.task AND o.query = c.query AND o.grader = 'strict'"
foreign = {r[0]: r[1] for r in rotated.execute("SELECT id, gold FROM query")}
hits, n = {}, {}
for arm, level, q, repeat, sample, value, status, gold in plain.execute(cells):
    assert (status == 0) == (value != "" and Fraction(value) == Fraction(gold)), (value, gold, status)
    hit = value != "" and Fraction(value) == Fraction(foreign[q])
    hits[arm, level] = hits.get((arm, level), 0) + hit
    n[arm, level] = n.get((arm, level), 0) + 1
lines = [l for l in open(sys.argv[3]) if not l.startswith("#")]
seen = 0
for row in csv.DictReader(lines):
    key = row["arm"], int(row["level"])
    assert key in n, key
    assert abs(float(row["accuracy"]) - hits[key] / n[key]) < 1e-9, (key, row, hits[key], n[key])
    seen += 1
assert seen == len(n), (seen, len(n))
print("rows", seen, "hits", sum(hits.values()), "of", sum(n.values()))
PY
    [[ $output == "rows "* ]]
}

@test "invariant 5: usage of answers and sleeps = usage of calls = the phantom's ledger" {
    phantom_up --ledger ledger
    go led "${SMALL[@]}" --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\"}]"
    servers_down
    python3 - runs/led/run.db ledger <<'PY'
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
def sums(table):
    return db.execute("SELECT sum(coalesce(in_uncached,0)+coalesce(in_cached,0)+coalesce(in_write,0)), "
        "sum(coalesce(out_visible,0)+coalesce(out_reasoning,0)), sum(out_reasoning) FROM " + table).fetchone()
calls = sums("call")
answers, learned = sums("answer"), sums("learned")
lines = [json.loads(l) for l in open(sys.argv[2])]
led = tuple(sum(l[k] for l in lines) for k in ("prompt_tokens", "completion_tokens", "reasoning_tokens"))
assert calls == led, (calls, led)
assert tuple(a + b for a, b in zip(answers, learned)) == calls, (answers, learned, calls)
assert len(lines) == db.execute("SELECT count(*) FROM call").fetchone()[0]
assert calls[0] > 1000 and calls[1] > 100
PY
}

@test "invariant 7: context and query join to the original problem" {
    printf '%s\n' \
        '{"id":"a","question":"Ann has 3  pears. Ben has 2.5 more. How many pears has Ben?","answer":"#### 5.5"}' \
        '{"id":"b","question":"How much is 2 + 2?","answer":"#### 4"}' \
        '{"id":"c","question":"A shop sells 12 cups. Each costs $3. On Monday, 4 are sold. What is the income?","answer":"#### 12"}' >in.jsonl
    "$PROGRAM" split jsonl --input in.jsonl --out out.jsonl
    run -0 python3 - <<'PY'
import json
norm = lambda s: " ".join(s.split())
want = sorted(norm(json.loads(l)["question"]) for l in open("in.jsonl"))
got = []
for line in open("out.jsonl"):
    s = json.loads(line)
    got += [norm(s["context"] + " " + q["query"]) for q in s["queries"]]
assert sorted(got) == want, got
PY
    go own "${SIMPLE[@]}" --set dataset=jsonl --input in.jsonl --model phantom/small
    [ "$(db own 'SELECT count(*) FROM answer')" = 3 ]
}

@test "--json writes progress as JSON lines, and a log stays without terminal codes" {
    run -0 --separate-stderr "$PROGRAM" run "$CONFIG" --json --set name=j "${SIMPLE[@]}" --set limit=4
    grep -v '^report' <<<"$stderr" | python3 -c '
import json, sys
last = [json.loads(l) for l in sys.stdin][-1]
assert last["done"] == last["total"] > 0 and last["failed"] == 0, last'
    [[ $stderr != *$'\x1b'* ]]
}

@test "status, grade, export and report work on a finished run without a call" {
    whole
    run -0 "$PROGRAM" status whole
    [[ ${lines[0]} =~ ^runs/whole:\ ([0-9]+)\ of\ ([0-9]+)\ tasks\ done ]]
    [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
    run -0 "$PROGRAM" status runs/whole
    local before
    before=$(db whole 'SELECT count(*) FROM call')
    cp -R runs/whole runs/again
    run -0 "$PROGRAM" grade again
    [[ $output == *" answers graded by strict"* ]]
    rm -r runs/again/tables
    run -0 "$PROGRAM" report again
    same_tables whole again
    run -0 "$PROGRAM" grade again --grader apple
    [[ $output == *" answers graded by apple"* ]]
    [ "$(db again 'SELECT count(*) FROM call')" = "$before" ]
    run -2 "$PROGRAM" grade again --grader kind
    [[ $output == *'no grader "kind": there are aime-release, aime-strict, apple, release, strict'* ]]
    run -0 "$PROGRAM" export whole
    [ "${#lines[@]}" = "$(db whole 'SELECT count(*) FROM cell')" ]
    python3 -c 'import json, sys
for l in sys.stdin: assert json.loads(l)["status"] in ("correct", "wrong", "unparsed", "no_answer")' <<<"$output"
}

@test "commands on a run that is not there say so" {
    for c in status grade report export; do
        run -2 "$PROGRAM" "$c" nowhere
        [[ $output == *"there is no run nowhere"* ]]
    done
    [ ! -e runs ]
}

@test "plan counts what run then does, and makes no run" {
    run -0 "$PROGRAM" plan "$CONFIG" "${SMALL[@]}"
    [ ! -e runs ]
    [[ $output =~ ([0-9]+)\ tasks,\ ([0-9]+)\ to\ ([0-9]+)\ calls ]]
    local tasks=${BASH_REMATCH[1]} least=${BASH_REMATCH[2]} most=${BASH_REMATCH[3]}
    # 10 queries: 3 levels (plain, guess, 3 k), pool of 4; 3 sleeps a context
    [ "$tasks" = $((10 * 3 * 5 + 10 * 4 + 10 * 3)) ]
    whole
    [ "$(db whole 'SELECT count(*) FROM task')" = "$tasks" ]
    local calls
    calls=$(db whole 'SELECT count(*) FROM call')
    [ "$calls" -ge "$least" ]
    [ "$calls" -le "$most" ]
    run -0 "$PROGRAM" plan "$CONFIG" "${SMALL[@]}" --set name=whole
    [[ $output == *"runs/whole has $tasks of its $tasks tasks done already"* ]]
}

@test "the raw bytes of every call are in the store, each long text once" {
    whole
    [ "$(db whole 'SELECT count(*) FROM call WHERE length(request) < 20 OR length(response) < 20')" = 0 ]
    [ "$(db whole 'SELECT count(*) - count(DISTINCT digest) FROM text')" = 0 ]
    # no system prompt stands in a request: its first words are only in `text`
    local words
    words=$(head -c 40 "$TOP/configs/prompts/neutral/awake.txt")
    [ "$(db whole "SELECT count(*) FROM call WHERE instr(CAST(request AS TEXT), '$words')")" = 0 ]
    [ "$(db whole "SELECT count(*) FROM text WHERE instr(CAST(body AS TEXT), '$words')")" -gt 0 ]
}

@test "stored requests reassemble to the bytes that the server got" {
    local name more
    phantom_up --ledger ledger
    for name in each concat replace; do
        : >ledger
        case $name in
        each) more=(--set stream=true) ;;
        concat) more=(--set memory_scope=concat --set memory_chars=300) ;;
        replace) more=(--set context_mode=replace --set baseline_prompt=same) ;;
        esac
        go "$name" "${SMALL[@]}" --no-report "${more[@]}" \
            --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\"}]"
        python3 - "runs/$name/run.db" <<'PY'
import collections, hashlib, json, re, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
texts = dict(db.execute("SELECT key, body FROM text"))
short = {b'"': b'\\"', b"\\": b"\\\\", b"\n": b"\\n", b"\t": b"\\t", b"\r": b"\\r", b"\b": b"\\b", b"\f": b"\\f"}
def escape(b):
    return re.sub(rb'["\\\x00-\x1f]', lambda m: short.get(m[0], b"\\u%04x" % m[0][0]), b)
def restore(packed):
    if packed[:3] == b"\0r\0":
        return packed[3:]
    forms = {b"p": lambda t: t, b"e": escape, b"d": lambda t: escape(escape(t))}
    return re.sub(rb"\0([ped])(\d+)\0", lambda m: forms[m[1]](texts[int(m[2])]), packed)
sent = collections.Counter(json.loads(l)["digest"] for l in open("ledger"))
kept = collections.Counter(hashlib.sha256(restore(r)).hexdigest() for r, in db.execute("SELECT request FROM call"))
assert sent == kept, (sys.argv[1], sum((sent - kept).values()), "of", sum(sent.values()))
assert any(b"\0e" in r for r, in db.execute("SELECT request FROM call"))
PY
    done
}

@test "--extend adds k, levels and arms; without it the changed keys are named; dropping is refused" {
    local arms='[{"method":"test_time"},{"method":"sleep_time","k":[1],"sleep":{"temperature":0.7}}]'
    local base=(--no-report --set 'models=["phantom/small"]' --set limit=6)
    go ext "${base[@]}" --set "arms=$arms" --set 'test_budget.levels=[0,2]'
    local before
    before=$(db ext 'SELECT count(*) FROM call')
    arms='[{"method":"test_time"},{"method":"sleep_time","k":[1,3],"sleep":{"temperature":0.7}},{"method":"context_only"}]'
    run -2 go ext "${base[@]}" --set "arms=$arms" --set 'test_budget.levels=[0,2,4]'
    [[ $output == *"another configuration; changed: test_budget.levels, arms."* ]]
    [ "$(db ext 'SELECT count(*) FROM call')" = "$before" ]
    go ext "${base[@]}" --set "arms=$arms" --set 'test_budget.levels=[0,2,4]' --extend
    go fresh "${base[@]}" --set "arms=$arms" --set 'test_budget.levels=[0,2,4]'
    # the same answers in the same places, whatever the order they were planned in
    cmp <("$PROGRAM" export ext | sort) <("$PROGRAM" export fresh | sort)
    [ "$(db ext 'SELECT count(*) FROM call')" = "$(db fresh 'SELECT count(*) FROM call')" ]
    run -2 go ext "${base[@]}" --set "arms=$arms" --set 'test_budget.levels=[0,2]' --extend
    [[ $output == *"--extend only adds"* ]]
    run -2 go ext "${base[@]}" --set "arms=$arms" --set 'test_budget.levels=[0,2,4]' --set seed=2 --extend
    [ "$(db ext 'SELECT count(*) FROM call')" = "$(db fresh 'SELECT count(*) FROM call')" ]
}

@test "efforts reach the model: hidden tokens grow with them, and tables name them" {
    go effort --set 'models=["phantom/large"]' --set limit=40 --set test_budget.kind=effort \
        --set test_budget.levels='["none","low","high"]' --set arms='["test_time"]' --set temperature=null
    python3 - <<'PY'
import csv
rows = {r["level"]: float(r["test_reasoning_tok"] or 0)
        for r in csv.DictReader(l for l in open("runs/effort/tables/accuracy.csv") if l[0] != "#")}
assert list(rows) == ["none", "low", "high"], rows
assert rows["none"] == 0 < rows["low"] < rows["high"], rows
PY
    grep -q '"levels":\["none","low","high"\]' runs/effort/config.json
    "$PROGRAM" export effort | grep -q '"level":"high"'
    run -2 go effort --set test_budget.kind=effort --set test_budget.levels='[1]'
    [[ $output == *'must be efforts such as ["low","high"]'* ]]
}

@test "keys that change no request may change on an existing run" {
    whole
    go whole "${SMALL[@]}" --set concurrency=3 --set stream=true --set cost.t=5 --set attempts=2
    python3 -c 'import json; c = json.load(open("runs/whole/config.json")); assert c["concurrency"] == 3 and c["cost"]["t"] == 5'
}

@test "Ctrl-C drains: what is in flight is kept, exit 4, the same command goes on" {
    local pid rc=0
    mock_up
    SIMPLE_AT "$MOCK_URL" mock-delay=150 40
    "$PROGRAM" run "$CONFIG" --quiet --set name=sig "${AT[@]}" --set concurrency=4 2>sig.err 3>&- &
    pid=$!
    wait_answer sig
    kill -INT "$pid"
    wait "$pid" || rc=$?
    [ "$rc" = 4 ]
    grep -q "stopped by a signal; .* the same command goes on" sig.err
    local n
    n=$(db sig 'SELECT count(*) FROM answer')
    [ "$n" -gt 0 ]
    [ "$n" = "$(db sig 'SELECT count(*) FROM call')" ]
    go sig "${AT[@]}" --set concurrency=40
    [ "$(db sig 'SELECT count(*) FROM call')" = 40 ]
}

@test "Ctrl-C twice quits at once, and what was in flight is asked again" {
    local pid rc=0
    mock_up
    SIMPLE_AT "$MOCK_URL" mock-stall 2
    "$PROGRAM" run "$CONFIG" --quiet --set name=q "${AT[@]}" 2>q.err 3>&- &
    pid=$!
    wait_line runs/q/config.json
    sleep 0.5
    kill -INT "$pid"
    sleep 0.1
    kill -INT "$pid"
    wait "$pid" || rc=$?
    [ "$rc" = 4 ]
    [ "$(db q 'SELECT count(*) FROM call')" = 0 ]
}

@test "a phantom behind an address is still said to be simulated" {
    phantom_up
    go far "${SMALL[@]}" --set limit=3 --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\"}]"
    grep -qi simulated runs/far/RESULTS.md
    [ "$(db far 'SELECT count(*) FROM arm WHERE NOT simulated')" = 0 ]
}

@test "invariant 8: every figure has its data file beside it, with the run's digest" {
    command -v gnuplot >/dev/null || skip "gnuplot is not installed"
    local digest f
    go fig "${SMALL[@]}" --set 'figures=["3","5","7","21"]'
    digest=$(db fig "SELECT value FROM meta WHERE key = 'run_digest'")
    for f in 3 5 7 21; do
        ls runs/fig/figures/*"$f"*.svg >/dev/null
        ls runs/fig/figures/*"$f"*.png >/dev/null
    done
    for f in runs/fig/figures/*.svg; do
        grep -q "$digest" "${f%.svg}.csv"
        grep -qi simulated "$f"
    done
    grep -q "$digest" runs/fig/RESULTS.md
}

@test "--data-dir reaches the phantom, too" {
    mkdir -p mine/configs
    python3 - "$TOP/configs/phantom.json" <<'P'
import json, sys
d = json.load(open(sys.argv[1]))
for m in d["models"].values():
    m.update(explicit_slip=0, implicit_slip=0, misread=0, retrieval_beta=1e6, retrieval_gamma=0)
json.dump(d, open("mine/configs/phantom.json", "w"))
P
    "$PROGRAM" --data-dir mine run "$CONFIG" --quiet --no-report --set name=mine "${SIMPLE[@]}" \
        --set limit=20 --set 'models=["phantom/small"]' --set 'test_budget.levels=[4]'
    [ "$("$PROGRAM" export mine | grep -c '"status":"correct"')" -eq 20 ]
}

@test "an arm that was answered under two names is told of, escaped, and the same each time" {
    go r "${SMALL[@]}"
    [ ! -e runs/r/tables/served.csv ]
    run ! grep -q 'served under' runs/r/RESULTS.md
    python3 - runs/r/run.db <<'PY'
import sqlite3, sys
d = sqlite3.connect(sys.argv[1])
task = d.execute("SELECT min(task) FROM cell WHERE arm = 1").fetchone()[0]
d.execute("UPDATE call SET served = 'acme|`<b>x\n# y' WHERE key >> 16 = ?", (task,))
d.commit()
PY
    "$PROGRAM" report r
    cp runs/r/tables/served.csv runs/r/RESULTS.md .
    python3 - runs/r/run.db RESULTS.md served.csv <<'PY'
import csv, itertools, sqlite3, sys
d = sqlite3.connect(sys.argv[1])
arms = {n for (n,) in d.execute("""SELECT a.name FROM arm a, cell c WHERE c.arm = a.key
    AND c.task = (SELECT min(task) FROM cell WHERE arm = 1)""")}
rows = list(csv.DictReader(itertools.dropwhile(lambda l: l[0] == "#", open(sys.argv[3], newline=""))))
assert {r["arm"] for r in rows} == arms and len(rows) == 2 * len(arms), rows
for a in arms:
    n = d.execute("SELECT count(DISTINCT task) FROM cell c JOIN arm a ON a.key = c.arm WHERE a.name = ?", (a,)).fetchone()[0]
    assert sum(int(r["tasks"]) for r in rows if r["arm"] == a) == n
text = open(sys.argv[2]).read()
line = next(l for l in text.splitlines() if "served under more than one name" in l)
assert "(1)" in line and "acme" in line and "<b>" not in line and "`" not in line.replace("\\`", ""), line
assert not any(l.startswith("# y") for l in text.splitlines())
PY
    "$PROGRAM" report r
    cmp served.csv runs/r/tables/served.csv
    cmp RESULTS.md runs/r/RESULTS.md
}

@test "figure 26 has a series for each budget of the sleeps, and says why it is not there without" {
    command -v gnuplot >/dev/null || skip "gnuplot is not installed"
    local sweep=("${SMALL[@]}" --set 'arms=["test_time","sleep_time"]' --set 'figures=["26"]')
    go one "${sweep[@]}"
    grep -q 'Not drawn: no model sleeps with more than one sleep budget' runs/one/RESULTS.md
    [ ! -e runs/one/figures/figure_26.csv ]
    go sweep "${sweep[@]}" --set 'sleep_budget={"kind":"steps","levels":[1,4]}'
    [ -s runs/sweep/figures/figure_26.png ]
    grep -qi simulated runs/sweep/figures/figure_26.svg
    grep -q "$(db sweep "SELECT value FROM meta WHERE key = 'run_digest'")" runs/sweep/figures/figure_26.csv
    [ "$(grep -v '^#' runs/sweep/figures/figure_26.csv | tail -n +2 | cut -d, -f2 | uniq -c | sed 's/^ *//' | paste -sd,)" = \
        "3 test-time only,3 sleep budget steps:1,3 sleep budget steps:4" ]
    run -2 go bad "${sweep[@]}" --set 'sleep_budget=4'
    [[ $output == *"--set sleep_budget: sleep_budget must be an object"* ]]
    run -2 go bad "${sweep[@]}" --set 'sleep_budget={"kinds":"steps"}'
    [[ $output == *'unknown configuration key "sleep_budget.kinds"'* ]]
    run -2 go bad "${sweep[@]}" --set 'figures=["4"]'
    [[ $output == *"there are 3, 5, 7, 21 and 26"* ]]
}
