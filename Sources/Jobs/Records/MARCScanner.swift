internal import Model

/// Counts MARC 21 records in ISO 2709.
///
/// A record whose leader does not name its length, or names one that does not end at the first record terminator, is
/// damaged: it counts apart, and the next record starts after the next terminator. So is one whose directory cannot be
/// read, where that is looked at for a key.
struct MARCScanner: RecordScanner {
    var keys: KeyCollector?
    private let key: MARCKey?
    /// The beginning of a record that the last piece did not end.
    private var pending: [UInt8] = []
    /// Where in the file the first byte not yet taken stands.
    private var offset = 0
    /// Where the damaged record starts whose terminator is being looked for.
    private var damageStart: Int?

    private var live: Int64 = 0
    private var deleted: Int64 = 0
    private var damaged: Int64 = 0
    private var withoutKey: Int64 = 0

    /// A scanner that counts the records that have `key`, or all of them.
    ///
    /// - Throws: ``SourceError`` with the code `config` when `key` names no MARC field.
    init(key: String?) throws(SourceError) {
        self.key = try MARCKey.named(key)
    }

    mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(SourceError) {
        guard !pending.isEmpty else {
            let taken = try take(bytes, isEnd: false)
            pending.append(contentsOf: bytes[taken...])
            return
        }
        var joined: [UInt8] = []
        swap(&joined, &pending)
        joined.append(contentsOf: bytes)
        let taken = try take(joined, isEnd: false)
        joined.removeFirst(taken)
        swap(&joined, &pending)
    }

    mutating func finish(bytes: Int) throws(SourceError) -> SourceCount {
        _ = try take(pending, isEnd: true)
        if let damageStart {
            guard live + deleted > 0 else { throw .noMARC }
            throw cutOff(number: records, start: damageStart)
        }
        guard live + deleted > 0 else { throw .noMARC }
        if live > 0, live == withoutKey {
            throw .noRecordHasKey(of: live)
        }
        var details: JSONObject = [
            "live": .int(live), "deleted": .int(deleted), "damaged": .int(damaged), "bytes": .int(Int64(bytes)),
        ]
        if key != nil { details["without_key"] = .int(withoutKey) }
        return try SourceCount(live - withoutKey, isExact: damaged == 0, details: details)
    }

    private var records: Int64 { live + deleted + damaged }

    private mutating func take(_ bytes: [UInt8], isEnd: Bool) throws(SourceError) -> Int {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(SourceError) in try take(bytes, isEnd: isEnd) }
        }.get()
    }

    /// Takes the records that `bytes` starts with, and returns how many bytes they have. What is left is the beginning
    /// of a record; at the end of the file nothing is left.
    private mutating func take(_ bytes: UnsafeRawBufferPointer, isEnd: Bool) throws(SourceError) -> Int {
        var position = 0
        defer { offset += position }
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            if damageStart != nil {
                guard let terminator = rest.firstIndex(of: MARCRecord.terminator) else {
                    position = bytes.count
                    break
                }
                damageStart = nil
                position += terminator + 1
            } else if Self.isPadding(rest[0]) {
                position += 1
            } else if rest.count < 5, !isEnd {
                break
            } else if offset + position == 0, rest.starts(with: UTF8.byteOrderMark) {
                position += UTF8.byteOrderMark.count
            } else if let length = MARCRecord.length(rest), length <= rest.count {
                guard MARCRecord.ends(rest, at: length) else {
                    beginDamage(at: offset + position)
                    continue
                }
                try count(MARCRecord(UnsafeRawBufferPointer(rebasing: rest[..<length])))
                position += length
            } else if MARCRecord.length(rest) != nil {
                guard isEnd else { break }
                guard rest.contains(MARCRecord.terminator) else {
                    throw cutOff(number: records + 1, start: offset + position)
                }
                beginDamage(at: offset + position)
            } else {
                beginDamage(at: offset + position)
            }
        }
        return position
    }

    private mutating func count(_ record: MARCRecord) throws(SourceError) {
        guard !record.isDeleted else {
            deleted += 1
            return
        }
        if let field = key ?? keys?.kind.field, keys != nil {
            guard let values = record.values(of: field) else {
                damaged += 1
                return
            }
            try keys?.take(values)
        }
        guard let key else {
            live += 1
            return
        }
        switch record.has(key) {
        case true?: live += 1
        case false?:
            live += 1
            withoutKey += 1
        case nil: damaged += 1
        }
    }

    private mutating func beginDamage(at start: Int) {
        damaged += 1
        damageStart = start
    }

    /// Whether `byte` may stand between records: line ends and the end-of-file mark of old systems.
    private static func isPadding(_ byte: UInt8) -> Bool {
        byte == 0x0A || byte == 0x0D || byte == 0x20 || byte == 0x1A
    }

    private func cutOff(number: Int64, start: Int) -> SourceError {
        SourceError(
            .inconsistent,
            "is cut off: record \(number), which starts at byte \(start), has no end; transfer the file again",
            isRetryable: true)
    }
}

extension SourceError {
    /// None of `count` records has the field that `key` names.
    static func noRecordHasKey(of count: Int64) -> SourceError {
        SourceError(.noCount, "key: none of the \(count) records has that field; check key")
    }

    fileprivate static let noMARC = SourceError(
        .unexpectedDocument, "is not a MARC 21 file in ISO 2709: it holds no valid record; check format")
}
