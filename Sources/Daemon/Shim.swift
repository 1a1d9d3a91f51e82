internal import Glibc
internal import Model

/// Finds the program that commands run under.
enum Shim {
    private static let places = ["taskd-shim", "libexec/taskd-shim", "../libexec/taskd-shim"]

    /// The path of `taskd-shim`: the one given, else the one beside the daemon's own binary.
    ///
    /// - Throws: ``DaemonError`` when it is nowhere to be found or cannot be executed.
    static func path(given: String?) throws(DaemonError) -> String {
        if let given {
            guard access(given, X_OK) == 0 else {
                throw DaemonError(code: .usage, message: "shim: \(given): \(SystemError())")
            }
            return given
        }
        let directory = ownDirectory
        guard let found = places.map({ directory + "/" + $0 }).first(where: { access($0, X_OK) == 0 }) else {
            throw DaemonError(
                code: .unavailable,
                message: "taskd-shim is not beside taskd in \(directory); install it there or give --shim")
        }
        return found
    }

    private static var ownDirectory: String {
        "/proc/self/exe".resolvedPath?.parentPath ?? "."
    }
}
