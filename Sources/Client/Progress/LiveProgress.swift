internal import Model

extension Session {
    /// Does `work` while a terminal on standard error shows how far the tasks `ids` have come; elsewhere just does `work`.
    func showingProgress<Value: Sendable>(
        of ids: [TaskID], while work: () async throws -> Value
    ) async throws -> Value {
        guard errors.isTerminal, !wantsJSON, errors.size != nil else { return try await work() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var live = LiveProgress(client: client, output: errors)
                // What is shown on the way is not the answer: when it breaks off, the work still tells how it ended.
                try? await live.follow(ids)
                try? live.erase()
            }
            let result = await Swift.Result { try await work() }
            group.cancelAll()
            try await group.waitForAll()
            return try result.get()
        }
    }
}

/// Draws a ``ProgressBoard`` over and over in the same place, pushed by the daemon's events.
struct LiveProgress: Sendable {
    let client: DaemonClient
    let output: Output
    private var board = ProgressBoard()
    private var linesDrawn = 0

    init(client: DaemonClient, output: Output) {
        self.client = client
        self.output = output
    }

    /// Draws until cancelled.
    mutating func follow(_ ids: [TaskID]) async throws {
        self = try await client.withReply(to: .eventsFromNow) { [self] body in
            var live = self
            // The stream stands before the tasks are read, so nothing that happens in between is missed.
            try await live.read(ids)
            try live.draw()
            var events = ServerSentEvents()
            while let bytes = try await body.next() {
                events.append(bytes)
                var hasChanged = false
                while let event = events.next() {
                    hasChanged = try await live.take(TaskEvent(data: event.data)) || hasChanged
                }
                if hasChanged { try live.draw() }
            }
            return live
        }
    }

    /// Takes the drawing away.
    mutating func erase() throws(ClientError) {
        guard linesDrawn > 0 else { return }
        try output.write("\u{1B}[\(linesDrawn)A\r\u{1B}[J")
        linesDrawn = 0
    }

    private mutating func read(_ ids: [TaskID]) async throws {
        for id in ids {
            let task = try await client.task(id)
            guard !task.children.isEmpty else {
                board.update(task)
                continue
            }
            let query = [(name: "parent_id", value: id.description)]
            for child in try await client.tasks(query, limit: TaskFilter.maximumLimit).tasks { board.update(child) }
        }
    }

    /// Whether the event changed what is to be drawn.
    private mutating func take(_ event: TaskEvent) async throws -> Bool {
        guard board.contains(event.taskID) else { return false }
        if event.type == "progress" {
            guard let progress = Progress(json: event.data) else { return false }
            board.update(progress, of: event.taskID)
        } else {
            board.update(try await client.task(event.taskID))
        }
        return true
    }

    private mutating func draw() throws(ClientError) {
        let (columns, rows) = output.size ?? (80, 24)
        let lines = board.lines(columns: columns - 1, rows: rows - 1, hasColour: output.showsColour)
        let up = linesDrawn > 0 ? "\u{1B}[\(linesDrawn)A\r\u{1B}[J" : ""
        try output.write(up + lines.map { $0 + "\n" }.joined())
        linesDrawn = lines.count
    }
}

extension Swift.Result where Failure == any Error {
    fileprivate init(_ work: () async throws -> Success) async {
        do {
            self = .success(try await work())
        } catch {
            self = .failure(error)
        }
    }
}
