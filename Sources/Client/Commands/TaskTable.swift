internal import Model

extension Table {
    /// The tasks as a person wants to see them.
    init(tasks: [TaskReply], now: Timestamp = .now()) {
        self.init([
            Column(title: "ID", isNumeric: true), Column(title: "STATE"), Column(title: "NAME", canShrink: true),
            Column(title: "KIND"), Column(title: "QUEUE", canShrink: true), Column(title: "SUBMITTED"),
            Column(title: "TIME", isNumeric: true), Column(title: "NOTE", canShrink: true),
        ])
        for task in tasks {
            append([
                Cell(task.id.description), Cell(task.state.rawValue, Colour(task.state)), Cell(task.name),
                Cell(task.kind),
                Cell(task.queue), Cell(task.submittedAt?.shortText ?? "-"),
                Cell(task.elapsed(at: now)?.shortText ?? "-"), Cell(task.note),
            ])
        }
    }
}
