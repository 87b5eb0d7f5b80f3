#!/usr/bin/env bats
# messages.bats - runs by Anthropic Messages against the embedded model: same answers, whole sleeps,
# thinking that goes back, no key anywhere.

load helpers

setup() { paths; }
teardown() { servers_down; }

MESSAGES='[{"name":"phantom/small","api":"anthropic-messages"}]'

@test "answers do not depend on the wire format; sleeps with tools end well, streamed and not" {
    local arms='arms=["test_time",{"method":"sleep_time","k":[1,2],"sleep":{"temperature":0.7}},"context_only"]'
    local small=(--no-report --set limit=6 --set "$arms" --set 'test_budget.levels=[0,3]' --set bootstrap=100)
    go chat "${small[@]}" --set 'models=["phantom/small"]'
    for stream in true false; do
        go "m-$stream" "${small[@]}" --set "models=$MESSAGES" --set "stream=$stream"
        run -0 "$PROGRAM" status "m-$stream"
        [[ ${lines[0]} =~ :\ ([0-9]+)\ of\ ([0-9]+)\ tasks\ done ]]
        [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
        [ "$(db "m-$stream" "SELECT count(*) FROM call WHERE outcome != 1")" = 0 ]
        [ "$(db "m-$stream" 'SELECT count(*) FROM learned WHERE empty = 0 AND rethinks > 0')" -gt 0 ]
        [ "$(db "m-$stream" 'SELECT count(*) FROM call WHERE in_uncached IS NULL OR out_visible IS NULL')" = 0 ]
    done
    # without memory the greedy answers are a matter of the words alone
    local awake="SELECT t.key, hex(a.text) FROM answer a JOIN task t ON t.key = a.task
        JOIN variant v ON v.key = t.variant WHERE v.k = 0 ORDER BY t.key"
    [ -n "$(db chat "$awake")" ]
    [ "$(db chat "$awake")" = "$(db m-true "$awake")" ]
    [ "$(db chat "$awake")" = "$(db m-false "$awake")" ]
}

# A server whose model thinks before its call, in bytes that no JSON library would write again. It
# answers 400 where they do not come back.
thinking_server() {
    cat >thinking.py <<'PY'
import http.server, json
BLOCKS = (b'{"signature":"Eq\\/+\\u003d", "thinking" : "\\u00e9 is 1.0e+1", "type":"thinking","n":1.50}',
          b'{"type":"redacted_thinking","data":"q\\/Zw=="}',
          b'{"type":"tool_use","id":"toolu_1","name":"rethink_memory","input":{ "new_memory":"Ann has pears."}}')
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        turns, status, content, stop = json.loads(raw)["messages"], 200, b"", "tool_use"
        if "tools" not in json.loads(raw):
            content, stop = b'{"type":"text","text":"The answer is 4."}', "end_turn"
        elif len(turns) == 1:
            content = b",\n".join(BLOCKS)
        elif b'"content":[' + b",".join(BLOCKS) + b"]" in raw and turns[2]["content"][0]["tool_use_id"] == "toolu_1":
            content = b'{"type":"tool_use","id":"toolu_2","name":"finish_rethinking_memory","input":{}}'
        else:
            status = 400
        body = (b'{"type":"message","role":"assistant","model":"m","content":[' + content + b'],"stop_reason":"' +
                stop.encode() + b'","usage":{"input_tokens":3,"output_tokens":2}}')
        if status == 400:
            body = b'{"type":"error","error":{"type":"invalid_request_error","message":"expected thinking"}}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print("port", server.server_address[1], flush=True)
server.serve_forever()
PY
    python3 thinking.py >thinking.port 3>&- &
    SERVERS+=($!)
    wait_line thinking.port
    THINKING_URL=http://127.0.0.1:$(tr -dc 0-9 <thinking.port)
}

@test "a model that thinks before its calls gets its very bytes back, also after a stop" {
    local i=0 status=4
    thinking_server
    SIMPLE_AT "$THINKING_URL" claude-x 2
    AT+=(--set 'arms=[{"method":"sleep_time"}]'
        --set "models=[{\"name\":\"claude-x\",\"base_url\":\"$THINKING_URL\",\"api\":\"anthropic-messages\"}]")
    while [ "$status" = 4 ] && [ "$i" -lt 20 ]; do
        i=$((i + 1))
        status=0
        go slept "${AT[@]}" --set attempts=1 --max-calls 1 2>slept.err || status=$?
    done
    cat slept.err
    [ "$status" = 0 ]
    [ "$i" -ge 4 ]
    [ "$(db slept "SELECT count(*) FROM call WHERE outcome != 1")" = 0 ]
    [ "$(db slept 'SELECT group_concat(DISTINCT rethinks), group_concat(DISTINCT calls) FROM learned')" = '1|2' ]
}

@test "efforts reach the model by this format, and bring counted thinking" {
    go effort --no-report --set "models=[{\"name\":\"phantom/large\",\"api\":\"anthropic-messages\"}]" \
        --set limit=20 --set test_budget.kind=effort --set 'test_budget.levels=["none","low","medium"]' \
        --set 'arms=["test_time"]' --set bootstrap=100
    python3 - "$(db effort 'SELECT v.level, sum(a.out_reasoning) FROM answer a JOIN task t ON t.key = a.task
        JOIN variant v ON v.key = t.variant GROUP BY v.level ORDER BY v.level')" <<'PY'
import sys
sums = [int(line.split("|")[1]) for line in sys.argv[1].split()]
assert len(sums) == 3 and sums[0] == 0 < sums[1] < sums[2], sums
PY
}

@test "the key goes as x-api-key with the version, and is nowhere in the run" {
    cat >server.py <<'PY'
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open("seen", "a") as f:
            print(self.path, self.headers["x-api-key"], self.headers["anthropic-version"],
                  self.headers["Authorization"], body["max_tokens"], "seed" in body, file=f)
        answer = json.dumps({"type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": "Your key " + self.headers["x-api-key"] + " says 4."}],
            "usage": {"input_tokens": 3, "output_tokens": 2}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *a): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print("port", server.server_address[1], flush=True)
server.serve_forever()
PY
    python3 server.py >server.port 3>&- &
    SERVERS+=($!)
    wait_line server.port
    local port
    port=$(tr -dc 0-9 <server.port)
    export MESSAGES_KEY=sk-ant-0123456789
    SIMPLE_AT "http://127.0.0.1:$port" claude-x 2
    go keyed "${AT[@]}" --set "models=[{\"name\":\"claude-x\",\"base_url\":\"http://127.0.0.1:$port\",
        \"api\":\"anthropic-messages\",\"api_key_env\":\"MESSAGES_KEY\"}]"
    sort -u seen
    [ "$(sort -u seen)" = "/v1/messages sk-ant-0123456789 2023-06-01 None 1024 False" ]
    [ "$(db keyed "SELECT count(*) FROM answer WHERE outcome = 1")" -gt 0 ]
    no_secret sk-ant-0123456789
}

@test "wrong words for the wire format are refused before any call" {
    run -2 go wrong --set 'models=[{"name":"phantom/small","api":"anthropic"}]'
    [[ $output == *"anthropic-messages"* ]]
}
