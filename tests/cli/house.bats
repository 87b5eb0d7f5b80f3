#!/usr/bin/env bats
# house.bats - the program's front door, and the gates: each must be able to say no.

bats_require_minimum_version 1.5.0

# A make of its own, whatever made this test run.
make_here() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$TOP" "$@"
}

setup_file() {
    TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    B=${B:-build/release}
    case $B in
    /*) BUILD=$B ;;
    *) BUILD=$TOP/$B ;;
    esac
    export TOP BUILD
    COPY=$BATS_FILE_TMPDIR/tree
    export COPY
    mkdir "$COPY"
    (cd "$TOP" && cp -R harness datasets splitters metrics plots tests scripts "$COPY")
    # An install is made once, of the program as it was built; tests use it from an empty directory.
    # (Relative to the tree: make splits a path at its blanks.)
    local b=${BUILD#"$TOP/"}
    make_here -o "$b/sleepbench" B="$b" DESTDIR="$BATS_FILE_TMPDIR/dest" PREFIX=/opt/it install
}

setup() {
    PROGRAM=$BUILD/sleepbench
    cd "$BATS_TEST_TMPDIR"
}

# ---- the program --------------------------------------------------------------------------------

@test "--version prints name, version and git revision on one line" {
    run -0 --separate-stderr "$PROGRAM" --version
    [ "${#lines[@]}" -eq 1 ]
    [[ $output =~ ^sleepbench\ [0-9]+\.[0-9]+\.[0-9]+\ \(git\  ]]
    [[ $output == *"git $(cat "$BUILD/revision"),"* ]]
    [ -z "$stderr" ]
}

@test "--help names every command and exits 0; no command at all shows the same" {
    run -0 "$PROGRAM" --help
    for command in demo split plan run status grade report export phantom prices; do
        grep -qE "^ *$command( |\$)" <<<"$output" || { echo "no $command in:"; echo "$output"; return 1; }
    done
    help=$output
    run -0 "$PROGRAM"
    [ "$output" = "$help" ]
}

@test "every command explains itself with --help" {
    for command in demo split plan run status grade report export phantom prices; do
        run -0 --separate-stderr "$PROGRAM" $command --help
        [[ ${lines[0]} == "usage: sleepbench $command"* ]]
        [ -z "$stderr" ]
    done
}

@test "an unknown command is named, exit 2, nothing on stdout" {
    run -2 --separate-stderr "$PROGRAM" rnu
    [ -z "$output" ]
    [[ $stderr == *rnu* ]]
    [[ $stderr == *run* ]]
}

@test "an unknown option is named, exit 2" {
    run -2 --separate-stderr "$PROGRAM" plan --no-such-option
    [ -z "$output" ]
    [[ $stderr == *no-such-option* ]]
}

@test "a config that is not there: its path is named, exit 2" {
    run -2 --separate-stderr "$PROGRAM" plan no/such/config.json
    [[ $stderr == *no/such/config.json* ]]
}

# ---- installation -------------------------------------------------------------------------------

@test "the installed program knows its version in an empty directory" {
    run -0 "$BATS_FILE_TMPDIR/dest/opt/it/bin/sleepbench" --version
    [[ $output == *"$(cat "$BUILD/revision")"* ]]
    [ -z "$(ls -A)" ]
}

@test "the installed program plans and runs in an empty directory: its data is inside" {
    echo '{"name":"tiny","limit":4,"test_budget":{"levels":[0]},"arms":["test_time"]}' >tiny.json
    installed=$BATS_FILE_TMPDIR/dest/opt/it/bin/sleepbench
    run -0 env -i PATH=/nowhere "$installed" plan tiny.json
    [[ $output == *"4 tasks"* ]]
    [ ! -e runs ]
    run -0 env -i PATH=/nowhere "$installed" run tiny.json
    [ -s runs/tiny/tables/accuracy.csv ]
}

@test "uninstall takes away what install brought" {
    cp -R "$BATS_FILE_TMPDIR/dest" dest
    make_here DESTDIR="$PWD/dest" PREFIX=/opt/it uninstall
    [ -z "$(find dest -type f)" ]
}

@test "make says in words that libraries are missing, and what to run" {
    unset PKG_CONFIG_PATH
    PKG_CONFIG_LIBDIR=/nowhere run make_here B=build/nowhere
    [ "$status" -ne 0 ]
    [[ $output == *libcurl*"Run scripts/install-deps.sh"* ]]
}

# ---- arch-check ---------------------------------------------------------------------------------

# Plants text as a new file of the copy, expects one breach there that says so, and takes it away.
breach() { # path, text, message
    printf '%s\n' "$2" >"$COPY/$1"
    run "$TOP/scripts/arch-check.sh" "$COPY"
    rm "$COPY/$1"
    [ "$status" -eq 1 ] || { echo "not seen: $2"; return 1; }
    grep -F "$1:" <<<"$output" | grep -qF -- "$3" || { echo "wanted: $3"; echo "$output"; return 1; }
}

@test "arch-check: the tree keeps the ladder" {
    run -0 "$TOP/scripts/arch-check.sh"
}

@test "arch-check: an include that climbs the ladder" {
    breach harness/base/zz.c '/* zz.c - x */
#include "harness/store/store.h"' "harness/base (level 0) may not include harness/store"
    breach metrics/zz.c '/* zz.c - x */
#include "datasets/item.h"' "metrics (level 7) may not include datasets"
    breach harness/run/zz.h '/* zz.h - x */
#include "metrics/grade.h"' "harness/run (level 7) may not include metrics"
}

@test "arch-check: wrapped libraries stay behind their wrapper" {
    breach harness/plan/zz.c '/* zz.c - x */
#include <cjson/cJSON.h>' "JSON goes through"
    breach metrics/zz.c '/* zz.c - x */
#include <pcre2.h>' "regular expressions go through"
    breach harness/run/zz.c '/* zz.c - x */
#  include <sqlite3.h>' "harness/store"
    breach harness/run/zz.c '/* zz.c - x */
#include <curl/curl.h>' "harness/net"
    breach plots/zz.c '/* zz.c - x */
#include <microhttpd.h>' "serve HTTP"
    breach datasets/zz.c '/* zz.c - x */
#include <openssl/evp.h>' "digest.h"
}

@test "arch-check: only harness/cli prints" {
    breach plots/zz.c '/* zz.c - x */
void zz(void) { printf("x"); }' "only harness/cli prints"
    breach harness/run/zz.c '/* zz.c - x */
void zz(void) { fputs("x", stderr); }' "only harness/cli prints"
}

@test "arch-check: strings and comments are not code" {
    printf '%s\n' '/* zz.c - x */' '/* printf("x"); rand(); stderr' '// "quoted */' \
        'const char *zz = "stdout printf( /* rand( //";' "const char q = '\"'; /* stderr */" \
        >"$COPY/plots/zz.c"
    run "$TOP/scripts/arch-check.sh" "$COPY"
    rm "$COPY/plots/zz.c"
    [[ $output != *plots/zz.c* ]]
}

@test "arch-check: names, comments, randomness, relative includes, cycles" {
    breach plots/str.c '/* str.c - x */' "stems are unique"
    breach plots/zz.c 'int zz;' "a file starts with a comment"
    breach plots/zz.c '/* yy.c - x */
int zz;' 'the first comment starts with "zz.c - "'
    breach plots/zz.c '/* zz.c - x */
int zz; // slashes' "comments are written"
    breach plots/zz.c '/* zz.c - x */
int zz(void) { return rand(); }' "randomness"
    breach plots/zz.c '/* zz.c - x */
#include "other.h"' "from the top of the tree"
    breach harness/base/str_zz.h '/* str_zz.h - x */
#include "harness/base/str_zz.h"' "includes itself"
    mkdir "$COPY/harness/attic"
    breach harness/attic/zz.c '/* zz.c - x */' "no room named harness/attic"
    rmdir "$COPY/harness/attic"
}

@test "arch-check: a line of a test that cannot fail" {
    local line='    ! true' # not at the start of this one
    breach tests/cli/zz.bats "$line" 'write "run ! command"'
}

@test "arch-check: a source's own header comes first" {
    printf '%s\n' '/* zz.h - x */' >"$COPY/plots/zz.h"
    breach plots/zz.c '/* zz.c - x */
#include "harness/base/str.h"
#include "plots/zz.h"' "its own header plots/zz.h comes first"
    rm "$COPY/plots/zz.h"
}

@test "the rooms of docs/ARCHITECTURE.md, the Makefile and arch-check are the same" {
    cd "$TOP"
    make -s -p -n list 2>/dev/null | sed -n 's/^ROOMS := //p' | tr -s ' \t' '\n' | sort >"$BATS_TEST_TMPDIR/make"
    sed -n 's/^    room("\([a-z\/]*\)".*/\1/p' scripts/arch-check.sh |
        grep -vxE 'harness|tests|scripts|harness/view' | sort >"$BATS_TEST_TMPDIR/check"
    sed 's/harness\/view//; /^$/d' "$BATS_TEST_TMPDIR/make" | diff - "$BATS_TEST_TMPDIR/check"
    while read -r room; do
        grep -qF "\`$room\`" docs/ARCHITECTURE.md || { echo "$room is not in docs/ARCHITECTURE.md"; return 1; }
    done <"$BATS_TEST_TMPDIR/check"
}

# ---- size ---------------------------------------------------------------------------------------

size_of() { # text of exceptions
    mkdir -p t/scripts
    cp "$TOP/scripts/size.sh" t/scripts/
    printf '%s\n' "$1" >t/scripts/size-exceptions.txt
    run t/scripts/size.sh x.c
}

function_of() { # statements
    printf 'int f(int a)\n{\n'
    for ((i = 0; i < $1; i++)); do echo "    $2"; done
    printf '    return a;\n}\n'
}

@test "size: functions, complexity and files have limits" {
    mkdir t
    function_of 75 "a++;" >t/x.c
    size_of ""
    [ "$status" -eq 0 ]
    function_of 77 "a++;" >t/x.c
    size_of ""
    [ "$status" -eq 1 ]
    [[ $output == *"f: 81 lines in the function"* ]]
    function_of 14 "if (a) a++;" >t/x.c
    size_of ""
    [ "$status" -eq 0 ]
    function_of 15 "if (a) a++;" >t/x.c
    size_of ""
    [ "$status" -eq 1 ]
    [[ $output == *"f: complexity 16"* ]]
    yes 'extern int x;' | head -601 >t/x.c
    size_of ""
    [ "$status" -eq 1 ]
    [[ $output == *"601 lines in the file"* ]]
}

@test "size: an exception excuses, must give a reason, and must be needed" {
    mkdir t
    function_of 77 "a++;" >t/x.c
    size_of "x.c:f it is a table"
    [ "$status" -eq 0 ]
    size_of "x.c:f"
    [[ $status -eq 1 && $output == *"has no reason"* ]]
    size_of "x.c:g it was a table"
    [[ $status -eq 1 && $output == *"x.c:g is no longer too large"* ]]
}

# ---- installing what is needed ------------------------------------------------------------------

# A machine of stubs: only what the script itself uses, and what the test puts there.
machine() { # uname
    mkdir bin
    for tool in sh sed grep cat dirname env true; do
        ln -s "$(type -P $tool)" bin/
    done
    stub uname "echo $1"
    stub id 'echo 1000'
}

stub() { # name, body
    printf '#!%s\n%s\n' "$(command -v sh)" "$2" >"bin/$1"
    chmod +x "bin/$1"
}

deps() {
    run env -i PATH="$PWD/bin" "$TOP/scripts/install-deps.sh" "$@"
}

@test "install-deps: nothing to do where everything is there" {
    command -v apt-get >/dev/null || skip "this machine has no apt-get"
    run -0 "$TOP/scripts/install-deps.sh"
    [[ $output == *"everything is there"* ]]
}

@test "install-deps: without root and sudo it prints the command and exits 1" {
    machine Linux
    stub apt-get 'echo "apt-get was run" >&2; exit 9'
    stub dpkg-query 'exit 1'
    deps
    [ "$status" -eq 1 ]
    [[ $output == *"installing: gcc "* ]]
    [[ $output == *"apt-get install -y --no-install-recommends gcc "*libcurl4-openssl-dev*gnuplot-nox* ]]
    [[ $output != *"apt-get was run"* ]]
    [[ $output != *libcmocka* ]]
}

@test "install-deps: sudo that asks for no password is used; test needs are a group of their own" {
    machine Linux
    stub apt-get 'echo "apt-get $*"'
    stub apt-cache 'echo "  Candidate: 1.0"'
    stub dpkg-query 'exit 1'
    stub sudo 'shift; echo "as root: $*" >>log; exec "$@"'
    deps --tests
    [ "$status" -eq 0 ]
    grep -q '^as root: env DEBIAN_FRONTEND=noninteractive apt-get install .*libcmocka-dev bats' log
    run ! grep -q update log
}

@test "install-deps: package lists are fetched when they know nothing" {
    machine Linux
    stub id 'echo 0'
    stub apt-get 'echo "apt-get $*" >>log'
    stub apt-cache 'echo "  Candidate: (none)"'
    stub dpkg-query 'exit 1'
    deps
    [ "$status" -eq 0 ]
    [ "$(sed -n 1p log)" = "apt-get -qq update" ]
    [[ $(sed -n 2p log) == "apt-get install "* ]]
}

@test "install-deps: macOS by brew" {
    machine Darwin
    stub cc 'exit 0'
    stub make 'exit 0'
    stub brew 'case $1 in --prefix) echo /nowhere ;; *) echo "brew $*" >>log ;; esac'
    deps
    [ "$status" -eq 0 ]
    [[ $(cat log) == "brew install git pkg-config curl cjson pcre2 sqlite openssl@3 libmicrohttpd libgit2 gnuplot"* ]]
}

@test "scripts refuse options they do not know, exit 2" {
    run -2 "$TOP/scripts/install-deps.sh" --no-such-option
    run -2 "$TOP/scripts/test.sh" --no-such-option
}

# ---- documents ----------------------------------------------------------------------------------

@test "every file that the documents link to or name in a tour is there" {
    cd "$TOP"
    for doc in README.md CONTRIBUTING.md docs/ARCHITECTURE.md; do
        {
            grep -oE '\]\([^)#]+\)' "$doc" | sed 's/^](//; s/)$//' | grep -v '^https*:' |
                sed "s|^|$(dirname "$doc")/|"
            grep -oE '`(harness|datasets|splitters|metrics|plots|configs|scripts|tests|docs)/[A-Za-z0-9_./-]*`' "$doc" | tr -d '`' | grep -v NAME
        } | sort -u | while read -r path; do
            [ -e "$path" ] || { echo "$doc names $path, which is not there"; exit 1; }
        done
    done
}

@test "the lists that CONTRIBUTING.md names are in the code" {
    cd "$TOP"
    grep -oE '`[a-z_]+_all\[\]`' CONTRIBUTING.md | tr -d '`[]' | sort -u >"$BATS_TEST_TMPDIR/lists"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/lists")" -ge 4 ]
    while read -r list; do
        grep -rqE "const $list\[\] = |\b$list\[\] = " --include='*.c' harness datasets splitters metrics plots ||
            { echo "no list $list"; return 1; }
    done <"$BATS_TEST_TMPDIR/lists"
}

@test "the README's example configuration is one, and its keys are known" {
    sed -n '/^```json/,/^```/{/^```/d;p;}' "$TOP/README.md" >blocks
    awk '/^}/ { print > "first.json"; exit } { print > "first.json" }' blocks
    run -0 "$PROGRAM" plan first.json
    [[ $output == *sleep_time* || $output == *tasks* ]]
    server=$(grep '"base_url"' blocks)
    printf '{"name":"x","models":[%s],"limit":2}' "$server" >second.json
    run -0 "$PROGRAM" plan second.json
    [[ $output == *my-model* ]]
}

@test "the exit codes of README.md are those of the program's help" {
    for code in 0 1 2 3 4; do
        grep -qE "(^|[ ·])$code [a-z]" <(grep '^Exit codes:' -A 1 "$TOP/README.md")
        grep -qE "(^|[ ,])$code [a-z]" <("$PROGRAM" --help | grep '^exit codes:' -A 1)
    done
}
