internal import Glibc

/// The header of SQLite's write-ahead log (sqlite.org/fileformat2.html, "The WAL File Format").
///
/// SQLite takes a log with a damaged header for an empty one, and throws away what was acknowledged.
struct LogHeader {
    private static let size = 32

    private let bytes: [UInt8]

    /// The header of the log at `path`; `nil` where there is none, or nothing was written to it yet.
    init?(ofLogAt path: String) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Self.size)
        guard read(file, &bytes, Self.size) == Self.size, bytes.contains(where: { $0 != 0 }) else { return nil }
        self.bytes = bytes
    }

    /// Whether it is as SQLite has written it.
    var isSound: Bool {
        let magic = word(0, isBigEndian: true)
        guard magic & ~1 == 0x377F_0682 else { return false }
        var sums: (UInt32, UInt32) = (0, 0)
        for place in stride(from: 0, to: 24, by: 8) {
            sums.0 &+= word(place, isBigEndian: magic & 1 == 1) &+ sums.1
            sums.1 &+= word(place + 4, isBigEndian: magic & 1 == 1) &+ sums.0
        }
        return sums == (word(24, isBigEndian: true), word(28, isBigEndian: true))
    }

    private func word(_ place: Int, isBigEndian: Bool) -> UInt32 {
        let word = bytes[place..<place + 4]
        return (isBigEndian ? Array(word) : word.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
