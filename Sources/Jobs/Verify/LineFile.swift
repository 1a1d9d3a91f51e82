internal import Glibc
internal import Model

/// A file of lines, read with no more of it in memory than a piece.
struct LineFile {
    private static let pieceSize = 256 << 10
    /// The longest line, in bytes; a longer one is none.
    private static let maximumLine = 64 << 10

    private let path: String

    /// The file at `path`.
    init(_ path: String) {
        self.path = path
    }

    /// Gives `take` one whole line after another, until it answers `false`.
    ///
    /// - Returns: the place after the last line that it took; 0 when there is no such file.
    /// - Throws: an exception when the file cannot be read, or the system cannot tell whether there is one.
    @discardableResult
    func read(_ take: (String) -> Bool) throws(ExceptionInfo) -> Int64 {
        guard try stat(lookingAt: path) != nil else { return 0 }
        let file = try Descriptor.reading(path)
        var taken: Int64 = 0
        var offset: Int64 = 0
        var pending: [UInt8] = []
        while true {
            let piece = file.contents(from: offset, limit: Self.pieceSize)
            guard !piece.isEmpty else { return taken }
            offset += Int64(piece.count)
            pending += piece
            var rest = pending[...]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                guard take(String(decoding: rest[..<end], as: UTF8.self)) else { return taken }
                taken += Int64(rest.distance(from: rest.startIndex, to: end)) + 1
                rest = rest[(end + 1)...]
            }
            guard rest.count <= Self.maximumLine else { return taken }
            pending = Array(rest)
        }
    }
}
