import Glibc

/// What a daemon uses of the machine (proc(5)).
struct ProcessUsage: Sendable {
    let pid: Int32

    /// Its memory now, in KiB.
    func memory() throws -> Int { try status("VmRSS:") }

    /// The most memory it has had since ``forgetPeak()``, in KiB.
    func peak() throws -> Int { try status("VmHWM:") }

    /// Begins the count of the most memory anew.
    func forgetPeak() throws {
        try Directory(path: "/proc/\(pid)").write("5", to: "clear_refs")
    }

    /// The processor time it has used, in seconds.
    func processorTime() throws -> Double {
        let text = try Directory(path: "/proc/\(pid)").read("stat")
        // The second field may hold anything, spaces too.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[12]), let system = Double(fields[13]) else {
            throw TestFailure("no times in \(text)")
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func status(_ key: String) throws -> Int {
        let lines = try Directory(path: "/proc/\(pid)").read("status").split(separator: "\n")
        let fields = lines.first { $0.hasPrefix(key) }?.split(whereSeparator: \.isWhitespace) ?? []
        guard fields.count > 1, let number = Int(fields[1]) else { throw TestFailure("no \(key) of \(pid)") }
        return number
    }
}

extension LiveDaemon {
    /// What it uses of the machine.
    var usage: ProcessUsage { ProcessUsage(pid: pid ?? -1) }

    /// Does `attack`, and answers by how many KiB the daemon's memory was larger at its peak than before.
    func growth(during attack: () async throws -> Void) async throws -> Int {
        try usage.forgetPeak()
        let before = try usage.memory()
        try await attack()
        return try usage.peak() - before
    }
}
