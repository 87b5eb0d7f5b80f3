#!/usr/bin/env bats
# kept.bats - what was paid is kept, what was told is obeyed, and what comes from elsewhere does not
# mix: refusals in the middle, batches of refused lines, servers that hold, stores that are shared.

load helpers

setup() { paths; }
teardown() { servers_down; }

# two A B: names models.A and models.B at the mock server as TWO.
two() {
    TWO=("${SIMPLE[@]}" --no-report --set dataset=jsonl --input sums.jsonl
        --set "models=[{\"name\":\"$1\",\"base_url\":\"$MOCK_URL/v1\"},{\"name\":\"$2\",\"base_url\":\"${3:-$MOCK_URL/v1}\"}]")
}

@test "an endpoint that refuses its first call ends the run, with the answers under way elsewhere" {
    mock_up --log asked
    SIMPLE_AT "$MOCK_URL/v1" mock
    two mock-delay=700 mock-404
    run -2 go r "${TWO[@]}" --set limit=20 --set concurrency=30
    [[ $output == *"answers 404 to model mock-404"*"check the model's name and base_url"* ]]
    [ "$(grep -c ' mock-delay=700 200' asked)" = 20 ]
    [ "$(db r 'SELECT count(*) FROM answer')" = 20 ]
    [ "$(db r 'SELECT count(*) FROM call WHERE status = 404')" = 10 ]
}

@test "tasks of a server that holds give way to those of others" {
    mock_up --log asked
    SIMPLE_AT "$MOCK_URL/v1" mock
    # a name of the same machine is another address, and so another account
    two mock-429-after=3000 mock "http://localhost:${MOCK_URL##*:}/v1"
    SECONDS=0
    run -4 go r "${TWO[@]}" --set limit=20 --set concurrency=4
    [[ $output == *"the server asks to wait longer than deadline_s"*"20 tasks are left"* ]]
    [ "$SECONDS" -lt 20 ]
    [ "$(db r 'SELECT count(*) FROM answer')" = 20 ]
    # while the key was told to wait nothing was sent to it
    [ "$(grep -c 'mock-429' asked)" -le 4 ]
}

# lines_up STATUS: batches by OpenAI's paths, each line of which is answered with STATUS.
lines_up() {
    cat >lines.py <<'PY'
import http.server, json, re, sys
files, status = {}, int(sys.argv[1])
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def say(self, body):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/files"):
            files["in"] = re.findall(rb'"custom_id":\s*"([^"]+)"', body)
            return self.say({"id": "file-in", "object": "file", "filename": "x", "created_at": 1})
        self.tag = json.loads(body).get("metadata")
        self.say(self.batch("validating"))
    def batch(self, state):
        return {"id": "batch_1", "object": "batch", "status": state, "created_at": 1, "input_file_id": "file-in",
            "error_file_id": "file-err" if state == "completed" else None,
            "request_counts": {"total": len(files["in"]), "completed": 0, "failed": len(files["in"])}}
    def do_GET(self):
        if self.path.endswith("/content"):
            return self.say(b"".join(json.dumps({"id": "r", "custom_id": i.decode(), "error": None, "response":
                {"status_code": status, "body": {"error": {"message": "not for you"}}}}).encode() + b"\n"
                for i in files["in"]))
        self.say(self.batch("completed"))
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print(s.server_address[1], flush=True)
s.serve_forever()
PY
    rm -f lines.port
    python3 lines.py "$1" >lines.port 2>lines.err 3>&- &
    SERVERS+=($!)
    wait_line lines.port
}

@test "refused lines of a batch are taken all at once, and each is told" {
    lines_up 404
    run -4 go r --no-report --set limit=6 --set 'arms=[{"method":"sleep_time","k":[2],"sleep":{"temperature":0.7}}]' --set bootstrap=100 \
        --set 'figures=[]' --set sleep_batch=true --set batch_poll_s=0.02 --set 'test_budget.levels=[0]' \
        --set "models=[{\"name\":\"m\",\"base_url\":\"http://127.0.0.1:$(cat lines.port)/v1\",\"traits\":{\"batch\":\"openai\"}}]"
    [[ $output == *"could not be done"*"status 404"*"not for you"* ]]
    [ "$(db r 'SELECT count(*) FROM call WHERE status = 404')" = "$(db r 'SELECT lines FROM batch')" ]
    [ "$(db r 'SELECT lines FROM batch')" -gt 1 ]
    [ "$(db r 'SELECT count(*) FROM batch_line WHERE open')" = 0 ]
    [ "$(db r 'SELECT state FROM batch')" = 3 ]
}

@test "a server that repeats the key does not get it into a probe's table" {
    cat >echo.py <<'PY'
import http.server, json
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        said = "x" * 78 + self.headers["Authorization"] + "\x1b[31m\r\nROW \u009b"
        status, body = 200, {"model": said, "choices": [{"finish_reason": said,
            "message": {"role": "assistant", "content": said}}], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}
        if not self.path.endswith("/chat/completions") or "seed" in asked or "tools" in asked:
            status, body = 400, {"error": {"message": said}}
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print(s.server_address[1], flush=True)
s.serve_forever()
PY
    python3 echo.py >echo.port 2>echo.err 3>&- &
    SERVERS+=($!)
    wait_line echo.port
    export KEY=sk-quite-secret-key-of-this-test
    for form in --quiet --json; do
        run -0 "$PROGRAM" probe m --base-url "http://127.0.0.1:$(cat echo.port)/v1" --api-key-env KEY --save rows.json $form
        [[ $output == *"Bearer [redacted]"* ]]
        [[ $output != *"sk-quite"* && $output != *$'\x1b'* && $output != *$'\xc2\x9b'* ]]
        [[ $(cat rows.json) != *sk-quite* ]]
        [[ $output != *$'\nROW'* ]]
    done
}

# version_1 NAME: makes its store one that an older program has written.
version_1() {
    python3 - "runs/$1/run.db" <<'PY'
import sqlite3, sys
d = sqlite3.connect(sys.argv[1])
for t in ("forcing", "likelihood", "batch_line", "batch"):
    d.execute(f"DROP TABLE {t}")
for c in ("held_ns", "served", "in_write_1h", "batch"):
    d.execute(f"ALTER TABLE call DROP COLUMN {c}")
d.execute("PRAGMA user_version = 1")
d.commit()
PY
}

@test "an older store may be brought up by several readers at once" {
    local i n pids
    mock_up
    SIMPLE_AT "$MOCK_URL/v1" mock 4
    go r "${AT[@]}"
    for n in {1..8}; do
        rm -rf runs/o
        cp -r runs/r runs/o
        version_1 o
        pids=()
        for i in {1..6}; do
            "$PROGRAM" status o >"status.$i" 2>&1 3>&- &
            pids+=($!)
        done
        for i in {0..5}; do
            wait "${pids[$i]}" || { cat "status.$((i + 1))"; false; }
        done
        [ "$(db o 'PRAGMA user_version')" = 2 ]
    done
}

# as_nobody COMMAND...: as one who may not write what belongs to others.
as_nobody() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    else
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    fi
}

@test "a finished run is read where nothing can be written; what cannot be read says what to do" {
    as_nobody test -x "$PROGRAM" || skip "nobody can run $PROGRAM"
    mock_up
    SIMPLE_AT "$MOCK_URL/v1" mock 4
    go r "${AT[@]}"
    mv runs/r 'runs/r#1%20?x'
    "$PROGRAM" export 'r#1%20?x' >want
    rm -rf shelf
    cp -r runs shelf
    chmod -R a+rX,a-w shelf
    local up=$BATS_TEST_TMPDIR
    while [ "$up" != / ] && [ "$(id -u)" = 0 ]; do
        chmod a+x "$up"
        up=$(dirname "$up")
    done
    as_nobody test -r shelf/*/run.db || skip "nobody cannot read $BATS_TEST_TMPDIR"
    as_nobody "$PROGRAM" export --runs shelf 'r#1%20?x' >got
    cmp want got
    run -0 as_nobody "$PROGRAM" status --runs shelf 'r#1%20?x'
    [[ $output == *"4 of 4 tasks done"* ]]
    run as_nobody "$PROGRAM" grade --runs shelf 'r#1%20?x'
    [ "$status" -ne 0 ]
    version_1 'r#1%20?x'
    chmod -R u+w shelf
    cp 'runs/r#1%20?x/run.db' shelf/*/
    chmod -R a+rX,a-w shelf
    run -2 as_nobody "$PROGRAM" status --runs shelf 'r#1%20?x'
    [[ $output == *"of an older program"*"copy the run"* ]]
    chmod -R u+w shelf
}

@test "recorded answers and those of servers do not mix in a run" {
    mock_up
    SIMPLE_AT "$MOCK_URL/v1" mock 6
    go a "${AT[@]}"
    go a2 "${AT[@]}"
    run -4 go live "${AT[@]}" --max-calls 2
    run -2 "$PROGRAM" replay a --name live --quiet
    [[ $output == *"runs/live holds a run that servers answered"* ]]
    [ "$(db live 'SELECT count(*) FROM answer')" = 2 ]
    run -4 "$PROGRAM" replay live --name again --quiet
    run -2 go again "${AT[@]}"
    [[ $output == *"runs/again holds a replay of runs/live/run.db"* ]]
    run -2 "$PROGRAM" replay a --name again --quiet
    [[ $output == *"holds a replay of another run"* ]]
    [ "$(db again 'SELECT count(*) FROM answer')" = 2 ]
    # the run went on, and so does its replay; a replay can be replayed
    go live "${AT[@]}"
    run -0 "$PROGRAM" replay runs/live --name again --quiet
    run -0 "$PROGRAM" replay again --name third --quiet
    same_rows a third
}

@test "a run whose requests changed their form on the way is replayed all the same" {
    phantom_up --background-polls 1
    local api
    for api in openai-chat openai-responses; do
        of=("${SMALL[@]}" --set limit=6 --set batch_poll_s=0.02 --set poll_s=0.02 --set temperature=0
            --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\",\"api\":\"$api\",
                \"traits\":{\"background\":$([ $api = openai-chat ] && echo false || echo true)}}]")
        run -4 go "$api" "${of[@]}" --set stream=true --set sleep_batch=true --max-calls 40
        run -4 go "$api" "${of[@]}" --set stream=true --max-calls 60
        go "$api" "${of[@]}"
        [ "$(db "$api" 'SELECT count(*) FROM call WHERE batch IS NOT NULL')" -gt 0 ]
        # streams, or looks at what is made in the background
        [ "$(db "$api" "SELECT count(*) FROM call WHERE CAST(response AS TEXT) LIKE 'data:%' OR outcome = 17")" -gt 0 ]
        # no turn was asked for twice, and each is in the usage of its sleep
        [ "$(db "$api" 'SELECT count(*) FROM learned l WHERE calls != (SELECT count(*) FROM call c
            WHERE c.key >> 16 = l.task AND c.outcome != 17)')" = 0 ]
        [ "$(db "$api" 'SELECT sum(in_uncached), sum(out_visible) FROM call')" = \
            "$(db "$api" 'SELECT sum(a), sum(b) FROM (SELECT sum(in_uncached) a, sum(out_visible) b FROM answer
                UNION ALL SELECT sum(in_uncached), sum(out_visible) FROM learned)')" ]
        run -0 "$PROGRAM" replay "$api" --name "again-$api" --quiet
        same_tables "$api" "again-$api"
        [ "$(db "$api" 'SELECT count(*), sum(in_uncached) FROM call')" = \
            "$(db "again-$api" 'SELECT count(*), sum(in_uncached) FROM call')" ]
    done
}

@test "a response under way in the background is not asked for again by a batch" {
    phantom_up --ledger ledger --background-polls 30
    of=(--no-report --set limit=6 --set "arms=[$(printf %s '{"method":"sleep_time","k":[1],"sleep":{"temperature":0}}')]"
        --set temperature=0 --set 'test_budget.levels=[0]' --set bootstrap=100 --set 'figures=[]' --set poll_s=0.02 --set batch_poll_s=0.02
        --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\",\"api\":\"openai-responses\",\"traits\":{\"background\":true}}]")
    run -4 go r "${of[@]}" --set concurrency=2 --max-calls 10
    [ "$(wc -l <ledger)" = 2 ] # two are named, and being made
    go r "${of[@]}" --set sleep_batch=true
    [ "$(db r 'SELECT count(*) FROM call WHERE batch IS NOT NULL')" -gt 0 ]
    [ "$(wc -l <ledger)" = "$(db r 'SELECT count(*) FROM call WHERE outcome != 17')" ]
    [ "$(db r 'SELECT count(*) FROM learned l WHERE calls != (SELECT count(*) FROM call c
        WHERE c.key >> 16 = l.task AND c.outcome != 17)')" = 0 ]
    run -0 "$PROGRAM" replay r --name again --quiet
    same_rows r again
}
