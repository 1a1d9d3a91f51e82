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

    /// Whether no more tasks fit.
    var isFull: Bool { count <= 0 || bytes <= 0 }

    /// Adds the task in `row`, which holds ``TaskRecord/columns``.
    mutating func add(_ row: Row) throws {
        records.append(try TaskRecord(row: row))
        bytes -= try TaskRecord.size(of: row)
        count -= 1
    }
}

extension TaskRecord {
    /// How many bytes of text the task in `row` has that another may not have.
    fileprivate static func size(of row: Row) throws -> Int {
        try texts.reduce(0) { try $0 + row.withUnsafeData(atIndex: $1) { $0?.count ?? 0 } }
    }

    /// Where in a row its texts are whose length is up to somebody else.
    private static let texts = names.indices(ofAny: [
        "name", "job", "result", "exception", "cancel_message", "progress", "waiting_for", "key", "labels", "detail",
    ])
}

extension Collection<Substring> where Index == Int {
    fileprivate func indices(ofAny names: Set<Substring>) -> [Int] { indices.filter { names.contains(self[$0]) } }
}
