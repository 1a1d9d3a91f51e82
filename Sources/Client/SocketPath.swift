internal import Glibc
internal import Model

/// Where the daemon listens.
enum SocketPath {
    /// The place to use when a system-wide daemon is the only candidate left.
    static let systemWide = "/run/taskd/taskd.sock"

    /// The path of the daemon's socket: `option`, else `$TASKD_SOCKET`, else one of the user's own that exists, where a daemon of
    /// theirs listens without being told where, else the system's.
    ///
    /// The one in the user's state directory stays behind when its daemon is killed, and no login takes it away: it is not in
    /// the way of the system's.
    static func resolve(
        option: String?, environment: (String) -> String? = Self.environmentValue,
        exists: (String) -> Bool = Self.exists, isServed: (String) -> Bool = Self.isServed
    ) -> String {
        if let option { return option }
        if let path = environment("TASKD_SOCKET"), !path.isEmpty { return path }
        // A relative one is to be ignored (XDG Base Directory Specification).
        func directory(_ name: String) -> String? {
            environment(name).flatMap { $0.isAbsolutePath ? $0 : nil }
        }
        let home = environment("HOME").flatMap { $0.isEmpty ? nil : $0 }
        let state = directory("XDG_STATE_HOME") ?? home.map { $0 + "/.local/state" }
        if let path = directory("XDG_RUNTIME_DIR").map(socket), exists(path) { return path }
        guard let path = state.map(socket), exists(path), isServed(path) || !exists(systemWide) else {
            return systemWide
        }
        return path
    }

    private static func socket(in directory: String) -> String { directory + "/taskd/taskd.sock" }

    private static func environmentValue(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Whether a daemon may listen there: not where a connection is refused.
    private static func isServed(_ path: String) -> Bool {
        do {
            _ = try UnixSocket(connectingTo: path)
            return true
        } catch {
            return !(error.cause is Refused)
        }
    }
}
