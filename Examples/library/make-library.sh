#!/bin/sh
# Makes a small library in the directory DIR: a catalogue, its course reserves, its inter-library loans, and the jobs
# that count them. Every run makes the same library. Needs awk and sqlite3.
#
#   make-library.sh DIR

set -eu

# Lengths in MARC are in bytes; in any other locale awk may count characters.
LC_ALL=C
export LC_ALL

if [ $# -ne 1 ] || [ -z "$1" ]; then
    echo "usage: make-library.sh DIR" >&2
    exit 64
fi
if ! command -v sqlite3 >/dev/null; then
    echo "make-library.sh: sqlite3 is missing; install it (Debian: apt install sqlite3)" >&2
    exit 69
fi

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p -- "$1/jobs"
cd -- "$1"
work=$(mktemp -d ./making.XXXXXX)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT TERM

(cd "$work" && awk -f "$here/library.awk" && sqlite3 -bail catalogue.sqlite <catalogue.sql)

mv -f -- "$work/catalogue.sqlite" "$work/reserves.mrc" "$work/ill.csv" .
cp -- "$here"/jobs/*.yaml jobs/
