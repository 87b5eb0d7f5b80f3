#!/usr/bin/env bats
# prices.bats - price rows, the import of a public table, money in plans, and limits of it.

load helpers

setup() { paths; }
teardown() { servers_down; }

# A price for the phantom, so that money can be rehearsed: 3 in, 15 out, dollars per million tokens.
priced() {
    echo '[{"id":"small","provider":"phantom","effective_from":"2026-01-01","input":3000000,"output":15000000}]' >prices.json
    PRICED=(--set prices=prices.json)
}

# What the attempts of a run cost at these prices, each rounded half up to a micro-dollar: by SQL.
by_hand() {
    db "$1" 'SELECT sum((3 * (coalesce(in_uncached,0) + coalesce(in_cached,0) + coalesce(in_write,0))
        + 15 * (coalesce(out_visible,0) + coalesce(out_reasoning,0)))) FROM call'
}

dollars() { # micro-dollars as the program writes them
    python3 -c 'import sys; a = "%d.%06d" % divmod(int(sys.argv[1]), 10**6); b = a.rstrip("0")
print("$" + (b if len(b.split(".")[1]) > 2 else a[:-4]))' "$1"
}

@test "prices list shows the program's rows with their tiers, or one model's price of a day" {
    run -0 "$PROGRAM" prices list
    [[ $output == *"openai/gpt-5.6-sol"*"272000"*"10.000"*"45.000"* ]]
    run -0 "$PROGRAM" prices list --json anthropic/claude-opus-4-5 --date 2026-12-24
    [[ $output == *'"input":5,"cached":0.5,"write_5m":6.25,"write_1h":10,"output":25,"reasoning":null,"batch":0.5'* ]]
    run -2 "$PROGRAM" prices list anthropic/claude-opus-4-5 --date 2020-01-01
    [[ $output == *"begins on 2026-11-23, after 2020-01-01"* ]]
    run -2 "$PROGRAM" prices list phantom/small
    [[ $output == *'no price of "phantom/small" is known'*"docs/PRICES.md"* ]]
    run -2 "$PROGRAM" prices list x --date yesterday
    [[ $output == *"--date yesterday is not a day"* ]]
}

@test "prices import makes rows of the public table's shape, which a plan then uses" {
    cat >table.json <<'J'
{"sample_spec": {"input_cost_per_token": 0.0, "mode": "one of: chat"},
 "acme-1": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.375e-05,
  "output_cost_per_token": 0.00018, "input_cost_per_token_above_272k_tokens": 2.75e-05,
  "output_cost_per_token_above_272k_tokens": 0.00027, "cache_read_input_token_cost": 5.46875e-07,
  "input_cost_per_token_batches": 6.875e-06, "output_cost_per_token_batches": 9e-05},
 "nothing": {"mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0},
 "picture": {"mode": "image_generation", "output_cost_per_image": 0.04}}
J
    run -0 --separate-stderr "$PROGRAM" prices import table.json --date 2026-01-01 --out rows.json
    [ -z "$output" ]
    [[ $stderr == *"1 rows; left out: 1 that are not priced by text tokens, 1 at 0 for both"* ]]
    python3 - rows.json <<'PY'
import json, sys
row, = json.load(open(sys.argv[1]))
assert (row["id"], row["provider"], row["effective_from"]) == ("acme-1", "openai", "2026-01-01"), row
assert (row["input"], row["output"], row["cache_read"]) == (13750000, 180000000, 546875), row
assert (row["batch_factor"], row["reasoning"], row["unit"]) == (0.5, None, "1M"), row
tier, = row["tiers"]
assert (tier["above_input"], tier["input"], tier["output"]) == (272000, 27500000, 270000000), row
PY
    run -0 --separate-stderr "$PROGRAM" prices import table.json --date 2026-01-01
    [ "$output" = "$(cat rows.json)" ]
    run -0 "$PROGRAM" plan "$CONFIG" "${SIMPLE[@]}" --set limit=4 --model openai/acme-1 --set prices=rows.json
    # one arm, one level: 4 answers of at most 1024 tokens at 180, and the input at 13.75
    local input
    [[ $output =~ plain\ +0\ +0\ +4\ +4\ +([0-9]+)\ +4096 ]]
    input=$(((BASH_REMATCH[1] + 3) / 4)) # of one request, rounded up
    input=$((4 * ((input * 1375 + 50) / 100)))
    [[ $output == *"about $(dollars $input) for the input alone, at most $(dollars $((input + 4096 * 180)))"* ]]
    [ ! -e runs ]
}

@test "a malformed table is refused by model and member, and nothing is written" {
    echo '{"acme-1": {"mode": "chat", "input_cost_per_token": "5e-06", "output_cost_per_token": 1e-6}}' >table.json
    run -2 "$PROGRAM" prices import table.json --out rows.json
    [[ $output == *'table.json: "acme-1".input_cost_per_token must be a number, not a string'* ]]
    [ ! -e rows.json ]
    run -2 "$PROGRAM" prices import table.json --out table.json
    [[ $output == *"is the table itself"* ]]
    [ -s table.json ]
    run -2 "$PROGRAM" prices import gone.json
    [[ $output == *gone.json* ]]
    run -2 "$PROGRAM" prices import
    [[ $output == *"usage: sleepbench prices import FILE"* ]]
}

@test "a wrong price file is named with its row and key before anything is made" {
    local bad
    echo '[{"id":"m","effective_from":"2026-01-01","input":0.5,"output":1}]' >bad.json
    for bad in plan run; do
        run -2 "$PROGRAM" $bad "$CONFIG" --set prices=bad.json
        [[ $output == *"bad.json: [0].input must be a whole number"* ]]
        run -2 "$PROGRAM" $bad "$CONFIG" --set prices=gone.json
        [[ $output == *gone.json* ]]
    done
    [ ! -e runs ]
    mkdir -p data/configs
    echo '[{"id":"gpt-5.5-pro","provider":"openai","effective_from":"2026-01-01","input":1,"output":1}]' >data/configs/prices.json
    run -0 "$PROGRAM" --data-dir data prices list
    [ "${#lines[@]}" -eq 2 ]
}

@test "an unknown price is said in a plan and refused under --max-cost; a phantom's money is none" {
    run -0 "$PROGRAM" plan "$CONFIG" "${SIMPLE[@]}" --model openai/never-heard-of
    [[ $output == *'money: unknown: no price of "openai/never-heard-of" is known'* ]]
    [[ $output != *usd_most* ]]
    run -0 "$PROGRAM" plan "$CONFIG" "${SIMPLE[@]}"
    [[ $output == *"money: none: only phantoms answer"* ]]
    OPENAI_API_KEY=sk-none run -2 go far "${SIMPLE[@]}" --yes --max-cost 1 --model openai/never-heard-of
    [[ $output == *'--max-cost needs prices: no price of "openai/never-heard-of"'* ]]
    run -2 go far "${SIMPLE[@]}" --max-cost 1
    [[ $output == *"--max-cost needs prices: only phantoms answer"* ]]
    for usd in 0 -1 x 1.0000001 1e99 ''; do
        run -2 go far "${SIMPLE[@]}" "--max-cost=$usd"
        [[ $output == *"--max-cost $usd: give dollars above 0"* ]]
    done
    [ ! -e runs ]
}

@test "--max-cost stops cleanly, the same command goes on, and status says what all of it cost" {
    local i=0 before after
    priced
    run -4 go cut "${SMALL[@]}" "${PRICED[@]}" --max-cost 0.02 --set concurrency=2
    [[ $output == *"stopped at the cost limit"*"the same command goes on"* ]]
    before=$(by_hand cut)
    [ "$before" -ge 20000 ]
    run -0 "$PROGRAM" status cut
    [[ $output == *"spent: $(dollars "$before") (asleep "*", awake "*"), simulated"* ]]
    # every process has its own limit, and what was in flight comes on top: two calls at most
    run -4 go cut "${SMALL[@]}" "${PRICED[@]}" --max-cost 0.02 --set concurrency=2
    after=$(by_hand cut)
    [ $((after - before)) -ge 20000 ]
    [ $((after - before)) -le 60000 ]
    go cut "${SMALL[@]}" "${PRICED[@]}" --max-cost 1000
    go whole "${SMALL[@]}" # prices change no task and no result
    same_tables whole cut
    same_rows whole cut
    run -0 "$PROGRAM" status cut
    [[ $output == *"spent: $(dollars "$(by_hand cut)") "* ]]
    run -0 "$PROGRAM" status whole
    [[ $output != *spent* ]]
    # a price that is given later counts what was done before
    go whole "${SMALL[@]}" "${PRICED[@]}"
    run -0 "$PROGRAM" status whole
    [[ $output == *"spent: $(dollars "$(by_hand whole)") "* ]]
}

@test "progress shows the spend where prices are known, and only there" {
    local one=("${SIMPLE[@]}" --set 'models=["phantom/small"]' --set limit=4)
    priced
    run -0 --separate-stderr "$PROGRAM" run "$CONFIG" "${one[@]}" --set name=p --json "${PRICED[@]}"
    [[ $stderr == *"\"micro_usd\":$(by_hand p),\"cost_unknown\":0,"* ]]
    run -0 --separate-stderr "$PROGRAM" run "$CONFIG" "${one[@]}" --set name=q "${PRICED[@]}"
    [[ $stderr == *"tokens  $(dollars "$(by_hand q)")  0 failed"* ]]
    [[ $stderr == *" s  $(dollars "$(by_hand q)")"* ]]
    run -0 --separate-stderr "$PROGRAM" run "$CONFIG" "${one[@]}" --set name=r --json
    [[ $stderr != *micro_usd* ]]
}

@test "an answer without usage ends a run that has a limit of cost, and is never taken for free" {
    echo '[{"id":"mock-nousage","effective_from":"2026-01-01","input":3000000,"output":15000000}]' >prices.json
    mock_up
    SIMPLE_AT "$MOCK_URL" mock-nousage 4
    run -4 go n "${AT[@]}" --set prices=prices.json --set concurrency=1 --max-cost 5
    [[ $output == *"an answer came without its usage"*"3 tasks are left"* ]]
    go n "${AT[@]}" --set prices=prices.json
    run -0 "$PROGRAM" status n
    [[ $output == *"spent: at least \$0.00 "*"4 attempts that did not say all they used"* ]]
}

@test "attempts that failed count with what they report; refusals without usage cost nothing" {
    printf '1 mock-429\n2 mock-nofinish\n' >script
    echo '[{"id":"mock-ok","effective_from":"2026-01-01","input":3000000,"output":15000000}]' >prices.json
    mock_up --script script
    SIMPLE_AT "$MOCK_URL" mock-ok 3
    go f "${AT[@]}" --set prices=prices.json --set concurrency=1
    [ "$(db f 'SELECT count(*) FROM call')" = 5 ]
    [ "$(db f 'SELECT count(*) FROM call WHERE out_visible > 0')" = 4 ] # the broken answer has usage
    run -0 "$PROGRAM" status f
    [[ $output == *"spent: $(dollars "$(by_hand f)") (asleep \$0.00, "* ]]
    [[ $output != *"at least"* ]]
}
