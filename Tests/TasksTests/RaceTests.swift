import Testing

@testable import Tasks

/// Every wake-up of these tests goes through a checked continuation, which stops the process when it is resumed twice.
@Suite(.timeLimit(.minutes(5))) struct RaceTests {
    let registry = TaskRegistry()

    @Test func cancelBeforeDuringAndAfterTheStart() async {
        for _ in 1...2000 {
            let runs = Recorder<Void>()
            let task = registry.spawn {
                runs.append(())
                return 1
            }
            async let accepted = task.cancel(reason: "race")
            switch await task.join() {
            case .success: #expect(runs.count == 1)
            case .cancelled: #expect(runs.count == 0, "a body that returned a value was not cancelled")
            case .failure(let error): Issue.record(error)
            }
            let wasAccepted = await accepted
            #expect(task.cancelRequests == (wasAccepted ? 1 : 0))
            if task.isCancelled { #expect(wasAccepted) }
        }
    }

    @Test func cancelReachesABodyThatIsAboutToWait() async {
        for _ in 1...2000 {
            let task = registry.spawn(1, behind: Gate())
            async let cancelled = task.cancel()
            #expect(await task.join().state == .cancelled)
            #expect(await cancelled)
        }
    }

    @Test func aBodyCanCancelItselfBeforeItsRunnerIsKnown() async {
        for _ in 1...2000 {
            let task = registry.spawn {
                TaskRegistry.current?.cancel()
                try await Gate().pass()
            }
            #expect(await task.join().state == .cancelled)
        }
    }

    @Test(arguments: Registration.allCases)
    func cancelBeforeDuringAndAfterTheRegistrationOfAWait(_ registration: Registration) async {
        for round in 1...500 {
            let gate = Gate()
            let task = registry.spawn(1, behind: gate)
            let waiter = Task { try await registration.wait(for: task) }
            async let opened: Void = gate.open()
            if round.isMultiple(of: 2) { await Task.yield() }
            waiter.cancel()
            await opened
            switch await waiter.result {
            case .success: #expect(task.isDone)
            case .failure(let error): #expect(TaskCancelled.isCancellation(error))
            }
            _ = await task.join()
            await until { task.observerCount == 0 }
        }
    }

    @Test func manyAwaitersOfOneTaskWakeOnce() async throws {
        for _ in 1...200 {
            let gate = Gate()
            let task = registry.spawn(7, behind: gate)
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...20 {
                    group.addTask {
                        number.isMultiple(of: 2) ? try await task.value : try await task.shieldedValue
                    }
                }
                group.addTask {
                    gate.open()
                    return 0
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 140)
        }
    }

    @Test func callbacksAddedAndRemovedWhileTheTaskEndsRunExactlyWhenKept() async {
        for _ in 1...1000 {
            let calls = Recorder<Int>()
            let task = registry.spawn { 1 }
            let tokens = (0..<4).map { number in task.onDone { _ in calls.append(number) } }
            let removed = task.removeCallback(tokens[1])
            let expected = removed ? [0, 2, 3] : [0, 1, 2, 3]
            #expect(await calls.first(expected.count) == expected)
        }
    }

    @Test func scopesAbortedFromSeveralSidesEndOnce() async {
        for _ in 1...500 {
            let failures = Recorder<Boom>()
            @Sendable func fail(_ error: Boom) throws {
                failures.append(error)
                throw error
            }
            let caller = Task { [registry] in
                try await withTaskScope(registry: registry) { scope in
                    try scope.spawn { try fail(.first) }
                    try scope.spawn { scope.cancel() }
                    try scope.spawn { try await Gate().pass() }
                    try fail(.second)
                }
            }
            caller.cancel()
            switch await caller.result {
            case .success: Issue.record("the body threw")
            case .failure(let error as TaskGroupError):
                let expected = [Boom.first, .second].filter(failures.all.contains)
                #expect(error.errors as? [Boom] == expected, "each failure once, the body's last")
            case .failure(let error):
                #expect(TaskCancelled.isCancellation(error))
                #expect(failures.all.isEmpty)
            }
        }
        #expect(registry.heldCount == 0)
    }

    @Test(arguments: Registration.allCases)
    func aFailureIsReportedOnceHoweverItMeetsItsAwaiters(_ registration: Registration) async {
        for round in 1...300 {
            let error = await groupError {
                try await withTaskScope(registry: registry) { scope in
                    let failing = try scope.spawn { () async throws -> Int in
                        if round.isMultiple(of: 2) { await Task.yield() }
                        throw Boom.first
                    }
                    try scope.spawn { try await registration.wait(for: failing) }
                    try await registration.wait(for: failing)
                }
            }
            #expect(error?.errors as? [Boom] == [.first])
        }
    }

    @Test func membersSpawnedWhileTheScopeIsLeftAreNeverLost() async throws {
        for _ in 1...500 {
            let finished = Recorder<Void>()
            let accepted = Recorder<Void>()
            try await withTaskScope(registry: registry) { scope in
                for _ in 1...4 {
                    try scope.spawn {
                        try scope.spawn { finished.append(()) }
                        accepted.append(())
                    }
                }
            }
            #expect(finished.count == accepted.count)
            #expect(finished.count == 4)
        }
    }
}

/// The waits whose registration a cancellation may meet.
enum Registration: CaseIterable {
    case value, shieldedValue, gather, gatherOutcomes, wait, asCompleted, waitFor

    func wait(for task: TaskHandle<Int>) async throws {
        switch self {
        case .value: _ = try await task.value
        case .shieldedValue: _ = try await task.shieldedValue
        case .gather: _ = try await Tasks.gather([task])
        case .gatherOutcomes: _ = try await Tasks.gatherOutcomes([task])
        case .wait: _ = try await Tasks.wait([task], timeout: .seconds(1), clock: ManualClock())
        case .asCompleted: for try await _ in Tasks.asCompleted([task]) {}
        case .waitFor: _ = try await Tasks.waitFor(task, timeout: .seconds(1), clock: ManualClock())
        }
    }
}
