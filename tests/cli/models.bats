#!/usr/bin/env bats
# models.bats - known hosts and models, files of one's own, refusals, and traits on the wire.

load helpers

setup() { paths; }
teardown() { servers_down; }

blocks() { awk '$0 == "```sh tested" {inside = 1; next} /^```$/ {inside = 0} inside' "$TOP/docs/MODELS.md"; }

# value KEY: of a line of `models show --json` on standard input.
value() {
    python3 -c 'import json, sys
for l in sys.stdin:
    r = json.loads(l)
    if r["key"] == sys.argv[1]: print(r["value"], "|", r["from"], "|", r["sure"])' "$1"
}

@test "the blocks of docs/MODELS.md run, from an empty directory" {
    [ "$(grep -c '^```sh' "$TOP/docs/MODELS.md")" -eq "$(grep -c '^```sh tested$' "$TOP/docs/MODELS.md")" ]
    mkdir bin
    ln -s "$PROGRAM" bin/sleepbench
    { echo 'set -euo pipefail'; blocks; } >page.sh
    run -0 env PATH="$PWD/bin:$PATH" bash page.sh
    [[ $output == *"deepseek/*"*"none low high max"*"not thinking"* ]]
    [[ $output == *"my-models.json: 1 hosts and 2 model rows, nothing wrong with them"* ]]
    [[ $output == *"lab/coder-*"* ]]
    [[ $output == *"memory, sleep high"* ]]
    # three sleep budgets: three arms, each with its own learned contexts
    [ "$(db sweep "SELECT group_concat(name, '; ') FROM (SELECT name FROM arm WHERE k = 1 ORDER BY key)")" = \
        "phantom/small sleep_time k=1 sleep=low; phantom/small sleep_time k=1 sleep=medium; phantom/small sleep_time k=1 sleep=high" ]
    [ "$(db sweep 'SELECT count(DISTINCT sleep) FROM learned')" -eq 3 ]
    [ "$(db sweep "SELECT group_concat(DISTINCT level) FROM variant WHERE asleep")" = 102,103,104 ]
    # low, medium and high asleep times low, medium and high awake
    [ "$(grep -c 'sleep_time k=1 sleep=' runs/sweep/tables/accuracy.csv)" -eq 9 ]
    grep -q 'sleep=high.*,low,' runs/sweep/tables/accuracy.csv
}

@test "models show says what holds and which row says it" {
    run -0 "$PROGRAM" models show --json openai/gpt-5.6-sol
    echo "$output" >sol.jsonl
    [[ $(value api <sol.jsonl) == '"openai-responses" | configs/models.json, models['*'] | yes' ]]
    [[ $(value limit_key <sol.jsonl) == '"max_output_tokens" | the wire format openai-responses | None' ]]
    [[ $(value key_env <sol.jsonl) == 'OPENAI_API_KEY | '* ]]
    run -0 "$PROGRAM" models show --json --api openai-chat openai/gpt-5.6-sol
    [[ $(value limit_key <<<"$output") == '"max_completion_tokens" | configs/models.json, models['* ]]
    [[ $(value tools_with_effort <<<"$output") == 'false | '* ]]
    [[ $(value api <<<"$output") == '"openai-chat" | --api | None' ]]
    # a name in front chooses a server that stands anywhere, an address on this machine does not
    run -0 "$PROGRAM" models show --json vllm/q --base-url http://127.0.0.1:8000/v1
    [[ $(value thinking_key <<<"$output") == '"thinking_token_budget" | '* ]]
    [[ $(value model <<<"$output") == 'q | '* ]]
    run -0 "$PROGRAM" models show --json q --base-url http://127.0.0.1:8000/v1
    [[ $(value thinking_key <<<"$output") == 'null | '* ]]
    run -2 "$PROGRAM" models show nobody/x
    [[ $output == *'"nobody/x" names no known provider'* ]]
    run -2 "$PROGRAM" models show openai/x --api chat
    [[ $output == *'--api chat: it must be one of'* ]]
    run -2 "$PROGRAM" models show
    run -2 "$PROGRAM" models list --host nobody
    [[ $output == *"--host nobody is not known"* ]]
}

@test "a models file that is wrong names row and key, and a run with it does not start" {
    local case
    while IFS='|' read -r text message; do
        echo "$text" >m.json
        for case in "models check m.json" "plan $CONFIG --set models_file=m.json"; do
            # shellcheck disable=SC2086
            run -2 "$PROGRAM" $case
            [[ $output == *"$message"* ]] || { echo "$output lacks $message"; return 1; }
        done
    done <<'CASES'
{"hosts":[{"name":"a","trait":{}}]}|m.json: unknown host key "hosts[0].trait"; did you mean "traits"?
{"models":[{"hosts":["a"],"names":["*"],"traits":{}}]}|m.json: models[0].hosts names "a", which is none of anthropic
{"models":[{"hosts":["openai"],"names":["*"],"traits":{"efforts":"low"}}]}|models[0].traits.efforts must be a list
{"models":[{"hosts":["openai"],"names":["*"],"traits":{"forcing":"none"}}]}|models[0].traits.forcing is "none"; it must be one of
{"hosts"|m.json
CASES
    run -2 "$PROGRAM" models check no-such.json
    [[ $output == *"no-such.json"* ]]
    run -2 "$PROGRAM" plan "$CONFIG" --set models_file=no-such.json
    [[ $output == *"models_file"*"no-such.json"* ]]
    [ ! -e runs ]
}

@test "what an endpoint would reject or ignore is refused; the same with a row that says otherwise goes" {
    local ask=("$PROGRAM" plan "$CONFIG" "${SIMPLE[@]}" --set limit=4)
    run -2 "${ask[@]}" --set 'models=["openai/gpt-5.6-sol"]'
    [[ $output == *"openai/gpt-5.6-sol takes no temperature while it thinks: set temperature to null"* ]]
    run -0 "${ask[@]}" --set 'models=["openai/gpt-5.6-sol"]' --set temperature=null
    [[ $output == *"not sent: the seed (no such parameter: openai/gpt-5.6-sol on openai-responses)"* ]]
    run -2 "${ask[@]}" --set 'models=["anthropic/claude-opus-5"]' --set temperature=null \
        --set test_budget.kind=thinking --set 'test_budget.levels=[2048]'
    [[ $output == *"takes no number of thinking tokens: set test_budget.kind to effort"* ]]
    run -0 "${ask[@]}" --set 'models=[{"name":"anthropic/claude-opus-5","traits":{"thinking_key":"x.y"}}]' \
        --set temperature=null --set test_budget.kind=thinking --set 'test_budget.levels=[2048]'
    [[ $output == *"thinking:2048"* ]]
    echo '{"models":[{"hosts":["anthropic"],"names":["claude-opus-5"],"traits":{"thinking_key":"x"}}]}' >m.json
    run -0 "${ask[@]}" --set 'models=["anthropic/claude-opus-5"]' --set models_file=m.json \
        --set temperature=null --set test_budget.kind=thinking --set 'test_budget.levels=[2048]'
    run -2 "${ask[@]}" --set test_budget.kind=thinking --set test_budget.levels=null
    [[ $output == *"test_budget.levels must be numbers of thinking tokens such as [1024,4096]"* ]]
}

@test "an entry's traits are on the wire" {
    phantom_up
    go wire "${SIMPLE[@]}" --no-report --set limit=1 --set 'models=[{"name":"phantom/small","base_url":"'"$PHANTOM_URL"'",
        "traits":{"limit_key":"max_completion_tokens","seed_key":null,"extra":{"user":"x-1"}}}]'
    python3 - <<'PY'
import sqlite3, zlib
d = sqlite3.connect("runs/wire/run.db")
raw = d.execute("select request from call").fetchone()[0]
text = raw.decode("latin-1")
assert '"max_completion_tokens":1024' in text, text
assert '"max_tokens"' not in text and '"seed"' not in text and '"user":"x-1"' in text, text
PY
}
