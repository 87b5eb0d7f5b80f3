"""estimators.py - statistics of metrics/ derived again, without the C code.

Exact rationals over enumerated patterns and subsets, scipy's laws, statsmodels' regressions on items
where the C code works on sums per cluster. A case is a dict with "f", the estimator, and its inputs;
expected(case) gives a dict of numbers, None where there is none.

    make_estimators.py        writes the committed goldens
    compare_estimators.py     runs random cases against the C code

Needs numpy, scipy and statsmodels.
"""
import hashlib
import itertools
import math
import statistics
from collections import Counter
from fractions import Fraction as Fr

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

M64 = (1 << 64) - 1


class Stream:
    """xoshiro256** seeded by splitmix64 of a SHA-256 over (seed, label), as rng_labelled has it."""

    def __init__(self, seed, label):
        data = seed.to_bytes(8, "big") + len(label).to_bytes(8, "big") + label.encode()
        state = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
        self.s = []
        for _ in range(4):
            state = (state + 0x9E3779B97F4A7C15) & M64
            z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & M64
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
            self.s.append(z ^ (z >> 31))

    def word(self):
        a, b, c, d = self.s
        x = (b * 5) & M64
        x = ((x << 7 | x >> 57) * 9) & M64
        t = (b << 17) & M64
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= t
        d = (d << 45 | d >> 19) & M64
        self.s = [a, b, c, d]
        return x

    def below(self, n):
        reject = (1 << 64) % n
        while True:
            x = self.word()
            if x >= reject:
                return x % n


def num(x):
    """A float, or None for what JSON can't write."""
    x = float(x)
    return x if math.isfinite(x) else None


# ---- families, laws, shares -----------------------------------------------------------------------

def adjusted(case, method):
    p = case["p"] + [1.0] * (case["family"] - len(case["p"]))
    return {"adjusted": [num(x) for x in multipletests(p, method=method)[1][:len(case["p"])]]}


def law(case):
    x = case["x"]
    table = {
        "normal": lambda: stats.norm.cdf(*x), "normal_quantile": lambda: stats.norm.ppf(*x),
        "t": lambda: stats.t.cdf(*x), "t_quantile": lambda: stats.t.ppf(*x),
        "beta": lambda: stats.beta.cdf(*x), "beta_quantile": lambda: stats.beta.ppf(*x),
        "chi2": lambda: stats.chi2.sf(x[0], 1), "lngamma": lambda: math.lgamma(*x),
    }
    return {"value": num(table[case["law"]]())}


def binomial(case):
    k, n, p = case["k"], case["n"], Fr(case["p"])
    mass = [math.comb(n, i) * p ** i * (1 - p) ** (n - i) for i in range(n + 1)]
    return {"mass": num(mass[k]) if k <= n else 0.0, "lower": num(sum(mass[:k + 1])), "upper": num(sum(mass[k:]))}


def share(case):
    s, n = case["s"], case["n"]
    if n == 0:
        return {"lo": None, "hi": None, "above": 1.0}
    lo, hi = proportion_confint(s, n, alpha=1 - case["level"], method="beta")
    above = stats.binomtest(s, n, case["p0"], alternative="greater").pvalue
    return {"lo": num(lo), "hi": num(hi), "above": num(above)}


# ---- paired ------------------------------------------------------------------------------------------

def mcnemar(case):
    b, c = case["gains"], case["losses"]
    n = b + c
    if n == 0:
        return {"informative": 0, "exact": 1.0, "midp": 1.0}
    table = [[0, b], [c, 0]]
    exact = sm_mcnemar(table, exact=True).pvalue if n < 300 else None
    mass = [Fr(math.comb(n, i), 2 ** n) for i in range(n + 1)]
    seen = mass[b]  # two-sided: all that is less likely, and half of what is as likely
    midp = sum(m for m in mass if m < seen) + sum(m for m in mass if m == seen) / 2
    by_hand = min(Fr(1), 2 * sum(mass[:min(b, c) + 1]))
    if exact is not None and abs(exact - by_hand) > 1e-9 * by_hand:
        raise SystemExit("statsmodels and the fractions disagree")
    return {"informative": 1, "exact": num(by_hand), "midp": num(midp)}


def mean(case):
    groups = [[Fr(x).limit_denominator(10 ** 6) for x in g] for g in case["clusters"] if g]
    items = [x for g in groups for x in g]
    names = ("mean", "known", "varies", "se_cr1", "se_cr3", "t", "p", "lo", "hi", "lo3", "hi3")
    if len(groups) < 2:
        return dict(zip(names, [num(Fr(sum(items), len(items))) if items else 0.0, 0]))
    m = sum(items) / len(items)
    varies = any(sum(g) - len(g) * m for g in groups)
    jack = sum((m - sum(sum(h) for h in groups[:i] + groups[i + 1:]) / (len(items) - len(groups[i]))) ** 2
               for i in range(len(groups)))
    cr3 = math.sqrt(jack)
    q = stats.t.ppf(.975, len(groups) - 1)
    if not varies:
        t, p = (0.0, 1.0) if m == 0 else (None, 0.0)
        return dict(zip(names, [num(m), 1, 0, 0.0, 0.0, t, p] + [num(m)] * 4))
    y = np.array([float(x) for x in items])
    who = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    fit = sm.OLS(y, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": who}, use_t=True)
    lo, hi = fit.conf_int()[0]
    t, p = (fit.tvalues[0], fit.pvalues[0]) if m else (0.0, 1.0)
    return dict(zip(names, [num(m), 1, 1, num(fit.bse[0]), cr3, num(t), num(p), num(lo), num(hi),
                            num(m) - q * cr3, num(m) + q * cr3]))


def score(case):
    d = [Fr(x).limit_denominator(10 ** 6) for x in case["totals"]]
    if not any(d):
        return {"p": None}
    return {"p": num(stats.chi2.sf(float(sum(d) ** 2 / sum(x * x for x in d)), 1))}


def mde(case):
    var = case["deff"] * (case["omega2"] + case["sigma2_a"] / case["k_a"] + case["sigma2_b"] / case["k_b"])
    z = stats.norm.isf(case["alpha"] / 2) + stats.norm.ppf(case["power"])
    t = stats.t.isf(case["alpha"] / 2, case["df"]) + stats.t.ppf(case["power"], case["df"])
    return {"mde": z * math.sqrt(var / case["n"]), "items": math.ceil(var * (z / case["delta"]) ** 2) or 1,
            "mde_se": t * math.sqrt(var / case["n"])}


def estimate(case):
    rows = case["items"]
    if len(rows) < 2:
        return {"known": 0}
    d = [Fr(a, k) - Fr(b, m) for a, k, b, m in rows]
    out, noise, separable = {"known": 1}, Fr(0), 1
    for name, at in (("a", 0), ("b", 2)):
        pairs = [(r[at], r[at + 1]) for r in rows]
        inverse = statistics.mean([Fr(1, k) for _, k in pairs])
        out["k_" + name] = math.floor(1 / inverse + Fr(1, 2))
        within = [statistics.variance([Fr(1)] * c + [Fr(0)] * (k - c)) for c, k in pairs if k >= 2]
        ok = bool(within) and out["k_" + name] >= 2
        sigma2 = statistics.mean(within) if ok else Fr(0)
        separable &= ok
        noise += sigma2 * inverse
        out["sigma2_" + name] = num(sigma2)
    out.update(omega2=num(max(Fr(0), statistics.variance(d) - noise)), separable=int(separable))
    return out


# ---- sign flips ------------------------------------------------------------------------------------------

def type7(values, p):
    return float(np.quantile(np.array([float(v) for v in values]), p))


def max_t(case):
    """numerators[j][g] over one denominator; T as the rational sign(S) S^2/Q, which keeps the order."""
    rows, den, items = case["numerators"], case["denominator"], case["items"]
    moving = [g for g in range(len(rows[0])) if any(r[g] for r in rows)]
    squares = [sum(x * x for x in r) for r in rows]
    two_sided = case["side"] == "two"
    exact = len(moving) <= 20
    if exact:
        patterns = itertools.product((1, -1), repeat=len(moving))
    else:
        def drawn(b):
            s, word, signs = Stream(case["seed"], f"signs {b}"), 0, []
            for g in range(len(moving)):
                word = s.word() if g % 64 == 0 else word
                signs.append(-1 if word >> (g % 64) & 1 else 1)
            return signs
        patterns = (drawn(b) for b in range(case["draws"]))

    def look(signs):
        sums = [sum(s * r[g] for s, g in zip(signs, moving)) for r in rows]
        t = [Fr(s * abs(s), q) if q else Fr(0) for s, q in zip(sums, squares)]
        gains = [Fr(s, den * n) for s, n in zip(sums, items) if n]
        return [abs(x) if two_sided else x for x in t], max(gains) if gains else Fr(0)

    seen, max_gain = look([1] * len(moving))
    order = sorted(range(len(rows)), key=lambda j: -seen[j])
    alone, stepped, maxima = [0] * len(rows), [0] * len(rows), []
    for signs in patterns:
        t, gain = look(signs)
        maxima.append(gain)
        for i, j in enumerate(order):
            alone[j] += t[j] >= seen[j]
            stepped[j] += max(t[h] for h in order[i:]) >= seen[j]
    add = 0 if exact else 1
    total = len(maxima) + add
    running, adj = Fr(0), [Fr(1)] * len(rows)
    for j in order:
        running = max(running, Fr(stepped[j] + add, total))
        adj[j] = running if squares[j] else Fr(1)
    return {"exact": int(exact), "moving": len(moving),
            "p": [num(Fr(alone[j] + add, total)) if squares[j] else 1.0 for j in range(len(rows))],
            "adjusted": [num(x) for x in adj],
            "least": min(1.0, (2 if two_sided else 1) / len(maxima)) if exact else 1 / total,
            "max_gain": num(max_gain), "null_mean": num(sum(maxima) / len(maxima)),
            "null_p95": type7(maxima, .95)}


# ---- few clusters ----------------------------------------------------------------------------------------

def of_items(groups):
    """Mean of all items and its CR1 error, from items."""
    y = np.concatenate(groups)
    m = float(np.mean(y))
    g = len(groups)
    return m, math.sqrt(g / (g - 1) * sum(float(np.sum(x - m)) ** 2 for x in groups)) / len(y)


def few_start(case):
    exact = [[Fr(x).limit_denominator(10 ** 6) for x in g] for g in case["clusters"] if g]
    groups = [np.array(g, dtype=float) for g in exact]
    centre = sum(map(sum, exact)) / sum(map(len, exact)) if exact else Fr(0)
    m, se = float(centre), 0.0
    kind = "few" if len(groups) < 2 else None
    if not kind:
        if all(sum(g) == len(g) * centre for g in exact):
            kind = "flat"
        else:
            se = of_items(groups)[1]
    return groups, {"kind": kind, "mean": m, "se": se, "lo": None, "hi": None, "p": 1.0}


def bootstrap_t(case):
    groups, out = few_start(case)
    if out["kind"]:
        return out
    m, se, count, t = out["mean"], out["se"], case["replicates"], []
    for b in range(count):
        s = Stream(case["seed"], f"replicate {b}")
        draw = [groups[s.below(len(groups))] for _ in groups]
        m1, se1 = of_items(draw)
        if se1 < 1e-11 * se:
            t.append(math.nan if abs(m1 - m) < 1e-11 * se else math.copysign(math.inf, m1 - m))
        else:
            t.append((m1 - m) / se1)
    out["p"] = (1 + sum(math.isnan(x) or abs(x) >= abs(m / se) * (1 - 1e-9) for x in t)) / (1 + count)
    kept = sorted(x for x in t if not math.isnan(x))
    lost = count - sum(map(math.isfinite, kept))
    out["lost"] = lost / count
    if lost > .05 * count:
        out["kind"] = "lost"
        return out

    def quantile(p):
        at = p * (len(kept) - 1)
        i = math.floor(at)
        if at == i or kept[i] == kept[min(i + 1, len(kept) - 1)]:
            return kept[i]
        for x in (kept[i], kept[i + 1]):
            if math.isinf(x):
                return x
        return kept[i] + (at - i) * (kept[i + 1] - kept[i])
    lo, hi = m - quantile(.975) * se, m - quantile(.025) * se
    out.update(kind="ok" if math.isfinite(lo + hi) else "unbounded", lo=num(lo), hi=num(hi))
    return out


WEIGHTS = {"rademacher": [-1.0, 1.0],
           "webb": [-math.sqrt(1.5), -1.0, -math.sqrt(.5), math.sqrt(.5), 1.0, math.sqrt(1.5)]}


def wild(case):
    groups, out = few_start(case)
    if out["kind"]:
        return out
    m, se, g = out["mean"], out["se"], len(groups)
    choices = WEIGHTS[case["weights"]]
    exact = len(choices) ** g <= case["replicates"]
    if exact:
        v = np.array(list(itertools.product(choices, repeat=g)))
    else:
        v = []
        for b in range(case["replicates"]):
            s = Stream(case["seed"], f"wild {b}")
            v.append([choices[s.below(len(choices))] for _ in range(g)])
        v = np.array(v)
    y = np.concatenate(groups)
    who = np.repeat(np.arange(g), [len(x) for x in groups])
    member = np.eye(g)[who]  # items x clusters

    def p_of(delta):
        """Items y* = theta0 + v u with the null imposed, one row a pattern; t about theta0."""
        u = y - (m + delta)
        ystar = v[:, who] * u
        shift = ystar.mean(axis=1)
        parts = (ystar - shift[:, None]) @ member
        q = np.sum(parts ** 2, axis=1) * g / (g - 1) / len(y) ** 2
        large = shift ** 2 * se ** 2 >= delta ** 2 * q * (1 - 2e-9)
        return Fr(int(large.sum()) + (not exact), len(v) + (not exact))

    def end(sign):
        inside, outside = 0.0, se
        for _ in range(20):
            if p_of(sign * outside) <= Fr(1, 20):
                break
            inside, outside = outside, 2 * outside
        else:
            if p_of(sign * outside) > Fr(1, 20):
                return math.inf
        while outside - inside > 1e-12 * outside:
            mid = (inside + outside) / 2
            inside, outside = (mid, outside) if p_of(sign * mid) > Fr(1, 20) else (inside, mid)
        return outside
    lo, hi = m - end(-1), m + end(1)
    out.update(kind="ok" if math.isfinite(lo + hi) else "unbounded", lo=num(lo), hi=num(hi),
               p=num(p_of(-m)), exact=int(exact))
    return out


# ---- pools -------------------------------------------------------------------------------------------------

def vote(voters):
    """(chance to be right, nobody voted) for a list of (answer, right, ...)."""
    count = Counter(v[0] for v in voters if v[0] >= 0)
    if not count:
        return Fr(0), Fr(1)
    top = [a for a, c in count.items() if c == max(count.values())]
    right = {v[0] for v in voters if v[1]}
    return Fr(sum(a in right for a in top), len(top)), Fr(0)


def averaged(rows):
    rows = list(rows)
    return [sum(r[i] for r in rows) / len(rows) for i in range(len(rows[0]))]


def best_of(subset):
    voters = [v for v in subset if v[0] >= 0]
    if not voters:
        return Fr(0), Fr(1)
    top = [v for v in voters if v[2] == max(w[2] for w in voters)]
    return Fr(sum(v[1] for v in top), len(top)), Fr(0)


def first_m(subset, m):
    length = sorted(v[3] for v in subset)[m - 1]
    shorter = [v for v in subset if v[3] < length]
    at = [v for v in subset if v[3] == length]
    rows = averaged(vote(shorter + list(c)) for c in itertools.combinations(at, m - len(shorter)))
    return rows + [Fr(sum(min(v[3], length) for v in subset)), Fr(length)]


def pool(case):
    s, k, m = case["samples"], case["k"], case.get("m", case["k"])
    if not 1 <= m <= k <= len(s):
        return {"status": "few"}
    known = all(v[3] is not None for v in s)
    if case["how"] == "best" and any(v[2] is None and v[0] >= 0 for v in s):
        return {"status": "unscored"}
    if case["how"] == "short" and not known:
        return {"status": "tokens"}

    def one(subset):
        if case["how"] == "short":
            return first_m(subset, m)
        got = vote(subset) if case["how"] == "majority" else best_of(subset)
        cost = [Fr(sum(v[3] for v in subset)), Fr(max(v[3] for v in subset))] if known else [0, 0]
        return list(got) + cost
    a, none, tokens, latency = averaged(one(c) for c in itertools.combinations(s, k))
    return {"status": "ok", "accuracy": num(a), "abstained": num(none), "tokens": num(tokens),
            "latency": num(latency)}


def share_of(n, c, k):
    return Fr(math.comb(c, k), math.comb(n, k))


def pass_noise(case):
    n, c, k = case["n"], case["c"], case["k"]
    if not (1 <= k <= n and c <= n):
        return {"all": None, "variance": None}
    if n >= 2 * k:
        v = share_of(n, n - c, k) ** 2 - share_of(n, n - c, 2 * k)
    else:
        p = Fr(c, n)
        mass = [math.comb(n, i) * p ** i * (1 - p) ** (n - i) for i in range(n + 1)]
        value = [1 - share_of(n, n - i, k) for i in range(n + 1)]
        m = sum(w * x for w, x in zip(mass, value))
        v = sum(w * (x - m) ** 2 for w, x in zip(mass, value))
    return {"all": num(share_of(n, c, k)), "variance": num(v), "unbiased": int(n >= 2 * k)}


RULES = {
    "holm": lambda c: adjusted(c, "holm"), "bh": lambda c: adjusted(c, "fdr_bh"), "law": law,
    "binomial": binomial, "share": share, "mcnemar": mcnemar, "mean": mean, "score": score, "mde": mde,
    "estimate": estimate, "max_t": max_t, "bootstrap_t": bootstrap_t, "wild": wild, "pool": pool,
    "pass": pass_noise,
}


def expected(case):
    return RULES[case["f"]](case)


# ---- random cases ------------------------------------------------------------------------------------------

def some_p(r, n):
    return [r.choice((0.0, 1.0, .05, r.random(), r.random() ** 6, 10 ** -r.uniform(1, 30))) for _ in range(n)]


def some_family(r, f):
    n = r.randint(0, 12)
    return {"f": f, "p": some_p(r, n), "family": n + r.choice((0, 0, 1, 5)) or 1}


def some_law(r):
    name = r.choice(("normal", "normal_quantile", "t", "t_quantile", "beta", "beta_quantile", "chi2", "lngamma"))
    shape = lambda: r.choice((.5, 1.0, r.randint(1, 30), 10 ** r.uniform(-1, 3.3)))
    p = r.choice((.5, .975, .025, r.random(), 10 ** -r.uniform(1, 14)))
    x = {"normal": lambda: [r.uniform(-30, 6)], "normal_quantile": lambda: [p],
         "t": lambda: [r.uniform(-12, 3), shape()], "t_quantile": lambda: [p, r.randint(1, 200)],
         "beta": lambda: [r.random(), shape(), shape()], "beta_quantile": lambda: [p, shape(), shape()],
         "chi2": lambda: [r.choice((0.0, r.uniform(0, 5), r.uniform(0, 400)))], "lngamma": lambda: [10 ** r.uniform(-3, 4.5)]}
    return {"f": "law", "law": name, "x": x[name]()}


def some_binomial(r):
    n = r.choice((0, 1, 5, r.randint(2, 60), r.randint(60, 400)))
    return {"f": "binomial", "n": n, "k": r.randint(0, n), "p": r.choice((0.0, 1.0, .5, r.random()))}


def some_share(r):
    n = r.choice((0, 1, 12, r.randint(1, 300), 2000))
    return {"f": "share", "n": n, "s": r.choice((0, n, r.randint(0, n))), "level": r.choice((.95, .99, .9)),
            "p0": r.choice((.05, .5, r.uniform(.01, .99)))}


def some_mcnemar(r):
    top = r.choice((0, 1, 3, 10, 60, 900))
    return {"f": "mcnemar", "gains": r.randint(0, top), "losses": r.randint(0, top)}


def some_clusters(r, most=15):
    kind = r.random()
    groups = []
    for _ in range(r.choice((0, 1, 2, 3, 5, r.randint(4, most), r.randint(4, most)))):
        size = r.choice((0, 1, 1, r.randint(1, 6)))
        k, flat = r.choice((1, 1, 3)), r.choice((-1, 0, 1))
        groups.append([flat if kind < .1 else (0.5 if kind < .15 else r.randint(-k, k + (kind > .5)) / k)
                       for _ in range(size)])
    return groups


def some_mean(r):
    return {"f": "mean", "clusters": some_clusters(r)}


def some_score(r):
    return {"f": "score", "totals": [r.choice((0, r.randint(-4, 5), r.randint(-9, 9) / 3)) for _ in range(r.randint(0, 40))]}


def some_mde(r):
    return {"f": "mde", "omega2": r.uniform(0, .3), "sigma2_a": r.uniform(.001, .25), "sigma2_b": r.uniform(0, .25),
            "k_a": r.randint(1, 10), "k_b": r.randint(1, 10), "deff": r.choice((1.0, r.uniform(.5, 8))),
            "n": r.randint(1, 5000), "alpha": r.choice((.05, .01, r.uniform(.001, .3))),
            "power": r.choice((.8, .9, r.uniform(.5, .99))), "df": r.randint(1, 120), "delta": 10 ** r.uniform(-3, 0)}


def some_estimate(r):
    ka, kb, mixed = r.choice((1, 2, 3, 10)), r.choice((1, 2, 3, 10)), r.random() < .3
    rows = []
    for _ in range(r.choice((0, 1, 2, r.randint(2, 40)))):
        a, b = (r.randint(1, ka), r.randint(1, kb)) if mixed else (ka, kb)
        rows.append([r.randint(0, a), a, r.randint(0, b), b])
    return {"f": "estimate", "items": rows}


def some_max_t(r):
    settings, drawn = r.randint(1, 5), r.random() < .15
    clusters = r.randint(21, 70) if drawn else r.randint(0, 8)
    rows = [[r.choice((0, r.randint(-3, 4), r.randint(-9, 9))) for _ in range(clusters)] for _ in range(settings)]
    if r.random() < .2:
        rows[0] = [0] * clusters
    if r.random() < .2:
        rows[-1] = list(rows[0])
    return {"f": "max_t", "numerators": rows, "denominator": r.choice((1, 2, 3, 10)), "draws": 99,
            "items": [r.choice((0, r.randint(1, 50), r.randint(1, 50))) for _ in rows],
            "side": r.choice(("two", "greater")), "seed": r.randint(0, 2 ** 40)}


def some_bootstrap_t(r):
    return {"f": "bootstrap_t", "clusters": some_clusters(r, 20), "replicates": r.choice((99, 199)), "seed": r.randint(0, 999)}


def some_wild(r):
    return {"f": "wild", "clusters": some_clusters(r, 12), "weights": r.choice(("rademacher", "webb")),
            "replicates": r.choice((99, 300)), "seed": r.randint(0, 999)}


def some_pool(r):
    n, answers = r.randint(0, 9), r.randint(1, 5)
    right = {a for a in range(answers) if r.random() < .4}
    rows = []
    for _ in range(n):
        a = r.randint(-1, answers - 1)
        rows.append([a, int(a in right), r.choice((r.randint(-3, 3), -r.random())), r.choice((10, 20, r.randint(0, 99)))])
    how = r.choice(("majority", "best", "short", "short"))
    if rows and r.random() < .05:
        r.choice(rows)[2] = None
    if rows and r.random() < .05:
        r.choice(rows)[3] = None
    k = r.randint(0, n + 1)
    return {"f": "pool", "how": how, "samples": rows, "k": k, "m": r.randint(0, k + 1) if how == "short" else k}


def some_pass(r):
    n = r.choice((1, 2, 8, r.randint(1, 40), r.randint(40, 200)))
    return {"f": "pass", "n": n, "c": r.choice((0, n, r.randint(0, n))), "k": r.choice((0, 1, n, n + 1, r.randint(1, n), r.randint(1, n)))}


RANDOM = {
    "holm": lambda r: some_family(r, "holm"), "bh": lambda r: some_family(r, "bh"), "law": some_law,
    "binomial": some_binomial, "share": some_share, "mcnemar": some_mcnemar, "mean": some_mean, "score": some_score,
    "mde": some_mde, "estimate": some_estimate, "max_t": some_max_t, "bootstrap_t": some_bootstrap_t,
    "wild": some_wild, "pool": some_pool, "pass": some_pass,
}
