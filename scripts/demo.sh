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

echo
echo "The demo is done. RESULTS.md is the report; start there. All of it:"
ls -1 runs/demo/RESULTS.md runs/demo/figures/*
cat <<END
The model was the embedded phantom: these numbers test the instrument and say nothing about any
language model. README.md tells how to name a real one.
END
