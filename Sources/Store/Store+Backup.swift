internal import Dispatch
internal import GRDB

/// A copy of the history file, looked through.
package struct StoreCopy: Sendable, Hashable {
    /// How long it is.
    package let bytes: Int64
    /// How many tasks are in it.
    package let tasks: Int
}

extension Store {
    /// Copies the history as it is now into a file of its own at `path`, while work goes on, and looks the copy through.
    ///
    /// The file appears whole or not at all, and is durable when this returns.
    /// - Throws: ``StoreError`` when something is there already, the file cannot be written, or the copy is not sound.
    package func backUp(to path: String) async throws -> StoreCopy {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "taskd.backup").async {
                continuation.resume(with: Result { try self.copy(to: path) })
            }
        }
    }

    private func copy(to path: String) throws -> StoreCopy {
        let file = try BackupFile(path: path)
        do {
            let tasks = try writeCopy(file.temporary)
            return StoreCopy(bytes: try file.publish(), tasks: tasks)
        } catch {
            file.discard()
            throw StoreError(error, path: file.temporary)
        }
    }

    /// - Returns: how many tasks are in the copy.
    private func writeCopy(_ path: String) throws -> Int {
        let copy = try DatabaseQueue(path: path)
        try pool.backup(to: copy)
        let tasks = try copy.writeWithoutTransaction { db in
            // One file, and not the three of a database that is in use.
            try db.execute(sql: "PRAGMA journal_mode = DELETE")
            try Self.requireSound(db, path)
            return try Int.fetchOne(db, sql: "SELECT count(*) FROM tasks") ?? 0
        }
        try copy.close()
        return tasks
    }
}
