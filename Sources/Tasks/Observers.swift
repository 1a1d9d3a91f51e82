/// Names one registered observer of one task.
struct ObserverToken: Hashable {
    let number: UInt64
}

/// The observers of one task, told once, in the order they came.
struct Observers {
    private var byNumber: [UInt64: @Sendable (RunState) -> Void] = [:]
    private var last: UInt64 = 0

    var count: Int { byNumber.count }

    mutating func add(_ observer: @escaping @Sendable (RunState) -> Void) -> ObserverToken {
        last += 1
        byNumber[last] = observer
        return ObserverToken(number: last)
    }

    /// - Returns: what was removed, so that it dies outside the caller's lock.
    mutating func remove(_ token: ObserverToken) -> (@Sendable (RunState) -> Void)? {
        let removed = byNumber.removeValue(forKey: token.number)
        if byNumber.isEmpty { byNumber = [:] }
        return removed
    }

    mutating func removeAll() -> [@Sendable (RunState) -> Void] {
        guard !byNumber.isEmpty else { return [] }
        let inOrder = byNumber.sorted { $0.key < $1.key }.map(\.value)
        byNumber = [:]
        return inOrder
    }
}
