// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct TaskTests {
    let registry = TaskRegistry()

    @Test func C001_namelessTasksAreNumbered() async {
        let first = registry.spawn {}
        let second = registry.spawn {}
        #expect(first.name == "Task-\(first.id.number)")
        #expect(first.name == "\(first.id)")
        #expect(first.name != second.name)
        #expect(first.id < second.id)
    }

    @Test func C002_namesAreFreeToRepeatAndChange() async throws {
        let first = registry.spawn(name: "catalogue") {}
        let second = registry.spawn(name: "catalogue") {}
        #expect(first.name == second.name)
        #expect(first.id != second.id)
        first.name = "renamed"
        #expect(first.name == "renamed")
        try await first.value
        #expect(first.name == "renamed", "the end does not reset the name")
        first.name = "42"
        #expect(first.name == "42", "a task can be renamed after its end")
    }

    @MainActor @Test func C003_spawnReturnsBeforeTheBodyRuns() async throws {
        let log = Recorder<String>()
        let task = registry.spawn { @MainActor in log.append("body") }
        log.append("spawned")
        #expect(!task.isDone)
        #expect(task.state == .scheduled)
        try await task.value
        #expect(log.all == ["spawned", "body"])
    }

    @Test func C004_concurrentTasksTakeAsLongAsTheLongest() async throws {
        let clock = ManualClock()
        let job: @Sendable () async throws -> Void = { try await clock.sleep(for: .seconds(2)) }
        let sequential = Task {
            for _ in 1...3 { try await registry.spawn(job).value }
        }
        for _ in 1...3 {
            await clock.sleepers(1)
            #expect(clock.sleeperCount == 1)
            clock.advance(by: .seconds(2))
        }
        try await sequential.value
        #expect(clock.now.offset == .seconds(6))

        let concurrent = (1...3).map { _ in registry.spawn(job) }
        await clock.sleepers(3)
        clock.advance(by: .seconds(2))
        _ = try await gather(concurrent)
        #expect(clock.now.offset == .seconds(8))
    }

    @Test func C005_resultOfAnUnfinishedTaskIsInvalid() async throws {
        let gate = Gate()
        let task = registry.spawn(1, behind: gate)
        #expect(throws: InvalidState(.notDone)) { try task.result() }
        #expect(throws: InvalidState(.notDone)) { try task.error() }
        #expect(task.outcome == nil)
        gate.open()
        #expect(try await task.value == 1)
        #expect(try task.result() == 1)
    }

    @Test func C006_resultOfACancelledTaskIsTheCancellation() async {
        let task = registry.spawn(1, behind: Gate())
        task.cancel(reason: "enough")
        _ = await task.join()
        #expect(throws: TaskCancelled(reason: "enough")) { try task.result() }
        #expect(throws: TaskCancelled(reason: "enough")) { try task.error() }
    }

    @Test func C007_resultOfAFailedTaskIsItsErrorEveryTime() async throws {
        let task = registry.spawn(failing: .first)
        _ = await task.join()
        #expect(throws: Boom.first) { try task.result() }
        #expect(throws: Boom.first) { try task.result() }
        #expect(try task.error() as? Boom == .first)
        #expect(task.state == .failed)
    }

    @Test func C008_errorOfASuccessfulTaskIsNil() async throws {
        let task = registry.spawn { 1 }
        #expect(try await task.value == 1)
        #expect(try task.error() == nil)
    }

    @Test func C009_allAwaitersGetTheSameError() async throws {
        let gate = Gate()
        let task = registry.spawn {
            try await gate.pass()
            throw Boom.first
        }
        let awaiters = (1...2).map { _ in Task { try await task.value } }
        await until { task.observerCount == 2 }
        gate.open()
        for awaiter in awaiters {
            await #expect(throws: Boom.first) { try await awaiter.value }
        }
        await #expect(throws: Boom.first) { try await task.value }
    }

    @Test(arguments: Awaiting.allCases)
    func C010_aTaskCannotAwaitItself(_ awaiting: Awaiting) async throws {
        let own = Recorder<TaskHandle<Void>>()
        let task = registry.spawn {
            let task = await own.first(1)[0]
            try await awaiting.run(on: task)
        }
        own.append(task)
        await #expect(throws: InvalidState(.awaitsItself)) { try await task.value }
    }

    @Test func C010_theBodyOfAScopeCannotAwaitTheTaskThatRunsTheScope() async throws {
        let own = Recorder<TaskHandle<Void>>()
        let task = registry.spawn {
            let task = await own.first(1)[0]
            try await withTaskScope { _ in
                try await withTaskScope { _ in try await task.value }
            }
        }
        own.append(task)
        let error = await groupError { try await task.value }
        #expect(error?.leaves as? [InvalidState] == [InvalidState(.awaitsItself)])
    }

    @Test func C010_aSwiftTaskStartedByATaskMayAwaitIt() async throws {
        let own = Recorder<TaskHandle<Void>>()
        let reader = Recorder<Task<Void, any Error>>()
        let task = registry.spawn {
            let task = await own.first(1)[0]
            try await withTaskScope { _ in reader.append(Task { try await task.value }) }
        }
        own.append(task)
        try await reader.first(1)[0].value
    }

    @Test func C011_aTaskNobodyRefersToStillCompletes() async {
        let gate = Gate()
        let log = Recorder<String>()
        registry.spawn {
            try await gate.pass()
            log.append("done")
        }
        gate.open()
        #expect(await log.first(1) == ["done"])
    }

    @Test func C012_anErrorNobodyReadIsReportedOnce() async throws {
        let events = Recorder<String>()
        let registry = TaskRegistry { event in
            guard case .failureNeverRead(_, let name, let error) = event else { return }
            events.append("\(name): \(error)")
        }
        let read = registry.spawn(name: "read") { throw Boom.first }
        await #expect(throws: Boom.first) { try await read.value }
        registry.spawn(name: "unread") { throw Boom.second }
        try await registry.shutdown(cancelling: false)
        #expect(await events.first(1) == ["unread: second"])
        registry.spawn(name: "last") { throw Boom.third }
        #expect(await events.first(2) == ["unread: second", "last: third"])
    }
}

/// The ways to wait for a task that cannot end while its own body does.
enum Awaiting: CaseIterable {
    case value, shieldedValue, join, gather, gatherOutcomes, wait, waitFor

    func run(on task: TaskHandle<Void>) async throws {
        switch self {
        case .value: try await task.value
        case .shieldedValue: try await task.shieldedValue
        case .join: try await task.join().get()
        case .gather: _ = try await Tasks.gather([task])
        case .gatherOutcomes: _ = try await Tasks.gatherOutcomes([task])
        case .wait: _ = try await Tasks.wait([task])
        case .waitFor: try await Tasks.waitFor(task, timeout: .seconds(60))
        }
    }
}
