import Glibc
import Model
import Testing

/// Nothing is acknowledged whose writing failed: one system call after another is made to fail, once and for ever.
@Suite(.timeLimit(.minutes(30)), .enabled(if: Strace.isPossible, "needs strace"))
struct FaultTests {
    static let faults: [(call: String, error: String)] = [
        ("fdatasync", "EIO"), ("fdatasync", "ENOSPC"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"),
    ]

    @Test(arguments: faults)
    func nothingAcknowledgedIsLostAndNothingFailsSilently(fault: (call: String, error: String)) async throws {
        var (sweeps, met, refused) = (0, 0, 0)
        // strace counts by threads: one makes about 130 calls at the start, and up to 200 each of those that requests wait for.
        let calls = fault.call == "fdatasync" ? 10 : 200
        for position in stride(from: 1, to: calls, by: max(calls / Torture.times(8, long: 40), 1)) {
            for isForEver in [false, true] {
                sweeps += 1
                let strace = Strace.failing(fault.call, with: fault.error, at: position, forEver: isForEver)
                let outcome = try await run(under: strace)
                if outcome.met { met += 1 }
                refused += outcome.refused
            }
        }
        #expect(met > 0, "no request met the fault")
        Torture.report(
            "\(sweeps) times \(fault.call) failed with \(fault.error): \(met) met by requests, \(refused) refused, lost 0"
        )
    }

    /// Nobody waits for a checkpoint; and another one, that succeeds, would remove the log that alone is sure.
    @Test(arguments: [true, false])
    func aHistoryThatCannotBeMadeDurableEndsTheDaemon(isForEver: Bool) async throws {
        try await withDaemon { daemon in
            try await daemon.end(SIGTERM)
            try await daemon.start(
                under: Strace.failing("fdatasync", with: "EIO", at: 1, forEver: isForEver, of: daemon.history))
            // A checkpoint comes after some ninety commits.
            var acknowledged = 0
            while acknowledged < 1000, (try? await daemon.submit(["sleep": 0, "hold": true])) != nil {
                acknowledged += 1
            }
            #expect(try await daemon.ending() == 70)
            var log = stat()
            #expect(stat(daemon.history + "-wal", &log) == 0 && log.st_size > 0)
            try await daemon.start()
            let held = try await daemon.http("GET", "/v1/health").json["tasks"]?["held"]?.intValue
            #expect(try #require(held) >= acknowledged && acknowledged > 0)
        }
    }

    private func run(under strace: [String]) async throws -> (met: Bool, refused: Int) {
        let submitter = Submitter()
        return try await withDirectory { directory in
            do {
                return try await withDaemon(state: directory.path + "/state", under: strace) { daemon in
                    let requests = 40
                    await submitter.submit(to: daemon, listsOf: 5, times: requests)
                    let met = submitter.failed + submitter.refused > 0 || submitter.acknowledged.count < requests * 5
                    if daemon.isRunning { try await daemon.kill9() } else { _ = try? await daemon.ending() }
                    try await daemon.start()
                    let disagreement = try await submitter.disagreement(with: daemon)
                    #expect(disagreement == Disagreement(), "under \(strace)")
                    return (met, submitter.failed + submitter.refused)
                }
            } catch let error as TestFailure where submitter.acknowledged.isEmpty {
                // It met the fault at its start, and said so.
                #expect(error.description.contains("taskd did not start"), "\(error)")
                #expect(error.description.contains("history.sqlite"), "\(error)")
                return (false, 0)
            }
        }
    }
}

/// The tracer that makes system calls fail (strace(1)).
enum Strace {
    private static let path = "/usr/bin/strace"

    /// Whether it is there.
    static let isPossible = access(path, X_OK) == 0

    /// The command that runs another, in the process it is started in, whose `position`th call of `call` fails.
    ///
    /// - Parameter file: the path of the only file whose calls count and fail; `nil` for any.
    static func failing(
        _ call: String, with error: String, at position: Int, forEver: Bool, of file: String? = nil
    ) -> [String] {
        [path, "-D", "-f", "-qq", "-o", "/dev/null", "--seccomp-bpf"] + (file.map { ["-P", $0] } ?? []) + [
            "-e", "trace=\(call)", "-e",
            "inject=\(call):error=\(error):when=\(position)\(forEver ? "+" : "")",
        ]
    }
}
