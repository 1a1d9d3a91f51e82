internal import Glibc
internal import Model

/// The Unix socket's place in the file system.
enum Socket {
    /// Clears the way for binding to `path`: makes its directory, which members of `group` may enter, and removes a socket that
    /// nobody listens on.
    ///
    /// - Throws: ``DaemonError`` when somebody does listen, or may, or something else is there.
    static func prepare(_ path: String, group: gid_t? = nil) throws(DaemonError) {
        if let parent = path.parentPath { try prepareDirectory(parent, group: group) }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw DaemonError(
                code: .unavailable, message: "\(path): something that is not a socket is there; move it away")
        }
        guard Predecessor.becomesFree({ isInUse(path) }) else {
            throw DaemonError(
                code: .alreadyRunning,
                message: "\(path): another daemon or program listens there; stop it first, or give --socket")
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw StateDirectory.failure(path) }
    }

    private static func prepareDirectory(_ path: String, group: gid_t?) throws(DaemonError) {
        guard access(path, F_OK) != 0 else { return }
        try StateDirectory.makeDirectory(path)
        guard let group else { return }
        guard chown(path, uid_t.max, group) == 0, chmod(path, 0o750) == 0 else { throw StateDirectory.failure(path) }
    }

    /// A socket bound to `path`, where nobody is heard yet; whoever takes it closes it.
    ///
    /// SwiftNIO would take away whatever stands at the path of a socket that it has bound itself.
    /// - Throws: ``DaemonError`` when the path cannot be bound to.
    static func bound(to path: String) throws(DaemonError) -> Int32 {
        guard let address = UnixAddress(path: path) else {
            throw DaemonError(code: .usage, message: "socket: \(path): no socket's path is like this; use --socket")
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw StateDirectory.failure(path) }
        guard address.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
            let failure = StateDirectory.failure(path)
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    /// Lets as many clients wait to be heard at `socket` as the system allows (`net.core.somaxconn`, listen(2)): SwiftNIO has
    /// left room for 128 when it took the socket over.
    ///
    /// - Throws: ``DaemonError`` when nobody can listen there.
    static func widenQueue(of socket: Int32) throws(DaemonError) {
        guard listen(socket, Int32(SOMAXCONN)) == 0 else {
            throw DaemonError(
                code: .unavailable, message: "the socket cannot be listened on: \(SystemError())")
        }
    }

    /// The number of the group called `name`, or numbered so where none is; `nil` for no name.
    ///
    /// - Throws: ``DaemonError`` when there is none.
    static func group(_ name: String?) throws(DaemonError) -> gid_t? {
        guard let name else { return nil }
        if let entry = getgrnam(name) { return entry.pointee.gr_gid }
        // The highest number means no group to chown(2).
        guard let number = gid_t(name), number < .max else {
            throw DaemonError(code: .usage, message: "socket_group: no group is called \(name)")
        }
        return number
    }

    /// Lets the daemon's user connect, or the members of `group` too; never follows a symbolic link that was put in its place.
    ///
    /// - Throws: ``DaemonError`` when the rights cannot be set.
    static func restrict(_ path: String, to group: gid_t?) throws(DaemonError) {
        if let group {
            guard lchown(path, uid_t.max, group) == 0 else { throw StateDirectory.failure(path) }
        }
        guard fchmodat(AT_FDCWD, path, group == nil ? 0o600 : 0o660, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw StateDirectory.failure(path)
        }
    }

    /// Whether somebody listens at the socket at `path`, or may: only a refused connection proves that nobody does.
    private static func isInUse(_ path: String) -> Bool {
        // Without O_NONBLOCK, a full queue would keep the caller waiting.
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard let address = UnixAddress(path: path) else { return true }
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        return address.withPointer { connect(descriptor, $0, $1) } == 0
            || (errno != ECONNREFUSED && errno != ENOENT)
    }
}
