"""Competition problems solved by brute force, from their texts alone.

    competition_check.py ROWS [LEAST]

ROWS are what `sleepbench data generate competition` writes. Numbers are read from the question's
text; answers come from counting, simulating or searching, never from a template's formula. Of the
worked lines every equation is worked out again. LEAST (1) is how many rows each problem must have.
Exit code 1 and a line for each disagreement.
"""
import json
import re
import sys
from fractions import Fraction
from itertools import combinations, count, permutations
from math import floor, isqrt


def is_square(n):
    return n >= 0 and isqrt(n) ** 2 == n


def parts(x):
    """m + n of m/n in lowest terms."""
    return x.numerator + x.denominator


def only(values):
    found = set(values)
    assert len(found) == 1, f"{len(found)} solutions"
    return found.pop()


def times(a, b):
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


# ---- number theory ------------------------------------------------------------------------------

def quiet_divisors(a, b, c):
    divisors = (2**i * 3**j * 7**k for i in range(a + 1) for j in range(b + 1) for k in range(c + 1))
    return sum(d % 6 == 0 and not is_square(d) for d in divisors)


def two_remainders(p, r, q, s, bound):
    return next(n for n in count(bound + 1) if n % p == r and n % q == s)


def prime_exponent(a, b, p):
    exponent = 0
    for n in range(a, b + 1):
        while n % p == 0:
            n //= p
            exponent += 1
    return exponent


def power_cycle(a, a_again, p, n):
    assert a == a_again
    term = a
    for _ in range(n - 1):
        term = a * term % p
    return term


def roots_of_one(p, q, bound):
    return sum((n * n - 1) % p == 0 and (n * n - 1) % q == 0 for n in range(1, bound + 1))


def two_lighthouses(a, b, seconds):
    return len(set(range(a, seconds + 1, a)) | set(range(b, seconds + 1, b)))


def two_stamps(a, b):
    paid = [True] + [False] * (a * b)
    for n in range(1, a * b + 1):
        paid[n] = (n >= a and paid[n - a]) or (n >= b and paid[n - b])
    awkward = [n for n, ok in enumerate(paid) if not ok]
    return max(awkward) + len(awkward)


# ---- counting -----------------------------------------------------------------------------------

def guarded_paths(w, c, e):
    ways = {}
    for y in range(4):
        for x in range(w + 1):
            at = ways.get((x - 1, y), 0) + ways.get((x, y - 1), 0) + ((x, y) == (0, 0))
            ways[x, y] = 0 if (x, y) in ((c, 1), (e, 2)) else at
    return ways[w, 3]


def toggled_lamps(n, *children):
    lamps = [False] * (n + 1)
    for step in children:
        for i in range(step, n + 1, step):
            lamps[i] = not lamps[i]
    return sum(lamps)


def ring_of_chairs(n, gap, m):
    def empty(x, y):  # chairs between neighbors, walking from x to y
        return (y - x) % n - 1

    ways = 0  # the first guest on chair 0; all other chairs are alike
    for x, y in permutations(range(1, n), 2):
        near, far = min(x, y), max(x, y)
        ways += min(empty(0, near), empty(near, far), empty(far, 0)) >= gap
    return n * ways % m


def painted_square(a, b, c, d):
    free = 0
    for top in range(1, a + 1):
        for bottom in range(top, a + 1):
            for left in range(1, b + 1):
                for right in range(left, b + 1):
                    free += not (top <= c <= bottom and left <= d <= right)
    return free


def painted_strip(p, q, m):
    def cover(squares):
        if squares <= 0:
            return squares == 0
        return p * cover(squares - 1) + q * cover(squares - 2)

    return cover(7) % m


def shared_coins(n, a, b, c):
    return sum(0 <= n - ada - ben <= c for ada in range(a, n + 1) for ben in range(b, n + 1))


# ---- probability --------------------------------------------------------------------------------

def two_colors(r, b, g):
    bag = "r" * r + "b" * b + "g" * g
    pairs = list(combinations(bag, 2))
    return parts(Fraction(sum(x != y for x, y in pairs), len(pairs)))


def growing_urn(r, b, k):
    differ = total = 0
    for first in "r" * r + "b" * b:
        second = "r" * r + "b" * b + first * k
        differ += sum(x != first for x in second)
        total += len(second)
    return parts(Fraction(differ, total))


def first_red(r, b):
    expected, none_yet = Fraction(0), Fraction(1)  # E = sum over j of P(no red among the first j)
    for drawn in range(b + 1):
        expected += none_yet
        none_yet *= Fraction(b - drawn, r + b - drawn)
    return parts(expected)


# ---- geometry -----------------------------------------------------------------------------------

def cevian_square(c, b, m, n):
    x = Fraction(c * c - b * b + (m + n) ** 2, 2 * (m + n))  # A = (x, y), B = (0, 0), C = (m + n, 0)
    y2 = c * c - x * x
    assert y2 > 0
    square = (x - m) ** 2 + y2
    assert square.denominator == 1
    return square.numerator


def parallel_chords(u, v, h):
    p, q = u // 2, v // 2
    assert 2 * p == u and 2 * q == v
    return only(r2 for r2 in range(max(p, q) ** 2 + 1, 5000)
                if is_square(r2 - p * p) and is_square(r2 - q * q)
                and isqrt(r2 - p * p) + isqrt(r2 - q * q) == h)


def crossing_chords(a, b, c):
    # X = (0, 0), A = (-a, 0), B = (b, 0), C = (0, -c); the center is as far from A as from C
    x = Fraction(b - a, 2)
    y = Fraction(((x + a) ** 2 - x * x - c * c), 2 * c)
    square = 4 * ((x + a) ** 2 + y * y)
    assert square.denominator == 1
    return square.numerator


def lattice_triangle(a, b):
    return sum(b * x + a * y < a * b for x in range(1, a) for y in range(1, b))


def turning_beetle(a, d, n):
    x = y = 0
    dx, dy, length = 1, 0, a
    for _ in range(n):
        x, y = x + dx * length, y + dy * length
        dx, dy, length = -dy, dx, length + d
    return (x * x + y * y) % 1000


# ---- algebra ------------------------------------------------------------------------------------

def steady_sequence(n, total, k, value, m):
    found = []
    for first in range(1, value + 1):
        step, rest = divmod(value - first, k - 1)
        if rest == 0 and sum(first + i * step for i in range(n)) == total:
            found.append(first + (m - 1) * step)
    return only(found)


def power_sums(p, q, m):
    matrix = [[p, -q], [1, 0]]  # its eigenvalues are the roots
    power = matrix
    for _ in range(5):
        power = times(power, matrix)
    return (power[0][0] + power[1][1]) % m


def shifted_cubic(a, b, c, v):
    matrix = [[a, -b, c], [1, 0, 0], [0, 1, 0]]  # its eigenvalues are the roots
    s = times(matrix, matrix)
    for i in range(3):
        s[i][i] += v
    determinant = sum(s[0][i] * (s[1][(i + 1) % 3] * s[2][(i + 2) % 3]
                                 - s[1][(i + 2) % 3] * s[2][(i + 1) % 3]) for i in range(3))
    return determinant % 1000


def grown_box(volume, surface, edges, k, m):
    found = []
    for x in range(1, edges // 4):
        for y in range(x, edges // 4):
            z = edges // 4 - x - y
            if z >= y and x * y * z == volume and 2 * (x * y + y * z + z * x) == surface:
                found.append((x + k) * (y + k) * (z + k) % m)
    assert edges % 4 == 0
    return only(found)


def product_rule(k, m, value, n):
    for one in count(1):
        f = [None, one]
        for x in range(1, n):
            f.append(f[x] + one + k * x)
        if f[m] == value:
            break
        assert f[m] < value
    assert all(f[x + y] == f[x] + f[y] + k * x * y for x in range(1, n) for y in range(1, n + 1 - x))
    return f[n]


# ---- sums ---------------------------------------------------------------------------------------

def floor_sum(a, b, n):
    return sum(k // a + k // b for k in range(1, n + 1))


def collapsing_sum(q, r):
    return parts(sum(Fraction(1, k * k + k) for k in range(q, r + 1)))


def one_but_not_both(n, a, b, m):
    return sum(k for k in range(1, n + 1) if (k % a == 0) != (k % b == 0)) % m


def ball_pile(n, c, m):
    left = 0
    for k in range(1, n + 1):
        for _ in range(k):
            left = (left + k + c) % m
    return left


# ---- the table: a solver, and which numbers of the text it gets ---------------------------------

SOLVERS = {
    "ball-pile": (ball_pile, [0, 1, 2]),
    "cevian-square": (cevian_square, [0, 1, 2, 3]),
    "collapsing-sum": (collapsing_sum, [2, 3]),
    "crossing-chords": (crossing_chords, [0, 1, 2]),
    "first-red": (first_red, [0, 1]),
    "floor-sum": (floor_sum, [0, 1, 4]),
    "growing-urn": (growing_urn, [0, 1, 2]),
    "grown-box": (grown_box, [0, 1, 3, 4, 5]),
    "guarded-paths": (guarded_paths, [2, 4, 6]),
    "lattice-triangle": (lattice_triangle, [2, 5]),
    "one-but-not-both": (one_but_not_both, [0, 1, 2, 3]),
    "painted-square": (painted_square, [0, 1, 2, 3]),
    "painted-strip": (painted_strip, [1, 2, 3]),
    "parallel-chords": (parallel_chords, [0, 1, 2]),
    "power-cycle": (power_cycle, [1, 3, 4, 5]),
    "power-sums": (power_sums, [1, 2, 6]),
    "prime-exponent": (prime_exponent, [0, 1, 2]),
    "product-rule": (product_rule, [0, 1, 2, 3]),
    "quiet-divisors": (quiet_divisors, [1, 3, 5]),
    "ring-of-chairs": (ring_of_chairs, [0, 1, 2]),
    "roots-of-one": (roots_of_one, [2, 3, 4]),
    "shared-coins": (shared_coins, [0, 1, 2, 3]),
    "shifted-cubic": (shifted_cubic, [1, 3, 4, 7]),
    "steady-sequence": (steady_sequence, [5, 6, 7, 8, 9]),
    "toggled-lamps": (toggled_lamps, [3, 4, 5, 6]),
    "turning-beetle": (turning_beetle, [0, 1, 2]),
    "two-colors": (two_colors, [0, 1, 2]),
    "two-lighthouses": (two_lighthouses, [0, 1, 2]),
    "two-remainders": (two_remainders, [0, 1, 2, 3, 4]),
    "two-stamps": (two_stamps, [0, 1]),
}

EQUATION = re.compile(r"((?:\d+|floor|mod|[-+*/^() ])+) = (\d+)\b")


def check_lines(lines):
    """Every line but one that only counts must hold an equation, and every equation must be true."""
    for line in lines:
        equations = EQUATION.findall(line)
        if not equations and "this many are" not in line:
            yield f"no equation in: {line}"
        for left, right in equations:
            code = left.strip().replace("^", "**").replace("mod", "%")
            value = eval(re.sub(r"\d+", lambda n: f"Fraction({n[0]})", code),
                         {"__builtins__": {}, "Fraction": Fraction, "floor": floor})
            if value != int(right):
                yield f"{left.strip()} is {value}, not {right}"


def check_row(row):
    name = row["id"].removeprefix("competition/").split("/")[0]
    if name not in SOLVERS:
        return name, [f"no solver for {name}"]
    solver, places = SOLVERS[name]
    numbers = [int(n) for n in re.findall(r"\d+", row["question"])]
    *lines, last = row["answer"].split("\n")
    if not re.fullmatch(r"#### \d+", last):
        return name, [f"the answer ends with {last!r}"]
    gold, problems = int(last[5:]), list(check_lines(lines))
    try:
        answer = solver(*(numbers[i] for i in places))
    except (AssertionError, IndexError) as e:
        return name, problems + [f"cannot be solved: {e}"]
    if answer != gold:
        problems.append(f"the answer is {answer}, not {gold}")
    if not 0 <= gold <= 999:
        problems.append(f"{gold} is not in 0..999")
    if not 4 <= len(lines) <= 10:
        problems.append(f"{len(lines)} worked lines")
    return name, problems


def main():
    rows, least = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    agree, bad = dict.fromkeys(SOLVERS, 0), 0
    with open(rows, encoding="utf-8") as f:
        for line in f:
            row = json.loads(line)
            name, problems = check_row(row)
            for p in problems:
                print(f"{row['id']}: {p}")
            bad += bool(problems)
            agree[name] = agree.get(name, 0) + (not problems)
    for name, n in agree.items():
        if n < least:
            print(f"{name}: {n} rows agree, at least {least} were expected")
            bad += 1
    print(f"{sum(agree.values())} rows of {len(agree)} problems agree, {bad} do not")
    sys.exit(bad > 0)


main()
