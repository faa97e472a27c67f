#!/bin/sh
# Puts in place what a machine lacks, and does nothing where nothing is missing.
#
#   setup.sh build                a C linker and libpcap, without which nothing links
#   setup.sh compare              tcpdump, tshark, nc and tcptrace, which some tests compare against; best effort, never fails
#   setup.sh component CMD NAME   checks that `cargo CMD` is there (rustup component NAME)
#   setup.sh fuzz                 cargo-fuzz; libFuzzer, which it builds, needs a C++ compiler
set -eu

scripts=$(dirname "$0")

say() { printf 'setup: %s\n' "$*" >&2; }

fail() {
    printf 'setup: %s\n  try: %s\n' "$1" "$2" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Compiles and links a C program from standard input; "$@" are further arguments of the linker.
links() {
    for cc in ${CC:-} cc gcc clang; do
        have "$cc" || continue
        work=$(mktemp -d)
        status=0
        "$cc" -x c - -o "$work/probe" ${LIBPCAP_LIBDIR:+"-L$LIBPCAP_LIBDIR"} "$@" >/dev/null 2>&1 || status=$?
        rm -rf "$work"
        return "$status"
    done
    return 1
}

# With its headers: the sources of zstd, xz and jemalloc are compiled, too.
have_linker() { printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' | links; }

# The Rust side declares libpcap's functions itself: the library counts, not its headers.
have_libpcap() {
    echo 'const char *pcap_lib_version(void); int main(void) { return pcap_lib_version() == 0; }' | links -lpcap
}

manager() {
    for name in apt-get dnf pacman apk zypper brew; do
        if have "$name"; then
            echo "$name"
            return
        fi
    done
}

# Installs packages by their names in the package manager $1. Lists are fetched only when the first try fails.
install() {
    with=$1
    shift
    say "installing $* ($with)"
    case $with in
        apt-get)
            apt="$scripts/as-root.sh env DEBIAN_FRONTEND=noninteractive apt-get"
            $apt install -y --no-install-recommends "$@" </dev/null ||
                { $apt update </dev/null && $apt install -y --no-install-recommends "$@" </dev/null; }
            ;;
        dnf) "$scripts/as-root.sh" dnf install -y "$@" </dev/null ;;
        pacman)
            "$scripts/as-root.sh" pacman -S --needed --noconfirm "$@" </dev/null ||
                "$scripts/as-root.sh" pacman -Sy --needed --noconfirm "$@" </dev/null
            ;;
        apk) "$scripts/as-root.sh" apk add --no-cache "$@" </dev/null ;;
        zypper) "$scripts/as-root.sh" zypper --non-interactive install "$@" </dev/null ;;
        brew) brew install "$@" </dev/null ;;
    esac
}

linker_packages() {
    case $1 in
        apt-get) echo gcc libc6-dev ;;
        dnf | pacman) echo gcc ;;
        apk) echo gcc musl-dev ;;
        zypper) echo gcc glibc-devel ;;
    esac
}

libpcap_packages() {
    case $1 in
        apt-get | apk) echo libpcap-dev ;;
        dnf | zypper) echo libpcap-devel ;;
        pacman | brew) echo libpcap ;;
    esac
}

compare_packages() {
    case $1 in
        apt-get) echo tcpdump tshark netcat-openbsd ;;
        dnf) echo tcpdump wireshark-cli nmap-ncat ;;
        pacman) echo tcpdump wireshark-cli openbsd-netcat ;;
        apk) echo tcpdump tshark netcat-openbsd ;;
        zypper) echo tcpdump wireshark netcat-openbsd ;;
    esac
}

build() {
    have cargo || fail 'cargo: not found' 'install Rust from https://rustup.rs, then run make again'
    with=$(manager)
    if ! have_linker; then
        # Rust links through the C compiler.
        packages=$(linker_packages "$with")
        [ "$with" != brew ] || fail 'no C linker' 'xcode-select --install'
        [ -n "$packages" ] || fail 'no C linker, and no package manager known here' 'install a C compiler (package gcc or clang)'
        # shellcheck disable=SC2086 # one word each
        install "$with" $packages || fail "no C linker, and $with could not install it" "install the package: $packages"
        have_linker || fail 'still no C linker' "look at the messages of $with above"
    fi
    if ! have_libpcap; then
        packages=$(libpcap_packages "$with")
        [ -n "$packages" ] ||
            fail 'libpcap is missing, and no package manager known here' 'install libpcap with its development files (often libpcap-dev or libpcap-devel)'
        install "$with" "$packages" || fail "libpcap is missing, and $with could not install it" "install the package: $packages"
        have_libpcap ||
            fail 'libpcap is installed, but the linker does not find it' 'set LIBPCAP_LIBDIR to the folder that holds it, then run make again'
    fi
}

compare() {
    with=$(manager)
    for tool in tcpdump tshark nc; do
        have "$tool" && continue
        packages=$(compare_packages "$with")
        # shellcheck disable=SC2086 # one word each
        { [ -n "$packages" ] && install "$with" $packages; } ||
            say "without $tool: the tests that compare against it are skipped"
        break
    done
}

# Few systems still offer tcptrace, so it is asked for by itself.
compare_tcptrace() {
    have tcptrace && return
    with=$(manager)
    case $with in
        apt-get | brew) install "$with" tcptrace || say 'without tcptrace: the test that compares against it is skipped' ;;
        *) say 'tcptrace is not offered here: the test that compares against it is skipped' ;;
    esac
}

fuzz() {
    have c++ || have g++ || have clang++ ||
        fail 'no C++ compiler, which libFuzzer is built with' 'install a C++ compiler (package g++ or clang)'
    cargo fuzz --version >/dev/null 2>&1 && return
    say 'installing cargo-fuzz'
    cargo install --locked cargo-fuzz || fail 'cargo fuzz: not found' 'cargo install --locked cargo-fuzz'
}

component() {
    cargo "$1" --version >/dev/null 2>&1 || fail "cargo $1: not found" "rustup component add $2"
}

case ${1:-build} in
    build) build ;;
    compare)
        compare
        compare_tcptrace
        ;;
    component) component "$2" "$3" ;;
    fuzz) fuzz ;;
    *) fail "$1: no such part" 'setup.sh build | compare | component CMD NAME | fuzz' ;;
esac
