#!/usr/bin/env bats
# batch.bats - sleeps by batches: the same rows as live ones, faults, limits, refusals, money; the
# page of docs; and the phantom's faults on the wire.

load helpers

setup() { paths; }
teardown() { servers_down; }

SLEEP='{"method":"sleep_time","k":[1,2],"sleep":{"temperature":0.7}}'
BY_BATCH=(--set sleep_batch=true --set batch_poll_s=0.02)

# at NAME [options]: a small run of one sleeping arm against the server at PHANTOM_URL.
at() {
    local name=$1
    shift
    go "$name" --no-report --set limit=6 --set "arms=[$SLEEP]" --set 'test_budget.levels=[0,2]' \
        --set bootstrap=100 --set 'figures=[]' \
        --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\"}]" "$@"
}

@test "by batches and live: the same rows; each call knows its batch" {
    phantom_up --ledger ledger --batch-polls 3
    at live
    cp ledger ledger.live
    : >ledger
    at batch "${BY_BATCH[@]}" --set batch_most=5
    same_rows live batch
    cmp <(sort ledger.live) <(sort ledger) # what the server answered, with its usage
    [ "$(db live 'SELECT count(*) FROM call WHERE batch IS NOT NULL')" = 0 ]
    [ "$(db batch 'SELECT count(*) FROM call c JOIN task t ON t.key = c.key >> 16
        JOIN variant v ON v.key = t.variant WHERE (c.batch IS NOT NULL) != v.asleep')" = 0 ]
    [ "$(db batch 'SELECT max(lines) FROM batch')" = 5 ]
    [ "$(db batch 'SELECT sum(lines) FROM batch')" = "$(db batch 'SELECT count(*) FROM call WHERE batch IS NOT NULL')" ]
    [ "$(db batch 'SELECT count(*) FROM batch WHERE state != 3')" = 0 ]
    # streaming is for live calls: no line asks for it, and nothing else changes
    at stream "${BY_BATCH[@]}" --set stream=true
    same_rows live stream
    [ "$(db stream "SELECT count(*) FROM call WHERE CAST(request AS TEXT) LIKE '%\"stream\":true%' AND batch IS NOT NULL")" = 0 ]
    [ "$(db stream "SELECT count(*) FROM call WHERE CAST(response AS TEXT) LIKE 'data:%'")" -gt 0 ]
}

@test "a batch run is replayed without a network" {
    phantom_up
    at batch "${BY_BATCH[@]}" --set stream=true
    "$PROGRAM" report batch
    servers_down
    "$PROGRAM" replay batch --name again --quiet
    same_tables batch again
    cmp <("$PROGRAM" export batch) <("$PROGRAM" export again)
    [ "$(db again 'SELECT count(*) FROM call WHERE batch IS NOT NULL')" = "$(db batch 'SELECT count(*) FROM call WHERE batch IS NOT NULL')" ]
}

@test "Responses and Messages sleep by batches, too" {
    phantom_up
    local api
    for api in openai-responses anthropic-messages; do
        at "$api" "${BY_BATCH[@]}" \
            --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\",\"api\":\"$api\"}]"
        [ "$(db "$api" 'SELECT count(*) FROM learned WHERE empty = 0 AND rethinks > 0')" -gt 0 ]
        [ "$(db "$api" 'SELECT count(*) FROM call WHERE outcome != 1')" = 0 ]
        [ "$(db "$api" 'SELECT count(*) FROM batch WHERE state = 3')" -ge 2 ]
    done
}

@test "faults of every kind, of requests, batches and lines: every task is answered, rows as without" {
    phantom_up
    at calm "${BY_BATCH[@]}"
    servers_down
    # at the same address: tasks and seeds depend on it
    phantom_up --port "$PORT" --ledger ledger --faults \
        429:4,500:3,502:2,503:2,529:2,html:3,reset:3,truncate:3,stall:1,stall_s:0.3,retry_after:0.02,line_errored:8,line_expired:8,batch_expired:20
    at storm "${BY_BATCH[@]}" --set batch_most=6 --set attempts=20
    # rows but for the tokens of attempts that failed, which export does not count
    same_rows calm storm
    [ "$(db storm 'SELECT count(*) FROM call WHERE batch IS NOT NULL AND status = 408')" -gt 0 ]
    [ "$(db storm 'SELECT count(*) FROM call WHERE batch IS NOT NULL AND status = 500')" -gt 0 ]
    # each line that the server answered was taken, once
    [ "$(db storm 'SELECT count(*) FROM call WHERE batch IS NOT NULL AND outcome = 1')" = \
        "$(db storm 'SELECT sum(calls) FROM learned')" ]
    [ "$(db storm 'SELECT count(*) FROM batch_line WHERE open')" = 0 ]
    [ "$(db storm 'SELECT count(*) FROM (SELECT batch, key >> 16 FROM call WHERE batch IS NOT NULL
        GROUP BY 1, 2 HAVING count(*) > 1)')" = 0 ]
}

@test "a batch that fails as a whole ends the run with its words; lines that never work are given up" {
    phantom_up --faults batch_failed:100
    run -4 at whole "${BY_BATCH[@]}"
    [[ $output == *"requests to phantom/small failed as a whole: The batch failed, as --faults wants it."* ]]
    [[ $output == *"with sleep_batch false it asks them one by one"* ]]
    [ "$(db whole 'SELECT count(*) FROM call')" = 0 ]
    [[ $(db whole 'SELECT why FROM batch') == *"as --faults wants it"* ]]
    run -0 at whole # the same run, live
    [ "$(db whole 'SELECT count(*) FROM learned WHERE outcome = 1')" -gt 0 ]
    servers_down

    phantom_up --faults line_errored:100
    run -4 at lines "${BY_BATCH[@]}" --set attempts=3
    [[ $output == *"tasks could not be done (provider_error (status 500)"* ]]
    [ "$(db lines 'SELECT count(*) FROM batch')" = 3 ]
    [ "$(db lines 'SELECT count(*) FROM call')" = $((3 * $(db lines 'SELECT lines FROM batch WHERE key = 1'))) ]
    [ "$(db lines 'SELECT count(*) FROM answer')" = 0 ]
}

@test "--max-calls holds for lines; the same command goes on" {
    phantom_up
    at whole "${BY_BATCH[@]}"
    run -4 at cut "${BY_BATCH[@]}" --max-calls 10
    [[ $output == *"stopped at the call limit"* ]]
    [ "$(db cut 'SELECT count(*) FROM call')" = 10 ]
    at cut "${BY_BATCH[@]}"
    same_rows whole cut
}

@test "a signal leaves batches with the provider; status tells; the same command takes them up" {
    phantom_up --batch-ms 1500
    at whole
    "$PROGRAM" run "$CONFIG" --quiet --set name=cut --no-report --set limit=6 --set "arms=[$SLEEP]" \
        --set 'test_budget.levels=[0,2]' --set bootstrap=100 --set 'figures=[]' "${BY_BATCH[@]}" \
        --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\"}]" 2>cut.err 3>&- &
    local pid=$! i
    for i in {1..200}; do
        [ "$(db cut 'SELECT count(*) FROM batch WHERE state = 2' 2>/dev/null || echo 0)" = 1 ] && break
        sleep 0.02
    done
    kill "$pid"
    wait "$pid" || [ $? = 4 ]
    grep -q 'stopped by a signal; .* batches of them with the provider; the same command goes on' cut.err
    run -0 "$PROGRAM" status cut
    [[ $output == *"batches: 1 are not over, with 12 requests; the run's command takes them up"* ]]
    # and without sleep_batch: what is out is waited for, the rest is live
    at cut
    same_rows whole cut
    [ "$(db cut 'SELECT count(*) FROM batch WHERE state = 3')" = 1 ]
    [ "$(db cut 'SELECT count(*) FROM call WHERE batch IS NOT NULL')" = 12 ]
}

@test "a model without batches, and a price without a batch price, are refused before the first call" {
    phantom_up
    run -2 at none "${BY_BATCH[@]}" \
        --set "models=[{\"name\":\"small\",\"base_url\":\"$PHANTOM_URL\"}]"
    [[ $output == *"model small takes no batches by openai-chat: set sleep_batch false"*"trait batch"* ]]
    echo '[{"id":"small","provider":"phantom","effective_from":"2026-01-01","input":3000000,"output":15000000}]' >prices.json
    run -2 at dear "${BY_BATCH[@]}" --set prices=prices.json
    [[ $output == *"give its row a batch_factor"* ]]
    [ ! -e runs/dear/run.db ] || [ "$(db dear 'SELECT count(*) FROM call')" = 0 ]
}

@test "money: sleeps at the batch price in the plan, while it runs, under --max-cost and in status" {
    phantom_up
    echo '[{"id":"small","provider":"phantom","effective_from":"2026-01-01","input":3000000,"output":15000000,"batch_factor":0.25}]' >prices.json
    at cheap "${BY_BATCH[@]}" --set prices=prices.json
    run -0 "$PROGRAM" status cheap
    # each call of n micro-dollars, of a batch a quarter, rounded half up
    local asleep awake sum='coalesce(3 * (in_uncached + coalesce(in_cached, 0) + coalesce(in_write, 0))
        + 15 * (out_visible + coalesce(out_reasoning, 0)), 0)'
    asleep=$(db cheap "SELECT sum(($sum + 2) / 4) FROM call WHERE batch IS NOT NULL")
    awake=$(db cheap "SELECT sum($sum) FROM call WHERE batch IS NULL")
    [ "$asleep" -gt 0 ] && [ "$awake" -gt 0 ]
    [[ $output == *"(asleep \$$(python3 -c "print('%.6f' % ($asleep / 1e6))" | sed -E 's/(\.[0-9]{2}[0-9]*[1-9])0*$/\1/')"* ]]
    [[ $output == *"awake \$$(python3 -c "print('%.6f' % ($awake / 1e6))" | sed -E 's/(\.[0-9]{2}[0-9]*[1-9])0*$/\1/'))"* ]]
    run -0 "$PROGRAM" plan "$CONFIG" --set "arms=[$SLEEP]" --set limit=6 --set prices=prices.json
    [[ $output != *"go by batches"* ]]
    local live=$output
    run -0 "$PROGRAM" plan "$CONFIG" --set "arms=[$SLEEP]" --set limit=6 --set prices=prices.json "${BY_BATCH[@]}"
    [[ $output == *"sleeps of phantom/small go by batches, at 0.25 of the price"* ]]
    [ "$(grep '^money' <<<"$live")" != "$(grep '^money' <<<"$output")" ]
}

@test "the page docs/BATCHES.md: its blocks run" {
    mkdir bin
    ln -s "$PROGRAM" bin/sleepbench
    [ "$(grep -c '^```sh' "$TOP/docs/BATCHES.md")" = "$(grep -c '^```sh tested$' "$TOP/docs/BATCHES.md")" ]
    {
        echo 'set -euo pipefail; trap '\''kill $(jobs -p) 2>/dev/null || true'\'' EXIT'
        awk '$0 == "```sh tested" {inside = 1; next} /^```$/ {inside = 0} inside' "$TOP/docs/BATCHES.md"
    } >page.sh
    PATH="$PWD/bin:$PATH" bash page.sh >page.out 3>&-
    run -0 cat page.out
    [[ $output == *"sleeps of phantom/small go by batches, at 0.5 of the price"* ]]
    [[ $output == *"runs/night: "* ]]
    [ "$(db night 'SELECT count(*) FROM batch WHERE state = 3')" -gt 0 ]
    [ "$(db hard 'SELECT count(*) FROM task')" = "$(db hard 'SELECT (SELECT count(*) FROM answer) + (SELECT count(*) FROM learned)')" ]
}

@test "phantom --faults: what each does to a connection" {
    local fault
    run -2 "$PROGRAM" phantom --faults teapot:1
    [[ $output == *'--faults: "teapot" is none of 429'* ]]
    for fault in reset truncate stall html 429 503; do
        phantom_up --ledger "ledger.$fault" --faults "$fault:100,stall_s:0.4,retry_after:3"
        run -0 python3 - "$PORT" "$fault" <<'PY'
import http.client, json, sys, time
port, fault = int(sys.argv[1]), sys.argv[2]
body = json.dumps({"model": "small", "seed": 1, "messages": [{"role": "user", "content": "hi"}]})
c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
c.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
began, r = time.monotonic(), c.getresponse()
try:
    got, end = r.read(), "whole"
except http.client.IncompleteRead as e:
    got, end = e.partial, "cut"
except ConnectionResetError:
    got, end = b"", "reset"
took = time.monotonic() - began
want = {"reset": (200, "reset"), "truncate": (200, "cut"), "stall": (200, "whole"), "html": (200, "whole"),
        "429": (429, "whole"), "503": (503, "whole")}[fault]
assert (r.status, end) == want, (r.status, end, got)
if fault == "stall":
    assert 0.35 < took < 5 and json.loads(got)["object"] == "chat.completion", took
if fault == "truncate":
    assert 0 < len(got) < int(r.getheader("Content-Length"))
if fault == "html":
    assert r.getheader("Content-Type") == "text/html" and b"<html>" in got
if fault == "429":
    assert r.getheader("Retry-After") == "3" and json.loads(got)["error"]["code"] == "rate_limit_exceeded"
PY
        servers_down
        # what was not handed over whole is in no ledger
        [ "$(wc -l <"ledger.$fault")" = "$([ "$fault" = stall ] && echo 1 || echo 0)" ]
    done
}
