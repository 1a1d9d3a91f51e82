internal import Model

/// What one source of an inventory answered.
struct SourceReply: Sendable, Hashable {
    /// What to think of the answer.
    enum State: String, Sendable {
        case ok
        case failed
        case suspicious

        /// The colour that tells of the state.
        var colour: Colour {
            switch self {
            case .ok: .green
            case .failed: .red
            case .suspicious: .yellow
            }
        }
    }

    let name: String
    let state: State
    /// How many it holds; `nil` when it did not answer.
    let count: Int64?
    /// How that has changed since its last good run; `nil` when there was none.
    let delta: Int64?
    private let json: JSONValue

    /// The answer of the source `name` that `json` describes.
    ///
    /// - Throws: ``ClientError`` when it has no state that is known.
    init(name: String, json: JSONValue, delta: Int64?) throws(ClientError) {
        guard let state = json["state"]?.stringValue.flatMap(State.init(rawValue:)) else {
            throw ClientError.unexpectedReply("the source \(name) has no state that is known")
        }
        self.name = name
        self.state = state
        self.delta = delta
        self.json = json
        count = json["count"]?.intValue
    }
}

extension SourceReply {
    /// How it counted.
    var method: String? { json["method"]?.stringValue }
    /// Whether the count is exact; `nil` when nobody knows.
    var isExact: Bool? { json["exact"]?.boolValue }
    /// How many records were not counted because they are damaged; `nil` where records are not read.
    var damaged: Int64? { json["damaged"]?.intValue }
    /// Whether more of its records are damaged than it has lost since its last good run.
    var isMainlyDamaged: Bool {
        damaged ?? 0 > max(-(delta ?? 0), 0)
    }
    /// How long it took to answer.
    var took: Duration? { json["took_ms"]?.doubleValue.map { .milliseconds($0) } }
    /// When it answered.
    var checkedAt: String? { json["checked_at"]?.stringValue }
    /// Why it did not answer.
    var exception: ExceptionInfo? { json["exception"].flatMap(ExceptionInfo.init(json:)) }

    /// The one thing to know beside the count, not yet safe to show.
    var note: String {
        if let exception { return exception.message.isEmpty ? exception.type : exception.message }
        var notes: [String] = []
        if state == .suspicious, let count, let delta, delta < 0 {
            let before = count - delta
            let percents = (Double(-delta) / Double(before) * 1000).rounded() / 10
            notes.append("fell from \(before), by \(JSONValue.number(percents).text()) %")
        }
        if let damaged, damaged > 0 {
            notes.append("\(damaged) damaged record\(damaged == 1 ? "" : "s") not counted")
        }
        guard notes.isEmpty, isExact == false else { return notes.joined(separator: "; ") }
        return "not exact" + (method.map { " (\($0))" } ?? "")
    }
}
