#!/usr/bin/env bats
# estimators.bats - the estimators of metrics/ against fractions, scipy and statsmodels.
#
# statsmodels is installed from PyPI into build/interop, once; where that fails the tests say why and
# skip.

load ../cli/helpers

setup() {
    paths
    venv
    export PYTHONDONTWRITEBYTECODE=1
}

venv() {
    local home=$TOP/build/interop log=$BATS_TEST_TMPDIR/pip.log
    VENV=$home/statsmodels
    [ ! -e "$VENV/installed" ] || return 0
    mkdir -p "$home"
    rm -rf "$VENV"
    python3 -m venv "$VENV" >"$log" 2>&1 || skip "python3 -m venv fails: $(tail -n 1 "$log")"
    timeout 500 "$VENV/bin/pip" -q install --retries 1 --timeout 20 statsmodels >"$log" 2>&1 ||
        skip "pip cannot install statsmodels: $(grep -v '^$' "$log" | tail -n 1)"
    : >"$VENV/installed"
}

@test "1,000 random cases of each estimator agree with the reference to 1e-9" {
    run "$VENV/bin/python" "$TOP/scripts/reference/compare_estimators.py" "$B/tests/mock/estimate" 1000
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c ': 1000 cases, 0 differ$' <<<"$output")" -eq 15 ]
}

@test "committed goldens of the estimators are what the reference gives" {
    "$VENV/bin/python" "$TOP/scripts/reference/make_estimators.py" >"$BATS_TEST_TMPDIR/goldens"
    "$VENV/bin/python" "$TOP/scripts/reference/compare_estimators.py" --same \
        "$BATS_TEST_TMPDIR/goldens" "$TOP/tests/data/estimators.test"
}

@test "the comparison finds a wrong estimate" {
    cat >"$BATS_TEST_TMPDIR/wrong" <<'SH'
#!/bin/sh
"$REAL" | sed 's/"exact":0\.\([0-9]\)/"exact":0.9\1/'
SH
    chmod +x "$BATS_TEST_TMPDIR/wrong"
    REAL=$B/tests/mock/estimate run -1 "$VENV/bin/python" \
        "$TOP/scripts/reference/compare_estimators.py" "$BATS_TEST_TMPDIR/wrong" 20
    [[ $output == *"mcnemar: 20 cases, "[1-9]* ]]
    [[ $output == *"holm: 20 cases, 0 differ"* ]]
}
