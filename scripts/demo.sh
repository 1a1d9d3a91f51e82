#!/bin/sh
# The inventory of a small library, from nothing: demo.sh DIRECTORY-OF-THE-PROGRAMS
set -eu

programs=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")/.." && pwd)
library=$(mktemp -d "${TMPDIR:-/tmp}/taskd-demo.XXXXXX")
PATH=$programs:$PATH
TASKD_SOCKET=$library/state/taskd.sock
export PATH TASKD_SOCKET
daemon=""
stop() {
    if [ -n "$daemon" ]; then
        kill -TERM "$daemon" 2>/dev/null || true
        wait "$daemon" || true
    fi
    rm -rf -- "$library"
}
trap stop EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }

say "A small library: a catalogue (SQLite), its reserves (MARC21), its inter-library loans (CSV)"
"$here/Examples/library/make-library.sh" "$library"
(cd "$library" && ls -l catalogue.sqlite reserves.mrc ill.csv)

say "A private daemon"
mkfifo "$library/ready"
taskd --state-dir "$library/state" --jobs-dir "$library/jobs" 2>"$library/ready" &
daemon=$!
# The log tells when it listens; what comes after is read too, so that the daemon never waits for a reader.
exec 3<"$library/ready"
while read -r line <&3; do
    printf '%s\n' "$line"
    case $line in *ready*) break ;; esac
done
cat <&3 >"$library/taskd.log" &
run taskctl jobs

say "The inventory: three systems counted at once"
run taskctl submit inventory --wait

say "The same with three systems that need 2 seconds each: about 2 seconds, not 6"
begin=$(date +%s%N)
run taskctl submit slow-inventory --wait
took=$((($(date +%s%N) - begin) / 1000000))
printf 'took %d ms: %d %% of the slowest, %d %% of the sum\n' "$took" $((took / 20)) $((took / 60))

say "As an inventory: what has changed since the last one, here that lost books are withdrawn"
run taskctl inventory nightly
sqlite3 "$library/catalogue.sqlite" "DELETE FROM items WHERE status = 'lost'"
run taskctl inventory nightly

say "What has happened, asked of the daemon and of its file"
run taskctl history
run sqlite3 -readonly -box "$library/state/history.sqlite" \
    "SELECT id, name, state, substr(result, 1, 60) AS result, duration_s FROM history WHERE parent_id IS NULL ORDER BY id"

if [ "$took" -gt 2400 ]; then
    echo "the slow inventory took $took ms, more than 1.2 times its slowest system" >&2
    exit 1
fi
say "Stopping the daemon"
