import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// One run of `taskd`.
final class DaemonProcess: Sendable {
    let pid: Int32
    private let log: Log
    /// What it has logged.
    var text: String { log.text }
    private let running: Task<Int32, any Error>

    /// Starts `taskd` and returns when it says that it is ready.
    ///
    /// - Parameter wrapper: a command that runs the command given to it, in its own process.
    /// - Throws: ``TestFailure`` with its log when it ends instead.
    init(_ arguments: [String], under wrapper: [String] = []) async throws {
        let log = Log()
        self.log = log
        running = Task { try await Self.run(wrapper + [Program.taskd] + arguments, log) }
        guard await log.wait(for: "] ready\n"), let pid = log.pid else {
            throw TestFailure("taskd did not start: \(log.text)")
        }
        self.pid = pid
    }

    private static func run(_ command: [String], _ log: Log) async throws -> Int32 {
        defer { log.end() }
        return try await Subprocess.run(
            .path(FilePath(command[0])), arguments: Arguments(Array(command.dropFirst())),
            environment: Program.environment,
            input: .none, output: .discarded, error: .sequence
        ) { execution in
            log.begin(execution.processIdentifier.value)
            for try await chunk in execution.standardError {
                log.append(chunk.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            }
        }.terminationStatus.shellCode
    }

    /// Whether it has ended.
    var hasEnded: Bool { log.hasEnded }

    /// Sends it a signal.
    func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// Sends it a signal and returns when its log has `text`.
    func signal(_ number: Int32, untilLogged text: String) async throws {
        signal(number)
        guard await log.wait(for: text) else { throw TestFailure("taskd ended: \(log.text)") }
    }

    /// Waits for its end, and answers its exit code, 128 and the signal when one killed it.
    func ending() async throws -> Int32 {
        try await running.value
    }
}

/// What a daemon has logged, and who waits for it to log something.
private final class Log: Sendable {
    private struct State {
        var pid: Int32?
        var text = ""
        var hasEnded = false
        var waiters: [(text: String, continuation: CheckedContinuation<Bool, Never>)] = []

        /// Takes out the waiters that have what they wait for, or never will.
        mutating func takeWaiters() -> [(text: String, continuation: CheckedContinuation<Bool, Never>)] {
            let (text, hasEnded) = (text, hasEnded)
            defer { waiters.removeAll { hasEnded || text.contains($0.text) } }
            return waiters.filter { hasEnded || text.contains($0.text) }
        }
    }

    private let state = Mutex(State())

    var pid: Int32? { state.withLock(\.pid) }
    var text: String { state.withLock(\.text) }
    var hasEnded: Bool { state.withLock(\.hasEnded) }

    func begin(_ pid: Int32) {
        state.withLock { $0.pid = pid }
    }

    func append(_ text: String) {
        change { $0.text += text }
    }

    func end() {
        change { $0.hasEnded = true }
    }

    /// Returns `true` when the log has `text`, `false` when it has ended without.
    func wait(for text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            change { $0.waiters.append((text, continuation)) }
        }
    }

    private func change(_ change: (inout State) -> Void) {
        let (ready, log) = state.withLock { state in
            change(&state)
            return (state.takeWaiters(), state.text)
        }
        for waiter in ready { waiter.continuation.resume(returning: log.contains(waiter.text)) }
    }
}
