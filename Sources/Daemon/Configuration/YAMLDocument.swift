internal import Model
internal import Yams

/// Reads a YAML document as the JSON value it stands for, keys in the order written.
enum YAMLDocument {
    /// The largest document, in bytes.
    static let maximumSize = 1 << 20
    /// How many values a document may hold, once its aliases are written out too: a few lines of aliases can mean billions.
    private static let maximumValues = 100_000
    /// How many bytes of text it may hold then.
    private static let maximumBytes = 64 << 20

    /// What a document may still hold.
    private struct Budget {
        var values = maximumValues
        var bytes = maximumBytes

        mutating func spend(values: Int = 0, text: String) throws(InvalidInput) {
            self.values -= values
            bytes -= text.utf8.count
            guard self.values >= 0, bytes >= 0 else { throw YAMLDocument.tooLarge }
        }
    }

    /// The value written in `bytes`; an empty document is `null`.
    ///
    /// - Throws: ``InvalidInput`` for text that is not YAML, a key that is not a plain value, or a document too large.
    static func value(_ bytes: [UInt8]) throws(InvalidInput) -> JSONValue {
        guard bytes.count <= maximumSize else { throw tooLarge }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InvalidInput(code: .syntax, path: "", message: "not YAML: the text is not valid UTF-8")
        }
        try YAMLPrecheck.requireReadable(in: bytes, maximumValues: maximumValues)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw InvalidInput(code: .syntax, path: "", message: "not YAML: \(reason(error))")
        }
        var budget = Budget()
        return try node.map { node throws(InvalidInput) in try value(of: node, depth: 0, budget: &budget) } ?? .null
    }

    /// The complaint about a document with more bytes, values or levels than one may have.
    static var tooLarge: InvalidInput {
        InvalidInput(
            code: .limit, path: "",
            message: """
                the YAML is too large or nested too deeply: it may have \(maximumSize >> 20) MiB, \(maximumValues) keys and values, \
                and \(JSONParser.maximumDepth) levels, aliases written out; write more as JSON
                """)
    }

    /// What is wrong, in one line: Yams tells it with the whole document.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem.shown)"
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            "line \(context.mark.line), column \(context.mark.column): twice in one mapping: "
                + keys.sorted().joined(separator: ", ").beginning(scalars: 200).shown
        default: "\(error)".beginning(scalars: 200).shown
        }
    }

    private static func value(of node: Node, depth: Int, budget: inout Budget) throws(InvalidInput) -> JSONValue {
        guard depth < JSONParser.maximumDepth else { throw tooLarge }
        try budget.spend(values: 1, text: node.scalar?.string ?? "")
        switch node {
        case .scalar(let scalar): return try value(of: scalar, tag: node.tag)
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
                try budget.spend(text: name.string)
                let value = try value(of: member, depth: depth + 1, budget: &budget)
                // 1 and "1" are two keys of YAML's and one of JSON's.
                guard object.updateValue(value, forKey: name.string) == nil else {
                    throw InvalidInput(
                        code: .syntax, path: "", message: "not YAML as JSON: the key \(name.string.shown) occurs twice")
                }
            }
            return .object(object)
        case .alias:
            throw InvalidInput(code: .syntax, path: "", message: "a YAML alias stands for nothing")
        }
    }

    private static func value(of scalar: Node.Scalar, tag: Tag) throws(InvalidInput) -> JSONValue {
        switch tag.rawValue {
        case Tag.Name.null.rawValue: return .null
        case Tag.Name.bool.rawValue: return Bool.construct(from: scalar).map(JSONValue.bool) ?? .string(scalar.string)
        case Tag.Name.int.rawValue:
            if let number = Int64.construct(from: scalar) { return .int(number) }
            // One beyond 64 bits is rounded, as in JSON.
            return try Double(scalar.string).map { number throws(InvalidInput) in .double(try finite(number, scalar)) }
                ?? .string(scalar.string)
        case Tag.Name.float.rawValue:
            guard let number = Double.construct(from: scalar) else { return .string(scalar.string) }
            return .number(try finite(number, scalar))
        default: return .string(scalar.string)
        }
    }

    private static func finite(_ number: Double, _ scalar: Node.Scalar) throws(InvalidInput) -> Double {
        guard number.isFinite else {
            throw InvalidInput(
                code: .syntax, path: "",
                message:
                    "\(scalar.string.beginning(scalars: 40).shown) is not a number in JSON; put it in quotes if it is a text"
            )
        }
        return number
    }
}
