import Glibc
import Model
import Testing

/// The files of a command that an earlier daemon has left cannot be opened for a moment, as when the system has no descriptors
/// left.
@Suite(.timeLimit(.minutes(1)), .enabled(if: Strace.isPossible, "needs strace"))
struct UnreadableTests {
    @Test(arguments: [["exit"], ["exit", "identity"]])
    func whatHasEndedMeanwhileHasItsOutcomeAndDoesNotRunAgain(files: [String]) async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let witness = daemon.directory.path + "/witness"
            let id = try await daemon.submit(["shell": .string("echo ran >>\(witness); echo up; read x <\(pipe)")])
            try await daemon.firstLine(of: id)
            try await daemon.kill9()
            try await daemon.directory.release(pipe)
            try await daemon.shimHasEnded(of: id)
            try await daemon.start(under: opensFail(files.map { "\(daemon.state)/tasks/\(id)/\($0)" }))
            let task = try await daemon.done(id)
            #expect(task["state"] == "succeeded", "\(task["exception"]?.text() ?? "")")
            #expect(try daemon.directory.read("witness") == "ran\n")
        }
    }

    @Test(arguments: [["identity"], ["progress", "identity"]])
    func whatRunsIsAdopted(files: [String]) async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit(["shell": .string("echo up; read x <\(pipe)")])
            try await daemon.firstLine(of: id)
            try await daemon.kill9()
            try await daemon.start(under: opensFail(files.map { "\(daemon.state)/tasks/\(id)/\($0)" }))
            #expect(try await daemon.task(id)["state"] == "running")
            try await daemon.directory.release(pipe)
            #expect(try await daemon.done(id)["state"] == "succeeded")
        }
    }

    /// The command that runs another in which each thread's first two opens of `files` fail.
    private func opensFail(_ files: [String]) -> [String] {
        ["/usr/bin/strace", "-D", "-f", "-qq", "-o", "/dev/null"] + files.flatMap { ["-P", $0] } + [
            "-e", "trace=openat", "-e", "inject=openat:error=EMFILE:when=1..2",
        ]
    }
}
