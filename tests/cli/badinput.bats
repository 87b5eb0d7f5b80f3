#!/usr/bin/env bats
# badinput.bats - configurations, files, stores and disks that are wrong: message, code, nothing lost.
#
# What servers do wrong is in badinput_server.bats.

load helpers

setup() {
    paths
    TIGHT=
}

teardown() {
    servers_down
    [ -z "$TIGHT" ] || umount "$TIGHT"
}

run_it() { "$PROGRAM" run "$@"; }

# ---- configuration ------------------------------------------------------------------------------

@test "a configuration that is not there, is a directory, or is no JSON" {
    run -2 run_it nowhere.json
    [[ $output == *nowhere.json* ]]
    mkdir dir
    run run_it dir
    [ "$status" -ne 0 ]
    [[ $output == *dir* ]]
    printf '{"name":"x",\n "seed":1,,}' >broken.json
    run -2 run_it broken.json
    [[ $output == *broken.json*"line 2"* ]]
    printf '{"name":"x"}{}' >two.json
    run -2 run_it two.json
    printf '{"name":"x","seed":1,"seed":2}' >twice.json
    run -2 run_it twice.json
    [[ $output == *'names the key "seed" twice'* ]]
    printf '[1]' >list.json
    run -2 run_it list.json
    [[ $output == *"must be an object"* ]]
    [ ! -e runs ]
}

@test "an unknown key is named with its path and the nearest key" {
    printf '{"name":"x","temprature":0}' >c.json
    run -2 run_it c.json
    [[ $output == *'unknown configuration key "temprature"; did you mean "temperature"?'* ]]
    printf '{"name":"x","arms":["test_time",{"method":"pass_at_k","kk":[1]}]}' >c.json
    run -2 run_it c.json
    [[ $output == *'"arms[1].kk"; did you mean "k"?'* ]]
    run -2 run_it "$CONFIG" --set max_tokens.tests=5
    [[ $output == *'did you mean "max_tokens.test"?'* ]]
    run -2 run_it "$CONFIG" --concurrency 5
    [[ $output == *"unknown option --concurrency"* ]]
    run -2 "$PROGRAM" rnu
    [[ $output == *'did you mean "run"?'* ]]
}

@test "values of the wrong type or range name the key" {
    local set want
    while IFS='|' read -r set want; do
        run -2 run_it "$CONFIG" --set "$set"
        [[ $output == *"$want"* ]] || { echo "$set: $output"; false; }
    done <<'TABLE'
seed=half|seed must be a whole number
seed=-1|seed is -1, outside 0
temperature=3|temperature is 3, outside 0 to 2
limit=0|limit is 0, outside 1
stream=1|stream must be true or false
split=loose|split is "loose"; it must be one of strict|release
test_budget.levels=[0,7]|test_budget.levels is 7, outside 0 to 4
test_budget.levels=[1,1]|test_budget.levels names 1 twice
test_budget.levels=[]|test_budget.levels is empty
models=[]|models is empty
models=["nobody/x"]|names no known provider
models=["phantom/small","phantom/small"]|models names "phantom/small" twice
models=[{"name":"m","base_url":"ftp://x"}]|must begin with http:// or https://
name=../up|a run needs a name
name=/abs|a run needs a name
prompts=../../etc|give the name of a prompt set
prompts=none|prompt set "none"
dataset=worlds/none|worlds/none
dataset=gsm-symbolic-p2|get it by `sleepbench data fetch gsm-symbolic-p2`, or name a file of it as input
arms.9.k=[1]|arms has only 4 entries
concurrency=100000|concurrency is 100000, outside 1 to 1024
TABLE
    [ ! -e runs ]
}

@test "contradictory arms are refused with the arm's place" {
    local arms want
    while IFS='~' read -r arms want; do
        run -2 run_it "$CONFIG" --set "arms=$arms"
        [[ $output == *"$want"* ]] || { echo "$arms: $output"; false; }
    done <<'TABLE'
[{"method":"sleep_time","k":[1,2]}]~arms[0] sleeps 2 times in parallel at temperature 0
["test_time","test_time"]~arms[0] and arms[1] are the same arm
[{"method":"test_time","k":[2]}]~arms[0] (test_time) takes no k
[{"method":"test_time","sleep":{"temperature":1}}]~arms[0] (test_time) does not sleep
[{"method":"test_time","samples":2}]~arms[0].samples belongs to pass_at_k
[{"method":"test_time","with_learned":true}]~arms[0].with_learned belongs to context_only
[{"method":"pass_at_k","temperature":1}]~arms[0] (pass_at_k) needs k
[{"method":"pass_at_k","k":[2]}]~arms[0] (pass_at_k) at temperature 0
[{"method":"pass_at_k","k":[4],"samples":2,"temperature":1}]~arms[0].samples is 2, fewer than its largest k, 4
[{"method":"sleep_time","sleep":{"model":"x"}}]~arms[0].sleep.model is "x", which sleep_models does not list
[]~arms is empty
TABLE
    run -2 run_it "$CONFIG" --set 'arms.1.sleep.temperature=0'
    go forced --set 'arms.1.sleep.temperature=0' --set force=true --set limit=2 \
        --set 'models=["phantom/small"]' --set 'test_budget.levels=[0]' --no-report
}

# ---- datasets -----------------------------------------------------------------------------------

@test "a missing or malformed dataset: file and line are named" {
    local own=(--set name=d "${SIMPLE[@]}" --set 'models=["phantom/small"]' --set dataset=jsonl)
    run -2 run_it "$CONFIG" "${own[@]}" --input gone.jsonl
    [[ $output == *gone.jsonl* ]]
    printf '%s\n' '{"id":"a","question":"How much is 1 + 1?","answer":"#### 2"}' \
        '{"id":"b","question":"How much' >bad.jsonl
    run -2 run_it "$CONFIG" "${own[@]}" --input bad.jsonl
    [[ $output == *"bad.jsonl:2"* || $output == *"bad.jsonl"*"line 2"* ]]
    printf '%s\n' '{"id":"a","question":"How much is 1 + 1?","answer":"#### 2"}' \
        '{"id":"b","answer":"#### 3"}' >column.jsonl
    run -2 run_it "$CONFIG" "${own[@]}" --input column.jsonl
    [[ $output == *column.jsonl*2*question* ]]
    printf '%s\n' '{"id":"a","question":"How much is 1 + 1?","answer":"#### 2"}' \
        '{"id":"a","question":"How much is 1 + 2?","answer":"#### 3"}' >same.jsonl
    run -2 run_it "$CONFIG" "${own[@]}" --input same.jsonl
    [[ $output == *same.jsonl*2* ]]
    : >empty.jsonl
    run -2 run_it "$CONFIG" "${own[@]}" --input empty.jsonl
    [[ $output == *empty.jsonl* ]]
    printf '\xff\xfe\x00binary\x00' >binary.jsonl
    run -2 run_it "$CONFIG" "${own[@]}" --input binary.jsonl
    [[ $output == *binary.jsonl*1* ]]
    [ ! -e runs ]
}

@test "--skip-bad keeps the good rows and counts the others" {
    printf '%s\n' '{"id":"a","question":"How much is 1 + 1?","answer":"#### 2"}' '{"id":"b"' \
        '{"id":"c","question":"How much is 2 + 2?","answer":"#### 4"}' '[]' >mixed.jsonl
    local own=(--set name=d "${SIMPLE[@]}" --set 'models=["phantom/small"]' --set dataset=jsonl)
    run -2 run_it "$CONFIG" "${own[@]}" --input mixed.jsonl
    run -0 run_it "$CONFIG" --quiet "${own[@]}" --input mixed.jsonl --skip-bad
    [[ $output == *"2 malformed rows were left out"* ]]
    [ "$(db d 'SELECT count(*) FROM query')" = 2 ]
    run -0 "$PROGRAM" split jsonl --input mixed.jsonl --skip-bad --out s.jsonl
    [[ $output == *"2 malformed rows were left out"* ]]
    [ "$(wc -l <s.jsonl)" -eq 2 ]
}

# ---- stores and runs ----------------------------------------------------------------------------

@test "a store of another configuration is refused with the changed keys, and stays as it was" {
    go r "${SIMPLE[@]}" --set 'models=["phantom/small"]' --set limit=3
    local before
    before=$(sha256sum runs/r/config.json)
    run -2 go r "${SIMPLE[@]}" --set 'models=["phantom/small"]' --set limit=4 --set seed=7
    [[ $output == *"runs/r holds a run of another configuration; changed: limit, seed."* ]]
    [ "$(sha256sum runs/r/config.json)" = "$before" ]
    go r "${SIMPLE[@]}" --set 'models=["phantom/small"]' --set limit=3
}

@test "another dataset behind the same configuration is noticed" {
    printf '{"id":"a","question":"How much is 1 + 1?","answer":"#### 2"}\n' >d.jsonl
    local own=("${SIMPLE[@]}" --set 'models=["phantom/small"]' --set dataset=jsonl --input d.jsonl)
    go r "${own[@]}"
    printf '{"id":"a","question":"How much is 1 + 2?","answer":"#### 3"}\n' >d.jsonl
    run -2 go r "${own[@]}"
    [[ $output == *"another configuration; changed: the dataset or the prompts"* ]]
    run -2 go r "${own[@]}" --extend
    [[ $output == *"the dataset changed"* ]]
}

@test "a newer schema is refused, and the file is left alone" {
    go r "${SIMPLE[@]}" --set 'models=["phantom/small"]' --set limit=2
    python3 -c 'import sqlite3; d = sqlite3.connect("runs/r/run.db"); d.execute("PRAGMA user_version=99"); d.commit()'
    run -2 go r "${SIMPLE[@]}" --set 'models=["phantom/small"]' --set limit=2
    [[ $output == *"schema version 99"*"use a newer sleepbench"* ]]
    run -2 "$PROGRAM" status r
    run -2 "$PROGRAM" report r
    [ "$(db r 'SELECT count(*) FROM answer')" = 2 ]
}

@test "a file that is no run database is refused and left as it was" {
    mkdir -p runs/r
    python3 -c 'import sqlite3; d = sqlite3.connect("runs/r/run.db"); d.execute("CREATE TABLE mine(x)"); d.commit()'
    local before
    before=$(sha256sum runs/r/run.db)
    run -2 go r "${SIMPLE[@]}"
    [[ $output == *"is not a run database of sleepbench"* ]]
    [ "$(sha256sum runs/r/run.db)" = "$before" ]
    printf 'not a database at all, but long enough to have a header of a hundred bytes, which is what counts here.....' >runs/r/run.db
    before=$(sha256sum runs/r/run.db)
    run -2 go r "${SIMPLE[@]}"
    [[ $output == *"is not a run database"* ]]
    [ "$(sha256sum runs/r/run.db)" = "$before" ]
}

@test "a second process on the same run is turned away" {
    mock_up
    SIMPLE_AT "$MOCK_URL" mock-delay=800 2
    "$PROGRAM" run "$CONFIG" --quiet --set name=r "${AT[@]}" 2>first.err 3>&- &
    local first=$!
    wait_line runs/r/config.json
    run -2 go r "${AT[@]}"
    [[ $output == *"runs/r/lock"* ]]
    run -0 "$PROGRAM" status r
    wait "$first"
    [ "$(db r 'SELECT count(*) FROM answer')" = 2 ]
}

@test "a full disk: said so, exit 1, and the same command finishes when there is room" {
    TIGHT=$BATS_TEST_TMPDIR/tight
    mkdir "$TIGHT"
    mount -t tmpfs -o size=600k tmpfs "$TIGHT" 2>/dev/null || { TIGHT=; skip "mounting a small disk needs root"; }
    local own=(--set name=r --set 'models=["phantom/small"]' --set limit=60 --set bootstrap=100 --set 'arms=["test_time"]' --set 'figures=[]')
    run -1 run_it "$CONFIG" --quiet --runs "$TIGHT" "${own[@]}"
    [[ $output == *"disk is full"* || $output == *"No space left"* ]]
    [[ $output != *"core dumped"* ]]
    mount -o remount,size=64m "$TIGHT"
    run -0 run_it "$CONFIG" --quiet --runs "$TIGHT" "${own[@]}"
    go whole "${own[@]}" --set name=whole
    cmp "$TIGHT/r/tables/accuracy.csv" runs/whole/tables/accuracy.csv
}

@test "a file size limit in the middle of a run loses nothing" {
    local own=(--set name=r --set 'models=["phantom/small"]' --set limit=60 --set bootstrap=100 --set 'arms=["test_time"]' --set 'figures=[]')
    run bash -c 'trap "" XFSZ; ulimit -f 420; "$@"' - "$PROGRAM" run "$CONFIG" --quiet "${own[@]}"
    [ "$status" = 1 ]
    [[ $output == *"run.db"* ]]
    [ "$(db r 'PRAGMA integrity_check')" = ok ]
    go r "${own[@]}"
    go whole "${own[@]}" --set name=whole
    same_tables whole r
}

@test "a directory that cannot be written is named" {
    printf file >taken
    run -2 run_it "$CONFIG" "${SIMPLE[@]}" --runs taken/runs
    [[ $output == *taken* ]]
    # root writes everywhere but into a tree that the kernel makes
    local locked=/proc/sys/locked
    if [ "$(id -u)" != 0 ] || [ ! -d /proc/sys ]; then
        mkdir locked
        chmod 500 locked
        locked=locked/runs
    fi
    run run_it "$CONFIG" "${SIMPLE[@]}" --runs "$locked"
    [ "$status" -eq 1 ] || [ "$status" -eq 2 ]
    [[ $output == *locked* ]]
}

@test "a run without its key does not start" {
    run -2 run_it "$CONFIG" "${SIMPLE[@]}" --set name=r --yes \
        --set 'models=[{"name":"m","base_url":"http://127.0.0.1:9/v1","api_key_env":"NO_SUCH_KEY_HERE"}]'
    [[ $output == *"set the environment variable NO_SUCH_KEY_HERE"* ]]
    run -2 run_it "$CONFIG" "${SIMPLE[@]}" --set name=r \
        --set 'models=[{"name":"m","base_url":"http://127.0.0.1:9/v1","api_key_file":"gone.key"}]'
    [[ $output == *gone.key* ]]
}

@test "calls that would leave this machine need --yes, and the plan is shown first" {
    local url
    for url in http://198.51.100.7/v1 http://127.evil.invalid/v1 http://localhost.invalid/v1 \
        http://127.0.0.1.invalid/v1; do
        run -2 run_it "$CONFIG" "${SIMPLE[@]}" --set name=far --model m --base-url "$url"
        [[ $output == *"tasks, "*"add --yes"* ]] || { echo "$url: $output"; false; }
        [ ! -e runs/far ]
    done
    OPENAI_API_KEY=sk-none run -2 run_it "$CONFIG" "${SIMPLE[@]}" --set name=far --model openai/gpt-4o-mini
    [[ $output == *"add --yes"* ]]
}
