#!/usr/bin/env bats
# fresh.bats - the README's two commands on a machine that has nothing but git.
#
# Makes a minimal Debian 12 in a temporary directory with debootstrap, clones this repository's HEAD
# into it, at a path with a blank, and runs scripts/demo.sh and scripts/test.sh there. It needs root,
# debootstrap, a package mirror and some ten minutes, so it runs only with SLEEPBENCH_FRESH=1.
# SLEEPBENCH_MIRROR names another mirror; this machine's own apt settings are used inside.

bats_require_minimum_version 1.5.0

reason_to_skip() {
    [ "${SLEEPBENCH_FRESH:-}" = 1 ] || { echo "set SLEEPBENCH_FRESH=1 (ten minutes, root)"; return; }
    [ "$(id -u)" = 0 ] || { echo "a chroot needs root"; return; }
    command -v debootstrap >/dev/null || echo "debootstrap is not installed"
}

setup_file() {
    [ -z "$(reason_to_skip)" ] || return 0
    TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    ROOT=$(mktemp -d)
    export TOP ROOT
    debootstrap --variant=minbase bookworm "$ROOT" "${SLEEPBENCH_MIRROR:-http://deb.debian.org/debian}" >/dev/null
    cp -R /etc/apt/apt.conf.d /etc/apt/sources.list.d "$ROOT/etc/apt/"
    mount -t proc proc "$ROOT/proc"
    mount --bind /dev "$ROOT/dev"
    chroot "$ROOT" apt-get -qq update
    inside apt-get -qq install -y --no-install-recommends git >/dev/null
    git clone -q --bare "$TOP" "$ROOT/root/source.git"
    inside git clone -q /root/source.git "/root/a clone"
}

teardown_file() {
    [ -n "${ROOT:-}" ] || return 0
    umount "$ROOT/dev" "$ROOT/proc"
    rm -rf --one-file-system "$ROOT"
}

setup() {
    local reason
    reason=$(reason_to_skip)
    [ -z "$reason" ] || skip "$reason"
}

# An environment like a new login's: nothing of this machine's leaks in.
inside() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb DEBIAN_FRONTEND=noninteractive \
        chroot "$ROOT" "$@"
}

@test "scripts/demo.sh ends in five minutes, installation included, with figures and a report" {
    SECONDS=0
    inside "/root/a clone/scripts/demo.sh"
    [ "$SECONDS" -lt 300 ]
    demo="$ROOT/root/a clone/runs/demo"
    for figure in 3 5 7 21; do
        [ -s "$demo/figures/figure_$figure.svg" ]
        [ -s "$demo/figures/figure_$figure.png" ]
        [ -s "$demo/figures/figure_$figure.csv" ]
    done
    grep -qi simulated "$demo/RESULTS.md"
    [ "$(ls "$demo"/tables/*.csv | wc -l)" -ge 5 ]
}

@test "what is there is not installed again, and no network is asked for" {
    run -0 unshare --net chroot "$ROOT" "/root/a clone/scripts/install-deps.sh"
    [[ $output == *"everything is there"* ]]
}

@test "scripts/test.sh passes" {
    inside "/root/a clone/scripts/test.sh"
}
