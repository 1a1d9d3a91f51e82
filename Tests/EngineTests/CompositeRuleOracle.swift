import Model

@testable import Engine

/// What a composite of a few members has to do next, worked out from the members one by one after asyncio's own words:
/// a second opinion on ``CompositeRule``, which works from counts.
struct CompositeRuleOracle {
    enum Member: CaseIterable {
        case unreleased, open, openShielded, succeeded, failed, cancelled
        /// Ended, by itself and shielded, after the composite was asked to.
        case outlived

        var isDone: Bool { [.succeeded, .failed, .cancelled, .outlived].contains(self) }

        var state: TaskState? {
            switch self {
            case .unreleased, .open, .openShielded, .outlived: nil
            case .succeeded: .succeeded
            case .failed: .failed
            case .cancelled: .cancelled
            }
        }
    }

    /// One situation: the members in the order given, and the numbers of those that are done in completion order.
    struct Situation: CustomStringConvertible {
        let policy: CompositeJob.Policy
        let maximumRunning: Int?
        let members: [Member]
        let completions: [Int]
        let isCancelled: Bool
        let membersWereCancelled: Bool

        var description: String {
            "\(policy) max \(maximumRunning ?? 0) \(members) done \(completions) \(isCancelled) \(membersWereCancelled)"
        }

        func id(_ index: Int) -> TaskID { TaskID(Int64(100 + index)) }

        /// The members as the rule sees them.
        var tally: MemberTally {
            var tally = MemberTally()
            tally.unreleased = members.indices.map(id)[...]
            for (index, member) in members.enumerated() where member == .open || member == .openShielded {
                tally.release(id(index), shield: member == .openShielded)
            }
            tally.outlived = members.count { $0 == .outlived }
            for (index, member) in members.enumerated() where member == .outlived {
                tally.unreleased.removeAll { $0 == id(index) }
            }
            for index in completions {
                guard let state = members[index].state else { continue }
                tally.finish(MemberTally.Finished(id: id(index), state: state), shield: nil)
            }
            return tally
        }

        /// The rule's answer.
        var step: CompositeRule.Step {
            CompositeRule(policy: policy, maximumRunning: maximumRunning)
                .step(tally, isCancelled: isCancelled, membersWereCancelled: membersWereCancelled)
        }
    }

    static let policies: [CompositeJob.Policy] = [
        .gather(returnExceptions: false), .gather(returnExceptions: true), .taskGroup, .race, .sequence,
        .inventory(InventoryPolicy(quorum: nil)),
    ]

    /// Every situation of up to three members.
    static func situations(_ policy: CompositeJob.Policy) -> [Situation] {
        var situations: [Situation] = []
        for members in (1...3).flatMap(rows) {
            for completions in orders(of: members.indices.filter { members[$0].isDone }) {
                for limit in policy == .sequence ? [1] : [nil, 1, 2] {
                    for flags in 0..<4 {
                        situations.append(
                            Situation(
                                policy: policy, maximumRunning: limit, members: members, completions: completions,
                                isCancelled: flags & 1 == 1, membersWereCancelled: flags & 2 == 2))
                    }
                }
            }
        }
        return situations
    }

    private static func rows(_ length: Int) -> [[Member]] {
        guard length > 0 else { return [[]] }
        return rows(length - 1).flatMap { row in Member.allCases.map { row + [$0] } }
    }

    private static func orders(of numbers: [Int]) -> [[Int]] {
        guard !numbers.isEmpty else { return [[]] }
        return numbers.flatMap { first in orders(of: numbers.filter { $0 != first }).map { [first] + $0 } }
    }
}

extension CompositeRuleOracle.Situation {
    private func first(where matches: (CompositeRuleOracle.Member) -> Bool) -> Int? {
        completions.first { members[$0] != .outlived && matches(members[$0]) }
    }

    /// The member whose end has decided how the composite ends, by policy.
    private var decider: Int? {
        switch policy {
        case .gather(returnExceptions: true), .inventory: nil
        case .gather(returnExceptions: false): first { $0 != .succeeded }
        // One `await` after another: whoever runs has the turn, and who ended out of turn is looked at in its own.
        case .sequence where members.contains(where: { $0 == .open || $0 == .openShielded }): nil
        case .sequence:
            members.firstIndex { ![.succeeded, .outlived].contains($0) }.flatMap { members[$0].isDone ? $0 : nil }
        case .taskGroup: first { $0 == .failed }
        case .race: first { _ in true }
        }
    }

    private var isGather: Bool {
        switch policy {
        case .gather, .inventory: true
        case .taskGroup, .race, .sequence: false
        }
    }

    /// The second opinion.
    var expected: CompositeRule.Step {
        if isGather, isCancelled { return stopMembers(then: decider.map(verdict) ?? .cancelled) }
        if isGather, let decider { return .finish(.member(id(decider))) }
        if policy == .sequence, !isCancelled, members.allSatisfy({ $0 == .succeeded }) { return .finish(.results) }
        if !isGather, let decider { return stopMembers(then: verdict(decider)) }
        if isCancelled { return stopMembers(then: .cancelled) }
        // It is about to hear that it was asked to end.
        if members.allSatisfy(\.isDone) { return members.contains(.outlived) ? .wait : .finish(.results) }
        return letGo
    }

    private func verdict(_ decider: Int) -> CompositeRule.Conclusion {
        if policy == .taskGroup { return .exceptionGroup }
        // `await shield(…)` is cancelled before whoever cleans up has ended.
        let isShielding = members.contains { $0 == .openShielded || $0 == .outlived }
        return isCancelled && (isShielding || members[decider] != .failed) ? .cancelled : .member(id(decider))
    }

    private func stopMembers(then ending: CompositeRule.Conclusion) -> CompositeRule.Step {
        guard members.contains(where: { $0 == .open || $0 == .unreleased }) else { return .finish(ending) }
        return membersWereCancelled ? .wait : .cancelMembers
    }

    private var letGo: CompositeRule.Step {
        let waiting = members.count { $0 == .unreleased }
        let running = members.count { $0 == .open || $0 == .openShielded }
        let count = min(waiting, max(0, (maximumRunning ?? .max) - running))
        return count > 0 ? .release(count) : .wait
    }
}
