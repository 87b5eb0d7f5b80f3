"""tap.py - a listener on the wire between a client library and a server, and our readers beside it.

    tap = Tap("http://127.0.0.1:PORT")       the client talks to tap.url
    exchange = tap.last()                    method, path, request, status and body as received
    tap.answers(503, {...}, times=2)         the next two requests never reach the server

    Ours(program).read("openai-chat", exchange)   struct reply of the same bytes, as a dict

A client's script is called with URL READ_REPLY DIR: the server (without /v1), tests/mock/read_reply
and a directory with the texts of scene_texts below; scene() makes tap, Ours and texts of them.

The tap changes nothing: status, type and body are those of the server, piece by piece, so that a
client sees a stream as a stream.
"""
import dataclasses
import http.client
import http.server
import json
import pathlib
import sqlite3
import subprocess
import sys
import threading
import urllib.parse


@dataclasses.dataclass
class Exchange:
    method: str
    path: str
    request: bytes
    headers: dict
    status: int = 0
    body: bytes = b""

    def asked(self):
        return json.loads(self.request)

    def streamed(self):
        return bool(self.asked().get("stream"))


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _serve(self):
        size = int(self.headers.get("Content-Length") or 0)
        x = Exchange(self.command, self.path, self.rfile.read(size),
                     {k.lower(): v for k, v in self.headers.items()})
        self.server.tap.exchanges.append(x)
        canned = self.server.tap.next_answer()
        if canned:
            x.status, x.body = canned[0], json.dumps(canned[1]).encode()
            self._head(x.status, {"Content-Type": "application/json", **canned[2]}, len(x.body))
            self.wfile.write(x.body)
            return
        self._forward(x)

    def _forward(self, x):
        to = self.server.tap.upstream
        link = http.client.HTTPConnection(to.hostname, to.port, timeout=120)
        keep = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "accept-encoding")}
        link.request(x.method, to.path + x.path, x.request, keep)
        r = link.getresponse()
        x.status = r.status
        kind = {k: v for k, v in r.getheaders() if k.lower() in ("content-type", "allow", "retry-after")}
        self._head(r.status, kind, None)
        while piece := r.read1(4096):
            x.body += piece
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        link.close()

    def _head(self, status, headers, size):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if size is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(size))
        self.end_headers()

    do_GET = do_POST = do_DELETE = _serve


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client may leave in the middle
            super().handle_error(request, client_address)


class Tap:
    def __init__(self, upstream):
        self.upstream = urllib.parse.urlsplit(upstream)
        self.exchanges, self._canned = [], []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.tap = self
        self.url = "http://127.0.0.1:%d" % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def last(self):
        return self.exchanges[-1]

    def answers(self, status, body, times=1, **headers):
        self._canned += [(status, body, headers)] * times

    def next_answer(self):
        return self._canned.pop(0) if self._canned else None

    def forget(self):
        """Drops canned answers that nobody came for; how many there were."""
        left = len(self._canned)
        self._canned.clear()
        return left


class Ours:
    """Our readers, by tests/mock/read_reply. Keeps count of what was compared."""

    def __init__(self, program):
        self.program, self.compared = program, {}

    def read(self, name, x):
        how = "streamed" if x.streamed() else "plain"
        out = subprocess.run([self.program, name, str(x.status), how], input=x.body, stdout=subprocess.PIPE,
                             check=True).stdout
        return json.loads(out)

    def same(self, name, x, theirs):
        """Every member of `theirs` equals the reply that our reader makes of the same bytes."""
        reply = self.read(name, x)
        for key, value in theirs.items():
            assert reply[key] == value, f"{name} {key}: theirs {value!r}, ours {reply[key]!r}\n{x.body!r}"
        how = name + (" streamed" if x.streamed() else " plain")
        self.compared[how] = self.compared.get(how, 0) + 1
        return reply

    def summary(self):
        return ", ".join(f"{n} {how}" for how, n in sorted(self.compared.items()))


def outcome(cut, text, calls, refusal=""):
    """Outcome of a whole response by docs/PROVIDERS.md, from what the client saw."""
    if calls:
        return "tool_truncated" if cut else "ok"
    if text.strip():
        return "truncated" if cut else "ok"
    if refusal:
        return "refusal"
    return "no_answer_budget" if cut else "reasoning_only"


def counts(inside, cached, written, out, reasoning):
    """Usage as our readers split it: parts that do not overlap; None = not said. `inside`: the
    cached and written tokens are part of the input's total."""
    def less(total, *parts):
        return total - sum(p or 0 for p in parts) if total is not None else None
    return {"in_uncached": less(inside, cached, written), "in_cached": cached, "in_write": written,
            "out_visible": less(out, reasoning), "out_reasoning": reasoning}


@dataclasses.dataclass
class Scene:
    tap: Tap
    ours: Ours
    system: str  # the sleep's instructions
    user: str  # its first message, with a context of our worlds
    problem: str  # that context and a question about it


def scene():
    url, program, texts = sys.argv[1:4]
    return Scene(Tap(url), Ours(program), *((pathlib.Path(texts) / name).read_text()
                                            for name in ("system.txt", "user.txt", "problem.txt")))


def scene_texts(database, intro, directory):
    """Takes the texts of a scene from a stored run; `intro` is what stands before a sleep's context."""
    db, to = sqlite3.connect(database), pathlib.Path(directory)
    bodies = [b.decode() for b, in db.execute("SELECT body FROM text ORDER BY key")]
    context, query = (b.decode() for b in db.execute(
        "SELECT c.body, q.body FROM query JOIN context ON context.key = query.context"
        " JOIN text c ON c.key = context.text JOIN text q ON q.key = query.text").fetchone())
    to.mkdir(exist_ok=True)
    (to / "system.txt").write_text(
        next(b for b in bodies if "rethink_memory" in b and "finish" in b and not b.startswith("[")))
    (to / "user.txt").write_text(pathlib.Path(intro).read_text().strip() + "\n\n" + context)
    (to / "problem.txt").write_text(context + " " + query)


if __name__ == "__main__":
    scene_texts(*sys.argv[1:4])
