// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct GatherTests {
    let registry = TaskRegistry()
    let gate = Gate()

    @Test func C031_valuesComeInTheOrderOfTheArguments() async throws {
        let gates = [Gate(), Gate(), Gate()]
        let tasks = gates.enumerated().map { index, gate in registry.spawn(index, behind: gate) }
        let gathered = Task { try await gather(tasks) }
        for index in [2, 0, 1] {
            gates[index].open()
            _ = try await tasks[index].value
        }
        #expect(try await gathered.value == [0, 1, 2])
    }

    @Test func C031_tasksOfDifferentTypesGiveATuple() async throws {
        let number = registry.spawn(1, behind: gate)
        let text = registry.spawn { "two" }
        _ = try await text.value
        gate.open()
        let (first, second) = try await gather(number, text)
        #expect(first == 1)
        #expect(second == "two")
        let (one, two) = try await gatherOutcomes(number, registry.spawn(failing: .first, as: String.self))
        #expect(try one.get() == 1)
        #expect(two.failure as? Boom == .first)
    }

    @Test func C032_nothingGathersToNothing() async throws {
        #expect(try await gather([TaskHandle<Int>]()).isEmpty)
        #expect(try await gatherOutcomes([TaskHandle<Int>]()).isEmpty)
    }

    @Test func C033_aTaskGivenTwiceRunsOnce() async throws {
        let runs = Recorder<Void>()
        let task = registry.spawn {
            runs.append(())
            return runs.count
        }
        let other = registry.spawn { 5 }
        #expect(try await gather([task, other, task]) == [1, 5, 1])
        #expect(try await gatherOutcomes([task, task]).map { try $0.get() } == [1, 1])
        #expect(runs.count == 1)
    }

    @Test func C034_gatherThrowsAtFirstFailureWhileSiblingsRunOn() async throws {
        let slow = registry.spawn(1, behind: gate)
        let failing = registry.spawn(failing: .first)
        await #expect(throws: Boom.first) { try await gather([slow, failing]) }
        #expect(!slow.isDone)
        #expect(slow.cancelRequests == 0)
        #expect(slow.observerCount == 0)
        gate.open()
        #expect(try await slow.value == 1)
    }

    @Test func C034_laterFailuresOfSiblingsCountAsRead() async throws {
        let unread = Recorder<String>()
        let registry = TaskRegistry { event in
            if case .failureNeverRead(_, let name, _) = event { unread.append(name) }
        }
        do {
            let late = registry.spawn(name: "late") { [gate] () async throws -> Int in
                try await gate.pass()
                throw Boom.second
            }
            await #expect(throws: Boom.first) { try await gather([late, registry.spawn(failing: .first)]) }
        }
        gate.open()
        try await registry.shutdown(cancelling: false)
        registry.spawn(name: "unread") { throw Boom.third }
        #expect(await unread.first(1) == ["unread"])
    }

    @Test func C034_theFirstFailureIsTheFirstToComplete() async {
        let later = registry.spawn { [gate] () async throws -> Int in
            try await gate.pass()
            throw Boom.second
        }
        let sooner = registry.spawn(failing: .first)
        _ = await sooner.join()
        await #expect(throws: Boom.first) { try await gather([later, sooner]) }
        gate.open()
        _ = await later.join()
        await #expect(throws: Boom.second) { try await gather([later, sooner]) }
    }

    @Test func C035_outcomesKeepFailuresInTheirPlaces() async throws {
        let cancelled = registry.spawn(0, behind: gate)
        cancelled.cancel(reason: "why")
        let outcomes = try await gatherOutcomes([registry.spawn { 1 }, registry.spawn(failing: .first), cancelled])
        #expect(outcomes.map(\.state) == [.succeeded, .failed, .cancelled])
        #expect(try outcomes[0].get() == 1)
        #expect(outcomes[1].failure as? Boom == .first)
        #expect(throws: TaskCancelled(reason: "why")) { try outcomes[2].get() }
    }

    @Test func C039_aTaskCancelledDirectlyEndsTheGatherAlone() async throws {
        let cancelled = registry.spawn(1, behind: Gate())
        let sibling = registry.spawn(2, behind: gate)
        let caller = registry.spawn { try await gather([sibling, cancelled]) }
        await until { cancelled.observerCount == 1 }
        cancelled.cancel(reason: "directly")
        await #expect(throws: TaskCancelled(reason: "directly")) { try await caller.value }
        #expect(caller.isCancelled)
        #expect(caller.cancelRequests == 0)
        #expect(sibling.cancelRequests == 0)
        gate.open()
        #expect(try await sibling.value == 2)
    }

    @Test func C040_aTaskCancelledDirectlyIsOneOfTheOutcomes() async throws {
        let cancelled = registry.spawn(1, behind: Gate())
        let sibling = registry.spawn(2, behind: gate)
        let caller = Task { try await gatherOutcomes([cancelled, sibling]) }
        await until { sibling.observerCount == 1 }
        cancelled.cancel(reason: "directly")
        _ = await cancelled.join()
        gate.open()
        let outcomes = try await caller.value
        #expect(outcomes.map(\.state) == [.cancelled, .succeeded])
    }
}
