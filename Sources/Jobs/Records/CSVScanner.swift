internal import Model

/// Counts the rows of a CSV file after RFC 4180, with a header line.
///
/// More than the RFC allows: a byte order mark, LF or CR as line end, blank lines and rows (which do not count), a
/// quote inside a field that is not quoted (`5" disk`), the end mark of DOS, and another separator (``CSVSeparator``).
/// Nothing else is guessed: a row that does not fit the header is an error, because the usual reason is a quote that
/// swallowed rows.
struct CSVScanner: RecordScanner {
    private enum State {
        case fieldStart
        case unquoted
        case quoted
        /// After a quote in a quoted field: its end, or the first of two.
        case quoteInQuoted
    }

    /// What some programs for DOS write after the last line.
    private static let endMark: UInt8 = 0x1A
    /// How much of a key is read, in bytes; a longer one is none.
    private static let maximumKey = 4096

    var keys: KeyCollector?
    private var header: CSVHeader
    private var state = State.fieldStart
    private var markBytes = 0
    private var isAtFileStart = true
    private var isAfterReturn = false
    private var isAfterEndMark = false
    private var line = 1
    private var quoteLine = 1
    private var row = Row(line: 1)
    /// What the row being read has in the column of the key, when the keys are asked for.
    private var keyBytes: [UInt8] = []

    private var rows: Int64 = 0
    private var withoutKey: Int64 = 0

    /// What is known of the row being read.
    private struct Row {
        let line: Int
        var fields = 0
        var hasContent = false
        var hasKey = false
        var fieldHasContent = false
    }

    /// A scanner that counts the rows that have something in the column `key`, or all of them.
    init(key: String?) {
        header = CSVHeader(key: key)
    }

    mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(SourceError) {
        for byte in bytes { try take(byte) }
    }

    mutating func finish(bytes: Int) throws(SourceError) -> SourceCount {
        guard state != .quoted else {
            throw SourceError(
                .inconsistent, "line \(quoteLine): a quote is opened and never closed; the file may be cut off")
        }
        if row.fields > 0 || row.fieldHasContent { try endRow() }
        guard header.isRead else { throw SourceError(.unexpectedDocument, "has no header line") }
        var details: JSONObject = ["bytes": .int(Int64(bytes))]
        if header.key != nil { details["without_key"] = .int(withoutKey) }
        return try SourceCount(rows - withoutKey, details: details)
    }

    private mutating func take(_ byte: UInt8) throws(SourceError) {
        if isAtFileStart, try takeMark(byte) { return }
        if try takeEndMark(byte) { return }
        switch state {
        case .fieldStart, .unquoted: try takeUnquoted(byte)
        case .quoted:
            switch byte {
            case UInt8(ascii: "\""): state = .quoteInQuoted
            case UInt8(ascii: "\n"):
                line += 1
                try content(byte)
            default: try content(byte)
            }
        case .quoteInQuoted:
            switch byte {
            case UInt8(ascii: "\""):
                state = .quoted
                try content(byte)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): try takeUnquoted(byte)
            default:
                guard !header.separates(byte) else { return endField() }
                throw SourceError(
                    .unexpectedDocument, "line \(line): text after a closing quote; a quote inside a field is doubled")
            }
        }
    }

    private mutating func takeUnquoted(_ byte: UInt8) throws(SourceError) {
        let isAfterReturn = isAfterReturn
        self.isAfterReturn = false
        switch byte {
        case UInt8(ascii: "\n") where isAfterReturn: break
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            line += 1
            try endRow()
            self.isAfterReturn = byte == UInt8(ascii: "\r")
        case UInt8(ascii: "\"") where state == .fieldStart:
            state = .quoted
            quoteLine = line
        default:
            guard !header.separates(byte) else { return endField() }
            try requireTable(byte)
            state = .unquoted
            try content(byte)
        }
    }

    /// Refuses a header line that begins as web pages, XML and JSON do, which servers send instead of an export.
    private func requireTable(_ byte: UInt8) throws(SourceError) {
        let isStart = !header.isRead && row.fields == 0 && !row.fieldHasContent
        guard isStart, [UInt8]("<{[".utf8).contains(byte) else { return }
        throw SourceError(
            .unexpectedDocument, "is not a CSV file but a web page, XML or JSON; check where it comes from")
    }

    /// Whether `byte` is an end mark, or space after one; text after one makes the file none.
    private mutating func takeEndMark(_ byte: UInt8) throws(SourceError) -> Bool {
        if byte == Self.endMark, state != .quoted {
            isAfterEndMark = true
            return true
        }
        guard isAfterEndMark else { return false }
        guard [UInt8](" \t\r\n".utf8).contains(byte) else {
            throw SourceError(.unexpectedDocument, "line \(line): text after the end mark of a DOS file (0x1A)")
        }
        return true
    }

    /// Whether `byte` belongs to a byte order mark; the bytes of one that was none are content of the first field.
    private mutating func takeMark(_ byte: UInt8) throws(SourceError) -> Bool {
        guard byte != 0xFF, byte != 0xFE else {
            throw SourceError(.unexpectedDocument, "is UTF-16, or no text; save it as CSV in UTF-8")
        }
        if byte == UTF8.byteOrderMark[markBytes] {
            markBytes += 1
            isAtFileStart = markBytes < UTF8.byteOrderMark.count
            return true
        }
        isAtFileStart = false
        guard markBytes > 0 else { return false }
        state = .unquoted
        for held in UTF8.byteOrderMark.prefix(markBytes) { try content(held) }
        return false
    }

    private mutating func content(_ byte: UInt8) throws(SourceError) {
        guard byte != 0 else {
            throw SourceError(.unexpectedDocument, "line \(line): a NUL byte; this is not CSV text in UTF-8")
        }
        if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") { row.fieldHasContent = true }
        if !header.isRead {
            try header.append(byte)
        } else if row.fields == header.keyColumn, keys != nil, keyBytes.count < Self.maximumKey {
            keyBytes.append(byte)
        }
    }

    private mutating func endField() {
        if !header.isRead { header.endField() }
        if row.fieldHasContent {
            row.hasContent = true
            if row.fields == header.keyColumn { row.hasKey = true }
        }
        row.fields += 1
        row.fieldHasContent = false
        state = .fieldStart
    }

    private mutating func endRow() throws(SourceError) {
        endField()
        let ended = row
        row = Row(line: line)
        defer { keyBytes.removeAll(keepingCapacity: true) }
        guard ended.hasContent else {
            if !header.isRead { header.clear() }
            return
        }
        guard header.isRead else {
            try header.finish()
            return
        }
        guard ended.fields == header.columns else {
            throw SourceError(
                .inconsistent, "line \(ended.line): \(ended.fields) fields where the header has \(header.columns)")
        }
        rows += 1
        if header.key != nil, !ended.hasKey { withoutKey += 1 }
        try keys?.take(CollectionOfOne(String(decoding: keyBytes, as: UTF8.self)))
    }
}
