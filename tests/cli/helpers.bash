# helpers.bash - what the command-line tests share: the program, servers, stores and tables.
#
# A test file calls `paths` in setup; servers started by phantom_up and mock_up are ended by
# servers_down in teardown. Everything is written below BATS_TEST_TMPDIR.

bats_require_minimum_version 1.5.0

paths() {
    TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    B=${B:-build/release}
    case $B in /*) ;; *) B=$TOP/$B ;; esac
    PROGRAM=$B/sleepbench
    MOCK=$B/tests/mock/mock_server
    CONFIG=$TOP/configs/demo.json
    SERVERS=()
    cd "$BATS_TEST_TMPDIR"
    export SLEEPBENCH_CACHE=$BATS_TEST_TMPDIR/no-cache # what this user has fetched must not matter
    unset OPENAI_API_KEY http_proxy HTTP_PROXY all_proxy ALL_PROXY
}

# A small plan of all four arms: sleeps long enough to be interrupted, a pool, three levels. Figures
# are drawn where a test asks for them.
SMALL=(--set limit=10 --set 'models=["phantom/small"]' --set 'test_budget.levels=[0,2,4]'
    --set 'arms.1.k=[1,2,3]' --set 'arms.2.k=[1,2,4]' --set bootstrap=100 --set 'figures=[]')

# One arm, one level: the least that makes calls.
SIMPLE=(--set 'arms=["test_time"]' --set 'test_budget.levels=[0]' --set bootstrap=100 --set 'figures=[]')
# SIMPLE_AT URL MODEL [queries]: sets AT, the same against a server, with sums to ask that are read
# faster than a world is made.
SIMPLE_AT() {
    local i
    for i in {10..69}; do
        echo "{\"id\":\"$i\",\"question\":\"Ann has $i pears. How many are 2 more?\",\"answer\":\"#### $((i + 2))\"}"
    done >sums.jsonl
    AT=("${SIMPLE[@]}" --no-report --set dataset=jsonl --input sums.jsonl --base-url "$1" --model "$2"
        --set "limit=${3:-4}")
}

# go NAME [options]: runs the demo's configuration as runs/NAME.
go() {
    local name=$1
    shift
    "$PROGRAM" run "$CONFIG" --quiet --set "name=$name" "$@"
}

# Waits until FILE has a line; at most ten seconds.
wait_line() {
    local i
    for ((i = 0; i < 500; i++)); do
        [ -s "$1" ] && return
        sleep 0.02
    done
    echo "no line in $1" >&2
    return 1
}

phantom_up() { # [options]: sets PORT and PHANTOM_URL
    rm -f phantom.port # of an earlier one
    "$PROGRAM" phantom "$@" >phantom.port 2>phantom.err 3>&- &
    SERVERS+=($!)
    wait_line phantom.port
    PORT=$(tr -dc 0-9 <phantom.port)
    PHANTOM_URL=http://127.0.0.1:$PORT/v1
}

mock_up() { # [options]: sets MOCK_URL
    [ -p mock.stdin ] || mkfifo mock.stdin
    exec {MOCK_STDIN}<>mock.stdin
    rm -f mock.port # of an earlier one
    "$MOCK" "$@" <mock.stdin >mock.port 2>mock.err 3>&- &
    SERVERS+=($!)
    wait_line mock.port
    MOCK_URL=http://127.0.0.1:$(tr -dc 0-9 <mock.port)/v1
}

servers_down() {
    local pid
    for pid in "${SERVERS[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    SERVERS=()
}

# db NAME SQL: rows of runs/NAME/run.db, columns separated by '|'; by python where there is no shell
# of SQLite.
db() {
    if command -v sqlite3 >/dev/null; then
        sqlite3 "runs/$1/run.db" "$2"
        return
    fi
    python3 - "runs/$1/run.db" "$2" <<'PY'
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print("|".join("" if v is None else str(v) for v in row))
PY
}

# Waits until runs/NAME has an answer: it is under way. At most ten seconds.
wait_answer() {
    local n
    for n in {1..500}; do
        [ "$(db "$1" 'SELECT count(*) FROM answer' 2>/dev/null || echo 0)" -gt 0 ] && return
        sleep 0.02
    done
    echo "no answer in runs/$1" >&2
    return 1
}

# same_tables A B [except]: every exported table of two runs is byte for byte the same.
same_tables() {
    local a
    # a kill in the middle of a write leaves a temporary file, never half a table
    [ "$(cd "runs/$1/tables" && echo *.csv)" = "$(cd "runs/$2/tables" && echo *.csv)" ]
    for a in "runs/$1"/tables/*.csv; do
        [ -n "${3:-}" ] && [ "$(basename "$a")" = "$3" ] && continue
        cmp "$a" "runs/$2/tables/$(basename "$a")"
    done
    [ -s "runs/$1/tables/accuracy.csv" ]
}

# same_rows A B: the answers of two runs, one by one.
same_rows() {
    cmp <("$PROGRAM" export "$1") <("$PROGRAM" export "$2")
}

# no_secret WORD: neither runs/ nor what the last `run` printed holds it.
no_secret() {
    ! grep -rqaF -- "$1" runs
    [[ "$output${stderr:-}" != *"$1"* ]]
}
