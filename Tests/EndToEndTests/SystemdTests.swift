import Glibc
import Testing

/// The package in a systemd that is booted for it: Tests/Systemd/run.sh says how, and tries everything; here is read what
/// it found.
@Suite(.timeLimit(.minutes(30)), .enabled(if: access("/lib/systemd/systemd", X_OK) == 0, "needs systemd"))
struct SystemdTests {
    /// What is tried; each has a verdict of its own.
    static let expected = [
        "install", "enabled", "units", "ready", "modes", "permissions", "submitter", "environment", "room", "walls",
        "nested",
        "shims", "activation", "activated", "reload", "status", "restart", "kill", "submissions", "watchdog", "hang",
        "upgrade", "witnesses", "control", "stop", "stopped", "stubborn", "evil", "journal", "user", "home", "userstop",
        "remove", "again", "purge",
    ]

    @Test(.enabled(if: geteuid() == 0, "needs root, to boot a systemd of its own"))
    func allIsAsTheDocumentsSay() async throws {
        let length = Torture.times(0, long: 1) == 1 ? "long" : "quick"
        let programs = Program.taskd.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        let run = try await Program.run(Program.repository + "/Tests/Systemd/run.sh", [programs, length])
        guard run.status != 77 else {
            // A container may forbid it, which nobody can know before.
            return Torture.report("NOT RUN: \(run.stderr)")
        }
        let lines = run.stdout.split(separator: "\n")
        for line in lines where !line.hasPrefix("ok ") && line != "end" { Issue.record("\(line)") }
        let verdicts = lines.compactMap { $0.wholeMatch(of: /(?:ok|FAILED) (\w+): .*/).map { String($0.1) } }
        #expect(verdicts == Self.expected)
        #expect(lines.last == "end", "\(run.stderr.suffix(10_000))")
        for line in lines where line.contains("asked=") { Torture.report(String(line)) }
    }

    /// systemd's own measure of what a service may do, of 10; commands run inside the same walls.
    @Test func theServiceIsExposedByNoMoreThanTwo() async throws {
        let unit = Program.repository + "/systemd/taskd.service"
        let arguments = ["security", "--offline=true", "--no-pager", "--threshold=20", unit]
        let analysis = try await Program.run("/usr/bin/systemd-analyze", arguments)
        #expect(analysis.status == 0, "\(analysis.stdout.suffix(200))\(analysis.stderr)")
    }
}
