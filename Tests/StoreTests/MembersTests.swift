import Model
import Testing

@testable import Store

@Suite struct MembersTests {
    private func release(_ bench: StoreBench, _ limit: Int, from first: TaskID? = nil) async throws -> [Int64] {
        try await bench.store.release(membersOf: TaskID(1), from: first, limit: limit, at: at(1)).map(\.id.number)
    }

    @Test func thoseThatRunAreFoundWithoutTheOthers() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a"), job("b"), job("c")]))
            try await bench.claimComposites()
            _ = try await release(bench, 2)
            _ = try await bench.claim()
            try await bench.finish(2, .succeeded(1))
            #expect(try await bench.store.runningMembers(of: TaskID(1)).map(\.name) == ["b"])
        }
    }

    @Test func membersAreLetGoInOrderAndOnlyThenReady() async throws {
        try await withStore { bench in
            try await bench.submit(gather(["a", "b", "c"].map { job($0) }))
            #expect(try await bench.claim() == [])
            #expect(try await release(bench, 2) == [2, 3])
            #expect(try await bench.claim() == ["a", "b"])
            #expect(try await release(bench, 5) == [4])
            #expect(try await release(bench, 5) == [])
            #expect(try await bench.claim() == ["c"])
        }
    }

    @Test func aMemberLetGoStillWaitsForItsOwnGates() async throws {
        try await withStore { bench in
            try await bench.submit(
                job("x"),
                gather([job("after", ["after": [1]]), job("held", ["hold": true]), job("late", ["delay": 60])]))
            let released = try await bench.store.release(membersOf: TaskID(2), from: nil, limit: 9, at: at(1))
            #expect(released.map(\.id.number) == [3, 4, 5])
            #expect(try await bench.task(3).waitingFor == ["after": [1]])
            #expect(try await bench.task(4).waitingFor == ["start": true])
            #expect(try await bench.task(4).state == .held)
            #expect(try await bench.task(5).waitingFor == ["delay": .string(at(60).description)])
            #expect(try await bench.claim() == ["x"])
        }
    }

    @Test func aHeldMemberThatWasStartedEarlyStillWaitsForItsComposite() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a", ["hold": true])]))
            #expect(try await bench.store.start(TaskID(2), at: at(1))?.waitingFor == ["parent": 1])
            #expect(try await bench.claim() == [])
            #expect(try await release(bench, 1) == [2])
            #expect(try await bench.claim() == ["a"])
        }
    }

    @Test func theSnapshotTellsHowTheMembersStand() async throws {
        try await withStore { bench in
            let members = ["a", "b", "c", "d"].map { job($0) } + [job("e", ["shield": true]), job("f"), job("g")]
            try await bench.submit(gather(members))
            _ = try await release(bench, 5)
            _ = try await bench.claim()
            try await bench.finish(4, .cancelled(.cancelled(nil)))
            try await bench.finish(2, .succeeded(1))
            try await bench.finish(3, .failed(.boom))
            try await bench.store.record(Progress(completed: 1, total: 2), of: bench.task(5), at: at(3))
            let snapshot = try await bench.store.members(of: TaskID(1))
            let tally = snapshot.tally
            #expect(tally.unreleased == [TaskID(7), TaskID(8)] && tally.open == 1 && tally.openShielded == 1)
            #expect(tally.succeeded == 1 && tally.failed == 1 && tally.cancelled == 1 && tally.total == 7)
            #expect(tally.first == MemberTally.Finished(id: TaskID(4), state: .cancelled))
            #expect(tally.firstUnsuccessful == tally.first)
            #expect(snapshot.open == [TaskID(5): false, TaskID(6): true])
            #expect(tally.foremostUnsuccessful == MemberTally.Finished(id: TaskID(3), state: .failed))
            #expect(snapshot.fractions == 1.5)
            #expect(try await bench.task(3).doneSequence == snapshot.sequence)
        }
    }

    @Test func cancellingMembersSparesTheShieldedThatWereLetGo() async throws {
        try await withStore { bench in
            let shield: JSONObject = ["shield": true]
            try await bench.submit(
                gather([job("a"), job("b", shield), job("c", ["delay": 9]), job("d", shield), job("e")]))
            _ = try await release(bench, 3)
            _ = try await bench.claim()
            let (ended, running, end) = try await bench.store.cancelMembers(
                of: TaskID(1), message: "m", insisting: true, at: at(2))
            #expect(running.map(\.id.number) == [2])
            #expect(ended.map(\.name) == ["c", "d", "e"])
            #expect(end == nil)
            #expect(try await bench.task(2).cancelMessage == "m")
            #expect(try await bench.task(3).state == .running)
            #expect(try await bench.task(3).cancelRequests == 0)
        }
    }

    @Test func manyMembersAreCancelledInStepsTheLastFirst() async throws {
        try await withStore { bench in
            let count = Store.tasksAtOnce + 2
            try await bench.submit(gather((1...count).map { job("\($0)") }))
            let first = try await bench.store.cancelMembers(of: TaskID(1), message: nil, insisting: true, at: at(2))
            #expect(first.ended.first?.name == "3" && first.ended.last?.name == "\(count)")
            #expect(first.end == TaskID(4))
            let rest = try await bench.store.cancelMembers(
                of: TaskID(1), before: first.end, message: nil, insisting: true, at: at(2))
            #expect(rest.ended.map(\.name) == ["1", "2"] && rest.end == nil)
        }
    }

    @Test(arguments: [(true, 2), (false, 1)])
    func onlyWhoInsistsAsksTwice(insisting: Bool, requests: Int) async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a")]))
            _ = try await release(bench, 1)
            _ = try await bench.claim()
            for isInsisting in [true, insisting] {
                _ = try await bench.store.cancelMembers(
                    of: TaskID(1), message: nil, insisting: isInsisting, at: at(2))
            }
            #expect(try await bench.task(2).cancelRequests == requests)
        }
    }

    @Test func outcomesThatAreTooMuchAreNotRead() async throws {
        try await withStore { bench in
            try await bench.submit(gather(["a", "b"].map { job($0) }))
            _ = try await release(bench, 9)
            _ = try await bench.claim()
            try await bench.finish(2, .succeeded("äöü"))
            try await bench.finish(3, .succeeded(12))
            #expect(try await bench.store.outcomes(ofMembersOf: TaskID(1), within: 9) == nil)
            #expect(try await bench.store.outcomes(ofMembersOf: TaskID(1), within: 10)?.count == 2)
        }
    }

    @Test func outcomesComeInTheOrderGivenAndFailuresInTheOrderTheyHappened() async throws {
        try await withStore { bench in
            try await bench.submit(gather(["a", "b", "c", "d"].map { job($0) }))
            _ = try await release(bench, 9)
            _ = try await bench.claim()
            let late = ExceptionInfo(type: "Late", message: "l", details: ["n": 1])
            try await bench.finish(4, .failed(.boom))
            try await bench.finish(2, .failed(late))
            try await bench.finish(3, .succeeded("x"))
            #expect(
                try await bench.store.outcomes(ofMembersOf: TaskID(1), within: 1 << 20) == [
                    .failed(late), .succeeded("x"), .failed(.boom), nil,
                ])
            #expect(try await bench.store.failures(ofMembersOf: TaskID(1)) == [.boom, late])
        }
    }

    @Test func aDoneCompositeWithMembersLeftIsFound() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a"), job("b")]))
            try await bench.claimComposites()
            _ = try await release(bench, 1)
            #expect(try await bench.store.compositesToDrain().isEmpty)
            try await bench.finish(1, .failed(.boom))
            #expect(try await bench.store.compositesToDrain().map(\.id) == [TaskID(1)])
            _ = try await release(bench, 1)
            #expect(try await bench.store.compositesToDrain().isEmpty)
        }
    }
}
