#!/usr/bin/env python3
"""swe_check.py - SWE-Features tasks of a clone, made a second time and compared.

    scripts/reference/swe_check.py DIR TASKS PAIRS [--branch B] [--pull-refs] [--similarity 0.20]
        [--max-cluster 6] [--min-modified 3] [--max-files 30] [--extensions py,js] [--words FILE]

TASKS and PAIRS are what `sleepbench data generate swe-features --repo DIR --out TASKS --pairs PAIRS`
wrote with the same options. This file shares nothing with the program but docs/SWE.md: it asks the
git command, has its own regular expressions, similarities in floating point and the plainest
average link. Compared are the pull requests kept, their bases, heads, titles and files, every
similarity (to 2e-9) and the clusters. Prints what differs; exit code 1 if anything does. A pull
request that the git command cannot compare (a content is not in the clone) is told and left out.
"""
import argparse
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from fractions import Fraction

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
STATUS = {"M": "modified", "A": "added", "D": "removed", "R": "renamed", "T": "changed"}


class Unreadable(Exception):
    pass


def git(directory, *words):
    done = subprocess.run(
        ["git", "-C", directory, "-c", "core.quotepath=off", "-c", "diff.renames=true",
         "-c", "diff.renameLimit=0", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise Unreadable(done.stderr.decode("utf8", "replace").strip())
    return done.stdout


def text(data):
    return data.decode("utf8", "replace")


def commits(directory, branch):
    form = "--format=%H%x1f%P%x1f%cI%x1f%s%x1f%B%x1e"
    for record in text(git(directory, "log", form, branch, "--")).split("\x1e"):
        parts = record.lstrip("\n").split("\x1f")
        if len(parts) == 5:
            yield parts[0], parts[1].split(), parts[3], body_of(parts[4])


def body_of(message):
    """What stands behind the first paragraph."""
    lines = message.strip().split("\n")
    at = next((i for i, line in enumerate(lines) if not line.strip()), len(lines))
    return "\n".join(lines[at:]).strip()


def merge_base(directory, a, b):
    try:
        return text(git(directory, "merge-base", a, b)).strip()
    except Unreadable:
        return None


def candidates(directory, branch, pull_refs):
    known = set()
    merged = {}
    history = list(commits(directory, branch))
    for commit, parents, subject, body in history:
        for parent in parents[1:]:
            merged[parent] = parents[0]  # the oldest stays: the log begins with the newest
        merge = re.match(r"Merge pull request #(\d{1,15}) from \S+", subject)
        squash = re.fullmatch(r"(.*) \(#(\d{1,15})\)", subject, re.S)
        manual = re.match(r"Merge (?:remote-tracking )?branch '(.+)' of [a-z+]+://\S+", subject)
        if merge and len(parents) == 2:
            title, _, rest = body.partition("\n")
            known.add(int(merge[1]))
            yield {"number": int(merge[1]), "title": title.strip(), "body": rest.strip(),
                   "base": merge_base(directory, *parents), "head": parents[1]}
        elif squash and len(parents) == 1:
            known.add(int(squash[2]))
            yield {"number": int(squash[2]), "title": squash[1].strip(), "body": body,
                   "base": parents[0], "head": commit}
        elif manual and len(parents) == 2:
            yield {"number": None, "title": manual[1].strip(), "body": body,
                   "base": merge_base(directory, *parents), "head": parents[1]}
    if pull_refs:
        yield from heads(directory, branch, known, merged, {c[0] for c in history})


def heads(directory, branch, known, merged, history):
    for line in text(git(directory, "for-each-ref", "--format=%(refname) %(objectname)",
                         "refs/pull/*/head")).splitlines():
        name, head = line.split()
        number = int(name.split("/")[2])
        if number in known:
            continue
        onto = branch if head not in history else merged.get(head)
        base = onto and merge_base(directory, onto, head)
        if not base:
            continue
        first = text(git(directory, "rev-list", "--topo-order", f"{onto}..{head}", "--")).split()[-1]
        yield {"number": number, "title": text(git(directory, "log", "-1", "--format=%s", first)).strip(),
               "body": "", "base": base, "head": head}


def changes(directory, base, head):
    fields = git(directory, "diff", "--raw", "-M", "-z", base, head).split(b"\0")
    found = []
    i = 0
    while i + 1 < len(fields):
        letter = text(fields[i]).split()[4][0]
        if letter in "RC":
            i += 1
        mode = text(fields[i - (letter in "RC")]).split()
        status = STATUS[letter]
        if letter == "M" and mode[2] == mode[3]:
            status = "changed"  # of mode only
        found.append((status, text(fields[i + 1])))
        i += 2
    return sorted(found, key=lambda f: f[1].encode())


class Words:
    def __init__(self, path):
        with open(path, encoding="utf8") as file:
            self.lists = json.load(file)

    def starts(self, key, s):
        words = "|".join(re.escape(w) for w in self.lists[key])
        return words and re.search(rf"(?<![A-Za-z0-9_])(?:{words})", s, re.I | re.A)

    def keeps(self, title, body):
        if len(title) < self.lists["least_title"] or self.starts("rejected", title):
            return False
        prefix = re.match(r"(\w*(?:\([^)]*\))?!?):", title, re.A)
        names = "|".join(map(re.escape, self.lists["rejected_prefixes"]))
        if prefix and names and re.search(rf"\b(?:{names})\b", prefix[1], re.I | re.A):
            return False
        if not self.starts("accepted", title) and not self.starts("accepted", body):
            return False
        return not any(self.refers(s) for s in (title, body))

    def refers(self, s):
        near = "|".join(map(re.escape, self.lists["references"]))
        line = "|".join(map(re.escape, self.lists["references_in_line"]))
        return (re.search(rf"(?<![A-Za-z0-9_])(?:{near})\s+#\d", s, re.I | re.A)
                or re.search(rf"(?<![A-Za-z0-9_])(?:{line})[^\n]*#\d", s, re.I | re.A))


def weight(n, df):
    return math.log((1 + n) / (1 + df)) + 0.1


def similarities(tasks, wanted):
    n = len(tasks)
    files = [{name for status, name in t["files"] if status == "modified" and wanted(name)}
             for t in tasks]
    bags = []
    for task, names in zip(tasks, files):
        s = " ".join([task["title"], task["title"], task["body"][:600], *names])
        bags.append(Counter(re.findall(r"[a-z0-9]{2,}", re.sub(r"[A-Z]", lambda m: m[0].lower(), s))))
    df_file = Counter(name for names in files for name in names)
    df_word = Counter(word for bag in bags for word in bag)
    vectors = []
    for bag in bags:
        v = {w: (1 + math.log(k)) * weight(n, df_word[w]) for w, k in bag.items()}
        norm = math.sqrt(math.fsum(x * x for x in v.values())) or 1
        vectors.append({w: x / norm for w, x in v.items()})
    sim = {}
    for i in range(n):
        for j in range(i + 1, n):
            either = math.fsum(weight(n, df_file[f]) for f in files[i] | files[j])
            both = math.fsum(weight(n, df_file[f]) for f in files[i] & files[j])
            cosine = math.fsum(x * vectors[j].get(w, 0) for w, x in vectors[i].items())
            sim[i, j] = (both / either if either else 0) / 2 + cosine / 2
    return sim


def average_link(n, sim, threshold, most):
    clusters = [[i] for i in range(n)]
    while True:
        best = None
        for a in range(len(clusters)):
            for b in range(a + 1, len(clusters)):
                if len(clusters[a]) + len(clusters[b]) > most:
                    continue
                pairs = [sim[min(i, j), max(i, j)] for i in clusters[a] for j in clusters[b]]
                mean = Fraction(sum(pairs), len(pairs))
                if best is None or mean > best[0]:
                    best = mean, a, b
        if best is None or best[0] < threshold:
            return clusters
        clusters[best[1]] += clusters.pop(best[2])


def rank(c):
    return c["number"] is None, c["number"] or 0


def make(options):
    ends = tuple("." + e.strip().lstrip(".") for e in options.extensions.split(","))
    words = Words(options.words)
    kept = {}
    left_out = 0
    for c in candidates(options.dir, options.branch, options.pull_refs):
        if not c["base"]:
            continue
        try:
            c["files"] = changes(options.dir, c["base"], c["head"])
        except Unreadable:
            left_out += 1
            continue
        modified = sum(s == "modified" and f.endswith(ends) for s, f in c["files"])
        if modified < options.min_modified or 0 < options.max_files < len(c["files"]):
            continue
        best = kept.get(c["head"])  # two pull requests of one head are one: merged and lower first
        if best is None or rank(c) < rank(best):
            kept[c["head"]] = c
    kept = [c for c in kept.values() if words.keeps(c["title"], c["body"])]
    kept.sort(key=lambda c: (c["number"] is None, c["number"] or 0, c["head"]))
    return kept, left_out, lambda name: name.endswith(ends)


def name_of(row):
    return row["pr_number"] or row["head_commit"]


def compare(options):
    kept, left_out, wanted = make(options)
    with open(options.tasks, encoding="utf8") as file:
        rows = [json.loads(line) for line in file]
    with open(options.pairs, encoding="utf8") as file:
        pairs = {(p["a"], p["b"]): p["similarity"] for p in map(json.loads, file)}
    wrong = []
    ours = [c["number"] or c["head"] for c in kept]
    theirs = [name_of(r) for r in rows]
    for name in sorted(set(map(str, ours)) ^ set(map(str, theirs))):
        wrong.append(f"{name}: kept by one of the two only")
    if wrong:
        return wrong, len(kept), left_out
    for c, row in zip(kept, rows):
        files = [(f["status"], f["filename"]) for f in row["changed_files"]]
        for what, a, b in (("base", c["base"], row["base_commit"]), ("head", c["head"], row["head_commit"]),
                           ("title", c["title"], row["title"]), ("files", c["files"], files)):
            if a != b:
                wrong.append(f"{name_of(row)}: another {what}: {a} here, {b} there")
    sim = similarities(kept, wanted)
    for (i, j), s in sim.items():
        there = pairs.get((str(ours[i]), str(ours[j])))
        if there is None or abs(there - s) > 2e-9:
            wrong.append(f"{ours[i]}, {ours[j]}: similarity {s} here, {there} there")
    whole = {k: round(s * 10**9) for k, s in sim.items()}
    threshold = Fraction(options.similarity) * 10**9
    here = sorted(sorted(str(ours[i]) for i in c)
                  for c in average_link(len(kept), whole, threshold, options.max_cluster))
    groups = {}
    for row in rows:
        groups.setdefault(row["cluster"], []).append(str(name_of(row)))
    there = sorted(sorted(g) for g in groups.values())
    wrong += [f"cluster {c} here only" for c in here if c not in there]
    wrong += [f"cluster {c} there only" for c in there if c not in here]
    return wrong, len(kept), left_out


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("dir", "tasks", "pairs"):
        p.add_argument(name)
    p.add_argument("--branch", default="HEAD")
    p.add_argument("--pull-refs", action="store_true")
    p.add_argument("--similarity", default="0.20")
    p.add_argument("--max-cluster", type=int, default=6)
    p.add_argument("--min-modified", type=int, default=3)
    p.add_argument("--max-files", type=int, default=30)
    p.add_argument("--extensions", default="py,js")
    p.add_argument("--words", default=os.path.join(TOP, "datasets", "swe_words.json"))
    wrong, n, left_out = compare(p.parse_args())
    for line in wrong[:40]:
        print(line)
    print(f"{n} tasks, {len(wrong)} differences; git could not compare {left_out} candidates")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
