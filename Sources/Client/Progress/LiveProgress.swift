internal import Model

/// Draws a ``ProgressBoard`` over and over in the same place while a call takes its time, pushed by the daemon's events.
final class LiveProgress {
    private let client: DaemonClient
    private let output: Output
    private let ids: [TaskID]
    private var board = ProgressBoard()
    private var linesDrawn = 0

    /// Draws how far the tasks `ids` have come, and their members.
    init(of ids: [TaskID], client: DaemonClient, output: Output) {
        self.client = client
        self.output = output
        self.ids = ids
    }

    /// The daemon's answer to `request`, drawing until it comes and then taking the drawing away.
    func json(_ request: Request) throws -> JSONValue {
        defer { try? erase() }
        return try client.json(request, following: .eventsFromNow) { events in
            if events.isEmpty && linesDrawn == 0 {
                try readTasks()
                return try draw()
            }
            var hasChanged = false
            for event in events where try take(event) { hasChanged = true }
            if hasChanged { try draw() }
        }
    }

    private func readTasks() throws(ClientError) {
        for id in ids {
            let task = try client.task(id)
            guard !task.children.isEmpty else {
                board.update(task)
                continue
            }
            let query = [(name: "parent_id", value: id.description)]
            for child in try client.tasks(query, limit: TaskFilter.maximumLimit).tasks { board.update(child) }
            board.update(task, isTotal: true)
        }
    }

    /// Whether the event changed what is to be drawn.
    private func take(_ event: TaskEvent) throws(ClientError) -> Bool {
        guard board.contains(event.taskID) else { return false }
        if event.type == "progress" {
            guard let progress = Progress(json: event.data) else { return false }
            board.update(progress, of: event.taskID)
        } else {
            board.update(try client.task(event.taskID))
        }
        return true
    }

    private func draw() throws(ClientError) {
        let (columns, rows) = output.size ?? (80, 24)
        let lines = board.lines(columns: columns - 1, rows: rows - 1, hasColour: output.showsColour)
        try output.write(eraser + lines.map { $0 + "\n" }.joined())
        linesDrawn = lines.count
    }

    private func erase() throws(ClientError) {
        try output.write(eraser)
        linesDrawn = 0
    }

    /// Up to the first line drawn, and clear from there (ECMA-48, CUU and ED).
    private var eraser: String { linesDrawn > 0 ? "\u{1B}[\(linesDrawn)A\r\u{1B}[J" : "" }
}
