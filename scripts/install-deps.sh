#!/bin/sh
# install-deps.sh - installs what the program needs, and nothing that is already there.
#
#     scripts/install-deps.sh            what building and running need
#     scripts/install-deps.sh --tests    that, and what the tests and gates need
#     scripts/install-deps.sh --fuzz     that, and what `make fuzz` needs
#     scripts/install-deps.sh --list     only says what is missing (exit 1 if anything is)
#
# Debian and Ubuntu by apt-get, macOS by brew. Says what it installs first. Without root it uses
# sudo where that asks for no password; otherwise it prints the command to type and exits 1.
set -eu

groups=build
list_only=
for arg in "$@"; do
    case $arg in
    --tests) groups="$groups tests" ;;
    --fuzz) groups="$groups tests fuzz" ;;
    --list) list_only=1 ;;
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"
        exit 0
        ;;
    *)
        echo "install-deps: unknown option $arg (--tests, --fuzz, --list)" >&2
        exit 2
        ;;
    esac
done

# One need a line: group, how to see that it is there, Debian package, brew formula.
# How: cmd:NAME a program, pc:NAME a pkg-config module, hdr:NAME a C header, lnk:NAME a sanitizer that
# clang can link, pkg: ask the package manager. "-" means that the system has it or needs none.
needs() {
    cat <<'TABLE'
build cmd:cc                gcc                  -
build hdr:stdio.h           libc6-dev            -
build cmd:make              make                 -
build cmd:git               git                  git
build cmd:pkg-config        pkg-config           pkg-config
build pc:libcurl            libcurl4-openssl-dev curl
build pc:libcjson           libcjson-dev         cjson
build pc:libpcre2-8         libpcre2-dev         pcre2
build pc:sqlite3            libsqlite3-dev       sqlite
build pc:libcrypto          libssl-dev           openssl@3
build pc:libmicrohttpd      libmicrohttpd-dev    libmicrohttpd
build pc:libgit2           libgit2-dev          libgit2
build pc:zlib              zlib1g-dev           -
build cmd:gnuplot           gnuplot-nox          gnuplot
build pkg:                  fonts-dejavu-core    -
build pkg:                  ca-certificates      -
tests pc:cmocka             libcmocka-dev        cmocka
tests cmd:bats              bats                 bats-core
tests cmd:clang-format      clang-format         clang-format
tests cmd:clang-tidy        clang-tidy           llvm
tests cmd:cppcheck          cppcheck             cppcheck
tests cmd:pmccabe           pmccabe              pmccabe
tests cmd:gcovr             gcovr                gcovr
tests cmd:python3           python3              python3
fuzz  cmd:clang             clang                -
fuzz  lnk:fuzzer            libclang-rt-dev      -
TABLE
}

# Keg-only formulas are found by pkg-config only with their own paths.
if [ "$(uname -s)" = Darwin ] && command -v brew >/dev/null 2>&1; then
    for keg in curl sqlite openssl@3; do
        PKG_CONFIG_PATH="$(brew --prefix)/opt/$keg/lib/pkgconfig:${PKG_CONFIG_PATH:-}"
    done
    export PKG_CONFIG_PATH
fi

header_there() {
    command -v cc >/dev/null 2>&1 && echo "#include <$1>" | cc -E -x c - >/dev/null 2>&1
}

sanitizer_there() {
    echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p && n; }' |
        clang "-fsanitize=$1" -x c -o /dev/null - 2>/dev/null
}

is_there() { # how package
    case $1 in
    cmd:*) command -v "${1#cmd:}" >/dev/null 2>&1 ;;
    pc:*) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "${1#pc:}" ;;
    hdr:*) header_there "${1#hdr:}" ;;
    lnk:*) sanitizer_there "${1#lnk:}" ;;
    *) dpkg-query -W -f='${Status}' "$2" 2>/dev/null | grep -q '^install ok installed$' ;;
    esac
}

missing() { # column: 3 apt, 4 brew
    needs | while read -r group how apt brew; do
        name=$apt
        [ "$1" = 4 ] && name=$brew
        [ "$name" = - ] && continue
        case " $groups " in
        *" $group "*) is_there "$how" "$name" || printf '%s ' "$name" ;;
        esac
    done
}

# Runs a command as root, or says how to.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 77
    fi
}

by_hand() {
    echo "install-deps: this needs root, and sudo would ask for a password. Type:" >&2
    echo "    $1" >&2
    exit 1
}

# True if the package lists know every name; a fresh machine or image has none.
lists_known() {
    for name in "$@"; do
        apt-cache policy "$name" 2>/dev/null | grep -q 'Candidate: [^(]' || return 1
    done
}

apt_install() {
    command="apt-get install -y --no-install-recommends $*"
    as_root true || by_hand "sudo sh -c 'apt-get update && $command'"
    updated=
    if ! lists_known "$@"; then
        echo "install-deps: the package lists are empty or old: apt-get update"
        as_root apt-get -qq update
        updated=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive $command && return
    [ -n "$updated" ] && return 1
    echo "install-deps: that failed; once more with fresh package lists"
    as_root apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive $command
}

if [ "$(uname -s)" = Darwin ]; then
    command -v cc >/dev/null 2>&1 && cc --version >/dev/null 2>&1 || {
        echo "install-deps: no C compiler. Type: xcode-select --install" >&2
        exit 1
    }
    command -v brew >/dev/null 2>&1 || {
        echo "install-deps: macOS needs Homebrew (https://brew.sh) for: $(missing 4)" >&2
        exit 1
    }
    wanted=$(missing 4)
elif command -v apt-get >/dev/null 2>&1; then
    wanted=$(missing 3)
else
    echo "install-deps: no apt-get and no brew here. Install what Debian calls: $(missing 3)" >&2
    exit 1
fi

if [ -z "$wanted" ]; then
    echo "install-deps: everything is there ($groups)"
    exit 0
fi
if [ -n "$list_only" ]; then
    echo "install-deps: missing: $wanted"
    exit 1
fi
echo "install-deps: installing: $wanted"
if [ "$(uname -s)" = Darwin ]; then
    brew install $wanted
else
    apt_install $wanted
fi
