internal import Model

/// Finds the number in what a program wrote.
struct CommandAnswer {
    private static let excerptLength = 80

    private let pointer: JSONPointer?

    /// Finds the number at `pointer` of a JSON document; without one the number is all there is.
    init(_ pointer: JSONPointer?) {
        self.pointer = pointer
    }

    /// The number in `output`.
    ///
    /// - Throws: ``SourceError`` with `not_json` or `no_count` when there is none.
    func number(in output: [UInt8]) throws(SourceError) -> Int64 {
        guard let pointer else { return try Self.number(String(decoding: output, as: UTF8.self)) }
        let document: JSONValue
        do throws(InvalidInput) { document = try JSONParser.parse(output) } catch {
            throw SourceError(.notJSON, "wrote no JSON: \(error.description.shown)")
        }
        guard let value = pointer.value(in: document) else {
            throw SourceError(.noCount, "its JSON has nothing at the pointer; check parse")
        }
        switch value {
        case .int(let number): return number
        case .string(let text): return try Self.number(text)
        default: throw SourceError(.noCount, "its JSON has \(value.typeName) at the pointer, not a whole number")
        }
    }

    /// The whole number that `text` is but for white space around it.
    private static func number(_ text: String) throws(SourceError) -> Int64 {
        let digits = text.drop(while: \.isWhitespace)
        guard let end = digits.lastIndex(where: { !$0.isWhitespace }) else {
            throw SourceError(.noCount, "answered nothing; it must answer one whole number")
        }
        let word = digits[...end]
        guard let number = Int64(word), word.first != "+" else {
            let excerpt = String(word.prefix(excerptLength)).shown
            throw SourceError(.noCount, "answered \"\(excerpt)\", which is not one whole number")
        }
        return number
    }
}
