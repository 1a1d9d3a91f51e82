import Model
import Store
import Synchronization
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct HookTests {
    private let hook: JSONObject = ["on_done": ["notify", "--now"]]

    @Test func runsOnceWithTheOutcomeAndIsRecorded() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", hook))
            try await bench.end("a", .boom())
            await bench.stage.until(.hooked("a"))
            try await hookFinished(id, bench)
            #expect(bench.stage.hooks.count == 1)
            #expect(bench.stage.hooks.first?.arguments == ["notify", "--now"])
            #expect(bench.stage.hooks.first?.task.state == .failed)
            #expect(try await bench.store.pendingHooks(limit: 9, besides: []).isEmpty)
            let event = try #require(try await bench.store.eventPage(after: 0, taskID: id).events.last)
            #expect(event.type == "hook_finished")
            #expect(event.data == ["exit_code": 0])
        }
    }

    @Test func whatCouldNotBeStartedIsTriedAgain() async throws {
        let tries = Mutex(0)
        let configure = { (configuration: inout EngineConfiguration) in
            configuration.runHook = { _, _ in
                let count = tries.withLock { tries in
                    tries += 1
                    return tries
                }
                return HookReport(["exit_code": .int(Int64(count))], hasBegun: count == 3)
            }
        }
        try await withBench(configure: configure) { bench in
            let id = try await bench.submit(job("a", hook))
            try await bench.end("a", .succeeded(1))
            for seconds in [10, 20] {
                await bench.clock.sleeper(until: .seconds(seconds))
                bench.clock.advance(by: .seconds(10))
            }
            try await hookFinished(id, bench)
            let event = try #require(try await bench.store.eventPage(after: 0, taskID: id).events.last)
            #expect(event.data == ["exit_code": 3])
            #expect(try await bench.store.pendingHooks(limit: 9, besides: []).isEmpty)
        }
    }

    @Test func whatCanNeverBeStartedIsNotTriedForEver() {
        let backoff = HookBackoff()
        for _ in 1..<360 { #expect(backoff.begin(TaskID(1))) }
        #expect(!backoff.begin(TaskID(1)))
        #expect(backoff.begin(TaskID(2)))
    }

    /// Until then a hook of which there is no sign may have run before the machine was restarted.
    @Test func thatWasLeftIsDoneBeforeTheDaemonHasTakenOver() async throws {
        let (left, leave) = AsyncStream<Void>.makeStream()
        let (firstGate, openFirst) = AsyncStream<Void>.makeStream()
        let hanging = { (configuration: inout EngineConfiguration) in
            configuration.runHook = { _, _ in
                leave.yield()
                for await _ in firstGate {}
                return HookReport(nil)
            }
        }
        try await withBench(configure: hanging) { bench in
            defer { openFirst.finish() }
            try await bench.submit(job("a", hook))
            try await bench.end("a", .succeeded(1))
            _ = await left.first { _ in true }
            let hasTakenOver = Mutex(false)
            let (entered, enter) = AsyncStream<Void>.makeStream()
            let (gate, open) = AsyncStream<Void>.makeStream()
            let (pendingAdoptions, onAdoptionComplete) = AsyncStream<Void>.makeStream()
            let next = { (configuration: inout EngineConfiguration) in
                configuration.runHook = { _, _ in
                    enter.yield()
                    for await _ in gate {}
                    return HookReport(nil)
                }
                configuration.onAdoptionComplete = {
                    hasTakenOver.withLock { $0 = true }
                    onAdoptionComplete.yield()
                }
            }
            try await withBench(takingUp: bench.directory, configure: next) { _ in
                _ = await entered.first { _ in true }
                let isEarly = hasTakenOver.withLock(\.self)
                #expect(!isEarly)
                open.finish()
                _ = await pendingAdoptions.first { _ in true }
            }
        }
    }

    @Test func runsForATaskThatNeverStarted() async throws {
        try await withBench { bench in
            var modifiers = hook
            modifiers["hold"] = true
            let id = try await bench.submit(job("a", modifiers))
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            await bench.stage.until(.hooked("a"))
            #expect(bench.stage.hooks.first?.task.state == .cancelled)
        }
    }

    @Test func runsForCompositesAndTheirMembers() async throws {
        try await withBench { bench in
            try await bench.submit(composite("gather", [job("a", hook)], hook))
            try await bench.end("a", .succeeded(1))
            await bench.stage.until(.hooked("a"))
            await bench.stage.until(.hooked("gather"))
            #expect(bench.stage.hooks.count == 2)
        }
    }

    @Test func aHookThatHadNotRunWhenTheDaemonDiedRunsInTheNext() async throws {
        try await withBench { bench in
            // Nobody takes hooks up here: the outcome is committed and the daemon gone.
            let id = try await bench.submit(job("a", hook))
            await bench.stage.started("a")
            _ = try await bench.store.finish(id, RunReport(.succeeded(1)), at: Timestamp(milliseconds: 1))
            try await withBench(takingUp: bench.directory) { next in
                await next.stage.until(.hooked("a"))
                try await hookFinished(id, next)
                #expect(try await next.store.pendingHooks(limit: 9, besides: []).isEmpty)
            }
        }
    }

    private func hookFinished(_ id: TaskID, _ bench: Bench) async throws {
        let commits = bench.store.commits()
        while try await !bench.store.eventPage(after: 0, taskID: id).events.contains(where: {
            $0.type == "hook_finished"
        }) {
            for await _ in commits { break }
        }
    }
}
