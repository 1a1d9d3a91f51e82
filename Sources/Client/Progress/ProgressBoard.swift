internal import Model

/// A line of progress for each task being waited for, or for each member of one that is a composite and, below, for that.
struct ProgressBoard: Sendable {
    private static let barWidth = 20
    /// The narrowest terminal with room for bars; in others the percents must do.
    private static let narrowest = 60

    private struct Row: Sendable {
        var name: String
        var state: TaskState
        var progress: Progress?
        /// What it came to.
        var ending: String
    }

    private var order: [TaskID] = []
    /// The composites, which come last.
    private var totals: [TaskID] = []
    private var rows: [TaskID: Row] = [:]

    /// Whether the task has a line.
    func contains(_ id: TaskID) -> Bool { rows[id] != nil }

    /// Takes over where `task` stands; one that is new gets a line below the others.
    ///
    /// - Parameter isTotal: whether it is a composite whose members have lines too.
    mutating func update(_ task: TaskReply, isTotal: Bool = false) {
        if rows[task.id] == nil {
            if isTotal { totals.append(task.id) } else { order.append(task.id) }
        }
        rows[task.id] = Row(name: task.name, state: task.state, progress: task.progress, ending: task.ending)
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
        let shown = fitting(max(0, count - totals.count))
        let drawn = (shown + totals).compactMap { id in rows[id].map { (id.description, $0) } }
        let idWidth = drawn.map(\.0.count).max() ?? 0
        let nameWidth = min(24, columns / 3, drawn.map(\.1.name.shown.displayWidth).max() ?? 0)
        let hasBar = columns >= Self.narrowest
        var lines = drawn.map { id, row in
            let line = id.rightAligned(toWidth: idWidth) + " " + Self.line(row, nameWidth: nameWidth, hasBar: hasBar)
            return Self.painted(line.truncated(toWidth: columns), row.state, hasColour: hasColour)
        }
        if shown.count < order.count {
            let summary = summary(hidden: order.count - shown.count).truncated(toWidth: columns)
            lines.insert(summary, at: shown.count)
        }
        return Array(lines.prefix(max(0, count)))
    }

    /// The tasks to show when there is room for so many lines and one may have to tell of the rest.
    private func fitting(_ count: Int) -> [TaskID] {
        guard order.count > count else { return order }
        let undone = order.filter { rows[$0]?.state.isDone == false }
        let done = order.filter { rows[$0]?.state.isDone == true }
        let kept = Set((undone + done).prefix(max(0, count - 1)))
        return order.filter(kept.contains)
    }

    private func summary(hidden: Int) -> String {
        let done = order.count { rows[$0]?.state.isDone == true }
        return "… \(hidden) more; \(done) of \(order.count) done"
    }

    private static func line(_ row: Row, nameWidth: Int, hasBar: Bool) -> String {
        let percents = row.state == .succeeded ? 100 : row.progress?.percent ?? 0
        let filled = percents * barWidth / 100
        let bar = "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: barWidth - filled) + "] "
        let percent = "\(percents)%".rightAligned(toWidth: 4)
        let name = row.name.shown.truncated(toWidth: nameWidth).padded(toWidth: nameWidth)
        let state = row.state.rawValue.padded(toWidth: 9)
        let message = row.state.isDone ? row.ending : row.progress.map(Self.message) ?? ""
        return "\(name) \(hasBar ? bar : "")\(percent) \(state) \(message.shown)"
    }

    /// What is being done, else how many of how many; parts of one and percents say no more than the bar.
    private static func message(_ progress: Progress) -> String {
        if let message = progress.message { return message }
        guard progress.total != 1, progress.total != 100 else { return "" }
        return TaskReply.units(progress)
    }

    private static func painted(_ line: String, _ state: TaskState, hasColour: Bool) -> String {
        hasColour ? Colour(state).paint(line) : line
    }
}
