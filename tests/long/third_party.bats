#!/usr/bin/env bats
# third_party.bats - a model server that others wrote, with a tiny model of random weights.
#
# tests/interop/third_party.sh gets llama-server and llama-cpp-python's server, once, into
# SLEEPBENCH_INTEROP_CACHE (default build/interop/third); the first time that takes a quarter of an
# hour. With SLEEPBENCH_LLAMA_SERVER, the path of a llama-server, nothing is built. Where they cannot be
# had, the tests say why and skip. What the model says is nonsense; that every task gets its outcome and
# every token is counted is what is tested.

load ../cli/helpers

setup_file() {
    export THIRD=${SLEEPBENCH_INTEROP_CACHE:-$BATS_TEST_DIRNAME/../../build/interop/third}
    local code=0
    [ -e "$THIRD/bin" ] || [ -n "${SLEEPBENCH_LLAMA_SERVER:-}" ] || echo "# building llama.cpp in $THIRD" >&3
    "$BATS_TEST_DIRNAME/../interop/third_party.sh" >"$BATS_FILE_TMPDIR/third.log" 2>&1 || code=$?
    echo "$code" >"$BATS_FILE_TMPDIR/third.code"
}

setup() {
    local code
    paths
    code=$(cat "$BATS_FILE_TMPDIR/third.code")
    [ "$code" != 77 ] || skip "no server of others: $(tail -n 1 "$BATS_FILE_TMPDIR/third.log")"
    [ "$code" = 0 ] || { cat "$BATS_FILE_TMPDIR/third.log" && false; }
    THIRD=$(cd "$THIRD" && pwd)
}

teardown() { servers_down; }

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

ask() { # URL
    python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read().decode())' "$1"
}

# up PATH COMMAND...: starts a server on PORT and waits until PATH answers; sets URL.
up() {
    local path=$1 i
    shift
    URL=http://127.0.0.1:$PORT
    "$@" >server.log 2>&1 3>&- &
    SERVERS+=($!)
    for ((i = 0; i < 300; i++)); do
        ask "$URL$path" >/dev/null 2>&1 && return
        kill -0 "${SERVERS[-1]}" || break
        sleep 0.2
    done
    tail -n 5 server.log
    return 1
}

llama_up() {
    PORT=$(free_port)
    up /health "$THIRD/bin/llama-server" -m "$THIRD/tiny.gguf" -a tiny --host 127.0.0.1 --port "$PORT" -c 32768 -np 4 \
        -t 1 --jinja --metrics --no-webui
}

python_up() {
    local bin
    [ -e "$THIRD/python/llama_cpp" ] || skip "SLEEPBENCH_LLAMA_SERVER brings no llama-cpp-python"
    bin=$(cd "$THIRD/bin" && pwd)
    PORT=$(free_port)
    LLAMA_CPP_LIB_PATH=$bin PYTHONPATH=$THIRD/python up /v1/models "$THIRD/venv/bin/python" -m llama_cpp.server \
        --model "$THIRD/tiny.gguf" --model_alias tiny --host 127.0.0.1 --port "$PORT" --n_ctx 8192 --n_threads 1 \
        --interrupt_requests false # by default a new request cuts the stream of another
}

# A config of three arms with a sleep, two questions, short answers.
TINY=(--yes --set limit=2 --set temperature=1 --set max_tokens.test=80 --set max_tokens.sleep=200
    --set rethink_calls=2 --set concurrency=4 --set bootstrap=100 --set 'figures=[]' --set 'test_budget.levels=[0,4]'
    --set 'arms=["test_time",{"method":"sleep_time","k":[1,2],"sleep":{"temperature":1}},{"method":"pass_at_k","k":[1,2],"temperature":1}]')

model() { # HOST: the `models` of a config for the server that is up
    echo "models=[{\"name\":\"tiny\",\"host\":\"$1\",\"base_url\":\"$URL/v1\"}]"
}

# whole NAME: every task of runs/NAME has an outcome that is a result, and known usage; the report is
# there; the same command asks nothing again.
whole() {
    local name=$1 calls
    shift
    run -0 "$PROGRAM" status "$name"
    echo "$output"
    [[ ${lines[0]} =~ :\ ([0-9]+)\ of\ ([0-9]+)\ tasks\ done ]]
    [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
    [ "${BASH_REMATCH[1]}" -gt 0 ]
    [ "$(db "$name" 'SELECT count(*) FROM answer WHERE in_uncached + coalesce(in_cached, 0) <= 0 OR out_visible IS NULL')" = 0 ]
    [ -s "runs/$name/RESULTS.md" ]
    [ -s "runs/$name/tables/accuracy.csv" ]
    "$PROGRAM" export "$name" >rows
    [ -s rows ]
    calls=$(db "$name" 'SELECT count(*) FROM call')
    go "$name" "$@"
    [ "$(db "$name" 'SELECT count(*) FROM call')" = "$calls" ]
}

# All tokens that llama-server has made since it started, by its own count.
made() { ask "$URL/metrics" | awk '$1 == "llamacpp:tokens_predicted_total" { print $2 }'; }

@test "llama.cpp: a config end to end; every task has an outcome, every token is counted" {
    llama_up
    go tiny "${TINY[@]}" --set "$(model llama.cpp)"
    [ "$(db tiny 'SELECT sum(out_visible + coalesce(out_reasoning, 0)) FROM call')" = "$(made)" ]
    [ "$(db tiny 'SELECT count(*) FROM learned')" -gt 0 ]
    whole tiny "${TINY[@]}" --set "$(model llama.cpp)"
    # streamed: the same prompts, the same seeds, usage asked for and given
    go streamed "${TINY[@]}" --set "$(model llama.cpp)" --set stream=true
    whole streamed "${TINY[@]}" --set "$(model llama.cpp)" --set stream=true
}

@test "llama.cpp: forced budgets; what was thought stays within what was asked" {
    llama_up
    local forced=(--yes --set limit=6 --set temperature=1 --set max_tokens.test=40 --set 'arms=["test_time"]'
        --set concurrency=4 --set bootstrap=100 --set 'figures=[]' --set test_budget.kind=forced
        --set 'test_budget.levels=[16,64,256]' --set "$(model llama.cpp)")
    go forced "${forced[@]}"
    whole forced "${forced[@]}"
    go longer "${forced[@]}" --set forced_extensions=4
    python3 - <<'PY' | sed 's/^/# /' | tee /dev/fd/3
import sqlite3
means = {}
for name in ("forced", "longer"):
    rows = sqlite3.connect(f"runs/{name}/run.db").execute(
        "SELECT v.level % 100000000, a.out_reasoning FROM answer a JOIN task t ON t.key = a.task"
        " JOIN variant v ON v.key = t.variant").fetchall()
    for level in sorted({level for level, _ in rows}):
        seen = sorted(n for l, n in rows if l == level)
        # "Wait" and a closing newline are put in, not generated: up to 2 tokens an extension
        assert max(seen) <= level + (1 if name == "forced" else 11), (name, level, seen)
        assert level > 16 or min(seen) > 0, seen
        means[name, level] = sum(seen) / len(seen)
        print(f"{name} {level}: thought {seen}")
assert all(means["longer", level] >= means["forced", level] for level in (16, 64, 256)), means
assert means["longer", 256] > means["longer", 64] > means["longer", 16], means
PY
    [ "${PIPESTATUS[0]}" = 0 ]
}

# What plain HTTP says a server honours, against what `probe` says.
@test "llama.cpp: probe and plain HTTP agree" {
    llama_up
    python3 "$TOP/tests/interop/third_facts.py" "$URL" >facts
    run -0 --separate-stderr "$PROGRAM" probe tiny --base-url "$URL/v1" --host llama.cpp --quiet
    printf '%s\n' "$output" | tee probed
    python3 - <<'PY'
import re
facts = {f[1].strip(): f[3].strip() for f in (line.split("|") for line in open("facts")) if len(f) == 5}
probed = dict(re.split(r"  +", line)[:2] for line in open("probed") if "  " in line)
for fact, row in (("max_tokens 7", "limit max_tokens"), ("max_completion_tokens 7", "limit max_completion_tokens"),
                  ("seed", "seed"), ("n 3", "n"), ("stream_options.include_usage", "usage in streams"),
                  ("/tokenize", "tokenize"), ("echo + logprobs, max_tokens 1", "log-probabilities")):
    assert facts[fact] == probed[row], (fact, facts[fact], probed[row])
assert facts["thinking_budget_tokens 16"] == probed["budget forcing"] == "yes", (facts, probed)
assert facts["min_tokens 300"] == "no" and probed["unknown members"] == "ignored", (facts, probed)
PY
}

@test "llama.cpp: what official clients read of its answers is what we read" {
    local c
    llama_up
    phantom_up
    go texts --no-report --set 'models=["phantom/small"]' --set limit=1 --set 'arms=[{"method":"sleep_time"}]' \
        --set 'test_budget.levels=[0]'
    python3 "$TOP/tests/interop/tap.py" runs/texts/run.db "$TOP/configs/prompts/neutral/asleep_user.txt" texts
    for c in openai anthropic; do
        [ -e "$THIRD/venv/$c" ] || timeout 500 "$THIRD/venv/bin/pip" -q install --retries 1 --timeout 20 "$c" >pip.log 2>&1 ||
            skip "pip cannot install $c: $(grep -v '^$' pip.log | tail -n 1)"
        : >"$THIRD/venv/$c"
        PYTHONDONTWRITEBYTECODE=1 run -0 "$THIRD/venv/bin/python" "$TOP/tests/interop/third_client.py" "$URL" \
            "$B/tests/mock/read_reply" texts tiny "$c"
        echo "$output"
        [[ ${lines[-1]} == compared:* ]]
        echo "# $c: ${lines[-1]}" >&3
    done
}

@test "llama-cpp-python: a config end to end, plain and streamed" {
    python_up
    local stream
    for stream in false true; do
        go "python-$stream" "${TINY[@]}" --set "models=[{\"name\":\"tiny\",\"base_url\":\"$URL/v1\"}]" --set "stream=$stream"
        run -0 "$PROGRAM" status "python-$stream"
        echo "$output"
        [[ ${lines[0]} =~ :\ ([0-9]+)\ of\ ([0-9]+)\ tasks\ done ]]
        [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
        [ -s "runs/python-$stream/RESULTS.md" ]
    done
    [ "$(db python-false 'SELECT count(*) FROM call WHERE out_visible IS NULL')" = 0 ]
    # it gives no usage in streams, whatever is asked: unknown, not zero
    [ "$(db python-true 'SELECT count(*) FROM call WHERE out_visible = 0')" = 0 ]
}
