internal import Model

/// Rows of text in aligned columns under a header.
///
/// Every text is made safe to show here, so that no command can forget it.
struct Table {
    /// What stands at the top of a column, and how the column behaves.
    struct Column {
        let title: String
        var isNumeric = false
        /// Whether the column gives way when the terminal is narrow.
        var canShrink = false
    }

    /// One text of a row.
    struct Cell {
        let text: String
        var colour: Colour?

        init(_ text: String, _ colour: Colour? = nil) {
            self.text = text.shown
            self.colour = colour
        }
    }

    /// The narrowest a column may be made.
    private static let narrowest = 8
    private static let gap = "  "

    let columns: [Column]
    private var rows: [[Cell]] = []

    /// A table with no rows yet.
    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row with a cell for each column.
    mutating func append(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row has a cell for each column")
        rows.append(row)
    }

    /// The header and the rows as lines of at most `width` columns.
    func lines(width: Int? = nil, hasColour: Bool = false) -> [String] {
        let header = columns.map { Cell($0.title, .bold) }
        let widths = widths(header: header, limit: width)
        return ([header] + rows).map { row in
            let cells = zip(row, zip(columns, widths)).enumerated().map { position, entry in
                let (cell, (column, width)) = entry
                let isLast = position == columns.count - 1
                return Self.rendered(cell, column, width: width, isLast: isLast, hasColour: hasColour)
            }
            return cells.joined(separator: Self.gap).trimmingTrailingSpaces
        }
    }

    private static func rendered(_ cell: Cell, _ column: Column, width: Int, isLast: Bool, hasColour: Bool) -> String {
        let text = cell.text.truncated(toWidth: width)
        let painted = hasColour && !text.isEmpty ? cell.colour?.paint(text) ?? text : text
        let padding = String(repeating: " ", count: max(0, width - text.displayWidth))
        if column.isNumeric { return padding + painted }
        return isLast ? painted : painted + padding
    }

    /// The widths of the columns: as wide as their widest text, and less where the terminal is too narrow.
    private func widths(header: [Cell], limit: Int?) -> [Int] {
        var widths = header.map(\.text.displayWidth)
        for row in rows {
            for (position, cell) in row.enumerated() {
                widths[position] = max(widths[position], cell.text.displayWidth)
            }
        }
        guard let limit else { return widths }
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - limit
        while excess > 0 {
            let candidates = widths.indices.filter { columns[$0].canShrink && widths[$0] > Self.narrowest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            let cut = min(excess, max(1, (widths[widest] - Self.narrowest) / 2))
            widths[widest] -= cut
            excess -= cut
        }
        return fitted(widths, to: limit)
    }

    /// When no column gives way any more, what stands beyond the right edge is left out.
    private func fitted(_ widths: [Int], to limit: Int) -> [Int] {
        var rest = limit
        return widths.map { width in
            let fitted = max(0, min(width, rest))
            rest -= fitted + Self.gap.count
            return fitted
        }
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
