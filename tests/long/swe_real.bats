#!/usr/bin/env bats
# swe_real.bats - SWE-Features tasks of real clones: the yields that docs/SWE.md tells, the paper's
# pull requests, an independent reference; and a long history in bounded time and memory.
#
# SLEEPBENCH_REPOS names a directory with clones of Aider-AI/aider (with refs/pull) and
# Comfy-Org/ComfyUI, called aider and ComfyUI; the history behind the two commits is not looked at.

load ../cli/helpers

AIDER=5dc9490bb35f9729ef2c95d00a19ccd30c26339c
COMFY=a125cd84b054a57729b5eecab930ca9408719832

setup() {
    paths
    GEN=("$PROGRAM" data generate swe-features)
}

repos() {
    [ -n "${SLEEPBENCH_REPOS:-}" ] || skip "set SLEEPBENCH_REPOS"
}

# yields COMMIT NAME [options]: the table as JSON lines in yields.jsonl, tasks and pairs beside it
yields() {
    local commit=$1 name=$2
    shift 2
    "${GEN[@]}" --repo "x=$SLEEPBENCH_REPOS/$name" --branch "$commit" --json --patch-bytes 0 \
        --out tasks.jsonl --pairs pairs.jsonl "$@" 2>yields.jsonl
}

# line KIND NUMBERS: of the table, in the order of its columns
line() {
    python3 - "$1" "$2" <<'PY'
import json, sys
for text in open("yields.jsonl"):
    row = json.loads(text) if text.startswith("{") else {}
    if row.get("kind") == sys.argv[1] and "candidates" in row and "tasks" in row:
        got = " ".join(str(v) for k, v in row.items() if k != "kind" and v is not None)
        sys.exit(got != sys.argv[2] and f"{sys.argv[1]}: {got}")
sys.exit("no such line")
PY
}

no_prefixes() {
    python3 - "$TOP/datasets/swe_words.json" <<'PY'
import json, sys
words = json.load(open(sys.argv[1]))
words["rejected_prefixes"] = []
json.dump(words, open("words.json", "w"))
PY
}

@test "aider: yields of the main branch" {
    repos
    no_prefixes
    yields $AIDER aider --words words.json
    line merge "283 283 283 39 36 34 34 13 5"
    line squash "1 1 1 0 0 0 0 0 0"
    line manual "1 1 1 0 0 0 0 0 0"
    line all "285 285 285 39 36 34 34 13 10 5"
    yields $AIDER aider --words words.json --similarity 0.15
    line all "285 285 285 39 36 34 34 13 8 8"
    yields $AIDER aider
    line all "285 285 285 39 36 34 34 12 9 5"
    python3 "$TOP/scripts/reference/swe_check.py" "$SLEEPBENCH_REPOS/aider" tasks.jsonl pairs.jsonl --branch $AIDER
}

@test "aider: yields of refs/pull" {
    repos
    yields $AIDER aider --pull-refs
    line pull_ref "729 718 717 210 170 157 156 93 75"
    python3 "$TOP/scripts/reference/swe_check.py" "$SLEEPBENCH_REPOS/aider" tasks.jsonl pairs.jsonl --branch $AIDER --pull-refs
}

@test "ComfyUI: yields" {
    repos
    yields $COMFY ComfyUI
    line merge "2 2 2 1 1 1 1 0 0"
    line manual "203 203 203 26 20 20 20 0 0"
    line squash "1126 1126 1126 207 141 135 135 93 68"
    line all "1331 1331 1331 234 162 156 156 93 48 68"
    python3 "$TOP/scripts/reference/swe_check.py" "$SLEEPBENCH_REPOS/ComfyUI" tasks.jsonl pairs.jsonl --branch $COMFY
    yields $COMFY ComfyUI --similarity 0.25
    line all "1331 1331 1331 234 162 156 156 93 59 54"
}

@test "the 23 identified pull requests are what the clones say" {
    repos
    [ -n "${SLEEPBENCH_DATA:-}" ] || skip "set SLEEPBENCH_DATA"
    python3 - "$SLEEPBENCH_DATA/swe_features/swe_features_identified.json" <<'PY'
import json, sys
with open("rows.jsonl", "w") as out:
    for row in json.load(open(sys.argv[1]))["identified"]:
        out.write(json.dumps(row) + "\n")
PY
    run -0 --separate-stderr "${GEN[@]}" --rows rows.jsonl --json --out out.jsonl \
        --repo "aider=$SLEEPBENCH_REPOS/aider" --repo "ComfyUI=$SLEEPBENCH_REPOS/ComfyUI"
    [ "$(grep -c '"base":"ok","files_at_base":"ok","files":"equal"' <<<"$stderr")" = 23 ]
}

@test "20,000 commits in 30 s and 400 MB" {
    [ -x /usr/bin/time ] || skip "needs /usr/bin/time"
    git init -q --bare big
    python3 - <<'PY' | git -C big fast-import --quiet
names = [f"src/mod{i % 40}/file{i}.py" for i in range(2000)]
def file(name, text):
    print(f"M 100644 inline {name}\ndata <<E\n{text}\nE")
print("commit refs/heads/main\nmark :1\ncommitter A <a@b> 1500000000 +0000\ndata 6\nstart\n")
for name in names:
    file(name, f"print('{name}')")
for i in range(2, 20001):
    subject = f"Add feature {i} of part {i % 97} (#{i})" if i % 3 else f"Tidy {i}"
    print(f"commit refs/heads/main\nmark :{i}\ncommitter A <a@b> {1500000000 + i * 60} +0000")
    print(f"data <<E\n{subject}\nE\nfrom :{i - 1}")
    for k in range(1 + i % 6):
        name = names[(i * 7 + k * 13) % 2000]
        file(name, f"print('{name}')\nline {i}")
PY
    /usr/bin/time -f "%U %M" -o cost "${GEN[@]}" --repo big --branch main --min-modified 6 --out tasks.jsonl
    read -r seconds kilobytes <cost
    echo "$seconds s of one core, $kilobytes KB, $(wc -l <tasks.jsonl) tasks"
    [ "${seconds%.*}" -lt 30 ]
    [ "$kilobytes" -lt 400000 ]
    [ "$(wc -l <tasks.jsonl)" -gt 1000 ]
}
