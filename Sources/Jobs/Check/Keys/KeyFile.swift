internal import GRDB
package import Model

/// The keys that a check has kept: each once, in order, with how many records have it.
package struct KeyFile: Sendable, Hashable {
    private static let all = "SELECT key, times FROM keys ORDER BY key"

    private let path: String

    /// The file of the check whose attempt `directory` belongs to.
    package init(in directory: AttemptDirectory) {
        path = directory.keys
    }

    /// The keys that several records have, no more than the first `limit`.
    ///
    /// - Throws: an exception when the file cannot be read.
    package func duplicates(limit: Int) async throws(ExceptionInfo) -> [KeyEntry] {
        try await Self.reading { flag in
            try open(until: flag).read { database in
                try Row.fetchAll(
                    database, sql: "SELECT key, times FROM keys WHERE times > 1 ORDER BY key LIMIT ?",
                    arguments: [limit]
                ).map(KeyEntry.init)
            }
        }
    }

    /// The keys that only this file has, those that only `other` has, and those that both have. Memory does not grow with
    /// the files.
    ///
    /// - Parameter limit: how many keys of each are answered; all are counted.
    /// - Throws: an exception when one of the files cannot be read.
    package func compared(with other: KeyFile, limit: Int) async throws(ExceptionInfo) -> KeyComparison {
        try await Self.reading { flag in
            let (first, second) = (try open(until: flag), try other.open(until: flag))
            var comparison = KeyComparison(limit: limit)
            try first.read { first in
                let left = try Row.fetchCursor(first, sql: Self.all)
                try second.read { second in
                    let right = try Row.fetchCursor(second, sql: Self.all)
                    try KeyMerge.walk(
                        { try left.next().map(KeyEntry.init) }, { try right.next().map(KeyEntry.init) }
                    ) { comparison.add($0, $1) }
                }
            }
            return comparison
        }
    }

    private func open(until flag: CancellationFlag) throws -> DatabaseQueue {
        try DatabaseQueue(path: path, configuration: .readOnly(patience: .zero, until: flag))
    }

    private static func reading<Answer: Sendable>(
        _ work: @escaping @Sendable (CancellationFlag) throws -> Answer
    ) async throws(ExceptionInfo) -> Answer {
        do throws(SourceError) {
            return try await runBlocking { flag throws(SourceError) in
                do { return try work(flag) } catch let error as SourceError { throw error } catch {
                    throw SourceError(.connect, "cannot be read: \(error)")
                }
            }
        } catch {
            throw .internalError("the keys that a check has kept: \(error.message)")
        }
    }
}

extension KeyEntry {
    fileprivate init(_ row: Row) {
        self.init(key: row[0], times: row[1])
    }
}
