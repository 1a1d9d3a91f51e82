internal import Model

/// Counts the records of a file in one pass, holding no more of it than a buffer.
struct FileCounter: SourceCounter {
    /// The largest file that is read: 4 GiB.
    static let maximumSize = 4 << 30

    private let path: String
    private let format: Source.FileFormat
    private let key: String?
    private let bufferSize: Int

    /// The counter of the file at `path`, which reads it in pieces of at most `bufferSize` bytes.
    init(path: String, format: Source.FileFormat, key: String?, bufferSize: Int = 256 << 10) {
        self.path = path
        self.format = format
        self.key = key
        self.bufferSize = bufferSize
    }

    var method: String { format.rawValue }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        try await count(context, keys: nil).count
    }

    private func count(
        _ context: JobContext, keys: KeyCollector?
    ) async throws(SourceError) -> (count: SourceCount, keys: KeyTally?) {
        let path = context.absolutePath(path)
        do throws(SourceError) {
            switch format {
            case .marc: return try await count(path, with: try MARCScanner(key: key), keys, context)
            case .marcxml: return try await count(path, with: try MARCXMLScanner(key: key), keys, context)
            case .csv: return try await count(path, with: CSVScanner(key: key), keys, context)
            }
        } catch {
            throw error.at(path)
        }
    }

    private func count(
        _ path: String, with scanner: some RecordScanner, _ keys: KeyCollector?, _ context: JobContext
    ) async throws(SourceError) -> (count: SourceCount, keys: KeyTally?) {
        try await runBlocking { [bufferSize] flag throws(SourceError) in
            let file = try RegularFile(path: path, limit: Self.maximumSize, besides: context.history)
            guard file.size > 0 else { throw SourceError(.unexpectedDocument, "is empty") }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 16)
            defer { buffer.deallocate() }
            var scanner = scanner
            scanner.keys = keys
            var steps = ProgressSteps(total: file.size)
            var bytesRead = 0
            while true {
                try flag.check()
                let count = try file.read(into: buffer)
                guard count > 0 else { break }
                bytesRead += count
                guard bytesRead <= file.size else { break }
                try scanner.scan(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                if let progress = steps.advance(to: bytesRead) { context.report(progress) }
            }
            guard bytesRead == file.size else {
                throw SourceError(
                    .inconsistent, "changed while it was read; ask again when it is written", isRetryable: true)
            }
            return (try scanner.finish(bytes: bytesRead), try scanner.keys?.finish())
        }
    }
}

extension FileCounter: KeyedCounter {
    /// Counts and takes the keys in one pass. A file with damaged records has a count, but no keys.
    func count(
        _ context: JobContext, keeping keys: KeyCollector
    ) async throws(SourceError) -> (count: SourceCount, keys: Result<KeyTally, SourceError>) {
        let (count, tally) = try await count(context, keys: keys)
        guard let tally else { preconditionFailure("a scanner that was given a collector has lost it") }
        guard count.isExact else {
            // What is not read of them would be missed in the comparison.
            let damaged = count.details["damaged"]?.intValue ?? 0
            let subject = damaged == 1 ? "1 record is" : "\(damaged) records are"
            let error = SourceError(
                .inconsistent, "\(subject) damaged, so not all keys are known; export the file again")
            return (count, .failure(error.at(context.absolutePath(path))))
        }
        return (count, .success(tally))
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
