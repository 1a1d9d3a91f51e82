internal import Synchronization

/// Counts the ends one `wait` is waiting for.
final class Waiting: Sendable {
    private let until: ReturnWhen
    private let pending: Atomic<Int>

    init(count: Int, until: ReturnWhen) {
        self.until = until
        pending = Atomic(count)
    }

    /// Counts a task that has ended in this state; returns whether the wait is over.
    func ended(_ state: RunState) -> Bool {
        let isLast = pending.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
        switch until {
        case .firstCompleted: return true
        case .firstException: return isLast || state == .failed
        case .allCompleted: return isLast
        }
    }
}
