import Foundation
import Glibc
@testable import Jobs
import Model
import Testing

extension CommandTests {
    struct AdoptionTests {
        /// Starts the shell jobs in another process, a daemon that is killed once each of them has told progress: what it
        /// says first may be overtaken by what it says next.
        func abandon(_ scripts: [String], in bench: CommandWorkbench, startedAt: Int64 = 0) async throws {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    directory = bench.directory as String, mark = bench.mark as String,
                    socket = bench.executor.socket as String, scripts, startedAt
                ] in
                let bench = try CommandWorkbench(adopting: directory, mark: mark, socket: socket)
                let (ready, told) = AsyncStream<Int>.makeStream()
                for (index, script) in scripts.enumerated() {
                    let handler = try bench.shell(script)
                    let context = bench.context(task: Int64(index + 1), startedAt: startedAt) { _ in told.yield(index) }
                    Task { await handler.run(context) }
                }
                var waiting = Set(scripts.indices)
                for await index in ready {
                    waiting.remove(index)
                    if waiting.isEmpty { kill(getpid(), SIGKILL) }
                }
            }
        }

        private func touch(_ name: String, in bench: CommandWorkbench) {
            #expect(FileManager.default.createFile(atPath: bench.directory + "/" + name, contents: nil))
        }

        /// Tells its progress over and over until the file `go` is there.
        static let waiting = "echo 10 ready >&3; while [ ! -e go ]; do sleep 0.02; echo 20 alive >&3; done"

        @Test func aCommandOutlivesItsDaemon() async throws {
            try await withCommandBench { bench in
                try await abandon(["echo before; \(Self.waiting); echo 90 more >&3; echo after; exit 5"], in: bench)
                let (reports, told) = AsyncStream<Model.Progress>.makeStream()
                let handler = try bench.shell("adopted")
                let context = bench.context { told.yield($0) }
                let resumed = Task {
                    defer { told.finish() }
                    return await handler.resume(context)
                }
                #expect(await reports.contains { $0.message == "alive" })
                touch("go", in: bench)
                #expect(await reports.contains { $0.message == "more" })
                let report = try #require(await resumed.value)
                #expect(report.outcome.exception?.message == "exited with status 5")
                #expect(bench.text(bench.attempt().stdout) == "before\nafter\n")
                let again = try #require(await bench.resume())
                #expect(again.outcome == report.outcome && again.detail == report.detail)
                #expect(report.endedAt == nil && again.endedAt != nil)
            }
        }

        @Test(arguments: ["", "rm progress;"])
        func whetherItGoesOnIsToldAtOnce(before: String) async throws {
            try await withCommandBench { bench in
                try await abandon(["\(before) \(Self.waiting); exit 0"], in: bench)
                let (signals, signal) = AsyncStream<Void>.makeStream()
                let handler = try bench.shell("adopted")
                let resumed = Task { await handler.resume(bench.context(goesOn: { signal.yield() })) }
                for await _ in signals { break }
                touch("go", in: bench)
                let report = await resumed.value
                #expect(report?.outcome.state == .succeeded)
                // Of one that has ended nobody says so.
                let again = await handler.resume(bench.context(goesOn: { Issue.record("it has ended") }))
                #expect(again?.outcome == report?.outcome && again?.detail == report?.detail)
            }
        }

        @Test(arguments: ["rm progress", "rm progress; echo >progress", "rm progress; mkfifo progress"])
        func aCommandThatRemovesItsProgressIsAdoptedWithoutIt(removal: String) async throws {
            try await withCommandBench { bench in
                try await abandon(
                    [
                        "(cd \(bench.attempt().path); \(removal)); echo 1 >&3; while [ ! -e go ]; do sleep 0.02; done; exit 6"
                    ], in: bench)
                let handler = try bench.shell("adopted")
                async let resumed = handler.resume(bench.context())
                touch("go", in: bench)
                let report = try #require(await resumed)
                #expect(report.outcome.exception?.details["exit_code"] == 6)
            }
        }

        @Test func withNobodyReadingTheLatestProgressIsKept() async throws {
            try await withCommandBench { bench in
                // Many times what the FIFO holds; then the command waits to be adopted.
                let script = """
                    daemon=$(cut -d' ' -f4 /proc/$PPID/stat); echo 10 ready >&3
                    while kill -0 $daemon 2>/dev/null; do sleep 0.02; done
                    i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "$((i/200)) line $i"; done >&3
                    : >flooded; while [ ! -e go ]; do sleep 0.02; done
                    """
                try await abandon([script], in: bench)
                _ = try await bench.shell("while [ ! -e flooded ]; do sleep 0.02; done").run(bench.context(task: 2))
                let (reports, told) = AsyncStream<Model.Progress>.makeStream()
                let handler = try bench.shell("adopted")
                let context = bench.context { told.yield($0) }
                let resumed = Task { await handler.resume(context) }
                #expect(await reports.contains { $0.message == "line 20000" })
                touch("go", in: bench)
                let report = try #require(await resumed.value)
                #expect(report.outcome.state == .succeeded)
            }
        }

        @Test func aCommandThatEndedMeanwhileIsCollected() async throws {
            try await withCommandBench { bench in
                try await abandon([Self.waiting + "; echo through; mv go gone; exit 4"], in: bench)
                touch("go", in: bench)
                let report = try #require(try await bench.resume())
                #expect(report.outcome.exception?.details["exit_code"] == 4)
                #expect(bench.text(bench.attempt().exit).hasPrefix("pid "))
            }
        }

        @Test func everyCommandOfADaemonIsAdopted() async throws {
            try await withCommandBench { bench in
                let count: Int64 = 20
                let scripts = (1...count).map { code in
                    """
                    i=0; echo 1 ready >&3; while [ ! -e go ]; do i=$((i+1)); echo $i; sleep 0.02; done
                    j=0; while [ $j -lt 1000 ]; do j=$((j+1)); i=$((i+1)); echo $i; done; exit \(code)
                    """
                }
                try await abandon(scripts, in: bench)
                touch("go", in: bench)
                for task in 1...count {
                    let report = try #require(try await bench.resume(task: task))
                    #expect(report.detail?["exit_code"]?.intValue == task)
                    let lines = bench.text(bench.attempt(task).stdout).split(separator: "\n")
                    #expect(lines.count >= 1000)
                    #expect(
                        lines.enumerated().allSatisfy { $1 == String($0 + 1) }, "a line of \(task) is missing or torn")
                }
            }
        }

        @Test func anAdoptedCommandCanBeCancelled() async throws {
            try await withCommandBench { bench in
                try await abandon([Self.waiting], in: bench)
                let (reports, told) = AsyncStream<Model.Progress>.makeStream()
                let handler = try bench.shell("adopted")
                let context = bench.context { told.yield($0) }
                let resumed = Task { await handler.resume(context) }
                #expect(await reports.contains { $0.message == "alive" })
                resumed.cancel()
                let report = try #require(await resumed.value)
                #expect(report.outcome == .cancelled(.cancelled(nil)))
            }
        }

        @Test func aCancelByTheDaemonBeforeIsRemembered() async throws {
            try await withCommandBench { bench in
                try await abandon(["trap 'exit 143' TERM; \(Self.waiting)"], in: bench)
                bench.attempt().send(.terminate)
                let report = try await bench.resume()
                #expect(report?.outcome.state == .cancelled)
            }
        }

        @Test func nothingIsLeftOfWhatNeverStarted() async throws {
            try await withCommandBench { bench in
                #expect(try await bench.resume() == nil)
                try FileManager.default.createDirectory(atPath: bench.attempt().path, withIntermediateDirectories: true)
                #expect(try await bench.resume() == nil)
                let boot = bench.text("/proc/sys/kernel/random/boot_id")
                try "boot_id \(boot)shim 1 1\n".write(
                    toFile: bench.attempt().identity, atomically: false, encoding: .utf8)
                #expect(try await bench.resume() == nil)
            }
        }

        @Test(arguments: ["no directory", "a directory", "no more than a shim"])
        func whatProvablyNeverRanIsRun(remains: String) async throws {
            try await withCommandBench(isOfSameBoot: true) { bench in
                let path = bench.attempt().path
                if remains != "no directory" {
                    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                }
                if remains == "no more than a shim" {
                    try "boot_id x\nshim 1 1\n".write(
                        toFile: bench.attempt().identity, atomically: false, encoding: .utf8)
                }
                let report = try await bench.resume(#"{"shell": "echo ran >>witness"}"#)
                #expect(report?.outcome.state == .succeeded)
                #expect(bench.text("witness") == "ran\n")
            }
        }

        @Test func whatMayHaveRunIsNotRunAgain() async throws {
            try await withCommandBench(isOfSameBoot: true) { bench in
                try FileManager.default.createDirectory(atPath: bench.attempt().path, withIntermediateDirectories: true)
                try "boot_id another\nshim 1 1\nchild 1 1\n"
                    .write(toFile: bench.attempt().identity, atomically: false, encoding: .utf8)
                #expect(try await bench.resume(#"{"shell": "echo ran >>witness"}"#) == nil)
                #expect(bench.text("witness").isEmpty)
            }
        }

        @Test func nothingIsLeftAfterARestartOfTheMachine() async throws {
            try await withCommandBench { bench in
                try FileManager.default.createDirectory(atPath: bench.attempt().path, withIntermediateDirectories: true)
                try "boot_id another\nshim 1 1\nchild \(getpid()) 1\n"
                    .write(toFile: bench.attempt().identity, atomically: false, encoding: .utf8)
                #expect(try await bench.resume() == nil)
            }
        }
    }
}
