import Subprocess
import SystemPackage

/// A terminal in which a line of shell runs, and what it shows.
final class PseudoTerminal {
    private typealias Running = Execution<CustomWriteInput, SequenceOutput, DiscardedOutput>

    private let running: Running
    private var output: SubprocessOutputSequence.Iterator
    private(set) var shown = ""

    private init(_ running: Running) {
        self.running = running
        output = running.standardOutput.makeAsyncIterator()
    }

    /// Runs `line` in a terminal of `columns` columns while `watch` looks on, and answers all that was shown, and the exit code.
    static func run(
        _ line: String, columns: Int = 80, _ watch: (PseudoTerminal) async throws -> Void = { _ in }
    ) async throws -> (shown: String, status: Int32) {
        let command = "stty cols \(columns) rows 24; \(line)"
        let result = try await Subprocess.run(
            .path("/usr/bin/script"), arguments: ["-qefc", command, "/dev/null"], environment: Program.environment,
            input: .inputWriter, output: .sequence, error: .discarded
        ) { running in
            let terminal = PseudoTerminal(running)
            try await watch(terminal)
            while try await terminal.read() {}
            return terminal.shown
        }
        return (result.closureResult, result.terminationStatus.shellCode)
    }

    /// Returns when everything in `texts` has been shown.
    func wait(for texts: String...) async throws {
        while !texts.allSatisfy(shown.contains) {
            guard try await read() else { throw TestFailure("not shown: \(texts); but: \(shown)") }
        }
    }

    /// Types `text`; U+0003 is Ctrl-C.
    func type(_ text: String) async throws {
        _ = try await running.standardInputWriter.write(text)
    }

    private func read() async throws -> Bool {
        guard let chunk = try await output.next() else { return false }
        shown += chunk.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        return true
    }
}
