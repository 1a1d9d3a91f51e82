/// Any JSON value (RFC 8259), with whole numbers kept exact and object keys kept in order.
///
/// Results and jobs belong to their authors: `{"main": 1247, "reserves": 89}` comes back as it went in, which a
/// dictionary-based coder cannot promise.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// The value under `key`, or `nil` when this is no object or has no such key.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// The name of this value's JSON type, for messages: `a string`, `a list`.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .int: "a number"
        case .double: "a fractional number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// How deeply lists and objects nest in it; 0 for a plain value.
    package var depth: Int {
        switch self {
        case .null, .bool, .int, .double, .string: 0
        case .array(let elements): 1 + (elements.lazy.map(\.depth).max() ?? 0)
        case .object(let members): 1 + (members.lazy.map(\.value.depth).max() ?? 0)
        }
    }

    /// About how much memory it takes, in bytes.
    package var footprint: Int {
        let own = MemoryLayout<JSONValue>.stride
        return switch self {
        case .null, .bool, .int, .double: own
        case .string(let text): own + text.utf8.count
        case .array(let elements): elements.reduce(own) { $0 + $1.footprint }
        case .object(let members): members.reduce(own) { $0 + own + $1.key.utf8.count + $1.value.footprint }
        }
    }

    /// The string, or `nil` when this is no string.
    package var stringValue: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The whole number, or `nil` when this is no whole number.
    package var intValue: Int64? {
        guard case .int(let value) = self else { return nil }
        return value
    }

    /// The boolean, or `nil` when this is no boolean.
    package var boolValue: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The number as a double, or `nil` when this is no number.
    package var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The elements, or `nil` when this is no list.
    package var arrayValue: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The members, or `nil` when this is no object.
    package var objectValue: JSONObject? {
        guard case .object(let value) = self else { return nil }
        return value
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(nilLiteral: ()) { self = .null }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }

    /// A string, or `null` for `nil`.
    package init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }

    /// A whole number, or `null` for `nil`.
    package init(_ value: (some BinaryInteger)?) { self = value.map { .int(Int64($0)) } ?? .null }
}
