import Model
import Store
import Synchronization
import Testing

@testable import Engine

/// The clock that instants are read from is set, forward and back; the one that durations are measured with is not.
@Suite(.timeLimit(.minutes(1))) struct ClockTests {
    private static let base = Timestamp(milliseconds: 1_795_000_000_000)

    /// A clock on the wall that the test sets.
    private final class Wall: Sendable {
        private let offset = Mutex(Duration.zero)
        let steps = AsyncStream<Void>.makeStream()

        func reading(_ clock: ManualClock) -> Timestamp { base + clock.now.offset + offset.withLock(\.self) }

        func set(by step: Duration) {
            offset.withLock { $0 += step }
            steps.continuation.yield()
        }
    }

    private func withWall(_ test: (Bench, Wall) async throws -> Void) async throws {
        let wall = Wall()
        let configure = { (configuration: inout EngineConfiguration) in
            let clock = configuration.clock as? ManualClock
            configuration.now = { clock.map(wall.reading) ?? Self.base }
            configuration.clockSteps = wall.steps.stream
        }
        try await withBench(configure: configure) { try await test($0, wall) }
    }

    @Test(arguments: [Duration.seconds(3600), .seconds(-3600)])
    func aDelayLastsAsLongAsItWasTo(step: Duration) async throws {
        try await withWall { bench, wall in
            let id = try await bench.submit(job("a", ["delay": "60s"]))
            await bench.clock.sleeper(until: .milliseconds(60_001))
            wall.set(by: step)
            let moved = Self.base + step + .seconds(60)
            try await bench.until(id) { $0.waitingFor?["delay"]?.stringValue == moved.description }
            bench.clock.advance(by: .seconds(59))
            // One more ring: the task is looked at, and left asleep.
            try await bench.submit(job("b", ["delay": "1ms"]))
            await bench.clock.sleeper(until: .milliseconds(59_002))
            bench.clock.advance(by: .milliseconds(2))
            try await bench.end("b", .succeeded(nil))
            #expect(try await bench.task(id).state == .queued)
            await bench.clock.sleeper(until: .milliseconds(60_001))
            bench.clock.advance(by: .seconds(1))
            try await bench.end("a", .succeeded(nil))
        }
    }

    @Test func aRestBetweenTriesLastsAsLongAsItWasTo() async throws {
        try await withWall { bench, wall in
            let id = try await bench.submit(job("a", ["retry": ["attempts": 2, "backoff": "10s"]]))
            await bench.stage.started("a")
            bench.stage.end("a", .boom())
            await bench.clock.sleeper(until: .milliseconds(10_001))
            wall.set(by: .seconds(-7200))
            let moved = Self.base + .seconds(-7190)
            try await bench.until(id) { $0.waitingFor?["retry"]?.stringValue == moved.description }
            await bench.clock.sleeper(until: .milliseconds(10_001))
            bench.clock.advance(by: .milliseconds(10_001))
            await bench.stage.started("a", attempt: 2)
        }
    }

    @Test func aDelayOfAHeldTaskLastsAsLongAsItWasTo() async throws {
        try await withWall { bench, wall in
            let id = try await bench.submit(job("a", ["delay": "60s", "hold": true]))
            // Once it waits for this one, it knows of the other.
            let other = try await bench.submit(job("b", ["delay": "1h"]))
            await bench.clock.sleeper(until: .milliseconds(3_600_001))
            wall.set(by: .seconds(-7200))
            let others = (Self.base + .seconds(-3600)).description
            try await bench.until(other) { $0.waitingFor?["delay"]?.stringValue == others }
            let task = try await bench.engine.start(id)
            let moved = Self.base + .seconds(-7140)
            #expect(task.waitingFor?["delay"]?.stringValue == moved.description)
        }
    }

    /// The daemon has to know of it before the clock is set, or it takes the delay for one that came afterwards.
    @Test func aDelayOfAMemberLastsAsLongAsItWasTo() async throws {
        try await withWall { bench, wall in
            try await bench.submit(job("other", ["delay": "1h"]))
            await bench.clock.sleeper(until: .milliseconds(3_600_001))
            let inner = composite("gather", [job("a", ["delay": "60s"])])
            try await bench.submit(composite("gather", [inner], ["hold": true]))
            await bench.clock.sleeper(until: .milliseconds(60_001))
            wall.set(by: .seconds(7200))
            let moved = (Self.base + .seconds(7260)).description
            let member = try await bench.task("a").id
            _ = try await bench.engine.start(TaskID(2))
            try await bench.until(member) { $0.waitingFor?["delay"]?.stringValue == moved }
        }
    }

    @Test func anInstantComesWhenTheClockShowsIt() async throws {
        try await withWall { bench, wall in
            let instant = (Self.base + .seconds(3600)).description
            try await bench.submit(job("a", ["not_before": .string(instant)]))
            await bench.clock.sleeper(until: .milliseconds(3_600_001))
            wall.set(by: .seconds(3601))
            try await bench.end("a", .succeeded(nil))
        }
    }

    @Test func whatWentToSleepAfterwardsIsLeftAsItIs() async throws {
        try await withWall { bench, wall in
            let old = try await bench.submit(job("old", ["delay": "60s"]))
            await bench.clock.sleeper(until: .milliseconds(60_001))
            let sequence = try await bench.store.lastSequence()
            let young = try await bench.submit(job("young", ["delay": "60s"]))
            #expect(try await bench.store.sleepers(toldBy: sequence) == [old])
            try await bench.store.moveSleepers([old], by: .seconds(5))
            let wakes = [(old, 65), (young, 60)].map { ($0, (Self.base + .seconds($1)).description) }
            for (id, wake) in wakes { #expect(try await bench.task(id).waitingFor?["delay"]?.stringValue == wake) }
        }
    }
}
