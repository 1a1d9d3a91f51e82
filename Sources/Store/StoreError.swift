import GRDB

/// Why the store could not do what it was asked.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure this is.
    package enum Code: Sendable, Hashable {
        /// The file cannot be opened, created or written.
        case unavailable
        /// A file that is to be made is there already, or cannot be made where it is to be.
        case unusablePath
        /// The file is no database of ours, or is damaged.
        case corrupt
        /// A newer version of taskd has written the file.
        case newerSchema
        /// So much waits to be written that no more is taken for now.
        case busy
        /// The disk or the quota is full.
        case full
        /// SQLite refused a statement: a broken invariant of ours.
        case `internal`
    }

    /// What kind of failure this is.
    package let code: Code
    /// What went wrong and what to do.
    package let message: String
    /// What SQLite said, or `nil`.
    package let cause: (any Error)?

    /// A failure of kind `code`.
    package init(code: Code, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message, and what SQLite said where it said something.
    package var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}

extension StoreError {
    /// The disk that the file at `path` is on is full.
    static func full(path: String, cause: (any Error)? = nil) -> StoreError {
        StoreError(code: .full, message: "\(path): no space left; free some and try again", cause: cause)
    }

    /// The daemon has closed its history, because it stops.
    static let closed = StoreError(code: .unavailable, message: "the history is closed: the daemon stops")

    /// Too much waits to be written.
    static let busy = StoreError(
        code: .busy, message: "more is submitted than the disk can keep up with; try again in a moment")

    /// The failure behind `error`, with the database's path in its message.
    init(_ error: any Error, path: String) {
        if let known = error as? StoreError {
            self = known
            return
        }
        guard let database = error as? DatabaseError else {
            self.init(code: .internal, message: "\(path): unexpected failure", cause: error)
            return
        }
        // What readers and the writer share is a file, too.
        if database.extendedResultCode == .SQLITE_IOERR_SHMSIZE {
            self = .full(path: path, cause: error)
            return
        }
        switch database.resultCode.primaryResultCode {
        case .SQLITE_FULL: self = .full(path: path, cause: error)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                code: .corrupt,
                message:
                    "\(path): not a database, or damaged: look through it with taskd --check, and restore a backup",
                cause: error)
        case .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(code: .unavailable, message: "\(path): cannot be read or written", cause: error)
        default: self.init(code: .internal, message: "\(path): SQLite refused a statement", cause: error)
        }
    }
}
