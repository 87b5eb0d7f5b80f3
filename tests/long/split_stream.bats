#!/usr/bin/env bats
# split_stream.bats - a gigabyte of rows is split in the memory of a tenth of it; small files are fast.

load ../cli/helpers

setup() { paths; }

# rows MEGABYTES: rows of about half a kilobyte with ids of their own; neighbours share contexts.
rows() {
    awk -v bytes="$(($1 * 1000000))" 'BEGIN {
        for (i = 0; i < 5; i++) pad = pad "Row " i " of the orchard has 12 trees, of which 0.5 are in bloom. "
        for (n = 0; total < bytes; n++) {
            row = sprintf("{\"id\":\"row %d\",\"cluster\":\"k%d\",\"question\":\"Orchard %d. %sHow many are %d and %d?\",\"answer\":\"%d + 2\\n#### %d\"}", n, n % 977, int(n / 3), pad, n, n % 7, n, n + 2)
            total += length(row) + 1
            print row
        }
    }'
}

# measured FILE COMMAND...: runs it and leaves "seconds kilobytes" in FILE.
measured() {
    local file=$1
    shift
    python3 - "$file" "$@" <<'P'
import resource, subprocess, sys, time
began = time.monotonic()
subprocess.run(sys.argv[2:], check=True, stderr=subprocess.DEVNULL)
seconds = time.monotonic() - began
with open(sys.argv[1], "w") as f:
    print(f"{seconds:.3f}", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=f)
P
}

@test "1 GB of rows takes the memory of 100 MB" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    [ "$(df -Pk . | awk 'NR == 2 {print $4}')" -gt 3500000 ] || skip "needs 3.5 GB of disk in TMPDIR"
    export TMPDIR=$BATS_TEST_TMPDIR
    local size seconds_100 kb_100 seconds_1000 kb_1000
    for size in 100 1000; do
        rows "$size" >rows.jsonl
        measured "m$size" "$PROGRAM" split jsonl --input rows.jsonl --out out.jsonl
        [ "$(grep -c '"queries"' out.jsonl)" -gt 0 ]
        rm -f out.jsonl
    done
    read -r seconds_100 kb_100 <m100
    read -r seconds_1000 kb_1000 <m1000
    echo "# split of 1 GB: $seconds_1000 s, $((kb_1000 >> 10)) MiB; of 100 MB: $seconds_100 s, $((kb_100 >> 10)) MiB" >&3
    [ "$kb_1000" -lt $((kb_100 + 2048)) ]
    [ "$kb_1000" -lt 32768 ]

    # an id that comes again a gigabyte later is found, and nothing is left behind
    head -n 1 rows.jsonl >>rows.jsonl
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --out out.jsonl
    [[ $output == *'id "jsonl/row 0" stands in line 1 already'* ]]
    [ ! -e out.jsonl ]
    [ "$(find . -name 'out.jsonl*' | wc -l)" -eq 0 ]
}

@test "2,500 rows are split within 50 ms, and sooner than Python reads them" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    rows 4 | head -n 2500 >rows.jsonl
    [ "$(wc -l <rows.jsonl)" -eq 2500 ]
    run -0 python3 - "$PROGRAM" <<'P'
import json, subprocess, sys, time
def best(what, times):
    shortest = 1e9
    for _ in range(times):
        began = time.perf_counter()
        what()
        shortest = min(shortest, time.perf_counter() - began)
    return shortest * 1000
def split():
    subprocess.run([sys.argv[1], "split", "jsonl", "--input", "rows.jsonl", "--out", "out.jsonl"],
                   check=True, stderr=subprocess.DEVNULL)
def read():
    for line in open("rows.jsonl", encoding="utf-8"):
        json.loads(line)
ours, reference = best(split, 40), best(lambda: subprocess.run(
    [sys.executable, "-c", "import json\nfor l in open('rows.jsonl'): json.loads(l)"], check=True), 20)
print(f"{ours:.1f} {reference:.1f} {int(ours < 50)} {int(ours < reference)}")
P
    local ours reference quick sooner
    read -r ours reference quick sooner <<<"$output"
    echo "# split of 2,500 rows: $ours ms, the whole process; json.loads of them in Python: $reference ms" >&3
    [ "$quick" = 1 ]
    [ "$sooner" = 1 ]
}

@test "a file through gzip gives the same in no more memory" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    rows 40 >rows.jsonl
    gzip -k rows.jsonl
    measured plain "$PROGRAM" split jsonl --input rows.jsonl --out a.jsonl
    measured packed "$PROGRAM" split jsonl --input rows.jsonl.gz --out b.jsonl
    cmp a.jsonl b.jsonl
    local seconds kb_plain kb_packed
    read -r seconds kb_plain <plain
    read -r seconds kb_packed <packed
    [ "$kb_packed" -lt $((kb_plain + 1024)) ]
}
