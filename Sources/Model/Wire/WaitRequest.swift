/// A wish to know when tasks are done: `{ids, return_when, timeout}`.
package struct WaitRequest: Sendable, Hashable {
    /// How many tasks one request may name.
    package static let maximumIDs = 100_000

    /// The tasks, in the order given, each once.
    package let ids: [TaskID]
    /// When the wait is over.
    package let returnWhen: ReturnWhen
    /// The longest wait; `nil` for no limit.
    package let timeout: Duration?

    /// A wait for `ids`.
    package init(ids: [TaskID], returnWhen: ReturnWhen = .allCompleted, timeout: Duration? = nil) {
        self.ids = ids
        self.returnWhen = returnWhen
        self.timeout = timeout
    }

    /// The wait written in `json`; repeated ids collapse to the first.
    ///
    /// - Parameter mayBeEmpty: whether `ids` may name nothing: for `as_completed` it may, for `wait` that is a `ValueError`.
    /// - Throws: ``InvalidInput`` for an empty `ids`, an unknown mode or key.
    package init(json: JSONValue, mayBeEmpty: Bool = false) throws(InvalidInput) {
        var fields = try Field(json).fields()
        try fields.allow(only: ["ids", "return_when", "timeout"])
        let field = try fields.require("ids")
        var seen: Set<TaskID> = []
        ids = try field.taskIDs().filter { seen.insert($0).inserted }
        guard mayBeEmpty || !ids.isEmpty else { throw field.invalid("must not be an empty list") }
        guard ids.count <= Self.maximumIDs else {
            throw InvalidInput(code: .limit, path: field.path, message: "names more than \(Self.maximumIDs) tasks")
        }
        returnWhen = try fields.take("return_when")?.choice() ?? .allCompleted
        timeout = try fields.take("timeout")?.waitLimit()
    }

    /// The wish as the wire writes it.
    package var json: JSONValue {
        [
            "ids": .array(ids.map(\.json)), "return_when": .string(returnWhen.rawValue),
            "timeout": timeout.map { .number($0.seconds) } ?? .null,
        ]
    }
}

extension Field {
    /// A limit on waiting; a negative one is no wait at all, as in `asyncio.wait`, and any number is long enough.
    fileprivate func waitLimit() throws(InvalidInput) -> Duration {
        if let seconds = value.doubleValue, !seconds.isNaN {
            return Duration(checkedSeconds: seconds) ?? (seconds < 0 ? .zero : .longest)
        }
        if let text = value.stringValue, text.hasPrefix("-"), Duration(text: String(text.dropFirst())) != nil {
            return .zero
        }
        return try duration()
    }
}
