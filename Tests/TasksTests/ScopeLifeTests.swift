// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(5))) struct ScopeLifeTests {
    let registry = TaskRegistry()
    let gate = Gate()

    @Test func C082_membersSpawnSiblingsAfterTheBodyHasReturned() async throws {
        let log = Recorder<Int>()
        try await withTaskScope(registry: registry) { [gate] scope in
            try scope.spawn {
                try await gate.pass()
                try scope.spawn { log.append(1) }
            }
            gate.open()
        }
        #expect(log.all == [1])
    }

    @Test func C082_aHydraGrowsUntilAFailureEndsIt() async {
        let heads = Recorder<Void>()
        @Sendable func hydra(in scope: TaskScope) async throws {
            heads.append(())
            await Task.yield()
            for _ in 1...2 { try scope.spawn { try await hydra(in: scope) } }
        }
        let error = await groupError {
            try await withTaskScope(registry: registry) { scope in
                try scope.spawn { try await hydra(in: scope) }
                try scope.spawn {
                    await heads.first(10)
                    throw Boom.first
                }
            }
        }
        #expect(error?.errors as? [Boom] == [.first], "refused spawns are no failures of their own")
        #expect(registry.heldCount == 0)
    }

    @Test func C083_nothingStartsInAScopeThatIsShuttingDown() async throws {
        let log = Recorder<String>()
        let refusals = Recorder<InvalidState>()
        let scopes = Recorder<TaskScope>()
        _ = await groupError {
            try await withTaskScope(registry: registry) { scope in
                scopes.append(scope)
                let failing = try scope.spawn { throw Boom.first }
                _ = await failing.join()
                await until { Task.isCancelled }
                do { try scope.spawn { log.append("started") } } catch let error as InvalidState {
                    refusals.append(error)
                }
            }
        }
        #expect(refusals.all == [InvalidState(.groupShuttingDown)])
        #expect(throws: InvalidState(.groupFinished)) { try scopes.all[0].spawn { log.append("started") } }
        #expect(log.all.isEmpty)
    }

    @Test func C083_theRefusalOfAnotherScopeIsAFailure() async throws {
        let (other, end) = await scopeShuttingDown()
        let refusal = InvalidState(.groupShuttingDown)
        let ofBody = await groupError {
            try await withTaskScope(registry: registry) { _ in _ = try other.spawn {} }
        }
        #expect(ofBody?.errors as? [InvalidState] == [refusal])
        let ofMember = await groupError {
            try await withTaskScope(registry: registry) { scope in
                let started = Gate()
                try scope.spawn {
                    started.open()
                    try? await Gate().pass()
                    _ = try other.spawn {}
                }
                try await started.pass()
                scope.cancel()
            }
        }
        #expect(ofMember?.errors as? [InvalidState] == [refusal])
        await end()
    }

    @Test func C083_aRefusalThatComesOutOfAnInnerScopeIsNoFailureEither() async {
        await #expect(throws: CancellationError.self) {
            try await withTaskScope(registry: registry) { [registry] outer in
                outer.cancel()
                try await withTaskScope(registry: registry) { _ in _ = try outer.spawn {} }
            }
        }
    }

    @Test func C085_aLivingScopeKeepsNothingOfItsFinishedMembers() async throws {
        try await withTaskScope(registry: registry) { [registry, gate] scope in
            try scope.spawn { try await gate.pass() }
            weak var sample: TaskHandle<Int>?
            for _ in 1...100 {
                let members = try (1...100).map { number in try scope.spawn { number } }
                for member in members { _ = await member.join() }
                sample = members.last
            }
            await until { scope.memberCount == 1 && registry.heldCount == 1 && sample == nil }
            #expect(scope.progress.completed == 10_000)
            gate.open()
        }
    }

    @Test func cancelEndsAScopeEarlyWithoutError() async throws {
        let (value, member) = try await withTaskScope(registry: registry) { [gate] scope in
            let member = try scope.spawn { try await gate.pass() }
            scope.cancel()
            scope.cancel()
            return (1, member)
        }
        #expect(value == 1)
        #expect(member.isCancelled)
        #expect(member.cancelRequests == 1)
    }

    @Test func aMemberCanCancelItsScope() async {
        await #expect(throws: CancellationError.self) {
            try await withTaskScope(registry: registry) { scope in
                try scope.spawn { scope.cancel() }
                try await Gate().pass()
            }
        }
    }

    @Test func errorsInAScopeCountAsRead() async throws {
        let unread = Recorder<String>()
        let registry = TaskRegistry { event in
            if case .failureNeverRead(_, let name, _) = event { unread.append(name) }
        }
        _ = await groupError {
            try await withTaskScope(registry: registry) { try $0.spawn(name: "member") { throw Boom.first } }
        }
        registry.spawn(name: "unread") { throw Boom.second }
        #expect(await unread.first(1) == ["unread"])
    }

    /// A scope that has been cancelled and whose body has not left it, and what lets it.
    private func scopeShuttingDown() async -> (scope: TaskScope, end: @Sendable () async -> Void) {
        let scopes = Recorder<TaskScope>()
        let caller = Task { [registry, gate] in
            try await withTaskScope(registry: registry) { scope in
                scope.cancel()
                scopes.append(scope)
                await gate.passRegardless()
            }
        }
        let scope = await scopes.first(1)[0]
        return (
            scope,
            { [gate] in
                gate.open()
                _ = await caller.result
            }
        )
    }
}
