/// The state machine of one stream of completed tasks.
struct CompletionState<Success: Sendable> {
    /// What a reader gets.
    enum Next {
        case task(TaskHandle<Success>)
        case sleep
        case timedOut
        case end
    }

    private enum Expiry {
        case none, due, told
    }

    private var ready: [TaskHandle<Success>] = []
    private var head = 0
    private var pending: Int
    private var expiry = Expiry.none
    private var readers: [Wake] = []
    private var attachments: Attachments?

    init(count: Int) {
        pending = count
    }

    /// Begins the stream: what is done already has been queued, whatever the time.
    mutating func begin(_ attachments: Attachments) {
        self.attachments = attachments
    }

    /// Queues a task that has ended, or ends the stream if it came too late for it; returns the readers to wake.
    ///
    /// - Parameter isLate: Whether the time has passed.
    mutating func ended(_ task: TaskHandle<Success>, isLate: Bool) -> [Wake] {
        guard expiry == .none else { return [] }
        if isLate, attachments != nil {
            expiry = .due
        } else {
            pending -= 1
            ready.append(task)
        }
        defer { readers = [] }
        return readers
    }

    /// The next task; else registers `reader`, to be woken when there is one.
    mutating func next(reader: Wake) -> Next {
        if head < ready.count {
            defer { head += 1 }
            return .task(ready[head])
        }
        switch expiry {
        case .due:
            expiry = .told
            return .timedOut
        case .told: return .end
        case .none:
            guard pending > 0 else { return .end }
            readers.append(reader)
            return .sleep
        }
    }

    mutating func forget(_ reader: Wake) {
        readers.removeAll { $0 === reader }
    }

    /// Ends the stream, unless every task has come; those that have are still given.
    mutating func expire() {
        guard expiry == .none, pending > 0 else { return }
        expiry = .due
    }

    mutating func takeAttachments() -> Attachments? {
        defer { attachments = nil }
        return attachments
    }
}
