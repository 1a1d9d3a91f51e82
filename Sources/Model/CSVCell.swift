/// One field of a CSV file that people open in spreadsheets (RFC 4180).
///
/// It goes by bytes: in a Swift string a quote and an accent after it are one character, which is no quote.
package enum CSVCell {
    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let apostrophe = UInt8(ascii: "'")
    /// What makes a spreadsheet take a text for a formula.
    private static let formulaStarts = Array("=+-@".utf8)

    /// `text` as it is written: on one line, without control characters, and with `'` before what could be a formula.
    package static func written(_ text: String) -> String {
        var clean = ""
        for scalar in text.unicodeScalars { clean.unicodeScalars.append(scalar.isUnsafeToShow ? " " : scalar) }
        let cell = Array(clean.trimmingSpace.utf8)
        let isFormula = isFormula(cell[...])
        guard isFormula || cell.contains(comma) || cell.contains(quote) else {
            return String(decoding: cell, as: UTF8.self)
        }
        let content = (isFormula ? [apostrophe] : []) + cell.flatMap { $0 == quote ? [quote, quote] : [$0] }
        return String(decoding: [quote] + content + [quote], as: UTF8.self)
    }

    /// The texts of the cells that were written, with commas in between, as `line`; `nil` when it was none.
    package static func read(_ line: some StringProtocol) -> [String]? {
        var cells: [String] = []
        var rest = Array(line.utf8)[...]
        while true {
            guard let (cell, after) = rest.first == quote ? quoted(rest) : plain(rest) else { return nil }
            cells.append(String(decoding: cell, as: UTF8.self))
            guard let next = after.first else { return cells }
            guard next == comma else { return nil }
            rest = after.dropFirst()
        }
    }

    private static func plain(_ text: ArraySlice<UInt8>) -> (cell: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        let cell = text.prefix { $0 != comma }
        return cell.contains(quote) ? nil : (cell, text[cell.endIndex...])
    }

    private static func quoted(_ text: ArraySlice<UInt8>) -> (cell: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        var cell: [UInt8] = []
        var rest = text.dropFirst()
        while let end = rest.firstIndex(of: quote) {
            cell += rest[..<end]
            rest = rest[(end + 1)...]
            guard rest.first == quote else {
                return (isFormula(cell[...]) ? cell.dropFirst() : cell[...], rest)
            }
            cell.append(quote)
            rest = rest.dropFirst()
        }
        return nil
    }

    /// Whether `cell` starts like a formula, after any number of `'`: of those, one was put there when it was written.
    private static func isFormula(_ cell: ArraySlice<UInt8>) -> Bool {
        cell.first { $0 != apostrophe }.map(formulaStarts.contains) ?? false
    }
}
