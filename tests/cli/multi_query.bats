#!/usr/bin/env bats
# multi_query.bats - `data generate multi-query` against the embedded model: counts, checks, resume.

load helpers

setup() {
    paths
    TRUTH=$B/tests/mock/world_truth
}
teardown() { servers_down; }

# generate NAME [options]: small enough for a test, large enough for some wrong golds.
GENERATE=(data generate multi-query --dataset worlds --instances-per-template 1
    --questions-per-context 6 --quiet)
generate() {
    local name=$1
    shift
    "$PROGRAM" "${GENERATE[@]}" --name "$name" "$@"
}

setup_file() {
    paths
    cd "$BATS_FILE_TMPDIR"
    generate whole >whole.txt 2>whole.err
}

whole() {
    cp -R "$BATS_FILE_TMPDIR"/runs "$BATS_FILE_TMPDIR"/whole.* .
}

@test "multi-query: the counts add up, in the file, in what is printed and in the notes" {
    whole
    python3 - whole.jsonl whole.jsonl.made.json whole.txt <<'PY'
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
notes = json.load(open(sys.argv[2]))
lines = [l.split() for l in open(sys.argv[3])]
queries = [q for r in rows for q in r["queries"]]
new = [q for q in queries if q["origin"] == "generated"]
assert len(rows) == 30 == len({r["cluster"] for r in rows})
assert all(r["queries"][0]["origin"] == "original" for r in rows)
assert all(q["origin"] == "generated" for r in rows for q in r["queries"][1:])
assert all(len(r["queries"]) <= 7 for r in rows)
assert len({q["id"] for q in queries}) == len(queries)
for r in rows:
    texts = [q["query"].lower() for q in r["queries"]]
    assert len(set(texts)) == len(texts)
assert all("verified" not in q and "votes" not in q for q in queries if q not in new)
assert all(q["votes"]["votes"] == 3 and q["verified"] == (q["votes"]["agree"] >= 2) for q in new)
found = len(new) + sum(notes["left_out"].values())
assert found == 30 * 6, found
assert notes["left_out"]["duplicate"] + notes["left_out"]["no_gold"] > 0
table = lines[1]
assert table == ["worlds/paper-like", str(len(queries)), "30", "30", str(len(new))], table
assert notes["questions"] == len(queries) and notes["generated_questions"] == len(new)
verified = sum(q["verified"] for q in new)
assert notes["verified_questions"] == verified
row = next(l for i, l in enumerate(lines) if i and lines[i - 1][:2] == ["checked", "verified"])
assert row[:2] == [str(len(new)), str(verified)] and float(row[3]) < float(row[2]) < float(row[4])
calls = {l[0]: l for l in lines if l and l[0].startswith("phantom/")}
assert calls["phantom/large"][3] == "30" and calls["phantom/small"][3] == str(3 * len(new))
assert "simulated:" in open(sys.argv[3]).read()
PY
    "$PROGRAM" split check whole.jsonl
}

@test "multi-query: a verified gold is the truth, a wrong one is not verified" {
    local right wrong kept lost
    whole
    read -r right wrong kept lost < <("$TRUTH" whole.jsonl)
    echo "# verified: $right right, $wrong wrong; not verified: $kept right, $lost wrong" >&3
    [ "$lost" -ge 2 ]                           # there were wrong golds ...
    [ $((100 * wrong)) -le "$right" ]           # ... and at most 1 in 100 verified ones is wrong
    [ $((20 * kept)) -le $((right + kept)) ]    # and at least 95 of 100 right ones are verified
    # a check by one short answer confirms much less
    generate weak --agree 1 --of 1 --check-set 'test_budget.levels=[0]' >weak.txt
    read -r right wrong kept lost < <("$TRUTH" weak.jsonl)
    echo "# by one short answer: $right right, $wrong wrong; $kept right, $lost wrong" >&3
    [ $((5 * kept)) -ge "$right" ]
}

@test "multi-query: the same command makes no further call and the same bytes" {
    whole
    cp whole.jsonl before.jsonl
    rm whole.jsonl
    generate whole >again.txt
    cmp whole.jsonl before.jsonl
    cmp whole.txt again.txt
    [ "$(db whole-questions 'SELECT count(*) FROM call')" = 30 ]
    generate other --set concurrency=1 >other.txt # other runs, the same seed
    cmp whole.jsonl other.jsonl
    generate seeded --seed 2 >seeded.txt
    run ! cmp -s whole.jsonl seeded.jsonl
}

@test "multi-query: killed in either run, the same command ends as if it had not been" {
    local stage before
    whole
    for stage in questions checks; do
        "$PROGRAM" "${GENERATE[@]}" --name killed --set concurrency=1 \
            --set requests_per_minute=1200 >killed.txt 2>killed.err 3>&- &
        wait_answer "killed-$stage"
        kill -9 $!
        wait $! || true
        [ ! -e killed.jsonl ]
        before=$(db "killed-$stage" 'SELECT count(*) FROM answer')
        [ "$before" -ge 1 ]
    done
    generate killed >killed.txt
    cmp whole.jsonl killed.jsonl
    cmp <(sed s/whole/killed/ whole.txt) killed.txt
}

@test "multi-query: a stop at a limit is exit 4, in either run, and nothing is half made" {
    whole
    run -4 generate cut --max-calls 10
    [[ $output == *"the same command goes on"* ]]
    [ ! -e runs/cut-checks ]
    run -4 generate cut --max-calls 20 # ends the questions with its last call
    [[ $output == *"not yet checked; the same command goes on"* ]]
    run -4 generate cut --max-calls 100
    [ "$(db cut-checks 'SELECT count(*) FROM call')" -le 100 ]
    [ ! -e cut.jsonl ]
    generate cut >cut.txt
    cmp whole.jsonl cut.jsonl
}

@test "multi-query: --max-cost holds for both runs together, and is refused where a price is missing" {
    local cost total
    whole
    # one token costs one micro-dollar: the sum over the tokens, by SQL, is the cost
    tokens() {
        db "$1" 'SELECT sum(coalesce(in_uncached,0) + coalesce(in_cached,0) + coalesce(in_write,0)
            + coalesce(out_visible,0) + coalesce(out_reasoning,0)) FROM call'
    }
    dollars() { printf '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000)); }
    printf '[{"id":"%s","provider":"phantom","effective_from":"2026-01-01","input":1000000,"output":1000000},
        {"id":"%s","provider":"phantom","effective_from":"2026-01-01","input":1000000,"output":1000000}]' \
        large small >prices.json
    run -2 generate no --max-cost 1
    [[ $output == *"--max-cost needs prices: only phantoms answer"* ]]
    run -2 generate no --max-cost 0
    [[ $output == *"--max-cost 0: give dollars above 0"* ]]
    run -2 generate no --max-cost 1 --set prices=prices.json --verify-model openai/never-heard-of
    [[ $output == *'--max-cost needs prices: no price of "openai/never-heard-of"'* ]]
    [ ! -e runs/no-questions ]
    cost=$(tokens whole-questions)
    run -4 generate dear --set prices=prices.json --set concurrency=1 --max-cost "$(dollars $((cost / 2)))"
    [[ $output == *"stopped at the cost limit"*"the same command goes on"* ]]
    total=$(tokens dear-questions)
    [ "$total" -ge $((cost / 2)) ]
    [ "$total" -lt "$cost" ]
    # exactly what the rest of the questions costs: nothing is left for the checks
    run -4 generate dear --set prices=prices.json --set concurrency=1 --max-cost "$(dollars $((cost - total)))"
    [[ $output == *"calls, tokens or cost"*"not yet checked; the same command goes on"* ]]
    [ "$(tokens dear-questions)" = "$cost" ]
    [ ! -e runs/dear-checks/run.db ]
    # from the start, the limit is that of the sum: the checks have what the questions left
    total=$((cost + $(tokens whole-checks) / 2))
    run -4 generate both --set prices=prices.json --set concurrency=1 --max-cost "$(dollars $total)"
    [[ $output == *"stopped at the cost limit"* ]]
    [ "$(tokens both-questions)" = "$cost" ]
    [ $((cost + $(tokens both-checks))) -ge $total ]
    [ $((cost + $(tokens both-checks))) -le $((total + 5000)) ] # and what was in flight: one call
    [ ! -e both.jsonl ]
    generate both --set prices=prices.json --max-cost 1000
    cmp whole.jsonl both.jsonl
}

@test "multi-query: a mixed file is run only when it is said which queries are wanted" {
    whole
    local n
    run -2 "$PROGRAM" run "$CONFIG" --quiet --set name=mixed --set dataset=splits "${SIMPLE[@]}" \
        --input whole.jsonl
    [[ $output == *queries* ]]
    "$PROGRAM" run "$CONFIG" --quiet --set name=mixed --set dataset=splits "${SIMPLE[@]}" \
        --input whole.jsonl --set queries=verified
    n=$(python3 -c 'import json
n = json.load(open("whole.jsonl.made.json"))
print(n["original_questions"] + n["verified_questions"])')
    [ "$(db mixed 'SELECT count(*) FROM query')" = "$n" ]
}

@test "multi-query: contexts that the model cannot ask about leave nothing, and it says so" {
    SIMPLE_AT unused unused
    run -1 --separate-stderr "$PROGRAM" data generate multi-query --dataset jsonl --input sums.jsonl \
        --name none --quiet
    [[ $stderr == *"no reply of phantom/large holds a question"*"none.jsonl is not written"* ]]
    [[ $output == *"60 without a question"* ]]
    [ ! -e none.jsonl ]
    [ ! -e runs/none-checks ]
    # a file whose name looks like a number is a file
    cp sums.jsonl 123
    run -1 --separate-stderr "$PROGRAM" data generate multi-query --dataset jsonl --input 123 \
        --name number --quiet
    [[ $stderr == *"no reply of phantom/large holds a question"* ]]
}

@test "multi-query: one model for both is refused, or marked" {
    run -2 generate one --verify-model phantom/large
    [[ $output == *"check its own questions"*"--same-model"* ]]
    [ ! -e runs ]
    generate one --verify-model phantom/large --same-model --questions-per-context 2 >one.txt
    grep -q '^same_model:' one.txt
    grep -q '"same_model": true' one.jsonl.made.json
}

@test "multi-query: what cannot be is refused before any call" {
    local bad
    for bad in '--agree 4' '--of 0' '--questions-per-context 101' '--instances-per-template 0' \
        '--out -' '--set repeats=2' '--make-set arms=["test_time"]' '--set limit=5' '--seed -1' \
        '--check-set test_budget.levels=[0,4]' '--check-set grader=release' '--base-url http://127.0.0.1:1/v1' \
        '--dataset worlds/empty' '--dataset nowhere' '--set prompts=nowhere'; do
        # shellcheck disable=SC2086  # an option and its value
        run -2 generate bad $bad
        [ -n "$output" ]
        [ "$(find . -name run.db | wc -l)" = 0 ]
    done
    run -2 "$PROGRAM" data generate multi-query
    [[ $output == *--dataset* ]]
}

@test "multi-query: other arguments do not take over a run that is there" {
    whole
    run -2 generate whole --instances-per-template 2
    [[ $output == *"made with other arguments"*"--name"* ]]
    run -2 generate whole --questions-per-context 7
    [[ $output == *make_queries.count* ]]
    run -2 generate whole --of 5
    [[ $output == *repeats* ]]
    generate whole --of 5 --agree 3 --extend >more.txt
    [ "$(python3 -c 'import json
print({q["votes"]["votes"] for l in open("whole.jsonl") for q in json.loads(l)["queries"][1:]})')" = "{5}" ]
}

@test "multi-query: an arm that makes questions is an ordinary run without a report of answers" {
    make_only() {
        "$PROGRAM" run "$CONFIG" --quiet --set name=only --set 'arms=["make_queries"]' --set limit=5 --set 'models=["phantom/small"]' \
            --set max_tokens.test=4096 "$@"
    }
    make_only
    [ "$(db only 'SELECT count(*) FROM score')" = 0 ]
    [ "$(db only 'SELECT count(*) FROM task')" = 5 ] # at one level, though the configuration has five
    grep -q 'there is nothing to report' runs/only/RESULTS.md
    grep -q 'simulated' runs/only/RESULTS.md
    [ "$(grep -vc '^#' runs/only/tables/accuracy.csv)" = 1 ]
    # beside other arms it changes none of their tables
    go plain "${SIMPLE[@]}" --set limit=5
    go beside "${SIMPLE[@]}" --set limit=5 --set 'arms=["test_time","make_queries"]'
    for t in plain beside; do grep -v '^#' "runs/$t/tables/accuracy.csv" >"$t.csv"; done
    cmp plain.csv beside.csv
}

@test "multi-query: the prompt is part of the identity of its own tasks only" {
    local ids
    ids() { db "$1" 'SELECT hex(id) FROM task ORDER BY 1'; }
    mkdir -p data/configs/prompts/neutral
    { cat "$TOP/configs/prompts/neutral/make_queries.txt" && echo "Be brief."; } \
        >data/configs/prompts/neutral/make_queries.txt
    go a "${SIMPLE[@]}" --set limit=5 --no-report
    go q --no-report --set limit=5 --set 'arms=["make_queries"]'
    "$PROGRAM" --data-dir data run "$CONFIG" --quiet --set name=b "${SIMPLE[@]}" --set limit=5 --no-report
    "$PROGRAM" --data-dir data run "$CONFIG" --quiet --set name=r --no-report --set limit=5 \
        --set 'arms=["make_queries"]'
    [ "$(ids a)" = "$(ids b)" ]
    [ "$(ids q)" != "$(ids r)" ]
    # a run is not gone on with under another prompt
    run -2 "$PROGRAM" --data-dir data run "$CONFIG" --quiet --set name=q --no-report --set limit=5 \
        --set 'arms=["make_queries"]'
}

@test "multi-query: a prompt set may do without the prompt until an arm wants it" {
    mkdir -p data/configs/prompts
    cp -R "$TOP/configs/prompts/neutral" data/configs/prompts/bare
    rm data/configs/prompts/bare/make_queries.txt
    bare() {
        "$PROGRAM" --data-dir data run "$CONFIG" --quiet --no-report --set limit=2 --set prompts=bare "$@"
    }
    bare "${SIMPLE[@]}" --set name=answers
    run -2 bare --set name=questions --set 'arms=["make_queries"]'
    [[ $output == *bare*make_queries.txt* ]]
}

@test "multi-query: what a server refuses for good stops at exit 4, or is left out when asked" {
    printf '3 mock-400\n' >script
    mock_up --script script
    run -4 generate refused --verify-model m --verify-base-url "$MOCK_URL" --check-set concurrency=1
    [[ $output == *"1 tasks could not be done"* ]]
    [ ! -e refused.jsonl ]
    servers_down
    mock_up --script script
    generate missing --verify-model m --verify-base-url "$MOCK_URL" --check-set concurrency=1 \
        --allow-missing 2>missing.err
    grep -q "going on without them: 1 tasks could not be done" missing.err
    python3 - missing.jsonl <<'PY'
import json, sys
new = [q for l in open(sys.argv[1]) for q in json.loads(l)["queries"] if q["origin"] == "generated"]
assert sum(q["votes"]["votes"] for q in new) == 3 * len(new) - 1
assert sorted({q["votes"]["votes"] for q in new}) == [2, 3]
PY
}
