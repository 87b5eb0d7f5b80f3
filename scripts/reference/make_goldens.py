#!/usr/bin/env python3
"""Writes tests/data/grade.test (JSON lines) from the reference graders.

    make_goldens.py > tests/data/grade.test

One line a case: answer, gold and, for each grader, [status, value]. The first line says so.
"""
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import graders  # noqa: E402
from compare import FORMS, NUMBERS, noise, shown  # noqa: E402


def main():
    rng = random.Random(1)
    pairs = [("The answer is {}".format(n), g) for n in NUMBERS for g in ("1234", "0.75")]
    pairs += [(f.format(n), "45.0") for f in FORMS for n in ("45", "45.00", "-5", "1,234", "3/4")]
    pairs += [(t, "5") for t in noise(rng, 300)]
    print(json.dumps({"made_by": "scripts/reference/make_goldens.py", "cases": len(pairs)}))
    for answer, gold in pairs:
        row = {"answer": answer, "gold": gold}
        for name in ("strict", "release", "apple"):
            status, value = getattr(graders, name)(answer, gold)
            row[name] = [status, shown(value)]
        print(json.dumps(row))


if __name__ == "__main__":
    main()
