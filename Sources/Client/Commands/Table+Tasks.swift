internal import Model

extension Table {
    /// The tasks as a person wants to see them.
    ///
    /// - Parameter isBrief: whether of the instants the time or the date has to do.
    init(tasks: [TaskReply], isBrief: Bool = false, now: Timestamp = .now()) {
        self.init([
            Column(title: "ID", isNumeric: true), Column(title: "STATE"), Column(title: "NAME", canShrink: true),
            Column(title: "KIND"), Column(title: "QUEUE", canShrink: true), Column(title: "SUBMITTED"),
            Column(title: "TIME", isNumeric: true), Column(title: "NOTE", canShrink: true),
        ])
        for task in tasks {
            let submitted = isBrief ? task.submittedAt?.briefText(at: now) : task.submittedAt?.shortText
            append([
                Cell(task.id.description), Cell(task.state.rawValue, Colour(task.state)), Cell(task.name),
                Cell(task.kind), Cell(task.queue), Cell(submitted ?? "-"),
                Cell(task.elapsed(at: now)?.shortText ?? "-"), Cell(task.note),
            ])
        }
    }
}
