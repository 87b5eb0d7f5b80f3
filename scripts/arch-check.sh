#!/bin/sh
# arch-check.sh - the rules of docs/ARCHITECTURE.md that a compiler does not see.
#
#     scripts/arch-check.sh [ROOT]       prints "file:line: message" for each breach, exit 1 if any
#
# Rooms include only rooms below them, wrapped libraries stay in the file that wraps them, only
# harness/cli prints, file names tell what is inside: one pass of awk over all C files. And no
# command-line test has a line that cannot fail.
set -eu

root=${1:-$(dirname "$0")/..}
cd "$root"
files=$(find harness datasets splitters metrics plots tests scripts -name '*.[ch]' | LC_ALL=C sort)

# bats stops at a command that fails, but not at "! command", wherever that stands
if find tests -name '*.bats' -exec grep -nHE '^[[:space:]]+! ' {} + |
    sed 's/:[[:space:]]*!.*/: this line cannot fail a test: write "run ! command"/' | grep .; then
    exit 1
fi

# shellcheck disable=SC2086  # one word a file: the tree has no blanks in names
LC_ALL=C awk '
# ---- the tables ---------------------------------------------------------------------------------
function tables() {
    room("harness/base", 0, "")
    room("harness/config", 1, "harness/base")
    room("harness/net", 1, "harness/base")
    room("datasets", 2, "harness/base harness/config harness/net")
    room("splitters", 3, "harness/base datasets")
    room("harness/plan", 4, "harness/base harness/config harness/net datasets splitters")
    room("harness/provider", 5, "harness/base harness/config harness/net harness/plan")
    room("harness/store", 6, "harness/base harness/plan harness/provider")
    room("harness/run", 7, "harness/base harness/config harness/net datasets splitters " \
        "harness/plan harness/provider harness/store")
    room("metrics", 7, "harness/base harness/config harness/store")
    room("harness/phantom", 7, "harness/base harness/config datasets")
    room("plots", 8, "harness/base metrics")
    room("harness/view", 9, "harness/base harness/store metrics plots")
    room("harness/cli", 10, "*")
    room("harness", 11, "*")                       # main.c alone
    room("tests", 12, "*")                         # tests/* together
    room("scripts", 12, "harness/base")

    library("cJSON.h", "^harness/base/json\\.c$|^tests/bench/", "JSON goes through harness/base/json.h")
    library("pcre2", "^harness/base/regex\\.c$", "regular expressions go through harness/base/regex.h")
    library("openssl/", "^harness/base/digest\\.c$|^tests/", "digests go through harness/base/digest.h")
    library("sqlite3.h", "^harness/store/|^tests/", "the database is the business of harness/store")
    library("git2.h", "^datasets/repo[a-z_]*\\.[ch]$", "git is read through datasets/repo.h")
    library("zlib.h", "^harness/base/lines\\.c$", "compressed files are read through harness/base/lines.h")
    library("curl/", "^harness/net/|^tests/", "HTTP is the business of harness/net")
    library("microhttpd.h", "^harness/(phantom|view)/", "only harness/phantom and harness/view serve HTTP")
}
function room(name, n, list) { level[name] = n; may[name] = " " list " " }
function library(name, where, text) { lib[++libs] = name; lib_where[libs] = where; lib_text[libs] = text }

# ---- helpers ------------------------------------------------------------------------------------
function say(text) { say_at(FILENAME, FNR, text) }
function say_at(file, line, text) { printf "%s:%d: %s\n", file, line, text; bad++ }
function dir_of(path) { sub(/\/[^\/]*$/, "", path); return path }
function room_of(path) { return path ~ /^tests\// ? "tests" : dir_of(path) }
function name_of(path) { sub(/^.*\//, "", path); return path }

# The line without comments and with empty string literals.
function code_of(s,    out, two) {
    out = ""
    while (s != "") {
        if (in_comment) {
            if (!match(s, /\*\//))
                return out
            s = substr(s, RSTART + 2)
            in_comment = 0
        } else if (match(s, /["\047]|\/\*|\/\//)) {
            out = out substr(s, 1, RSTART - 1)
            s = substr(s, RSTART)
            two = substr(s, 1, 2)
            if (two == "/*") {
                in_comment = 1
                s = substr(s, 3)
            } else if (two == "//") {
                say("comments are written /* */")
                return out
            } else if (match(s, /^"([^"\\]|\\.)*"/) || match(s, /^\047([^\047\\]|\\.)*\047/)) {
                out = out "\"\""
                s = substr(s, RLENGTH + 1)
            } else
                return out
        } else
            return out s
    }
    return out
}

function check_name(    stem, where) {
    where = dir_of(FILENAME)
    stem = name_of(FILENAME)
    sub(/\.[ch]$/, "", stem)
    if (stem in stem_dir && stem_dir[stem] != where)
        say("a file named " stem " is in " stem_dir[stem] " already: stems are unique in the tree")
    else
        stem_dir[stem] = where
    if (!(here in level))
        say("no room named " here ": add it to docs/ARCHITECTURE.md and to scripts/arch-check.sh")
}

# x.h, or a header x_*.h that several files of x share among themselves
function is_own(target, own) {
    sub(/\.h$/, "", own)
    return target == own ".h" || index(target, own "_") == 1
}

function check_quoted(target,    there, own) {
    own = FILENAME
    if (sub(/\.c$/, ".h", own) && own in known && !seen_include++ && !is_own(target, own))
        say("its own header " own " comes first")
    if (target !~ /\//) {
        say("\"" target "\": includes are written from the top of the tree")
        return
    }
    there = room_of(target)
    if (FILENAME ~ /\.h$/ && target in known)
        needs[FILENAME, ++need_count[FILENAME]] = target
    if (there == here || may[here] == " * ")
        return
    if (!(there in level))
        say("\"" target "\" is in no room")
    else if (index(may[here], " " there " ") == 0)
        say(here " (level " level[here] ") may not include " there " (level " level[there] ")")
}

function check_include(line,    target, i) {
    target = line
    sub(/^[^<"]*[<"]/, "", target)
    sub(/[>"].*$/, "", target)
    if (line ~ /"/)
        check_quoted(target)
    for (i = 1; i <= libs; i++)
        if (index(target, lib[i]) && target !~ /^harness\// && FILENAME !~ lib_where[i])
            say("<" target ">: " lib_text[i])
}

function check_code(code) {
    if (code ~ /(^|[^A-Za-z0-9_])s?rand(om)?\(/)
        say("randomness is a struct rng that is passed in (harness/base/rng.h)")
    if (quiet && code ~ /(^|[^A-Za-z0-9_])(stdout|stderr|v?printf\(|puts\(|putchar\(|perror\()/)
        say("only harness/cli prints: return an error or fill a buffer")
}

# Takes away headers that need nothing until none is left; what stays is in a cycle, or above one.
function check_cycles(    file, i, gone, again, free) {
    for (again = 1; again;) {
        again = 0
        for (file in header) {
            free = 1
            for (i = 1; i <= need_count[file]; i++)
                if (needs[file, i] in header)
                    free = 0
            if (free) {
                delete header[file]
                again = 1
            }
        }
    }
    for (file in header)
        say_at(file, 1, "this header includes itself by way of others")
}

# ---- the pass -----------------------------------------------------------------------------------
BEGIN {
    tables()
    for (i = 1; i < ARGC; i++)
        known[ARGV[i]] = 1
}
FNR == 1 {
    count++
    here = room_of(FILENAME)
    in_comment = seen_include = named = 0
    quiet = here !~ /^(harness|harness\/cli|scripts|tests)$/ && FILENAME != "harness/base/base.c"
    if (FILENAME ~ /\.h$/)
        header[FILENAME] = 1
    check_name()
    if ($0 !~ /^\/\*/)
        say("a file starts with a comment that names it and says what it owns")
    else
        named = 1
}
FNR <= 2 && named == 1 && index($0, name_of(FILENAME) " - ") { named = 2 }
FNR == 2 && named == 1 { say("the first comment starts with \"" name_of(FILENAME) " - \"") }
/^[ \t]*#[ \t]*include/ && !in_comment { check_include($0) }
{ check_code(code_of($0)) }
END {
    check_cycles()
    if (bad) {
        print "arch-check: " bad " breaches in " count " files" > "/dev/stderr"
        exit 1
    }
    print "arch-check: " count " files keep the ladder"
}
' $files
