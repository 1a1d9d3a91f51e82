import GRDB
import Model
import Testing

@testable import Store

/// What the file itself refuses, whoever writes it.
@Suite struct ConstraintTests {
    @Test(arguments: [
        "UPDATE tasks SET state = 'paused'",
        "UPDATE tasks SET state = 'succeeded'",
        "UPDATE tasks SET state = 'running'",
        "UPDATE tasks SET state = 'failed', finished_at = '2026-01-01T00:00:00.000Z', done_seq = 9",
        "UPDATE tasks SET finished_at = '2026-01-01T00:00:00.000Z'",
        "UPDATE tasks SET done_seq = 9",
        "UPDATE tasks SET exception = '{}'",
        "UPDATE tasks SET state = 'running', started_at = '2026-01-01T00:00:00.000Z', waiting_for = '{}'",
        "UPDATE tasks SET result = 'not json'",
        "UPDATE tasks SET job = 'not json'",
        "UPDATE tasks SET labels = 'not json'",
        "UPDATE tasks SET waiting_for = 'not json'",
        "UPDATE tasks SET shield = 2",
        "UPDATE tasks SET attempt = -1",
        "UPDATE tasks SET max_attempts = 0",
        "UPDATE tasks SET timeout = -1.0",
        "UPDATE tasks SET cancel_requests = -1",
        "UPDATE tasks SET name = ''",
        "UPDATE tasks SET name = NULL",
        "UPDATE tasks SET key = ''",
        "UPDATE tasks SET priority = 'high'",
        "UPDATE tasks SET queue = 'nowhere'",
        "UPDATE tasks SET parent_id = 99",
        "UPDATE tasks SET key = 'same'",
        "UPDATE queues SET max_running = 0",
        "UPDATE queues SET paused = 2",
        "INSERT INTO dependencies VALUES (1, 99)",
        "INSERT INTO events (task_id, at, type) VALUES (99, '2026', 'x')",
        "INSERT INTO hooks VALUES (99)",
        "INSERT INTO attempts VALUES (1, 0, '2026', '2026', '{}', NULL)",
    ])
    func anImpossibleStateIsRefused(sql: String) async throws {
        try await withStore { bench in
            let before = try await bench.submit(job("a"), job("b"))
            let error = await #expect(throws: DatabaseError.self) { try await bench.execute(sql) }
            #expect(error?.resultCode == .SQLITE_CONSTRAINT)
            #expect(try await bench.store.tasks([TaskID(1), TaskID(2)], within: .max).tasks == before)
        }
    }

    /// What the file lets pass, and no version writes.
    @Test(arguments: [
        "submitted_uid = -1", "submitted_gid = 1 << 40", "submitted_pid = 1 << 40", "timeout = 9e999",
        "timeout = 1e300",
        "job = '\"a text\"', labels = '7', submitted_at = 'yesterday'",
    ])
    func aStrangeRowIsTold(change: String) async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            try await bench.execute("UPDATE tasks SET submitted_uid = 1, submitted_gid = 1, submitted_pid = 1")
            #expect(try await bench.store.task(TaskID(1)) != nil)
            try await bench.execute("UPDATE tasks SET \(change)")
            let error = await #expect(throws: StoreError.self) { try await bench.store.task(TaskID(1)) }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func everyTableIsStrict() async throws {
        try await withStore { bench in
            let loose = try await bench.rows(
                """
                SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0
                AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations'
                """)
            #expect(loose.isEmpty)
        }
    }

    @Test func theNumbersOfTasksAreNeverUsedAgain() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b"))
            try await bench.execute("DELETE FROM tasks WHERE id = 2")
            #expect(try await bench.submit(job("c")).map(\.id) == [TaskID(3)])
        }
    }

    @Test func theViewHistoryHasTheColumnsOfTheContractAndTheDoneTasks() async throws {
        try await withStore { bench in
            #expect(
                try await bench.store.pool.read { try $0.columns(in: "history").map(\.name) } == [
                    "id", "name", "kind", "state", "result", "exception_type", "exception_message", "submitted_at",
                    "started_at", "finished_at", "duration_s", "queue", "parent_id", "attempt", "submitted_uid",
                ])
            try await bench.submit(job("a"), job("b"), job("c"))
            _ = try await bench.claim(at: at(1))
            try await bench.finish(1, .succeeded(["x": 1]), at: at(4))
            try await bench.finish(2, .failed(.boom), at: at(5))
            let rows = try await bench.rows(
                "SELECT json_array(id, state, result, exception_type, exception_message, duration_s) FROM history ORDER BY id"
            )
            let first = #"[1,"succeeded","{\"x\":1}",null,null,3.0]"#.databaseValue
            let second = #"[2,"failed",null,"Boom","boom",4.0]"#.databaseValue
            #expect(rows == [[first], [second]])
        }
    }

    @Test func theViewRunningHasWhatRuns() async throws {
        try await withStore { bench in
            let columns = try await bench.store.pool.read { try $0.columns(in: "running").map(\.name) }
            let likeHistory = [
                "id", "name", "kind", "state", "submitted_at", "started_at", "duration_s", "queue", "parent_id",
                "attempt", "submitted_uid",
            ]
            #expect(likeHistory.allSatisfy(columns.contains))
            try await bench.submit(job("a"), job("b", ["hold": true]))
            _ = try await bench.claim()
            try await bench.store.record(Progress(completed: 1, total: 4, message: "m"), of: bench.task(1), at: at(2))
            let rows = try await bench.rows("SELECT json_array(id, name, fraction, progress_message) FROM running")
            #expect(rows == [[#"[1,"a",0.25,"m"]"#.databaseValue]])
        }
    }
}
