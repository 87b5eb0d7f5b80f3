# demo.bats - the demo: what it prints must be what our worlds' truth says.

load ../cli/helpers

setup() {
    paths
}

@test "the demo ends in time; coverage, controls and pictures are as they must be" {
    local began=$SECONDS
    "$PROGRAM" demo >demo.txt
    echo "# demo: $((SECONDS - began)) s" >&3
    [ $((SECONDS - began)) -lt 60 ]
    for f in 3 5 7 21; do
        [ -s "runs/demo/figures/figure_$f.png" ]
        [ -s "runs/demo/figures/figure_$f.svg" ]
        grep -q "$(sed -n 's/.*| run digest | \([0-9a-f]*\) .*/\1/p' runs/demo/RESULTS.md)" \
            "runs/demo/figures/figure_$f.csv"
    done
    grep -q SIMULATED runs/demo/RESULTS.md
    grep -q "identical samples: 0\.[0-9]* of [0-9]* pairs; identical c': 0\.[0-9]* of" demo.txt
    python3 - <<'P'
import re
text = open("demo.txt").read()
assert text.startswith("simulated")
worlds = re.split(r"\nworld ([a-z-]+), share of asked.*\n", text)
coverage, gains = {}, {}
for name, body in zip(worlds[1::2], worlds[2::2]):
    rows = [l.split() for l in body.split("\n\n")[0].splitlines()[1:]]
    coverage[name] = {(r[0], int(r[1])): float(r[2]) for r in rows}
    table = body.split("likelihood:\n")[1].split("\n\n")[0].splitlines()[1:]
    gains[name] = {r.split()[1]: [float(x) for x in r.split()[2:8]] for r in table}
for sleep in {s for s, _ in coverage["paper-like"]}:
    c = [coverage["paper-like"][sleep, k] for k in (1, 2, 5, 10)]
    assert 0.3 <= c[0] <= 0.7, c
    assert c == sorted(c) and c[-1] > c[0], c
    assert all(coverage["null"][sleep, k] < coverage["paper-like"][sleep, k] for k in (1, 10))
    assert all(coverage["empty"][sleep, k] == 0 for k in (1, 10))
for model in ("phantom/small", "phantom/large"):
    gain, lo, hi, slope, slope_lo, slope_hi = gains["paper-like"][model]
    assert lo > 0, ("paper-like gains nothing", model)
    gain, lo, hi, slope, slope_lo, slope_hi = gains["empty"][model]
    assert lo <= 0 <= hi, ("a gain from an empty context", model)
    gain, lo, hi, slope, slope_lo, slope_hi = gains["null"][model]
    assert slope_lo <= 0 <= slope_hi, ("a slope in the null world", model)
P
}
