#!/bin/sh
# Runs the examples that are programs of their own, and compares what they print with what they should.
set -eu

cd "$(dirname "$0")/.."
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for example in Examples/*/Package.swift; do
    directory=$(dirname "$example")
    swift build --package-path "$directory" -q
    swift run --package-path "$directory" --skip-build -q >"$output"
    diff -u "$directory/expected-output.txt" "$output"
    echo "$directory prints what it should"
done
