internal import Glibc
internal import Model
internal import Store

extension Diagnosis {
    /// The least room on the disk that is enough for a while, in bytes.
    private static let ampleRoom = Int64(1) << 30
    /// The room below which hardly anything can be written, in bytes.
    private static let leastRoom = Int64(64) << 20

    /// The library, and whether it has the bug of the write-ahead log that was mended in 3.51.3.
    func sqlite(_ settings: StoreSettings) -> Finding {
        let isAffected = SQLiteVersion(settings.version)?.hasLogResetBug ?? true
        return Finding(
            "sqlite", isAffected ? .warn : .ok,
            "SQLite \(settings.version)"
                + (isAffected
                    ? " is of 3.7.0 to 3.51.2, which can damage a write-ahead log when one connection commits while"
                        + " another checkpoints; taskd is not exposed, because one connection does both" : ""),
            advice: isAffected ? "let other programs only read the history (sqlite3 -readonly)" : nil,
            facts: [
                "version": .string(settings.version), "journal_mode": .string(settings.journalMode),
                "synchronous": JSONValue(settings.synchronous), "affected": .bool(isAffected),
            ])
    }

    /// The history file, its disk and its file system.
    func store(_ size: StoreSize, schema: String, misplacement: StoreError?) -> Finding {
        let system = FileSystem(of: configuration.storePath)
        let readers = HistoryReaders(of: configuration.storePath).names
        var troubles: [(status: Finding.Status, message: String, advice: String)] = []
        if let misplacement {
            troubles.append((.fail, misplacement.message, "nothing is accepted until the daemon is started again"))
        }
        if let free = size.free, free < Self.ampleRoom {
            troubles.append(
                (
                    free < Self.leastRoom ? .fail : .warn, "only \(free >> 20) MiB are free on its disk",
                    "free some, or prune: nothing is accepted when it is full"
                ))
        }
        if size.log > Store.logLimit * 4 {
            troubles.append(
                (
                    .warn, "its write-ahead log has grown to \(size.log >> 20) MiB",
                    "end the program that has been reading the history for so long"
                        + (readers.isEmpty ? "" : ": \(readers.joined(separator: ", "))")
                ))
        }
        if let system, system.isUnfit {
            troubles.append(
                (
                    .warn, "it is on \(system.name), which does not keep SQLite's promises",
                    "move the state directory to a local file system"
                ))
        }
        let worst = Finding.Status.allCases.last { status in troubles.contains { $0.status == status } } ?? .ok
        let summary = "\(configuration.storePath): \(size.file) bytes, schema \(schema)"
        return Finding(
            "store", worst, ([summary] + troubles.map(\.message)).joined(separator: "; "),
            advice: troubles.isEmpty ? nil : troubles.map(\.advice).joined(separator: "; "),
            facts: [
                "path": .string(configuration.storePath), "bytes": .int(size.file), "wal_bytes": .int(size.log),
                "readers": .array(readers.map(JSONValue.string)), "free_bytes": JSONValue(size.free),
                "schema": .string(schema),
                "file_system": JSONValue(system?.name),
            ])
    }
}
