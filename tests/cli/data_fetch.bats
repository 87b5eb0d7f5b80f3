#!/usr/bin/env bats
# data_fetch.bats - `sleepbench data list|fetch|verify|show` against a server on the loopback, and
# runs that take their rows and prompts from the cache.

load helpers

setup() {
    paths
    unset SLEEPBENCH_CACHE XDG_CACHE_HOME HF_TOKEN
    export SLEEPBENCH_CACHE=$BATS_TEST_TMPDIR/cache
    mkdir -p www data/datasets
}

teardown() { servers_down; }

# Serves www; sets FILES to the address.
files_up() {
    [ -p files.stdin ] || mkfifo files.stdin
    exec {FILES_STDIN}<>files.stdin
    rm -f files.port
    "$B/tests/mock/file_server" www files.log <files.stdin >files.port 3>&- &
    SERVERS+=($!)
    wait_line files.port
    FILES=http://127.0.0.1:$(tr -dc 0-9 <files.port)
}

# manifest NAME MEMBERS: the whole manifest is this one set; @ stands for the server's address.
manifest() {
    echo "{\"sets\":[{\"name\":\"$1\",\"licence\":\"MIT\",\"help\":\"a set of a test\",${2//@/$FILES}}]}" \
        >data/datasets/manifest.json
}

data() {
    "$PROGRAM" --data-dir data data "$@"
}

sums() { # from to
    local i
    for ((i = $1; i <= $2; i++)); do
        echo "{\"id\":\"$i\",\"Problem\":\"Ann has $i pears. Ben has 2 more. How many has Ben?\",\"Answer\":\"$((i + 2))\"}"
    done
}

SUMS='"columns":"question=Problem,answer=Answer","parts":[{"file":"sums.jsonl","sources":["@/sums.jsonl"]}]'

@test "list, fetch, show, verify: a set from nothing to rows on the screen" {
    files_up
    manifest sums "$SUMS"
    sums 1 5 >www/sums.jsonl
    run -0 data list
    [[ $output == *"sums "*"MIT"*"a set of a test"* ]]
    run -0 data show sums
    [[ $output == *"not fetched"* && $output == *"$FILES/sums.jsonl"* && $output == *"sha256 not known"* ]]
    run -0 data verify
    [ "$output" = "nothing was fetched yet" ]
    run -1 data verify sums
    [[ $output == *"missing  sums (never fetched)"* && $output == *"1 of 1 sets were never fetched"* ]]
    run -2 data show competition # ours
    [[ $output == *"the program makes its problems"* ]]
    run -2 data fetch jsonl
    [[ $output == *"it reads a file of yours"* ]]
    run -2 data fetch sumz
    [[ $output == *'did you mean "sums"?'* ]]
    run -2 data fetch quite-another
    [[ $output != *'did you mean'* ]]
    run -2 data fetch sums --idle-ms 9999999999999
    [[ $output == *"--idle-ms 9999999999999: milliseconds, from 1 to 86400000"* ]]
    run -2 data fetch sums --deadline-ms 0
    run -2 data show sums --rows -1

    run -0 --separate-stderr data fetch sums
    [ "$output" = "sums: fetched, 5 rows, $(wc -c <www/sums.jsonl) bytes, in $SLEEPBENCH_CACHE/sums" ]
    [ -z "$stderr" ]
    cmp www/sums.jsonl cache/sums/sums.jsonl
    grep -q "$(sha256sum <www/sums.jsonl | cut -d' ' -f1)" cache/sums/lock.json
    run -0 data fetch sums
    [[ $output == "sums: is here already, 5 rows, "* ]]
    [ "$(wc -l <files.log)" -eq 1 ]

    run -0 data list --json
    [[ $output == *'"rows":5'* ]]
    run -0 data show sums --rows 2
    [[ $output == *"  Problem: Ann has 1 pears."* && $output == *"  Answer: 4"* && $output != *"Ann has 3"* ]]
    run -0 data verify
    [ "$output" = "ok       sums/sums.jsonl" ]
    echo '{"id":"x"}' >>cache/sums/sums.jsonl
    run -1 data verify sums
    [[ $output == *"changed  sums/sums.jsonl (sha256 was "* ]]
    rm cache/sums/sums.jsonl
    run -1 data verify
    [[ $output == *"missing  sums/sums.jsonl"* ]]
    run -0 data fetch sums
    run -0 data verify
}

@test "rows on the screen are harmless, cut, and never from a file that was not fetched" {
    files_up
    manifest sums "$SUMS"
    printf '{"id":"a","Problem":"red \\u001b[31m text\\u0007\\u009b2J %s","list":[1,{"a":2}]}\n' "$(head -c 1000 /dev/zero | tr '\0' x)" >own.jsonl
    run -2 data show sums --rows 1
    [[ $output == *"sleepbench data fetch sums"* ]]
    cat own.jsonl own.jsonl own.jsonl own.jsonl >many.jsonl
    run -0 data show sums --input many.jsonl # three, if nobody says how many
    [ "$(grep -c '^row ' <<<"$output")" -eq 3 ]
    : >empty.jsonl
    run -2 data show sums --rows 1 --input empty.jsonl
    [[ $output == *"empty.jsonl holds no row"* ]]
    echo '[1,2]' >list.jsonl
    run -2 data show sums --rows 1 --input list.jsonl
    [[ $output == *"list.jsonl:1: "*"object"* ]]
    run -0 data show sums --rows 1 --input own.jsonl
    [[ $output != *$'\e'* && $output != *$'\a'* ]]
    [[ $output == *"red [31m text2J "*"xxx ..."* && $output == *'  list: [1,{"a":2}]'* ]]
    [ "$(grep -o x <<<"$output" | wc -l)" -lt 500 ]
    LC_ALL=C run ! grep -q $'\x9b' <<<"$output"
    # nor in a message, be it UTF-8 or not
    for name in $'a\xc2\x9b2Jb' $'a\x9b2Jb' $'a\e[2Jb'; do
        run -2 data show "$name"
        [[ $output == *'no data set "a'*'2Jb"'* ]]
        LC_ALL=C run ! grep -q $'[\x9b\e]' <<<"$output"
    done
}

@test "a run and a split take their rows from the cache, with the set's columns" {
    files_up
    manifest jsonl "$SUMS"
    sums 1 6 >www/sums.jsonl
    run -2 "$PROGRAM" --data-dir data split jsonl
    [[ $output == *'data set "jsonl" is not on this machine: get it by `sleepbench data fetch jsonl`'* ]]
    run -2 "$PROGRAM" --data-dir data plan "$CONFIG" --set dataset=jsonl
    [[ $output == *"sleepbench data fetch jsonl"* ]]
    data fetch jsonl
    run -0 --separate-stderr "$PROGRAM" --data-dir data split jsonl
    [ "${#lines[@]}" -eq 6 ]
    [[ ${lines[0]} == *'"Ann has 1 pears. Ben has 2 more."'* && ${lines[0]} == *'"How many has Ben?"'* ]]
    run -0 "$PROGRAM" --data-dir data run "$CONFIG" --quiet --set name=cached --set dataset=jsonl \
        --set limit=2 --set 'models=["phantom/small"]' "${SIMPLE[@]}" --no-report
    [ "$(db cached 'SELECT count(*) FROM answer')" -eq 2 ]
}

@test "cache:SET reads one set as another dataset; an unknown one is named" {
    files_up
    manifest other "$SUMS"
    sums 1 3 >www/sums.jsonl
    data fetch other
    run -0 --separate-stderr "$PROGRAM" --data-dir data split jsonl --input cache:other
    [ "${#lines[@]}" -eq 3 ]
    run -2 "$PROGRAM" --data-dir data split jsonl --input cache:othr
    [[ $output == *'did you mean "other"?'* ]]
}

@test "a changed source is refused until it is accepted" {
    files_up
    manifest sums "$SUMS"
    sums 1 2 >www/sums.jsonl
    data fetch sums
    cp cache/sums/sums.jsonl first.jsonl
    sums 1 3 >www/sums.jsonl
    rm cache/sums/sums.jsonl
    run -2 data fetch sums
    [[ $output == *"--accept-new"* ]]
    [ ! -e cache/sums/sums.jsonl ]
    run -0 data fetch sums --accept-new
    cmp www/sums.jsonl cache/sums/sums.jsonl
    # what a run would use has changed in place
    cp first.jsonl cache/sums/sums.jsonl
    run -2 "$PROGRAM" --data-dir data split jsonl --input cache:sums
    [[ $output == *"is not what was fetched"* ]]
}

@test "a fetch that was killed, or stopped by Ctrl-C, goes on where it was" {
    files_up
    manifest sums "${SUMS/@/@\/slow=30}"
    sums 1 300 >www/sums.jsonl
    local signal pid
    for signal in KILL INT; do
        rm -rf cache
        "$PROGRAM" --data-dir data data fetch sums >out.txt 2>err.txt 3>&- &
        pid=$!
        wait_line cache/sums/sums.jsonl.download.part
        kill -$signal $pid
        code=0
        wait $pid || code=$?
        [ ! -e cache/sums/sums.jsonl ]
        [ ! -e cache/sums/lock.json ]
        if [ $signal = INT ]; then
            [ $code -eq 4 ]
            grep -q 'stopped. [0-9]* bytes are kept: the same command goes on from there' err.txt
        fi
        run -0 data fetch sums
        cmp www/sums.jsonl cache/sums/sums.jsonl
        grep -q ' range=bytes=[1-9]' files.log
        : >files.log
        [ "$(ls cache/sums)" = "$(printf 'lock.json\nsums.jsonl')" ]
    done
}

@test "a disk that is full leaves a part and no file" {
    files_up
    manifest sums "$SUMS"
    sums 1 300 >www/sums.jsonl
    run -1 bash -c 'trap "" XFSZ; ulimit -f 8; exec "$@"' _ "$PROGRAM" --data-dir data data fetch sums
    [[ $output == *"cannot write "*"sums.jsonl.download.part: "* && $output == *"bytes are kept"* ]]
    [ ! -e cache/sums/sums.jsonl ]
    run -0 data fetch sums
    cmp www/sums.jsonl cache/sums/sums.jsonl
}

@test "trouble with the source: each its words, its code and no file" {
    files_up
    echo '<!doctype html><p>log in' >www/page
    sums 1 2 >www/sums.jsonl
    local path code said
    while IFS='|' read -r path code said; do
        manifest sums "\"parts\":[{\"file\":\"f\",\"sources\":[\"@/$path\"]}]"
        run "-$code" data fetch sums --deadline-ms 600 --idle-ms 600
        [[ $output == *"$said"* ]] || { echo "$path: $output"; return 1; }
        [ ! -e cache/sums/sums.jsonl ]
        [ ! -e cache/sums/lock.json ]
        rm -rf cache
    done <<'CASES'
nothing|2|answers with status 404
page|2|gives a web page, not data
status=429/after=900/sums.jsonl|1|asks to wait 900 s
status=503/sums.jsonl|1|status 503
loop/sums.jsonl|2|redirects more than 8 times
cut=20/noetag/times=99/sums.jsonl|1|given up
stall=30/sums.jsonl|1|no byte came
CASES
    manifest sums '"parts":[{"file":"f","sources":["http://127.0.0.1:1/f"]}]'
    run -1 data fetch sums
    [[ $output == *"cannot reach http://127.0.0.1:1/f"* && $output == *"data fetch sums --from FILE"* ]]
    manifest sums '"parts":[{"file":"f","sources":["http://192.0.2.1/f"]}]'
    run -2 data fetch sums
    [[ $output == *"data is fetched by https"* ]]
    manifest sums "\"parts\":[{\"file\":\"f\",\"sources\":[{\"url\":\"@/sums.jsonl\",\"sha256\":\"$(printf '%064d' 1)\"}]}]"
    run -2 data fetch sums
    [[ $output == *"is not the file that was expected"* ]]
    [ ! -e cache/sums/sums.jsonl ]
}

@test "the rows API: pages, cut cells, a 429 in between" {
    files_up
    manifest api '"parts":[{"file":"rows","sources":[{"format":"rows","url":"@/status=429/after=0/times=1/rows","dataset":"me/set","config":"c","split":"test"}]}]'
    page() { # offset count cut
        local i sep=
        printf '{"features":[],"rows":['
        for ((i = $1; i < $1 + $2; i++)); do
            printf '%s{"row_idx":%d,"row":{"id":%d,"big":1234567890123456789},"truncated_cells":[%s]}' "$sep" $i $i "$3"
            sep=,
        done
        printf '],"num_rows_total":103,"num_rows_per_page":100,"partial":false}'
    }
    page 0 100 >www/c.0.json
    page 100 3 '"patch"' >www/c.100.json
    run -2 data fetch api
    [[ $output == *"row 100: the rows API has cut its cells (patch)"* && $output == *"--from FILE"* ]]
    [ ! -e cache/api/api.jsonl ]
    page 100 3 >www/c.100.json
    run -0 data fetch api
    [[ $output == *"103 rows"* ]]
    [ "$(wc -l <cache/api/api.jsonl)" -eq 103 ]
    [ "$(tail -n 1 cache/api/api.jsonl)" = '{"id":102,"big":1234567890123456789}' ]
    grep -q 'rows?dataset=me%2Fset&config=c&split=test&offset=100&length=100 ' files.log
}

@test "a token goes to its source only and is shown nowhere" {
    files_up
    export LAB_TOKEN=token-of-the-lab
    sums 1 2 >www/sums.jsonl
    manifest sums '"gated":true,"page":"https://x.example","parts":[{"file":"f","sources":[{"url":"@/need=other-token/sums.jsonl","token_env":"LAB_TOKEN"},"@/sums.jsonl"]}]'
    run -0 data fetch sums
    [[ $output == *"status 401"*"the token in LAB_TOKEN has no access"*"The next source is tried"* ]]
    [[ $output != *token-of-the-lab* ]]
    [ "$(grep -c 'auth=Bearer token-of-the-lab' files.log)" -eq 1 ]
    grep -q '^/sums.jsonl .*auth=-' files.log
    run ! grep -rq token-of-the-lab cache
}

@test "https never goes on as http" {
    command -v openssl >/dev/null && command -v python3 >/dev/null || skip "needs openssl and python3"
    files_up
    sums 1 2 >www/sums.jsonl
    openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
    cat >tls.py <<'PY'
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open("www/sums.jsonl", "rb").read()
        away = self.path == "/away"
        self.send_response(302 if away else 200)
        if away:
            self.send_header("Location", sys.argv[1] + "/sums.jsonl")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
PY
    python3 tls.py "$FILES" >tls.port 2>tls.err 3>&- &
    SERVERS+=($!)
    wait_line tls.port
    local tls=https://127.0.0.1:$(cat tls.port)
    manifest sums "\"parts\":[{\"file\":\"f\",\"sources\":[\"$tls/sums.jsonl\"]}]"
    run -1 data fetch sums # nobody vouches for this certificate
    [[ $output == *"cannot reach $tls/sums.jsonl"* ]]
    export SSL_CERT_FILE=$PWD/cert.pem
    manifest sums "\"parts\":[{\"file\":\"f\",\"sources\":[\"$tls/away\"]}]"
    run -2 data fetch sums
    [[ $output == *"$tls/away redirects to $FILES/sums.jsonl, which is not encrypted: refused"* ]]
    [ ! -s files.log ]
    manifest sums "\"parts\":[{\"file\":\"f\",\"sources\":[\"$tls/sums.jsonl\"]}]"
    run -0 data fetch sums
    cmp www/sums.jsonl cache/sums/sums.jsonl
}

@test "files at hand: --from takes what a download would" {
    FILES=http://127.0.0.1:1
    manifest sums "$SUMS"
    sums 1 4 >mine.jsonl
    run -0 data fetch sums --from mine.jsonl
    [[ $output == "sums: fetched, 4 rows"* ]]
    cmp mine.jsonl cache/sums/sums.jsonl
    run -2 data fetch sums --from nothing.jsonl
    [[ $output == *nothing.jsonl* ]]
    run -2 data fetch --all --from mine.jsonl
    [[ $output == *"--from goes with one set"* ]]
    run -2 data fetch
    run -2 data fetch smus
    [[ $output == *'did you mean "sums"?'* ]]
}

@test "--all goes on behind a set that fails, and says so at the end" {
    files_up
    sums 1 2 >www/sums.jsonl
    echo "{\"sets\":[{\"name\":\"a\",\"parts\":[{\"file\":\"f\",\"sources\":[\"$FILES/none\"]}]},
        {\"name\":\"b\",\"parts\":[{\"file\":\"f\",\"sources\":[\"$FILES/sums.jsonl\"]}]}]}" >data/datasets/manifest.json
    run -2 data fetch --all
    [[ $output == *"a: "*"status 404"*"1 of 2 sets were not fetched"* ]]
    [[ $output == *"b: fetched, 2 rows"* ]]
    [ -e cache/b/b.jsonl ]
}

@test "prompts: paper needs the fetched prompts, byte for byte" {
    run -2 "$PROGRAM" plan "$CONFIG" --set prompts=paper
    [[ $output == *"sleepbench data fetch paper-prompts"* ]]
    # the real release is refused if a byte differs
    mkdir here
    local i
    for i in 0 1 2 3 4; do
        for kind in convo persona human; do echo "$kind $i" >"here/${kind}_verbosity_$i.txt"; done
    done
    echo a >here/sleep_time_base.txt
    echo b >here/sleep_time_base_aime.txt
    run -2 "$PROGRAM" data fetch paper-prompts --from here
    [[ $output == *"is not the file that was expected"* ]]
    [ ! -e cache/paper-prompts/lock.json ]
}

@test "a manifest that is wrong names what is wrong" {
    echo '{"sets":[{"name":"a","parts":[{"file":"f","sources":[{"ulr":"x"}]}]}]}' >data/datasets/manifest.json
    run -2 data list
    [[ $output == *"datasets/manifest.json"*'did you mean "url"?'* ]] || { echo "$output"; false; }
    run -2 env -u HOME -u SLEEPBENCH_CACHE "$PROGRAM" data list
    [[ $output == *"set SLEEPBENCH_CACHE"* ]]
}
