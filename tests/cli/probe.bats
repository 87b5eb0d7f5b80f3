#!/usr/bin/env bats
# probe.bats - what `probe` finds of servers that honour, ignore and refuse; its rows in a plan.

load helpers

setup() { paths; }
teardown() { servers_down; }

# result FEATURE: its column in $output.
result() {
    sed -nE "s/^$1  +(yes|no|ignored|refused|unknown) .*/\1/p" <<<"$output"
}

@test "the phantom's table: what it honours, and that it is a phantom" {
    run -0 --separate-stderr "$PROGRAM" probe phantom/reasoner --quiet
    for feature in answers usage stream "usage in streams" temperature seed effort "thinking tokens" \
        "thinking off" "limit max_tokens" "limit max_completion_tokens" tokenize "budget forcing" batches; do
        [ "$(result "$feature")" = yes ] || { echo "$feature: $(result "$feature")"; false; }
    done
    [ "$(result "unknown members")" = ignored ]
    [ "$(result log-probabilities)" = no ]
    [[ $output == *"source: simulated (phantom)"* ]]
    run -0 --separate-stderr "$PROGRAM" probe phantom/reasoner --quiet --api anthropic-messages
    [ "$(result batches)" = yes ] && [ "$(result "limit of tokens")" = yes ]
    run -0 --separate-stderr "$PROGRAM" probe phantom/scorer --quiet
    [ "$(result answers)" = refused ] && [ "$(result log-probabilities)" = yes ]
}

@test "budgets that are dropped are told as ignored" {
    phantom_up --ignore-budgets
    run -0 --separate-stderr "$PROGRAM" probe phantom/reasoner --base-url "$PHANTOM_URL" --quiet
    [ "$(result "limit max_completion_tokens")" = ignored ]
    [ "$(result "thinking tokens")" = ignored ]
}

@test "what was found goes into a file of rows, and a plan then refuses what would be dropped" {
    mock_up
    run -0 --separate-stderr "$PROGRAM" probe mock --base-url "$MOCK_URL/v1" --quiet --save rows.json
    run -0 "$PROGRAM" models check rows.json
    python3 - <<'PY'
import json
d = json.load(open("rows.json"))
assert d["models"][0]["names"] == ["mock"], d
assert "forcing" not in d["models"][0]["traits"]
d["models"][0]["traits"]["efforts"] = ["low"]
json.dump(d, open("rows.json", "w"))
PY
    run -2 "$PROGRAM" plan "$CONFIG" --base-url "$MOCK_URL/v1" --model mock --set models_file=rows.json \
        --set test_budget.kind=effort --set 'test_budget.levels=["high"]'
    [[ $output == *"high"*"low"* ]]
}

@test "a server that is not there, or refuses the key, is an error and leaves no file" {
    run -2 "$PROGRAM" probe mock --base-url http://127.0.0.1:9/v1 --quiet --save rows.json
    [[ $output == *"does not answer a plain question"* ]]
    mock_up --key right
    KEY=wrong-key-of-this-test run -2 "$PROGRAM" probe mock --base-url "$MOCK_URL/v1" --api-key-env KEY --quiet --save rows.json
    [[ $output == *"status 401"* && $output != *wrong-key-of-this-test* ]]
    [ ! -e rows.json ]
}

@test "rows as JSON lines for programs" {
    run -0 --separate-stderr "$PROGRAM" probe phantom/small --json
    python3 -c 'import json, sys
rows = [json.loads(line) for line in sys.stdin if line.strip()]
assert {"feature", "result", "seen"} <= set(rows[0]), rows[0]
assert len(rows) > 15' <<<"$output"
}
