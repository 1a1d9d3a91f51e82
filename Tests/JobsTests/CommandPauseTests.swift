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
                // Both ways, so as not to wait for a reader that stands still.
                let go = open(bench.directory + "/go", O_RDWR | O_CLOEXEC)
                defer { close(go) }
                #expect(write(go, "\n", 1) == 1)
                let report = await running.value
                #expect(bench.text("witness") == "clean\n", "\(report.outcome)")
            }
        }
    }
}
