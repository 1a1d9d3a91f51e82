internal import Model

/// Finds the number in what a program or a server answered.
enum NumberAnswer {
    private static let excerptLength = 80

    /// The number in `output`: at `pointer` of the JSON document it is, or, without one, all of it.
    ///
    /// - Throws: ``SourceError`` with `not_json` or `no_count` when there is none.
    static func number(in output: [UInt8], at pointer: JSONPointer?) throws(SourceError) -> Int64 {
        guard let pointer else { return try number(String(decoding: output, as: UTF8.self)) }
        return try number(in: document(output), at: pointer)
    }

    /// The number at `pointer` of `document`.
    static func number(in document: JSONValue, at pointer: JSONPointer) throws(SourceError) -> Int64 {
        guard let value = pointer.value(in: document) else {
            throw SourceError(.noCount, "the answer has nothing at the pointer; check it")
        }
        switch value {
        case .int(let number): return number
        case .string(let text): return try number(text)
        case .double(let number) where number.magnitude >= 0x1p63:
            throw SourceError(.noCount, "the number at the pointer is too large: \(number)")
        default:
            throw SourceError(.noCount, "the answer has \(value.typeName) at the pointer, not a whole number")
        }
    }

    /// The JSON document that `output` is.
    static func document(_ output: [UInt8]) throws(SourceError) -> JSONValue {
        do throws(InvalidInput) { return try JSONParser.parse(output, allowsByteOrderMark: true) } catch {
            throw SourceError(.notJSON, "the answer is not JSON: \(error.description.shown)")
        }
    }

    /// The whole number that `text` is but for white space around it.
    static func number(_ text: String) throws(SourceError) -> Int64 {
        let word = text.trimmingSpace
        guard !word.isEmpty else {
            throw SourceError(.noCount, "answered nothing; it must answer one whole number")
        }
        guard let number = Int64(word), word.first != "+" else {
            let excerpt = word.beginning(scalars: excerptLength).shown
            throw SourceError(.noCount, "answered \"\(excerpt)\", which is not one whole number")
        }
        return number
    }
}
