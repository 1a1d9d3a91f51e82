internal import GRDB
internal import Model

/// What a queued task waits for before it only waits for a slot.
///
/// Gates open one after another: being started (a held task), the parent, other tasks, a time. The column `waiting_for`
/// names the one that is shut, as JSON with one key, and is NULL when all are open: that is what the indexes of the ready
/// tasks stand on. Which tasks are waited for is not in it, or each of their ends would have to write all of the others down
/// again.
enum Gate {
    /// A member of `parent` that its composite has not let go yet.
    static func parent(_ id: TaskID) -> JSONValue { ["parent": id.json] }

    /// A failed try that rests until `instant`.
    static func retry(_ instant: Timestamp) -> JSONValue { ["retry": .string(instant.description)] }

    /// A task that nobody has started.
    static let held: JSONValue = ["start": true]

    /// SQL for what a gate is shown as: with the tasks that are waited for.
    static let shown = """
        CASE WHEN waiting_for ->> '$.after' IS NULL THEN waiting_for ELSE json_object('after', \
        (SELECT json_group_array(after_id) FROM dependencies WHERE task_id = tasks.id)) END
        """

    /// SQL for the gate that is shut after the parent's has opened, at the instant `:now`, or NULL.
    static let next = """
        CASE
            WHEN EXISTS (SELECT 1 FROM dependencies WHERE task_id = tasks.id)
                THEN '{"after":true}'
            WHEN wake_at > :now THEN json_object('delay', wake_at)
        END
        """

    /// Sets `waiting_for` of the queued tasks that `condition` names to the next gate that is shut.
    static func reopen(
        _ db: Database, where condition: String, _ arguments: [String: (any DatabaseValueConvertible)?]
    )
        throws
    {
        let sql = "UPDATE tasks SET waiting_for = \(next) WHERE state = 'queued' AND \(condition)"
        try db.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }
}
