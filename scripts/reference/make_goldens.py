#!/usr/bin/env python3
"""Writes tests/data/grade.test and grade_aime.test (JSON lines) from the reference graders.

    make_goldens.py > tests/data/grade.test
    make_goldens.py aime > tests/data/grade_aime.test

One line a case: answer, gold and, for each grader, [status, value]. The first line says so.
"""
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import graders  # noqa: E402
from compare import AROUND, BOXES, FORMS, NUMBERS, aime_pairs, noise, shown  # noqa: E402


def numbers():
    rng = random.Random(1)
    pairs = [("The answer is {}".format(n), g) for n in NUMBERS for g in ("1234", "0.75")]
    pairs += [(f.format(n), "45.0") for f in FORMS for n in ("45", "45.00", "-5", "1,234", "3/4")]
    return pairs + [(t, "5") for t in noise(rng, 300)]


def aime():
    pairs = [(a.format(b), "25") for a in AROUND for b in BOXES][::2]
    return pairs + aime_pairs(random.Random(1))[-200:]


def main():
    which = sys.argv[1:] == ["aime"]
    pairs = aime() if which else numbers()
    print(json.dumps({"made_by": "scripts/reference/make_goldens.py", "cases": len(pairs)}))
    for answer, gold in pairs:
        row = {"answer": answer, "gold": gold}
        for name in ("aime-strict", "aime-release") if which else ("strict", "release", "apple"):
            status, value = getattr(graders, name.replace("-", "_"))(answer, gold)
            row[name] = [status, shown(value)]
        print(json.dumps(row))


if __name__ == "__main__":
    main()
