internal import Model

/// What a source of an inventory is asked: the same wherever it is asked from, and whatever the source is called.
struct InventoryQuestion: Sendable, Hashable {
    /// What is counted.
    let count: JSONValue
    /// What keys are kept of it; `nil` for none.
    let keys: JSONValue?

    /// The question of the check job `job`, whose paths start at `directory`.
    init(_ job: JSONValue, from directory: String?) {
        let whole = Self.whole(job["check"] ?? .null, from: directory)
        keys = job["keys"].flatMap { $0 == .null ? nil : whole }
        count = Self.withoutKeys(whole)
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
