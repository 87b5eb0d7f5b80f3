#!/usr/bin/env bats
# templates.bats - every public template: 50 problems of several seeds, checked by another evaluator.
#
# The templates are those of SLEEPBENCH_DATA, or of the directory SLEEPBENCH_TEMPLATES: a checkout's
# templates/ with the 100 of p1 and the 50 of p2.

load ../cli/helpers

setup() {
    paths
    export PYTHONDONTWRITEBYTECODE=1
    CHECK=$TOP/scripts/reference/template_check.py
    TEMPLATES=${SLEEPBENCH_TEMPLATES:-${SLEEPBENCH_DATA:+$SLEEPBENCH_DATA/gsm_symbolic/templates}}
    [ -n "$TEMPLATES" ] || skip "set SLEEPBENCH_DATA"
}

@test "50 problems of each template, three seeds: no difference" {
    local seed level n
    for level in p1 p2; do
        n=$(find "$TEMPLATES/$level" -name '*.json' | wc -l)
        for seed in 1 2 3; do
            "$PROGRAM" data generate gsm-symbolic --templates "$TEMPLATES" --level $level --seed $seed \
                --bindings --out rows.jsonl
            run -0 python3 "$CHECK" "$TEMPLATES" rows.jsonl
            echo "# $level, seed $seed: $output" >&3
            [[ $output == "$((50 * n)) rows of $n templates, "*" 0 differ" ]]
        done
    done
}

@test "50 problems of each template in five seconds of the processor" {
    local TIMEFORMAT='%U %S' took
    took=$({ time "$PROGRAM" data generate gsm-symbolic --templates "$TEMPLATES" --out all.jsonl 2>err.txt; } 2>&1)
    echo "# $(cat err.txt): user and system seconds $took" >&3
    [ "$(wc -l <all.jsonl)" -eq "$((50 * $(cat "$TEMPLATES"/p[12]/*.json | grep -c '"question_annotated"')))" ]
    awk '{ exit $1 + $2 >= 5 }' <<<"$took"
}

# Random expressions over values of every kind, in worked lines and conditions.
@test "random expressions: ours and Python's agree" {
    python3 - "$BATS_TEST_TMPDIR" <<'PY'
import json, os, random, sys
random.seed(11)
INIT = ("- a = range(1, 40)\n- b = np.arange(0.25, 5, 0.25)\n- c = sample(fractions)\n- w = sample(['week', 'day'])\n"
        "- s = sample([('six-sided', 6), ('flat', 1)])\n- k = numbers_within(3, 40)\n")
TEXT = "{a,1} {b,2} of {c,half} a {w,day} with {s,flat} and {k,three}."
def number(depth):
    if depth == 0:
        return random.choice(["a", "b", "c", "s", "k", "2", "3", "0.5", "1.25", "10", "7."])
    f = random.randrange(12)
    x, y = number(random.randrange(depth)), number(random.randrange(depth))
    if f < 7:
        return f"({x} {random.choice(['+', '-', '*', '/', '//', '%', '+'])} {y})"
    if f == 7:
        return f"-{x}" if random.random() < 0.5 else f"{x} ** {random.choice(['2', '3', '0', '(-1)'])}"
    if f == 8:
        return f"int({x})" if random.random() < 0.5 else f"round({x}, {random.randrange(3)})"
    if f == 9:
        return f"round({x})" if random.random() < 0.5 else f"Fraction({x}, {y})"
    return f"({x} if {truth(depth)} else {y})"
def truth(depth):
    f = random.randrange(7)
    x, y = (number(random.randrange(max(depth, 1))) for _ in "xy")
    if f == 0:
        return f"not {x} < {y}"
    if f == 1:
        return f"is_int({x}) or {x} != {y} and divides({y}, 1)"
    if f == 2:
        return f"w == 'week'"
    if f == 3:
        return f"{x} <= {y} < {number(0)}"
    return f"{x} {random.choice(['==', '!=', '<', '>', '<=', '>='])} {y}"
os.makedirs("t/p1")
for i in range(300):
    lines = "\n".join("{%s} and {%s} {w[%d]}" % (number(3), number(2), i % 3) for _ in range(4))
    doc = {"question_annotated": f"{TEXT}\n#init:\n{INIT}#conditions:\n- {truth(3)} or {truth(1)} or a > 2\n",
           "answer_annotated": f"{lines}\n#### {{{number(3)}}}"}
    json.dump(doc, open(f"t/p1/{i:04d}.json", "w"))
PY
    run -0 --separate-stderr "$PROGRAM" data generate gsm-symbolic --templates t --instances 20 --skip-bad --bindings --out rows.jsonl
    echo "# $(tail -n 1 <<<"$stderr")" >&3
    # what is left out has a division by zero or a number that does not fit for every value
    grep 'left out: ' <<<"$stderr" >left.txt
    run ! grep -vE 'division by zero|does not fit|no values exist' left.txt
    run -0 python3 "$CHECK" t rows.jsonl
    echo "# $output" >&3
    [ "$(wc -l <rows.jsonl)" -gt 4000 ]
}
