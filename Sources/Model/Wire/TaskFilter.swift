/// Which tasks a list holds, and in which order.
package struct TaskFilter: Sendable, Hashable {
    /// What decides about the place of a task.
    package enum Sort: String, Sendable, Hashable, CaseIterable {
        /// Its id: when it was submitted.
        case id
        /// When it was done; a task that is not has no place.
        case done
    }

    /// Which way the places run.
    package enum Order: String, Sendable, Hashable, CaseIterable {
        case ascending = "asc"
        case descending = "desc"
    }

    /// Only these states; empty for all.
    package var states: Set<TaskState> = []
    /// Only names that match this glob (`*`, `?`, `[a-z]`).
    package var name: String?
    /// Only this kind.
    package var kind: TaskKind?
    /// Only this queue.
    package var queue: String?
    /// Only members of this task.
    package var parentID: TaskID?
    /// Only tasks that this user submitted; never asked for, but added for those who see no others.
    package var owner: UInt32?
    /// Only tasks with all of these labels.
    package var labels: [Label] = []
    /// Only tasks submitted at or after this instant.
    package var since: Timestamp?
    /// Only tasks submitted before this instant.
    package var until: Timestamp?
    /// How many tasks at most.
    package var limit = 100
    /// Only places beyond this one, in the order asked for.
    package var cursor: Int64?
    /// What decides about the place of a task.
    package var sort = Sort.id
    /// Which way the places run.
    package var order = Order.ascending

    /// All tasks, a hundred at a time, oldest first.
    package init() {}

    /// A label as a filter names it.
    package struct Label: Sendable, Hashable {
        package let key: String
        package let value: String

        /// The label `key` with the value `value`.
        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }
}

extension TaskFilter {
    /// The most tasks one page may hold.
    package static let maximumLimit = 10_000
    /// The most labels one query may ask for.
    package static let maximumLabels = 64

    private static let keys = [
        "state", "name", "kind", "queue", "parent_id", "label", "since", "until", "limit", "cursor", "sort", "order",
    ]

    /// The parameters that may be given several times: any of the states, all of the labels.
    private static let repeatable: Set<String> = ["state", "label"]

    /// The filter written as a query's names and values; `state` may hold several, separated by commas.
    ///
    /// - Throws: ``InvalidInput`` naming the parameter that is unknown, wrong, or given twice.
    package init(query: [(name: String, value: String)]) throws(InvalidInput) {
        self.init()
        var seen: Set<String> = []
        for (name, value) in query {
            guard Self.keys.contains(name) else {
                throw InvalidInput(
                    code: .field, path: name.isEmpty ? "\"\"" : name,
                    message: "unknown parameter; known here: \(Self.keys.joined(separator: ", "))")
            }
            guard seen.insert(name).inserted || Self.repeatable.contains(name) else {
                throw InvalidInput(code: .field, path: name, message: "is given twice")
            }
            try set(name, Field(.string(value), path: name))
        }
    }

    private mutating func set(_ name: String, _ field: Field) throws(InvalidInput) {
        let text = try field.string()
        switch name {
        case "state":
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                states.insert(try Field(.string(String(part)), path: name).choice())
            }
        case "name": self.name = text
        case "kind": kind = try field.choice()
        case "queue": queue = try field.queueName()
        case "parent_id": parentID = TaskID(try field.number(in: 1...Int64.max))
        case "label":
            guard labels.count < Self.maximumLabels else {
                throw field.invalid("at most \(Self.maximumLabels) labels can be asked for")
            }
            let scalars = text.unicodeScalars
            guard let colon = scalars.firstIndex(of: ":") else { throw field.invalid("expected key:value") }
            let value = scalars[scalars.index(after: colon)...]
            labels.append(Label(key: String(scalars[..<colon]), value: String(value)))
        case "since": since = try field.timestamp()
        case "until": until = try field.timestamp()
        case "limit": limit = Int(try field.number(in: 1...Int64(Self.maximumLimit)))
        case "cursor": cursor = try field.number(in: 0...Int64.max)
        case "sort": sort = try field.choice()
        default: order = try field.choice()
        }
    }
}

extension Field {
    /// The whole number that the string spells, when it lies in `range`.
    package func number(in range: ClosedRange<Int64>) throws(InvalidInput) -> Int64 {
        guard let number = Int64(try string()) else { throw invalid("expected a whole number") }
        return try Field(.int(number), path: path).int(in: range)
    }
}
