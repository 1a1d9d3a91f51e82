internal import Glibc
package import Model

extension Executor {
    /// The daemon's own cgroup, when it was given to it to divide (`Delegate=yes`, systemd.resource-control(5)): it is
    /// in the version 2 hierarchy, not the root of it, and may be written to. A daemon that moved itself to a `main`
    /// below it is counted as being in it.
    package static func delegatedCgroup() -> String? {
        guard let line = lines(of: "/proc/self/cgroup").first(where: { $0.hasPrefix("0::/") }),
            let mount = lines(of: "/proc/self/mounts").map({ $0.split(separator: " ") })
                .first(where: { $0.count > 2 && $0[2] == "cgroup2" })?[1]
        else { return nil }
        var path = String(line.dropFirst(3))
        if path.hasSuffix("/main") { path.removeLast(5) }
        guard path.count > 1 else { return nil }
        let cgroup = String(mount) + path
        guard access(cgroup, W_OK) == 0, access(cgroup + "/cgroup.procs", W_OK) == 0 else { return nil }
        return cgroup
    }

    /// Moves the daemon into `main` below the cgroup it was given to divide. Unlike that one, `main` is its own, and so may be
    /// killed by it: with the shims, which are started in there.
    ///
    /// - Throws: an exception when the cgroup cannot be divided.
    package static func enterMain(of cgroup: String) throws(ExceptionInfo) {
        let main = cgroup + "/main"
        guard mkdir(main, 0o755) == 0 || errno == EEXIST else { throw .system("cannot make \(main)") }
        try Descriptor.opening(main + "/cgroup.procs", O_WRONLY).write("\(getpid())", to: main)
    }

    /// The cgroup of `attempt`; `nil` where there are none.
    func cgroup(of attempt: AttemptDirectory) -> String? {
        cgroup.map { "\($0)/\(cgroupPrefix)\(attempt.name)" }
    }

    /// What the names of its commands' cgroups begin with: more than one daemon may share a cgroup that no service manager has
    /// given to one of them, and the numbers of their tasks are the same.
    private var cgroupPrefix: String { "job-\(String(state.stableHash, radix: 16))-" }

    /// Kills every process of the cgroup that the daemon was given, itself last: for when it stops, and what it started does
    /// not end otherwise. Without a cgroup there is nothing it could do.
    ///
    /// - Throws: an exception when that fails, as before Linux 5.14, which has no `cgroup.kill`.
    package func killAll() throws(ExceptionInfo) {
        guard let cgroup, let names = DirectoryListing.names(at: cgroup) else { return }
        for name in names where name.hasPrefix(cgroupPrefix) {
            // One that is gone by now needs no killing.
            try? Self.kill("\(cgroup)/\(name)")
        }
        try Self.kill(cgroup + "/main")
    }

    private static func kill(_ cgroup: String) throws(ExceptionInfo) {
        try Descriptor.opening(cgroup + "/cgroup.kill", O_WRONLY).write("1", to: "\(cgroup)/cgroup.kill")
    }

    private static func lines(of path: String) -> [Substring] {
        let bytes = (try? Descriptor.opening(path, O_RDONLY))?.contents(limit: 1 << 20) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
