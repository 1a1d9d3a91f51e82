// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct ScopeTests {
    let registry = TaskRegistry()
    let gate = Gate()

    @Test func C073_aScopeIsLeftWhenAllMembersAreDone() async throws {
        let (first, second) = try await withTaskScope(registry: registry) { scope in
            let first = try scope.spawn { 1 }
            let second = try scope.spawn { [gate] in
                try await gate.pass()
                return "two"
            }
            #expect(!second.isDone)
            gate.open()
            return (first, second)
        }
        #expect(try first.result() == 1)
        #expect(try second.result() == "two")
        #expect(try await withTaskScope { _ in 5 } == 5)
    }

    @Test func C076_aMemberCancelledAloneEndsNothing() async throws {
        let (cancelled, sibling) = try await withTaskScope(registry: registry) { [gate] scope in
            let cancelled = try scope.spawn { try await Gate().pass() }
            let sibling = try scope.spawn { try await gate.pass() }
            cancelled.cancel()
            _ = await cancelled.join()
            gate.open()
            return (cancelled, sibling)
        }
        #expect(cancelled.isCancelled)
        #expect(sibling.state == .succeeded)
    }

    @Test func C077_anErrorOfTheBodyIsWrappedAndCancelsTheMembers() async {
        let member = Recorder<TaskHandle<Void>>()
        let error = await groupError {
            try await withTaskScope(registry: registry) { [gate] scope in
                member.append(try scope.spawn { try await gate.pass() })
                throw Boom.first
            }
        }
        #expect(error?.errors as? [Boom] == [.first])
        #expect(member.all[0].isCancelled)
    }

    @Test func C077_aCancellationOfTheBodyIsRethrownBare() async {
        let member = Recorder<TaskHandle<Void>>()
        await #expect(throws: TaskCancelled(reason: "own")) {
            try await withTaskScope(registry: registry) { [gate] scope in
                member.append(try scope.spawn { try await gate.pass() })
                throw TaskCancelled(reason: "own")
            }
        }
        #expect(member.all[0].isCancelled)
    }

    @Test func C078_cancellingTheCallerCancelsMembersAndBody() async {
        let member = Recorder<TaskHandle<Void>>()
        let caller = Task { [gate, registry] in
            try await withTaskScope(registry: registry) { scope in
                member.append(try scope.spawn { try await gate.pass() })
                try await gate.pass()
            }
        }
        await member.first(1)
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(member.all[0].isCancelled)
    }

    @Test func C078_aBodyCancelledBeforeItKnowsOfAMembersEndDoesNotGoOn() async {
        let (member, log, resume) = (Recorder<TaskHandle<Int>>(), Recorder<String>(), Gate())
        let caller = Task { [gate, registry] in
            try await withTaskScope(registry: registry) { scope in
                let task = try scope.spawn { () async throws -> Int in
                    try await gate.pass()
                    return 1
                }
                member.append(task)
                await resume.passRegardless()
                _ = try await task.value
                log.append("body went on")
            }
        }
        let task = await member.first(1)[0]
        // Told before the body, which can no longer hand the cancellation on.
        _ = task.attach { _ in caller.cancel() }
        resume.open()
        await until { task.observerCount == 2 }
        gate.open()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(log.all.isEmpty)
    }

    @Test func C078_aScopeWaitsForMembersThatCleanUpAndThrowsEvenIfTheySwallowIt() async throws {
        let (started, returned) = (Gate(), Gate())
        let caller = Task { [gate, registry] in
            defer { returned.open() }
            _ = try await withTaskScope(registry: registry) { scope in
                try scope.spawn {
                    started.open()
                    try? await Gate().pass()
                    await gate.passRegardless()
                }
            }
        }
        try await started.pass()
        caller.cancel()
        await until { registry.all.first?.cancelRequests == 1 }
        #expect(!returned.isOpen)
        gate.open()
        await #expect(throws: CancellationError.self) { try await caller.value }
    }

    @Test func C078_aCallerCancelledBeforehandStartsNothing() async {
        let log = Recorder<String>()
        let caller = Task { [gate, registry] in
            await gate.passRegardless()
            try await withTaskScope(registry: registry) { scope in
                // Either the spawn is refused, or the member is cancelled where it waits.
                try scope.spawn { try await Gate().pass() }
                try await Gate().pass()
                log.append("body went on")
            }
        }
        caller.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(log.all.isEmpty)
    }

    @Test func C079_aFailureWinsOverTheCancellationOfTheCaller() async {
        let started = Gate()
        let caller = Task { [registry, gate] in
            let error = await groupError {
                try await withTaskScope(registry: registry) { scope in
                    try scope.spawn(failingWhenCancelled: .cleanup, started: started)
                    try await gate.pass()
                }
            }
            return (error?.errors as? [Boom], Task.isCancelled)
        }
        try? await started.pass()
        caller.cancel()
        let (errors, isCancelled) = await caller.value
        #expect(errors == [.cleanup])
        #expect(isCancelled)
    }

    @Test func C080_anInnerFailureNestsInTheOuterError() async {
        let error = await groupError {
            try await withTaskScope(registry: registry) { [registry] _ in
                try await withTaskScope(registry: registry) { try $0.spawn { throw Boom.first } }
            }
        }
        #expect(error?.errors.count == 1)
        #expect((error?.errors.first as? TaskGroupError)?.errors as? [Boom] == [.first])
        #expect(error?.leaves as? [Boom] == [.first])
    }

    @Test func C080_anOuterFailureCancelsTheInnerScope() async {
        let inner = Recorder<any Error>()
        let error = await groupError {
            try await withTaskScope(registry: registry) { [gate, registry] outer in
                try outer.spawn {
                    try await gate.pass()
                    throw Boom.first
                }
                do {
                    try await withTaskScope(registry: registry) { scope in
                        try scope.spawn { try await Gate().pass() }
                        gate.open()
                        try await Gate().pass()
                    }
                } catch {
                    inner.append(error)
                    throw error
                }
            }
        }
        #expect(inner.all.count == 1 && TaskCancelled.isCancellation(inner.all[0]))
        #expect(error?.errors as? [Boom] == [.first])
    }

    @Test func C081_theBodysErrorComesLast() async {
        let error = await groupError {
            try await withTaskScope(registry: registry) { scope in
                let started = Gate()
                try scope.spawn(failingWhenCancelled: .second, started: started)
                try await started.pass()
                throw Boom.first
            }
        }
        #expect(error?.errors as? [Boom] == [.second, .first])
    }

    @Test func C084_aSiblingThatSwallowsTheCancellationChangesNothing() async {
        let sibling = Recorder<TaskHandle<Int>>()
        let error = await groupError {
            try await withTaskScope(registry: registry) { scope in
                let started = Gate()
                sibling.append(
                    try scope.spawn {
                        started.open()
                        try? await Gate().pass()
                        return 1
                    })
                try await started.pass()
                try scope.spawn { throw Boom.first }
            }
        }
        #expect(error?.errors as? [Boom] == [.first])
        #expect(sibling.all[0].state == .succeeded)
    }
}
