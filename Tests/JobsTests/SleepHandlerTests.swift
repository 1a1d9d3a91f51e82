import Model
import Synchronization
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct SleepHandlerTests {
    private final class Reports: Sendable {
        let all = Mutex<[Progress]>([])
    }

    private func handler(_ job: JSONObject) throws -> SleepHandler {
        guard case .sleep(let job) = try Job(json: .object(job)).action else { throw TestFailure("no sleep job") }
        return SleepHandler(job)
    }

    @Test func endsAsItWasTold() async throws {
        let value = try await handler(["sleep": 0, "returns": ["main": 1247]]).run(.test(clock: SleepClock()))
        #expect(value.outcome == .succeeded(["main": 1247]))
        let words = try await handler(["sleep": 0]).run(.test(clock: SleepClock()))
        #expect(words.outcome == .succeeded("Completed after 0s"))
        let raised = try await handler(["sleep": 0, "raises": ["type": "Flood", "message": "wet"]])
            .run(.test(clock: SleepClock()))
        #expect(raised.outcome == .failed(ExceptionInfo(type: "Flood", message: "wet")))
    }

    @Test func lateWakeUpsDoNotAddUp() async throws {
        let clock = SleepClock()
        let handler = try handler(["sleep": 4, "steps": 4])
        let context = JobContext.test(clock: clock)
        async let report = handler.run(context)
        var deadlines: [Duration] = []
        for await deadline in clock.deadlines {
            deadlines.append(deadline)
            clock.move(to: deadline + .milliseconds(300))
            if deadlines.count == 4 { break }
        }
        #expect(deadlines == [.seconds(1), .seconds(2), .seconds(3), .seconds(4)])
        #expect(await report.outcome == .succeeded("Completed after 4s"))
    }

    @Test func tellsProgressAfterEachStep() async throws {
        let clock = SleepClock()
        let reports = Reports()
        let handler = try handler(["sleep": "3s", "steps": 3])
        let context = JobContext.test(clock: clock) { progress in reports.all.withLock { $0.append(progress) } }
        async let report = handler.run(context)
        var deadlines = clock.deadlines.makeAsyncIterator()
        #expect(await deadlines.next() == .seconds(1))
        #expect(reports.all.withLock(\.self).isEmpty)
        clock.move(to: .seconds(1))
        #expect(await deadlines.next() == .seconds(2))
        #expect(reports.all.withLock(\.self) == [Progress(completed: 1, total: 3)])
        clock.move(to: .seconds(3))
        #expect(await report.outcome.state == .succeeded)
        #expect(reports.all.withLock(\.self).map(\.completed) == [1, 2, 3])
    }

    @Test func cancellingEndsTheRest() async throws {
        let clock = SleepClock()
        let handler = try handler(["sleep": "1h", "steps": 60])
        let context = JobContext.test(clock: clock)
        let run = Task { await handler.run(context) }
        var deadlines = clock.deadlines.makeAsyncIterator()
        #expect(await deadlines.next() == .seconds(60))
        run.cancel()
        #expect(await run.value.outcome == .cancelled(.cancelled(nil)))
    }

    @Test func cancelledBeforeItStartsItDoesNotRest() async throws {
        let handler = try handler(["sleep": 0])
        let context = JobContext.test(clock: SleepClock())
        let run = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await handler.run(context)
        }
        #expect(await run.value.outcome == .cancelled(.cancelled(nil)))
    }
}
