import Model
import Testing

/// The questions of docs/schema.md, asked as they stand there while the daemon writes.
@Suite(.timeLimit(.minutes(1)))
struct SchemaTests {
    @Test func everyQuestionOfThePageIsAnswered() async throws {
        let questions = try questions()
        #expect(questions.count == 10)
        try await withDaemon { daemon in
            try await fill(daemon)
            let writing = Task {
                while !Task.isCancelled {
                    _ = try await daemon.submit([JSONValue](repeating: ["sleep": 0], count: 20))
                }
            }
            for question in questions {
                let answer = try await Program.run("/usr/bin/sqlite3", ["-readonly", daemon.history, question])
                #expect(answer.status == 0, "\(question)\n\(answer.stderr)")
                #expect(!answer.stdout.isEmpty, "no answer to \(question)")
            }
            writing.cancel()
            try await writing.value
        }
    }

    @Test func aTaskWaitsUntilItsFirstAttemptAndNoLonger() async throws {
        let question = try #require(try questions().first { $0.contains("mean_wait_s") })
        try await withDaemon { daemon in
            _ = try await daemon.run(["shell": "exit 1", "queue": "q", "retry": ["attempts": 2, "backoff": "100ms"]])
            let update = "UPDATE attempts SET started_at = (SELECT submitted_at FROM tasks WHERE id = task_id)"
            let answer = try await Program.run(
                "/usr/bin/sqlite3", ["-cmd", ".timeout 9000", daemon.history, update + ";" + question])
            #expect(answer.stdout == "q|1|0.0\n", "\(answer.stderr)")
        }
    }

    private func questions() throws -> [String] {
        let page = try Directory(path: String(#filePath.dropLast("/Tests/EndToEndTests/SchemaTests.swift".count)))
            .read("docs/schema.md")
        return page.split(separator: "```").filter { $0.hasPrefix("sql\n") }.map { String($0.dropFirst(4)) }
    }

    /// Something to find for each question.
    private func fill(_ daemon: LiveDaemon) async throws {
        let counts: JSONValue = ["main": 1247, "reserves": 89]
        _ = try await daemon.run(["gather": [["sleep": 0, "returns": counts]], "merge": true, "name": "inventory"])
        _ = try await daemon.run(["shell": "exit 3"])
        _ = try await daemon.submit(["sleep": 0, "hold": true])
        let running = try await daemon.submit(["sleep": "1h"])
        try await daemon.event("started", of: running)
    }
}
