// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct CallbackTests {
    let registry = TaskRegistry()
    let gate = Gate()
    let log = Recorder<String>()

    @Test func C025_callbacksRunOnceInOrderAfterTheEnd() async {
        let task = registry.spawn(1, behind: gate)
        let names = (1...100).map { "\($0)" }
        for name in names {
            task.onDone { [log] in log.append($0.isDone ? name : "not done") }
        }
        #expect(log.all.isEmpty)
        gate.open()
        #expect(await log.first(100) == names)
        task.onDone { [log] _ in log.append("last") }
        #expect(await log.first(101) == names + ["last"])
    }

    @Test func C025_theSameFunctionAddedTwiceRunsTwice() async throws {
        let task = registry.spawn(1, behind: gate)
        let callback: @Sendable (TaskHandle<Int>) -> Void = { [log] _ in log.append("called") }
        task.onDone(callback)
        task.onDone(callback)
        gate.open()
        try await registry.shutdown(cancelling: false)
        #expect(log.all == ["called", "called"])
    }

    @Test func C026_aCallbackAddedAfterTheEndRunsSoonNotInline() async throws {
        let task = registry.spawn { 1 }
        _ = try await task.value
        let places = Recorder<Int?>()
        task.onDone { _ in places.append(CurrentTask.identity) }
        let here = CurrentTask.identity
        #expect(here != nil)
        #expect(await places.first(1)[0] != here, "an inline callback would run in the Swift task that adds it")
    }

    @Test func C027_aFailingCallbackHarmsNothingAndIsReported() async throws {
        let events = Recorder<String>()
        let registry = TaskRegistry { event in
            guard case .callbackFailed(_, let name, let error) = event else { return }
            events.append("\(name): \(error)")
        }
        let task = registry.spawn(1, behind: gate, name: "job")
        task.onDone { [log] _ in log.append("a") }
        task.onDone { _ in throw Boom.first }
        task.onDone { [log] _ in log.append("b") }
        gate.open()
        #expect(await log.first(2) == ["a", "b"])
        #expect(await events.first(1) == ["job: first"])
        #expect(try task.result() == 1)
    }

    @Test func C028_aCallbackAddedByACallbackRunsLaterOnce() async {
        let task = registry.spawn(1, behind: gate)
        task.onDone { [log] task in
            task.onDone { [log] _ in log.append("added") }
            log.append("first")
        }
        task.onDone { [log] _ in log.append("second") }
        gate.open()
        #expect(await log.first(3) == ["first", "second", "added"])
    }

    @Test func C029_aCallbackCanBeTakenBackBeforeTheEnd() async throws {
        let task = registry.spawn(1, behind: gate)
        let removed = task.onDone { [log] _ in log.append("removed") }
        let kept = task.onDone { [log] _ in log.append("kept") }
        #expect(task.removeCallback(removed))
        #expect(!task.removeCallback(removed))
        gate.open()
        _ = try await task.value
        #expect(!task.removeCallback(kept), "nothing can be taken back after the end")
        #expect(await log.first(1) == ["kept"])
    }

    @Test func C030_callbacksRunOnCancellationAndFailureWithTheStateInView() async {
        let cancelled = registry.spawn(1, behind: gate)
        cancelled.onDone { [log] in log.append("\($0.state)") }
        cancelled.cancel()
        await log.first(1)
        let failed = registry.spawn { [gate] in
            try await gate.pass()
            throw Boom.first
        }
        failed.onDone { [log] task in log.append("\(task.state): \(String(describing: try task.error()))") }
        gate.open()
        #expect(await log.first(2) == ["cancelled", "failed: Optional(TasksTests.Boom.first)"])
    }

    @Test func aCallbackIsNoTasksBody() async throws {
        let task = registry.spawn(name: "spawner") { [registry, gate, log] in
            let task = registry.spawn(1, behind: gate)
            task.onDone { _ in log.append(TaskRegistry.current?.name ?? "none") }
            gate.open()
            await log.first(1)
            task.onDone { _ in log.append(TaskRegistry.current?.name ?? "none") }
            return task
        }
        _ = try await task.value.value
        #expect(await log.first(2) == ["none", "none"])
    }

    @Test(arguments: [TaskPriority.high, .background])
    func callbacksHaveThePriorityOfTheTask(_ priority: TaskPriority) async {
        let priorities = Recorder<TaskPriority>()
        let task = registry.spawn(priority: priority) { [gate] in try await gate.pass() }
        task.onDone { _ in priorities.append(Task.currentPriority) }
        gate.open()
        #expect(await priorities.first(1) == [priority])
    }

    @Test func callbacksAreNotTouchedByTheCancellation() async {
        let task = registry.spawn(1, behind: gate)
        task.onDone { [log] _ in log.append("\(Task.isCancelled)") }
        task.cancel()
        #expect(await log.first(1) == ["false"])
    }
}
