internal import GRDB

/// A statement that a job asks of a database: one that answers rows of one column, and changes nothing.
struct SQLiteQuery: Sendable, Hashable {
    /// The key of the job that it stands under, for messages.
    private let key: String
    private let text: String

    /// The statement `text`, which stands under `key`.
    init(_ key: String, _ text: String) {
        self.key = key
        self.text = text
    }

    /// Refuses what is no question.
    ///
    /// - Throws: ``SourceError`` with `config` unless the first word, comments aside, is SELECT or WITH. What
    ///   `sqlite3_stmt_readonly` calls read-only includes ATTACH, PRAGMA and BEGIN (sqlite.org/c3ref/stmt_readonly.html).
    func requireSelect() throws(SourceError) {
        var rest = Substring(text)
        while true {
            rest = rest.drop(while: \.isWhitespace)
            if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.hasPrefix("*/") { rest = rest.dropFirst() }
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        guard ["select", "with"].contains(rest.prefix { $0.isASCII && $0.isLetter }.lowercased()) else {
            throw SourceError(.config, "\(key): must be one statement that starts with SELECT or WITH")
        }
    }

    /// The rows it answers, in each of which stands `what` alone.
    ///
    /// - Throws: ``SourceError`` when it is several statements, would change something, or answers several columns; what
    ///   the database throws.
    func rows(in database: Database, each what: String) throws -> RowCursor {
        let statements = try database.allStatements(sql: text)
        guard let query = try statements.next(), try statements.next() == nil else {
            throw SourceError(.config, "\(key): must be one statement, not several")
        }
        guard query.isReadonly else { throw SourceError(.config, "\(key): must not change anything") }
        guard query.columnCount == 1 else {
            throw SourceError(.noCount, "\(key): answers \(query.columnCount) columns; it must answer \(what)")
        }
        return try Row.fetchCursor(query)
    }
}
