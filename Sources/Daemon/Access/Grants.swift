internal import Glibc
internal import Model

/// Who has which roles.
struct Grants: Sendable, Hashable {
    private var users: [UInt32: Roles] = [:]
    private var groups: [UInt32: Roles] = [:]

    /// Root and the daemon's own user do everything.
    init() {
        for uid in Self.exempt { users[uid] = .admin }
    }

    /// The users whom no check applies to, because they can do everything without the daemon: root and the daemon's own.
    static let exempt: Set<UInt32> = [0, geteuid()]

    /// Whether the groups of a caller matter.
    var dependsOnGroups: Bool { !groups.isEmpty }

    /// The roles of the user `uid` who is in `memberships`.
    func roles(of uid: UInt32, in memberships: [UInt32]) -> Roles {
        memberships.reduce(users[uid] ?? []) { $0.union(groups[$1] ?? []) }
    }

    /// These grants, and those of the members of the group that may use the socket: they submit, and see and steer what
    /// they submitted.
    func granting(submitTo group: gid_t?) -> Grants {
        guard let group else { return self }
        var grants = self
        grants.groups[group, default: []].formUnion([.submit, .own])
        return grants
    }
}

extension Grants {
    /// The grants written in `field`: `{admin: {users: [name or number], groups: […]}, submit: …, own: …, read: …}`.
    ///
    /// - Throws: ``InvalidInput`` with the path of what is unknown or wrong.
    init(field: Field) throws(InvalidInput) {
        self.init()
        var fields = try field.fields()
        try fields.allow(only: Roles.named.map(\.name))
        for (name, role) in Roles.named {
            guard let grant = fields.take(name) else { continue }
            // Who submits sees what became of it.
            try add(role == .submit ? [.submit, .own] : role, to: grant)
        }
    }

    private mutating func add(_ roles: Roles, to grant: Field) throws(InvalidInput) {
        var fields = try grant.fields()
        try fields.allow(only: ["users", "groups"])
        for member in try fields.take("users")?.list() ?? [] {
            let uid = try member.number { name in getpwnam(name).map { $0.pointee.pw_uid } }
            users[uid, default: []].formUnion(roles)
        }
        for member in try fields.take("groups")?.list() ?? [] {
            let gid = try member.number { name in getgrnam(name).map { $0.pointee.gr_gid } }
            groups[gid, default: []].formUnion(roles)
        }
    }
}

extension Field {
    /// The number of a user or group: as it is, or looked up by its name.
    fileprivate func number(of lookUp: (String) -> UInt32?) throws(InvalidInput) -> UInt32 {
        if value.intValue != nil { return UInt32(try int(in: 0...Int64(UInt32.max) - 1)) }
        let name = try name()
        guard let number = lookUp(name) else { throw invalid("there is no user or group called \(name)") }
        return number
    }
}
