#!/usr/bin/env bash
# The benchmark: `sleepbench run` against a bare libcurl loop, wrk beside them, as ratios.
#
#     B=build/release scripts/bench.sh          (what `make bench` does)
#     PAIRS=9 TASKS=40000 scripts/bench.sh
#     SECTIONS="speed latency memory start stream" scripts/bench.sh
#
# Every side talks to the same in-tree loopback server, sends requests of about 1 KB and takes
# turns with the others, so that a machine that gets slower gets slower for all; medians are
# printed. `run` does all it ever does: plans, sends, parses, stores every byte (WAL, synchronous
# NORMAL), grades, commits, closes. Its wall and CPU time are those of the whole process. Only the
# report is left out. docs/BENCHMARKS.md says what the numbers mean.
set -euo pipefail
cd "$(dirname "$0")/.."
B=${B:-build/release}
case $B in /*) ;; *) B=$PWD/$B ;; esac
PAIRS=${PAIRS:-5}
TASKS=${TASKS:-20000}
SECTIONS=${SECTIONS:-speed latency memory start stream}
tools=$B/tests/bench
work=$(mktemp -d "${TMPDIR:-/tmp}/sleepbench-bench.XXXXXX")
server_pid=
trap 'stop_server; rm -rf "$work"' EXIT

# start_server REPLY_BYTES LATENCY_MS: sets url and server_pid. The server lives while fd 9 is open.
start_server() {
    mkfifo "$work/stdin"
    "$tools/bench_server" "$1" "$2" < "$work/stdin" > "$work/server.out" &
    server_pid=$!
    exec 9> "$work/stdin"
    rm "$work/stdin"
    until grep -q '^port' "$work/server.out"; do sleep 0.02; done
    base=http://127.0.0.1:$(sed -n 's/^port //p' "$work/server.out")/v1
    url=$base/chat/completions
}

stop_server() {
    [ -n "$server_pid" ] || return 0
    exec 9>&-
    wait "$server_pid" || true
    server_pid=
    tail -n 1 "$work/server.out" >> "$work/servers"
}

# make_splits TASKS: contexts of ten queries each in 200 clusters, so that a request is about 1 KB.
make_splits() {
    awk -v n="$1" 'BEGIN {
        for (i = 0; i < 16; i++) pad = pad "Row " i " of the orchard has 12 trees. "
        for (c = 0; c * 10 < n; c++) {
            printf "{\"id\":\"c%d\",\"cluster\":\"k%d\",\"stratum\":\"s\",\"context\":\"Orchard %d. %s\",\"queries\":[", c, c % 200, c, pad
            for (q = 0; q < 10 && c * 10 + q < n; q++)
                printf "%s{\"id\":\"c%d/q%d\",\"query\":\"What is %d plus 2, in trees?\",\"gold\":\"4\",\"stratum\":\"s\",\"solution\":\"\"}", q ? "," : "", c, q, q
            print "]}"
        }
    }' > "$work/splits-$1.jsonl"
}

# run_once RESULT TASKS: one complete run in an empty directory.
run_once() {
    [ -f "$work/splits-$2.jsonl" ] || make_splits "$2"
    cat > "$work/bench.json" << JSON
{"name":"bench","dataset":"splits","input":"$work/splits-$2.jsonl","seed":1,
 "models":[{"name":"bench","base_url":"$base"}],"temperature":0,
 "test_budget":{"kind":"verbosity","levels":[0]},"arms":[{"method":"test_time"}],
 "concurrency":64,"figures":[]}
JSON
    rm -rf "$work/runs"
    "$tools/bench_time" "$1" "$B/sleepbench" run "$work/bench.json" --yes --no-report --json \
        --runs "$work/runs" > "$work/run.log" 2>&1 || { cat "$work/run.log" >&2; exit 1; }
    # The loop alone, as the program itself counts it.
    sed -n 's/.*"seconds":\([0-9.e-]*\).*/loop_s=\1/p' "$work/run.log" | tail -n 1 >> "$1.loop"
}

# median KEY FILE
median() {
    grep -o "$1=[0-9.e-]*" "$2" | cut -d= -f2 | sort -g |
        awk '{v[NR]=$1} END {print NR % 2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'
}

# ratio A B [DIGITS]
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.3f", a / b}'; }

# paired KEY A B: median over turns of A/B, each turn's two runs having been neighbours in time.
paired() {
    paste <(grep -o "$1=[0-9.e-]*" "$2" | cut -d= -f2) <(grep -o "$1=[0-9.e-]*" "$3" | cut -d= -f2) |
        awk '{printf "r=%.5f\n", $1 / $2}' > "$work/paired"
    median r "$work/paired"
}

wrk_rate() {
    command -v wrk > /dev/null || return 0
    printf 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = string.rep("x", 1000)\n' > "$work/post.lua"
    wrk -t1 -c64 -d1s -s "$work/post.lua" "$url" | awk '/Requests\/sec/ {print "per_s=" $2}'
}

# speed REPLY_BYTES: 0 ms, 64 in flight.
speed() {
    local r=$work/speed-$1
    start_server "$1" 0
    run_once "$r.warm" 2000
    for _ in $(seq "$PAIRS"); do
        "$tools/bench_time" "$r.bare" "$tools/bench_bare" "$url" "$TASKS" 64 > /dev/null
        run_once "$r.run" "$TASKS"
        "$tools/bench_time" "$r.net" "$tools/bench_net" "$url" "$TASKS" 64 > /dev/null
        "$tools/bench_time" "$r.perform" "$tools/bench_bare" "$url" "$TASKS" 64 perform > /dev/null
        wrk_rate >> "$r.wrk"
    done
    stop_server
    local wall cpu
    wall=$(paired wall_s "$r.bare" "$r.run")
    cpu=$(paired cpu_s "$r.bare" "$r.run")
    echo "# $1 byte replies, 0 ms, 64 in flight, $TASKS tasks, medians of $PAIRS turns"
    echo "bare_per_s=$(ratio "$TASKS" "$(median wall_s "$r.bare")")"
    echo "bare_perform_per_s=$(ratio "$TASKS" "$(median wall_s "$r.perform")")"
    [ ! -s "$r.wrk" ] || echo "wrk_per_s=$(median per_s "$r.wrk")"
    echo "run_per_s=$(ratio "$TASKS" "$(median wall_s "$r.run")")"
    echo "net_vs_bare_ratio=$(paired wall_s "$r.bare" "$r.net")"
    echo "net_vs_bare_cpu_ratio=$(paired cpu_s "$r.bare" "$r.net")"
    sed -e 's/loop_s/wall_s/' "$r.run.loop" > "$r.loop"
    [ ! -s "$r.loop" ] || echo "run_loop_vs_bare_ratio=$(paired wall_s "$r.bare" "$r.loop")"
    echo "run_vs_bare_ratio=$wall"
    echo "run_vs_bare_cpu_ratio=$cpu"
}

latency() {
    local r=$work/latency
    start_server 250 50
    for _ in $(seq "$PAIRS"); do
        "$tools/bench_time" "$r.bare" "$tools/bench_bare" "$url" 2048 64 > /dev/null
        run_once "$r.run" 2048
    done
    stop_server
    echo "# 250 byte replies, 50 ms, 64 in flight, 2048 tasks, medians of $PAIRS turns"
    echo "bare_50ms_wall_s=$(median wall_s "$r.bare")"
    echo "run_50ms_wall_s=$(median wall_s "$r.run")"
    echo "run_vs_bare_50ms_wall=$(paired wall_s "$r.run" "$r.bare")"
}

memory() {
    local r=$work/memory n
    start_server 250 0
    echo "# peak resident memory of run"
    for n in 2000 100000; do
        run_once "$r.$n" "$n"
        echo "run_rss_mib_$n=$(ratio "$(median rss_kb "$r.$n")" 1024)"
    done
    stop_server
}

start() {
    local r=$work/start
    for _ in $(seq 21); do
        "$tools/bench_time" "$r" "$B/sleepbench" --version > /dev/null
    done
    sed -i 1d "$r" # the first one warms the page cache
    echo "# sleepbench --version, warm, median of 20"
    echo "version_ms=$(awk -v s="$(median wall_s "$r")" 'BEGIN {printf "%.2f", s * 1000}')"
}

# stream: reading streamed answers, and listening to many slow ones.
stream() {
    echo "# a stream of 169-byte chunks, MB/s of processor time, best of 5 turns"
    "$tools/bench_sse" 64
    echo "# client listening to 64 streams, 50 tokens/s each, 10 s"
    "$tools/bench_stream" 64 50 10
}

for section in $SECTIONS; do
    case $section in
    speed) speed 250 && speed 600 ;;
    latency | memory | start | stream) "$section" ;;
    *) echo "bench.sh: unknown section $section" >&2 && exit 2 ;;
    esac
done
[ ! -f "$work/servers" ] || sed -n 's/.*mean_body_bytes /# mean request body, bytes: /p' "$work/servers" | tail -n 1
