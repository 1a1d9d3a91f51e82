import Glibc
import Model
import Testing

/// A daemon that may have few files open. Each running command takes one, and whatever is read of it takes one for a moment.
@Suite(.timeLimit(.minutes(1)))
struct DescriptorTests {
    @Test func tasksWaitForDescriptorsAndAreNotTakenOverWithoutThem() async throws {
        let few = ["/usr/bin/prlimit", "--nofile=128:128"]
        try await withDaemon(flags: ["--max-running", "300"], under: few) { daemon in
            let pipe = try daemon.directory.pipe("go")
            let ids = try await daemon.submit(
                Array(repeating: ["shell": .string("read x <\(pipe); echo \"$x\"; exit 3")], count: 100))
            let health = try await daemon.http("GET", "/v1/health").json
            let most = try #require(health["max_running"]?.intValue)
            #expect(most > 4 && most < 100)
            while try await daemon.http("GET", "/v1/health").json["tasks"]?["running"] != .int(most) {}
            #expect(try await daemon.http("GET", "/v1/doctor").json["status"] == "warn")
            try await daemon.kill9()
            let fewer = ["--nofile=64:64", Program.taskd] + daemon.arguments
            let refused = try await Program.run("/usr/bin/prlimit", fewer)
            #expect(refused.status == 70)
            #expect(refused.stderr.contains("LimitNOFILE"), "\(refused.stderr)")
            try await daemon.start(under: few)
            let writer = open(pipe, O_RDWR | O_CLOEXEC)
            defer { close(writer) }
            #expect(write(writer, String(repeating: "\n", count: ids.count), ids.count) == ids.count)
            for id in ids {
                let task = try await daemon.done(id)
                #expect(task["exception"]?["exit_code"] == 3, "\(task)")
                #expect(task["attempt"] == 1)
            }
        }
    }
}
