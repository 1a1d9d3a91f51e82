import Model
import Testing

@testable import Engine

@Suite struct CompositeRuleTests {
    @Test(arguments: CompositeRuleOracle.policies)
    func agreesWithTheSecondOpinionInEverySituation(policy: CompositeJob.Policy) {
        let situations = CompositeRuleOracle.situations(policy)
        #expect(situations.count > 1000)
        let wrong = situations.filter { $0.step != $0.expected }.map { "\($0): \($0.step), not \($0.expected)" }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    @Test(arguments: CompositeRuleOracle.policies)
    func neverWaitsForNobody(policy: CompositeJob.Policy) {
        let stuck = CompositeRuleOracle.situations(policy).filter { situation in
            // What has been cancelled and not let go ends in the same transaction.
            let isSomebodyComing = situation.members.contains { $0 == .open || $0 == .openShielded }
            let isEnding = situation.membersWereCancelled && situation.members.contains(.unreleased)
            let isRequestComing = !situation.isCancelled && situation.members.contains(.outlived)
            return situation.step == .wait && !isSomebodyComing && !isEnding && !isRequestComing
        }
        #expect(stuck.isEmpty, "\(stuck.prefix(5))")
    }

    @Test(arguments: CompositeRuleOracle.policies)
    func neverEndsOverMembersItReachesExceptWhenAGatherFails(policy: CompositeJob.Policy) {
        for situation in CompositeRuleOracle.situations(policy) {
            guard case .finish(let ending) = situation.step else { continue }
            if policy == .gather(returnExceptions: false), case .member = ending { continue }
            #expect(!situation.members.contains { $0 == .open || $0 == .unreleased }, "\(situation)")
        }
    }

    @Test(arguments: CompositeRuleOracle.policies)
    func neverLetsMoreRunThanItsLimit(policy: CompositeJob.Policy) {
        for situation in CompositeRuleOracle.situations(policy) {
            guard case .release(let count) = situation.step else { continue }
            let running = situation.members.count { $0 == .open || $0 == .openShielded }
            #expect(count > 0 && count <= situation.members.count { $0 == .unreleased }, "\(situation)")
            #expect(running + count <= situation.maximumRunning ?? .max, "\(situation)")
        }
    }

    @Test(arguments: CompositeRuleOracle.policies)
    func neverLetsAMemberGoOnceItIsCancelled(policy: CompositeJob.Policy) {
        for situation in CompositeRuleOracle.situations(policy) where situation.isCancelled {
            if case .release = situation.step { Issue.record("\(situation)") }
        }
    }

    @Test(arguments: CompositeRuleOracle.policies)
    func alwaysReachesItsEnd(policy: CompositeJob.Policy) {
        // Do what the rule says, ending one running member at a time, in every way, until it ends or nothing moves.
        func ends(_ situation: CompositeRuleOracle.Situation, depth: Int) -> Bool {
            guard depth > 0 else { return false }
            switch situation.step {
            case .finish: return true
            case .release(let count): return ends(situation.releasing(count), depth: depth - 1)
            case .cancelMembers: return ends(situation.cancelling(), depth: depth - 1)
            case .wait:
                let running = situation.members.indices.filter {
                    [.open, .openShielded].contains(situation.members[$0])
                }
                guard !running.isEmpty else { return false }
                return running.allSatisfy { index in
                    let isOutlived = situation.isCancelled && situation.members[index] == .openShielded
                    return (isOutlived ? [.outlived] : [.succeeded, .failed, .cancelled]).allSatisfy {
                        ends(situation.ending(index, as: $0), depth: depth - 1)
                    }
                }
            }
        }
        let fresh = CompositeRuleOracle.situations(policy).filter { $0.completions.isEmpty && !$0.membersWereCancelled }
        let endless = fresh.filter { !ends($0, depth: 16) }
        #expect(!fresh.isEmpty)
        #expect(endless.isEmpty, "\(endless.prefix(5))")
    }

    @Test func aSequenceRunsOneMemberAtOnceWhateverItSays() throws {
        let job = try Job(json: ["sequence": [["sleep": 1], ["sleep": 2]], "max_running": 7])
        guard case .composite(let composite) = job.action else {
            Issue.record("a sequence is a composite")
            return
        }
        #expect(CompositeRule(composite) == CompositeRule(policy: .sequence, maximumRunning: 1))
    }
}

extension CompositeRuleOracle.Situation {
    private func with(
        members: [CompositeRuleOracle.Member], completions: [Int]? = nil, wereCancelled: Bool? = nil
    ) -> Self {
        Self(
            policy: policy, maximumRunning: maximumRunning, members: members,
            completions: completions ?? self.completions, isCancelled: isCancelled,
            membersWereCancelled: wereCancelled ?? membersWereCancelled)
    }

    fileprivate func releasing(_ count: Int) -> Self {
        var members = members
        for index in members.indices.filter({ members[$0] == .unreleased }).prefix(count) { members[index] = .open }
        return with(members: members)
    }

    /// Members that were not let go end at once; running ones are told, and end when they do.
    fileprivate func cancelling() -> Self {
        let ended = members.indices.filter { members[$0] == .unreleased }
        let after = members.map { $0 == .unreleased ? .cancelled : $0 }
        return with(members: after, completions: completions + ended, wereCancelled: true)
    }

    fileprivate func ending(_ index: Int, as member: CompositeRuleOracle.Member) -> Self {
        var members = members
        members[index] = member
        return with(members: members, completions: completions + [index])
    }
}
