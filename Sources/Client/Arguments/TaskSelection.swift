internal import ArgumentParser
internal import Model

/// The flags that choose tasks by when and what they are.
struct TaskSelection: ParsableArguments {
    @Option(help: ArgumentHelp("Only these states; may be repeated or separated by commas.", valueName: "state"))
    var state: [CommaSeparated<TaskState>] = []
    @Option(help: ArgumentHelp("Only names that match this pattern (*, ?, [a-z]).", valueName: "glob")) var name:
        String?
    @Option(help: "Only this kind.") var kind: TaskKind?
    @Option(help: "Only this queue.") var queue: String?
    @Option(
        help: ArgumentHelp("Only with this label; given several times, only with all of them.", valueName: "key=value"))
    var label: [Label] = []
    @Option(
        help: ArgumentHelp(
            "Only submitted at this time or later: 2026-11-21, 2026-11-21T09:00:00Z, or 2h ago as 2h.",
            valueName: "time"))
    var since: Timestamp?
    @Option(help: ArgumentHelp("Only submitted before this time.", valueName: "time")) var until: Timestamp?
    @Option(parsing: .unconditional, help: ArgumentHelp("Show at most this many (default: 100).", valueName: "number"))
    var limit: Int?

    mutating func validate() throws {
        guard limit ?? 1 > 0 else { throw ValidationError("--limit must be at least 1") }
    }

    /// The flags that were given, as they stand in a query; `limit` aside, which pages of it obey.
    ///
    /// - Parameter states: what to ask for when no state was given.
    func query(defaultStates states: [TaskState] = []) -> [(name: String, value: String)] {
        let given = state.flatMap(\.elements)
        let states = (given.isEmpty ? states : given).map(\.rawValue).joined(separator: ",")
        let pairs: [(name: String, value: String?)] = [
            ("state", states.isEmpty ? nil : states), ("name", name), ("kind", kind?.rawValue), ("queue", queue),
            ("since", since?.description), ("until", until?.description),
        ]
        return pairs.compactMap { pair in pair.value.map { (pair.name, $0) } }
            + label.map { ("label", "\($0.key):\($0.value)") }
    }
}
