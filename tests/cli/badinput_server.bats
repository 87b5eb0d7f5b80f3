#!/usr/bin/env bats
# badinput_server.bats - what servers and keys do wrong: outcome, exit code, raw bytes, resume.
#
# The other end is tests/mock/mock_server.c, which misbehaves as its model name commands.

load helpers

setup() { paths; }

teardown() { servers_down; }

# outcomes NAME: "ok 4, timeout 1" of all attempts in the store, by name.
outcomes() {
    "$PROGRAM" status "$1" | sed -n '/^milliseconds/,$d; s/^  \([a-z_]*\) *\([0-9]*\).*/\1 \2/p' | sort | paste -sd, -
}

@test "an unreachable server: attempts are rows, exit 4, the same command finishes" {
    mock_up
    servers_down # its port is free now
    SIMPLE_AT "$MOCK_URL" mock-ok 3
    run -4 go r "${AT[@]}" --set attempts=2
    [[ $output == *"could not be done"*"the same command"* || $output == *"in a row failed"* ]]
    [[ $output == *onnect* ]]
    [ "$(outcomes r)" = "http_error 6" ]
    grep -q onnect runs/r/log.jsonl
    [ -s runs/r/run.db ]
}

# plain_server PORT SECONDS: answers everything after a while; its port can be taken again at once.
plain_server() {
    cat >plain.py <<'PY'
import http.server, json, sys, time
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(float(sys.argv[2]))
        body = json.dumps({"choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "The answer is 4."}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H)
print(s.server_address[1], flush=True)
s.serve_forever()
PY
    : >plain.port
    python3 plain.py "$1" "$2" >plain.port 2>/dev/null 3>&- &
    SERVERS+=($!)
    wait_line plain.port
}

@test "a server that goes away and comes back: the same command does the rest" {
    plain_server 0 0.05
    local port rc=0 pid some
    port=$(cat plain.port)
    SIMPLE_AT "http://127.0.0.1:$port/v1" m 60
    "$PROGRAM" run "$CONFIG" --quiet --set name=r "${AT[@]}" --set attempts=1 --set concurrency=2 2>r.err 3>&- &
    pid=$!
    wait_answer r
    servers_down
    wait "$pid" || rc=$?
    [ "$rc" = 4 ]
    some=$(db r 'SELECT count(*) FROM answer')
    [ "$some" -gt 0 ]
    [ "$some" -lt 60 ]
    plain_server "$port" 0 # the address is part of a task's identity
    go r "${AT[@]}" --set concurrency=2
    [ "$(db r 'SELECT count(*) FROM answer')" = 60 ]
    [[ $(outcomes r) == http_error*"ok 60" ]]
}

@test "a wrong key: exit 2 at once, and the key is nowhere" {
    local key=sk-very-secret-0123456789
    mock_up --key right-key
    run -2 env MY_KEY=$key "$PROGRAM" run "$CONFIG" --no-report --set name=r "${SIMPLE[@]}" --set limit=4 \
        --set "models=[{\"name\":\"mock-ok\",\"base_url\":\"$MOCK_URL\",\"api_key_env\":\"MY_KEY\"}]"
    [[ $output == *"answers 401 to model mock-ok"*"check the key"* ]]
    no_secret "$key"
    [ "$(db r 'SELECT count(*) FROM answer')" = 0 ]
    [ "$(db r 'SELECT count(*) FROM call WHERE status = 401')" -ge 1 ]
    run -0 env MY_KEY=right-key "$PROGRAM" run "$CONFIG" --no-report --set name=r "${SIMPLE[@]}" --set limit=4 \
        --set "models=[{\"name\":\"mock-ok\",\"base_url\":\"$MOCK_URL\",\"api_key_env\":\"MY_KEY\"}]"
    no_secret right-key
}

@test "a server that repeats the key in headers, errors and answers: it is redacted everywhere" {
    local key=sk-echoed-0123456789abcdef
    cat >echo.py <<'PY'
import http.server, json
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    n = 0
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers["Authorization"]
        H.n += 1
        ok = H.n % 2 == 0
        body = json.dumps({"choices": [{"index": 0, "finish_reason": "stop", "message":
            {"role": "assistant", "content": "You are " + key + " and it is 4."}}]} if ok else
            {"error": {"message": "no money for " + key}}).encode()
        self.send_response(200 if ok else 500)
        self.send_header("X-Seen", key)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print(s.server_address[1], flush=True)
s.serve_forever()
PY
    python3 echo.py >echo.port 3>&- &
    SERVERS+=($!)
    wait_line echo.port
    run -0 env MY_KEY=$key "$PROGRAM" run "$CONFIG" --no-report --set name=r "${SIMPLE[@]}" --set limit=2 --set concurrency=1 \
        --set "models=[{\"name\":\"m\",\"base_url\":\"http://127.0.0.1:$(cat echo.port)/v1\",\"api_key_env\":\"MY_KEY\"}]"
    no_secret "$key"
    [ "$(db r "SELECT count(*) FROM answer WHERE CAST(text AS TEXT) LIKE '%[redacted]%'")" = 2 ]
    grep -q 'redacted' runs/r/log.jsonl
}

@test "an unknown model and other refusals of the first call: exit 2 with the server's words" {
    mock_up
    local code hint
    while IFS='|' read -r code hint; do
        SIMPLE_AT "$MOCK_URL" "mock-$code" 2
        run -2 go "r$code" "${AT[@]}"
        [[ $output == *"answers $code to model mock-$code"*"$hint"* ]] || { echo "$output"; false; }
        [ "$(db "r$code" "SELECT count(*) FROM call WHERE status = $code")" -ge 1 ]
    done <<'TABLE'
402|check the account
403|check what the key may do
404|check the model's name and base_url
TABLE
}

@test "a request that is refused by itself (400, 422) does not end the run" {
    printf '1 mock-400\n3 mock-422\n' >script
    mock_up --script script
    SIMPLE_AT "$MOCK_URL" mock-ok 5
    run -4 go r "${AT[@]}" --set concurrency=1
    [[ $output == *"2 tasks could not be done"* ]]
    [ "$(outcomes r)" = "ok 3,rejected 2" ]
    go r "${AT[@]}"
    [ "$(outcomes r)" = "ok 5,rejected 2" ]
}

@test "429 with Retry-After is waited for; 500 twice is tried again" {
    mock_up
    SIMPLE_AT "$MOCK_URL" mock-429-1-after_ms=50 3
    go r429 "${AT[@]}"
    [ "$(outcomes r429)" = "ok 3,rate_limited 3" ]
    SIMPLE_AT "$MOCK_URL" mock-429-1-after=1 1
    go ra "${AT[@]}"
    [ "$(outcomes ra)" = "ok 1,rate_limited 1" ]
    [ "$(db ra 'SELECT max(sent_ns) - min(done_ns) >= 1000000000 FROM call')" = 1 ]
    SIMPLE_AT "$MOCK_URL" mock-500-2-after_ms=20 3
    go r500 "${AT[@]}"
    [ "$(outcomes r500)" = "ok 3,provider_error 6" ]
    SIMPLE_AT "$MOCK_URL" mock-429-after=3600 2
    run -4 go long "${AT[@]}" --set deadline_s=2
    [ "$(outcomes long)" = "rate_limited 2" ]
}

@test "twenty failures in a row stop the run with exit 4" {
    mock_up
    SIMPLE_AT "$MOCK_URL" mock-500-after_ms=1 60
    run -4 go r "${AT[@]}" --set concurrency=4
    [[ $output == *"20 attempts in a row failed"* ]]
    local n
    n=$(db r 'SELECT count(*) FROM call')
    [ "$n" -ge 20 ]
    [ "$n" -le 24 ]
}

# One odd behaviour a line: model, attempts of the first run by outcome (one attempt a task, three
# tasks), its exit code. Then the same command, after the odd part is over, must finish.
@test "odd responses become the outcome they are, keep their bytes, and the same command finishes" {
    mock_up
    local word want name
    while IFS='|' read -r word want; do
        SIMPLE_AT "$MOCK_URL" "mock-$word-1" 3
        name=r-${word%=*}
        run -4 go "$name" "${AT[@]}" --set attempts=1 --set idle_s=1 --set concurrency=3
        [ "$(outcomes "$name")" = "$want 3" ] || { echo "$word: $(outcomes "$name")"; false; }
        [ "$(db "$name" 'SELECT count(*) FROM answer')" = 0 ]
        go "$name" "${AT[@]}" --set attempts=1
        [ "$(outcomes "$name" | tr , '\n' | sort | paste -sd, -)" = "$(printf '%s 3\nok 3\n' "$want" | sort | paste -sd, -)" ]
    done <<'TABLE'
html|bad_json
notjson|bad_json
garbage|bad_json
emptybody|bad_json
nochoice|bad_json
error200|provider_error
cut=40|http_error
reset=40|http_error
resetnow|http_error
closenow|http_error
nohttp|http_error
stall=10|timeout
408|timeout
503|provider_error
529|provider_error
TABLE
    # a page instead of an answer is shown by its first words
    grep -q '<title>Bad gateway</title><p>Please log in' runs/r-html/log.jsonl
    [ "$(db r-html "SELECT count(*) FROM call WHERE outcome <> 1 AND why LIKE '<!doctype html>%Please log in.'")" = 3 ]
    [[ $(db r-html 'SELECT CAST(response AS TEXT) FROM call ORDER BY key LIMIT 1') == "<"* ]]
    [ "$(db r-cut 'SELECT max(length(response)) FROM call WHERE outcome <> 1')" = 40 ]
}

@test "odd streams become the outcome they are, and the same command finishes" {
    mock_up
    local word want name
    while IFS='|' read -r word want; do
        SIMPLE_AT "$MOCK_URL" "mock-$word-1" 3
        name=s-${word%=*}
        run -4 go "$name" "${AT[@]}" --set stream=true --set attempts=1 --set idle_s=1 --set concurrency=3
        [ "$(outcomes "$name")" = "$want 3" ] || { echo "$word: $(outcomes "$name")"; false; }
        go "$name" "${AT[@]}" --set stream=true --set attempts=1
        [ "$(db "$name" 'SELECT count(*) FROM answer')" = 3 ]
    done <<'TABLE'
nofinish|incomplete_stream
errevent|provider_error
stall=60|timeout
html|bad_json
reset=200|http_error
TABLE
    # what a stream may look like without anything being wrong
    for word in crlf cr bom comments nodone noblank plain write=1 chunked=3 utf8 close closeidle; do
        SIMPLE_AT "$MOCK_URL" "mock-$word" 2
        name=ok-${word%=*}
        go "$name" "${AT[@]}" --set stream=true --set attempts=1
        [ "$(outcomes "$name")" = "ok 2" ] || { echo "$word: $(outcomes "ok-$word")"; false; }
    done
}

@test "answers that are results though they are no answers are kept and not asked again" {
    mock_up
    local word want
    while IFS='|' read -r word want; do
        SIMPLE_AT "$MOCK_URL" "mock-$word" 2
        go "a-$word" "${AT[@]}"
        [ "$(outcomes "a-$word")" = "$want 2" ] || { echo "$word: $(outcomes "a-$word")"; false; }
    done <<'TABLE'
length|truncated
budget|no_answer_budget
reasoning|reasoning_only
refusal|refusal
filter|content_filter
TABLE
}

@test "invalid UTF-8, NUL and ten megabytes in an answer are taken and kept byte for byte" {
    mock_up
    local word want s
    while IFS='|' read -r word want; do
        SIMPLE_AT "$MOCK_URL" "mock-$word" 1
        for s in false true; do
            go "b-$word-$s" "${AT[@]}" --set "stream=$s"
            [ "$(outcomes "b-$word-$s")" = "$want 1" ] || { echo "$word: $(outcomes "b-$word-$s")"; false; }
        done
        cmp <(db "b-$word-true" 'SELECT hex(text) FROM answer') <(db "b-$word-false" 'SELECT hex(text) FROM answer')
    done <<'TABLE'
nul|ok
badutf8|ok
big|budget_violated
TABLE
    python3 - <<'PY'
import sqlite3
def one(name, sql): return sqlite3.connect("runs/%s/run.db" % name).execute(sql).fetchone()[0]
assert one("b-big-false", "SELECT length(text) FROM answer") >= 10_000_000
assert one("b-big-false", "SELECT length(response) FROM call") >= 10_000_000
raw = one("b-badutf8-false", "SELECT response FROM call")
try:
    raw.decode()
    raise SystemExit("the bytes were changed")
except UnicodeDecodeError:
    pass
for name in ("b-badutf8-false", "b-nul-false"):
    text = one(name, "SELECT text FROM answer").decode()
    assert "\ufffd" in text and "\0" not in text, text
PY
    run -0 "$PROGRAM" export b-nul-false
    run -0 "$PROGRAM" grade b-badutf8-true
}

@test "sleeps on a server that calls tools badly still end, and are counted" {
    mock_up
    local word
    for word in tools toolbad toolcut toolunknown; do
        go "t-$word" --no-report --base-url "$MOCK_URL" --model "mock-$word" --set limit=2 --set bootstrap=100 \
            --set 'arms=[{"method":"sleep_time"}]' --set 'test_budget.levels=[0]' --set rethink_calls=3
        [ "$(db "t-$word" 'SELECT count(*) FROM learned WHERE calls BETWEEN 1 AND 3')" = 2 ]
        [ "$(db "t-$word" 'SELECT count(*) FROM answer')" = 2 ]
    done
    [ "$(db t-toolbad 'SELECT sum(empty) FROM learned')" = 2 ]
    [[ $(outcomes t-toolcut) == *"tool_truncated 6"* ]]
    [[ $(outcomes t-toolunknown) == *"tool_invalid"* ]]
}
