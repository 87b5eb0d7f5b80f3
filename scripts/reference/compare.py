#!/usr/bin/env python3
"""Compares the C splitters and graders with the references beside this file.

    compare.py PURE DATA_DIR     PURE = build/release/tests/mock/pure, DATA_DIR = $SLEEPBENCH_DATA

Splitters run over the real rows and the stand-in; graders over answers made from the real golds and
from a seeded grammar of number forms. Prints one line a comparison; exit code 1 on any difference.
"""
import gzip
import json
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import graders  # noqa: E402
import splitters  # noqa: E402
import statements  # noqa: E402

FORMS = [
    "The answer is {}.", "Answer: **{}**", "so we get {} in all", "\\boxed{{{}}}", "#### {}",
    "He needs {} apples (see step 3).", "Final answer: ${}$ dollars", "= {} m^2", "x_2 = {}",
    "The answer is 3 * 4 = {}", "#### 2. Sum up\nTotal: {}", "answer:\n1. Take it\n2. It is {}",
    "answer is approximately {} (= 2 + 5)", "{}", "\\boxed{{x}} then {}", "from 5-{}", "COVID-{}",
    "**Answer**: \\({}\\)", "_{}_ is it", "10^{{{}}} or 7", "answer is the sum, {}", "{} e5", "[1,{}]",
    "The answer is {} = 5", "Answer = {} (=12)", "#### **{}** and more", "####{}.\n\nBye 3",
    "\\boxed{{\\frac{{{}}}{{4}}}}", "2\\frac{{{}}}{{8}}", "the answer is {} × 2 = 10 per day", "half of {}",
]
NUMBERS = [
    "12", "45", "45.0", "45.00", "-5", "\u22125", "3/4", ".5", "0.50", "$32.50", "\\$1{,}234",
    "1,234", "1,234,567.80", "1 234", "1\u202f234", "12 34", "1,23", "1234,567", "1.5e3", "2E-2",
    "1e400", "7%", "7\\%", "\u20ac5", "-$5", "$-5", "1.2.3", "5-7", "12345678901234567890",
    "00012", "9223372036854775807", "9223372036854775808", "0/5", "5/0", "3/4.5", "1.50/0.5",
    "twelve", "", "..", "$,", "6,000", "\\frac{3}{4}", "\\dfrac12", "12\\,345", "5\\text{ km}",
    "12\\!", "007", "-0", "-.5", "x.5", "1e5x", "3.", "3.,", "0.1234567890123456789", "5 100,000",
    "\u00a312", "4th", "2 100/200", "0 500", "1/2/2024", "1e-19", "100 200 300", "-0.0", "+5",
]


def run(pure, mode, name, inputs):
    text = "".join(json.dumps(i) + "\n" for i in inputs)
    done = subprocess.run([pure, mode, name], input=text.encode(), capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def report(what, inputs, expected, got):
    wrong = [(i, e, g) for i, e, g in zip(inputs, expected, got) if e != g]
    print(f"{what}: {len(inputs)} compared, {len(wrong)} differ")
    for i, e, g in wrong[:5]:
        print(f"  input {i!r}\n  reference {e!r}\n  C         {g!r}")
    return len(inputs) == len(got) and not wrong


def shown(value):
    """As the C side prints a value."""
    if not isinstance(value, Fraction):
        return value or ""
    if value.denominator == 1:
        return str(value.numerator)
    digits = next((d for d in range(1, 16) if 10**d % value.denominator == 0), None)
    scaled = value * 10 ** (digits or 0)
    if digits is None or abs(scaled) >= 2**63:
        return f"{value.numerator}/{value.denominator}"
    text = str(abs(scaled.numerator)).rjust(digits + 1, "0")
    return ("-" if value < 0 else "") + text[:-digits] + "." + text[-digits:]


def questions(data):
    folder = Path(data) / "gsm_symbolic"
    rows = [json.loads(x) for x in open(folder / "GSM_p2_t00-39.jsonl", encoding="utf-8")]
    with gzip.open(folder / "synthetic_p1_standin.jsonl.gz", "rt", encoding="utf-8") as f:
        return rows, [json.loads(x) for x in f]


def odd_texts(rng, count):
    parts = ["Mr. ", "Mrs. X", "$0.7", " e.g. this", "What?", "End.", " no. 5", " No. Then", "(Yes.)", " a",
             "!?", "...", " \u201cSo.\u201d ", "\u00e9t\u00e9.", " C. ", "20C. ", "\n\n", "\u00a0", ".5", " fig. 3", "U.S. ",
             "3.", " vs. ", "\"Stop.\" ", "St. ", "\u03b1. \u03b2", " 12", " How many?", "\x1f", "\u3000", " Why", "?) "]
    return ["".join(rng.choice(parts) for _ in range(rng.randint(1, 9))) + "z" for _ in range(count)]


def noise(rng, count):
    alphabet = list("0123456789") * 2 + list(".,$%-/^_{}\\ eE()=*#\n") + [
        "answer is ", "answer: ", "####", "\\boxed{", "\\frac{", "\u2212", "\u20ac", "\u00d7", "a", "x", "1,000", " 234"]
    return ["".join(rng.choice(alphabet) for _ in range(rng.randint(0, 14))) for _ in range(count)]


BOXES = [
    "25", "025", "0", "000", "1024", "2024", "70^\\circ", "70^{\\circ}", "x = 25", "m+n=104", "1{,}024", "1,024",
    "12\\text{ cm}", "\\text{12}", "\\textbf{(B) } 7", "\\frac{3}{4}", "3.5", "12.", "-5", "\u22125", "+5", "1_0", "_1",
    " 42 ", "42\u00b0", "$42$", "\\$42", "1,23", "12,345", "{7}", "2^{10}", "\\sqrt{2}", "", "a", "5 = x", "9\\,9", "\n8",
    "\\boxed{7}", "\\mathrm{e}5", "7\\degree", "12 or 13", "\\text{a\\text{b}}5", "\\text{4", "}", "{", "00", "-0",
]
AROUND = ["\\boxed{{{}}}", "so \\boxed{{{}}}.", "\\boxed {{{}}} 3", "\\fbox{{{}}}", "\\boxed{{9}} \\boxed{{{}}}", "{}",
          "The answer is {}.", "answer is \\({}\\), check 12", "\\boxed{{{}", "in 2024, {} of 1000", "\\fbox{{{}}} \\boxed{{1}}",
          "x_{{1}} = {}^2", "\\boxed}}{{{}}}"]


def aime_pairs(rng):
    pairs = [(a.format(b), g) for a in AROUND for b in BOXES + NUMBERS for g in ("25", "0", "7", "104", "4")]
    alphabet = list("0123456789") * 2 + list(".,$-/^_{}\\ =\n") + [
        "\\boxed{", "\\boxed{", "\\fbox{", "answer is ", "\\text{", "^\\circ", "}", "}", "\u2212", "a", "100", "\\,", "\\frac{"]
    texts = ["".join(rng.choice(alphabet) for _ in range(rng.randint(0, 12))) for _ in range(100000)]
    return pairs + [(t, rng.choice(("5", "12", "100"))) for t in texts]


def latex_texts(rng, count):
    parts = ["$", "$$", "\\[", "\\]", "\\(", "\\)", "\\begin{cases}", "\\end{cases}", "\\begin{align*}", "\\end{align*}",
             "\\$", "\\\\", "\\", ".", ".", "?", "!", "...", "\\!", " ", " ", " ", "x", "A", "5", "find", "Find it", ", what ",
             ", compute x", "how many", " Mr. ", " no. 5", "\"", ")", "(", "|", "*", "\u201c", "\u201d", "\u00c9", "\u00e9", "\u00d7",
             "\\ldots", "e.g. ", "C.", "{", "}", "\\begin{", "\\end{x}", "expressly", "\u03a9", "\u03c9", "$a.$ ", "\\[b.\\]",
             ". A", ". $", "? Find", "! (", ". b", ".\\] C", ".$ D", ".\" E", ". "]
    return [" ".join("".join(rng.choice(parts) for _ in range(rng.randint(0, 16))).split()) for _ in range(count)]


def aime_problems(data):
    return [json.loads(x)["problem"] for y in (2024, 2025)
            for x in open(Path(data) / "aime" / f"aime_{y}.jsonl", encoding="utf-8")]


def compare_aime(pure, data, rng):
    texts = [" ".join(t.split()) for t in aime_problems(data)] + latex_texts(rng, 100000)
    expected = [dict(zip(("statements", "question"), statements.statements(t))) for t in texts]
    inputs = [{"question": t} for t in texts]
    ok = report("statements", inputs, expected, run(pure, "statements", "-", inputs))
    pairs = aime_pairs(rng)
    inputs = [{"answer": a, "gold": g} for a, g in pairs]
    for name, rule in (("aime-strict", graders.aime_strict), ("aime-release", graders.aime_release)):
        expected = [{"status": s, "value": v or ""} for s, v in (rule(a, g) for a, g in pairs)]
        ok &= report(f"grade {name}", inputs, expected, run(pure, "grade", name, inputs))
    return ok


def main():
    pure, data = sys.argv[1:3]
    p2, p1 = questions(data)
    rng = random.Random(2025)
    ok = True
    for name, rule in (("strict", "strict"), ("release", "release"), ("tail", "strict")):
        cut = getattr(splitters, name)
        for label, texts in (("P2", [r["question"] for r in p2]), ("P1 stand-in", [r["question"] for r in p1]),
                             ("odd texts", odd_texts(rng, 20000))):
            inputs = [{"question": t, "tail": name == "tail"} for t in texts]
            expected = [dict(zip(("context", "query"), cut(t))) for t in texts]
            ok &= report(f"split {name}, {label}", inputs, expected, run(pure, "cut", rule, inputs))
    golds = [r["answer"].split("#### ")[-1] for r in p2]
    pairs = [(form.format(n), g) for form in FORMS for n in NUMBERS for g in ("45.0", "12", "0.75", "1234")]
    pairs += [(rng.choice(FORMS).format(g), g) for g in golds]
    pairs += [(rng.choice(FORMS).format(g[:-2] if g.endswith(".0") else g), g) for g in golds]
    pairs += [(r["answer"], g) for r, g in zip(p2, golds)]
    pairs += [(t, "5") for t in noise(rng, 100000)]
    inputs = [{"answer": a, "gold": g} for a, g in pairs]
    for name in ("strict", "release", "apple"):
        rule = getattr(graders, name)
        expected = [{"status": s, "value": shown(v)} for s, v in (rule(a, g) for a, g in pairs)]
        ok &= report(f"grade {name}", inputs, expected, run(pure, "grade", name, inputs))
    ok &= compare_aime(pure, data, rng)
    sys.exit(not ok)


if __name__ == "__main__":
    main()
