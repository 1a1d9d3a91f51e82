internal import Glibc

/// What a command printed on one stream: a file that may have lost its middle.
///
/// A stream above the executor's limit keeps its first and its last part; what lies between is given back to the disk
/// while the command goes on printing. Offsets stay true, so a reader never loses its place.
package struct OutputFile: Sendable {
    /// What stands at a place of the file.
    package enum Piece: Sendable, Hashable {
        case bytes([UInt8])
        /// This many bytes were printed here and have been dropped.
        case dropped(Int64)
        /// Nothing yet.
        case end
    }

    private let path: String

    /// The file at `path`, which need not be there.
    package init(path: String) {
        self.path = path
    }

    /// How many bytes were printed, dropped ones included.
    package var size: Int64 {
        var status = stat()
        return lstat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// What stands at `offset`: at most `limit` bytes, or how many are missing there.
    package func piece(at offset: Int64, limit: Int) -> Piece {
        guard let file = try? Descriptor.reading(path) else { return .end }
        var status = stat()
        guard fstat(file.number, &status) == 0 else { return .end }
        let data = lseek(file.number, off_t(offset), Self.seekData)
        // Nothing but a hole is left of it: the command has made the file longer without writing.
        if data < 0, errno == ENXIO, status.st_size > off_t(offset) { return .dropped(Int64(status.st_size) - offset) }
        if data > off_t(offset) { return .dropped(Int64(data) - offset) }
        var limit = limit
        let hole = lseek(file.number, off_t(offset), Self.seekHole)
        if hole > off_t(offset) { limit = min(limit, Int(hole) - Int(offset)) }
        let bytes = file.contents(from: offset, limit: limit)
        return bytes.isEmpty ? .end : .bytes(bytes)
    }

    /// Where the last `count` lines begin, of those that are there.
    package func offset(ofLastLines count: Int) async -> Int64 {
        // It may have to read all of it.
        await runBlocking { _ in find(lastLines: count) }
    }

    private func find(lastLines count: Int) -> Int64 {
        let size = size
        guard count > 0, let file = try? Descriptor.reading(path) else { return size }
        let hole = Int64(lseek(file.number, 0, Self.seekHole))
        var left = count
        var end = size
        while end > 0 {
            let start = max(0, end - Self.step)
            let bytes = file.contents(from: start, limit: Int(end - start))
            for index in bytes.indices.reversed() where bytes[index] == UInt8(ascii: "\n") {
                let next = start + Int64(index) + 1
                // The end of the last line begins none.
                guard next < size else { continue }
                left -= 1
                if left == 0 { return next }
            }
            // What is no data any more is nothing but zeros, perhaps very many.
            let isLost = lseek(file.number, off_t(start), Self.seekData) != off_t(start)
            end = isLost && 0..<start ~= hole ? hole : start
        }
        return 0
    }

    /// How much is looked at at once.
    private static let step: Int64 = 65_536

    /// `SEEK_DATA` and `SEEK_HOLE` of lseek(2), which Swift's Glibc leaves out as extensions of GNU's.
    private static let seekData: Int32 = 3
    private static let seekHole: Int32 = 4

    /// The last `limit` bytes as text, from the first whole character on; what is not UTF-8 shows as U+FFFD.
    package func tail(limit: Int) -> String {
        let size = size
        let start = max(0, size - Int64(limit))
        guard let file = try? Descriptor.reading(path) else { return "" }
        var bytes = file.contents(from: start, limit: Int(size - start))[...]
        if start > 0 {
            let rest = bytes.prefix(3).prefix { UTF8.isContinuation($0) }
            bytes = bytes.dropFirst(rest.count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// All of it, or `nil` when it is longer than `limit` bytes.
    func contents(limit: Int) -> [UInt8]? {
        guard size <= Int64(limit) else { return nil }
        return (try? Descriptor.reading(path))?.contents(limit: Int(size)) ?? []
    }
}
