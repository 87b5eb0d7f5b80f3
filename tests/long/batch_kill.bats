#!/usr/bin/env bats
# batch_kill.bats - kill -9 during batches loses nothing and submits nothing twice.
#
# Kills at random moments, and at every request about batches: before it goes out, when the provider
# has carried it out but the answer is not there yet, and between the answer and its rows. Each is
# followed by the same command. In the end tables and rows are those of a run without a kill, the
# provider was given each batch once, and its ledger has each answer as often as there are runs.
# KILL_SEED and KILLS choose others.

load ../cli/helpers

setup() { paths; }

teardown() {
    [ -z "${VICTIM:-}" ] || kill -9 "$VICTIM" 2>/dev/null || true
    servers_down
}

# One arm that sleeps, so that a run is nearly all batches; its few answers are asked one at a time.
# Messages have no seed: there, only temperature 0 gives the same learned contexts again.
of_run() { # NAME URL API
    local arm='{"method":"sleep_time","k":[1,2],"sleep":{"temperature":0.7}}'
    [ "$3" = openai-chat ] || arm='{"method":"sleep_time","k":[1],"sleep":{"temperature":0}}'
    OF=(run "$CONFIG" --quiet --set "name=$1" --set bootstrap=100 --set 'figures=[]'
        --set "arms=[$arm]" --set temperature=0
        --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$2\",\"api\":\"$3\"}]"
        --set limit=10 --set 'test_budget.levels=[0]' --set concurrency=1
        --set sleep_batch=true --set batch_poll_s=0.02 --set batch_most=7)
}

run_at() {
    of_run "$@"
    "$PROGRAM" "${OF[@]}"
}

# Starts the run in the background: sets VICTIM.
start() {
    of_run cut "$@"
    "$PROGRAM" "${OF[@]}" --no-report 2>>cut.err 3>&- &
    VICTIM=$!
    disown "$VICTIM"
}

wait_gone() {
    while kill -0 "$VICTIM" 2>/dev/null; do sleep 0.01; done
    VICTIM=
}

# Tasks without a result; "all" before there is a plan.
left() {
    db cut 'SELECT (SELECT count(*) FROM task)
        - (SELECT count(*) FROM answer) - (SELECT count(*) FROM learned)' 2>/dev/null || echo all
}

# A run whose sleeps are done is finished and set aside: further kills would not hit a batch.
set_aside() { # URL API
    [ "$(db cut 'SELECT (SELECT count(*) FROM task t JOIN variant v ON v.key = t.variant WHERE v.asleep)
        - (SELECT count(*) FROM learned)' 2>/dev/null || echo all)" = 0 ] || return 0
    finish "$@"
}

finish() { # URL API
    run_at cut "$@"
    [ "$(left)" = 0 ]
    finished=$((finished + 1))
    mv runs/cut "runs/cut.$finished"
}

# Everything that must hold when all is done; kills in the answers may have asked one again each.
# Without seeds the ids of calls differ, and so do requests that carry them: they are counted only.
check_all() { # PORT KILLS_AMONG_ANSWERS API
    local i
    run -0 python3 "$BATS_TEST_DIRNAME/batch_kill.py" check "$1" whole $(cd runs && echo cut.*)
    echo "# $output" >&3
    for i in runs/cut.*; do
        same_tables whole "${i#runs/}"
        same_rows whole "${i#runs/}"
        [ "$(db "${i#runs/}" 'PRAGMA integrity_check')" = ok ]
        [ "$(db "${i#runs/}" 'SELECT count(*) FROM call')" = "$(db whole 'SELECT count(*) FROM call')" ]
    done
    servers_down
    python3 - "$2" "$3" <<'PY'
import collections, glob, json, sys
digests = [json.loads(l)["digest"] for l in open("ledger")]
n, runs = sum(1 for _ in open("ledger.whole")), len(glob.glob("runs/cut.*"))
whole, cut = collections.Counter(digests[:n]), collections.Counter(digests[n:])
if sys.argv[2] == "openai-chat":
    assert whole.keys() == cut.keys(), "other requests than those of a run without a kill"
    assert all(cut[d] >= runs * whole[d] for d in whole)
again = sum(cut.values()) - runs * n
print(n, "requests a run,", runs, "runs,", again, "answered again, of at most", sys.argv[1])
assert 0 <= again <= int(sys.argv[1])
PY
}

random_kills() { # API
    local kills=${KILLS:-20} killed=0 finished=0 turns=0 among=0 wait_ms
    RANDOM=${KILL_SEED:-2026}
    phantom_up --ledger ledger --batch-polls 3
    run_at whole "$PHANTOM_URL" "$1"
    cp ledger ledger.whole
    while [ "$killed" -lt "$kills" ] && [ "$turns" -lt $((6 * kills)) ]; do
        turns=$((turns + 1))
        wait_ms=$((40 + RANDOM % 360))
        start "$PHANTOM_URL" "$1"
        sleep "0.$(printf %03d "$wait_ms")"
        kill -9 "$VICTIM" 2>/dev/null && killed=$((killed + 1))
        wait_gone
        [ "$(db cut 'SELECT count(*) FROM answer' 2>/dev/null || echo 0)" = 0 ] || among=$((among + 1))
        echo "kill $killed after $wait_ms ms: $(left) tasks left, batches" \
            "$(db cut 'SELECT group_concat(state, " ") FROM batch' 2>/dev/null)"
        set_aside "$PHANTOM_URL" "$1"
    done
    [ "$killed" = "$kills" ]
    finish "$PHANTOM_URL" "$1"
    # a kill behind the last sleep may hit one answer, before its row or after
    check_all "$PORT" "$((among + finished))" "$1"
}

@test "openai: 20 kills at random moments" { random_kills openai-chat; }
@test "anthropic: 20 kills at random moments" { random_kills anthropic-messages; }

# Kills at the first and the second request of each kind that one process makes, in each of the ways.
# What stands behind a step that makes things is looked for by the lists that the next step kills in.
kills_at_requests() { # API STEP...
    local finished=0 when n step order killed api=$1
    shift
    mkdir state
    touch state/done
    phantom_up --ledger ledger --batch-polls 2
    python3 "$BATS_TEST_DIRNAME/batch_kill.py" proxy "$PORT" "$PWD/state" >proxy.port 2>proxy.err 3>&- &
    SERVERS+=($!)
    wait_line proxy.port
    local url=http://127.0.0.1:$(tr -dc 0-9 <proxy.port)/v1
    run_at whole "$url" "$api"
    cp ledger ledger.whole
    for n in 1 2; do
        for when in before after sent0 sent2; do
            for step in "$@"; do
                order="$n $when $step"
                echo "$order" >state/order.new
                start "$url" "$api"
                echo "$VICTIM" >state/victim
                mv state/order.new state/order
                wait_gone
                echo "order $order: $([ -e state/order ] && echo not met), $(left) tasks left"
                rm -f state/order # this process made no such request
                set_aside "$url" "$api"
            done
        done
    done
    finish "$url" "$api"
    killed=$(wc -l <state/done)
    echo "# $killed kills: $(cut -d' ' -f2-4 state/done | cut -d: -f1 | sort | uniq -c |
        awk '{printf "%s%s x %s %s %s", sep, $1, $2, $3, $4; sep = ", "}')" >&3
    [ "$killed" -ge 20 ]
    for step in "$@"; do # each was hit when the provider had carried it out and nobody knew
        grep -qF "after $step" state/done
    done
    check_all "$PORT" 0 "$api"
}

@test "openai: kills at every kind of request, before, in and behind it" {
    kills_at_requests openai-chat 'POST /v1/files' 'GET /v1/batches?' 'GET /v1/files?' \
        'POST /v1/batches' 'GET /v1/batches/' 'GET /v1/files/'
}

@test "anthropic: kills at every kind of request, before, in and behind it" {
    kills_at_requests anthropic-messages 'POST /v1/messages/batches' \
        'GET /v1/messages/batches?' 'GET /v1/messages/batches/msgbatch_'
}
