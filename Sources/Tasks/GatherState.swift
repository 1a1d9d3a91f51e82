/// The state machine of one gather.
///
/// Each method returns whether the gather wakes.
struct GatherState {
    /// What a gather comes to.
    enum Result: Equatable {
        case complete
        /// This task failed or ended cancelled.
        case endedBy(Int)
        case cancelled
    }

    /// Whether the first task that ends without a value wakes the gather.
    let stopsAtFailure: Bool
    private(set) var isOver = false
    /// What the gather waits for: its tasks, and one more while a cancellation is being handed out.
    private var pending: Int
    /// The first task to end without a value, if that ends the gather.
    private var firstFailure: (index: Int, state: RunState)?
    private var isCancelling = false
    /// Who took the gather's cancellation over; `nil` until it has been handed out.
    private var takers: Set<Int>?

    init(count: Int, stopsAtFailure: Bool) {
        pending = count
        self.stopsAtFailure = stopsAtFailure
    }

    /// Once cancelled, the gather ends as the first task that ends without a value, if it failed on being cancelled.
    ///
    /// An error that was there before the cancellation is not given: a scope that interrupts its body for it has it.
    var result: Result {
        guard let takers else { return firstFailure.map { .endedBy($0.index) } ?? .complete }
        guard let (index, state) = firstFailure, state == .failed, takers.contains(index) else { return .cancelled }
        return .endedBy(index)
    }

    mutating func ended(_ index: Int, _ state: RunState) -> Bool {
        pending -= 1
        if stopsAtFailure, state != .succeeded, firstFailure == nil { firstFailure = (index, state) }
        return wakes()
    }

    /// - Returns: whether to cancel the tasks.
    ///
    /// Once the gather is over it is too late for that, and the cancellation is the caller's alone. Otherwise no
    /// failure ends the gather from now on.
    mutating func beginCancel() -> Bool {
        guard !isOver else {
            takers = []
            return false
        }
        isCancelling = true
        pending += 1
        return true
    }

    mutating func endCancel(takers: Set<Int>) -> Bool {
        self.takers = takers
        pending -= 1
        return wakes()
    }

    private mutating func wakes() -> Bool {
        guard !isOver, pending == 0 || (firstFailure != nil && !isCancelling) else { return false }
        isOver = true
        return true
    }
}
