import Foundation
import Glibc
@testable import Jobs
import Model
import Testing

/// A shim that was killed.
extension CommandTests.AdoptionTests {
    static let stubborn = """
        trap '' TERM; (trap '' TERM; setsid sh -c 'sleep 1000' & exit); sleep 1000 | cat &
        echo 10 ready >&3; sleep 1000
        """

    func killShim(of bench: CommandWorkbench) throws { try killShim(of: bench.attempt(), bench) }

    func killShim(of attempt: AttemptDirectory, _ bench: CommandWorkbench) throws {
        let line = try #require(bench.text(attempt.identity).split(separator: "\n").first { $0.hasPrefix("shim ") })
        let pid = try #require(Int32(line.split(separator: " ")[1]))
        kill(pid, SIGKILL)
    }

    @Test(arguments: TestCgroup.isPossible ? [true, false] : [false])
    func isLostAndItsTreeIsEnded(inCgroup: Bool) async throws {
        let cgroup = inCgroup ? try TestCgroup() : nil
        try await withCommandBench(cgroup: cgroup?.path) { bench in
            let handler = try bench.shell(Self.stubborn)
            let context = bench.context { _ in #expect(throws: Never.self) { try killShim(of: bench) } }
            let report = await handler.run(context)
            #expect(report.outcome.exceptionType == "Lost")
            #expect(bench.survivors() == [])
            #expect(cgroup?.children == (inCgroup ? [] : nil))
        }
    }

    /// As when the system can start no process just then.
    @Test func whatCannotBeEndedAtOnceIsEndedInTheEnd() async throws {
        let shim = FileManager.default.temporaryDirectory.path + "/taskd-shim-\(UUID().uuidString)"
        let away = shim + ".away"
        defer { for path in [shim, away] { unlink(path) } }
        try FileManager.default.copyItem(atPath: CommandWorkbench.shim, toPath: shim)
        try await withCommandBench(shim: shim) { bench in
            let context = bench.context(clock: TickingClock { rename(away, shim) }) { _ in
                rename(shim, away)
                #expect(throws: Never.self) { try killShim(of: bench) }
            }
            let report = try await bench.shell(Self.stubborn).run(context)
            #expect(report.outcome.exceptionType == "Lost")
            #expect(bench.survivors() == [])
        }
    }

    @Test func isLostToTheNextDaemonToo() async throws {
        try await withCommandBench { bench in
            try await abandon([Self.stubborn], in: bench)
            try killShim(of: bench)
            let report = try #require(try await bench.resume())
            #expect(report.outcome.exceptionType == "Lost")
            #expect(bench.survivors() == [])
        }
    }

    @Test func aShimKilledWhileItSweepsLosesNoOutcome() async throws {
        try await withCommandBench { bench in
            // The command is done and has told its status; what it left behind ignores TERM through the grace.
            let script = """
                exec 4<>fifo
                (trap 'echo 50 left >&3' TERM; echo 10 ready >&3; while :; do sleep 0.02; done) & read x <&4; exit 6
                """
            mkfifo(bench.directory + "/fifo", 0o600)
            let handler = try bench.shell(script)
            let context = bench.context {
                if $0.message == "ready" { touch(line: "x\n", in: bench.directory + "/fifo") }
                if $0.message == "left" { #expect(throws: Never.self) { try killShim(of: bench) } }
            }
            let report = await handler.run(context)
            #expect(report.outcome.exception?.message == "exited with status 6")
            #expect(bench.survivors() == [])
        }
    }

    private func touch(line: String, in fifo: String) {
        let file = open(fifo, O_RDWR | O_NONBLOCK)
        _ = write(file, line, line.utf8.count)
        close(file)
    }

    @Test func whoseDirectoryWasRemovedCanBeCancelled() async throws {
        try await withCommandBench { bench in
            let script = """
                trap '' TERM; rm -r \(bench.attempt().path); (exec setsid sleep 1000) & echo 1 cancel >&3; sleep 1000
                """
            let report = await bench.runCancelled(try bench.shell(script), grace: .milliseconds(50))
            #expect(report.outcome.exception?.message.contains("was removed") == true, "\(report.outcome)")
            #expect(bench.survivors() == [])
        }
    }

    @Test func whatAKilledShimLeavesIsEndedThoughTheDirectoryIsGone() async throws {
        try await withCommandBench { bench in
            let script = "rm -r \(bench.attempt().path); (exec setsid sleep 1000) & kill -9 $PPID; sleep 1000"
            let report = await bench.runTold(try bench.shell(script)).report
            #expect(report.outcome.exceptionType == "Lost", "\(report.outcome)")
            #expect(bench.survivors() == [])
        }
    }

    @Test(arguments: ["*", "identity"])
    func whatAKilledShimLeavesIsEndedThoughItsFilesAreGone(files: String) async throws {
        try await withCommandBench { bench in
            let script = "(exec setsid sleep 1000) & rm -r \(bench.attempt().path)/\(files); kill -9 $PPID; sleep 1000"
            let report = await bench.runTold(try bench.shell(script)).report
            #expect(report.outcome.exceptionType == "Lost", "\(report.outcome)")
            #expect(bench.survivors() == [])
        }
    }

    @Test(arguments: ["mkfifo", "touch", "ln -s /"])
    func whatStandsInThePlaceOfItsDirectoryIsNoneOfIts(replacement: String) async throws {
        try await withCommandBench { bench in
            let path = bench.attempt().path
            let report = await bench.runTold(try bench.shell("rm -r \(path); \(replacement) \(path); exit 5")).report
            #expect(report.outcome.exceptionType == "Lost", "\(report.outcome)")
        }
    }

    @Test func whoseDirectoryWasRemovedCanBeCancelledByTheNextDaemon() async throws {
        try await withCommandBench { bench in
            try await abandon(["\(Self.waiting); exec sleep 1000"], in: bench)
            let (reports, told) = AsyncStream<Model.Progress>.makeStream()
            let context = bench.context(grace: .milliseconds(50)) { told.yield($0) }
            let running = Task { try await bench.shell("adopted").resume(context) }
            for await report in reports where report.message == "alive" { break }
            try FileManager.default.removeItem(atPath: bench.attempt().path)
            running.cancel()
            let report = try await running.value
            #expect(report?.outcome.exceptionType == "Lost", "\(String(describing: report))")
            #expect(bench.survivors() == [])
        }
    }

    /// Nothing says that it began when it is taken over, and nothing is left when it has ended.
    @Test func whatRemovesItsTracesOneByOneDoesNotRunAgain() async throws {
        try await withCommandBench(isOfSameBoot: true) { bench in
            let path = bench.attempt().path
            let end = "echo ran >>witness; rm -rf \(path)/* \(path)"
            try await abandon(["rm \(path)/identity; \(Self.waiting); \(end)"], in: bench)
            let (reports, told) = AsyncStream<Model.Progress>.makeStream()
            let context = bench.context(grace: .milliseconds(50)) { told.yield($0) }
            let running = Task { try await bench.shell("echo again >>witness").resume(context) }
            for await report in reports where report.message == "alive" { break }
            try #require(FileManager.default.createFile(atPath: bench.directory + "/go", contents: nil))
            let report = try await running.value
            #expect(report?.outcome.exceptionType == "Lost", "\(String(describing: report))")
            #expect(bench.text("witness") == "ran\n")
        }
    }

    @Test func whoseDirectoryWasRemovedIsEndedAndDoesNotRunAgain() async throws {
        try await withCommandBench(isOfSameBoot: true) { bench in
            try await abandon([Self.stubborn], in: bench)
            try FileManager.default.removeItem(atPath: bench.attempt().path)
            let report = try await bench.resume(#"{"shell": "echo ran >>witness"}"#)
            #expect(report?.outcome.exceptionType == "Lost", "\(String(describing: report))")
            #expect(bench.survivors() == [])
            #expect(bench.text("witness") == "")
        }
    }

    @Test(arguments: [["identity"], ["identity", "control"], ["identity", "control", "progress", "exit.new"]])
    func whoseFilesWereRemovedIsEndedAndDoesNotRunAgain(files: [String]) async throws {
        try await withCommandBench(isOfSameBoot: true) { bench in
            try await abandon([Self.stubborn], in: bench)
            if files.count < 3 { try killShim(of: bench) }
            for file in files { try FileManager.default.removeItem(atPath: bench.attempt().path + "/" + file) }
            let report = try await bench.resume(#"{"shell": "echo ran >>witness"}"#)
            #expect(report?.outcome.exceptionType == "Lost", "\(String(describing: report))")
            #expect(bench.survivors() == [])
            #expect(bench.text("witness") == "")
        }
    }

    @Test func whatLeavesNothingWhileItIsSupervisedDoesNotRunAgain() async throws {
        try await withCommandBench(isOfSameBoot: true) { bench in
            let end = "rm \(bench.attempt().path)/*; kill -9 $PPID"
            try await abandon(["\(Self.waiting); \(end)"], in: bench)
            let resumed = Task {
                let context = bench.context(goesOn: {
                    #expect(FileManager.default.createFile(atPath: bench.directory + "/go", contents: nil))
                })
                return try await bench.shell("echo ran >>witness").resume(context)
            }
            let report = try await resumed.value
            #expect(report?.outcome.exceptionType == "Lost", "\(String(describing: report))")
            #expect(bench.text("witness") == "")
        }
    }

    /// It has removed its traces, and leaves others while it is looked for.
    @Test func whatEndsWhileItIsLookedForDoesNotRunAgain() async throws {
        let shim = FileManager.default.temporaryDirectory.path + "/taskd-shim-\(UUID().uuidString)"
        defer { unlink(shim) }
        try #"""
        #!/bin/sh
        [ "$1" = recover ] && printf 'pid 1\nexit_code 5\ntree gone\n' >$3/exit
        exec \#(CommandWorkbench.shim) "$@"
        """#.write(toFile: shim, atomically: false, encoding: .utf8)
        try #require(chmod(shim, 0o700) == 0)
        try await withCommandBench(isOfSameBoot: true, shim: shim) { bench in
            try FileManager.default.createDirectory(atPath: bench.attempt().path, withIntermediateDirectories: true)
            let report = try await bench.resume(#"{"shell": "echo ran >>witness"}"#)
            #expect(report?.outcome.exception?.details["exit_code"] == 5, "\(String(describing: report))")
            #expect(bench.text("witness") == "")
        }
    }

    @Test(arguments: [S_IFIFO, S_IFSOCK])
    func whoseIdentityCannotBeReadIsEndedAndDoesNotRunAgain(replacement: mode_t) async throws {
        try await withCommandBench(isOfSameBoot: true) { bench in
            try await abandon([Self.stubborn], in: bench)
            try killShim(of: bench)
            let identity = bench.attempt().identity
            try #require(unlink(identity) == 0 && mknod(identity, replacement | 0o600, 0) == 0)
            let report = try await bench.resume(#"{"shell": "echo ran >>witness"}"#)
            #expect(report?.outcome.exceptionType == "Lost", "\(String(describing: report))")
            #expect(bench.survivors() == [])
            #expect(bench.text("witness") == "")
        }
    }

    @Test func aStrangerWithItsNumberIsLeftAlone() async throws {
        try await withCommandBench { bench in
            try await abandon([Self.waiting], in: bench)
            try killShim(of: bench)
            let stranger = Process()
            stranger.executableURL = URL(fileURLWithPath: "/bin/sleep")
            stranger.arguments = ["1000"]
            try stranger.run()
            // Not terminate(): it was started with the signals blocked that this thread has blocked.
            defer { kill(stranger.processIdentifier, SIGKILL) }
            let pid = stranger.processIdentifier
            let identity = try bench.text(bench.attempt().identity).split(separator: "\n").map { line in
                guard line.hasPrefix("child ") else { return String(line) }
                // A tick earlier: both may have started within one tick of the clock that starts are told in.
                return "child \(pid) \(try #require(Int(line.split(separator: " ")[2])) - 1)"
            }
            try identity.joined(separator: "\n").write(
                toFile: bench.attempt().identity, atomically: false, encoding: .utf8)
            let report = try #require(try await bench.resume())
            #expect(report.outcome.exceptionType == "Lost")
            #expect(bench.survivors() == [])
            #expect(stranger.isRunning)
        }
    }
}
