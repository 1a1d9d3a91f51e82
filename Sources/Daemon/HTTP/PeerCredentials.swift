internal import Glibc
internal import Model
internal import NIOCore

/// `struct ucred` of unix(7), which Swift's Glibc leaves out as an extension of GNU's.
private struct PeerCredentials: Sendable {
    var pid: pid_t = 0
    var uid: uid_t = 0
    var gid: gid_t = 0
}

extension Channel {
    /// Who is at the other end of a Unix socket, as the kernel noted when it connected (`SO_PEERCRED`, unix(7)).
    var peer: Submitter? {
        get async {
            guard let provider = self as? any SocketOptionProvider else { return nil }
            let option =
                provider.unsafeGetSocketOption(
                    level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
                as EventLoopFuture<PeerCredentials>
            guard let credentials = try? await option.get() else { return nil }
            return Submitter(uid: credentials.uid, gid: credentials.gid, pid: credentials.pid)
        }
    }
}
