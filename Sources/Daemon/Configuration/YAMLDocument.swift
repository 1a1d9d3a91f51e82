internal import Model
internal import Yams

/// Reads a YAML document as the JSON value it stands for, keys in the order written.
enum YAMLDocument {
    /// How many values a document may hold once its aliases are written out: a few lines of aliases can mean billions.
    private static let maximumValues = 1_000_000

    /// The value written in `bytes`; an empty document is `null`.
    ///
    /// - Throws: ``InvalidInput`` for text that is not YAML, a key that is not a plain value, or a document too large.
    static func value(_ bytes: [UInt8]) throws(InvalidInput) -> JSONValue {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InvalidInput(code: .syntax, path: "", message: "not YAML: the text is not valid UTF-8")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw InvalidInput(code: .syntax, path: "", message: "not YAML: \("\(error)".shown)")
        }
        var budget = maximumValues
        return try node.map { node throws(InvalidInput) in try value(of: node, depth: 0, budget: &budget) } ?? .null
    }

    private static func value(of node: Node, depth: Int, budget: inout Int) throws(InvalidInput) -> JSONValue {
        budget -= 1
        guard budget >= 0, depth < JSONParser.maximumDepth else {
            throw InvalidInput(code: .limit, path: "", message: "the YAML document is too large or nested too deeply")
        }
        switch node {
        case .scalar(let scalar): return value(of: scalar, tag: node.tag)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(of: element, depth: depth + 1, budget: &budget)) }
            return .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, member) in mapping {
                guard case .scalar(let name) = key else {
                    throw InvalidInput(code: .syntax, path: "", message: "a YAML key must be a plain value")
                }
                object[name.string] = try value(of: member, depth: depth + 1, budget: &budget)
            }
            return .object(object)
        case .alias:
            throw InvalidInput(code: .syntax, path: "", message: "a YAML alias stands for nothing")
        }
    }

    private static func value(of scalar: Node.Scalar, tag: Tag) -> JSONValue {
        switch tag.rawValue {
        case Tag.Name.null.rawValue: .null
        case Tag.Name.bool.rawValue: Bool.construct(from: scalar).map(JSONValue.bool) ?? .string(scalar.string)
        case Tag.Name.int.rawValue: Int64.construct(from: scalar).map(JSONValue.int) ?? .string(scalar.string)
        case Tag.Name.float.rawValue: Double.construct(from: scalar).map(JSONValue.number) ?? .string(scalar.string)
        default: .string(scalar.string)
        }
    }
}
