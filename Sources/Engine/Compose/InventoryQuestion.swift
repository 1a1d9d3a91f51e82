internal import Model

/// What a source of an inventory is asked: the same wherever it is asked from, and whatever the source is called.
struct InventoryQuestion: Sendable, Hashable {
    /// What is counted, as JSON.
    let count: String
    /// What keys are kept of it, and of which kind, as JSON; `nil` for none.
    let keys: String?

    /// All of it, each to be answered and measured by itself.
    var all: [String] { [count] + [keys].compactMap(\.self) }

    /// The question of the check job `job`, whose paths start at `directory`.
    init(_ job: JSONValue, from directory: String?) {
        let whole = Self.whole(job["check"] ?? .null, from: directory)
        count = JSONValue.object(["count": Self.withoutKeys(whole)]).sorted.text()
        if let kind = job["keys"], kind != .null {
            keys = JSONValue.object(["keys": whole, "by": kind]).sorted.text()
        } else {
            keys = nil
        }
    }

    /// Files have their whole path.
    private static func whole(_ source: JSONValue, from directory: String?) -> JSONValue {
        guard case .object(var object) = source, let directory else { return source }
        for kind in ["sqlite", "file"] {
            guard case .object(var body)? = object[kind], let path = body["path"]?.stringValue else { continue }
            body["path"] = .string(path.path(from: directory))
            object[kind] = .object(body)
        }
        return .object(object)
    }

    /// A database counts the same, whatever keys it is asked for beside.
    private static func withoutKeys(_ source: JSONValue) -> JSONValue {
        guard case .object(var object) = source, case .object(var body)? = object["sqlite"] else { return source }
        body.removeValue(forKey: "keys")
        object["sqlite"] = .object(body)
        return .object(object)
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
