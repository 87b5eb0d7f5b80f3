#!/usr/bin/env bash
# demo.sh - from a fresh clone to figures: installs what is missing, builds, runs the demo.
#
#     scripts/demo.sh [OPTIONS OF sleepbench demo]
set -euo pipefail

cd "$(dirname "$0")/.."
scripts/install-deps.sh
cores=$(nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
make -s -j "$cores"
build/release/sleepbench demo "$@"

cat <<END

The demo is done. Everything it made is in runs/demo/:
    runs/demo/RESULTS.md     the report; start here
    runs/demo/figures/       the figures (SVG, PNG) and the data behind each
The model was the embedded phantom: its numbers test the instrument and say nothing about any
language model. README.md tells how to name a real one.
END
