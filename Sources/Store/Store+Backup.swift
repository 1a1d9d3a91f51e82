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
        let file = try BackupFile(path: path, of: self.path)
        do {
            let copy = try DatabaseQueue(path: file.temporary)
            // The history is read no longer than this: a reader that stays keeps the log from being folded in.
            try await pool.read { db in try copy.writeWithoutTransaction { try db.backup(to: $0) } }
            let origin = self.path
            return try await copy.writeWithoutTransaction { db in try Self.finish(file, of: origin, db) }
        } catch {
            file.discard()
            let failure = StoreError(error, path: file.temporary)
            // Of a page that SQLite cannot read the copy is not to blame.
            throw failure.code == .corrupt ? noted(StoreError(error, path: self.path)) : failure
        }
    }

    private static func finish(_ file: BackupFile, of origin: String, _ db: Database) throws -> StoreCopy {
        // One file, and not the three of a database that is in use.
        try db.execute(sql: "PRAGMA journal_mode = DELETE")
        // What is wrong with the copy is wrong with the history.
        try requireSound(db, origin)
        try requireSchema(db, origin)
        let tasks = try Int.fetchOne(db, sql: "SELECT count(*) FROM tasks") ?? 0
        return StoreCopy(bytes: try file.publish(), tasks: tasks)
    }
}
