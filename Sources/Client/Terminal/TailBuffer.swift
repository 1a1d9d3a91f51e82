/// Keeps the last lines of a stream of bytes.
struct TailBuffer {
    private let lines: Int
    private var kept: [UInt8] = []
    /// How many bytes were added in all.
    private(set) var total = 0

    /// Keeps the last `lines` lines.
    init(lines: Int) {
        self.lines = lines
    }

    /// Adds bytes as they arrived.
    mutating func append(_ bytes: some Collection<UInt8>) {
        total += bytes.count
        kept.append(contentsOf: bytes)
        // Cutting at every packet would read what is kept again and again.
        if kept.count > 1 << 20 && kept.count > 2 * lastCut { cut() }
    }

    private var lastCut = 0

    /// The last lines; the very last one need not have an end.
    var bytes: [UInt8] { Array(kept[start...]) }

    /// How many bytes are kept now.
    var bytesHeld: Int { kept.count }

    private mutating func cut() {
        kept.removeFirst(start)
        lastCut = kept.count
    }

    private var start: Int {
        guard lines > 0 else { return kept.count }
        var missing = lines
        var position = kept.count
        if kept.last == UInt8(ascii: "\n") { position -= 1 }
        while position > 0 {
            if kept[position - 1] == UInt8(ascii: "\n") {
                missing -= 1
                if missing == 0 { return position }
            }
            position -= 1
        }
        return 0
    }
}
