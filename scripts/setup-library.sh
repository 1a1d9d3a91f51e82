#!/bin/sh
# Makes .build-tools/library, with which the sources of the inventory are tested and measured: servers that speak the
# protocols of libraries (venv), and 20,000 records of the Library of Congress (records.mrc). Does nothing the second time.
set -eu

cd "$(dirname "$0")/.."
library=.build-tools/library
requirements=Tests/Servers/requirements.txt

if ! cmp -s "$requirements" "$library/requirements.txt"; then
    echo "installing the library servers"
    rm -rf "$library/venv"
    python3 -m venv "$library/venv"
    "$library/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$library/requirements.txt"
fi

# The source archive of pymarc 5.4.0 holds a file that the Library of Congress gives to everyone (its MARC Open-Access
# data of 2016). It is pinned by its sum, because other versions do not hold it, and never part of this repository.
[ -e "$library/records.mrc" ] && exit 0
echo "fetching records of the Library of Congress (76 MB, once)"
download=$(mktemp -d "$library/download.XXXXXX")
trap 'rm -rf -- "$download"' EXIT
trap 'exit 130' INT TERM
"$library/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary pymarc --dest "$download" \
    pymarc==5.4.0
echo "b2016b1674d1956636c99b9bf95b31840c5cb8f22645672a660e66326371b2f3  $download/pymarc-5.4.0.tar.gz" |
    sha256sum --check --quiet
tar -xzOf "$download/pymarc-5.4.0.tar.gz" --wildcards '*/BooksAll.2016.part01.utf8' |
    PYTHONPATH=Tests/Servers "$library/venv/bin/python" -c '
import sys, records
sys.stdout.buffer.writelines(records.split("/dev/stdin", 20_000))' >"$download/records.mrc"
mv "$download/records.mrc" "$library/records.mrc"
