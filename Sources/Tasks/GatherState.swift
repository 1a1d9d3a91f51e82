/// The state machine of one gather.
///
/// Each method answers whether the gather wakes.
struct GatherState {
    /// Whether the first task that ends without a value wakes the gather.
    let stopsAtFailure: Bool
    /// What the gather waits for: its tasks, and one more while a cancellation is being handed out.
    private var pending: Int
    private(set) var firstFailure: Int?
    /// Whether a task accepted the cancellation of the gather.
    private(set) var isCancelled = false
    private var isCancelling = false
    private var isOver = false

    init(count: Int, stopsAtFailure: Bool) {
        pending = count
        self.stopsAtFailure = stopsAtFailure
    }

    mutating func ended(_ index: Int, _ state: RunState) -> Bool {
        pending -= 1
        if state != .succeeded, firstFailure == nil { firstFailure = index }
        return wakes()
    }

    /// Answers whether to cancel the tasks: not once the gather is over.
    ///
    /// No failure ends the gather from now on.
    mutating func beginCancel() -> Bool {
        guard !isOver else { return false }
        isCancelling = true
        pending += 1
        return true
    }

    mutating func endCancel(accepted: Bool) -> Bool {
        pending -= 1
        isCancelled = accepted
        return wakes()
    }

    private mutating func wakes() -> Bool {
        guard !isOver, pending == 0 || (stopsAtFailure && firstFailure != nil && !isCancelling) else { return false }
        isOver = true
        return true
    }
}
