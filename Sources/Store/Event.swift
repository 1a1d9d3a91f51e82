internal import GRDB
package import Model

/// One line of the event log: what happened to a task, in the order it was committed.
package struct Event: Sendable, Hashable {
    /// What happened.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case submitted
        case released
        case started
        case progress
        case cancelRequested = "cancel_requested"
        case timedOut = "timed_out"
        case paused
        case resumed
        case retrying
        case succeeded
        case failed
        case cancelled
        case hookFinished = "hook_finished"

        /// The kind that tells of a task's end in `state`, or `nil` when that is no end.
        static func end(_ state: TaskState) -> Kind? {
            switch state {
            case .held, .queued, .running: nil
            case .succeeded: .succeeded
            case .failed: .failed
            case .cancelled: .cancelled
            }
        }
    }

    /// The durable sequence number, increasing, never reused.
    package let sequence: Int64
    package let taskID: TaskID
    package let at: Timestamp
    /// What happened, as the log has it.
    package let type: String
    /// More about it; an empty object where there is nothing to say.
    package let data: JSONValue

    /// The event as the wire shows it.
    package var json: JSONValue {
        [
            "seq": .int(sequence), "task_id": taskID.json, "at": .string(at.description), "type": .string(type),
            "data": data,
        ]
    }
}

extension Event {
    /// Appends an event and returns its sequence number.
    @discardableResult
    static func append(
        _ db: Database, _ kind: Kind, _ id: TaskID, at: Timestamp, data: JSONValue = .object([:])
    ) throws -> Int64 {
        try db.cachedStatement(sql: "INSERT INTO events (task_id, at, type, data) VALUES (?, ?, ?, ?)")
            .execute(arguments: [
                id.number, at.description, kind.rawValue, data == .object([:]) ? "{}" : data.text(),
            ])
        return db.lastInsertedRowID
    }
}

extension Store {
    /// The sequence number of the latest event, 0 before the first.
    package func lastSequence() async throws -> Int64 {
        try await read { db in
            try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0
        }
    }

    /// The next of the events after `sequence`, oldest first: those of one task, or of the tasks of one user, or all.
    package func eventPage(
        after sequence: Int64, taskID: TaskID? = nil, owner: UInt32? = nil
    ) async throws -> EventPage {
        let owner = taskID == nil ? owner : nil
        return try await read { db in
            var page = EventPage(after: sequence)
            let rows = try Self.rows(db, after: sequence, taskID, withOwner: owner != nil)
            while !page.isFull {
                guard let row = try rows.next() else {
                    page.mayBeMore = false
                    break
                }
                try page.add(row, isAskedFor: owner == nil || row.number(5) == owner)
            }
            return page
        }
    }

    private static func rows(
        _ db: Database, after sequence: Int64, _ taskID: TaskID?, withOwner: Bool
    ) throws -> RowCursor {
        var arguments: StatementArguments = [sequence]
        if let taskID { arguments += [taskID.number] }
        arguments += [EventPage.size]
        let filter = taskID == nil ? "" : "AND task_id = ?"
        let sql = "SELECT seq, task_id, at, type, data FROM events WHERE seq > ? \(filter) ORDER BY seq LIMIT ?"
        return try Row.fetchCursor(
            db.cachedStatement(sql: withOwner ? eventsWithOwner : sql), arguments: arguments)
    }

    static let eventsWithOwner = """
        SELECT seq, task_id, events.at, type, data, submitted_uid FROM events CROSS JOIN tasks ON tasks.id = task_id
        WHERE seq > ? ORDER BY seq LIMIT ?
        """
}

/// Some of the events of a log that may be long: so many, and so large, at most.
package struct EventPage: Sendable {
    /// How many events are looked at for a page.
    static let size = 1000
    /// What a page holds at most beside its last event, in bytes of text; as values it may take a dozen times that.
    static let byteLimit = 1 << 20

    /// Those of them that were asked for; there may be none.
    package private(set) var events: [Event] = []
    /// The number of the last one looked at, where the next page starts.
    package private(set) var last: Int64
    /// Whether there may be another page already.
    package fileprivate(set) var mayBeMore = true

    private var count = size
    private var bytes = byteLimit
    fileprivate var isFull: Bool { count <= 0 || bytes <= 0 }

    fileprivate init(after sequence: Int64) {
        last = sequence
    }

    fileprivate mutating func add(_ row: Row, isAskedFor: Bool) throws {
        last = row[0]
        count -= 1
        guard isAskedFor else { return }
        events.append(try Event(row: row))
        bytes -= try row.withUnsafeData(atIndex: 4) { $0?.count ?? 0 }
    }
}

extension Event {
    fileprivate init(row: Row) throws {
        self.init(
            sequence: row[0], taskID: TaskID(row[1]), at: try row.timestamp(2) ?? Timestamp(milliseconds: 0),
            type: row[3], data: try row.json(4) ?? .null)
    }
}
