import Foundation
import Glibc
import Model
import Testing

@testable import Jobs

extension CommandTests {
    /// Whose the directory of a command is when its task is done.
    struct DirectoryTests {
        private func inode(_ path: String) throws -> UInt {
            var status = stat()
            try #require(lstat(path, &status) == 0, "\(path)")
            return UInt(status.st_ino)
        }

        private func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

        /// Runs the shell job as task 1, and hands its directory on while `state` is as it then is.
        private func retireAfter(
            _ script: String, in bench: CommandWorkbench, _ state: () throws -> Void = {}
        ) async throws {
            _ = try await bench.shell(script).run(bench.context())
            try state()
            bench.executor.attempts.retire(bench.attempt())
        }

        @Test func goesToTheNextCommandWhenNothingWasPrinted() async throws {
            try await withCommandBench { bench in
                try await retireAfter("echo 50 half >&3; exit 3", in: bench)
                #expect(!isThere(bench.attempt().path))
                let spare = try inode(bench.directory + "/spare/1")
                let (report, progress) = await bench.runTold(
                    try bench.handler(#"{"shell": "echo 40 next >&3; echo out; echo err >&2; exit 4"}"#), task: 2)
                #expect(try inode(bench.attempt(2).path) == spare)
                #expect(report.detail?["exit_code"] == 4 && report.outcome.exception?.details["stderr"] == "err\n")
                #expect(progress.map(\.message) == ["next"])
                #expect(bench.text(bench.attempt(2).stdout) == "out\n")
                let identity = bench.text(bench.attempt(2).identity).split(separator: "\n")
                #expect(identity.count { $0.hasPrefix("child ") } == 1)
                #expect(try await bench.resume(task: 2) == report)
            }
        }

        @Test(arguments: ["echo out", "echo err >&2", "touch tasks/1/more", "mkdir tasks/1/on_done"])
        func staysWhereSomethingIsInIt(script: String) async throws {
            try await withCommandBench { bench in
                try await retireAfter(script, in: bench)
                #expect(isThere(bench.attempt().path))
                #expect(!isThere(bench.directory + "/spare/1"))
            }
        }

        @Test(arguments: [O_RDONLY, O_WRONLY, O_RDWR])
        func staysWhileSomebodyHasAnOutputOpen(mode: Int32) async throws {
            try await withCommandBench { bench in
                var holder: Int32 = -1
                try await retireAfter("exit", in: bench) { holder = open(bench.attempt().stderr, mode) }
                #expect(holder >= 0 && isThere(bench.attempt().path))
                close(holder)
                bench.executor.attempts.retire(bench.attempt())
                #expect(!isThere(bench.attempt().path))
            }
        }

        @Test func anOrderForWhatIsGoneReachesNobody() async throws {
            try await withCommandBench { bench in
                try await retireAfter("exit", in: bench)
                let context = bench.context(task: 2) { _ in #expect(!bench.attempt().send(.kill)) }
                let report = try await bench.shell("echo 10 >&3").run(context)
                #expect(report.outcome.state == .succeeded)
            }
        }

        @Test func whatWasKeptForLaterIsGoneWithTheDaemon() async throws {
            try await withCommandBench { bench in
                try await retireAfter("exit", in: bench)
                #expect(isThere(bench.directory + "/spare/1"))
                let next = try CommandWorkbench(adopting: bench.directory, mark: bench.mark)
                #expect(!isThere(bench.directory + "/spare"))
                #expect(try await next.shell("exit 3").run(next.context()).detail?["exit_code"] == 3)
            }
        }

        @Test func manyAtOnceEachHaveTheirOwn() async throws {
            try await withCommandBench { bench in
                for round in 0..<5 {
                    let codes = await withTaskGroup(of: Bool.self) { group in
                        for number in 0..<20 {
                            group.addTask {
                                let task = Int64(round * 20 + number + 1)
                                let report = try? await bench.shell("exit \(number)").run(bench.context(task: task))
                                bench.executor.attempts.retire(bench.attempt(task))
                                return report?.detail?["exit_code"]?.intValue == Int64(number)
                            }
                        }
                        return await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(codes == Array(repeating: true, count: 20))
                }
                let left = try FileManager.default.contentsOfDirectory(atPath: bench.directory + "/tasks")
                #expect(left == [])
            }
        }
    }
}
