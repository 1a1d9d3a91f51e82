internal import Glibc
internal import Model
internal import NIOCore

/// `struct ucred` of unix(7), which Swift's Glibc leaves out as an extension of GNU's.
private struct PeerCredentials: Sendable {
    var pid: pid_t = 0
    var uid: uid_t = 0
    var gid: gid_t = 0
}

/// Room for the groups of a process. The kernel says how many it has filled in, and NIO does not pass that on; what is
/// left over is 0.
private typealias PeerGroups = InlineArray<1024, gid_t>

extension Channel {
    /// Who is at the other end of a Unix socket, as the kernel noted when it connected (`SO_PEERCRED` and
    /// `SO_PEERGROUPS`, unix(7)), and what `grants` gives them. What it is and where it belongs later changes nothing.
    func caller(_ grants: Grants) async -> Caller {
        guard let credentials: PeerCredentials = await option(SO_PEERCRED) else { return .unknown }
        let submitter = Submitter(uid: credentials.uid, gid: credentials.gid, pid: credentials.pid)
        let roles = grants.roles(of: credentials.uid, in: [credentials.gid])
        guard grants.dependsOnGroups, !roles.contains(.admin) else { return Caller(submitter: submitter, roles: roles) }
        return Caller(
            submitter: submitter, roles: roles.union(grants.roles(of: credentials.uid, in: await supplementaryGroups)))
    }

    /// The groups beside the primary one. Root's is never among them, as it cannot be told from room that is left over;
    /// who is in more than there is room for is known by the primary group alone.
    private var supplementaryGroups: [UInt32] {
        get async {
            guard let groups: PeerGroups = await option(SO_PEERGROUPS) else { return [] }
            return groups.indices.map { groups[$0] }.filter { $0 != 0 }
        }
    }

    /// A socket option that fits into a `Value`; `nil` when there is none, which gives nobody a right.
    private func option<Value: Sendable>(_ name: Int32) async -> Value? {
        guard let provider = self as? any SocketOptionProvider else { return nil }
        let option =
            provider.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: name))
            as EventLoopFuture<Value>
        return try? await option.get()
    }
}
