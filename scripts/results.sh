#!/bin/sh
# results.sh - makes the top-level RESULTS.md from a new demo run (`make results`).
#
# The demo runs in a directory of its own, so that a run under runs/ is left alone. What the report
# links to goes to docs/figures/ and docs/tables/, and its links are turned there.
set -eu

cd "$(dirname "$0")/.."
program=$(cd "${B:-build/release}" && pwd)/sleepbench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

(cd "$work" && "$program" demo)
made=$work/runs/demo
rm -rf docs/figures docs/tables
mkdir -p docs/figures docs/tables
grep -oE '\((figures|tables)/[A-Za-z0-9._-]+\)' "$made/RESULTS.md" | tr -d '()' | sort -u |
    while read -r link; do
        cp "$made/$link" "docs/$link"
    done
sed -E 's#\((figures|tables)/#(docs/\1/#g' "$made/RESULTS.md" >RESULTS.md
echo "results: RESULTS.md and $(find docs/figures docs/tables -type f | wc -l) files beside it in docs/"
