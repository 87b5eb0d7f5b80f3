# repo_real.bats - real clones: candidates, bases and changed files of their whole history are git's.
#
# SLEEPBENCH_REPOS names a directory with clones `aider` and `ComfyUI` (bare or not, with refs/pull
# for the rows that need them) that hold the commits named in swe_features_identified.json.

load ../cli/helpers

setup() {
    paths
    [ -n "${SLEEPBENCH_REPOS:-}" ] || skip "set SLEEPBENCH_REPOS (clones: aider, ComfyUI)"
    [ -n "${SLEEPBENCH_DATA:-}" ] || skip "set SLEEPBENCH_DATA (the commits to start from)"
    PROBE=$B/tests/mock/repo_probe
    FACTS=$SLEEPBENCH_DATA/swe_features/swe_features_identified.json
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
}

# real WORD REPO [more]: runs repo_real.py on a clone from the commit at which the facts were taken.
real() {
    local word=$1 name=$2 start
    shift 2
    [ -e "$SLEEPBENCH_REPOS/$name" ] || skip "no $name in $SLEEPBENCH_REPOS"
    start=$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["snapshot"][sys.argv[2]]["head"])' "$FACTS" "$name")
    run python3 "$TOP/tests/long/repo_real.py" "$word" "$PROBE" "$SLEEPBENCH_REPOS/$name" "$start" "$@"
    sed 's/^/# /' <<<"$output" >&3
    [ "$status" -eq 0 ]
}

@test "aider: every candidate, base and text is what git log and git merge-base say" {
    real walk aider
}

@test "ComfyUI: every candidate, base and text is what git log and git merge-base say" {
    real walk ComfyUI
}

@test "aider: changed files of every candidate are git's, yields those of DATASETS.md C3" {
    real files aider aider
}

@test "ComfyUI: changed files of every candidate are git's, yields those of DATASETS.md C3" {
    real files ComfyUI ComfyUI
}

@test "aider: the identified pull requests have their bases, titles and files" {
    real given aider "$FACTS" aider
}

@test "ComfyUI: the identified pull requests have their bases and files" {
    real given ComfyUI "$FACTS" ComfyUI
}

@test "aider: the whole history and all diffs in 30 s and 400 MiB" {
    real cost aider
}

@test "ComfyUI: the whole history and all diffs in 30 s and 400 MiB" {
    real cost ComfyUI
}
