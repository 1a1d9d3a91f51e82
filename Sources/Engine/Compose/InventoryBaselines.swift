internal import Jobs
internal import Model

/// What the last good runs of the sources of an inventory have left, by what was asked.
struct InventoryBaselines {
    /// What was counted.
    private(set) var counts: [JSONValue: Int64] = [:]
    /// Which keys were kept.
    private(set) var keys: [JSONValue: KeyFile] = [:]

    private let counted: Set<JSONValue>
    private let keyed: Set<JSONValue>

    /// Nothing yet of what `questions` ask.
    init(_ questions: [InventoryQuestion]) {
        counted = Set(questions.map(\.count))
        keyed = Set(questions.compactMap(\.keys))
    }

    /// Whether there are keys that nobody has told yet.
    var areKeysOpen: Bool { keys.count < keyed.count }

    /// Whether there is something that nobody has told yet.
    var areOpen: Bool { counts.count < counted.count || areKeysOpen }

    /// Takes what an earlier run than those before has counted.
    mutating func take(_ source: InventoryRun.Source) {
        let question = source.question.count
        if counted.contains(question), counts[question] == nil { counts[question] = source.count }
    }

    /// Takes what an earlier run than those before has kept.
    mutating func take(_ file: KeyFile, of source: InventoryRun.Source) {
        guard let question = source.question.keys, keyed.contains(question), keys[question] == nil else { return }
        keys[question] = file
    }
}
