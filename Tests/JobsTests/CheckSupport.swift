import FoundationEssentials
import Glibc
import Model
import Testing

@testable import Jobs

/// A directory for the files of one test, gone when the test is over.
struct CheckDirectory: Sendable {
    let path: String

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = open(file(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        let bytes = Array(bytes)
        try #require(Glibc.write(file, bytes, bytes.count) == bytes.count)
        return self.file(name)
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try write(name, text.utf8)
    }
}

func withCheckDirectory<Answer>(
    _ body: (CheckDirectory) async throws -> Answer
) async throws -> Answer {
    var template = Array("/tmp/check-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let answer: Answer
    do { answer = try await body(CheckDirectory(path: path)) } catch {
        try FileManager.default.removeItem(atPath: path)
        throw error
    }
    try FileManager.default.removeItem(atPath: path)
    return answer
}

extension JobContext {
    /// The context of a task called `main` whose job file stands in `directory`.
    static func test(
        _ directory: String = "/", grace: Duration = .seconds(10), clock: any Clock<Duration> = ContinuousClock(),
        report: @escaping @Sendable (Progress) -> Void = { _ in }
    ) -> JobContext {
        JobContext(
            taskID: TaskID(7), name: "main", attempt: 1, startedAt: nil, directory: directory,
            history: directory + "/history.sqlite", grace: grace, clock: clock,
            cancelRequests: AsyncStream { $0.finish() }, report: report)
    }
}

/// Runs the check that asks `source`, as it is written in a job.
func check(
    _ source: JSONValue, in directory: CheckDirectory, grace: Duration = .seconds(10)
) async throws -> RunReport {
    let job = try Job(json: ["check": source])
    guard case .check(let source) = job.action else { throw TestFailure("no check job") }
    let leash = Leash(shim: CommandWorkbench.shim, hidden: directory.path + "/state")
    let handler = CheckHandler(source, leash: leash)
    return await handler.run(.test(directory.path, grace: grace))
}

/// Runs a shell script as a command source; the number it writes is the count.
func checkShell(
    _ script: String, in directory: CheckDirectory, grace: Duration = .seconds(10)
) async throws -> RunReport {
    try await check(["command": ["argv": ["/bin/sh", "-c", .string(script)]]], in: directory, grace: grace)
}

struct TestFailure: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

extension RunReport {
    /// The count, when there is one.
    var count: Int64? { outcome.result?["main"]?.intValue }

    /// The code of the `SourceError` it failed with.
    var code: String? {
        guard case .failed(let exception) = outcome, exception.type == "SourceError" else { return nil }
        return exception.details["code"]?.stringValue
    }

    /// The message of the exception.
    var message: String { outcome.exception?.message ?? "" }
}

/// What `scanner` makes of `bytes` given in pieces of `size`.
func scan(
    _ scanner: some RecordScanner, _ bytes: [UInt8], pieces size: Int
) -> Result<SourceCount, SourceError> {
    var scanner = scanner
    return Result { () throws(SourceError) in
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            try piece.withUnsafeBytes { piece in
                Result { () throws(SourceError) in try scanner.scan(piece) }
            }.get()
        }
        return try scanner.finish(bytes: bytes.count)
    }
}

/// An endless row of copies of a file, each with a few bytes replaced; always the same row.
struct SpoiltFiles: Sequence, IteratorProtocol {
    private let file: [UInt8]
    private var seed: UInt64 = 1247

    init(_ file: [UInt8]) {
        self.file = file
    }

    /// Steele and Vigna's SplitMix64.
    private mutating func number() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (seed ^ (seed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func next() -> [UInt8]? {
        let telling: [UInt8] = Array("0123456789d\",\r\n\u{0}\u{1D}\u{1E}\u{1F}a".utf8)
        var spoilt = file
        for _ in 0...(number() % 4) {
            spoilt[Int(number() % UInt64(file.count))] = telling[Int(number() % UInt64(telling.count))]
        }
        return number() % 4 == 0 ? Array(spoilt.prefix(Int(number() % UInt64(file.count)) + 1)) : spoilt
    }
}
