#!/usr/bin/env bats
# kill.bats - invariant 6: twenty kill -9 at random moments of a run against a phantom of its own.
#
# Each kill is followed by the same command. In the end the exported tables and rows are those of a
# run that nothing disturbed, and the ledger, the server's own account of completed requests, shows
# none twice beyond what was in flight at the kills. KILL_SEED and KILLS choose others.

load ../cli/helpers

setup() { paths; }
teardown() { servers_down; }

CONCURRENCY=8

# of_run NAME [options]: sets OF, the arguments of this test's plan against the phantom.
of_run() {
    local name=$1
    shift
    OF=(run "$CONFIG" --quiet --set "name=$name" --set bootstrap=100 --set 'figures=[]'
        --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\"}]"
        --set limit=60 --set 'arms.1.k=[1,2,3]' --set 'arms.2.k=[1,2,4]'
        --set "concurrency=$CONCURRENCY" "$@")
}

run_at() {
    of_run "$@"
    "$PROGRAM" "${OF[@]}"
}

# Kills the run at a moment of the seeded generator; sets killed, and begins another run (runs/cut.N
# are those that are done) once all calls are made: later kills would only hit the report.
kill_once() {
    local pid wait_ms rc=0 left
    wait_ms=$((60 + RANDOM % LONGEST_MS))
    of_run cut --no-report
    "$PROGRAM" "${OF[@]}" 2>>cut.err 3>&- &
    pid=$!
    disown "$pid"
    sleep "0.$(printf %03d "$wait_ms")"
    kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
    while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
    # nothing is there before the plan is
    left=$(db cut 'SELECT (SELECT count(*) FROM task)
        - (SELECT count(*) FROM answer) - (SELECT count(*) FROM learned)' 2>/dev/null) || left=all
    echo "kill $killed after $wait_ms ms: $left tasks left"
    if [ "$left" = 0 ]; then
        run_at cut
        finished=$((finished + 1))
        mv runs/cut "runs/cut.$finished"
    fi
}

@test "20 kills at random moments: the same tables, nothing completed twice but what was in flight" {
    local kills=${KILLS:-20} killed=0 finished=0 turns=0 i
    RANDOM=${KILL_SEED:-2026}
    LONGEST_MS=300
    phantom_up --threads 1 --ledger ledger
    run_at whole
    cp ledger ledger.whole
    echo "seed ${KILL_SEED:-2026}"
    while [ "$killed" -lt "$kills" ] && [ "$turns" -lt $((5 * kills)) ]; do
        turns=$((turns + 1))
        kill_once
    done
    [ "$killed" = "$kills" ]
    run_at cut
    mv runs/cut "runs/cut.$((finished + 1))"
    servers_down
    for i in runs/cut.*; do
        same_tables whole "${i#runs/}"
        same_rows whole "${i#runs/}"
        [ "$(db "${i#runs/}" 'PRAGMA integrity_check')" = ok ]
    done
    # each run asks every request of the whole one, and no other; what is asked more often was in
    # flight at a kill; nothing stands twice in a store
    python3 - "$kills" "$CONCURRENCY" <<'PY'
import collections, glob, json, sqlite3, sys
bound = int(sys.argv[1]) * int(sys.argv[2])
lines = [json.loads(l)["digest"] for l in open("ledger")]
n = sum(1 for l in open("ledger.whole"))
whole, cut = collections.Counter(lines[:n]), collections.Counter(lines[n:])
stores = glob.glob("runs/cut.*/run.db")
assert whole.keys() == cut.keys(), "other requests than those of an uninterrupted run"
assert all(cut[d] >= len(stores) * whole[d] for d in whole)
twice = sum(cut.values()) - len(stores) * n
print("requests", n, "runs", len(stores), "completed again", twice, "of at most", bound)
assert 0 <= twice <= bound
for path in stores:
    assert sqlite3.connect(path).execute("SELECT count(*) FROM call").fetchone()[0] == n, path
PY
}

@test "a sleep that was stopped goes on where it stood: no request is made twice" {
    phantom_up --threads 1 --ledger ledger
    local turn sleep=(--no-report --set 'arms=[{"method":"sleep_time"}]' --set limit=20
        --set 'test_budget.levels=[0]')
    for turn in 1 2 3 4 5; do # not i: `run` sets that
        run -4 run_at s "${sleep[@]}" --max-calls 5
    done
    run_at s "${sleep[@]}"
    python3 - ledger <<'PY'
import collections, json, sys
c = collections.Counter(json.loads(l)["digest"] for l in open(sys.argv[1]))
assert max(c.values()) == 1, c.most_common(3)
PY
    [ "$(wc -l <ledger)" = "$(db s 'SELECT count(*) FROM call')" ]
    [ "$(db s 'SELECT sum(calls) FROM learned')" = "$(db s 'SELECT count(*) FROM call c JOIN learned l ON l.task = c.key >> 16')" ]
}
