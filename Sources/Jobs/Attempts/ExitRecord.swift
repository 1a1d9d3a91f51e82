internal import Glibc
package import Model

/// How a command ended, as its shim wrote it down.
struct ExitRecord: Sendable, Hashable {
    /// How the command itself ended.
    enum Status: Sendable, Hashable {
        case exited(Int32)
        case killed(signal: Int32)
        /// It never ran: `step` of starting it failed with `error` (errno).
        case notStarted(step: String, error: Int32)
    }

    let pid: Int64
    let status: Status
    /// Whether it was asked to end before it did.
    let wasCancelled: Bool
    /// Time all its processes spent in user mode, in microseconds.
    let userTime: Int64
    /// Time all its processes spent in the kernel, in microseconds.
    let systemTime: Int64
    /// The most memory one of its processes held, in KiB.
    let maximumResident: Int64
    /// Whether all its processes were gone when this was written.
    let isTreeGone: Bool
}

extension ExitRecord {
    /// The record that stands in `lines`, or `nil` when they say less than they must. A command may have written to the
    /// file as well as its shim, so nothing is expected of them.
    init?(lines: [Substring]) {
        var fields: [Substring: [Substring]] = [:]
        for line in lines {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            fields[name] = Array(words.dropFirst())
        }
        func number(_ name: Substring) -> Int64? { fields[name]?.first.flatMap { Int64($0) } }
        guard let pid = number("pid"), let status = Status(fields), let tree = fields["tree"]?.first else { return nil }
        self.init(
            pid: pid, status: status, wasCancelled: fields["cancelled"] == ["yes"],
            userTime: number("user_us") ?? 0, systemTime: number("system_us") ?? 0,
            maximumResident: number("max_rss_kib") ?? 0, isTreeGone: tree == "gone")
    }
}

extension AttemptDirectory {
    /// When the command and all its processes had ended; `nil` when some of it may run, or nobody can tell now.
    package var endedAt: Timestamp? {
        var status = stat()
        guard let file = try? AttemptFile(at: exit), ExitRecord(lines: file.lines)?.isTreeGone == true,
            lstat(exit, &status) == 0
        else { return nil }
        // A command may have set the time of its own, to one that no timestamp can tell.
        let (seconds, isBeyond) = Int64(status.st_mtim.tv_sec).multipliedReportingOverflow(by: 1000)
        let (milliseconds, isJustBeyond) = seconds.addingReportingOverflow(Int64(status.st_mtim.tv_nsec) / 1_000_000)
        return isBeyond || isJustBeyond ? nil : Timestamp(milliseconds: milliseconds)
    }
}

extension ExitRecord.Status {
    fileprivate init?(_ fields: [Substring: [Substring]]) {
        if let code = fields["exit_code"]?.first.flatMap({ Int32($0) }) {
            self = .exited(code)
        } else if let signal = fields["signal"]?.first.flatMap({ Int32($0) }) {
            self = .killed(signal: signal)
        } else if let words = fields["error"], words.count == 2, let error = Int32(words[1]) {
            self = .notStarted(step: String(words[0]), error: error)
        } else {
            return nil
        }
    }
}
