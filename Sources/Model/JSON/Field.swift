/// A value together with where it stands in a document, so that every complaint can name the place.
package struct Field: Sendable {
    /// The value, as it was read.
    package let value: JSONValue
    /// Where it stands: `gather[1].check.sqlite.path`; empty for the document itself.
    package let path: String

    /// A document's own value, or one at `path` of it.
    package init(_ value: JSONValue, path: String = "") {
        self.value = value
        self.path = path
    }

    /// The complaint that this field is not what it should be.
    package func invalid(_ message: String) -> InvalidInput {
        InvalidInput(code: .field, path: path, message: message)
    }

    /// The complaint that this field is not `what`, but something of another type.
    func expected(_ what: String) -> InvalidInput {
        invalid("expected \(what), found \(value.typeName)")
    }
}

extension Field {
    /// The string. NUL is refused: no path, argument or name can hold it.
    package func string() throws(InvalidInput) -> String {
        guard case .string(let text) = value else { throw expected("a string") }
        guard !text.utf8.contains(0) else { throw invalid("a NUL character is not allowed") }
        return text
    }

    /// The string, when it has at least one character and at most `limit` bytes.
    package func name(limit: Int = 255) throws(InvalidInput) -> String {
        let text = try string()
        guard !text.isEmpty else { throw invalid("must not be empty") }
        guard text.utf8.count <= limit else { throw invalid("is longer than \(limit) bytes") }
        return text
    }

    /// The boolean.
    package func bool() throws(InvalidInput) -> Bool {
        guard case .bool(let flag) = value else { throw expected("true or false") }
        return flag
    }

    /// The whole number, when it lies in `range`.
    package func int(in range: ClosedRange<Int64>) throws(InvalidInput) -> Int64 {
        if let number = wholeNumber, range.contains(number) { return number }
        // Beyond 64 bits a number is rounded when it is read, and whole.
        guard wholeNumber != nil || value.doubleValue.map({ $0.magnitude >= 0x1p63 }) == true else {
            throw expected("a whole number")
        }
        throw invalid("must lie between \(range.lowerBound) and \(range.upperBound)")
    }

    /// The whole number, which may be written with a fraction of zero or an exponent.
    private var wholeNumber: Int64? {
        if case .double(let number) = value { return Int64(exactly: number) }
        return value.intValue
    }

    /// The duration: a string such as `1m30s`, or a number of seconds.
    package func duration() throws(InvalidInput) -> Duration {
        let parsed: Duration? =
            switch value {
            case .string(let text): Duration(text: text)
            case .int, .double: value.doubleValue.flatMap(Duration.init(checkedSeconds:))
            default: throw expected("a duration such as \"1m30s\" or a number of seconds")
            }
        guard let parsed else {
            throw invalid(
                "\(value.text()) is not a duration: write \"500ms\", \"2s\", \"1m30s\", \"2h\" or seconds, not negative and "
                    + "at most \(Duration.maximumDays) days"
            )
        }
        return parsed
    }

    /// The instant: RFC 3339, such as `2026-11-21T09:00:00Z`.
    package func timestamp() throws(InvalidInput) -> Timestamp {
        guard let instant = Timestamp(text: try string()) else {
            throw invalid("\(value.text()) is not a time: write RFC 3339, such as \"2026-11-21T09:00:00Z\"")
        }
        return instant
    }

    /// The elements, each with its own path.
    package func list() throws(InvalidInput) -> [Field] {
        guard case .array(let elements) = value else { throw expected("a list") }
        return elements.enumerated().map { Field($1, path: "\(path)[\($0)]") }
    }

    /// The elements, when there is at least one and each is a string.
    package func arguments() throws(InvalidInput) -> [String] {
        let fields = try list()
        guard let first = fields.first else { throw invalid("must not be an empty list") }
        guard try !first.string().isEmpty else { throw first.invalid("must not be empty") }
        var arguments: [String] = []
        for field in fields { arguments.append(try field.string()) }
        return arguments
    }

    /// The object, as fields to take one by one.
    package func fields() throws(InvalidInput) -> Fields {
        guard case .object(let object) = value else { throw expected("an object") }
        return Fields(object, path: path)
    }

    /// The object, when each of its values is a string.
    package func strings() throws(InvalidInput) -> [(key: String, value: String)] {
        guard case .object(let object) = value else { throw expected("an object") }
        var strings: [(key: String, value: String)] = []
        for (key, value) in object {
            let field = Field(value, path: path.appending(key: key))
            guard !key.isEmpty else { throw field.invalid("must not be an empty key") }
            guard !key.utf8.contains(0) else { throw field.invalid("a NUL character is not allowed in a key") }
            strings.append((key, try field.string()))
        }
        return strings
    }
}

/// The members of an object, taken one by one.
package struct Fields {
    /// Where the object stands.
    package let path: String
    private var rest: JSONObject

    fileprivate init(_ object: JSONObject, path: String) {
        self.path = path
        self.rest = object
    }

    /// The names not taken yet, in the order written.
    package var names: [String] { Array(rest.keys) }

    /// The member `key`, removed from what is left; `nil` when it is absent or `null`.
    package mutating func take(_ key: String) -> Field? {
        guard let field = takeAllowingNull(key), field.value != .null else { return nil }
        return field
    }

    /// The member `key`, removed from what is left, where `null` is a value like any other.
    package mutating func takeAllowingNull(_ key: String) -> Field? {
        rest.removeValue(forKey: key).map { Field($0, path: path.appending(key: key)) }
    }

    /// The member `key`.
    ///
    /// - Throws: ``InvalidInput`` when it is absent or `null`.
    package mutating func require(_ key: String) throws(InvalidInput) -> Field {
        guard let field = take(key) else {
            throw InvalidInput(code: .field, path: path.appending(key: key), message: "is missing")
        }
        return field
    }

    /// Refuses whatever is not one of `known`; to be called first, so that a misspelt key is not taken for a missing one.
    ///
    /// - Throws: ``InvalidInput`` naming the first key nobody knows and the keys that would be known.
    package func allow(only known: [String]) throws(InvalidInput) {
        guard let unknown = rest.first(where: { !known.contains($0.key) })?.key else { return }
        let list = known.isEmpty ? "none" : known.joined(separator: ", ")
        throw InvalidInput(
            code: .field, path: path.appending(key: unknown), message: "unknown key; known here: \(list)")
    }
}

extension String {
    /// The path of the member `key`; a key without a name is written as it stands in JSON, or it would be no path.
    fileprivate func appending(key: String) -> String {
        let key = key.isEmpty ? "\"\"" : key
        return isEmpty ? key : "\(self).\(key)"
    }
}
