# real_rows.bats - the example configuration on real GSM-Symbolic rows, the phantom with an answer key.
#
# Plumbing, not science: 2000 questions through all four arms, and what must come out when the
# phantom makes no mistake.

load ../cli/helpers

setup() {
    paths
    [ -n "${SLEEPBENCH_DATA:-}" ] || skip "set SLEEPBENCH_DATA"
    GSM=$SLEEPBENCH_DATA/gsm_symbolic
    EXAMPLE=$TOP/configs/fig3-gsm-p2.json
}

# run_rows NAME [options]
run_rows() {
    local name=$1
    shift
    "$PROGRAM" run "$EXAMPLE" --quiet --set "name=$name" --model phantom/small \
        --input "$GSM/GSM_p2_t00-39.jsonl" --library "$GSM/templates/p2" "$@"
}

# The phantom's parameters with every fault off, and a retrieval that cannot err.
faultless() {
    python3 - "$TOP/configs/phantom.json" <<'P'
import json, sys
d = json.load(open(sys.argv[1]))
for m in d["models"].values():
    m.update(explicit_slip=0, implicit_slip=0, misread=0, retrieval_beta=1e6, retrieval_gamma=0)
json.dump(d, open("faultless.json", "w"))
P
}

@test "the example configuration runs on 2000 real rows in time and space" {
    local began=$SECONDS
    run_rows real
    local seconds=$((SECONDS - began)) bytes calls
    bytes=$(stat -c %s runs/real/run.db)
    calls=$("$PROGRAM" status real | sed -n 's/.* \([0-9]*\) calls$/\1/p')
    echo "# $calls calls, $seconds s, run.db $((bytes >> 20)) MiB" >&3
    [ "$seconds" -lt 180 ]
    [ "$bytes" -le 1500000000 ]
    [ "$("$PROGRAM" export real | wc -l)" -eq 92000 ]
    # library mode draws no figure and says why
    run ! ls runs/real/figures/*.png
    grep -q "answer key" runs/real/RESULTS.md
}

@test "without faults test_time is right on all rows, and guessing works where c holds the answer" {
    faultless
    run_rows exact --set phantom.params=faultless.json --set 'test_budget.levels=[4]' \
        --set 'arms=["test_time",{"method":"sleep_time","k":[1]},"context_only"]' --no-report
    "$PROGRAM" export exact >cells.jsonl
    python3 - <<'P'
import collections, json
right = collections.defaultdict(lambda: collections.Counter())
for line in open("cells.jsonl"):
    r = json.loads(line)
    arm = r["arm"].split()[1]
    right[arm][r["stratum"]] += r["status"] == "correct"
assert sum(right["test_time"].values()) == 2000, sum(right["test_time"].values())
assert len(right["test_time"]) == 40
assert all(n == 50 for n in right["test_time"].values())
same = [t for t in right["test_time"] if right["context_only"][t] == right["sleep_time"][t]]
rest = [t for t in right["test_time"] if t not in same]
assert len(same) == 26 and len(rest) == 14, (len(same), len(rest))
assert all(right["context_only"][t] <= 1 for t in rest), {t: right["context_only"][t] for t in rest}
P
}

@test "under the release split the rows with broken decimals go wrong, and the report counts them" {
    faultless
    run_rows cut --set split=release --set phantom.params=faultless.json \
        --set 'test_budget.levels=[4]' --set 'arms=["test_time"]'
    "$PROGRAM" export cut >cells.jsonl
    [ "$(grep -c '"status":"correct"' cells.jsonl)" -eq 1850 ]
    grep -q "queries that the split rule altered | 150" runs/cut/RESULTS.md
}

@test "the release grader loses the golds written with .0 to whole answers" {
    faultless
    run_rows graded --set phantom.params=faultless.json --set 'test_budget.levels=[4]' \
        --set 'arms=["test_time"]' --no-report
    "$PROGRAM" grade graded --grader release --no-report
    [ "$("$PROGRAM" export graded | grep -c '"status":"correct"')" -le 1953 ]
    "$PROGRAM" grade graded --grader strict --no-report
    [ "$("$PROGRAM" export graded | grep -c '"status":"correct"')" -eq 2000 ]
}
