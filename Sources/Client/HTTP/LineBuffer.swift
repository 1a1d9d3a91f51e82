/// Cuts a stream of bytes into lines, wherever the packets end.
struct LineBuffer {
    private var bytes: [UInt8] = []
    /// Where the next line starts.
    private var start = 0
    /// Up to where no line end was found.
    private var searched = 0

    /// Adds bytes as they arrived.
    mutating func append(_ chunk: [UInt8]) {
        if start > 0 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes += chunk
    }

    /// The next whole line, without its LF or CRLF, or `nil` until more bytes arrive.
    mutating func next() -> [UInt8]? {
        guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            return nil
        }
        let line = bytes[start..<end]
        start = end + 1
        searched = start
        return Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }

    /// What stands after the last line end.
    var rest: [UInt8] { Array(bytes[start...]) }
}
