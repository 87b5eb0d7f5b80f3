#!/usr/bin/env python3
"""faults.py RUN.db - a run under faults, judged from its rows alone.

Prints what it counted; exit 1 if a task has no result, if usage does not add up, or if a request
was sent while its key had been told to wait.
"""
import bisect
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1])


def one(sql):
    return db.execute(sql).fetchone()[0]


tasks = one("SELECT count(*) FROM task")
answers = one("SELECT count(*) FROM answer")
attempts = one("SELECT count(*) FROM call")
results = one("SELECT count(*) FROM call WHERE outcome BETWEEN 1 AND 9")
usage = "coalesce(in_uncached,0)+coalesce(in_cached,0)+coalesce(in_write,0)+coalesce(out_visible,0)+coalesce(out_reasoning,0)"
by_answers = one(f"SELECT sum({usage}) FROM answer")
by_results = one(f"SELECT sum({usage}) FROM call WHERE outcome BETWEEN 1 AND 9")
by_attempts = one(f"SELECT sum({usage}) FROM call")

rows = db.execute("SELECT sent_ns, done_ns, status, headers FROM call").fetchall()
sent = sorted(r[0] for r in rows if r[0])
held, inside = 0, 0
for _, done, status, headers in rows:
    wait = [line.split(":", 1)[1] for line in (headers or "").splitlines() if line.lower().startswith("retry-after:")]
    if status != 429 or not wait:
        continue
    held += 1
    until = done + float(wait[0]) * 1e9
    inside += bisect.bisect_left(sent, until) - bisect.bisect_right(sent, done)

print(f"tasks {tasks}, answers {answers}, attempts {attempts}, results {results}, failed {attempts - results}")
print(f"tokens: {by_answers} by answers, {by_results} by results, {by_attempts} by all attempts")
print(f"told to wait {held} times, sent meanwhile {inside}")
ok = tasks == answers == results and by_answers == by_results <= by_attempts and held > 0 and inside == 0
sys.exit(0 if ok else 1)
