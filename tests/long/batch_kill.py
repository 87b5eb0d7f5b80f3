"""batch_kill.py - two helpers of batch_kill.bats.

    batch_kill.py proxy UPSTREAM_PORT STATE_DIR     prints its port; passes HTTP on to 127.0.0.1
    batch_kill.py check PORT RUNS...                holds stores against what the phantom was given

The proxy kills a client at one HTTP request. STATE_DIR/victim says whom, STATE_DIR/order at which
one and when: "2 before POST /v1/files" is the second since the order came whose line begins so;
"before" it is passed on, "after": when its answer is there but not handed over, "sent3": so many ms
behind its handing over. An order that was carried out is removed, and a line goes to STATE_DIR/done.
"""
import collections, glob, http.client, http.server, json, os, signal, sqlite3, sys, threading, time


class Orders:
    def __init__(self, where):
        self.where, self.lock, self.text, self.n = where, threading.Lock(), None, 0

    def path(self, name):
        return os.path.join(self.where, name)

    def read(self, name):
        try:
            with open(self.path(name)) as f:
                return f.read().strip()
        except FileNotFoundError:
            return ""

    def next(self, what):
        """when to kill, if this request is the one, else None"""
        with self.lock:
            text = self.read("order")
            if text != self.text:
                self.text, self.n = text, 0
            if not text:
                return None
            n, when, step = text.split(" ", 2)
            self.n += what.startswith(step)
            return when if what.startswith(step) and self.n == int(n) else None

    def kill(self, what):
        with open(self.path("done"), "a") as f:
            f.write(f"{self.text}: {what}\n")
        os.remove(self.path("order"))
        os.kill(int(self.read("victim")), signal.SIGKILL)


def proxy(upstream, where):
    orders = Orders(where)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            what = f"{self.command} {self.path}"
            when = orders.next(what)
            if when == "before":
                orders.kill(what)
                self.close_connection = True
                return
            up = http.client.HTTPConnection("127.0.0.1", upstream)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection",)}
            up.request(self.command, self.path, body or None, headers)
            answer = up.getresponse()
            content = answer.read()
            up.close()
            if when == "after":
                orders.kill(what)
                self.close_connection = True
                return
            self.send_response(answer.status)
            for k, v in answer.getheaders():
                if k.lower() not in ("connection", "content-length", "transfer-encoding", "date"):
                    self.send_header(k, v)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()
            if when:
                time.sleep(int(when[4:]) / 1000)
                orders.kill(what)

        do_GET = do_POST = pass_on

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print("port", server.server_address[1], flush=True)
    server.serve_forever()


def get(port, path):
    c = http.client.HTTPConnection("127.0.0.1", port)
    c.request("GET", path)
    r = c.getresponse()
    body = r.read()
    c.close()
    assert r.status == 200, (path, r.status)
    return body


def pages(port, path, after):
    last = ""
    while True:
        page = json.loads(get(port, f"{path}?limit=100" + (f"&{after}={last}" if last else "")))
        yield from page["data"]
        if not page["has_more"]:
            return
        last = page["data"][-1]["id"]


def given(port):
    """tag -> list of its batches; each a list of the lines' ids and the digests of what was asked"""
    batches = collections.defaultdict(list)
    for b in pages(port, "/v1/batches", "after"):
        lines = get(port, f"/v1/files/{b['input_file_id']}/content").splitlines()
        batches[b["metadata"]["sleepbench"]].append([json.loads(l)["custom_id"] for l in lines])
    for b in pages(port, "/v1/messages/batches", "after_id"):
        ids = [json.loads(l)["custom_id"] for l in get(port, f"/v1/messages/batches/{b['id']}/results").splitlines()]
        batches[ids[0].split("-")[0]].append(ids)
    return batches


def check(port, stores):
    batches, seen, asked = given(port), set(), 0
    for path in stores:
        db = sqlite3.connect(path)
        assert db.execute("SELECT count(*) FROM batch WHERE state != 3").fetchone()[0] == 0, path
        assert db.execute("SELECT count(*) FROM batch_line WHERE open").fetchone()[0] == 0, path
        for key, tag in db.execute("SELECT key, tag FROM batch"):
            assert len(batches[tag]) == 1, f"{path}: the batch {tag} is {len(batches[tag])} times there"
            lines = sorted(f"{tag}-{task}-{n}" for task, n in
                           db.execute("SELECT task, n FROM batch_line WHERE batch = ?", (key,)))
            assert lines == sorted(batches[tag][0]), f"{path}: the lines of {tag} differ"
            calls = sorted(f"{tag}-{k >> 16}-{k & 65535}" for k, in
                           db.execute("SELECT key FROM call WHERE batch = ?", (key,)))
            assert calls == lines, f"{path}: results of {tag} are missing or others"
            seen.add(tag)
            asked += len(lines)
    assert set(batches) == seen, f"batches that no store knows: {set(batches) - seen}"
    print(len(seen), "batches,", asked, "lines, each submitted once and taken once")


if sys.argv[1] == "proxy":
    proxy(int(sys.argv[2]), sys.argv[3])
else:
    check(int(sys.argv[2]), [f"runs/{r}/run.db" for r in sys.argv[3:]])
