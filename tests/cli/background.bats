#!/usr/bin/env bats
# background.bats - responses that are made in the background: the same answers, polled for; kills,
# lost responses and replays.

load helpers

setup() { paths; }
teardown() { servers_down; }

# behind NAME [options]: a run at temperature 0 by Responses, in the background unless TRAITS says
# otherwise. Sleeps, so that turns go back and forth, and answers.
behind() {
    local name=$1
    shift
    BEHIND=(run "$CONFIG" --quiet --set "name=$name" --set limit=6 --set temperature=0
        --set 'test_budget.levels=[0,4]' --set bootstrap=100 --set 'figures=[]' --set poll_s=0.02
        --set 'arms=["test_time",{"method":"sleep_time","k":[1],"sleep":{"temperature":0}}]'
        --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\",\"api\":\"openai-responses\",
            \"traits\":${TRAITS:-{\"background\":true\}}}]" "$@")
    "$PROGRAM" "${BEHIND[@]}"
}

# usage NAME: tokens of all calls that used any.
usage() {
    db "$1" 'SELECT sum(in_uncached), sum(in_cached), sum(out_visible), sum(out_reasoning) FROM call'
}

PENDING="(SELECT count(*) FROM call WHERE outcome = 17)"
WHOLE="(SELECT count(*) FROM call WHERE outcome = 1)"

@test "the background gives the tables, answers and tokens of waiting, and a row for each look" {
    phantom_up --ledger ledger
    TRAITS='{}' behind plain
    local asked
    asked=$(wc -l <ledger)
    behind late
    for a in runs/plain/tables/*.csv; do
        diff <(tail -n +2 "$a") <(tail -n +2 "runs/late/tables/${a##*/}")
    done
    same_rows plain late
    [ "$(usage plain)" = "$(usage late)" ]
    # POST, two looks that find it under way, one that has it: three pending rows a response
    [ "$(db late "SELECT $PENDING = 3 * $WHOLE, $WHOLE, count(*) = 4 * $WHOLE FROM call")" = "1|$asked|1" ]
    [ "$(wc -l <ledger)" = $((2 * asked)) ]
    run -0 "$PROGRAM" status late
    [[ $output == *pending* && $output != *"pending"*"(attempts)"* ]]
    # looks have no request bytes, are held by their pause and use nothing
    [ "$(db late "SELECT count(*) FROM call WHERE length(request) = 0 AND held_ns = 20000000")" = "$(db late "SELECT 3 * $WHOLE")" ]
    [ "$(db late 'SELECT count(*) FROM call WHERE outcome = 17 AND coalesce(in_uncached, 0) + coalesce(out_visible, 0) > 0')" = 0 ]
    # a replay asks nobody and waits for nothing
    servers_down
    SECONDS=0
    run -0 "$PROGRAM" replay late --name again --set poll_s=60 --quiet
    [ "$SECONDS" -lt 30 ]
    same_rows late again
    calls='SELECT key, outcome, status, in_uncached, out_visible, held_ns, wall_ms FROM call ORDER BY key'
    diff <(db late "$calls") <(db again "$calls")
}

@test "a run that is killed goes on asking for the same responses: none is made twice" {
    phantom_up --ledger ledger --background-polls 40
    local pid n tasks
    SIMPLE_AT "$PHANTOM_URL" phantom/small 10
    of=("$PROGRAM" run "$CONFIG" --quiet "${SIMPLE[@]}" --no-report --set dataset=jsonl --input sums.jsonl --set name=r
        --set limit=10 --set concurrency=16 --set poll_s=0.1
        --set "models=[{\"name\":\"phantom/small\",\"base_url\":\"$PHANTOM_URL\",\"api\":\"openai-responses\",
            \"traits\":{\"background\":true}}]")
    for n in 1 2 3; do
        "${of[@]}" 2>>r.err 3>&- &
        pid=$!
        disown "$pid"
        # every task has had its response named, and looked at in this process
        local before=${seen:-0} i
        for ((i = 0; i < 500; i++)); do
            seen=$(db r "SELECT min(n) FROM (SELECT (SELECT count(*) FROM call c WHERE c.key >> 16 = t.key) n FROM task t)" \
                2>/dev/null) || seen=0
            [ "${seen:-0}" -gt $((before + 1)) ] && break
            sleep 0.02
        done
        [ "$seen" -gt $((before + 1)) ]
        kill -9 "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
        [ "$(db r 'SELECT count(*) FROM answer')" = 0 ]
    done
    "${of[@]}"
    [ "$(db r 'SELECT count(*) FROM answer WHERE outcome = 1')" = 10 ]
    # ten responses were made, whatever became of those who asked
    [ "$(wc -l <ledger)" = 10 ]
    [ "$(db r 'SELECT count(*) FROM call WHERE length(request) > 0')" = 10 ]
    [ "$(db r 'SELECT sum(in_uncached) FROM call')" = "$(db r 'SELECT sum(in_uncached) FROM answer')" ]
    run -0 "$PROGRAM" replay r --name again --quiet
    same_rows r again
}

# ends.py: a server whose n-th response ends as argument n says; the ones behind are completed.
# Each GET is logged with what it was told.
ends_up() {
    cat >ends.py <<'PY'
import http.server, json, sys, threading
made, lock = [], threading.Lock()
log = open("ends.log", "a", buffering=1)
DONE = {"status": "completed", "output": [{"type": "message", "role": "assistant", "content":
    [{"type": "output_text", "text": "The answer is 4."}]}],
    "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}}
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def say(self, status, body):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert asked["background"] is True and asked["store"] is True and "stream" not in asked, asked
        with lock:
            made.append(0)
            n = len(made)
        end = sys.argv[n] if n < len(sys.argv) else "completed"
        log.write("POST %s\n" % end)
        name = "resp-%d_x" % n if end != "name" else "../models?x=1"
        self.say(200, {"id": name, "status": "queued", "usage": None})
    def do_GET(self):
        name = self.path.rsplit("/", 1)[1]
        if not (self.path.startswith("/v1/responses/resp-") and "Content-Length" not in self.headers):
            log.write("BAD %s\n" % self.path)
            return self.say(500, {})
        n = int(name[5:-2])
        end = sys.argv[n] if n < len(sys.argv) else "completed"
        with lock:
            made[n - 1] += 1
            look = made[n - 1]
        log.write("GET %d %s\n" % (n, end))
        if look == 1:
            return self.say(200, {"id": name, "status": "in_progress", "usage": None})
        if end == "404":
            return self.say(404, {"error": {"message": "no such response"}})
        if end == "503" and look < 4:
            return self.say(503, {"error": {"message": "busy"}})
        if end == "html" and look < 3:
            return self.say(200, b"<html>a proxy</html>")
        if end in ("failed", "cancelled"):
            return self.say(200, {"id": name, "status": end, "usage": None,
                "error": {"code": "server_error", "message": "it broke"} if end == "failed" else None})
        if end == "refused":
            return self.say(200, {"id": name, "status": "failed", "usage": None,
                "error": {"code": "invalid_prompt", "message": "not this"}})
        self.say(200, dict(DONE, id=name))
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print(s.server_address[1], flush=True)
s.serve_forever()
PY
    rm -f ends.port ends.log
    python3 ends.py "$@" >ends.port 2>ends.err 3>&- &
    SERVERS+=($!)
    wait_line ends.port
    ENDS=(--no-report --set dataset=jsonl --input sums.jsonl "${SIMPLE[@]}" --set poll_s=0.02 --set limit=1
        --set "models=[{\"name\":\"m\",\"base_url\":\"http://127.0.0.1:$(cat ends.port)/v1\",\"api\":\"openai-responses\",
            \"traits\":{\"background\":true}}]")
}

# outcomes NAME: of the calls, in order.
outcomes() {
    db "$1" 'SELECT outcome, status FROM call ORDER BY key' | paste -sd' '
}

@test "a response that is lost is asked for anew, one that is only out of sight is not" {
    SIMPLE_AT http://127.0.0.1:1 m 1
    local end want
    while IFS=: read -r end want; do
        ends_up "$end"
        go "e-$end" "${ENDS[@]}"
        [ "$(paste -sd, ends.log)" = "$want" ] || { echo "$end: $(paste -sd, ends.log)"; cat ends.err; false; }
        [ "$(db "e-$end" 'SELECT outcome, text, in_uncached, out_visible FROM answer')" = "1|The answer is 4.|10|5" ]
        servers_down
    done <<'TABLE'
404:POST 404,GET 1 404,GET 1 404,POST completed,GET 2 completed,GET 2 completed
failed:POST failed,GET 1 failed,GET 1 failed,POST completed,GET 2 completed,GET 2 completed
cancelled:POST cancelled,GET 1 cancelled,GET 1 cancelled,POST completed,GET 2 completed,GET 2 completed
503:POST 503,GET 1 503,GET 1 503,GET 1 503,GET 1 503
html:POST html,GET 1 html,GET 1 html,GET 1 html
TABLE
    [ "$(outcomes e-404)" = "17|200 17|200 14|404 17|200 17|200 1|200" ]
    [ "$(outcomes e-503)" = "17|200 17|200 11|503 11|503 1|200" ]
    for end in 404 failed 503; do
        run -0 "$PROGRAM" replay "e-$end" --name "again-$end" --quiet
        [ "$(outcomes "e-$end")" = "$(outcomes "again-$end")" ]
    done
}

@test "lost responses are attempts of the call; the next command begins another" {
    SIMPLE_AT http://127.0.0.1:1 m 1
    ends_up failed failed failed
    run -4 go r "${ENDS[@]}" --set attempts=2
    [[ $output == *"provider_error"*"it broke"* ]]
    [ "$(grep -c POST ends.log)" = 2 ]
    : >ends.log
    run -4 go r "${ENDS[@]}" --set attempts=1
    [ "$(paste -sd, ends.log)" = "POST failed,GET 3 failed,GET 3 failed" ]
    : >ends.log
    go r "${ENDS[@]}"
    [ "$(paste -sd, ends.log)" = "POST completed,GET 4 completed,GET 4 completed" ]
    run -0 "$PROGRAM" replay r --name again --quiet
    [ "$(outcomes r)" = "$(outcomes again)" ]
    servers_down
    # the request itself is at fault: it is not repeated by this process
    ends_up refused
    run -4 go s "${ENDS[@]}"
    [[ $output == *"not this"* ]]
    [ "$(grep -c POST ends.log)" = 1 ]
    go s "${ENDS[@]}"
    [ "$(grep -c POST ends.log)" = 2 ]
}

@test "a name that is no part of an address is an error, and is not asked for" {
    SIMPLE_AT http://127.0.0.1:1 m 1
    ends_up name
    run -4 go r "${ENDS[@]}"
    [[ $output == *"provider_error"*"letters, digits"* ]]
    [ "$(paste -sd, ends.log)" = "POST name" ]
}
