import Glibc
import Testing

/// A daemon that is not root's, and a process of the same user, as a command is.
@Suite(.timeLimit(.minutes(1)), .enabled(if: geteuid() == 0, "needs root, to become somebody else"))
struct MemoryTests {
    private static let nobody = "/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups"

    @Test func nobodyOfTheSameUserReadsTheDaemon() async throws {
        let script = """
            set -eu
            d=$(mktemp -d); chown 65534:65534 "$d"
            # Where nobody can reach them, wherever the checkout is.
            cp "$1" "$2" "${1%/*}/taskd-shim" "$d"
            \(Self.nobody) env SECRET=told-to-nobody "$d/${1##*/}" --state-dir "$d/state" --socket "$d/socket" 2>"$d/log" &
            daemon=$!
            trap 'kill $daemon; wait $daemon || true; rm -rf "$d"' EXIT
            until grep -q ready "$d/log"; do kill -0 $daemon; done
            # The control: what is read of a process that does not hide.
            \(Self.nobody) env SECRET=told-to-nobody sleep 60 &
            open=$!
            until \(Self.nobody) cat "/proc/$open/environ" | grep -q SECRET; do kill -0 $open; done
            kill $open; echo 1
            for file in environ mem maps fd/0; do
                if \(Self.nobody) cat "/proc/$daemon/$file" >/dev/null 2>&1; then echo "read $file"; fi
            done
            # Its own look at itself goes on working.
            \(Self.nobody) "$d/${2##*/}" --socket "$d/socket" doctor --json >"$d/doctor" || cat "$d/doctor"
            """
        let ending = try await Program.run("/bin/sh", ["-c", script, "sh", Program.taskd, Program.taskctl])
        #expect(ending.status == 0, "\(ending.stderr)")
        #expect(ending.stdout == "1\n", "\(ending.stdout)")
    }
}
