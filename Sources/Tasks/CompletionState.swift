/// The state machine of one stream of completed tasks.
struct CompletionState<Success: Sendable> {
    /// What a reader gets.
    enum Next {
        case task(TaskHandle<Success>)
        case sleep
        case end
    }

    private var ready: [TaskHandle<Success>] = []
    private var head = 0
    private var pending: Int
    private var hasExpired = false
    private var readers: [Wake] = []
    private var attachments: Attachments?

    init(count: Int) {
        pending = count
    }

    mutating func keep(_ attachments: Attachments) {
        self.attachments = attachments
    }

    /// Queues a task that has ended; answers the readers to wake.
    mutating func ended(_ task: TaskHandle<Success>) -> [Wake] {
        guard !hasExpired else { return [] }
        pending -= 1
        ready.append(task)
        defer { readers = [] }
        return readers
    }

    /// The next task; else registers `reader`, to be woken when there is one.
    mutating func next(reader: Wake) -> Next {
        if head < ready.count {
            defer { head += 1 }
            return .task(ready[head])
        }
        guard pending > 0, !hasExpired else { return .end }
        readers.append(reader)
        return .sleep
    }

    mutating func forget(_ reader: Wake) {
        readers.removeAll { $0 === reader }
    }

    /// Ends the stream, unless a task came at the last moment; answers whether it did end.
    mutating func expire() -> Bool {
        guard head == ready.count, pending > 0 else { return false }
        hasExpired = true
        return true
    }

    mutating func takeAttachments() -> Attachments? {
        defer { attachments = nil }
        return attachments
    }
}
