internal import Glibc
internal import Model

/// Where the daemon listens.
enum Endpoint: Sendable, Hashable {
    /// A path of the daemon's own, which it binds to, gives its rights, and takes away when it ends.
    case own(path: String, group: gid_t?)
    /// A socket of the service manager's, whose place and rights are the manager's and stay.
    case inherited(InheritedSocket)

    /// Where clients find it.
    var path: String {
        switch self {
        case .own(let path, _): path
        case .inherited(let socket): socket.path
        }
    }

    /// The group whose members may connect, or `nil` when there is none: the setting's, or that of a socket which the service
    /// manager lets a group write to.
    var group: gid_t? {
        get throws(DaemonError) {
            if case .own(_, let group) = self { return group }
            var status = stat()
            guard stat(path, &status) == 0 else {
                throw DaemonError(code: .unavailable, message: "\(path): the service manager's socket is not there")
            }
            return status.st_mode & S_IWGRP != 0 ? status.st_gid : nil
        }
    }

    /// Clears the way for listening.
    ///
    /// - Throws: ``DaemonError`` when somebody else does, or the path or the group cannot be used.
    static func prepared(_ configuration: Configuration, _ inherited: InheritedSocket?) throws(DaemonError) -> Endpoint
    {
        if let inherited { return .inherited(inherited) }
        let group = try Socket.group(configuration.socketGroup)
        try Socket.prepare(configuration.socketPath, group: group)
        return .own(path: configuration.socketPath, group: group)
    }

    /// Lets in who may come, once it is bound.
    func restrict() throws(DaemonError) {
        if case .own(let path, let group) = self { try Socket.restrict(path, to: group) }
    }

    /// Why members of ``group`` cannot connect although they may; `nil` when nothing keeps them.
    var obstacle: String? {
        guard case .own(let path, let group?) = self, let directory = path.parentPath else { return nil }
        var status = stat()
        guard stat(directory, &status) == 0 else { return nil }
        let right = status.st_gid == group ? S_IXGRP : S_IXOTH
        guard status.st_mode & right == 0 else { return nil }
        return "members of socket_group cannot enter \(directory); let them, or give socket another directory"
    }

    /// Takes away what is the daemon's own, unless somebody else's stands in its place by now.
    ///
    /// - Parameter socket: what stood there when it was bound.
    func leave(_ socket: FileIdentity?) {
        guard case .own(let path, _) = self, FileIdentity(at: path) == socket else { return }
        unlink(path)
    }
}
