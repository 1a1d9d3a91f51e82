internal import GRDB
package import Model

/// What came of submitting one job.
package struct Submission: Sendable, Hashable {
    /// The task, as it was committed.
    package let task: TaskRecord
    /// Whether the job became a new task; `false` when its key named an earlier one.
    package let isNew: Bool
}

/// A submission that names tasks the store cannot find.
package struct UnknownTask: Error, Sendable, Hashable {
    /// The number nobody knows.
    package let id: TaskID
}

extension Store {
    /// Makes a task of each job, and of each member of composites, all or none.
    ///
    /// - Parameter directory: where the jobs' relative paths start; absolute.
    /// - Parameter owner: the user whose tasks alone the jobs may run after; `nil` for any task.
    /// - Returns: the submissions in the order of `jobs`, and the tasks that were done as soon as they were submitted
    ///   because one they run after had not succeeded.
    /// - Parameter whenQueued: is called before the commit; a claim that follows it finds the new tasks.
    /// - Throws: ``UnknownTask`` when a job runs after a task that does not exist; ``StoreError``, with the code
    ///   `busy` when too much waits to be written.
    package func submit(
        _ jobs: [Job], directory: String?, by submitter: Submitter?, afterTasksOf owner: UInt32? = nil,
        at now: Timestamp, whenQueued: () -> Void = {}
    ) async throws -> (submissions: [Submission], ended: [TaskRecord]) {
        let size = jobs.reduce(0) { $0 + $1.footprint }
        return try await write(isRefusable: true, size: size, whenQueued: whenQueued) { db in
            var insertion = Insertion(db: db, directory: directory, submitter: submitter, owner: owner, now: now)
            var submissions: [Submission] = []
            for job in jobs {
                if let key = job.key, let existing = try Self.find(db, key: key, of: submitter) {
                    submissions.append(Submission(task: existing, isNew: false))
                } else {
                    submissions.append(Submission(task: try insertion.insert(job), isNew: true))
                }
            }
            let ended = try insertion.settleDependencies()
            for (index, job) in jobs.enumerated() where !job.after.isEmpty {
                let submission = submissions[index]
                guard let settled = try TaskRecord.find(db, submission.task.id) else { continue }
                submissions[index] = Submission(task: settled, isNew: submission.isNew)
            }
            return (submissions, ended)
        }
    }

    /// Looks for the tasks that `jobs` and their members run after, but for a job that has become a task already, by its key.
    ///
    /// - Parameter owner: the user whose tasks alone they may run after; `nil` for any task.
    /// - Throws: ``UnknownTask`` for the first that is not there.
    package func checkDependencies(
        of jobs: [Job], by submitter: Submitter?, afterTasksOf owner: UInt32?
    ) async throws {
        try await read { db in
            for job in jobs {
                if let key = job.key, try Self.find(db, key: key, of: submitter) != nil { continue }
                try Self.checkDependencies(of: job, afterTasksOf: owner, db)
            }
        }
    }

    private static func checkDependencies(of job: Job, afterTasksOf owner: UInt32?, _ db: Database) throws {
        for id in job.after where try !TaskRecord.exists(db, id, of: owner) { throw UnknownTask(id: id) }
        for member in job.members { try checkDependencies(of: member, afterTasksOf: owner, db) }
    }

    /// The tasks that `jobs` have become already; `nil` unless all of them have, by their keys.
    package func submissions(knownOf jobs: [Job], by submitter: Submitter?) async throws -> [Submission]? {
        try await read { db in
            var submissions: [Submission] = []
            for job in jobs {
                guard let key = job.key, let task = try Self.find(db, key: key, of: submitter) else { return nil }
                submissions.append(Submission(task: task, isNew: false))
            }
            return submissions
        }
    }

    private static func find(_ db: Database, key: String, of submitter: Submitter?) throws -> TaskRecord? {
        try TaskRecord.first(
            db, "SELECT \(TaskRecord.columns) FROM tasks WHERE key = ? AND coalesce(submitted_uid, -1) = ?",
            [key, submitter.map { Int64($0.uid) } ?? -1])
    }
}
