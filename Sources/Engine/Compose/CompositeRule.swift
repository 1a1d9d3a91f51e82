internal import Model

/// The rules of composites: what a composite does next, decided from its policy and how its members stand, and from
/// nothing else. The same function decides while members run and after a crash.
///
/// The rules are asyncio's (`gather`, `TaskGroup`, `wait(FIRST_COMPLETED)` and one `await` after another), with three
/// differences, all on cancellation: whatever is cancelled waits for the members it has cancelled before it ends; a race that
/// had its winner before it was cancelled keeps it; and a cancelled sequence starts no further member and is cancelled, even if
/// the running one succeeds.
struct CompositeRule: Sendable, Hashable {
    /// What a composite does next.
    enum Step: Sendable, Hashable {
        /// Let this many more members go, then ask again.
        case release(Int)
        /// Cancel every member the composite reaches, then ask again.
        case cancelMembers
        /// Wait until a member ends or the composite is cancelled, then ask again.
        case wait
        /// End.
        case finish(Conclusion)
    }

    /// How a composite ends.
    enum Conclusion: Sendable, Hashable {
        /// With the members' results, in the order given.
        case results
        /// As this member ended.
        case member(TaskID)
        /// With every member failure, in the order they happened.
        case exceptionGroup
        /// Cancelled.
        case cancelled
    }

    /// When it ends and what it does with its members.
    let policy: CompositeJob.Policy
    /// How many members may run at once; `nil` for no limit.
    let maximumRunning: Int?

    /// What to do when the members stand as in `tally`.
    ///
    /// - Parameters:
    ///   - isCancelled: whether the composite itself was asked to end, by a request or its timeout; not for a race that had its
    ///     winner before.
    ///   - membersWereCancelled: whether ``Step/cancelMembers`` has been done.
    func step(_ tally: MemberTally, isCancelled: Bool, membersWereCancelled: Bool) -> Step {
        switch policy {
        case .gather(let returnExceptions) where !isCancelled:
            return gather(tally, returnExceptions: returnExceptions)
        case .inventory where !isCancelled: return gather(tally, returnExceptions: true)
        case .gather, .taskGroup, .race, .sequence, .inventory: break
        }
        if isCancelled || isDecided(tally) {
            // What ends the composite ends its members; those it cannot reach finish on their own.
            guard tally.unreleased.isEmpty && tally.open == 0 else {
                return membersWereCancelled ? .wait : .cancelMembers
            }
            return .finish(decision(tally, isCancelled: isCancelled))
        }
        return proceed(tally)
    }

    /// `gather` ends at the first failure while the others run on; with exceptions as values it waits for all.
    private func gather(_ tally: MemberTally, returnExceptions: Bool) -> Step {
        if !returnExceptions, let member = tally.firstUnsuccessful { return .finish(.member(member.id)) }
        return proceed(tally)
    }

    /// Whether members that have ended decide how the composite does.
    private func isDecided(_ tally: MemberTally) -> Bool {
        switch policy {
        case .gather, .inventory: false
        case .taskGroup: tally.failed > 0
        case .race: tally.first != nil
        case .sequence: tally.breakingTurn != nil
        }
    }

    /// How the composite ends once its members have.
    private func decision(_ tally: MemberTally, isCancelled: Bool) -> Conclusion {
        switch policy {
        case .gather(returnExceptions: true), .inventory: return .cancelled
        case .gather: return ending(of: tally.firstUnsuccessful, tally, isCancelled: isCancelled)
        case .taskGroup: return tally.failed > 0 ? .exceptionGroup : .cancelled
        case .race: return ending(of: tally.first, tally, isCancelled: isCancelled)
        case .sequence: return ending(of: tally.breakingTurn, tally, isCancelled: isCancelled)
        }
    }

    /// Of the members of a composite that was cancelled, only one whose clean-up failed says something of its own, unless one
    /// was shielded: that shield was cancelled first, at once.
    private func ending(of member: MemberTally.Finished?, _ tally: MemberTally, isCancelled: Bool) -> Conclusion {
        let isShielding = tally.openShielded + tally.outlived > 0
        guard let member, !isCancelled || member.state == .failed && !isShielding else { return .cancelled }
        return .member(member.id)
    }

    private func proceed(_ tally: MemberTally) -> Step {
        // Whoever was outlived by a member has been asked to end, and is about to hear of it.
        if tally.done == tally.total { return tally.outlived == 0 ? .finish(.results) : .wait }
        guard !tally.unreleased.isEmpty else { return .wait }
        guard let maximumRunning else { return .release(tally.unreleased.count) }
        let free = maximumRunning - tally.open - tally.openShielded
        return free > 0 ? .release(min(free, tally.unreleased.count)) : .wait
    }
}

extension CompositeRule {
    /// The rule of `composite`; a sequence is a composite that runs one member at once.
    init(_ composite: CompositeJob) {
        self.init(
            policy: composite.policy, maximumRunning: composite.policy == .sequence ? 1 : composite.maximumRunning)
    }
}
