internal import Glibc

/// One record in MARC 21's form of ISO 2709: a leader of 24 bytes, a directory, the fields.
struct MARCRecord {
    /// The byte that ends a record.
    static let terminator: UInt8 = 0x1D
    /// The byte that ends a field.
    static let fieldTerminator: UInt8 = 0x1E
    /// The shortest a record can be: a leader, the end of an empty directory, the end of the record.
    static let minimumLength = 26

    private static let leaderLength = 24
    private static let entryLength = 12

    private let bytes: UnsafeRawBufferPointer

    /// The record whose bytes, from the leader to the terminator, are `bytes`; at least ``minimumLength`` of them.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The length that the leader starting at `bytes` names, or `nil` when it is not five digits or too short.
    static func length(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let length = number(bytes, 0, 5), length >= minimumLength else { return nil }
        return length
    }

    /// Whether the first terminator in `bytes` is their last of `length`: a length that reaches into the next record would
    /// swallow that.
    static func ends(_ bytes: UnsafeRawBufferPointer, at length: Int) -> Bool {
        guard let start = bytes.baseAddress, let end = memchr(start, CInt(terminator), length) else { return false }
        return UnsafeRawPointer(end) == start + (length - 1)
    }

    /// Whether the leader says that the record was deleted (position 5 is `d`).
    var isDeleted: Bool { bytes[5] == UInt8(ascii: "d") }

    /// Whether the record has what `key` asks for, or `nil` when its directory cannot be read.
    func has(_ key: MARCKey) -> Bool? {
        var isPresent = false
        let isReadable = forEachField(key.tag) { content in isPresent = isPresent || key.isPresent(in: content) }
        return isReadable ? isPresent : nil
    }

    /// What the record has where `key` points, or `nil` when its directory cannot be read.
    func values(of key: MARCKey) -> [String]? {
        var values: [String] = []
        return forEachField(key.tag) { content in values += key.values(in: content) } ? values : nil
    }

    /// Gives `take` the bytes of each field with `tag`; answers whether the directory could be read.
    private func forEachField(_ tag: [UInt8], _ take: (Slice<UnsafeRawBufferPointer>) -> Void) -> Bool {
        guard let base = Self.number(bytes, 12, 5), base > Self.leaderLength, base < bytes.count,
            bytes[base - 1] == Self.fieldTerminator, (base - 1 - Self.leaderLength) % Self.entryLength == 0
        else { return false }
        for entry in stride(from: Self.leaderLength, to: base - 1, by: Self.entryLength) {
            guard let length = Self.number(bytes, entry + 3, 4), let start = Self.number(bytes, entry + 7, 5),
                base + start + length < bytes.count
            else { return false }
            guard bytes[entry..<entry + 3].elementsEqual(tag) else { continue }
            take(bytes[(base + start)..<(base + start + length)])
        }
        return true
    }

    /// The number that the `count` digits at `position` write.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ position: Int, _ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var number = 0
        for index in position..<position + count {
            guard 0x30...0x39 ~= bytes[index] else { return nil }
            number = number * 10 + Int(bytes[index] - 0x30)
        }
        return number
    }
}
