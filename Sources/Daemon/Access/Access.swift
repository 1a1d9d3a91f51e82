internal import Model

/// Who may do what, and how much of it at once.
struct Access: Sendable {
    /// How many connections root and the daemon's own user may have; no other limit applies to them.
    private static let exemptConnections = 16_384
    /// How many a user without any role may have, enough to receive the 403.
    private static let strangerConnections = 4

    let grants: Grants
    private let limits: UserLimits
    /// The connections that are open.
    let connections: UserQuota
    /// The requests that wait for what has not happened yet.
    let waiters = UserQuota()

    /// - Parameter connections: how many may be open at once, whoever has them.
    init(grants: Grants, limits: UserLimits, connections: Int) {
        self.connections = UserQuota(capacity: connections)
        self.grants = grants
        self.limits = limits
    }

    /// The limits of the user `uid`; `nil` for one whom none hold back.
    func limits(of uid: UInt32) -> UserLimits? {
        Grants.exempt.contains(uid) ? nil : limits
    }

    /// Takes a connection for `caller`.
    ///
    /// - Throws: ``Problem`` 429 when the caller has too many, 503 when the daemon has.
    func takeConnection(for caller: Caller) throws(Problem) -> QuotaLease {
        let uid = caller.submitter?.uid ?? .max
        let limit = caller.roles.isEmpty ? Self.strangerConnections : limits(of: uid)?.connections
        do {
            return try connections.take(uid, limit: limit ?? Self.exemptConnections)
        } catch .userIsFull {
            throw Problem(reached: .connections, "user \(uid) has as many connections", limit ?? Self.exemptConnections)
        } catch {
            throw Problem(
                status: 503, title: "Busy",
                detail: "as many connections are open as the daemon has descriptors for; try again in a moment")
        }
    }

    /// Takes a place among those who wait, for as long as the lease lives.
    ///
    /// - Throws: ``Problem`` 429 when the caller has too many.
    func takeWait(for caller: Caller) throws(Problem) -> QuotaLease {
        let uid = caller.submitter?.uid ?? .max
        let limit = limits(of: uid)?.waiters ?? .max
        do {
            return try waiters.take(uid, limit: limit)
        } catch {
            throw Problem(reached: .waiters, "user \(uid) waits and follows as often", limit)
        }
    }
}

extension Problem {
    /// What a user is told who has as much as one may.
    fileprivate init(reached limit: UserLimits.Name, _ what: String, _ maximum: Int) {
        self.init(
            status: 429, title: "Limit reached",
            detail: "\(what) as limits.\(limit.rawValue) allows, \(maximum); end some, or try again later",
            limit: limit)
    }
}
