#!/bin/sh
# Installs what is missing of Debian's packages and, for the tests, of Python's.
# usage: setup.sh build | test      what the build and the demo need; what the tests need beside
set -eu
cd "$(dirname "$0")/.."

packages=""
want() { # want PACKAGE FILE-OR-COMMAND
    if [ -e "$2" ] || command -v "$2" >/dev/null 2>&1; then return; fi
    packages="$packages $1"
}

want_for_build() {
    want libsqlite3-dev /usr/include/sqlite3.h
    want sqlite3 sqlite3
    want gawk awk
    want musl-tools musl-gcc
    want curl curl
    want git git
}

want_for_tests() {
    want strace strace
    want eatmydata eatmydata
    want e2fsprogs /usr/sbin/mkfs.ext4
    want util-linux setpriv
    want systemd /lib/systemd/systemd
    want dpkg-dev dpkg-shlibdeps
    want gcc cc
    want procps pgrep
    want dbus dbus-daemon
    want libpam-systemd /usr/share/pam-configs/systemd
    # What the inventory's sources are tested against.
    want idzebra-2.0-utils zebrasrv
    want idzebra-2.0-common /usr/share/idzebra-2.0/tab
    want libidzebra-2.0-modules "/usr/lib/$(uname -m)-linux-gnu/idzebra-2.0/modules"
    want yaz yaz-ztest
    want libyaz-dev /usr/share/yaz/etc/pqf.properties
    want python3 python3
    # python3 -m venv needs it, and says so only when it is run.
    if ! python3 -c 'import ensurepip' 2>/dev/null; then packages="$packages python3-venv"; fi
}

install_packages() {
    [ -n "$packages" ] || return 0
    echo "installing:$packages"
    if [ "$(id -u)" -eq 0 ]; then root=""; else root=sudo; fi
    $root apt-get update -qq
    # shellcheck disable=SC2086 # a list of packages is a list of words
    DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $packages >/dev/null
}

# What tests need of Python, which Debian does not have: parsers and a tester of APIs.
install_python() {
    tools=.build-tools/python
    wanted="schemathesis==4.32.5 prometheus_client==0.26.0 openapi-spec-validator==0.9.0 pyyaml==6.0.4"
    [ "$(cat "$tools/installed" 2>/dev/null)" != "$wanted" ] || return 0
    echo "installing: $wanted"
    python3 -m venv "$tools"
    # shellcheck disable=SC2086 # a list of packages is a list of words
    "$tools/bin/pip" install --quiet --disable-pip-version-check $wanted
    echo "$wanted" >"$tools/installed"
}

want_for_build
[ "${1:-build}" = build ] || want_for_tests
install_packages
[ "${1:-build}" = build ] || install_python
