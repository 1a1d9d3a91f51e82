internal import Model

/// The result of a composite that ended well.
enum CompositeResult {
    /// The members' results in the order given; a member that failed or was cancelled stands as `{"exception": …}`.
    ///
    /// - Parameter merge: whether results that are objects are merged, left to right, into one.
    static func value(of outcomes: [Outcome?], merge: Bool) -> JSONValue {
        let slots = outcomes.map(slot)
        guard merge else { return .array(slots) }
        var merged = JSONObject()
        for case .object(let object) in slots { merged.merge(object) }
        return .object(merged)
    }

    /// The most bytes that a composite's result may have as JSON, and so the results it is made of.
    static let maximumSize = 64 << 20
    /// How deeply it may nest: what is stored has to be read again, inside of a task and of a list of tasks.
    private static let maximumDepth = JSONParser.maximumDepth - 16

    /// The outcome with ``value(of:merge:)``, or a failure when that is more than one task can hold.
    ///
    /// - Parameter outcomes: how the members ended; `nil` for more than ``maximumSize``.
    static func outcome(of outcomes: [Outcome?]?, merge: Bool) -> Outcome {
        if let outcomes {
            let value = value(of: outcomes, merge: merge)
            if value.depth <= maximumDepth, value.text().utf8.count <= maximumSize { return .succeeded(value) }
        }
        return tooLarge
    }

    /// How a composite ends whose result is more than one task can hold.
    static var tooLarge: Outcome {
        let message = "its members' results are larger than \(maximumSize >> 20) MiB or nested too deeply for one"
        return .failed(ExceptionInfo(type: "ResultTooLarge", message: message))
    }

    private static func slot(_ outcome: Outcome?) -> JSONValue {
        switch outcome {
        case nil: .null
        case .succeeded(let value): value
        case .failed(let exception), .cancelled(let exception): ["exception": exception.json]
        }
    }
}
