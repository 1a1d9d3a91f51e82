import Glibc
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DoctorTests {
    @Test func findsADaemonWell() async throws {
        try await withDaemon(jobs: ["good.yaml": "sleep: 0"]) { daemon in
            let reply = try await daemon.taskctl("doctor")
            #expect(reply.status == 0)
            for name in ["taskctl", "socket", "daemon", "store", "limits", "shim", "cgroup", "job_files", "adoption"] {
                #expect(reply.stdout.contains("ok    \(name)"), "\(reply.stdout)")
            }
            let checks = try await checks(daemon)
            #expect(checks["socket"]?["facts"]?["mode"] == "0600")
            #expect(checks["store"]?["facts"]?["schema"]?.stringValue?.hasPrefix("v") == true)
            #expect(checks["shim"]?["facts"]?["version"] == .string(Version.current))
            #expect(checks["daemon"]?["facts"]?["pid"] == daemon.pid.map { .int(Int64($0)) })
            #expect(checks["job_files"]?["facts"]?["files"] == 1)
        }
    }

    @Test func namesWhoReadsTheHistory() async throws {
        try await withDaemon { daemon in
            let (ready, go) = (try daemon.directory.pipe("ready"), try daemon.directory.pipe("go"))
            _ = try await daemon.run(["sleep": 0])
            async let reading = Program.run(
                "/usr/bin/sqlite3",
                [
                    "-readonly", daemon.history, "BEGIN; SELECT count(*) FROM tasks;",
                    ".shell echo >\(ready); read x <\(go)",
                ])
            _ = try await Program.shell("read x <\(ready)")
            let readers = try await checks(daemon)["store"]?["facts"]?["readers"]?.arrayValue?.compactMap(\.stringValue)
            try await daemon.directory.release(go)
            let reader = try await reading
            #expect(reader.stdout == "1\n")
            #expect(readers?.count == 1 && readers?.first?.hasPrefix("sqlite3 (") == true, "\(readers ?? [])")
        }
    }

    @Test func saysWhatIsWrongWithJobFiles() async throws {
        try await withDaemon(jobs: ["bad.yaml": "sleep: never\u{1B}[2J"]) { daemon in
            let reply = try await daemon.taskctl("doctor")
            #expect(reply.status == 0)
            #expect(reply.stdout.contains("warn  job_files"))
            #expect(reply.stdout.contains("SIGHUP"))
            #expect(!reply.stdout.contains("\u{1B}"))
        }
    }

    @Test func noticesAProgramThatWasReplaced() async throws {
        // As an upgrade does it: another file has the name now.
        let script = "cp \"$0\" \"${0%/*}/taskd-shim\" \"$DIRECTORY\" && exec \"$DIRECTORY/taskd\" \"$@\""
        try await withDirectory { programs in
            let wrapper = ["/usr/bin/env", "DIRECTORY=\(programs.path)", "/bin/sh", "-c", script]
            try await withDaemon(under: wrapper) { daemon in
                #expect(unlink(programs.path + "/taskd") == 0)
                let daemon = try #require(try await checks(daemon)["daemon"])
                #expect(daemon["status"] == "warn")
                #expect(daemon["advice"]?.stringValue?.contains("restart") == true)
            }
        }
    }

    @Test func countsCommandsThatWereTakenOver() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo up; sleep 3600"])
            try await daemon.firstLine(of: id)
            try await daemon.restart()
            #expect(try await checks(daemon)["adoption"]?["facts"]?["adopted"] == 1)
        }
    }

    @Test func tellsAMissingSocketFromAStaleOne() async throws {
        try await withDaemon { daemon in
            try await daemon.kill9()
            let stale = try await daemon.taskctl("doctor")
            #expect(stale.status == 1)
            #expect(stale.stdout.contains("ok    socket"))
            #expect(stale.stdout.contains("not running any more"))
            #expect(unlink(daemon.socket) == 0)
            let missing = try await daemon.taskctl("doctor", "--json")
            #expect(missing.status == 1)
            let report = try JSONParser.parse(missing.stdout)
            #expect(report["status"] == "fail")
            #expect(report["checks"]?.arrayValue?.last?["name"] == "socket")
            try daemon.directory.write("", to: "taskd.sock")
            let other = try await daemon.taskctl("doctor").stdout
            #expect(other.contains("no socket, but something else"))
        }
    }

    @Test(.enabled(if: OtherUser.isPossible, "needs root, to be another user")) func whoMayNotAskIsNoFaultOfTheDaemon()
        async throws
    {
        try await withDaemon(settings: "roles: {submit: {users: [4711]}}") { daemon in
            let member = OtherUser(4711)
            let outside = try await member.taskctl(daemon, "doctor")
            #expect(outside.status == 1)
            #expect(outside.stdout.contains("not permitted to use this socket"), "\(outside)")
            #expect(outside.stdout.contains("→ run as its owner, or join its group"), "\(outside)")
            try daemon.openToAll()
            let reply = try await member.taskctl(daemon, "doctor")
            #expect(reply.status == 0)
            #expect(reply.stdout.contains("warn  daemon     this is for read or admin"), "\(reply)")
        }
    }

    @Test func warnsOfASocketForEverybody() async throws {
        try await withDaemon { daemon in
            #expect(chmod(daemon.socket, 0o666) == 0)
            let reply = try await daemon.taskctl("doctor").stdout
            #expect(reply.contains("warn  socket"))
        }
    }

    private func checks(_ daemon: LiveDaemon) async throws -> [String: JSONValue] {
        let reply = try await daemon.taskctl("doctor", "--json")
        var checks: [String: JSONValue] = [:]
        for check in try JSONParser.parse(reply.stdout)["checks"]?.arrayValue ?? [] {
            checks[check["name"]?.stringValue ?? ""] = check
        }
        return checks
    }
}
