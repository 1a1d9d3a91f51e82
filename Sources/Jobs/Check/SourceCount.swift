internal import Model

/// What a source answered.
struct SourceCount: Hashable {
    /// The largest count that is believed; servers in trouble answer with numbers such as the largest `Int64`, and the
    /// largest union catalogue there is holds a few thousand million holdings.
    static let maximum: Int64 = 1_000_000_000_000

    /// How many there are.
    let value: Int64
    /// Whether every one was counted.
    let isExact: Bool
    /// Further facts, such as `deleted`.
    let details: JSONObject

    /// A count of `value`.
    ///
    /// - Throws: ``SourceError`` with the code `no_count` when no library can have that many.
    init(_ value: Int64, isExact: Bool = true, details: JSONObject = [:]) throws(SourceError) {
        guard value >= 0 else { throw SourceError(.noCount, "answered \(value); a count cannot be negative") }
        guard value <= Self.maximum else {
            throw SourceError(.noCount, "answered \(value), more than any library holds")
        }
        self.value = value
        self.isExact = isExact
        self.details = details
    }
}
