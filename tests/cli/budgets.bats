#!/usr/bin/env bats
# budgets.bats - every kind of budget from configuration to table, and what is said of broken ones.

load helpers

setup() { paths; }
teardown() { servers_down; }

# budget NAME KIND LEVELS [options]: one arm over these levels, ten questions of our worlds.
budget() {
    local name=$1 kind=$2 levels=$3
    shift 3
    go "$name" --set limit=10 --set 'arms=["test_time"]' --set bootstrap=100 --set 'figures=[]' \
        --set 'models=["phantom/reasoner"]' --set "test_budget.kind=$kind" \
        --set "test_budget.levels=$levels" "$@"
}

# used NAME: budget, requested, least, most, answers, passed, violated of the table of budgets.
used() {
    grep -v '^#' "runs/$1/tables/budgets.csv" | python3 -c '
import csv, sys
for r in csv.DictReader(sys.stdin):
    print(r["budget"], r["requested_tok"], r["least_tok"], r["most_tok"], r["answers"], r["passed"], r["violated"])'
}

@test "forced budgets are kept to the token, and the table says requested against observed" {
    budget forced forced '[0,16,64]'
    run -0 used forced
    [[ ${lines[0]} == "forced:0 0 0 0 10 0 0" ]]
    [[ ${lines[1]} == "forced:16 16 16 16 10 0 0" ]]
    [[ ${lines[2]} == "forced:64 64 "*" 64 10 0 0" ]]
    # by the calls themselves: thinking and answer are two requests of one task
    [ "$(db forced "SELECT count(*) FROM (SELECT c.key >> 16 FROM call c JOIN task t ON t.key = c.key >> 16
        JOIN variant v ON v.key = t.variant WHERE v.level % 1000 = 16 GROUP BY 1 HAVING count(*) < 2)")" = 0 ]
}

@test "an early end of forced thinking is lengthened as often as asked" {
    budget wait forced '[256]' --set forced_extensions=2
    [ "$(db wait 'SELECT max(extensions) FROM forcing')" = 2 ]
    [ "$(db wait 'SELECT sum(injected) FROM forcing')" -gt 0 ]
    [ "$(db wait 'SELECT count(*) FROM forcing WHERE thinking - injected > 256')" = 0 ]
}

@test "budgets of thinking tokens and of all tokens bind" {
    budget thinking thinking '[32,128]'
    run -0 used thinking
    [[ ${lines[0]} == "thinking:32 32 "*" 32 10 0 0" ]]
    budget most max_tokens '[24,2048]'
    run -0 used most
    [[ ${lines[0]} == "max:24 24 "*" 24 10 0 0" ]]
}

@test "a server that drops budgets is found out, its answers are kept and counted" {
    phantom_up --ignore-budgets
    budget dropped thinking '[16]' \
        --set "models=[{\"name\":\"phantom/reasoner\",\"base_url\":\"$PHANTOM_URL\"}]"
    [ "$(db dropped "SELECT count(*) FROM call WHERE why LIKE '%allowed%' OR why LIKE '%asked%'")" -gt 0 ]
    run -0 used dropped
    [[ ${lines[0]} == "thinking:16 16 "*" 10 "* ]]
    [ "$(echo "${lines[0]}" | cut -d' ' -f7)" -gt 0 ]
    grep -q budget_violated runs/dropped/tables/outcomes.csv
    run -0 "$PROGRAM" status dropped
    [[ $output == *budget_violated* ]]
}

@test "answers by tool: same tasks by another channel, at a higher floor of tokens" {
    budget text verbosity '[0]' --set 'models=["phantom/small"]'
    budget tool verbosity '[0]' --set 'models=["phantom/small"]' --set answer_channel=tool
    [ "$(db tool "SELECT count(*) FROM task JOIN answer ON task = key WHERE length(text) > 0")" = 10 ]
    [ "$(db tool 'SELECT sum(out_visible) FROM answer')" -gt "$(db text 'SELECT sum(out_visible) FROM answer')" ]
    # no task of the one is a task of the other
    db text 'SELECT hex(id) FROM task ORDER BY 1' >text.ids
    db tool 'SELECT hex(id) FROM task ORDER BY 1' >tool.ids
    [ -z "$(comm -12 text.ids tool.ids)" ]
    [ "$(wc -l <text.ids)" = 10 ]
}

@test "budgets that a channel cannot carry are refused before a call" {
    run -2 budget steps steps '[1,4]'
    [[ $output == *"set answer_channel to tool"* ]]
    run -2 budget both forced '[16]' --set answer_channel=tool
    [[ $output == *"set answer_channel to text"* ]]
    [ ! -e runs/steps ] && [ ! -e runs/both ]
}

@test "score: how likely a model finds the questions, by its log-probabilities" {
    go score --set limit=10 --set 'arms=[{"method":"score"}]' --set 'models=["phantom/scorer"]' \
        --set bootstrap=100 --set 'figures=[]'
    # each row again from the raw responses: the sum over the tokens behind the context's
    db score "SELECT count(*), sum(given < 0), sum(given > alone) FROM likelihood" | tr '|' ' ' >counts
    [ "$(cat counts)" = "10 10 10" ]
    grep -q '^# source: simulated' runs/score/tables/likelihood_queries.csv
    [ "$(grep -vc '^#' runs/score/tables/likelihood_queries.csv)" = 11 ]
    run -2 go other --set 'arms=[{"method":"score"}]' --set 'models=[{"name":"x","base_url":"http://127.0.0.1:9/v1"}]'
    [[ $output == *"log-probabilities"*"sleepbench probe"* ]]
}

@test "--retry-errors asks again for what has failed, and for nothing else" {
    mock_up
    SIMPLE_AT "$MOCK_URL/v1" mock-503-firsts=1 4
    run -4 go r "${AT[@]}" --set attempts=1 --set concurrency=1 --max-calls 2
    [ "$(db r 'SELECT count(*) FROM answer')" = 1 ]
    go r "${AT[@]}" --retry-errors --set attempts=1 || [ $? -eq 4 ]
    [ "$(db r 'SELECT count(*) FROM answer')" = 2 ]
    [ "$(db r 'SELECT count(DISTINCT key >> 16) FROM call')" = 2 ]
    go r "${AT[@]}"
    [ "$(db r 'SELECT count(*) FROM answer')" = 4 ]
}

@test "waits that a server asked for, queueing and service are apart" {
    mock_up
    SIMPLE_AT "$MOCK_URL/v1" mock-429-1-after=1-delay=200 2
    go r "${AT[@]}" --set concurrency=1
    # second attempts were held for a second, which is not time in a queue and not service
    [ "$(db r 'SELECT count(*) FROM call WHERE (key & 65535) > 0 AND held_ns BETWEEN 900000000 AND 2000000000')" -ge 1 ]
    [ "$(db r 'SELECT count(*) FROM call WHERE (key & 65535) > 0 AND sent_ns - ready_ns < held_ns')" = 0 ]
    [ "$(db r 'SELECT count(*) FROM call WHERE done_ns - sent_ns > 900000000')" = 0 ]
    run -0 "$PROGRAM" status r
    [[ $output =~ "told to wait"\ +[0-9.]+\ +1[01][0-9][0-9]\. ]]
    [[ $output =~ "served in"\ +[0-9.]+\ +[2-5][0-9][0-9]\. ]]
    [[ $output == *"answered by mock"* ]]
}

@test "a forced answer reads its notes, the same in every dialect of token ids" {
    local d
    for d in completions vllm sglang llama.cpp; do
        go "$d" --set limit=60 --set bootstrap=100 --set 'figures=[]' \
            --set 'arms=["test_time",{"method":"sleep_time"}]' --set test_budget.kind=forced \
            --set 'test_budget.levels=[16]' --set "models=[{\"name\":\"phantom/small\",\"traits\":{\"forcing\":\"$d\"}}]"
        right() { db "$d" "SELECT count(*) FROM score s JOIN task t ON t.key = s.task JOIN variant v ON v.key = t.variant WHERE s.status = 0 AND v.k = $1"; }
        [ "$(right 1)" -ge "$(($(right 0) + 6))" ]
    done
    # llama.cpp's prompts have a BOS more; what is said is the same
    for d in sglang llama.cpp; do
        diff <(db vllm 'SELECT task, outcome, text, out_visible + out_reasoning FROM answer ORDER BY 1') \
            <(db "$d" 'SELECT task, outcome, text, out_visible + out_reasoning FROM answer ORDER BY 1')
    done
}

@test "a plan counts the calls that forcing and scoring take, and a run stays within" {
    local range calls
    FORCED=(--set limit=10 --set 'arms=["test_time"]' --set test_budget.kind=forced --set 'test_budget.levels=[16]'
        --set forced_extensions=1 --set 'models=[{"name":"phantom/small","traits":{"forcing":"vllm"}}]')
    run -0 "$PROGRAM" plan "$CONFIG" --set name=f "${FORCED[@]}"
    range=$(grep -oE '[0-9]+ to [0-9]+ calls' <<<"$output")
    [ "$range" = "50 to 90 calls" ]
    go f "${FORCED[@]}" --set bootstrap=100 --set 'figures=[]'
    calls=$(db f 'SELECT count(*) FROM call')
    [ "$calls" -ge 50 ] && [ "$calls" -le 90 ]
}
