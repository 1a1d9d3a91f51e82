internal import GRDB
internal import Model

/// Tasks that are read together: so many, and so large, at most.
struct Page {
    private(set) var records: [TaskRecord] = []
    private var bytes: Int
    private var count: Int

    /// An empty page for `count` tasks, and about `bytes` of them: the last one may be as large as it is.
    init(bytes: Int, count: Int = .max) {
        self.bytes = bytes
        self.count = count
    }

    /// Whether one more task has a place.
    var hasRoom: Bool { count > 0 && bytes > 0 }

    /// Adds the task in `row`, which holds ``TaskRecord/columns``.
    mutating func add(_ row: Row) throws {
        records.append(try TaskRecord(row: row))
        bytes -= try TaskRecord.size(of: row)
        count -= 1
    }
}

extension TaskRecord {
    /// How many bytes of the task in `row` are its own, on the wire as in the file.
    fileprivate static func size(of row: Row) throws -> Int {
        try variable.reduce(0) { try $0 + row.withUnsafeData(atIndex: $1) { $0?.count ?? 0 } }
    }

    /// Where in a row stands what one task has more of than another: `job`, `result`, `exception`, `labels` and `detail`.
    private static let variable = [5, 6, 7, 19, 27]
}
