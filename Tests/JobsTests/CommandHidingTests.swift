import Foundation
import Glibc
import Jobs
import Model
import Testing

extension CommandTests {
    /// The state directory is out of a command's reach where Landlock can take it away without taking anything else: for
    /// a user who may write to none of the directories above it and can gain no privileges.
    @Suite(
        .enabled(
            if: geteuid() == 0 && FileManager.default.fileExists(atPath: "/usr/bin/setpriv"),
            "needs root and setpriv"))
    struct HidingTests {
        private static let inner = """
            cat "$STATE/secret" 2>/dev/null || echo cannot read
            echo x 2>/dev/null >"$STATE/made" || echo cannot make
            echo x 2>/dev/null >>"$STATE/secret" || echo cannot write
            rm -f "$STATE/secret" 2>/dev/null || echo cannot remove
            ln "$STATE/secret" "$OWN/link" 2>/dev/null || echo cannot link
            cat /proc/$PPID/environ 2>/dev/null || echo cannot look into the shim
            cat /etc/passwd >/dev/null && echo reads elsewhere
            mkdir "$OWN/a" "$OWN/b" && echo y >"$OWN/a/file" && mv "$OWN/a/file" "$OWN/b/file" && cat "$OWN/b/file"
            cat /dev/stdin
            echo anew >/dev/stderr; echo told >&3; ls / >/dev/null && echo lists
            """

        private static let prepared = """
            set -e; top=/var/lib/taskd-test-$$; trap 'rm -rf $top' EXIT
            mkdir -p $top/state/attempt $top/own; cp \(CommandWorkbench.shim) $top/shim; chmod 755 $top $top/shim
            echo secret >$top/state/secret; cd $top/state/attempt; mkfifo control progress; : >stdout; : >stderr
            chown -R 65534:65534 $top/state $top/own; chmod 700 $top/state
            export STATE=$top/state OWN=$top/own
            unprivileged() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

            """

        private func outer(stateOwnerIsUser: Bool, privileges: String) -> String {
            Self.prepared + """
                \(stateOwnerIsUser ? "" : "chown 65534:65534 $top")
                echo given >input; chown 65534:65534 input
                { rm input; unprivileged \(privileges) $top/shim -d $PWD -w / -h $top/state -- \
                    /bin/sh -c "$INNER" 3<>control 4<>progress >>stdout 2>>stderr; } <input
                grep state_hidden identity; grep exit_code exit; cat stdout; cat stderr
                """
        }

        private func run(_ script: String) async throws -> [String] {
            var lines: [String] = []
            try await withCommandBench { bench in
                let json: JSONValue = ["shell": .string(script), "env": ["INNER": .string(Self.inner)]]
                let report = try await bench.run(json.text())
                lines = try #require(report.outcome.stdout, "\(report.outcome)").split(separator: "\n").map(String.init)
            }
            return lines
        }

        @Test func hidesTheStateAndNothingElse() async throws {
            let lines = try await run(outer(stateOwnerIsUser: true, privileges: "--no-new-privs"))
            #expect(
                lines == [
                    "state_hidden yes", "exit_code 0", "cannot read", "cannot make", "cannot write", "cannot remove",
                    "cannot link", "cannot look into the shim", "reads elsewhere", "y", "given", "lists",
                    "anew",
                ])
        }

        @Test func hidesItFromTheProgramOfACheck() async throws {
            let script =
                Self.prepared + """
                    cd /; unprivileged --no-new-privs $top/shim leash $$ 1000 $STATE /bin/sh -c "$INNER" 3>/dev/null
                    """
            let lines = try await run(script)
            #expect(
                lines == [
                    "cannot read", "cannot make", "cannot write", "cannot remove", "cannot link",
                    "cannot look into the shim", "reads elsewhere", "y", "lists",
                ])
        }

        @Test func isLeftOffWhereItWouldBreakTheCommand() async throws {
            let writable = try await run(outer(stateOwnerIsUser: false, privileges: "--no-new-privs"))
            #expect(writable.prefix(3) == ["state_hidden no", "exit_code 0", "secret"])
            let privileged = try await run(outer(stateOwnerIsUser: true, privileges: ""))
            #expect(privileged.prefix(3) == ["state_hidden no", "exit_code 0", "secret"])
        }
    }
}
