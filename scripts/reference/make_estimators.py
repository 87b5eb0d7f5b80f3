#!/usr/bin/env python3
"""Writes the goldens of the estimators: one JSON line a case, with what the reference expects.

    make_estimators.py > tests/data/estimators.test

Twelve seeded random cases for each estimator of estimators.py, and chosen ones.
"""
import json
import random

import estimators

CHOSEN = [
    {"f": "mcnemar", "gains": 0, "losses": 0}, {"f": "mcnemar", "gains": 5, "losses": 5},
    {"f": "mcnemar", "gains": 12, "losses": 3}, {"f": "mcnemar", "gains": 0, "losses": 900},
    {"f": "mean", "clusters": []}, {"f": "mean", "clusters": [[1, 0]]}, {"f": "mean", "clusters": [[1], [1, 1]]},
    {"f": "score", "totals": [0, 0]},
    {"f": "max_t", "numerators": [[1, 2, 3, 4, 5]], "denominator": 1, "draws": 9, "items": [15], "side": "two", "seed": 1},
    {"f": "max_t", "numerators": [[1] * 6, [2, -1, 1, 0, 2, 3]], "denominator": 3, "draws": 9, "items": [12, 6],
     "side": "greater", "seed": 1},
    {"f": "wild", "clusters": [[1, 0], [0, 0, 1], [1], [-1, 1, 1]], "weights": "rademacher", "replicates": 99, "seed": 3},
    {"f": "wild", "clusters": [[1, 0], [0, 0, 1], [1], [-1, 1, 1]], "weights": "webb", "replicates": 1296, "seed": 3},
    {"f": "pool", "how": "short", "samples": [[0, 1, 1, 10], [1, 0, 2, 10], [0, 1, 1, 10], [2, 0, 0, 30]], "k": 3, "m": 2},
    {"f": "pool", "how": "majority", "samples": [[-1, 0, 0, 5]] * 4, "k": 2},
    {"f": "pass", "n": 16, "c": 5, "k": 8}, {"f": "pass", "n": 16, "c": 5, "k": 9},
]


def main():
    cases = list(CHOSEN)
    for name, make in estimators.RANDOM.items():
        r = random.Random("goldens of " + name)
        cases += [make(r) for _ in range(12)]
    print(json.dumps({"made_by": "scripts/reference/make_estimators.py", "cases": len(cases)}))
    for case in cases:
        print(json.dumps({**case, "out": estimators.expected(case)}))


if __name__ == "__main__":
    main()
