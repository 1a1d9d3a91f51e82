import Model
import Store
import Testing

@testable import Engine

/// The count of what each user has that is not done.
@Suite struct LimitTests {
    private let ada = Submitter(uid: 1, gid: 1, pid: 1)
    private let exempt = Submitter(uid: 2, gid: 2, pid: 1)

    private func usage() -> Usage {
        var limits = UserLimits()
        limits.unfinished = 3
        limits.running = 2
        let limited = limits
        return Usage { $0 == 1 ? limited : nil }
    }

    private func jobs(_ json: JSONValue...) throws -> [Job] { try json.map { try Job(json: $0) } }

    private func code(_ work: () throws -> Int) -> EngineError.Code? {
        do {
            _ = try work()
            return nil
        } catch {
            return (error as? EngineError)?.code
        }
    }

    @Test func reservesUpToTheLimitAndNotBeyond() throws {
        let usage = usage()
        #expect(try usage.reserve(jobs(["gather": [["sleep": 0]]]), for: ada) == 2)
        #expect(
            code { try usage.reserve(jobs(["sleep": 0], ["sleep": 0]), for: ada) } == .limitReached(.unfinished))
        #expect(try usage.reserve(jobs(["sleep": 0]), for: ada) == 1, "what was refused is not counted")
        usage.add(-1, of: ada)
        #expect(try usage.reserve(jobs(["sleep": 0]), for: ada) == 1)
        let many = try jobs(["gather": [["sleep": 0], ["sleep": 0], ["sleep": 0]]])
        #expect(code { try usage.reserve(many, for: ada) } == .overLimit(.unfinished))
    }

    @Test func whoIsNotLimitedIsNotCounted() throws {
        let usage = usage()
        usage.begin(with: [1: 3, 2: 9])
        #expect(try usage.reserve(jobs(["sleep": 0]), for: exempt) == 0)
        #expect(try usage.reserve(jobs(["sleep": 0]), for: nil) == 0)
        #expect(code { try usage.reserve(jobs(["sleep": 0]), for: ada) } == .limitReached(.unfinished))
        #expect(usage.availableSlots(running: [1: 1, 2: 5]) == [1: 1])
        usage.add(-3, of: ada)
        #expect(usage.availableSlots(running: [:]) == [:])
    }

    /// The members of a composite's next attempt are counted after the commit, when some may be done.
    @Test func tasksThatAreDoneBeforeTheyAreCountedCount() throws {
        let usage = usage()
        usage.add(-2, of: ada)
        usage.add(2, of: ada)
        #expect(usage.availableSlots(running: [:]).isEmpty, "nobody has anything")
    }

    @Test func aKeyThatIsKnownNeedsNoRoom() async throws {
        var limits = UserLimits()
        limits.unfinished = 1
        let limited = limits
        try await withBench(configure: { $0.limits = { _ in limited } }) { bench in
            func submit(_ jobs: JSONValue...) async throws -> [TaskID] {
                try await bench.engine.submit(jobs.map { try Job(json: $0) }, directory: nil, by: ada).map(\.task.id)
            }
            let held: JSONValue = ["sleep": 1, "hold": true, "key": "k"]
            let first = try await submit(held)
            #expect(try await submit(held) == first)
            for more: JSONValue in [["sleep": 1], ["sleep": 1, "key": "other"]] {
                await #expect(throws: EngineError.self) { try await submit(more) }
            }
        }
    }

    @Test func tasksThatEndInAnyWayMakeRoom() async throws {
        var limits = UserLimits()
        limits.unfinished = 6
        let limited = limits
        try await withBench(configure: { $0.limits = { _ in limited } }) { bench in
            func submit(_ job: JSONValue) async throws -> TaskID? {
                try await bench.engine.submit([Job(json: job)], directory: nil, by: ada).first?.task.id
            }
            for _ in 0..<3 {
                let race = try #require(try await submit(composite("race", [job("a"), job("b"), job("c")])))
                await bench.stage.started("a")
                _ = try await bench.engine.cancel(race, message: nil, force: false)
                try await bench.done(race)
                let held = try #require(try await submit(job("d", ["hold": true])))
                let after = try #require(try await submit(job("e", ["after": [held.json]])))
                _ = try await bench.engine.cancel(held, message: nil, force: false)
                try await bench.done(after)
            }
            #expect(bench.engine.usage.availableSlots(running: [:]).isEmpty, "nothing of it is counted any more")
        }
    }
}
