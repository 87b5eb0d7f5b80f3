#!/usr/bin/env python3
"""amortize_golden.py - what metrics/amortize.c must say, in exact fractions from the definitions.

    amortize_golden.py > tests/data/golden_amortize.h      the committed cases
    amortize_golden.py --check CALCULATE N SEED            N random cases against the C code

Nothing here solves a formula of the C code: N* is searched, critical t and L* are read off costs
evaluated at two places of a straight line, the S of a headline by trying it.
"""
import math
import random
import subprocess
import sys
from fractions import Fraction as F

UNKNOWN, NO_QUERIES, NUMBER, FROM, UP_TO, ALWAYS, NEVER = range(7)
IN, CACHED, WRITE, OUT, REASONING, REQUESTS = range(6)
NAN = float("nan")
FAR = F(10) ** 30


def known(v):
    return isinstance(v, F) and v >= 0


def cost(price, tokens):
    used = [(p, n) for p, n in zip(price, tokens) if p > 0]
    if not all(known(n) for _, n in used):
        return None
    return sum((p * n for p, n in used), F(0))


def scaled(price, calls, t):
    return [p * t if calls or k in (OUT, REASONING) else p for k, p in enumerate(price)]


def per_query(test, sleep, n):
    if sleep == 0:
        return NUMBER, test
    return (NUMBER, test + sleep / n) if n > 0 else (NO_QUERIES, None)


def break_even(c0, c1, sleep):
    def pays(n):
        return c1 + sleep / n <= c0
    if sleep == 0:
        return (ALWAYS if pays(1) else NEVER), None
    if not pays(FAR):
        return NEVER, None
    hi = 1
    while not pays(hi):
        hi *= 2
    lo = hi // 2  # does not pay, or is 0
    while hi - lo > 1:
        mid = (lo + hi) // 2
        lo, hi = (lo, mid) if pays(mid) else (mid, hi)
    return FROM, F(hi)


def straight(f, far):
    """Where is f(x) <= 0, x >= 0, for a straight line f?"""
    at0, at1, at_far = f(F(0)), f(F(1)), f(far)
    if at0 <= 0 and at_far <= 0:
        return ALWAYS, None
    if at0 > 0 and at_far > 0:
        return NEVER, None
    zero = at0 / (at0 - at1)
    return (FROM if at0 > 0 else UP_TO), zero


def critical(c):
    share = per_query(F(0), cost(c["price"], c["sleep"]), c["n"])
    if share[0] != NUMBER:
        return share

    def extra(t):
        p = scaled(c["price"], c["calls"], t)
        return cost(p, c["arm"]) + share[1] - cost(p, c["ref"])
    return straight(extra, FAR)


def longest(c0, c1, replaced, price):
    def extra(length):
        return c1 + price * (length - replaced) - c0
    kind, value = straight(extra, FAR)
    return kind, value


def headline_sleep(c1, r, n):
    def ratio(s):
        return (c1 + s) / (c1 + s / n)
    if n < 1:
        return UNKNOWN, None
    if c1 == 0:
        return (ALWAYS if r == n else NEVER), None
    if n == 1:
        return (ALWAYS if r == 1 else NEVER), None
    if r < 1 or r >= n:
        return NEVER, None
    # ratio(s) = r is linear in s once multiplied out
    kind, s = straight(lambda s: r * (c1 + s / n) - (c1 + s), FAR)
    s = F(0) if kind == ALWAYS else s
    assert ratio(s) == r
    return NUMBER, s


def totals(contexts):
    fine = [c for c in contexts if all(known(x) for x in c)]
    sleep, test, n = (sum((c[i] for c in fine), F(0)) for i in range(3))
    asked = [c for c in fine if c[2] > 0]
    wasted = sum((c[0] for c in fine if c[2] == 0), F(0)) / sleep if sleep else F(0)
    tail = [n / len(fine) if fine else 0, wasted, len(fine), len(fine) - len(asked),
            len(contexts) - len(fine)]
    if not fine:
        return [UNKNOWN, None] * 3 + tail
    if n == 0:
        return [NO_QUERIES, None] * 3 + tail
    naive = sum((c[0] / c[2] for c in asked), F(0)) / len(asked)
    return [NUMBER, (sleep + test) / n, NUMBER, sleep / n, NUMBER, naive] + tail


def expected(c):
    price = scaled(c["price"], c["calls"], c["t"])
    c0, c1, s = cost(price, c["ref"]), cost(price, c["arm"]), cost(c["price"], c["sleep"])
    nothing = (UNKNOWN, None)
    ref = (NUMBER, c0) if c0 is not None else nothing
    arm = per_query(c1, s, c["n"]) if c1 is not None and s is not None else nothing
    quotient = nothing
    if ref[0] == NUMBER:
        quotient = arm if arm[0] != NUMBER else (NUMBER, c0 / arm[1]) if arm[1] > 0 else nothing
    head = star = crit = nothing
    if c1 is not None and s is not None:
        if c["n"] >= 1 and c1 + s > 0:
            head = NUMBER, per_query(c1, s, F(1))[1] / arm[1]
        if c0 is not None:
            star, crit = break_even(c0, c1, s), critical(c)
    out = list(ref + arm + quotient + star + head + crit)
    for kind in (IN, CACHED):
        both = c0 is not None and c1 is not None
        out += longest(c0, c1, c["replaced"], price[kind]) if both else nothing
    both = c0 is not None and c1 is not None
    out += headline_sleep(c1, c["r"], c["n"]) if both else nothing
    return [None if v is None else float(v) for v in out + totals(c["contexts"])]


# ---- cases --------------------------------------------------------------------------------------

PAPER = [0, 0, 0, 1, 1, 0]
TOKENS = [1, 1, 1, 1, 1, 0]
LIST = ["1/4", "1/40", "5/16", 1, 1, 0]


def outputs(g, tokens_in=0, cached=0):
    return [tokens_in, cached, 0, g, 0, 1]


def case(price, ref, arm, sleep, calls=0, t=10, n=10, replaced=0, r="5/2", contexts=()):
    def fix(v):
        return v if isinstance(v, float) else F(v)
    contexts = [[fix(x) for x in c] for c in contexts]
    return {"price": [F(p) for p in price], "ref": [fix(x) for x in ref], "arm": [fix(x) for x in arm],
            "sleep": [fix(x) for x in sleep], "calls": calls, "t": F(t), "n": F(n),
            "replaced": F(replaced), "r": F(r),
            "contexts": contexts + [[NAN] * 3] * (4 - len(contexts))}


USED = [(1000, 500, 5), (1000, 0, 0), (1000, 100, 1), (1000, 300, 3)]


def by_hand():
    return [
        case(PAPER, outputs(600), outputs(120), outputs(2400), contexts=USED),     # S = 20 g: 2.5
        case(LIST, outputs(600), outputs(120), outputs(2400), calls=1, t=1),       # L* = 1920, 19200
        case(LIST, outputs(600, 80), outputs(120, 700), outputs(2400, 900), calls=1, t=2),
        case(TOKENS, outputs(600, 80), outputs(120, 700), outputs(2400, 900), t=1),  # no saving
        case(LIST, outputs(120, 4000), outputs(600, 100), outputs(0), t=1, n=1),    # up to t
        case(PAPER, outputs(120), outputs(120), outputs(0), contexts=[(0, 5, 1)]),  # free and equal
        case(PAPER, outputs(120), outputs(130), outputs(0)),
        case(PAPER, outputs(120), outputs(130), outputs(10)),
        case(PAPER, outputs(120), outputs(60), outputs(600), n=0, contexts=[(5, 0, 0)]),
        case(PAPER, outputs(NAN), outputs(60), outputs(600)),
        case(PAPER, outputs(120), outputs(60), outputs(NAN)),
        case(PAPER, outputs(120, NAN), outputs(60, NAN), outputs(600, NAN)),        # not needed
        case(LIST, outputs(120, NAN), outputs(60), outputs(600)),
        case(PAPER, outputs(0), outputs(0), outputs(600), r=10),                    # no test tokens
        case(PAPER, outputs(0), outputs(0), outputs(0)),
        case(PAPER, outputs(120), outputs(60), outputs(600), n=1, r=1),
        case(PAPER, outputs(120), outputs(60), outputs(600), r=10),
        case(PAPER, outputs(120), outputs(60), outputs(600), r="1/2"),
        case(PAPER, outputs(120), outputs(60), outputs(600), r=1, contexts=[(NAN, 1, 1)] + USED[:3]),
        case(LIST, outputs(120, 300), outputs(200, 10), outputs(600), replaced=500),
        case(PAPER, outputs(120), outputs(60), outputs(3600), n=6, contexts=USED[::-1]),  # N* = 6 exactly
        case(PAPER, outputs("1/10"), outputs("1/30"), outputs(2), n="5/2"),
    ]


def random_case(rng):
    def tokens(high):
        return [F(rng.randint(0, high), rng.choice([1, 1, 7])) if rng.random() < .8 else F(0)
                for _ in range(5)] + [F(rng.randint(1, 9))]
    price = [F(x) for x in rng.choice([PAPER, TOKENS, LIST])]
    if rng.random() < .3:
        price = [F(rng.randint(0, 20), 16) for _ in range(6)]
        price[OUT] = F(1)
    c = {"price": price, "ref": tokens(1000), "arm": tokens(rng.choice([200, 1000])),
         "sleep": tokens(rng.choice([0, 20, 5000])), "calls": rng.randint(0, 1),
         "t": F(rng.choice([1, 2, 5, 10, 20, 50])), "n": F(rng.choice([0, 1, 2, 5, 10, "7/3"])),
         "replaced": F(rng.choice([0, 0, 300])), "r": F(rng.randint(0, 24), 2), "contexts": []}
    for _ in range(4):
        c["contexts"].append([F(rng.randint(0, 900)), F(rng.randint(0, 900)), F(rng.choice([0, 1, 3, 8]))]
                             if rng.random() < .9 else [F(1), NAN, F(1)])
    if rng.random() < .1:
        c[rng.choice(["ref", "arm", "sleep"])][rng.randrange(6)] = NAN
    return c


def flat(c):
    return (c["price"] + c["ref"] + c["arm"] + c["sleep"]
            + [c["calls"], c["t"], c["n"], c["replaced"], c["r"]] + [x for v in c["contexts"] for x in v])


def near(got, want):
    if want is None:
        return got == -12345
    return abs(got - want) <= 1e-9 * max(1e-3, abs(want))


def check(program, n, seed):
    rng = random.Random(seed)
    cases = [random_case(rng) for _ in range(n)]
    text = "".join("amortize " + " ".join(repr(float(x)) for x in flat(c)) + "\n" for c in cases)
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
                print("value %d: got %r, expected %r\n  %s" % (i, g, w, flat(c)))
    print("amortize: %d values of %d cases agree, %d do not" % (values - bad, n, bad))
    return bad


def number(v):
    return "COST_MISSING" if v is None else "NAN" if math.isnan(float(v)) else repr(float(v))


def print_header():
    cases = by_hand() + [random_case(random.Random(i)) for i in range(30)]
    print("/* golden_amortize.h - made by scripts/reference/amortize_golden.py; do not edit. */")
    print("/* clang-format off */")
    print("enum { COST_GOLD_VALUES = %d };" % len(expected(cases[0])))
    print("static const struct { double in[COST_INPUTS], out[COST_GOLD_VALUES]; } gold_costs[] = {")
    for c in cases:
        print("    {{%s},\n     {%s}}," % (", ".join(map(number, flat(c))),
                                           ", ".join(map(number, expected(c)))))
    print("};")


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--check":
        sys.exit(1 if check(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])) else 0)
    print_header()
