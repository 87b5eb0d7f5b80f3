#!/usr/bin/env bats
# badinput_rows.bats - odd bytes in files of rows and in split files, for each command that reads one.
#
# Each case is read by `split` (rows), `split check` (splits) and `run --input` (both): either all
# take it, or each says file, line and what is wrong, exits with 2 and leaves nothing behind.

load helpers

setup() { paths; }

ROW_1='{"id":"a","question":"Ann has 3 pears. How many has she?","answer":"#### 3"}'
ROW_2='{"id":"b","question":"Ben has 4 cups. How many has he?","answer":"#### 4"}'
SPLIT_1='{"id":"a","cluster":"a","context":"Ann has 3 pears.","queries":[{"id":"a","query":"How many?","gold":"3"}]}'
SPLIT_2='{"id":"b","cluster":"b","context":"Ben has 4 cups.","queries":[{"id":"b","query":"How many?","gold":"4"}]}'

# Both files by a printf format that takes two lines.
write() { # FORMAT
    printf "$1" "$ROW_1" "$ROW_2" >rows.jsonl
    printf "$1" "$SPLIT_1" "$SPLIT_2" >splits.jsonl
}

run_input() { # DATASET FILE
    rm -rf runs
    run go odd "${SIMPLE[@]}" --no-report --model phantom/small --set "dataset=$1" --input "$2"
}

taken() { # queries
    run -0 "$PROGRAM" split jsonl --input rows.jsonl --out out.jsonl
    [[ $output == *" $1 queries"* ]]
    run -0 "$PROGRAM" split check splits.jsonl
    [[ $output == *" $1 queries"* ]]
    run_input jsonl rows.jsonl
    [ "$status" -eq 0 ]
    [ "$(db odd 'SELECT count(*) FROM query')" = "$1" ]
    run_input splits splits.jsonl
    [ "$status" -eq 0 ]
    [ "$(db odd 'SELECT count(*) FROM query')" = "$1" ]
}

refused() { # LINE TEXT [TEXT_FOR_SPLITS]
    local splits=${3:-$2}
    rm -f out.jsonl
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --out out.jsonl
    [[ $output == *"rows.jsonl$1"*"$2"* ]]
    [ ! -e out.jsonl ] && [ -z "$(find . -name 'out.jsonl*')" ]
    run -2 "$PROGRAM" split check splits.jsonl
    [[ $output == *"splits.jsonl$1"*"$splits"* ]]
    run_input jsonl rows.jsonl
    [ "$status" -eq 2 ]
    [[ $output == *"rows.jsonl$1"*"$2"* ]]
    [ ! -e runs/odd/run.db ]
    run_input splits splits.jsonl
    [ "$status" -eq 2 ]
    [[ $output == *"splits.jsonl$1"*"$splits"* ]]
    [ ! -e runs/odd/run.db ]
}

@test "CRLF, a byte-order mark, blank lines and no final newline are fine" {
    write '\xef\xbb\xbf%s\r\n\r\n  \r\n%s'
    taken 2
}

@test "gzip is read whatever the name" {
    write '%s\n%s\n'
    gzip rows.jsonl splits.jsonl
    mv rows.jsonl.gz rows.jsonl
    mv splits.jsonl.gz splits.jsonl
    taken 2
}

@test "truncated and damaged gzip" {
    write '%s\n%s\n'
    local f
    for f in rows splits; do
        gzip -c "$f.jsonl" >"$f.gz"
        head -c $(($(stat -c %s "$f.gz") - 9)) "$f.gz" >"$f.jsonl"
    done
    refused : "the gzip data is cut short: get the file again"
    for f in rows splits; do
        { head -c 30 "$f.gz"; printf 'xxxx'; tail -c +35 "$f.gz"; } >"$f.jsonl"
    done
    refused : "the gzip data is damaged: get the file again"
    run -2 "$PROGRAM" split jsonl --input rows.jsonl --skip-bad # leaving rows out is no help
    [[ $output == *"is damaged"* ]]
}

@test "an id that comes twice" {
    write '%s\n%s\n'
    echo "$ROW_1" >>rows.jsonl
    echo "$SPLIT_1" >>splits.jsonl
    refused :3 'id "jsonl/a" stands in line 1 already' 'id "a" stands in line 1 already'
    run -0 "$PROGRAM" split jsonl --input rows.jsonl --skip-bad --out out.jsonl
    [[ $output == *"1 malformed rows were left out"*" 2 queries"* ]]
}

@test "a line over 16 MiB" {
    write '%s\n'
    local f
    for f in rows splits; do
        { cat "$f.jsonl"; head -c 17000000 /dev/zero | tr '\0' x; echo; } >long
        mv long "$f.jsonl"
    done
    refused :3 "the line is longer than 16777216 bytes"
    gzip -c rows.jsonl >packed && mv packed rows.jsonl # 16 KB that unpack to the same
    run -2 "$PROGRAM" split jsonl --input rows.jsonl
    [[ $output == *"rows.jsonl:3: the line is longer than"* ]]
}

@test "NUL, as a byte and escaped" {
    write '%s\n%s\n\x00\n'
    refused :3 "a NUL byte is not JSON"
    write '%s\n%s\n'
    sed -i 's/cups/cu\\u0000ps/' rows.jsonl splits.jsonl
    refused :2 '\u0000'
}

@test "bytes that are not UTF-8" {
    write '%s\n%s\n'
    LC_ALL=C sed -i 's/cups/cu\xff\xfeps/' rows.jsonl splits.jsonl
    refused :2 "UTF-8"
}

@test "an empty file, and one of blank lines" {
    : >rows.jsonl
    : >splits.jsonl
    refused "" "holds no usable row" "holds no split"
    printf '\n\r\n' >rows.jsonl
    printf '\n\r\n' >splits.jsonl
    refused "" "holds no usable row" "holds no split"
}

@test "what is no JSON, no object, or lacks a part" {
    write '%s\n%s\n{"id":\n'
    refused :3: "column"
    write '%s\n[]\n%s\n'
    refused :2 "one JSON object a line"
    write '%s\n%s\n{"id":"c"}\n'
    refused :3 "no column that holds the question" '"cluster" must be a string'
}

@test "a file that is not there, a directory, a file without a permission" {
    local f
    for f in "split jsonl --input gone.jsonl" "split check gone.jsonl" "data stats --input gone.jsonl"; do
        run -2 "$PROGRAM" $f
        [[ $output == *gone.jsonl* ]]
    done
    mkdir dir
    for f in "split jsonl --input dir" "split check dir" "data stats --input dir" "data generate competition --out dir"; do
        run -2 "$PROGRAM" $f
        [[ $output == *"dir: Is a directory"* ]]
    done
}
