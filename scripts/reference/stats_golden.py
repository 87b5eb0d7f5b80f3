#!/usr/bin/env python3
"""stats_golden.py - expected values of tests/unit/test_metrics*.c, derived without the C code.

Works on items and resampled lists of clusters (the C code works on sums per cluster), with numpy,
scipy (isotonic regression, normal quantile), fractions (pass@k) and hashlib. Prints a C header:

    python3 scripts/reference/stats_golden.py > tests/data/golden_metrics.h

Needs numpy and scipy >= 1.12. The data set is made here by a small generator of its own.
"""
import hashlib
import math
from fractions import Fraction

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.stats import norm

G, PER, B, SEED = 12, 3, 200, 77
Q = G * PER
LEVELS = 5
M64 = (1 << 64) - 1

# arm: name, method, k, tokens by level, probability scale by level, repeats, samples
ARMS = [
    ("base", "test_time", 0, [30, 70, 130, 240, 420], [.20, .35, .55, .75, .97], 2, 1),
    ("sleep k=1", "sleep_time", 1, [28, 50, 90, 160, 380], [.50, .55, .70, .84, .86], 2, 1),
    ("sleep k=5", "sleep_time", 5, [29, 48, 85, 150, 350], [.60, .70, .80, .82, .82], 2, 1),
    ("blind", "context_only", 0, [25, 60, 110, 200, 400], [.10, .12, .15, .15, .15], 1, 1),
    ("pool", "pass_at_k", 0, [31], [.30], 1, 8),
]
KLIST = [1, 2, 4, 8]


class Lcg:
    """MMIX constants; only makes the data set."""

    def __init__(self, seed):
        self.s = seed

    def unit(self):
        self.s = (self.s * 6364136223846793005 + 1442695040888963407) & M64
        return (self.s >> 11) / float(1 << 53)


def make_cells():
    """One letter per planned answer, in the order level, query, repeat, sample.
    c right, w wrong, u unparsed, t truncated without answer, k truncated but right,
    p not done (timeout), g done and not graded."""
    r = Lcg(20250417)
    ease = [r.unit() * .5 - .25 for _ in range(G)]
    out = []
    for _, _, _, toks, ps, reps, samples in ARMS:
        rows = []
        for level in range(len(toks)):
            row = ""
            for q in range(Q):
                p = min(.98, max(.02, ps[level] + ease[q // PER]))
                for _ in range(reps * samples):
                    u, v = r.unit(), r.unit()
                    letter = "c" if u < p else "w"
                    if v < .03:
                        letter = "t" if letter == "w" else "k"
                    elif v < .05 and letter == "w":
                        letter = "u"
                    elif v > .985:
                        letter = "p"
                    elif v > .975:
                        letter = "g"
                    row += letter
            rows.append(row)
        out.append(rows)
    return out


CELLS = make_cells()


def tokens(arm, level, q, rep, sample):
    """visible, reasoning or None."""
    visible = ARMS[arm][3][level] + (7 * q + 11 * rep + 3 * sample) % 17
    return visible, (None if q % 5 == 0 else q % 4)


def items(arm, level, letters=None):
    """{query: (list of 0/1, mean output tokens)} over observed answers."""
    _, _, _, _, _, reps, samples = ARMS[arm]
    found, i = {}, 0
    for q in range(Q):
        scores, toks, fine = [], [], []
        for rep in range(reps):
            for sample in range(samples):
                c = CELLS[arm][level][i]
                i += 1
                if c in "pg":
                    continue
                v, h = tokens(arm, level, q, rep, sample)
                scores.append(1 if c in "ck" else 0)
                toks.append(v + (h or 0))
                if c in "cwu":
                    fine.append(scores[-1])
        if scores:
            found[q] = (scores, float(np.mean(toks)), fine)
    return found


def passk(n, c, k):
    if n < k:
        return None
    return float(1 - Fraction(math.comb(n - c, k), math.comb(n, k)))


def rotl(x, k):
    return ((x << k) | (x >> (64 - k))) & M64


class Xoshiro:
    """xoshiro256** seeded by splitmix64 of the first 8 bytes of a SHA-256 over (seed, label)."""

    def __init__(self, seed, label):
        data = seed.to_bytes(8, "big") + len(label).to_bytes(8, "big") + label.encode()
        state = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
        self.s = []
        for _ in range(4):
            state = (state + 0x9E3779B97F4A7C15) & M64
            z = state
            z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
            self.s.append(z ^ (z >> 31))

    def next(self):
        s = self.s
        result = (rotl((s[1] * 5) & M64, 7) * 9) & M64
        t = (s[1] << 17) & M64
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)
        return result

    def below(self, n):
        reject = (1 << 64) % n
        while True:
            x = self.next()
            if x >= reject:
                return x % n


DRAWS = []
for b in range(B):
    rng = Xoshiro(SEED, "replicate %d" % b)
    DRAWS.append([rng.below(G) for _ in range(G)])
ALL = list(range(G))


def gathered(found, draw, value):
    """Values of the items of the drawn clusters, a cluster drawn twice twice."""
    return [value(found[q]) for g in draw for q in range(g * PER, g * PER + PER) if q in found]


def mean_of(found, draw, value):
    v = [x for x in gathered(found, draw, value) if x is not None]
    return float(np.mean(v)) if v else None


def acc_value(it):
    return float(np.mean(it[0]))


def tok_value(it):
    return it[1]


def percentile(values):
    """None, None when more than 5 % have no finite value."""
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if len(values) - len(finite) > .05 * len(values) or not values:
        return None, None, 1 - len(finite) / len(values)
    kept = sorted(v for v in values if v is not None)

    def quantile(p):
        pos = p * (len(kept) - 1)
        i = int(pos)
        if math.isfinite(kept[i]) and (i + 1 == len(kept) or math.isfinite(kept[i + 1])):
            return float(np.quantile(np.array([kept[i], kept[min(i + 1, len(kept) - 1)]]), pos - i))
        return kept[i] if not math.isfinite(kept[i]) or pos == i else kept[i + 1]

    return quantile(.025), quantile(.975), 1 - len(finite) / len(values)


def spread(values, clusters):
    """Miller's standard errors by the double sum over pairs; design effect; effective n."""
    n = len(values)
    s = np.array(values)
    d = s - s.mean()
    se2 = float(np.sum(d * d)) / (n * (n - 1))
    pairs = sum(d[i] * d[j] for i in range(n) for j in range(n)
                if i != j and clusters[i] == clusters[j])
    cl2 = max(0.0, se2 + pairs / n ** 2)
    return se2, cl2


def wilson(p, n):
    """Both p0 with (p - p0)^2 = z^2 p0 (1 - p0) / n."""
    z = norm.ppf(.975)
    roots = np.roots([1 + z * z / n, -2 * p - z * z / n, p * p])
    return float(min(roots.real)), float(max(roots.real))


def curve(points):
    """[(t, a, w)] -> isotonic arrays (log t, a)."""
    points = sorted(p for p in points if p[0] > 0)
    t = np.array([p[0] for p in points])
    a = isotonic_regression([p[1] for p in points], weights=[p[2] for p in points]).x
    return np.log(t), np.asarray(a)


def log_tokens_at(c, level):
    x, a = c
    if level <= a[0]:
        return x[0]
    if level > a[-1]:
        return math.inf
    j = int(np.searchsorted(a, level, side="left"))
    return x[j - 1] + (level - a[j - 1]) / (a[j] - a[j - 1]) * (x[j] - x[j - 1])


def accuracy_at(c, t):
    x, a = c
    u = math.log(t)
    if u < x[0] - 1e-12 or u > x[-1] + 1e-12:
        return None
    return float(np.interp(u, x, a))


def side(arm, draw):
    pts = []
    for level in range(len(ARMS[arm][3])):
        f = items(arm, level)
        a, t = mean_of(f, draw, acc_value), mean_of(f, draw, tok_value)
        pts.append((t, a, len(f)))
    return pts


def mean_log(c0, c1, lo, hi):
    v = []
    for i in range(50):
        a = lo + (hi - lo) * (i + .5) / 50
        v.append((log_tokens_at(c0, a), log_tokens_at(c1, a)))
    over, under = any(math.isinf(x) for x, _ in v), any(math.isinf(y) for _, y in v)
    if over and under:
        return None
    if over or under:
        return math.inf if over else -math.inf
    return float(np.mean([x - y for x, y in v]))


def overlap(p0, p1):
    c0, c1 = curve(p0), curve(p1)
    lo, hi = max(c0[1][0], c1[1][0]), min(c0[1][-1], c1[1][-1])
    if lo > hi:
        return None, lo, hi
    return mean_log(c0, c1, lo, hi), lo, hi


def at(p0, p1, a):
    x, y = log_tokens_at(curve(p0), a), log_tokens_at(curve(p1), a)
    if math.isinf(x) and math.isinf(y):
        return None
    return x - y


def largest(p0, p1):
    c0 = curve(p0)
    best, where = None, None
    for t, a, _ in p1:
        if a < c0[1][0]:
            continue
        r = log_tokens_at(c0, a) - math.log(t)
        if best is None or r > best:
            best, where = r, a
    return best, where


def gain_curves(p0, p1):
    """Largest difference, by looking at a fine grid and at every knot."""
    c0, c1 = curve(p0), curve(p1)
    lo, hi = max(c0[0][0], c1[0][0]), min(c0[0][-1], c1[0][-1])
    grid = [u for u in list(c0[0]) + list(c1[0]) + list(np.linspace(lo, hi, 500)) if lo <= u <= hi]
    d = [float(np.interp(u, *c1) - np.interp(u, *c0)) for u in grid]
    rel = [float(np.interp(u, *c1) / np.interp(u, *c0) - 1) for u in grid]
    return max(d), max(rel), math.exp(lo), math.exp(hi)


def reversal(p0, p1):
    """Earliest T from which the reference is as good, by bisection between grid points."""
    c0, c1 = curve(p0), curve(p1)
    lo, hi = max(c0[0][0], c1[0][0]), min(c0[0][-1], c1[0][-1])

    def diff(u):
        return float(np.interp(u, *c1) - np.interp(u, *c0))

    if diff(hi) > 0:
        return math.inf
    grid = np.union1d(np.linspace(lo, hi, 20001), [u for u in list(c0[0]) + list(c1[0]) if lo <= u <= hi])
    for i in range(len(grid) - 1, 0, -1):
        if diff(grid[i - 1]) > 0:
            a, b = grid[i - 1], grid[i]
            for _ in range(80):
                m = (a + b) / 2
                a, b = (m, b) if diff(m) > 0 else (a, m)
            return math.exp(b)
    return math.exp(lo)


def num(v):
    if v is None:
        return "MISSING"
    if math.isinf(v):
        return "MISSING"
    return repr(float(v))


def rows(name, fields, data):
    print("static const struct { %s } %s[] = {" % (fields, name))
    for r in data:
        print("    {%s}," % ", ".join(x if isinstance(x, str) else num(x) for x in r))
    print("};\n")


def print_data():
    print("/* golden_metrics.h - made by scripts/reference/stats_golden.py; do not edit. */")
    print("/* clang-format off */")
    print("#define MISSING (-12345.0)")
    print("enum { GOLD_CLUSTERS = %d, GOLD_PER = %d, GOLD_B = %d, GOLD_SEED = %d };\n"
          % (G, PER, B, SEED))
    print("static const struct { const char *name, *method; int k, tok[5], repeats, samples;\n"
          "    const char *cells[5]; } gold_arms[] = {")
    for i, a in enumerate(ARMS):
        print('    {"%s", "%s", %d, {%s}, %d, %d, {' % (
            a[0], a[1], a[2], ", ".join(map(str, a[3])), a[5], a[6]))
        for row in CELLS[i]:
            for at_ in range(0, len(row), 80):
                print('        "%s"' % row[at_:at_ + 80])
            print("        ,")
        print("    }},")
    print("};\n")


def print_accuracy():
    data = []
    for arm in range(len(ARMS)):
        for level in range(len(ARMS[arm][3])):
            f = items(arm, level)
            v = [acc_value(f[q]) for q in sorted(f)]
            cl = [q // PER for q in sorted(f)]
            se2, cl2 = spread(v, cl)
            deff = cl2 / se2
            p = float(np.mean(v))
            w = wilson(p, len(v) / max(1, deff))
            lo, hi, _ = percentile([mean_of(f, d, acc_value) for d in DRAWS])
            t = mean_of(f, ALL, tok_value)
            tlo, thi, _ = percentile([mean_of(f, d, tok_value) for d in DRAWS])
            ok = float(np.mean([np.mean(f[q][2]) for q in f if f[q][2]]))
            row = CELLS[arm][level]
            fails = sum(row.count(c) for c in "tk")
            data.append((str(arm), str(level), str(len(v)), p, lo, hi, w[0], w[1], deff, ok,
                         t, tlo, thi, str(fails), str(row.count("g"))))
    rows("gold_accuracy", "int arm, level, items; double acc, lo, hi, wlo, whi, deff, ok, tok, "
         "tok_lo, tok_hi; int failures, ungraded;", data)


def print_passk():
    data = []
    f = items(4, 0)
    p1 = side(1, ALL)
    for k in KLIST:
        def value(it, k=k):
            return passk(len(it[0]), sum(it[0]), k)
        reps, beside = [], []
        for d in DRAWS:
            a, t = mean_of(f, d, value), k * mean_of(f, d, tok_value)
            s = accuracy_at(curve(side(1, d)), t)
            reps.append(a)
            beside.append(None if s is None else s - a)
        lo, hi, _ = percentile(reps)
        a, t = mean_of(f, ALL, value), k * mean_of(f, ALL, tok_value)
        s = accuracy_at(curve(p1), t)
        blo, bhi, _ = percentile(beside)
        if s is None:
            blo = bhi = None
        n = len([1 for q in f if value(f[q]) is not None])
        data.append((str(k), str(n), a, lo, hi, t, s, None if s is None else s - a, blo, bhi))
    rows("gold_passk", "int k, items; double acc, lo, hi, tok, sleep, gain, gain_lo, gain_hi;", data)


def print_ratio():
    data = []
    for arm in (1, 2):
        sides = [(side(0, d), side(arm, d)) for d in DRAWS]
        p0, p1 = side(0, ALL), side(arm, ALL)

        def row(form, value, lo_a, hi_a, reps):
            lo, hi, lost = percentile(reps)
            ex = [None if v is None else math.exp(v) for v in (value, lo, hi)]
            data.append((str(arm), '"%s"' % form, lo_a, hi_a, ex[0], ex[1], ex[2], lost))

        v, lo_a, hi_a = overlap(p0, p1)
        row("overlap", v, lo_a, hi_a, [overlap(*s)[0] for s in sides])
        quarter = (hi_a - lo_a) / 4
        f_lo, f_hi = lo_a + quarter, hi_a - quarter
        row("fixed", mean_log(curve(p0), curve(p1), f_lo, f_hi), f_lo, f_hi,
            [mean_log(curve(a), curve(b), f_lo, f_hi) for a, b in sides])
        v, where = largest(p0, p1)
        if math.isinf(v):  # the base never gets there: a lower bound, without an interval
            raise SystemExit("choose data with an identified maximum")
        row("max", v, where, where, [largest(*s)[0] for s in sides])
        for a in (.5, .7):
            row("at", at(p0, p1, a), a, a, [at(x, y, a) for x, y in sides])
    rows("gold_ratio", "int arm; const char *form; double from, to, ratio, lo, hi, lost;", data)


def print_gain():
    level_rows, max_rows = [], []
    for kind, arm, ref in ((0, 1, 0), (0, 2, 0), (1, 2, 1), (2, 1, 3), (2, 2, 3)):
        diffs, boots = [], []
        for level in range(LEVELS):
            x, y = items(arm, level), items(ref, level)
            both = {q: (acc_value(x[q]) - acc_value(y[q]), acc_value(y[q])) for q in x if q in y}
            d = mean_of(both, ALL, lambda v: v[0])
            base = mean_of(both, ALL, lambda v: v[1])
            reps = [mean_of(both, draw, lambda v: v[0]) for draw in DRAWS]
            bases = [mean_of(both, draw, lambda v: v[1]) for draw in DRAWS]
            rel = [r / s if s > 0 else None for r, s in zip(reps, bases)]
            se2, cl2 = spread([both[q][0] for q in sorted(both)], [q // PER for q in sorted(both)])
            lo, hi, _ = percentile(reps)
            rlo, rhi, _ = percentile(rel)
            diffs.append(d)
            boots.append(reps)
            level_rows.append([str(kind), str(arm), str(ref), str(level), str(len(both)), d, lo, hi,
                               d / base, rlo, rhi, cl2 / se2])
        se = [float(np.std(r, ddof=1)) for r in boots]
        most = [max(abs(boots[j][b] - diffs[j]) / se[j] for j in range(LEVELS)) for b in range(B)]
        c = float(np.quantile(most, .95))
        for j in range(LEVELS):
            level_rows[len(level_rows) - LEVELS + j].append(diffs[j] - c * se[j])
        p0, p1 = side(ref, ALL), side(arm, ALL)
        g, rel, t_lo, t_hi = gain_curves(p0, p1)
        reps = [gain_curves(side(ref, d), side(arm, d)) for d in DRAWS]
        lo, hi, _ = percentile([r[0] for r in reps])
        turn = reversal(p0, p1)
        max_rows.append((str(kind), str(arm), str(ref), g, lo, hi, rel, t_lo, t_hi, turn))
    rows("gold_gain", "int kind, arm, ref, level, items; double gain, lo, hi, rel, rel_lo, rel_hi, "
         "deff, simultaneous;", level_rows)
    rows("gold_gain_max", "int kind, arm, ref; double gain, lo, hi, rel, from, to, reversal;", max_rows)


def print_small():
    data = [(str(n), str(c), str(k), passk(n, c, k))
            for n in (1, 2, 5, 16) for c in range(0, n + 1, max(1, n // 4)) for k in (1, 2, 5, 16)]
    rows("gold_passk_item", "int n, c, k; double value;", data)
    rows("gold_wilson", "double p, n, lo, hi;",
         [(p, float(n), *wilson(p, n)) for p, n in
          ((.5, 10), (0.0, 20), (1.0, 20), (.81, 6.25), (.03, 500), (.999, 33.3))])


if __name__ == "__main__":
    print_data()
    print_small()
    print_accuracy()
    print_passk()
    print_ratio()
    print_gain()
