import Testing

@testable import Tasks

/// The state machines of the waits and the scope, in orders that threads produce too rarely.
@Suite struct StateMachineTests {
    let registry = TaskRegistry()

    @Test(arguments: [RunState.succeeded, .failed, .cancelled], [true, false])
    func aCancellationThatAllTasksRefuseIsTheCallers(_ ending: RunState, stopsAtFailure: Bool) {
        var state = GatherState(count: 1, stopsAtFailure: stopsAtFailure)
        let answers = [state.beginCancel(), state.ended(0, ending), state.endCancel(takers: [])]
        #expect(answers == [true, false, true], "it wakes when the cancellation has been handed out")
        #expect(state.result == .cancelled)
    }

    @Test func aGatherWakesOnce() {
        var state = GatherState(count: 2, stopsAtFailure: true)
        let answers = [state.ended(1, .failed), state.ended(0, .failed)]
        #expect(answers == [true, false])
        #expect(state.result == .endedBy(1))
    }

    @Test func aGatherThatIsOverCancelsNothingAndItsCallerIsCancelled() {
        var state = GatherState(count: 2, stopsAtFailure: true)
        let answers = [state.ended(1, .failed), state.beginCancel(), state.ended(0, .failed)]
        #expect(answers == [true, false, false])
        #expect(state.result == .cancelled)
    }

    @Test func anErrorFromBeforeTheCancellationIsNotThatOfACleanup() {
        var state = GatherState(count: 2, stopsAtFailure: true)
        let answers = [
            state.beginCancel(), state.endCancel(takers: [1]), state.ended(0, .failed), state.ended(1, .failed),
        ]
        #expect(answers == [true, false, false, true])
        #expect(state.result == .cancelled)
    }

    @Test func aTaskThatCompletesAsTheTimeRunsOutIsStillGiven() {
        let task = TaskHandle<Int>(name: nil, registry: registry)
        var state = CompletionState<Int>(count: 2)
        let reader = Wake()
        guard case .sleep = state.next(reader: reader) else {
            Issue.record("there was nothing to give yet")
            return
        }
        let woken = state.ended(task, isLate: false)
        #expect(woken.count == 1)
        state.expire()
        guard case .task(task) = state.next(reader: reader) else {
            Issue.record("the task was lost")
            return
        }
        guard case .timedOut = state.next(reader: reader), case .end = state.next(reader: reader) else {
            Issue.record("the stream went on after its time")
            return
        }
    }

    @Test func aStreamThatHasGivenEverythingDoesNotExpire() {
        var state = CompletionState<Int>(count: 0)
        state.expire()
        guard case .end = state.next(reader: Wake()) else {
            Issue.record("there was nothing to wait for")
            return
        }
    }

    @Test func aBodyThatStartsInAnAbortedScopeIsInterruptedAtOnce() {
        var state = ScopeState()
        let aborts = [state.abort() != nil, state.abort() != nil]
        #expect(aborts == [true, false])
        let interrupts = state.bodyStarted {}
        #expect(interrupts)
    }

    @Test func aScopeEndsWithWhoeverLeavesLast() {
        let task = TaskHandle<Int>(name: nil, registry: registry)
        let leaver = Wake()
        var state = ScopeState()
        let refusal = state.admit(task)
        #expect(refusal == nil)
        let isEmpty = state.leave(leaver)
        #expect(!isEmpty)
        let afterBody = state.bodyEnded(threw: false)
        #expect(afterBody.wakes == nil)
        let afterMember = state.memberEnded(task.id, fraction: 1, failure: nil)
        #expect(afterMember.wakes === leaver)
        let tooLate = state.admit(task)
        #expect(tooLate == .groupFinished)
    }
}
