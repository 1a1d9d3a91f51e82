// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct ScopeFailureTests {
    let registry = TaskRegistry()
    let gate = Gate()

    @Test func C074_aFailureCancelsSiblingsAndInterruptsTheBody() async {
        let sibling = Recorder<TaskHandle<Void>>()
        let interrupted = Recorder<Bool>()
        let error = await groupError {
            try await withTaskScope(registry: registry) { [gate] scope in
                sibling.append(try scope.spawn { try await gate.pass() })
                try scope.spawn { throw Boom.first }
                do { try await gate.pass() } catch {
                    interrupted.append(Task.isCancelled)
                    throw error
                }
            }
        }
        #expect(error?.errors as? [Boom] == [.first])
        #expect(sibling.all[0].isCancelled)
        #expect(interrupted.all == [true])
        #expect(!Task.isCancelled, "the caller is not cancelled")
    }

    @Test(arguments: Registration.allCases)
    func C074_whoAwaitsAMemberThatFailsIsInterrupted(_ registration: Registration) async {
        let (failing, heard) = (Recorder<TaskHandle<Int>>(), Recorder<any Error>())
        async let opened: Void = {
            let task = await failing.first(1)[0]
            await until { task.observerCount == 3 }
            gate.open()
        }()
        let error = await groupError {
            try await withTaskScope(registry: registry) { [gate] scope in
                let member = try scope.spawn { () async throws -> Int in
                    try await gate.pass()
                    throw Boom.first
                }
                let awaits: @Sendable () async throws -> Void = {
                    do { try await registration.wait(for: member) } catch {
                        heard.append(error)
                        throw error
                    }
                    Issue.record("the wait went on as if nothing were")
                }
                for _ in 1...2 { try scope.spawn { try await awaits() } }
                failing.append(member)
                try await awaits()
            }
        }
        await opened
        #expect(error?.errors as? [Boom] == [.first], "each failure is reported once")
        #expect(heard.count == 3)
        #expect(heard.all.allSatisfy { $0 is CancellationError })
    }

    @Test(arguments: Registration.allCases)
    func C074_aFailureIsReportedOnceHoweverLateItIsAwaited(_ registration: Registration) async {
        let error = await groupError {
            try await withTaskScope(registry: registry) { scope in
                let failing = try scope.spawn { () async throws -> Int in throw Boom.first }
                _ = await failing.join()
                try await registration.wait(for: failing)
            }
        }
        #expect(error?.errors as? [Boom] == [.first])
    }

    @Test func C074_aChildOfTheBodyDoesNotReportTheFailureEither() async {
        let error = await groupError {
            try await withTaskScope(registry: registry) { scope in
                let failing = try scope.spawn { () async throws -> Int in throw Boom.first }
                await until { Task.isCancelled }
                async let value = failing.value
                _ = try await value
            }
        }
        #expect(error?.errors as? [Boom] == [.first])
    }

    @Test func C074_whoIsNotInterruptedIsToldOfTheFailure() async throws {
        let heard = Recorder<any Error>()
        let error = await groupError {
            try await withTaskScope(registry: registry) { scope in
                let failing = try scope.spawn { () async throws -> Int in throw Boom.first }
                let observer = Task { try await failing.value }
                if case .failure(let error) = await observer.result { heard.append(error) }
            }
        }
        #expect(heard.all as? [Boom] == [.first])
        #expect(error?.errors as? [Boom] == [.first])
    }

    @Test(arguments: [true, false])
    func C074_theSlowestOfGatheredMembersFails(othersAreDone: Bool) async {
        let slowest = Recorder<TaskHandle<Int>>()
        async let opened: Void = {
            let task = await slowest.first(1)[0]
            await until { task.observerCount == 1 }
            gate.open()
        }()
        let error = await groupError {
            try await withTaskScope(registry: registry) { [gate] scope in
                let others = try (1...4).map { number in
                    try scope.spawn {
                        if !othersAreDone { try await Gate().pass() }
                        return number
                    }
                }
                if othersAreDone { _ = try await gather(others) }
                let failing = try scope.spawn { () async throws -> Int in
                    try await gate.pass()
                    throw Boom.first
                }
                slowest.append(failing)
                _ = try await gather(others + [failing])
            }
        }
        await opened
        #expect(error?.errors as? [Boom] == [.first])
    }

    @Test func C074_aCleanupThatFailsIsReportedOnceToo() async throws {
        let started = Gate()
        let member = Recorder<TaskHandle<Int>>()
        let caller = Task { [registry] in
            await groupError {
                try await withTaskScope(registry: registry) { scope in
                    let failing = try scope.spawn { () async throws -> Int in
                        started.open()
                        try? await Gate().pass()
                        throw Boom.cleanup
                    }
                    member.append(failing)
                    _ = try await gather([failing])
                }
            }
        }
        let task = await member.first(1)[0]
        try await started.pass()
        await until { task.observerCount == 1 }
        caller.cancel()
        #expect(await caller.value?.errors as? [Boom] == [.cleanup])
    }

    @Test func C075_severalFailuresAreListedInTheOrderTheyCame() async {
        let error = await groupError {
            try await withTaskScope(registry: registry) { [gate] scope in
                let started = Gate()
                try scope.spawn {
                    started.open()
                    try? await Gate().pass()
                    await gate.passRegardless()
                    throw Boom.second
                }
                try await started.pass()
                let first = try scope.spawn { throw Boom.first }
                _ = await first.join()
                gate.open()
            }
        }
        #expect(error?.errors as? [Boom] == [.first, .second])
    }
}
