import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HistoryTests {
    @Test func isReadableWhileTheDaemonRuns() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0, "name": "good", "returns": ["n": 1]])
            _ = try await daemon.run(["sleep": 0, "name": "bad", "raises": ["type": "Boom", "message": "no"]])
            let endless = try await daemon.submit(["sleep": "1h", "name": "endless"])
            try await daemon.event("started", of: endless)
            let history = try await query(
                "SELECT name, state, result, exception_type, exception_message FROM history ORDER BY id", daemon)
            #expect(history == "good|succeeded|{\"n\":1}||\nbad|failed||Boom|no\n")
            #expect(try await query("SELECT name, state FROM running", daemon) == "endless|running\n")
            let events = try await query(
                "SELECT type FROM events WHERE task_id = 1 AND type <> 'progress' ORDER BY seq", daemon)
            #expect(events == "submitted\nstarted\nsucceeded\n")
            #expect(try await daemon.done(daemon.submit(["sleep": 0]))["state"] == "succeeded")
        }
    }

    private static let columns =
        "id name kind state result exception_type exception_message submitted_at started_at finished_at duration_s queue "
        + "parent_id attempt submitted_uid"

    @Test(arguments: [
        ("history", Self.columns), ("running", Self.columns + " fraction progress_message"),
        ("events", "seq task_id at type data"),
    ])
    func hasTheColumnsOfTheContract(table: String, columns: String) async throws {
        try await withDaemon { daemon in
            let found = try await query("SELECT name FROM pragma_table_info('\(table)') ORDER BY cid", daemon)
            #expect(found.split(separator: "\n").joined(separator: " ") == columns)
        }
    }

    @Test func isListedNewestFirst() async throws {
        try await withDaemon { daemon in
            for name in ["a", "b", "c"] { _ = try await daemon.run(["sleep": 0, "name": .string(name)]) }
            let reply = try await daemon.taskctl("history", "--limit", "2", "--json")
            #expect(try JSONParser.parse(reply.stdout).arrayValue?.map { $0["name"] } == ["c", "b"])
        }
    }

    private func query(_ sql: String, _ daemon: LiveDaemon) async throws -> String {
        let reply = try await Program.run("/usr/bin/sqlite3", ["-readonly", daemon.history, sql])
        guard reply.status == 0 else { throw TestFailure(reply.stderr) }
        return reply.stdout
    }
}
