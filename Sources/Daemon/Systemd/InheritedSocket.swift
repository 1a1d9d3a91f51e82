internal import Glibc
internal import Model

/// A socket that the service manager listens on and has handed to the daemon, as sd_listen_fds(3) has it.
///
/// It outlives the daemon: whoever connects while there is none waits for the next one and is not refused.
struct InheritedSocket: Sendable, Hashable {
    /// The listening socket; whoever takes it closes it.
    let descriptor: Int32
    /// The path it is bound to.
    let path: String

    /// What systemd calls the sockets of a unit that gives them no name (`FileDescriptorName=`, systemd.socket(5)).
    private static let defaultName = "taskd.socket"

    /// The socket that `environment` speaks of; `nil` when it speaks of none or to another process.
    ///
    /// No program that the daemon starts inherits any of the descriptors.
    /// - Parameter first: the number of the first descriptor, `SD_LISTEN_FDS_START`.
    /// - Throws: ``DaemonError`` when there is no telling which it is, or it is not a listening Unix socket with a path.
    static func taken(
        from environment: [String: String], pid: pid_t = getpid(), first: Int32 = 3
    ) throws(DaemonError) -> InheritedSocket? {
        guard environment["LISTEN_PID"] == "\(pid)" else { return nil }
        let text = environment["LISTEN_FDS"] ?? ""
        guard let count = Int32(text), 1...1024 ~= count else {
            throw DaemonError(code: .usage, message: "LISTEN_FDS: expected a whole number from 1, found \(text)")
        }
        let descriptors = Array(first..<first + count)
        for descriptor in descriptors {
            guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw failure(descriptor) }
        }
        let chosen = try choice(of: descriptors, names: environment["LISTEN_FDNAMES"] ?? "")
        guard option(SO_DOMAIN, of: chosen) == AF_UNIX, option(SO_TYPE, of: chosen) == Int32(SOCK_STREAM.rawValue),
            option(SO_ACCEPTCONN, of: chosen) == 1, let path = UnixAddress(of: chosen)?.path, path.isAbsolutePath
        else {
            throw DaemonError(
                code: .usage,
                message: "the inherited descriptor \(chosen) is not a listening Unix socket with a path; "
                    + "give taskd.socket one ListenStream= that is a path")
        }
        return InheritedSocket(descriptor: chosen, path: path)
    }

    /// The only one, or the one with the usual name.
    private static func choice(of descriptors: [Int32], names: String) throws(DaemonError) -> Int32 {
        if descriptors.count == 1 { return descriptors[0] }
        let names = names.split(separator: ":", omittingEmptySubsequences: false)
        let named = zip(descriptors, names).filter { $0.1 == defaultName }
        guard named.count == 1 else {
            throw DaemonError(
                code: .usage,
                message: "\(descriptors.count) sockets were handed over, and \(named.count) of them are called "
                    + "\(defaultName); taskd serves one")
        }
        return named[0].0
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    private static func failure(_ descriptor: Int32) -> DaemonError {
        DaemonError(
            code: .unavailable, message: "LISTEN_FDS: descriptor \(descriptor): \(SystemError())")
    }
}
