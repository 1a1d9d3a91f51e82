internal import Synchronization

/// Counts what each user has of something, and gives nobody more than allowed.
final class UserQuota: Sendable {
    /// Why there is no lease.
    enum Refusal: Error, Sendable, Hashable {
        /// The user has as many as one may.
        case userIsFull
        /// All users together have as many as there are.
        case allAreTaken
    }

    private struct State {
        var taken: [UInt32: Int] = [:]
        var total = 0
    }

    private let state = Mutex(State())
    /// How many there are for all users together.
    private let capacity: Int

    init(capacity: Int = .max) {
        self.capacity = capacity
    }

    /// Takes one for the user `uid`, who may have `limit`; it is free again when the lease goes.
    func take(_ uid: UInt32, limit: Int) throws(Refusal) -> QuotaLease {
        try state.withLock { state throws(Refusal) in
            guard state.total < capacity else { throw .allAreTaken }
            guard state.taken[uid, default: 0] < limit else { throw .userIsFull }
            state.taken[uid, default: 0] += 1
            state.total += 1
        }
        return QuotaLease(of: self, uid)
    }

    /// How many are taken.
    var count: Int { state.withLock(\.total) }

    fileprivate func free(_ uid: UInt32) {
        state.withLock { state in
            state.total -= 1
            state.taken[uid, default: 1] -= 1
            if state.taken[uid] == 0 { state.taken[uid] = nil }
        }
    }
}

/// One of what a ``UserQuota`` counts, taken for as long as the value lives.
final class QuotaLease: Sendable {
    private let quota: UserQuota
    private let uid: UInt32

    fileprivate init(of quota: UserQuota, _ uid: UInt32) {
        self.quota = quota
        self.uid = uid
    }

    deinit {
        quota.free(uid)
    }
}
