#!/usr/bin/env python3
"""Writes tests/data/number.test with Python's fractions.

    make_numbers.py > tests/data/number.test

Lines: OPERATION A B = RESULT, values as num/den; "fail" where the result does not exist or does
not fit 64 bits. B is a number of digits for round, an exponent for pow, "-" where there is none.
"""
import math
import random
from fractions import Fraction

LIMIT = 2**63 - 1


def show(f):
    if f is None or abs(f.numerator) > LIMIT or f.denominator > LIMIT:
        return "fail"
    return f"{f.numerator}/{f.denominator}"


def text(f):
    """As rat_print writes it."""
    for digits in range(16):
        if 10**digits % f.denominator == 0:
            if abs(f * 10**digits) > LIMIT:
                break
            whole = str(abs(int(f * 10**digits))).rjust(digits + 1, "0")
            cut = len(whole) - digits
            return ("-" if f < 0 else "") + whole[:cut] + ("." + whole[cut:] if digits else "")
    return f"{f.numerator}/{f.denominator}"


def main():
    rng = random.Random(3)
    special = [Fraction(x) for x in ("0", "1", "-1", "1/2", "-1/2", "5/2", "7/3", "-7/3", "1/8", "10", "-10")]
    special += [Fraction(LIMIT), Fraction(-LIMIT), Fraction(1, LIMIT), Fraction(LIMIT, 2), Fraction(LIMIT - 1, LIMIT)]
    draw = lambda: rng.choice([rng.choice(special), Fraction(rng.randint(-99, 99), rng.randint(1, 40)),
                               Fraction(rng.randint(-LIMIT, LIMIT), rng.randint(1, 10**6))])
    operations = {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b if b else None, "floordiv": lambda a, b: Fraction(a // b) if b else None,
        "mod": lambda a, b: a % b if b else None, "cmp": lambda a, b: Fraction((a > b) - (a < b)),
    }
    print("# made by scripts/reference/make_numbers.py")
    for name, f in operations.items():
        pairs = [(a, b) for a in special for b in rng.sample(special, 4)] + [(draw(), draw()) for _ in range(60)]
        for a, b in pairs:
            print(name, show(a), show(b), "=", show(f(a, b)))
    for _ in range(120):
        a, n = Fraction(rng.randint(-99999, 99999), rng.choice([1, 2, 3, 8, 40, 1000, 2000])), rng.randint(0, 4)
        print("round", show(a), n, "=", show(Fraction(round(a, n))))
        print("floor", show(a), "-", "=", show(Fraction(math.floor(a))))
        print("trunc", show(a), "-", "=", show(Fraction(math.trunc(a))))
        print("print", show(a), "-", "=", text(a))
    for a in special:
        for n in (0, 1, 2, 3, -1, -2, 62, 63, 64, 65, 1000001):
            r = None if a == 0 and n < 0 else a**n if n < 100 or abs(a) in (0, 1) else None
            print("pow", show(a), n, "=", show(r))
        print("print", show(a), "-", "=", text(a))


if __name__ == "__main__":
    main()
