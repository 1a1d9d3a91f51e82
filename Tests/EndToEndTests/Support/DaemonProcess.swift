import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// One run of `taskd`.
final class DaemonProcess: Sendable {
    let pid: Int32
    private let running: Task<Int32, any Error>

    /// Starts `taskd` and returns when it says that it is ready.
    ///
    /// - Throws: ``TestFailure`` with its log when it ends instead.
    init(_ arguments: [String]) async throws {
        let (starts, start) = AsyncStream<Int32>.makeStream()
        let log = Log()
        running = Task {
            defer { start.finish() }
            return try await Subprocess.run(
                .path(FilePath(Program.taskd)), arguments: Arguments(arguments), environment: Program.environment,
                input: .none, output: .discarded, error: .sequence
            ) { execution in
                for try await chunk in execution.standardError {
                    let text = chunk.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                    if log.append(text) { start.yield(execution.processIdentifier.value) }
                }
            }.terminationStatus.shellCode
        }
        var iterator = starts.makeAsyncIterator()
        guard let pid = await iterator.next() else {
            throw TestFailure("taskd did not start: \(log.text)")
        }
        self.pid = pid
    }

    /// Sends it a signal.
    func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// Waits for its end, and answers its exit code, 128 and the signal when one killed it.
    func ending() async throws -> Int32 {
        try await running.value
    }
}

/// What a daemon has logged.
private final class Log: Sendable {
    private let state = Mutex((text: "", isReady: false))

    var text: String { state.withLock(\.text) }

    /// Adds `text`, and answers whether the daemon has become ready by it.
    func append(_ text: String) -> Bool {
        state.withLock { state in
            state.text += text
            guard !state.isReady, state.text.contains(" ready\n") else { return false }
            state.isReady = true
            return true
        }
    }
}
