internal import Synchronization

/// A value that comes to be once, and that any number of tasks wait for, whether they are cancelled or not.
final class Once<Value: Sendable>: Sendable {
    private enum State {
        case ahead([CheckedContinuation<Value, Never>])
        case here(Value)
    }

    private let state = Mutex(State.ahead([]))

    /// Returns it as soon as it is there.
    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let value: Value? = state.withLock { state in
                    switch state {
                    case .ahead(let waiting):
                        state = .ahead(waiting + [continuation])
                        return nil
                    case .here(let value): return value
                    }
                }
                if let value { continuation.resume(returning: value) }
            }
        }
    }

    /// Lets it be `value`, unless it is something already.
    func become(_ value: Value) {
        let waiting: [CheckedContinuation<Value, Never>] = state.withLock { state in
            guard case .ahead(let waiting) = state else { return [] }
            state = .here(value)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }
}
