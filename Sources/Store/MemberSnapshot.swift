internal import GRDB
package import Model

/// A composite's members as of one moment, and the place in the log that moment has.
package struct MemberSnapshot: Sendable, Hashable {
    /// How the members stand.
    package var tally = MemberTally()
    /// The members let go and not done, and whether each is shielded.
    package var open: [TaskID: Bool] = [:]
    /// The members that were done are those with a `done_seq` up to this.
    package var sequence: Int64 = 0
    /// The sum of the members' fractions, 1 for each that succeeded.
    package var fractions = 0.0
}

extension MemberSnapshot {
    /// Counts the member of `row`, the next in the order given: `id, state, shield, done_seq`, whether it has not been let go,
    /// its fraction, and whether it is one of those outlived.
    mutating func add(_ row: Row) throws {
        let id = TaskID(row[0])
        let state: TaskState = try row.choice(1)
        fractions += row[5]
        if let done: Int64 = row[3] {
            if row[6] { tally.outlived += 1 } else { tally.count(MemberTally.Finished(id: id, state: state)) }
            sequence = max(sequence, done)
        } else if row[4] {
            tally.unreleased.append(id)
        } else {
            let shield: Bool = row[2]
            if shield { tally.openShielded += 1 } else { tally.open += 1 }
            open[id] = shield
        }
    }
}
