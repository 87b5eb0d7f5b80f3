#!/usr/bin/env bats
# interop.bats - peers that we did not write: the clients `openai` and `anthropic`, a LiteLLM proxy.
#
# They are installed from PyPI into build/interop, once; where that fails the tests say why and skip.

load ../cli/helpers

setup() { paths; }
teardown() { servers_down; }

# venv NAME PACKAGE: sets VENV to an environment that has the package, or skips.
venv() {
    local home=$TOP/build/interop log=$BATS_TEST_TMPDIR/pip.log
    VENV=$home/$1
    [ ! -e "$VENV/installed" ] || return 0
    mkdir -p "$home"
    rm -rf "$VENV"
    python3 -m venv "$VENV" >"$log" 2>&1 || skip "python3 -m venv fails: $(tail -n 1 "$log")"
    timeout 500 "$VENV/bin/pip" -q install --retries 1 --timeout 20 "$2" >"$log" 2>&1 ||
        skip "pip cannot install $2: $(grep -v '^$' "$log" | tail -n 1)"
    : >"$VENV/installed"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# What clients talk about, in texts/: the sleep prompt of our runner for a context of our own worlds,
# and a question about it; that is what the phantom can think about.
scene() {
    go texts --no-report --set 'models=["phantom/small"]' --set limit=1 --set 'arms=[{"method":"sleep_time"}]' \
        --set 'test_budget.levels=[0]'
    python3 "$TOP/tests/interop/tap.py" runs/texts/run.db "$TOP/configs/prompts/neutral/asleep_user.txt" texts
}

# client PACKAGE SCRIPT: the script's own checks, all of them, against a phantom.
client() {
    venv "$1" "$1"
    phantom_up
    scene
    PYTHONDONTWRITEBYTECODE=1 run -0 "$VENV/bin/python" "$TOP/tests/interop/$2" "http://127.0.0.1:$PORT" \
        "$B/tests/mock/read_reply" texts
    echo "$output"
    [[ $output == *"$1 "*" ok" ]]
    echo "# ${lines[-2]} ($1 ${lines[-1]#"$1 "})" >&3
}

@test "the official openai client, Chat Completions: streams, tools, errors; its objects equal our replies" {
    client openai openai_client.py
}

@test "the official openai client, Responses: items that go back, streams, errors; its objects equal our replies" {
    client openai openai_responses.py
}

@test "the official openai client: raw completions, log-probabilities, files and a batch" {
    client openai openai_raw.py
}

@test "the official anthropic client: thinking that goes back, streams, counts, a batch, errors; its objects equal our replies" {
    client anthropic anthropic_client.py
}

@test "our runner through a LiteLLM proxy: streamed and not, tools included, the same answers" {
    venv litellm 'litellm[proxy]'
    local port i
    phantom_up
    port=$(free_port)
    mkdir proxy
    "$TOP/tests/interop/litellm_proxy.sh" "$VENV" "$PHANTOM_URL" "$port" proxy 3>&- &
    SERVERS+=($!)
    for ((i = 0; i < 300; i++)); do
        python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/health/liveliness', timeout=2)" \
            2>/dev/null && break
        kill -0 "${SERVERS[-1]}" 2>/dev/null || skip "the proxy does not start: $(tail -n 1 proxy/proxy.log)"
        sleep 0.3
    done
    export INTEROP_KEY=sk-interop
    local demo=(--no-report --set limit=4 --set 'arms.1.k=[1,2]' --set 'arms.2.k=[1,2,4]' --set concurrency=4
        --set bootstrap=100)
    local through="[{\"name\":\"small\",\"base_url\":\"http://127.0.0.1:$port/v1\",\"api_key_env\":\"INTEROP_KEY\"},
        {\"name\":\"large\",\"base_url\":\"http://127.0.0.1:$port/v1\",\"api_key_env\":\"INTEROP_KEY\"}]"
    for stream in false true; do
        go "proxy-$stream" "${demo[@]}" --set "models=$through" --set "stream=$stream"
        run -0 "$PROGRAM" status "proxy-$stream"
        echo "$output"
        [[ ${lines[0]} =~ :\ ([0-9]+)\ of\ ([0-9]+)\ tasks\ done ]]
        [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
        # tools went through: blocks were written, and by calls
        [ "$(db "proxy-$stream" 'SELECT count(*) FROM learned WHERE empty = 0 AND rethinks > 0')" -gt 0 ]
        [ "$(db "proxy-$stream" 'SELECT count(*) FROM answer WHERE in_uncached IS NULL AND in_cached IS NULL')" = 0 ]
    done
    # seeds went through as well: streamed or not, every answer is the same
    cmp <("$PROGRAM" export proxy-false) <("$PROGRAM" export proxy-true)
    [ "$(db proxy-false 'SELECT hex(text) FROM answer ORDER BY task')" = \
        "$(db proxy-true 'SELECT hex(text) FROM answer ORDER BY task')" ]
    run ! grep -rqaF sk-interop runs
    # a wrong key ends the run (with 400 or 401, by version), and is nowhere
    INTEROP_KEY=sk-wrong-0123 run go proxy-wrong "${demo[@]}" --set "models=$through" --set attempts=1
    [ "$status" = 2 ] || [ "$status" = 4 ]
    no_secret sk-wrong-0123
}
