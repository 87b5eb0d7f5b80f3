#!/usr/bin/env python3
"""frontier_golden.py - what metrics/frontier*.c must say, from the definitions.

    frontier_golden.py > tests/data/golden_frontier.h      the committed cases
    frontier_golden.py --check CALCULATE N SEED            N random cases against the C code
                                                           (CALCULATE = tests/mock/calculate)

Nothing here follows the C code: exact fractions decide order, dominance and pooling (the min-max
formula instead of pooling violators), the hull is the best mixture of two points, inverses and roots
are found by bisection, and integrals are Gauss-Legendre sums over F (the mean log ratio by parts:
the integral of x(a) da is [a x] minus that of F dx). Standard library only; if scipy is there, the
pooling and one integral a case are also held against scipy.
"""
import math
import random
import subprocess
import sys
from fractions import Fraction

FORMS = ["step", "log-linear", "isotonic", "hull"]
STEP, LOG, ISO, HULL = range(4)
NOWHERE, UNDER, INSIDE, OVER = range(4)
IDENTIFIED, LOWER, UPPER, NO_INTERVAL, NOT = range(5)
NO_RANGE, NO_REVERSAL, REVERSAL, EVERYWHERE = range(4)
TINY = 1e-12
try:
    from scipy.integrate import quad
    from scipy.optimize import isotonic_regression
except ImportError:
    quad = isotonic_regression = None


def gauss(n):
    """Nodes and weights on [-1, 1] by Newton's method."""
    out = []
    for i in range(n):
        x = math.cos(math.pi * (i + .75) / (n + .5))
        for _ in range(100):
            p, q = 1.0, 0.0
            for k in range(n):
                p, q = ((2 * k + 1) * x * p - k * q) / (k + 1), p
            slope = n * (x * p - q) / (x * x - 1)
            x -= p / slope
            if abs(p / slope) < 1e-16:
                break
        out.append((x, 2 / ((1 - x * x) * slope * slope)))
    return out


NODES = gauss(16)


def integral(f, lo, hi):
    """Four panels of 16 nodes; f is smooth inside."""
    total, width = 0.0, (hi - lo) / 4
    for panel in range(4):
        mid = lo + width * (panel + .5)
        total += width / 2 * math.fsum(w * f(mid + x * width / 2) for x, w in NODES)
    return total


def finite(v):
    return isinstance(v, Fraction) or math.isfinite(v)


class Curve:
    def __init__(self, form, points):
        self.form = form
        fine = [p for p in points if all(finite(x) for x in p) and p[0] >= 0 and p[2] > 0]
        self.unusable = len(points) - len(fine)
        self.zero = sum(p[0] == 0 for p in fine) if form in (LOG, ISO) else 0
        if self.zero:
            fine = [p for p in fine if p[0] > 0]
        self.dominated = 0
        self.knots = []  # (T, a)
        if not fine:
            return
        if form == ISO:
            self.knots = pooled(fine)
        else:
            self.make_pareto(fine)
        self.first, self.last = self.knots[0], self.knots[-1]
        self.exact = self.knots if form in (LOG, ISO) else self.front
        self.rough = [(float(t), float(a)) for t, a in self.exact]

    def make_pareto(self, fine):
        ta = [(p[0], p[1]) for p in fine]
        front = sorted({x for x in ta if not any(
            y[0] <= x[0] and y[1] >= x[1] and y != x for y in ta)})
        self.dominated = len(ta) - len(front)
        self.front = front
        reach = max(t for t, _ in ta)
        self.knots = front + ([(reach, front[-1][1])] if reach > front[-1][0] else [])

    def at(self, t):
        """F(T) for T on the curve; exact if step or hull and T is a fraction."""
        points = self.exact if isinstance(t, Fraction) else self.rough
        if self.form == STEP:
            return max(a for x, a in points if x <= t)
        if self.form == HULL:
            best = max(a for x, a in points if x <= t)
            for x, a in points:
                if x < t:
                    best = max([best] + [a + (b - a) * (t - x) / (y - x) for y, b in points if t <= y])
            return best
        for (x, a), (y, b) in zip(points, points[1:]):
            if t == x:
                return float(a)
            if x < t < y:
                part = math.log(t / x) / math.log(y / x)
                return (1 - part) * float(a) + part * float(b)
        return float(points[-1][1])

    def accuracy(self, t):
        if not self.knots:
            return NOWHERE, None
        if t < self.first[0]:
            return UNDER, None
        return (OVER, self.last[1]) if t > self.last[0] else (INSIDE, self.at(t))

    def tokens(self, a):
        if not self.knots:
            return NOWHERE, None
        if a <= self.first[1]:
            return (INSIDE if a == self.first[1] else UNDER), self.first[0]
        if a > self.last[1]:
            return OVER, self.last[0]
        for (x, low), (y, _) in zip(self.knots, self.knots[1:]):
            if self.at(y) < a - TINY:
                continue
            if self.form == STEP or abs(self.at(y) - a) < TINY:
                # the level is met at this knot; on a hull or line it may lie exactly on it
                return INSIDE, y
            lo, hi = float(x), float(y)
            for _ in range(200):
                mid = (lo + hi) / 2
                lo, hi = (lo, mid) if self.at(mid) >= a else (mid, hi)
            return INSIDE, hi
        raise AssertionError

    def log_area(self, u, v):
        """Integral of F over x = log T between T = u and v, knots apart."""
        cuts = [u] + [t for t, _ in self.knots if u < t < v] + [v]
        total = 0.0
        for x, y in zip(cuts, cuts[1:]):
            if self.form == STEP:
                total += float(self.at(x)) * math.log(y / x)
            else:
                total += integral(lambda s: self.at(math.exp(s)) if s < math.log(y) else 0,
                                  math.log(x), math.log(y))
        return total

    def mean_log(self, lo, hi):
        """Mean of log T(a) over [lo, hi], the ends held."""
        if lo == hi:
            return math.log(self.tokens(lo)[1])
        x0, x1 = self.tokens(lo)[1], self.tokens(hi)[1]
        inner_lo, inner_hi = max(lo, self.first[1]), min(hi, self.last[1])
        total = (inner_lo - lo) * math.log(x0) + (hi - inner_hi) * math.log(x1)
        if inner_lo < inner_hi:
            u, v = self.tokens(inner_lo)[1], self.tokens(inner_hi)[1]
            total += inner_hi * math.log(v) - inner_lo * math.log(u) - self.log_area(u, v)
        return float(total / (hi - lo))


def pooled(fine):
    """a_i = max over j <= i of min over k >= i of the weighted mean of j..k."""
    ts = sorted({p[0] for p in fine})
    merged = []
    for t in ts:
        here = [p for p in fine if p[0] == t]
        w = sum(p[2] for p in here)
        merged.append((t, sum(p[1] * p[2] for p in here) / w, w))
    n = len(merged)

    def mean(j, k):
        w = sum(p[2] for p in merged[j:k + 1])
        return sum(p[1] * p[2] for p in merged[j:k + 1]) / w

    a = [max(min(mean(j, k) for k in range(i, n)) for j in range(i + 1)) for i in range(n)]
    if isotonic_regression:
        other = isotonic_regression([float(p[1]) for p in merged],
                                    weights=[float(p[2]) for p in merged]).x
        assert all(abs(x - float(y)) < 1e-12 for x, y in zip(other, a))
    return [(t, x) for t, x in zip(ts, a)]


def ratio(c0, c1, lo, hi):
    if not c0.knots or not c1.knots:
        return [NOT, None, None, None]
    least = hi > c0.last[1] or lo < c1.first[1]
    most = hi > c1.last[1] or lo < c0.first[1]
    zero = any(c.tokens(lo)[1] == 0 for c in (c0, c1))
    if (least and most) or zero:
        return [NOT, None, None, None]
    return [LOWER if least else UPPER if most else IDENTIFIED,
            c0.mean_log(lo, hi) - c1.mean_log(lo, hi), lo, hi]


def ratio_mean(c0, c1):
    if not c0.knots or not c1.knots:
        return [NOT, None, None, None]
    lo, hi = max(c0.first[1], c1.first[1]), min(c0.last[1], c1.last[1])
    return ratio(c0, c1, lo, hi if lo <= hi else lo)


def gain(c0, c1, t):
    values = []
    for c in (c0, c1):
        place, a = c.accuracy(t)
        if place in (NOWHERE, UNDER) or (place == OVER and c.form in (LOG, ISO)):
            return None
        values.append(a)
    return values[1] - values[0]


class Between:
    """d(T) over the shared range."""

    def __init__(self, c0, c1):
        self.c0, self.c1, self.form = c0, c1, c0.form
        self.lo, self.hi = max(c0.first[0], c1.first[0]), min(c0.last[0], c1.last[0])
        self.fine = self.lo <= self.hi
        if not self.fine:
            return
        inner = {t for c in (c0, c1) for t, _ in c.knots if self.lo < t < self.hi}
        self.t = sorted(inner | {self.lo, self.hi})
        self.sign = [self.sign_at(t) for t in self.t]

    def d(self, t):
        return self.c1.at(t) - self.c0.at(t)

    def sign_at(self, t):
        d = self.d(t)
        return 0 if abs(d) < TINY else 1 if d > 0 else -1

    def end_of(self, i):
        """sup of the T from knot i on that have its sign."""
        if self.form == STEP or self.sign[i + 1] == 0:
            return self.t[i + 1]
        lo, hi = float(self.t[i]), float(self.t[i + 1])
        for _ in range(200):
            mid = (lo + hi) / 2
            d = self.d(mid)
            lo, hi = (mid, hi) if d * self.sign[i] > 0 else (lo, mid)
        return hi

    def crossings(self):
        seen = [i for i, s in enumerate(self.sign) if s]
        return [(self.end_of(i), self.sign[j]) for i, j in zip(seen, seen[1:])
                if self.sign[i] != self.sign[j]]

    def reversal(self):
        ahead = [i for i, s in enumerate(self.sign) if s > 0]
        if not ahead:
            return EVERYWHERE, self.lo
        if ahead[-1] == len(self.t) - 1:
            return NO_REVERSAL, None
        return REVERSAL, self.end_of(ahead[-1])

    def areas(self, log):
        if log and self.lo == 0:
            return [None, None, None]
        length = math.log(self.hi / self.lo) if log else float(self.hi - self.lo)
        if length == 0:
            d = float(self.d(self.lo))
            return [max(0, d), max(0, -d), 0]
        plus, minus = [], []
        cuts = list(self.t)
        for i in range(len(self.t) - 1):
            if self.form != STEP and self.sign[i] * self.sign[i + 1] < 0:
                cuts.append(self.end_of(i))
        cuts.sort()
        for x, y in zip(cuts, cuts[1:]):
            if self.form == STEP:
                v = float(self.d(x)) * (math.log(y / x) if log else float(y - x))
            elif log:
                v = integral(lambda s: float(self.d(math.exp(s))), math.log(x), math.log(y))
            else:
                v = integral(lambda t: float(self.d(t)), float(x), float(y))
            (plus if v > 0 else minus).append(abs(v))
        return [math.fsum(plus) / length, math.fsum(minus) / length, length]


def compare(c, c0, c1):
    out = ratio_mean(c0, c1)
    for a, t in zip(c["levels"], c["budgets"]):
        out += ratio(c0, c1, a, a) + [gain(c0, c1, t)]
    b = Between(c0, c1) if c0.knots and c1.knots else None
    if not b or not b.fine:
        return out + [None] * 6 + [0, None, None, None, NO_RANGE, None]
    turns = b.crossings()
    kind, where = b.reversal()
    out += b.areas(False) + b.areas(True) + [len(turns)]
    out += [turns[0][0], turns[0][1], turns[-1][0]] if turns else [None] * 3
    return out + [kind, where]


def alone(c, curve):
    if not curve.knots:
        return [None] * (5 if curve.form == STEP else 1)
    u, v = curve.first[0], curve.last[0]
    if u == v:
        out = [curve.at(u)]
    else:
        cuts = sorted({t for t, _ in curve.knots})
        if curve.form == STEP:
            total = sum(curve.at(x) * (y - x) for x, y in zip(cuts, cuts[1:]))
        else:
            total = math.fsum(integral(lambda t: float(curve.at(t)), float(x), float(y))
                              for x, y in zip(cuts, cuts[1:]))
        out = [total / (v - u)]
        if quad and curve.form != STEP:
            other = quad(lambda t: float(curve.at(t)), float(u), float(v), limit=500,
                         points=[float(x) for x in cuts[1:-1]] or None)[0]
            assert abs(other / float(v - u) - out[0]) < 1e-8
    return out + (volume(c, curve) if curve.form == STEP else [])


def volume(c, curve):
    lo, hi, base = c["box"]
    cuts = sorted({lo, hi} | {t for t, _ in curve.knots if lo < t < hi})
    linear, logs = Fraction(0), []
    for x, y in zip(cuts, cuts[1:]):
        if x < curve.first[0]:
            continue
        a = curve.at(min(x, curve.last[0])) if x > curve.last[0] else curve.at(x)
        height = max(0, min(1, a) - base)
        linear += height * (y - x)
        if lo > 0:
            logs.append(float(height) * math.log(y / x))
    out = [linear, linear / ((hi - lo) * (1 - base))]
    if lo > 0:
        log = math.fsum(logs)
        return out + [log, log / (math.log(hi / lo) * float(1 - base))]
    return out + [None, None]


def read(c, curve):
    out = [curve.unusable, curve.zero, curve.dominated]
    for t, a in zip(c["budgets"], c["levels"]):
        out += list(curve.accuracy(t)) + list(curve.tokens(a))
    return out


def expected(c):
    out = []
    for form in range(4):
        c0, c1 = Curve(form, c["ref"]), Curve(form, c["arm"])
        out += read(c, c0) + read(c, c1) + compare(c, c0, c1) + alone(c, c1)
    return [None if v is None else float(v) for v in out]


# ---- cases --------------------------------------------------------------------------------------

F = Fraction
NAN = float("nan")


def case(ref, arm, levels=("1/2", "7/10", "9/10"), budgets=(50, 100, 400), box=(10, 1000, 0)):
    def point(p):
        p = tuple(p) + (1,) * (3 - len(p))
        return tuple(x if isinstance(x, float) else F(x) for x in p)
    return {"ref": [point(p) for p in ref], "arm": [point(p) for p in arm],
            "levels": [F(a) for a in levels], "budgets": [F(t) for t in budgets],
            "box": tuple(F(x) for x in box)}


def by_hand():
    """The degenerate cases of SCIENCE 5, and some ordinary ones."""
    base = [(40, "1/5"), (90, "2/5"), (160, "3/5"), (300, "4/5"), (600, "19/20")]
    slept = [(20, "1/2"), (40, "3/5"), (80, "7/10"), (150, "4/5"), (500, "17/20")]
    return [
        case(base, slept),
        case(slept, base),
        case(base, base),                                                   # equal throughout
        case([(100, "1/2")], [(50, "1/2")]),                                # single points
        case([(100, "1/2")], [(100, "3/4")]),                               # equal T
        case([(100, "1/2"), (200, "1/2")], [(50, "1/2"), (60, "1/2")]),     # equal a
        case([(100, "1/2"), (100, "3/5")], [(100, "3/5"), (100, "3/5")]),   # ties
        case([(50, "4/5"), (100, "3/5"), (200, "2/5")], slept),             # all dominated by one
        case([(10, "1/10"), (20, "1/5")], [(30, "1/2"), (60, "3/5")]),      # no overlap, arm above
        case([(300, "1/2"), (600, "3/5")], [(10, "1/10"), (20, "1/5")]),    # no overlap, arm below
        case([(10, "1/2"), (90, "1/4"), (160, "4/5"), (300, "3/5")], slept),  # not monotone
        case([(10, "1/10"), (100, "1/2"), (200, "3/5"), (800, "9/10")],     # two crossings
             [(10, "3/10"), (100, "2/5"), (200, "7/10"), (800, "4/5")]),
        case([(10, "1/10"), (100, "1/2"), (200, "3/5")],                    # touch, meet, part
             [(10, "1/5"), (100, "1/2"), (200, "2/5")]),
        case([(10, "1/5"), (100, "1/2"), (200, "3/5"), (400, "7/10")],
             [(10, "1/10"), (100, "1/2"), (200, "3/5"), (400, "4/5")]),
        case([(10, "1/5"), (100, "1/2"), (200, "7/10")],
             [(10, "2/5"), (100, "1/2"), (200, "4/5")]),
        case([(0, "1/5"), (100, "1/2")], slept),                            # zero tokens
        case([(0, "1/5"), (100, "1/2")], [(0, "3/10"), (80, "3/5")], levels=("1/5", "3/10", "1/2")),
        case([(0, "1/2")], [(0, "3/5")], box=(0, 100, "1/4")),
        case([(NAN, "1/5"), (100, NAN), (50, "2/5"), (90, "3/5", 0)], slept),  # rows with holes
        case([(NAN, "1/5")], slept),
        case([], []),
        case([(-5, "1/2"), (100, "3/5")], [(float("inf"), "1/2"), (100, "1/2")]),
        case(base, slept, box=(50, 400, "3/10")),
        case(base, slept, box=(0, 90, "1/2"), levels=("1/5", "19/20", "1/10")),
    ]


def random_case(rng):
    def arm():
        n = rng.choice([1, 2, 3, 5, 5, 5, 8, 12])
        grid = rng.choice([5, 20, 60, 2500])
        out, t, level = [], rng.randint(5, 60), rng.random()
        for _ in range(n):
            t += rng.randint(0, 200) if rng.random() < .9 else 0
            level = min(1, max(0, level + rng.uniform(-.1, .25)))
            p = [F(t, rng.choice([1, 3])) if rng.random() < .3 else F(t), F(round(level * grid), grid),
                 F(rng.randint(1, 40))]
            if rng.random() < .03:
                p[rng.randrange(3)] = NAN
            elif rng.random() < .02:
                p[0] = F(0)
            out.append(tuple(p))
        rng.shuffle(out)
        return out
    ref, other = arm(), arm()
    if rng.random() < .05:
        other = list(ref)
    return {"ref": ref, "arm": other,
            "levels": [F(rng.randint(0, 60), 60) for _ in range(3)],
            "budgets": [F(rng.randint(0, 900)) for _ in range(3)],
            "box": (F(rng.choice([0, 5, 50])), F(rng.choice([400, 2000])), F(rng.randint(0, 5), 10))}


def flat(c):
    points = [x for arm in ("ref", "arm") for p in c[arm] for x in p]
    return [len(c["ref"]), len(c["arm"])] + points + c["levels"] + c["budgets"] + list(c["box"])


def near(got, want):
    if want is None:
        return got == -12345
    return abs(got - want) <= 1e-9 * max(1e-3, abs(want))


def check(program, n, seed):
    rng = random.Random(seed)
    cases = [random_case(rng) for _ in range(n)]
    text = "".join("frontier " + " ".join(repr(float(x)) for x in flat(c)) + "\n" for c in cases)
    lines = subprocess.run([program], input=text, capture_output=True, text=True,
                           check=True).stdout.splitlines()
    assert len(lines) == n, (len(lines), n)
    values = bad = 0
    for c, line in zip(cases, lines):
        got, want = [float(x) for x in line.split()], expected(c)
        assert len(got) == len(want), (len(got), len(want))
        for i, (g, w) in enumerate(zip(got, want)):
            values += 1
            if not near(g, w):
                bad += 1
                print("value %d: got %r, expected %r\n  %s" % (
                    i, g, w, {k: [str(x) for x in v] for k, v in c.items()}))
    print("frontier: %d values of %d cases agree, %d do not" % (values - bad, n, bad))
    return bad


# ---- resampled points ---------------------------------------------------------------------------

B = 40


def noise():
    """Two arms of four points with 40 replicates on a grid, made here."""
    rng = random.Random(5)
    arms = []
    for base in ([(40, .3), (90, .5), (160, .65), (300, .8)], [(25, .45), (50, .6), (100, .7), (260, .78)]):
        arms.append([(F(t), F(round(a * 100), 100),
                      [F(t + rng.randint(-t // 8, t // 8)) for _ in range(B)],
                      [F(round(a * 100) + rng.randint(-8, 8), 100) for _ in range(B)])
                     for t, a in base])
    return arms


def quantile(v, p):
    v = sorted(v)
    at = p * (len(v) - 1)
    i = min(int(at), len(v) - 2)
    return v[i] + (at - i) * (v[i + 1] - v[i])


def replicate(arm, b):
    return [(p[2][b], p[3][b], F(1)) for p in arm]


def print_noise():
    arms = noise()
    for name, arm in zip(("ref", "arm"), arms):
        print("static const double gold_%s_t[%d] = {%s};" % (name, 4, ", ".join(str(float(p[0])) for p in arm)))
        print("static const double gold_%s_a[%d] = {%s};" % (name, 4, ", ".join(str(float(p[1])) for p in arm)))
        for kind, at in (("ts", 2), ("as", 3)):
            print("static const double gold_%s_%s[%d][%d] = {" % (name, kind, 4, B))
            for p in arm:
                print("    {%s}," % ", ".join(str(float(x)) for x in p[at]))
            print("};")
    print("static const struct { double log_ratio, lo, hi, gain, gain_lo, gain_hi; } gold_noise[4] = {")
    for form in range(4):
        pairs = [tuple(Curve(form, replicate(arm, b)) for arm in arms) for b in range(B)]
        full = tuple(Curve(form, [(p[0], p[1], F(1)) for p in arm]) for arm in arms)
        logs = [ratio_mean(*p) for p in pairs]
        assert all(r[0] == IDENTIFIED for r in logs)
        logs = [r[1] for r in logs]
        gains = [float(gain(*p, F(110))) for p in pairs]
        row = [ratio_mean(*full)[1], math.exp(quantile(logs, .025)), math.exp(quantile(logs, .975)),
               float(gain(*full, F(110))), quantile(gains, .025), quantile(gains, .975)]
        print("    {%s}," % ", ".join("%.12g" % x for x in row))
    print("};")
    print("/* by form: T, then what at least 95, 50 and 5 % of the replicates attain */")
    print("static const double gold_bands[4][5][4] = {")
    for form in range(4):
        print("    {")
        for t in (20, 25, 60, 200, 1000):
            row = []
            heights = []
            for b in range(B):
                place, a = Curve(form, replicate(arms[1], b)).accuracy(F(t))
                heights.append(a if place in (INSIDE, OVER) else None)
            for share in (F(95, 100), F(1, 2), F(5, 100)):
                fit = [h for h in heights if h is not None and
                       F(sum(g is not None and g >= h for g in heights), B) >= share]
                row.append(repr(float(max(fit))) if fit else "MISSING_BAND")
            print("        {%d, %s}," % (t, ", ".join(row)))
        print("    },")
    print("};")
    print("/* share of replicates in which arm point i dominates ref point j */")
    print("static const double gold_dominance[4][4] = {")
    for p in arms[1]:
        row = [sum(p[2][b] <= q[2][b] and p[3][b] >= q[3][b] and
                   (p[2][b], p[3][b]) != (q[2][b], q[3][b]) for b in range(B)) / B for q in arms[0]]
        print("    {%s}," % ", ".join(map(repr, row)))
    print("};")


def number(v):
    if v is None:
        return "LAB_MISSING"
    v = float(v)
    return "NAN" if math.isnan(v) else "HUGE_VAL" if math.isinf(v) else repr(v)


def triples(points):
    return "{%s}" % ", ".join("{%s}" % ", ".join(number(x) for x in p) for p in points or [(0, 0, 0)])


def print_header():
    cases = by_hand() + [random_case(random.Random(i)) for i in range(20)]
    print("/* golden_frontier.h - made by scripts/reference/frontier_golden.py; do not edit. */")
    print("/* clang-format off */")
    print("#define MISSING_BAND (-12345.0)")
    print("enum { GOLD_REPLICATES = %d, GOLD_VALUES = %d };" % (B, len(expected(cases[0]))))
    print("static const struct lab_case gold_cases[] = {")
    for c in cases:
        print("    {%d, %d, %s,\n     %s,\n     {%s}, {%s}, %s}," % (
            len(c["ref"]), len(c["arm"]), triples(c["ref"]), triples(c["arm"]),
            ", ".join(map(number, c["levels"])), ", ".join(map(number, c["budgets"])),
            ", ".join(map(number, c["box"]))))
    print("};")
    print("static const double gold_values[][GOLD_VALUES] = {")
    for c in cases:
        v = ["LAB_MISSING" if x is None else "%.12g" % x for x in expected(c)]
        print("    {" + ",\n     ".join(", ".join(v[i:i + 63]) for i in range(0, len(v), 63)) + "},")
    print("};")
    print_noise()


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--check":
        sys.exit(1 if check(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])) else 0)
    print_header()
