#!/bin/sh
# size.sh - functions and files stay small enough to read.
#
#     scripts/size.sh FILE...        prints every breach, exit 1 if there is one
#
# Limits: a function has at most 80 lines and a McCabe complexity of 15 (pmccabe's first column, a
# switch counts once), a file at most 600 lines. scripts/size-exceptions.txt lists, with a reason,
# what may be larger; an exception that is no longer needed is a breach too.
set -eu

cd "$(dirname "$0")/.."
command -v pmccabe >/dev/null || {
    echo "size: pmccabe is missing. Run scripts/install-deps.sh --tests" >&2
    exit 1
}

# A line from pmccabe: complexity, same with cases counted, statements, first line, lines, where.
{
    pmccabe "$@"
    wc -l "$@" | awk '$2 != "total" { print "file\t" $1 "\t" $2 }'
} | awk -F '\t' -v exceptions=scripts/size-exceptions.txt '
function breach(key, text) {
    if (key in excused) { used[key] = 1; return }
    print text
    bad++
}
BEGIN {
    while ((getline line < exceptions) > 0) {
        if (line ~ /^(#|$)/)
            continue
        split(line, word, " ")
        excused[word[1]] = 1
        if (word[2] == "") {
            print exceptions ": " word[1] " has no reason"
            bad++
        }
    }
}
$1 == "file" {
    files++
    if ($2 > 600)
        breach($3, $3 ": " $2 " lines in the file (600 at most)")
    next
}
NF >= 6 {
    functions++
    path = name = $6
    sub(/\([0-9]+\):.*/, "", path)
    sub(/^.*\): /, "", name)
    where = path ":" $4 ": " name ": "
    if ($5 > 80)
        breach(path ":" name, where $5 " lines in the function (80 at most)")
    if ($1 > 15)
        breach(path ":" name, where "complexity " $1 " (15 at most)")
    if ($5 > 40)
        long++
}
END {
    for (key in excused)
        if (!(key in used)) {
            print exceptions ": " key " is no longer too large: take the line away"
            bad++
        }
    if (bad) {
        print "size: " bad " breaches" > "/dev/stderr"
        exit 1
    }
    print "size: " functions " functions in " files " files, " long + 0 " longer than 40 lines, none too large"
}'
