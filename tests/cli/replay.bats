#!/usr/bin/env bats
# replay.bats - a run made again from what an earlier one recorded: same tables, no network.

load helpers

setup() { paths; }
teardown() { servers_down; }

@test "a replay gives byte-identical tables, usage and times, and reaches no server" {
    phantom_up
    go old "${SMALL[@]}" --base-url "$PHANTOM_URL" --model phantom/small
    servers_down
    SERVERS=()
    run -0 "$PROGRAM" replay old --name new --quiet
    diff -r runs/old/tables runs/new/tables
    calls='SELECT key, served, outcome, status, in_uncached, out_visible, out_reasoning, ready_ns, sent_ns,
        first_ns, done_ns, wall_ms, held_ns FROM call ORDER BY key'
    diff <(db old "$calls") <(db new "$calls")
    grep -q "replayed from.*runs/old/run.db" runs/new/RESULTS.md
}

@test "failed attempts are replayed, too, without waiting for them again" {
    mock_up
    SIMPLE_AT "$MOCK_URL/v1" mock-429-2-after=1 4
    go old "${AT[@]}"
    [ "$(db old 'SELECT count(*) FROM call WHERE status = 429')" -gt 1 ]
    servers_down
    SERVERS=()
    SECONDS=0
    run -0 "$PROGRAM" replay old --name new --quiet
    [ "$SECONDS" -lt 3 ]
    [ "$(db old 'SELECT group_concat(status) FROM call ORDER BY key')" = "$(db new 'SELECT group_concat(status) FROM call ORDER BY key')" ]
    diff <("$PROGRAM" export old) <("$PROGRAM" export new)
}

@test "what was not recorded stays undone and is told, without a row" {
    go old "${SMALL[@]}" --max-calls 20 || [ $? -eq 4 ]
    calls=$(db old 'SELECT count(*) FROM call')
    run -4 "$PROGRAM" replay old --name new --quiet
    [[ $output == *"the earlier run has no answer to the same request"* ]]
    [ "$(db new 'SELECT count(*) FROM call')" = "$calls" ]
    # other words in a request are another request, and another task
    run -4 "$PROGRAM" replay old --name other --quiet --set max_tokens.test=77
    [ "$(db other 'SELECT count(*) FROM call c JOIN task t ON t.key = c.key >> 16 JOIN variant v ON v.key = t.variant WHERE NOT v.asleep')" = 0 ]
}

@test "a replay needs no key, a new name, and a run that is there" {
    mock_up --key secret-key-of-the-test
    SIMPLE_AT "$MOCK_URL/v1" mock 2
    KEY=secret-key-of-the-test go old "${AT[@]}" --set models.0.api_key_env=KEY
    servers_down
    SERVERS=()
    run -0 "$PROGRAM" replay old --name new --quiet
    diff <("$PROGRAM" export old) <("$PROGRAM" export new)
    run -2 "$PROGRAM" replay old --name old
    [[ $output == *"is the run itself"* ]]
    run -2 "$PROGRAM" replay old
    [[ $output == *"usage: sleepbench replay RUN --name NEW"* ]]
    run "$PROGRAM" replay nothing --name new2
    [ "$status" -ne 0 ]
    [[ $output == *"there is no run nothing"* ]]
    [ ! -e runs/new2 ]
}
