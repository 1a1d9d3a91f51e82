/// How a composite's members stand: all that its policy looks at to decide what to do next.
package struct MemberTally: Sendable, Hashable {
    /// A member that is done, and how it ended.
    package struct Finished: Sendable, Hashable {
        package let id: TaskID
        package let state: TaskState

        /// The member `id`, done in `state`.
        package init(id: TaskID, state: TaskState) {
            self.id = id
            self.state = state
        }
    }

    /// Members the composite has not let go yet, in the order in which it does, which is that of their numbers; they have
    /// never run.
    package var unreleased: ArraySlice<TaskID> = []
    /// Members let go and not done, that a cancellation of the composite reaches.
    package var open = 0
    /// Members let go and not done, that are shielded from the composite.
    package var openShielded = 0
    /// Members done, by how they ended.
    package var succeeded = 0
    package var failed = 0
    package var cancelled = 0
    /// Members that were shielded and ended after somebody had asked the composite to end, or its timeout had: it had let them
    /// go, and how they ended is nothing to it.
    package var outlived = 0
    /// The member that was done first.
    package var first: Finished?
    /// The member that was first to fail or to be cancelled.
    package var firstUnsuccessful: Finished?
    /// The one that was given first of the members that failed or were cancelled.
    package var foremostUnsuccessful: Finished?

    /// A composite of no members.
    package init() {}

    /// All members.
    package var total: Int { unreleased.count + open + openShielded + done }

    /// Members done.
    package var done: Int { succeeded + failed + cancelled + outlived }

    /// The member that ends a sequence: the first in the order given that did not succeed; `nil` while one before it may still
    /// decide.
    package var breakingTurn: Finished? {
        guard open + openShielded == 0, let member = foremostUnsuccessful,
            unreleased.first.map({ member.id < $0 }) ?? true
        else { return nil }
        return member
    }
}

extension MemberTally {
    /// Counts the member `id`, which was let go.
    package mutating func release(_ id: TaskID, shield: Bool) {
        removeUnreleased(id)
        if shield { openShielded += 1 } else { open += 1 }
    }

    /// Counts the end of a member; to be called in completion order.
    ///
    /// - Parameter shield: whether the member is shielded; `nil` when it had not been let go.
    package mutating func finish(_ member: Finished, shield: Bool?) {
        switch shield {
        case nil: removeUnreleased(member.id)
        case true?: openShielded -= 1
        case false?: open -= 1
        }
        count(member)
    }

    /// Counts a member that is done; to be called in completion order.
    package mutating func count(_ member: Finished) {
        switch member.state {
        case .succeeded: succeeded += 1
        case .failed: failed += 1
        case .cancelled: cancelled += 1
        case .held, .queued, .running: preconditionFailure("a finished member is in the state \(member.state)")
        }
        if first == nil { first = member }
        guard member.state != .succeeded else { return }
        if firstUnsuccessful == nil { firstUnsuccessful = member }
        if foremostUnsuccessful.map({ member.id < $0.id }) ?? true { foremostUnsuccessful = member }
    }

    private mutating func removeUnreleased(_ id: TaskID) {
        if unreleased.first == id {
            unreleased.removeFirst()
        } else if let index = unreleased.lastIndex(of: id) {
            // From the end: those of a composite that is cancelled end last first.
            unreleased.remove(at: index)
        }
    }
}
