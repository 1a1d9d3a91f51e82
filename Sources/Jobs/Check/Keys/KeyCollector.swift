internal import Model

/// Takes the keys of records, one record after another, and keeps them in a file. Every call may block.
struct KeyCollector: Sendable {
    /// How many keys wait in memory for one transaction.
    private static let batchSize = 4096
    /// The most keys of one source.
    private static let maximum: Int64 = 50_000_000

    /// What the keys are.
    let kind: KeyKind
    private let writer: KeyWriter
    private var batch: [String] = []
    private var taken: Int64 = 0
    private var unusable: Int64 = 0
    private var withoutKey: Int64 = 0

    /// A collector that keeps keys of `kind` in the file at `path`, which is made anew.
    init(_ kind: KeyKind, path: String) throws(SourceError) {
        self.kind = kind
        writer = try KeyWriter(path: path)
        batch.reserveCapacity(Self.batchSize)
    }

    /// Takes what stands where a record has its keys: none, one or several. A key that a record has twice counts once.
    mutating func take(_ texts: some Sequence<some StringProtocol>) throws(SourceError) {
        var keys: Set<ExactText> = []
        var isEmpty = true
        for text in texts where !text.allSatisfy(\.isWhitespace) {
            isEmpty = false
            let found = kind.keys(in: text)
            if found.isEmpty { unusable += 1 }
            keys.formUnion(found.map { ExactText($0) })
        }
        if isEmpty { withoutKey += 1 }
        taken += Int64(keys.count)
        guard taken <= Self.maximum else {
            throw SourceError(.tooLarge, "has more than \(Self.maximum) keys, the most that are compared")
        }
        batch += keys.map(\.text)
        if batch.count >= Self.batchSize { try flush() }
    }

    /// Keeps what is left, and returns how many keys there were.
    mutating func finish() throws(SourceError) -> KeyTally {
        try flush()
        let counts = try writer.finish()
        return KeyTally(
            keys: counts.keys, duplicates: counts.duplicates, unusable: unusable, withoutKey: withoutKey)
    }

    /// This collector with the keys of `records`, taken on a thread of its own.
    func taking(_ records: [[String]]) async throws(SourceError) -> KeyCollector {
        try await runBlocking { flag throws(SourceError) in
            var collector = self
            for record in records {
                try flag.check()
                try collector.take(record)
            }
            return collector
        }
    }

    /// How many keys there were, once all is kept; on a thread of its own.
    func finished() async throws(SourceError) -> KeyTally {
        try await runBlocking { _ throws(SourceError) in
            var collector = self
            return try collector.finish()
        }
    }

    private mutating func flush() throws(SourceError) {
        guard !batch.isEmpty else { return }
        try writer.add(batch)
        batch.removeAll(keepingCapacity: true)
    }
}
