internal import Model

/// A line of progress for each task being waited for, or for each member of one that is a composite.
struct ProgressBoard: Sendable {
    private static let barWidth = 20

    private struct Row: Sendable {
        var name: String
        var state: TaskState
        var progress: Progress?
    }

    private var order: [TaskID] = []
    private var rows: [TaskID: Row] = [:]

    /// Whether the task has a line.
    func contains(_ id: TaskID) -> Bool { rows[id] != nil }

    /// Takes over where `task` stands; one that is new gets a line below the others.
    mutating func update(_ task: TaskReply) {
        if rows[task.id] == nil { order.append(task.id) }
        rows[task.id] = Row(name: task.name, state: task.state, progress: task.progress)
    }

    /// Takes over how far a task has come; one without a line is passed over.
    mutating func update(_ progress: Progress, of id: TaskID) {
        rows[id]?.progress = progress
    }

    /// The board as at most `rows` lines of at most `columns` columns.
    ///
    /// - Parameters:
    ///   - columns: must leave the last column free: some terminals start a new line when it is written to.
    ///   - count: how many lines there is room for; tasks not done come before those done when not all fit.
    func lines(columns: Int, rows count: Int, hasColour: Bool) -> [String] {
        var shown = order
        if shown.count > count {
            let room = max(0, count - 1)
            let undone = order.filter { rows[$0]?.state.isDone == false }
            let done = order.filter { rows[$0]?.state.isDone == true }
            let kept = Set((undone + done).prefix(room))
            shown = order.filter(kept.contains)
        }
        let idWidth = shown.map(\.description.count).max() ?? 0
        let nameWidth = min(24, shown.compactMap { rows[$0]?.name.shown.displayWidth }.max() ?? 0)
        var lines = shown.compactMap { id in
            rows[id].map { row in
                let head = id.description.rightAligned(toWidth: idWidth) + " "
                let line = head + Self.line(row, nameWidth: nameWidth)
                return Self.painted(line.truncated(toWidth: columns), row.state, hasColour: hasColour)
            }
        }
        if shown.count < order.count {
            lines.append(summary(hidden: order.count - shown.count).truncated(toWidth: columns))
        }
        return lines
    }

    private func summary(hidden: Int) -> String {
        let done = rows.values.count { $0.state.isDone }
        return "… \(hidden) more; \(done) of \(order.count) done"
    }

    private static func line(_ row: Row, nameWidth: Int) -> String {
        let percents = row.state == .succeeded ? 100 : row.progress?.percent ?? 0
        let filled = percents * barWidth / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: barWidth - filled)
        let percent = "\(percents)%".rightAligned(toWidth: 4)
        let name = row.name.shown.truncated(toWidth: nameWidth).padded(toWidth: nameWidth)
        let state = row.state.rawValue.padded(toWidth: 9)
        let message = row.state.isDone ? "" : row.progress?.message?.shown ?? ""
        return "\(name) [\(bar)] \(percent) \(state) \(message)"
    }

    private static func painted(_ line: String, _ state: TaskState, hasColour: Bool) -> String {
        hasColour ? Colour(state).paint(line) : line
    }
}
