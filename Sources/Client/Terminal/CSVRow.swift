internal import Model

/// A line of a CSV file (RFC 4180) that a spreadsheet may open: it shows its texts and calculates none of them.
struct CSVRow {
    /// The line with its end.
    private(set) var line = ""

    /// A line with these cells; numbers are written as they are.
    init(_ cells: [JSONValue]) {
        line = cells.map(Self.text).joined(separator: ",") + "\r\n"
    }

    private static func text(_ cell: JSONValue) -> String {
        switch cell {
        case .null: ""
        case .string(let text): CSVCell.written(text.shown)
        default: cell.text()
        }
    }
}
