import Testing

@testable import Tasks

/// The orders of events that threads produce too rarely to be met from outside.
@Suite struct TaskLifecycleTests {
    @Test func aRequestThatCameBeforeTheRunnerIsMadeUpFor() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        let begins = lifecycle.begin(identity: nil)
        let accepted = lifecycle.cancel(reason: "early").isAccepted
        let cancelsRunner = lifecycle.adopt(Task {})
        #expect([begins, accepted, cancelsRunner] == [true, true, true])
    }

    @Test func aRunnerWithoutRequestIsLeftAlone() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        let cancelsRunner = lifecycle.adopt(Task {})
        let begins = lifecycle.begin(identity: nil)
        #expect([cancelsRunner, begins] == [false, true])
        #expect(lifecycle.state == .running)
    }

    @Test func aTaskThatEndedBeforeItsRunnerWasKnownKeepsNone() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        let accepted = lifecycle.cancel(reason: nil).isAccepted
        let begins = lifecycle.begin(identity: nil)
        #expect([accepted, begins] == [true, false])
        let ending = lifecycle.finish(.cancelled(reason: nil))
        #expect(ending.state == .cancelled)
        let cancelsRunner = lifecycle.adopt(Task {})
        let acceptedLate = lifecycle.cancel(reason: nil).isAccepted
        #expect([cancelsRunner, acceptedLate] == [false, false])
    }

    @Test func observersAreToldInTheOrderTheyCame() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        let told = Recorder<Int>()
        let tokens = (1...20).map { number in lifecycle.attach { _ in told.append(number) }.0 }
        if let third = tokens[2] { _ = lifecycle.detach(third) }
        let ending = lifecycle.finish(.success(1))
        for observer in ending.observers { observer(ending.state) }
        #expect(told.all == [1, 2] + Array(4...20))
        let late = lifecycle.attach { _ in }
        #expect(late.0 == nil)
        #expect(late.1 == .succeeded, "after the end there is only the state")
    }

    @Test func callbacksStartOneDrain() {
        var lifecycle = TaskLifecycle<Int>(name: nil)
        var starts = [lifecycle.add { _ in }.startsDrain]
        starts.append(lifecycle.finish(.success(1)).startsDrain)
        starts.append(lifecycle.add { _ in }.startsDrain)
        let drained = [lifecycle.nextCallback(), lifecycle.nextCallback(), lifecycle.nextCallback()].map { $0 != nil }
        starts.append(lifecycle.add { _ in }.startsDrain)
        #expect(starts == [false, true, false, true], "the drain under way takes along what comes meanwhile")
        #expect(drained == [true, true, false])
    }
}
