#!/usr/bin/env bats
# docs_providers.bats - the commands of docs/PROVIDERS.md do what the page says, in order, offline.

load helpers

setup() { paths; }

blocks() { awk '$0 == "```sh tested" {inside = 1; next} /^```$/ {inside = 0} inside' "$TOP/docs/PROVIDERS.md"; }

@test "the tested blocks run, from an empty directory" {
    mkdir bin
    ln -s "$PROGRAM" bin/sleepbench
    { echo 'set -euo pipefail'; blocks; } >page.sh
    run -0 env PATH="$PWD/bin:$PATH" bash page.sh
    [[ $output == *"forced:16,16,16,16,16,10,"* ]]
    [[ $output == *"budget forcing"* && $output == *"1 model rows, nothing wrong with them"* ]]
    [ "$(db score 'SELECT count(*) FROM likelihood')" = 10 ]
    diff -r runs/forced/tables runs/again/tables
}

@test "every shell block is run, and pages that are named are there" {
    local page
    [ "$(grep -c '^```sh' "$TOP/docs/PROVIDERS.md")" -eq "$(grep -c '^```sh tested$' "$TOP/docs/PROVIDERS.md")" ]
    while read -r page; do
        [ -e "$TOP/docs/$page" ] || { echo "no docs/$page"; return 1; }
    done < <(grep -oE '\]\([A-Za-z_.]+\.(md|json)\)' "$TOP/docs/PROVIDERS.md" | tr -d '](' | tr -d ')' | sort -u)
}
