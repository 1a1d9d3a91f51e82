internal import Model

/// What a source of an inventory is asked: the same wherever and however it is asked, and whatever the source is called.
struct InventoryQuestion: Sendable, Hashable {
    /// What is counted, as JSON.
    let count: String
    /// What keys are kept of it, and of which kind, as JSON; `nil` for none.
    let keys: String?

    /// All of it, each to be answered and measured by itself.
    var all: [String] { [count] + [keys].compactMap(\.self) }

    /// The question of the check job `job`, whose paths start at `directory`.
    ///
    /// - Parameter isExact: whether the answer was exact; `nil` when there is none.
    init(_ job: JSONValue, from directory: String?, isExact: Bool? = nil) {
        let (asked, statement) = Self.asked(job["check"] ?? .null, from: directory, isExact: isExact)
        count = JSONValue.object(["count": asked]).text()
        if let kind = job["keys"], kind != .null {
            keys = JSONValue.object(["keys": asked, "statement": statement, "by": kind]).text()
        } else {
            keys = nil
        }
    }

    private static func asked(
        _ written: JSONValue, from directory: String?, isExact: Bool?
    ) -> (question: JSONValue, statement: JSONValue) {
        do throws(InvalidInput) {
            let source = try Source(field: Field(written))
            return (
                source.question(from: directory, isExact: isExact), source.keyStatement.map(JSONValue.string) ?? .null
            )
        } catch {
            // Another version has taken what this one would refuse: it is the same only as it is written.
            return (written.sorted, .null)
        }
    }
}

extension JSONValue {
    /// The same with the members of each object in the order of their keys, so that who wrote them in another order has
    /// written the same.
    fileprivate var sorted: JSONValue {
        switch self {
        case .null, .bool, .int, .double, .string: self
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let members):
            .object(JSONObject(distinct: members.map { ($0.key, $0.value.sorted) }.sorted { $0.key < $1.key }))
        }
    }
}
