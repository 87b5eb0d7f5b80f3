"""Are questions of generated worlds asked as their law says? Splits and laws of `data generate`.

    world_check.py SPLITS LAW [COLUMN]

Both files are of `--queries all`. The first three questions of every drawn context are compared
with sampling without replacement from P* (or another column of log-probabilities): observed and
expected counts by form, as a chi-square whose tail is bounded. Probabilities of a context must add
up to one, and splits and laws must name the same questions. Exit code 1 if something is off.
"""
import collections
import json
import math
import sys

DRAWS = 3


def chi_square_tail(x, k):
    """Upper tail for k degrees of freedom (Wilson and Hilferty's normal approximation)."""
    z = ((x / k) ** (1 / 3) - (1 - 2 / (9 * k))) / math.sqrt(2 / (9 * k))
    return math.erfc(z / math.sqrt(2)) / 2


def add_draws(rows, column, observed, expected):
    """Given what was drawn before, each question left has its share of what is left."""
    weights = [math.exp(r[column]) for r in rows]
    total = sum(weights)
    left = total
    for k in range(min(DRAWS, len(rows))):
        observed[rows[k]["form"]] += 1
        for r, w in zip(rows[k:], weights[k:]):
            expected[r["form"]] += w / left
        left -= weights[k]
    return total


def main():
    column = sys.argv[3] if len(sys.argv) > 3 else "log_p"
    contexts = collections.defaultdict(list)
    for line in open(sys.argv[2], encoding="utf-8"):
        row = json.loads(line)
        contexts[row["id"].rsplit("/", 1)[0]].append(row)
        assert abs(math.exp(row["log_p"]) - row["p"]) < 1e-12, row
    asked = {q["id"]: q["stratum"] for line in open(sys.argv[1], encoding="utf-8")
             for q in json.loads(line)["queries"]}
    assert asked == {r["id"]: r["form"] for rows in contexts.values() for r in rows}
    observed, expected = collections.Counter(), collections.Counter()
    for rows in contexts.values():
        assert [int(r["id"].rsplit("/", 1)[1]) for r in rows] == list(range(len(rows)))
        total = add_draws(rows, column, observed, expected)
        assert abs(total - 1) < 1e-9, total
    # forms that are hardly ever asked count as one
    rare = [f for f in expected if expected[f] < 5]
    pairs = [(observed[f], e) for f, e in expected.items() if f not in rare]
    if rare:
        pairs.append((sum(observed[f] for f in rare), sum(expected[f] for f in rare)))
    x = sum((o - e) ** 2 / e for o, e in pairs)
    p = chi_square_tail(x, len(pairs) - 1)
    print(f"{sum(observed.values())} questions, {len(pairs)} groups, chi-square {x:.1f}, tail {p:.2g}")
    sys.exit(p < 1e-4)


if __name__ == "__main__":
    main()
