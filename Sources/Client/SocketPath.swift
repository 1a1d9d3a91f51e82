internal import Glibc

/// Where the daemon listens.
enum SocketPath {
    /// The place to use when a system-wide daemon is the only candidate left.
    static let systemWide = "/run/taskd/taskd.sock"

    /// The path of the daemon's socket: `option`, else `$TASKD_SOCKET`, else the user's own when it exists, else the system's.
    static func resolve(
        option: String?, environment: (String) -> String? = Self.environmentValue,
        exists: (String) -> Bool = Self.exists
    ) -> String {
        if let option { return option }
        if let path = environment("TASKD_SOCKET"), !path.isEmpty { return path }
        if let directory = environment("XDG_RUNTIME_DIR"), !directory.isEmpty {
            let path = directory + "/taskd/taskd.sock"
            if exists(path) { return path }
        }
        return systemWide
    }

    private static func environmentValue(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }
}
