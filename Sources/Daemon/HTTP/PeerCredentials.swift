internal import Glibc
internal import Model
internal import NIOCore

extension Channel {
    /// Who is at the other end of a Unix socket, as the kernel noted when it connected (`SO_PEERCRED`, unix(7)).
    var peer: Submitter? {
        get async {
            guard let provider = self as? any SocketOptionProvider else { return nil }
            let option = provider.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)) as EventLoopFuture<ucred>
            guard let credentials = try? await option.get() else { return nil }
            return Submitter(uid: credentials.uid, gid: credentials.gid, pid: credentials.pid)
        }
    }
}
