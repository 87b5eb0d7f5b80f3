#!/bin/sh
# results.sh - makes the top-level RESULTS.md from a new demo run (`make results`).
#
# The demo runs in a directory of its own, so that a run under runs/ is left alone. Figures and
# their data files go to docs/figures/, and the report's links are turned to them.
set -eu

cd "$(dirname "$0")/.."
top=$(pwd)
program=$top/${B:-build/release}/sleepbench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

(cd "$work" && "$program" demo)
made=$work/runs/demo
mkdir -p docs/figures
rm -f docs/figures/*
grep -o '(figures/[A-Za-z0-9._-]*)' "$made/RESULTS.md" | tr -d '()' | sort -u |
    while read -r link; do
        cp "$made/$link" docs/figures/
    done
sed 's|(figures/|(docs/figures/|g' "$made/RESULTS.md" >RESULTS.md
echo "results: RESULTS.md and $(find docs/figures -type f | wc -l) files in docs/figures"
