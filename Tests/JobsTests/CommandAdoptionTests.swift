import Foundation
import Glibc
@testable import Jobs
import Model
import Testing

extension CommandTests {
    struct AdoptionTests {
        /// Starts the shell jobs in another process, a daemon that is killed once each of them has told progress: what it
        /// says first may be overtaken by what it says next.
        private func abandon(_ scripts: [String], in bench: CommandWorkbench) async throws {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [directory = bench.directory as String, mark = bench.mark as String, scripts] in
                let bench = try CommandWorkbench(adopting: directory, mark: mark)
                let (ready, told) = AsyncStream<Int>.makeStream()
                for (index, script) in scripts.enumerated() {
                    let handler = try bench.shell(script)
                    let context = bench.context(task: Int64(index + 1)) { _ in told.yield(index) }
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
        private static let waiting = "echo 10 ready >&3; while [ ! -e go ]; do sleep 0.02; echo 20 alive >&3; done"

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
                let again = try await bench.resume()
                #expect(again == report)
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

// MARK: - A shim that was killed

extension CommandTests.AdoptionTests {
    private static let stubborn = """
        trap '' TERM; (trap '' TERM; setsid sh -c 'sleep 1000' & exit); sleep 1000 | cat &
        echo 10 ready >&3; sleep 1000
        """

    private func killShim(of bench: CommandWorkbench) throws {
        let line = try #require(
            bench.text(bench.attempt().identity).split(separator: "\n").first { $0.hasPrefix("shim ") })
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
                (trap 'echo 50 left >&3' TERM; echo 10 ready >&3; while :; do sleep 0.02; done) & read x <fifo; exit 6
                """
            mkfifo(bench.directory + "/fifo", 0o600)
            let handler = try bench.shell(script)
            let context = bench.context {
                if $0.message == "ready" {
                    #expect(FileManager.default.isWritableFile(atPath: bench.directory + "/fifo"))
                }
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

    /// In a PID namespace the number of a command that is gone is given to another process at will (`ns_last_pid`).
    @Test(.enabled(if: geteuid() == 0)) func aReusedNumberIsLeftAlone() async throws {
        try await withCommandBench { bench in
            let script = """
                set -e; mkdir attempt; mkfifo attempt/control attempt/progress
                exec 3<>attempt/control 4<>attempt/progress
                export TASK_ID=9 TASK_ATTEMPT=1 TASKD_SOCKET=inner
                \(CommandWorkbench.shim) -d $PWD/attempt -w / -- sleep 1000 & shim=$!
                until grep -q ^child attempt/identity; do :; done
                child=$(sed -n 's/^child \\([0-9]*\\) .*/\\1/p' attempt/identity)
                exec 3>&- 4>&-
                kill -9 $shim; wait $shim || :
                while [ -e /proc/$child ]; do :; done
                unset TASK_ID
                # Within one clock tick its start would be the same too, which no pid wraps around fast enough for.
                is_another() { ! grep -q "^child $child $(cut -d ' ' -f 22 /proc/$child/stat)$" attempt/identity; }
                until echo $((child - 1)) >/proc/sys/kernel/ns_last_pid
                    sleep 2000 &
                    [ $! = $child ] && is_another
                do
                    kill $!; wait $! || :
                done
                echo reused
                TASK_ID=9 \(CommandWorkbench.shim) recover $PWD/attempt
                kill -0 $child && echo alive
                """
            let json: JSONValue = [
                "command": ["unshare", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", .string(script)]
            ]
            let report = try await bench.handler(json.text()).run(bench.context(grace: .milliseconds(50)))
            #expect(report.outcome.stdout == "reused\nalive\n", "\(report.outcome)")
        }
    }
}
