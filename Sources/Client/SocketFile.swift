internal import Glibc
internal import Model

/// What stands where the daemon should listen, as far as a client can see it.
struct SocketFile {
    let path: String

    /// Whether it is a socket, whose it is, and who may use it.
    var finding: Finding {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            let (reason, advice) =
                switch errno {
                case ENOENT: ("nothing is there", "start taskd, or give its socket with --socket")
                case EACCES: ("not permitted to use this socket", "run as its owner, or join its group")
                case let code: (SystemError(code).description, "give the socket of taskd with --socket")
                }
            return Finding(
                "socket", .fail, "\(path): \(reason)", advice: advice, facts: ["path": .string(path)])
        }
        let mode = status.st_mode & 0o7777
        let isSocket = status.st_mode & S_IFMT == S_IFSOCK
        let isOpen = mode & S_IWOTH != 0
        let facts: JSONObject = [
            "path": .string(path), "uid": JSONValue(status.st_uid), "gid": JSONValue(status.st_gid),
            "mode": .string("0" + String(mode, radix: 8)),
        ]
        guard isSocket else {
            return Finding(
                "socket", .fail, "\(path): no socket, but something else", advice: "move it away, and start taskd",
                facts: facts)
        }
        return Finding(
            "socket", isOpen ? .warn : .ok,
            "\(path), of user \(status.st_uid) and group \(status.st_gid), mode 0\(String(mode, radix: 8))",
            advice: isOpen
                ? "everybody on this machine may connect: see that roles are given in the configuration" : nil,
            facts: facts)
    }
}
