internal import Glibc
internal import Model

/// Where the daemon listens.
enum SocketPath {
    /// The place to use when a system-wide daemon is the only candidate left.
    static let systemWide = "/run/taskd/taskd.sock"

    /// The path of the daemon's socket: `option`, else `$TASKD_SOCKET`, else one of the user's own that exists, where a daemon of
    /// theirs listens without being told where, else the system's.
    static func resolve(
        option: String?, environment: (String) -> String? = Self.environmentValue,
        exists: (String) -> Bool = Self.exists
    ) -> String {
        if let option { return option }
        if let path = environment("TASKD_SOCKET"), !path.isEmpty { return path }
        // A relative one is to be ignored (XDG Base Directory Specification).
        func directory(_ name: String) -> String? {
            environment(name).flatMap { $0.isAbsolutePath ? $0 : nil }
        }
        let home = environment("HOME").flatMap { $0.isEmpty ? nil : $0 }
        let state = directory("XDG_STATE_HOME") ?? home.map { $0 + "/.local/state" }
        let own = [directory("XDG_RUNTIME_DIR"), state].compactMap { $0.map { $0 + "/taskd/taskd.sock" } }
        return own.first(where: exists) ?? systemWide
    }

    private static func environmentValue(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }
}
