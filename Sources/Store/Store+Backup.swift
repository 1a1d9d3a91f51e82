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
        try await pool.read { db in try Self.copy(db, to: path) }
    }

    private static func copy(_ db: Database, to path: String) throws -> StoreCopy {
        let file = try BackupFile(path: path)
        do {
            let tasks = try writeCopy(db, to: file.temporary)
            return StoreCopy(bytes: try file.publish(), tasks: tasks)
        } catch {
            file.discard()
            throw StoreError(error, path: file.temporary)
        }
    }

    /// - Returns: how many tasks are in the copy.
    private static func writeCopy(_ db: Database, to path: String) throws -> Int {
        let copy = try DatabaseQueue(path: path)
        let tasks = try copy.writeWithoutTransaction { target in
            try db.backup(to: target)
            // One file, and not the three of a database that is in use.
            try target.execute(sql: "PRAGMA journal_mode = DELETE")
            try requireSound(target, path)
            return try Int.fetchOne(target, sql: "SELECT count(*) FROM tasks") ?? 0
        }
        try copy.close()
        return tasks
    }
}
