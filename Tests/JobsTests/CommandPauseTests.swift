import Glibc
@testable import Jobs
import Model
import Testing

extension CommandTests {
    struct PauseTests {
        /// It would stand still until it is killed, and not clean up.
        @Test func whatIsBeingEndedIsNotStopped() async throws {
            try await withCommandBench { bench in
                try #require(mkfifo(bench.directory + "/go", 0o600) == 0)
                let script = """
                    trap 'echo 2 cleaning >&3; read x <go; for each in 1 2 3 4; do sleep 0.05; done; echo clean >witness' TERM
                    echo 1 ready >&3; while [ ! -s witness ]; do sleep 0.05; done
                    """
                let (reports, told) = AsyncStream<Model.Progress>.makeStream()
                let handler = try bench.shell(script)
                let running = Task { await handler.run(bench.context(grace: .seconds(5)) { told.yield($0) }) }
                for await report in reports {
                    if report.message == "ready" { running.cancel() }
                    if report.message == "cleaning" { break }
                }
                #expect(bench.attempt().send(.pause))
                let go = await runBlocking { _ in open(bench.directory + "/go", O_WRONLY | O_CLOEXEC) }
                #expect(write(go, "\n", 1) == 1)
                close(go)
                let report = await running.value
                #expect(bench.text("witness") == "clean\n", "\(report.outcome)")
            }
        }
    }
}
