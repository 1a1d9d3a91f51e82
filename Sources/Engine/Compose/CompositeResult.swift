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

    private static func slot(_ outcome: Outcome?) -> JSONValue {
        switch outcome {
        case nil: .null
        case .succeeded(let value): value
        case .failed(let exception), .cancelled(let exception): ["exception": exception.json]
        }
    }
}
