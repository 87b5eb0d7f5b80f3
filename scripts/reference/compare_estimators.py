#!/usr/bin/env python3
"""Compares the estimators of metrics/ with estimators.py on random cases.

    compare_estimators.py ESTIMATE [CASES [SEED]]    ESTIMATE = build/release/tests/mock/estimate
    compare_estimators.py --same GOLDENS GOLDENS     two files of make_estimators.py

Prints one line an estimator; exit code 1 on any difference. Numbers agree to 1e-9 relative (the ends of
an interval relative to the larger one); where 0 is expected, to 1e-12.
"""
import json
import random
import subprocess
import sys

import estimators


def same(name, got, want, scale):
    if isinstance(want, list):
        return isinstance(got, list) and len(got) == len(want) and all(same(name, a, b, 0) for a, b in zip(got, want))
    if want is None or isinstance(want, str):
        return got == want
    if got is None or isinstance(got, str):
        return False
    size = max(abs(want), scale if name in ("lo", "hi", "lo3", "hi3") else 0)
    return abs(got - want) <= (1e-9 * size or 1e-12)


def agree(got, want):
    ends = [abs(want[k]) for k in ("lo", "hi", "lo3", "hi3") if want.get(k) is not None]
    return all(k in got and same(k, got[k], v, max(ends, default=0)) for k, v in want.items())


def same_goldens(one, other):
    """Equal cases in order, equal results: libm and scipy differ in last digits between versions."""
    rows = [[json.loads(x) for x in open(name, encoding="utf-8")] for name in (one, other)]
    out = [[r.pop("out", {}) for r in side] for side in rows]
    return rows[0] == rows[1] and all(agree(a, b) and a.keys() == b.keys() for a, b in zip(*out))


def main():
    if sys.argv[1] == "--same":
        sys.exit(not same_goldens(*sys.argv[2:4]))
    program, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    seed = sys.argv[3] if len(sys.argv) > 3 else "2025"
    bad = 0
    for name, make in estimators.RANDOM.items():
        r = random.Random(f"{seed} {name}")
        cases = [make(r) for _ in range(count)]
        text = "".join(json.dumps(c) + "\n" for c in cases)
        out = subprocess.run([program], input=text, capture_output=True, text=True, check=True).stdout
        answers = [json.loads(x) for x in out.splitlines()]
        pairs = [(c, a, estimators.expected(c)) for c, a in zip(cases, answers, strict=True)]
        wrong = [p for p in pairs if not agree(p[1], p[2])]
        print(f"{name}: {count} cases, {len(wrong)} differ")
        for case, got, want in wrong[:3]:
            print(f"  {json.dumps(case)}\n    C         {json.dumps(got)}\n    reference {json.dumps(want)}")
        bad += len(wrong)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
