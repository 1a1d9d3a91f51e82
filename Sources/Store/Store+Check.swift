internal import GRDB

/// What a look through a history file has found.
package struct StoreReport: Sendable, Hashable {
    /// The schema's version, the name of the last migration.
    package let schema: String
    /// The version of the SQLite library.
    package let sqlite: String
    package let tasks: Int
    package let events: Int
}

extension Store {
    /// Looks through the history file at `path`, every page and every reference, and changes nothing; a daemon may use it
    /// meanwhile.
    ///
    /// - Throws: ``StoreError`` naming the first thing that is wrong.
    package static func check(_ path: String) throws -> StoreReport {
        do {
            guard try look(at: path, Schema.migrator) else {
                throw StoreError(code: .unavailable, message: "\(path): there is no history, or nothing in it")
            }
            var configuration = Configuration()
            configuration.readonly = true
            return try DatabaseQueue(path: path, configuration: configuration).read { db in
                try requireSound(db, path)
                return try StoreReport(
                    schema: Schema.migrator.appliedMigrations(db).last ?? "none",
                    sqlite: String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "",
                    tasks: Int.fetchOne(db, sql: "SELECT count(*) FROM tasks") ?? 0,
                    events: Int.fetchOne(db, sql: "SELECT count(*) FROM events") ?? 0)
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// - Throws: ``StoreError`` when a table, an index or a view is missing, or a table or a view has other columns than
    ///   the migrations make.
    static func requireSchema(_ db: Database, _ path: String) throws {
        let model = try DatabaseQueue()
        guard let version = try Schema.migrator.appliedMigrations(db).last else {
            throw StoreError(code: .corrupt, message: "\(path): damaged: the list of its migrations is empty")
        }
        try Schema.migrator.migrate(model, upTo: version)
        // Not by its text, which other versions of taskd may have written otherwise.
        let listing = """
            SELECT type || ' ' || name AS part, (SELECT group_concat(name) FROM pragma_table_info(whole.name)) AS columns
            FROM sqlite_master AS whole WHERE name NOT LIKE 'sqlite_%'
            """
        let expected = try model.read { try Row.fetchAll($0, sql: listing) }
        let found = Set(try Row.fetchAll(db, sql: listing))
        let missing = expected.filter { !found.contains($0) }.map { $0["part"] as String }
        guard missing.isEmpty else {
            throw StoreError(
                code: .corrupt,
                message: "\(path): damaged: missing or changed: \(missing.sorted().joined(separator: ", "))")
        }
    }

    /// - Throws: ``StoreError`` when a page is damaged or a reference leads nowhere.
    static func requireSound(_ db: Database, _ path: String) throws {
        let findings = try String.fetchAll(db, sql: "PRAGMA integrity_check(10)")
        guard findings == ["ok"] else {
            throw StoreError(code: .corrupt, message: "\(path): damaged: \(findings.joined(separator: "; "))")
        }
        if let row = try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") {
            throw StoreError(code: .corrupt, message: "\(path): damaged: a reference leads nowhere: \(row)")
        }
    }
}
