// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct ProgressTests {
    let registry = TaskRegistry()
    let gate = Gate()

    @Test func C086_progressOnlyLeadsForwardAndOnlySuccessCompletesIt() async throws {
        let task = registry.spawn(1, behind: gate)
        #expect(task.progress.fraction == 0)
        task.progress = Progress(completed: 2, total: 4, message: "half")
        #expect(task.progress == Progress(completed: 2, total: 4, message: "half"))
        task.progress = Progress(completed: 1, total: 4, message: "back")
        #expect(task.progress == Progress(completed: 2, total: 4, message: "back"))
        task.progress = Progress(completed: 4, total: 4, message: "all but")
        #expect(task.progress == Progress(completed: 2, total: 4, message: "all but"))
        gate.open()
        _ = try await task.value
        #expect(task.progress == Progress(completed: 4, total: 4, message: "all but"))
        task.progress = Progress(completed: 1, total: 8)
        #expect(task.progress.fraction == 1, "a finished task takes no report")
    }

    @Test func C086_failureAndCancellationLeaveTheProgressWhereItWas() async {
        let failed = registry.spawn {
            TaskRegistry.current?.progress = Progress(completed: 1, total: 4)
            throw Boom.first
        }
        let cancelled = registry.spawn { [gate] in
            TaskRegistry.current?.progress = Progress(completed: 3, total: 4)
            gate.open()
            try await Gate().pass()
        }
        try? await gate.pass()
        cancelled.cancel()
        #expect(await failed.join().state == .failed)
        #expect(await cancelled.join().state == .cancelled)
        #expect(failed.progress.fraction == 0.25)
        #expect(cancelled.progress.fraction == 0.75)
    }

    @Test func C086_theStreamFollowsTheTaskAndEndsWithSuccess() async throws {
        let task = registry.spawn(1, behind: gate)
        var fractions: [Double] = []
        for await progress in task.progressUpdates {
            fractions.append(progress.fraction)
            switch progress.fraction {
            case 0: task.progress = Progress(completed: 1, total: 4)
            case 0.25: task.progress = Progress(completed: 2, total: 4)
            default: gate.open()
            }
        }
        #expect(fractions == [0, 0.25, 0.5, 1])
        #expect(task.isDone)
    }

    @Test func C086_theStreamEndsWithFailureAndCancellationToo() async {
        let cancelled = registry.spawn(1, behind: gate)
        let reader = Task {
            var last: Progress?
            for await progress in cancelled.progressUpdates { last = progress }
            return last
        }
        await until { cancelled.observerCount == 1 }
        cancelled.cancel()
        #expect(await reader.value?.fraction == 0)
        let failed = registry.spawn(failing: .first)
        for await _ in failed.progressUpdates {}
        _ = await failed.join()
        var afterTheEnd: [Progress] = []
        for await progress in failed.progressUpdates { afterTheEnd.append(progress) }
        #expect(afterTheEnd == [Progress()], "a finished task tells its last report")
    }

    @Test func C086_aReaderThatLeavesIsForgotten() async {
        let task = registry.spawn(1, behind: gate)
        for await _ in task.progressUpdates { break }
        await until { task.observerCount == 0 }
        gate.open()
        _ = await task.join()
    }

    @Test(arguments: [
        (0.0, 0.0, 0.0), (1, 0, 0), (-1, 4, 0), (1, -4, 0), (.nan, 4, 0), (1, .nan, 0), (1, 4, 0.25), (9, 4, 1),
    ])
    func fractionIsAlwaysFromZeroToOne(completed: Double, total: Double, fraction: Double) {
        #expect(Progress(completed: completed, total: total).fraction == fraction)
    }

    @Test func C087_aGroupTellsHowManyAreDoneAndTheMean() async throws {
        let nothing = GroupProgress(of: [])
        #expect((nothing.completed, nothing.total, nothing.fraction) == (0, 0, 0))
        try await withTaskScope(registry: registry) { [gate] scope in
            let done = try [scope.spawn {}, scope.spawn {}]
            _ = try await gather(done)
            let running = try (1...2).map { _ in try scope.spawn { try await gate.pass() } }
            running[0].progress = Progress(completed: 1, total: 2)
            let progress = GroupProgress(of: done + running)
            #expect((progress.completed, progress.total, progress.fraction) == (2, 4, 0.625))
            #expect(scope.progress == progress)
            gate.open()
        }
    }
}
