#!/bin/sh
# Runs the tests of everything below the daemon's socket under a sanitizer, and fails when it reports anything: sanitize.sh
# thread|address [TARGETS]. SHIM is the command that compiles the shim, as in the Makefile.
set -eu
cd "$(dirname "$0")/.."
sanitizer=$1
targets=${2:-ModelTests TasksTests StoreTests JobsTests EngineTests}
case $sanitizer in
thread) build=$PWD/.build-thread ;;
address) build=$PWD/.build-asan ;;
*)
    echo "sanitize.sh: thread or address, not $sanitizer" >&2
    exit 64
    ;;
esac
mkdir -p "$build"

# The program of the controls, which has to be reported, or not, before the silence of the tests says anything.
control() { # control fails|passes NAME
    status=0
    "$build/control" "$2" >"$build/control.log" 2>&1 || status=$?
    case $1-$status in
    fails-66 | passes-0) ;;
    *)
        cat "$build/control.log"
        echo "sanitize.sh: the control $2 ended with $status under the $sanitizer sanitizer" >&2
        exit 1
        ;;
    esac
}

# Swift's backtraces would be written over the sanitizer's.
export SWIFT_BACKTRACE=enable=no
if [ "$sanitizer" = thread ]; then
    # What tells the sanitizer of Swift's own locks.
    clang -Wall -Wextra -Werror -O1 -fPIC -c Tests/Sanitizers/locks.c -o "$build/locks.o"
    link="-Xlinker $build/locks.o"
    controls="fails:race passes:locked"
    export TSAN_OPTIONS=exitcode=66
else
    link=
    controls="fails:overflow fails:leak"
    export ASAN_OPTIONS=detect_leaks=1:exitcode=66
    export LSAN_OPTIONS=suppressions=$PWD/Tests/Sanitizers/leaks.txt:print_suppressions=0
fi

# shellcheck disable=SC2086 # link is two words, or none
swiftc -swift-version 6 -parse-as-library "-sanitize=$sanitizer" Tests/Sanitizers/Control.swift -o "$build/control" \
    $link 2>"$build/control.log" || { cat "$build/control.log"; exit 1; }
for each in $controls; do control "${each%:*}" "${each#*:}"; done

export TASKD_SANITIZED="$targets"
echo "building for the $sanitizer sanitizer"
# shellcheck disable=SC2086
swift build --build-tests --sanitize="$sanitizer" --scratch-path "$build" $link >"$build/build.log" 2>&1 ||
    { cat "$build/build.log"; exit 1; }
# The shim is a program of its own, and static: what is looked at here is the daemon's side.
${SHIM:?run make sanitize} -o "$build/debug/taskd-shim"
# Two tests at a time: more, so much slower ones would miss their limits of time.
for target in $targets; do
    # shellcheck disable=SC2086
    swift test --skip-build --experimental-maximum-parallelization-width 2 \
        --sanitize="$sanitizer" --scratch-path "$build" $link --filter "$target"
done
