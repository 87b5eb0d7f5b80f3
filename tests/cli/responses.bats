#!/usr/bin/env bats
# responses.bats - runs by OpenAI Responses against the embedded model: the same science as by Chat
# Completions, and items that go back byte for byte.

load helpers

setup() { paths; }
teardown() { servers_down; }

# go_by API NAME [options]: a run at temperature 0 of sleeps and answers, by that wire format.
# Without a seed on the wire only temperature 0 says the same twice.
go_by() {
    local api=$1 name=$2
    shift 2
    go "$name" --set limit=6 --set temperature=0 --set 'test_budget.levels=[0,2,4]' \
        --set bootstrap=100 --set 'figures=[]' \
        --set 'arms=["test_time",{"method":"sleep_time","k":[1],"sleep":{"temperature":0}},"context_only"]' \
        --set "models=[{\"name\":\"${MODEL:-phantom/small}\",\"base_url\":\"$PHANTOM_URL\",\"api\":\"$api\"}]" "$@"
}

# tokens NAME: sums over all calls, by kind.
tokens() {
    db "$1" 'SELECT count(*), sum(in_uncached), sum(in_cached), sum(out_visible), sum(out_reasoning) FROM call'
}

# same_numbers A B: the tables of two runs, but for the first line, which names the run.
same_numbers() {
    local a
    for a in "runs/$1"/tables/*.csv; do
        diff <(tail -n +2 "$a") <(tail -n +2 "runs/$2/tables/$(basename "$a")")
    done
    [ "$(wc -l <"runs/$1/tables/accuracy.csv")" -gt 8 ]
}

@test "chat and responses give the same tables, answers and tokens at temperature 0, streamed or not" {
    phantom_up
    go_by openai-chat chat
    go_by openai-responses plain
    go_by openai-responses stream --set stream=true
    same_numbers chat plain
    same_numbers chat stream
    same_rows chat plain
    same_rows chat stream
    [ "$(tokens chat)" = "$(tokens plain)" ]
    [ "$(tokens chat)" = "$(tokens stream)" ]
    [ "$(db plain 'SELECT count(*) FROM learned WHERE rethinks > 0')" -gt 0 ]
    [ "$(db stream "SELECT count(*) FROM call WHERE CAST(response AS TEXT) LIKE 'event: response.created%'")" = \
        "$(db stream 'SELECT count(*) FROM call')" ]
}

# A proxy that keeps what passes through it, because the store keeps bytes packed.
@test "what a sleeper said goes back byte for byte, and the server would notice a change" {
    phantom_up
    cat >proxy.py <<'PY'
import http.server, json, sys, threading, urllib.request, urllib.error
base, log = sys.argv[1], open(sys.argv[2], "a")
lock = threading.Lock()
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            r = urllib.request.urlopen(urllib.request.Request(base + self.path[3:], sent,
                {"Content-Type": "application/json"}))
            status, got = r.status, r.read()
        except urllib.error.HTTPError as e:
            status, got = e.code, e.read()
        with lock:
            log.write(json.dumps([sent.decode(), status, got.decode()]) + "\n")
            log.flush()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(got)))
        self.end_headers()
        self.wfile.write(got)
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print(s.server_port, flush=True)
s.serve_forever()
PY
    python3 proxy.py "$PHANTOM_URL" wire.log >proxy.port 2>proxy.err 3>&- &
    SERVERS+=($!)
    wait_line proxy.port
    local direct=$PHANTOM_URL
    PHANTOM_URL=http://127.0.0.1:$(cat proxy.port)/v1
    go_by openai-responses items --set limit=2
    PHANTOM_URL=$direct
    run -0 python3 - "$PHANTOM_URL" wire.log <<'PY'
import json, sys, urllib.request, urllib.error
base = sys.argv[1]
calls = [json.loads(l) for l in open(sys.argv[2])]
assert all(c[1] == 200 for c in calls), [c for c in calls if c[1] != 200][:1]
def items(response):
    """The raw text of the array `output`, by the positions a decoder tells."""
    at = response.index('"output":[') + len('"output":')
    _, end = json.JSONDecoder().raw_decode(response, at)
    return response[at + 1:end - 1]
spoken = [items(c[2]) for c in calls if '"function_call"' in c[2]]
followed = [c[0] for c in calls if '"function_call_output"' in c[0]]
assert len(spoken) > 3 and followed
for sent in followed:
    body = json.loads(sent)
    assert body["store"] is False and "seed" not in body and "messages" not in body
    assert body["include"] == ["reasoning.encrypted_content"]
    assert body["tools"][0]["name"] and body["tools"][0]["strict"] is False
    assert any(s in sent for s in spoken)  # verbatim
    turns = sum(i.get("type") == "function_call" for i in body["input"])
    assert turns == sum(i.get("type") == "function_call_output" for i in body["input"])
def ask(body):
    try:
        r = urllib.request.urlopen(urllib.request.Request(base + "/responses", body.encode(),
            {"Content-Type": "application/json"}))
        return r.status
    except urllib.error.HTTPError as e:
        return e.code
assert ask(followed[0]) == 200
changed = json.loads(followed[0])
call = next(i for i in changed["input"] if i.get("type") == "function_call")
call["arguments"] = call["arguments"].replace("}", " }")
assert ask(json.dumps(changed)) == 400
print("checked", len(followed))
PY
    [[ $output == "checked "* ]]
}

@test "an unknown wire format is refused with the list" {
    MODEL=phantom/small PHANTOM_URL=http://127.0.0.1:9/v1 run -2 go_by openai-response odd
    [[ $output == *'openai-responses'* ]]
    [ ! -e runs/odd ]
}
