#!/usr/bin/env python3
"""Derives datasets/aime_fingerprints.json from files that hold the problems under their ids.

    aime_fingerprints.py FILE.. > datasets/aime_fingerprints.json

FILE: JSON lines with id ("2024-I-1") and problem, such as $SLEEPBENCH_DATA/aime/aime_2024.jsonl.
What is written is described in datasets/aime_problem.h; it holds digests and counts, no text.
"""
import hashlib
import json
import re
import sys

FIGURE = re.compile(
    r"\[asy\].*?\[/asy\]|\\begin\{(asy|tikzpicture)\}.*?\\end\{\1\}|!\[[^\]]*\]\([^)]*\)", re.S)


def normal(problem):
    return re.sub("[^a-z0-9]", "", FIGURE.sub(" ", problem).lower())


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main():
    rows = [json.loads(line) for path in sys.argv[1:] for line in open(path, encoding="utf-8")]
    problems = []
    for row in rows:
        text = normal(row["problem"])
        problems.append({"id": row["id"], "prefix": digest(text[:32]), "tail": digest(text[-24:]),
                         "length": len(text)})
    about = "made by scripts/reference/aime_fingerprints.py; see datasets/aime_problem.h"
    print('{"about": %s, "problems": [' % json.dumps(about))
    print(",\n".join(json.dumps(p) for p in problems))
    print("]}")


if __name__ == "__main__":
    main()
