#!/usr/bin/env bats
# faults.bats - ten thousand calls under five percent of mixed faults, 128 at a time.

load ../cli/helpers

setup() { paths; }
teardown() { servers_down; }

@test "10,000 calls under 5 % mixed faults: all answered, all usage summed, no call inside a wait" {
    phantom_up --faults 429:1,500:0.7,502:0.6,503:0.6,529:0.6,reset:0.5,stall:0.3,truncate:0.4,html:0.3,retry_after:0.25,stall_s:4 \
        --ledger ledger
    SECONDS=0
    go faults --set world.instances=9 --set limit=2000 --set 'arms=["test_time"]' --set 'figures=[]' \
        --set bootstrap=100 --base-url "$PHANTOM_URL" --model phantom/small --set concurrency=128 \
        --set idle_s=1 --set attempts=12
    echo "# $SECONDS s" >&3
    run python3 "$TOP/tests/long/faults.py" runs/faults/run.db
    echo "# $output" >&3
    [ "$status" -eq 0 ]
    [ "$(db faults 'SELECT count(*) FROM answer')" = 10000 ]
    # every kind of fault was met
    for what in 'status = 429' 'status = 500' 'status = 502' 'status = 503' 'status = 529' \
        "outcome = 12 OR outcome = 13" "outcome = 14" "outcome = 15"; do
        [ "$(db faults "SELECT count(*) FROM call WHERE $what")" -gt 0 ]
    done
    # what the server counted is what the rows hold, but for answers that were cut on their way
    python3 - "$(db faults 'SELECT sum(coalesce(out_visible,0)+coalesce(out_reasoning,0)) FROM call')" \
        "$(db faults 'SELECT count(*) FROM call')" <<'PY'
import json, sys
served = [json.loads(line) for line in open("ledger")]
tokens = sum(r["completion_tokens"] for r in served)
most = max(r["completion_tokens"] for r in served)
lost = len(served) - 10000
assert lost >= 0, lost
assert 0 <= tokens - int(sys.argv[1]) <= lost * most, (tokens, sys.argv[1], lost)
PY
}
