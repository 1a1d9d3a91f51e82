internal import Model
internal import Synchronization

/// How many tasks that are not done each user has, of those whose number is limited.
///
/// Counted once, when the engine takes up what is stored, and carried on from there, so that no submission has to count.
final class Usage: Sendable {
    private let limits: @Sendable (UInt32) -> UserLimits?
    private let unfinished = Mutex<[UInt32: Int]>([:])

    /// A count for the users that `limits` has limits for.
    init(limits: @escaping @Sendable (UInt32) -> UserLimits?) {
        self.limits = limits
    }

    /// Begins with the tasks that are stored.
    func begin(with counts: [UInt32: Int]) {
        let limited = counts.filter { limits($0.key) != nil }
        unfinished.withLock { $0 = limited }
    }

    /// Counts the tasks of `jobs` before they are stored.
    ///
    /// - Returns: how many were counted.
    /// - Throws: ``EngineError`` when `submitter` may not have so many, or a command is too large; nothing is then counted.
    func reserve(_ jobs: [Job], for submitter: Submitter?) throws(EngineError) -> Int {
        guard let submitter, let limits = limits(submitter.uid) else { return 0 }
        if let bytes = jobs.lazy.map(\.largestCommand).first(where: { $0 > limits.jobBytes }) {
            throw EngineError(
                code: .overLimit(.jobBytes),
                message: "the arguments and variables of a command have \(bytes) bytes, and limits.job_bytes allows "
                    + "\(limits.jobBytes); put them into a file")
        }
        let count = jobs.reduce(0) { $0 + $1.taskCount }
        guard count <= limits.unfinished else {
            throw EngineError(
                code: .overLimit(.unfinished),
                message: "these are \(count) tasks, and limits.unfinished allows a user \(limits.unfinished) that are "
                    + "not done; submit fewer at once")
        }
        let others = unfinished.withLock { counts in
            let others = counts[submitter.uid, default: 0]
            if others + count <= limits.unfinished { counts[submitter.uid] = others + count }
            return others
        }
        guard others + count <= limits.unfinished else {
            throw EngineError(
                code: .limitReached(.unfinished),
                message: "user \(submitter.uid) has \(others) tasks that are not done, and limits.unfinished allows "
                    + "\(limits.unfinished); wait for some, or cancel them")
        }
        return count
    }

    /// Counts tasks that are stored beyond what was reserved, or, with a negative number, that are done or never were.
    func add(_ count: Int, of submitter: Submitter?) {
        guard let submitter, count != 0, limits(submitter.uid) != nil else { return }
        unfinished.withLock { counts in
            // Below zero for a moment where tasks are done before they are counted.
            let sum = counts[submitter.uid, default: 0] + count
            counts[submitter.uid] = sum == 0 ? nil : sum
        }
    }

    /// How many more tasks each user with unfinished tasks may start, given how many of theirs run now.
    func availableSlots(running: [UInt32: Int]) -> [UInt32: Int] {
        let users = unfinished.withLock { Array($0.keys) }
        let slots = users.map { ($0, (limits($0)?.running ?? .max) - running[$0, default: 0]) }
        return Dictionary(uniqueKeysWithValues: slots)
    }
}
