/// The state machine of one scope.
///
/// Each method is one transition and returns what the caller must do after unlocking.
struct ScopeState {
    /// What is due after a transition.
    struct Next: Sendable {
        var cancels: [any WaitableTask] = []
        var interrupts: (@Sendable () -> Void)?
        var wakes: Wake?
        /// Taken off the list, so that it dies outside the lock.
        var dropped: (any WaitableTask)?

        func carryOut(reason: String) {
            interrupts?()
            for member in cancels { member.cancel(reason: reason) }
            wakes?.wake(.signalled)
        }
    }

    private enum Phase {
        case open, aborting, finished
    }

    private(set) var live: [TaskID: any WaitableTask] = [:]
    private(set) var endedCount = 0
    private(set) var endedFractions = 0.0
    private var phase = Phase.open
    private var errors: [any Error] = []
    private var isBodyRunning = true
    private var interrupt: (@Sendable () -> Void)?
    private var leaver: Wake?

    /// Puts a member on the list; returns why not, if it cannot start any more.
    mutating func admit(_ member: any WaitableTask) -> InvalidState.Kind? {
        switch phase {
        case .open:
            live[member.id] = member
            return nil
        case .aborting: return .groupShuttingDown
        case .finished: return .groupFinished
        }
    }

    /// Begins to end the scope; `nil` if that has begun already.
    mutating func abort() -> Next? {
        guard phase == .open else { return nil }
        phase = .aborting
        return Next(cancels: live.values.sorted { $0.id < $1.id }, interrupts: interrupt)
    }

    mutating func memberEnded(_ id: TaskID, fraction: Double, failure: (any Error)?) -> Next {
        let member = live.removeValue(forKey: id)
        endedCount += 1
        endedFractions += fraction
        var next = Next()
        if let failure {
            errors.append(failure)
            next = abort() ?? next
        }
        next.dropped = member
        next.wakes = finishIfEmpty()
        return next
    }

    /// Keeps what cancels the body; returns whether to do so now, because the scope was aborted before this was here.
    mutating func bodyStarted(interrupt: @escaping @Sendable () -> Void) -> Bool {
        guard isBodyRunning else { return false }
        self.interrupt = interrupt
        return phase != .open
    }

    mutating func bodyEnded(threw: Bool) -> Next {
        isBodyRunning = false
        interrupt = nil
        var next = (threw ? abort() : nil) ?? Next()
        next.wakes = finishIfEmpty()
        return next
    }

    /// Registers who waits for the end; returns whether it has come.
    mutating func leave(_ leaver: Wake) -> Bool {
        guard phase != .finished else { return true }
        self.leaver = leaver
        return false
    }

    mutating func takeErrors() -> [any Error] {
        defer { errors = [] }
        return errors
    }

    private mutating func finishIfEmpty() -> Wake? {
        guard live.isEmpty, !isBodyRunning else { return nil }
        phase = .finished
        defer { leaver = nil }
        return leaver
    }
}
