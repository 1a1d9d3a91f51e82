internal import Glibc
internal import Model

/// The files of one verification: the list of its books, which is fixed when it begins, and the report, which grows by a
/// line a book and so says how far it has come.
struct VerifyFiles: Sendable {
    private let attempt: AttemptDirectory

    /// The files in the directory `attempt`.
    init(_ attempt: AttemptDirectory) {
        self.attempt = attempt
    }

    /// Makes the directory, a report with nothing but its header, and the list of `items`, which is there whole or not at all.
    ///
    /// - Throws: an exception when they cannot be written.
    func begin(_ items: [VerifyItem]) async throws(ExceptionInfo) {
        try await runBlocking { _ throws(ExceptionInfo) in
            try attempt.makeEmpty()
            try cutReport(at: 0)
            let draft = attempt.items + ".new"
            let list = try Descriptor.opening(draft, O_WRONLY | O_CREAT | O_TRUNC)
            try list.write(items.map { $0.line + "\n" }.joined(), to: draft)
            try list.flush(draft)
            guard rename(draft, attempt.items) == 0 else { throw .system("cannot rename \(draft)") }
            try Descriptor.opening(attempt.path, O_RDONLY | O_DIRECTORY).flush(attempt.path)
        }
    }

    /// Takes up what an earlier daemon has left: the list, and how many of its books the report is done with.
    ///
    /// The report is cut off where it stops being what was to be written: after its last whole line, or where a power cut
    /// has left something else.
    /// - Returns: `nil` when that daemon did not come to ask anything; then nothing of it is left.
    /// - Throws: an exception when the list is damaged, or a file could not be read or written in a minute.
    func takeUp(_ clock: any Clock<Duration>) async throws(ExceptionInfo) -> (items: [VerifyItem], done: Int)? {
        let found = try await retryForAMinute(clock) { () throws(ExceptionInfo) in
            try await runBlocking { _ throws(ExceptionInfo) in
                let found = try list()
                if found == nil { try attempt.remove() }
                return found
            }
        }
        // It is damaged for good: that is not tried again.
        guard let items = try found?.get() else { return nil }
        let done = try await retryForAMinute(clock) { () throws(ExceptionInfo) in
            try await runBlocking { _ throws(ExceptionInfo) in try cutReport(behind: items) }
        }
        return (items, done)
    }

    /// Adds `row` to the report.
    ///
    /// - Parameter isFlushed: whether it, and what was added before, survives a power cut from then on.
    func add(_ row: VerifyRow, isFlushed: Bool) async throws(ExceptionInfo) {
        try await runBlocking { _ throws(ExceptionInfo) in
            let report = try Descriptor.opening(attempt.stdout, O_WRONLY | O_APPEND)
            try report.write(row.line + "\n", to: attempt.stdout)
            if isFlushed { try report.flush(attempt.stdout) }
        }
    }

    /// What the whole report comes to.
    func summary() async throws(ExceptionInfo) -> VerifySummary {
        try await runBlocking { _ throws(ExceptionInfo) in
            var summary = VerifySummary()
            var isHeader = true
            let end = try LineFile(attempt.stdout).read { line in
                defer { isHeader = false }
                guard !isHeader else { return line == VerifyRow.header }
                guard let row = VerifyRow(line: line) else { return false }
                summary.add(row)
                return true
            }
            guard end == OutputFile(path: attempt.stdout).size else {
                throw .internalError("\(attempt.stdout) was damaged after byte \(end); submit the job again")
            }
            return summary
        }
    }
}

extension VerifyFiles {
    /// The list of the books, or that it was damaged; `nil` when there is none yet.
    private func list() throws(ExceptionInfo) -> Result<[VerifyItem], ExceptionInfo>? {
        guard try stat(lookingAt: attempt.items) != nil else { return nil }
        var items: [VerifyItem] = []
        let end = try LineFile(attempt.items).read { line in
            guard let item = VerifyItem(line: line) else { return false }
            items.append(item)
            return true
        }
        guard end == OutputFile(path: attempt.items).size else {
            return .failure(.internalError("\(attempt.items) was damaged after byte \(end); submit the job again"))
        }
        return .success(items)
    }

    /// Cuts the report off where it stops being about `items`, in their order.
    ///
    /// - Returns: how many of them it is done with.
    private func cutReport(behind items: [VerifyItem]) throws(ExceptionInfo) -> Int {
        var lines = 0
        let end = try LineFile(attempt.stdout).read { line in
            let isRight =
                lines == 0
                ? line == VerifyRow.header
                : lines <= items.count && VerifyRow(line: line)?.isAbout(items[lines - 1]) == true
            if isRight { lines += 1 }
            return isRight
        }
        try cutReport(at: end)
        return max(lines - 1, 0)
    }

    /// Cuts the report off after `end` bytes, which then are on the disk; at 0 it gets its header.
    private func cutReport(at end: Int64) throws(ExceptionInfo) {
        let report = try Descriptor.opening(attempt.stdout, O_WRONLY | O_CREAT | O_APPEND)
        guard ftruncate(report.number, off_t(end)) == 0 else { throw .system("cannot cut \(attempt.stdout)") }
        if end == 0 { try report.write(VerifyRow.header + "\n", to: attempt.stdout) }
        try report.flush(attempt.stdout)
    }
}

extension VerifyRow {
    /// Whether this is the row on `item`.
    fileprivate func isAbout(_ item: VerifyItem) -> Bool {
        barcode == item.barcode && scannedTimes == item.scannedTimes
    }
}
