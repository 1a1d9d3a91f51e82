#!/bin/sh
# Runs the examples that are programs of their own, and compares what they print with what they should.
set -eu

cd "$(dirname "$0")/.."
for example in Examples/*/Package.swift; do
    directory=$(dirname "$example")
    swift build --package-path "$directory" -q
    program=$(find "$(swift build --package-path "$directory" --show-bin-path)" -maxdepth 1 -type f -perm -u+x \
        -name "$(basename "$directory")" | head -n 1)
    "$program" | diff -u "$directory/expected-output.txt" -
    echo "$directory prints what it should"
done
