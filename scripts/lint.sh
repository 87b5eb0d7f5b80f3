#!/bin/sh
# lint.sh - layout, cppcheck and clang-tidy over the files it is given (`make lint` gives all).
#
#     scripts/lint.sh "COMPILER FLAGS" FILE...
#
# LINT_CHANGED=1 looks only at files that differ from HEAD, LINT_CHANGED=REV from another revision.
# LINT_JOBS is the number of clang-tidy processes (2). Layout and findings are those of version 14 of
# the clang tools, as in Debian 12; other versions disagree in places, so theirs are shown, not fatal.
set -eu

cd "$(dirname "$0")/.."
flags=$1
shift
version=14

for tool in clang-format clang-tidy cppcheck; do
    command -v $tool >/dev/null || {
        echo "lint: $tool is missing. Run scripts/install-deps.sh --tests" >&2
        exit 1
    }
done

if [ -n "${LINT_CHANGED:-}" ]; then
    revision=$LINT_CHANGED
    [ "$revision" = 1 ] && revision=HEAD
    changed=" $({ git diff --name-only "$revision" && git ls-files -o --exclude-standard; } | tr '\n' ' ') "
    n=$#
    for file in "$@"; do
        case $changed in
        *" $file "*) set -- "$@" "$file" ;;
        esac
    done
    shift "$n"
fi
if [ $# = 0 ]; then
    echo "lint: no file changed"
    exit 0
fi

is_ours() { # tool: is it the version that decides?
    "$1" --version | grep -q "version $version\\."
}

failed=
fail() { # tool
    if [ "$1" = cppcheck ] || is_ours "$1"; then
        failed="$failed $1"
    else
        echo "lint: $1 is not version $version: the above is advice"
    fi
}

clang-format --dry-run -Werror "$@" || fail clang-format

sources=
for file in "$@"; do
    case $file in
    *.c) sources="$sources $file" ;;
    esac
done

if [ -n "$sources" ]; then
    # Suppressed: what depends on the callers of a library, and cmocka's and gcc's own macros.
    cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
        --inline-suppr --suppress=missingIncludeSystem --suppress=unknownMacro \
        --suppress=normalCheckLevelMaxBranches --suppress=checkLevelNormal \
        -j "${LINT_JOBS:-2}" -I. -D_GNU_SOURCE $sources || fail cppcheck

    # The path-sensitive analyzer gets a bound (a tenth of its own: the last nine found nothing and
    # took most of the time) and leaves the tests alone.
    printf '%s\n' $sources | LINT_FLAGS=$flags xargs -P "${LINT_JOBS:-2}" -n 1 sh -c '
        case $1 in
        tests/*) how=--checks=-clang-analyzer-* ;;
        *) how="--extra-arg=-Xclang --extra-arg=-analyzer-config \
            --extra-arg=-Xclang --extra-arg=max-nodes=25000" ;;
        esac
        out=$(clang-tidy --quiet $how "$1" -- $LINT_FLAGS 2>/dev/null) && exit 0
        printf "%s\n" "$out"
        exit 1' lint || fail clang-tidy
fi

if [ -n "$failed" ]; then
    echo "lint: complaints from$failed" >&2
    exit 1
fi
echo "lint: $# files clean"
