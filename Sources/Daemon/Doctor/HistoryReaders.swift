internal import Glibc
internal import Model

/// The processes that read the history file now, but for this one.
struct HistoryReaders: Sendable {
    /// Their numbers, each once; those of other PID namespaces are not known here.
    let processes: [Int32]

    /// The bytes that readers lock in the file they share (WAL_READ_LOCK, sqlite.org/walformat.html).
    private static let readLocks = 123...127

    /// The readers among the holders of `locks`.
    ///
    /// - Parameter inode: that of the file that readers and the writer share.
    /// - Parameter locks: what `/proc/locks` has (proc_locks(5)).
    init(inode: UInt, locks: String, besides own: Int32) {
        var processes: Set<Int32> = []
        for line in locks.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count == 8, fields[3] == "READ", fields[5].hasSuffix(":\(inode)"),
                let first = Int(fields[6]), Self.readLocks.contains(first),
                let process = Int32(fields[4]), process > 0, process != own
            else { continue }
            processes.insert(process)
        }
        self.processes = processes.sorted()
    }

    /// The readers of the history file at `path`; none when the system does not tell.
    init(of path: String) {
        var status = stat()
        let isKnown = stat(path + "-shm", &status) == 0
        let locks = isKnown ? try? TextFile.read("/proc/locks", limit: 8 << 20) : nil
        self.init(inode: status.st_ino, locks: String(decoding: locks ?? [], as: UTF8.self), besides: getpid())
    }

    /// Their names and numbers: `sqlite3 (1234)`.
    var names: [String] {
        processes.map { process in
            let name = (try? TextFile.read("/proc/\(process)/comm", limit: 64)) ?? []
            return "\(String(decoding: name.dropLast(), as: UTF8.self).shown) (\(process))"
        }
    }
}
