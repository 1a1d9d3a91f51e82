internal import Model

/// The header line of a CSV file: what the columns are called.
struct CSVHeader {
    /// The longest header line that is kept, in bytes.
    private static let maximumLength = 64 << 10

    /// The name of the column that a row must fill to be counted.
    let key: String?
    /// How many columns there are; 0 until the line has been read.
    private(set) var columns = 0
    /// The place of the column `key`, from 0; `nil` without one.
    private(set) var keyColumn: Int?

    /// What stands between the fields.
    private(set) var separator = CSVSeparator()
    private var names: [[UInt8]] = [[]]
    private var length = 0

    /// A header in which the column `key` is looked for.
    init(key: String?) {
        self.key = key
    }

    /// Whether the line has been read to its end.
    var isRead: Bool { columns > 0 }

    /// Whether `byte`, which is not quoted, ends a field of the line being read, header or not.
    mutating func separates(_ byte: UInt8) -> Bool {
        isRead ? separator.separates(byte) : separator.separatesHeader(byte)
    }

    /// Adds a byte to the name being read.
    mutating func append(_ byte: UInt8) throws(SourceError) {
        length += 1
        guard length <= Self.maximumLength else {
            throw SourceError(
                .unexpectedDocument, "its header line is longer than \(Self.maximumLength) bytes; not a CSV file"
            )
        }
        // A line break in quotes is part of a name, as a tab is.
        guard byte >= 0x20 || [0x09, 0x0A, 0x0D].contains(byte) else {
            throw SourceError(.unexpectedDocument, "its header line holds control characters; this is not a CSV file")
        }
        names[names.count - 1].append(byte)
    }

    /// Ends the name being read.
    mutating func endField() {
        names.append([])
    }

    /// Forgets the names of a line that turned out to be blank.
    mutating func clear() {
        names = [[]]
        separator.clear()
    }

    /// Ends the line, unless it is one that only tells the separator.
    ///
    /// - Throws: ``SourceError`` when two columns have one name, none has that of the key, or the line may be divided in
    ///   several ways.
    mutating func finish() throws(SourceError) {
        guard !separator.take(names.dropLast()) else { return clear() }
        try separator.requireOne()
        let names = names.dropLast().map { String(decoding: $0, as: UTF8.self).trimmed }
        var seen: Set<ExactText> = []
        for name in names where !name.isEmpty && !seen.insert(ExactText(name)).inserted {
            throw SourceError(.unexpectedDocument, "two columns are called \"\(name.shown)\"; rename one")
        }
        columns = names.count
        self.names = []
        guard let key else { return }
        // A name may be composed otherwise in the file than in the job.
        keyColumn = names.firstIndex(where: key.trimmed.isExactly) ?? names.firstIndex(of: key.trimmed)
        guard keyColumn != nil else {
            let all = names.map(\.shown).joined(separator: ", ")
            throw SourceError(.config, "key: there is no column \"\(key.shown)\"; the columns are: \(all)")
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return String(start[...end])
    }
}
