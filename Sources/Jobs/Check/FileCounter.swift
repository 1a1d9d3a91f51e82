internal import Model

/// Counts the records of a file in one pass, holding no more of it than a buffer.
struct FileCounter: SourceCounter {
    /// The largest file that is read: 4 GiB.
    static let maximumSize = 4 << 30

    private let path: String
    private let format: Source.FileFormat
    private let key: String?
    private let history: String
    private let bufferSize: Int

    /// The counter of the file at `path`, which reads it in pieces of at most `bufferSize` bytes.
    ///
    /// - Parameter history: the daemon's own database, which it does not touch.
    init(path: String, format: Source.FileFormat, key: String?, history: String, bufferSize: Int = 256 << 10) {
        self.path = path
        self.history = history
        self.format = format
        self.key = key
        self.bufferSize = bufferSize
    }

    var method: String { format.rawValue }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        let path = context.absolutePath(path)
        do throws(SourceError) {
            switch format {
            case .marc: return try await count(path, with: try MARCScanner(key: key), report: context.report)
            case .marcxml: return try await count(path, with: try MARCXMLScanner(key: key), report: context.report)
            case .csv: return try await count(path, with: CSVScanner(key: key), report: context.report)
            }
        } catch {
            throw error.at(path)
        }
    }

    private func count(
        _ path: String, with scanner: some RecordScanner, report: @escaping @Sendable (Progress) -> Void
    ) async throws(SourceError) -> SourceCount {
        try await runBlocking { [bufferSize, history] flag throws(SourceError) in
            try RegularFile.refuse(path, as: history)
            let file = try RegularFile(path: path, limit: Self.maximumSize)
            guard file.size > 0 else { throw SourceError(.unexpectedDocument, "is empty") }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 16)
            defer { buffer.deallocate() }
            var scanner = scanner
            var steps = ProgressSteps(total: file.size)
            var bytesRead = 0
            while true {
                try flag.check()
                let count = try file.read(into: buffer)
                guard count > 0 else { break }
                bytesRead += count
                guard bytesRead <= file.size else { break }
                try scanner.scan(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                if let progress = steps.advance(to: bytesRead) { report(progress) }
            }
            guard bytesRead == file.size else {
                throw SourceError(
                    .inconsistent, "changed while it was read; ask again when it is written", isRetryable: true)
            }
            return try scanner.finish(bytes: bytesRead)
        }
    }
}

/// Turns bytes read into progress, at most once a hundredth.
private struct ProgressSteps {
    private let total: Int
    private var told = 0

    init(total: Int) {
        self.total = total
    }

    mutating func advance(to done: Int) -> Progress? {
        let hundredth = done * 100 / total
        guard hundredth > told else { return nil }
        told = hundredth
        return Progress(completed: Double(done), total: Double(total))
    }
}
