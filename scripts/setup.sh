#!/bin/sh
# Installs the Debian packages that the build and the tests need, as far as they are missing.
set -eu

packages=""
want() { # want PACKAGE FILE-OR-COMMAND
    if [ -e "$2" ] || command -v "$2" >/dev/null 2>&1; then return; fi
    packages="$packages $1"
}
want libsqlite3-dev /usr/include/sqlite3.h
want sqlite3 sqlite3
want gawk awk
want musl-tools musl-gcc
want curl curl
want strace strace
want eatmydata eatmydata
want e2fsprogs /usr/sbin/mkfs.ext4
want git git
# What the inventory's sources are tested against.
want idzebra-2.0-utils zebrasrv
want idzebra-2.0-common /usr/share/idzebra-2.0/tab
want libidzebra-2.0-modules "/usr/lib/$(uname -m)-linux-gnu/idzebra-2.0/modules"
want yaz yaz-ztest
want libyaz-dev /usr/share/yaz/etc/pqf.properties
want python3 python3
python3 -c 'import ensurepip' 2>/dev/null || packages="$packages python3-venv"
want systemd systemctl

[ -n "$packages" ] || exit 0
echo "installing:$packages"
if [ "$(id -u)" -eq 0 ]; then root=""; else root=sudo; fi
$root apt-get update -qq
# shellcheck disable=SC2086 # a list of packages is a list of words
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $packages >/dev/null
