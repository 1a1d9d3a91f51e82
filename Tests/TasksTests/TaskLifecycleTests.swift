import Testing

@testable import Tasks

/// The orders of events that threads produce too rarely to be met from outside.
@Suite struct TaskLifecycleTests {
    @Test func aRequestThatCameBeforeTheRunnerIsMadeUpFor() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        #expect(lifecycle.begin(identity: nil))
        #expect(lifecycle.cancel(reason: "early") == .some(.none), "accepted, with nothing to cancel yet")
        #expect(lifecycle.adopt(Task {}), "the runner must be cancelled as soon as it is known")
    }

    @Test func aRunnerWithoutRequestIsLeftAlone() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        #expect(!lifecycle.adopt(Task {}))
        #expect(lifecycle.begin(identity: nil))
        #expect(lifecycle.state == .running)
    }

    @Test func aTaskThatEndedBeforeItsRunnerWasKnownKeepsNone() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        #expect(lifecycle.cancel(reason: nil) == .some(.none))
        #expect(!lifecycle.begin(identity: nil))
        #expect(lifecycle.finish(.cancelled(reason: nil)).state == .cancelled)
        #expect(!lifecycle.adopt(Task {}))
        #expect(lifecycle.cancel(reason: nil) == .none)
    }

    @Test func observersAreToldInTheOrderTheyCame() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        let told = Recorder<Int>()
        let tokens = (1...20).map { number in lifecycle.attach { _ in told.append(number) }.0 }
        if let third = tokens[2] { #expect(lifecycle.detach(third) != nil) }
        for observer in lifecycle.finish(.success(1)).observers { observer(.succeeded) }
        #expect(told.all == [1, 2] + Array(4...20))
        #expect(lifecycle.attach { _ in }.1 == .succeeded, "after the end there is only the state")
    }

    @Test func callbacksStartOneDrain() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        #expect(!lifecycle.add { _ in }.startsDrain)
        #expect(lifecycle.finish(.success(1)).startsDrain)
        #expect(!lifecycle.add { _ in }.startsDrain, "the drain under way takes it along")
        #expect(lifecycle.nextCallback() != nil)
        #expect(lifecycle.nextCallback() != nil)
        #expect(lifecycle.nextCallback() == nil)
        #expect(lifecycle.add { _ in }.startsDrain)
    }
}
