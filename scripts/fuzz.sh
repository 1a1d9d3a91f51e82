#!/bin/sh
# Throws bytes at the targets named, or at all, for FUZZ_SECONDS each, two at once, from the seeds in Fuzz/Seeds. Fails when
# one of them breaks a promise; the bytes that did it are in .build-fuzz/broken, and belong into a test.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
build=$PWD/.build-fuzz
resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
fuzzer=$resources/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a

swift build --package-path Fuzz --scratch-path "$build" --configuration release --product Fuzz \
    -Xlinker "$fuzzer" -Xlinker -lstdc++ >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
mkdir -p "$build/broken" "$build/found" "$build/logs"

# Swift's backtraces and libFuzzer's would wait for each other.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=allocator_may_return_null=1

targets=${*:-$("$build/release/Fuzz")}
# What xargs runs for each target: prints what was done, or the end of the log.
one='
    target=$1 build=$2 seconds=$3
    mkdir -p "$build/found/$target"
    log=$build/logs/$target
    if "$build/release/Fuzz" "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
        -print_final_stats=1 -artifact_prefix="$build/broken/$target-" "$build/found/$target" "Fuzz/Seeds/$target" \
        >"$log" 2>&1
    then
        runs=$(sed -n "s/^stat::number_of_executed_units: *//p" "$log")
        edges=$(sed -n "s/.* cov: \([0-9]*\) .*/\1/p" "$log" | tail -1)
        echo "$target: $runs executions, $edges edges, broken 0"
    else
        tail -40 "$log"
        echo "$target: BROKEN, see $build/broken" >&2
        exit 1
    fi
'
# shellcheck disable=SC2086 # a list of names is a list of words
printf '%s\n' $targets | xargs -P 2 -I TARGET sh -c "$one" fuzz TARGET "$build" "$seconds"
