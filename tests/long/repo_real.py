"""repo_real.py - a real clone as repo_probe reads it against what git itself says.

    repo_real.py walk    PROBE CLONE START          every candidate of the whole history
    repo_real.py files   PROBE CLONE START NAME     changed files of every candidate; the yields
    repo_real.py given   PROBE CLONE START FACTS    the pull requests that FACTS knows of NAME
    repo_real.py cost    PROBE CLONE START          processor time and memory of walk and diffs

Git is asked by other means than the C code uses: one `git log` with its own subjects, `git
merge-base`, `git diff --raw --numstat -M`. Contents a partial clone lacks make git fail: then its
`--raw -M` alone is compared; where that fails too (it looks for renames), nothing is, and the diff
is no part of the yields. Prints what it found; exit 1 at the first difference."""

import json
import re
import resource
import subprocess
import sys

# DATASETS.md C3: (candidates, >= 3 .py/.js, >= 3 of them modified), of diffs that git can make in a
# clone without its largest contents. A full clone has more.
YIELDS = {
    "aider": {"merge": (283, 39, 36), "squash": (1, 0, 0), "manual": (1, 0, 0)},
    "ComfyUI": {"merge": (2, 1, 1), "squash": (1126, 182, 139), "manual": (203, 26, 20)},
}
# Heads below refs/pull: unmerged, merged, fast-forwarded; then of those with a base as above, and
# how many of the last have 30 files or fewer.
HEADS = {"aider": ((714, 287, 11), (250, 206, 191))}


def git(clone, *args, check=True):
    out = subprocess.run(["git", "-C", clone, *args], capture_output=True, check=False)
    if out.returncode:
        if check:
            sys.exit(f"git {' '.join(args)}: {out.stderr.decode(errors='replace')}")
        return None
    return out.stdout.decode("utf-8", "replace")


def probe(program, clone, *args, text=None):
    out = subprocess.run([program, clone, *args], input=text, capture_output=True, check=False)
    if out.returncode:
        sys.exit(f"repo_probe {args}: {out.stderr.decode(errors='replace')}")
    return [json.loads(line) for line in out.stdout.decode().splitlines()]


def tasks_of(program, clone, start, kind="pulls"):
    tasks = probe(program, clone, kind, start)
    return tasks[:-1], tasks[-1]


def history(clone, start):
    """(id, parents, subject, body) of every commit, newest first."""
    for record in git(clone, "log", "--format=%H%x1f%P%x1f%s%x1f%b%x1e", start).split("\x1e"):
        if record.strip("\n"):
            commit, parents, subject, body = record.strip("\n").split("\x1f")
            yield commit, parents.split(), subject, body.strip()


def candidates(clone, start):
    for commit, parents, subject, body in history(clone, start):
        m = re.match(r"Merge pull request #(\d+) from \S+", subject)
        if m and len(parents) == 2:
            title, _, rest = body.partition("\n")
            base = git(clone, "merge-base", *parents).split()[0]
            text = (title.strip(), rest.strip()) if body else (None, None)
            yield ("merge", int(m[1]), *text, base, parents[1])
            continue
        m = re.search(r"^(.*) \(#(\d+)\)$", subject)
        if m and len(parents) == 1:
            yield "squash", int(m[2]), m[1].strip(), body, parents[0], commit
            continue
        m = re.match(r"Merge (?:remote-tracking )?branch '(.+)' of [a-z]+://\S+", subject)
        if m and len(parents) == 2:
            base = git(clone, "merge-base", *parents).split()[0]
            yield "manual", 0, m[1], body, base, parents[1]


def walk(program, clone, start):
    tasks, counts = tasks_of(program, clone, start, "walk")
    ours = [tuple(t[k] for k in ("kind", "number", "title", "body", "base", "head")) for t in tasks]
    theirs = list(candidates(clone, start))
    for a, b in zip(ours, theirs):
        if a != b:
            sys.exit(f"ours {a}\ngit  {b}")
    if len(ours) != len(theirs):
        sys.exit(f"{len(ours)} candidates, git has {len(theirs)}")
    n = len(git(clone, "rev-list", start).split())
    if counts["commits"] != n:
        sys.exit(f"{counts['commits']} commits, git has {n}")
    print(f"{n} commits, {len(ours)} candidates equal")


def diff(clone, base, head, *numstat):
    """Rows as repo_probe has them, or None where git cannot read a content."""
    out = git(clone, "diff", "--no-ext-diff", "--raw", *numstat, "--no-abbrev", "-M", "-z", base,
              head, check=False)
    if out is None:
        return None
    word = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "T": "changed"}
    field, i, kind, rows = out.split("\0"), 0, {}, []
    while i < len(field) and field[i]:
        if field[i].startswith(":"):
            w = field[i].split()
            mode_only = w[4][0] == "M" and w[2] == w[3]
            i += 3 if w[4][0] == "R" else 2
            kind[field[i - 1]] = "changed" if mode_only else word[w[4][0]]
            if not numstat:
                rows.append((field[i - 1], field[i - 2] if w[4][0] == "R" else "",
                             kind[field[i - 1]]))
            continue
        plus, minus, name = field[i].split("\t")
        old, i = "", i + 1
        if not name:
            old, name, i = field[i], field[i + 1], i + 2
        lines = [-1 if x == "-" else int(x) for x in (plus, minus)]
        rows.append((name, old, kind[name], *lines))
    return sorted(rows, key=lambda r: r[0].encode())


def rows_of(files):
    return [(f["filename"], f["previous"], f["status"], f["additions"], f["deletions"])
            for f in files]


def tally(rows):
    scripts = [r for r in rows if re.search(r"\.(py|js)$", r[0])]
    modified = [r for r in scripts if r[2] == "modified"]
    return len(scripts) >= 3, len(modified) >= 3, len(modified) >= 3 and len(rows) <= 30


def all_heads(program, clone, tasks):
    """Pull refs whose number the walk knows by a merge or squash, with git's own base."""
    known = {t["number"]: t for t in tasks if t["kind"] in ("merge", "squash")}
    refs = git(clone, "for-each-ref", "--format=%(objectname) %(refname)", "refs/pull") or ""
    for line in refs.splitlines():
        head, name = line.split()
        m = re.fullmatch(r"refs/pull/(\d+)/head", name)
        if m and int(m[1]) in known:
            if known[int(m[1])]["head"] != head:
                sys.exit(f"{name} moved on after it was merged")
            yield known[int(m[1])]


def compare_files(program, clone, tasks):
    """Tally of each task, equal to git's where git can say; also how many it cannot."""
    text = "".join(f"{t['base']} {t['head']}\n" for t in tasks).encode()
    tallies, absent, renames = [], 0, 0
    for t, files in zip(tasks, probe(program, clone, "changes", text=text)):
        ours, theirs = rows_of(files), diff(clone, t["base"], t["head"], "--numstat")
        if theirs is None:
            theirs = diff(clone, t["base"], t["head"])
            ours = [row[:3] for row in ours]
            print(f"  {t['kind']} {t['number']} {t['base'][:9]}..{t['head'][:9]}: a content is "
                  f"absent, {'names' if theirs else 'nothing'} compared; ours: {len(ours)} files, "
                  f">= 3 scripts {tally(ours)[0]}, modified {tally(ours)[1]}")
        if theirs is None:
            absent += 1
            tallies.append((False, False, False))
            continue
        if ours != theirs:
            lines = [f"ours {r}" for r in ours if r not in theirs]
            lines += [f"git  {r}" for r in theirs if r not in ours]
            sys.exit(f"{t['kind']} {t['number']} {t['base']} {t['head']}\n" + "\n".join(lines))
        renames += sum(r[2] == "renamed" for r in ours)
        tallies.append(tally(ours))
    return tallies, absent, renames


def files(program, clone, start, name):
    tasks, counts = tasks_of(program, clone, start)
    tasks = [t for t in tasks if t["base"]]
    tallies, absent, renames = compare_files(program, clone, tasks)
    print(f"{len(tasks)} diffs, {renames} renames: equal, but for {absent} git cannot make")
    for kind, expected in YIELDS[name].items():
        mine = [x for t, x in zip(tasks, tallies) if t["kind"] == kind]
        found = (len(mine), sum(x[0] for x in mine), sum(x[1] for x in mine))
        print(f"{kind}: {found}")
        if found != expected and (absent or any(a < b for a, b in zip(found, expected))):
            sys.exit(f"{kind}: C3 has {expected}")
    if name in HEADS and counts["pull_refs"]:
        known = list(all_heads(program, clone, tasks))
        merged, rest = counts["merged"] + len(known), compare_files(program, clone, known)[0]
        found = (counts["unmerged"], merged, counts["fast_forwarded"])
        rest += [x for t, x in zip(tasks, tallies) if t["kind"] == "pull_ref"]
        sums = tuple(sum(x[i] for x in rest) for i in range(3))
        print(f"refs/pull: unmerged, merged, fast-forwarded {found}: {sums}")
        if (found, sums) != HEADS[name]:
            sys.exit(f"refs/pull: C3 has {HEADS[name]}")


def given(program, clone, start, facts, name):
    tasks, _ = tasks_of(program, clone, start)
    by_head = {t["head"]: t for t in tasks}
    done, missing = 0, []
    for pull in json.load(open(facts))["identified"]:
        if pull["repo"] != name:
            continue
        number, task = pull["pr_number"], by_head.get(pull["head_commit"])
        if not task:
            missing.append(number)
            continue
        if task["number"] not in (number, 0):
            sys.exit(f"{number}: found as {task['number']}")
        forwarded = "fast-forwarded" in pull["how_found"]
        if task["base"] != (None if forwarded else pull["base_commit"]):
            sys.exit(f"{number}: base {task['base']}, not {pull['base_commit']}")
        if "first commit" in pull["title_source"] and task["title"] != pull["title"]:
            sys.exit(f"{number}: title {task['title']}, not {pull['title']}")
        text = f"{pull['base_commit']} {pull['head_commit']}\n".encode()
        ours = probe(program, clone, "changes", text=text)[0]
        keys = ("filename", "status", "additions", "deletions")
        rows = sorted(tuple(f[k] for k in keys) for f in ours)
        expected = sorted(tuple(f[k] for k in keys) for f in pull["changed_files"])
        if rows != expected:
            sys.exit(f"{number}: {set(rows) ^ set(expected)}")
        done += 1
    print(f"{done} pull requests equal; no head in this clone: {missing}")
    if missing:
        sys.exit(1)


def cost(program, clone, start):
    tasks, counts = tasks_of(program, clone, start)
    text = "".join(f"{t['base']} {t['head']}\n" for t in tasks if t["base"]).encode()
    probe(program, clone, "changes", text=text)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, mib = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"{counts['commits']} commits, {len(tasks)} tasks: {seconds:.1f} s, {mib:.0f} MiB")
    if seconds > 30 or mib > 400:
        sys.exit("over 30 s or 400 MiB")


if __name__ == "__main__":
    {"walk": walk, "files": files, "given": given, "cost": cost}[sys.argv[1]](*sys.argv[2:])
