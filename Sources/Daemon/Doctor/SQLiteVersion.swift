/// A version of the SQLite library, such as 3.46.1.
struct SQLiteVersion: Sendable, Comparable {
    private let parts: [Int]

    /// The version that `text` writes, or `nil` when it writes none.
    init?(_ text: String) {
        let parts = text.split(separator: ".").map { Int($0) }
        guard parts.count >= 2, !parts.contains(nil) else { return nil }
        self.parts = parts.compactMap(\.self)
    }

    static func < (left: SQLiteVersion, right: SQLiteVersion) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }

    private static let bug = (first: SQLiteVersion("3.7.0"), mended: SQLiteVersion("3.51.3"))

    /// Whether one connection that commits while another checkpoints can damage the write-ahead log
    /// (sqlite.org/wal.html, "The WAL-reset bug").
    var hasLogResetBug: Bool {
        guard let first = Self.bug.first, let mended = Self.bug.mended else { return true }
        return self >= first && self < mended
    }
}
