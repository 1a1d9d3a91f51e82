internal import GRDB
package import Model

extension Store {
    /// The task numbered `id`, or `nil` when there is none.
    package func task(_ id: TaskID) async throws -> TaskRecord? {
        try await read { db in try TaskRecord.find(db, id) }
    }

    /// The first of the tasks numbered `ids`, in that order, until they take `bytes`; one that is gone is left out.
    ///
    /// - Returns: the tasks, and the numbers of those that are still to be read.
    package func tasks(
        _ ids: ArraySlice<TaskID>, within bytes: Int
    ) async throws -> (tasks: [TaskRecord], rest: ArraySlice<TaskID>) {
        try await read { db in
            var (page, rest) = (Page(bytes: bytes), ids)
            while !page.isFull, let id = rest.popFirst() {
                if let row = try TaskRecord.row(db, id) { try page.add(row) }
            }
            return (page.records, rest)
        }
    }

    /// The states of the tasks numbered `ids`, in that order.
    ///
    /// - Throws: ``UnknownTask`` for the first number nobody knows.
    package func states(_ ids: [TaskID]) async throws -> [TaskState] {
        try await read { db in
            try ids.map { id in
                guard let state = try TaskRecord.state(db, id) else { throw UnknownTask(id: id) }
                return state
            }
        }
    }

    /// The highest number that a task has had; 0 before there was one.
    package func lastTask() async throws -> TaskID {
        try await read { try TaskRecord.lastID($0) }
    }

    /// Those of `ids` that are known, in that order, with their states.
    package func knownStates(_ ids: [TaskID]) async throws -> [(id: TaskID, state: TaskState)] {
        try await read { db in
            try ids.compactMap { id in try TaskRecord.state(db, id).map { (id, $0) } }
        }
    }

    /// Those of `ids` whose tasks are done, in completion order, those that are not, and the place in the log that this was
    /// read at.
    package func completed(_ ids: [TaskID]) async throws -> (ids: [TaskID], unfinished: [TaskID], sequence: Int64) {
        try await read { db in
            let sequence = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0
            var done: [(id: TaskID, sequence: Int64)] = []
            var unfinished: [TaskID] = []
            let place = try db.cachedStatement(sql: "SELECT done_seq FROM tasks WHERE id = ?")
            for id in ids {
                guard let row = try Row.fetchOne(place, arguments: [id.number]) else { continue }
                if let sequence = row[0] as Int64? { done.append((id, sequence)) } else { unfinished.append(id) }
            }
            return (done.sorted { $0.sequence < $1.sequence }.map(\.id), unfinished, sequence)
        }
    }

    /// Those of `ids` whose tasks were done after the place `sequence` of the log, in completion order, and the place of the
    /// last of them.
    package func completed(
        among ids: Set<TaskID>, after sequence: Int64
    ) async throws -> (ids: [TaskID], sequence: Int64) {
        try await read { db in
            let rows = try Row.fetchCursor(
                db.cachedStatement(sql: "SELECT id, done_seq FROM tasks WHERE done_seq > ? ORDER BY done_seq"),
                arguments: [sequence])
            var done: [TaskID] = []
            var last = sequence
            // However many others were done meanwhile, none of them stays in memory.
            while done.count < ids.count, let row = try rows.next() {
                guard ids.contains(TaskID(row[0])) else { continue }
                done.append(TaskID(row[0]))
                last = row[1]
            }
            return (done, last)
        }
    }

    /// What a page of a list holds at most beside its last task, in bytes of text; as values it may take a dozen times that.
    static let pageLimit = 8 << 20

    /// One page of the tasks that `filter` lets through, shorter than it asks for where they are large, and the cursor of the
    /// next page, `nil` after the last.
    package func tasks(_ filter: TaskFilter) async throws -> (tasks: [TaskRecord], next: Int64?) {
        try await read { db in
            let (condition, arguments) = try filter.condition(db)
            let sql = "SELECT \(TaskRecord.columns) FROM tasks WHERE \(condition) ORDER BY \(filter.ordering) LIMIT ?"
            // Not cached, where it would stay for good: there are as many as there are filters.
            let rows = try Row.fetchCursor(db.makeStatement(sql: sql), arguments: arguments + [filter.limit + 1])
            var page = Page(bytes: Self.pageLimit, count: filter.limit)
            while let row = try rows.next() {
                guard !page.isFull else { return (page.records, page.records.last.flatMap(filter.place)) }
                try page.add(row)
            }
            return (page.records, nil)
        }
    }

    /// The first of the tasks numbered `ids` that was not submitted by the user `owner`, be it another's or nobody's;
    /// `nil` when all were.
    package func firstForeign(to owner: UInt32, among ids: [TaskID]) async throws -> TaskID? {
        try await read { db in try ids.first { try !TaskRecord.exists(db, $0, of: owner) } }
    }

    /// How many tasks of each user are not done.
    package func unfinishedByOwner() async throws -> [UInt32: Int] {
        try await read { db in
            let rows = try Row.fetchAll(db.cachedStatement(sql: Self.unfinished))
            var counts: [UInt32: Int] = [:]
            for row in rows { if let owner: UInt32 = try row.number(0) { counts[owner] = row[1] } }
            return counts
        }
    }

    static let unfinished = """
        SELECT submitted_uid, count(*) FROM tasks INDEXED BY tasks_state
        WHERE state IN ('held', 'queued', 'running') AND submitted_uid IS NOT NULL GROUP BY submitted_uid
        """

    /// The tasks that were running when the daemon last ended.
    package func runningTasks() async throws -> [TaskRecord] {
        try await read { db in
            try TaskRecord.all(db, "SELECT \(TaskRecord.columns) FROM tasks WHERE state = 'running' ORDER BY id")
        }
    }
}
