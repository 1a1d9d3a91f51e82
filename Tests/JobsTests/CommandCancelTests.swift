import Foundation
import Glibc
@testable import Jobs
import Model
import Synchronization
import Testing

/// Trees that do what they can to outlive their cancellation. Each tells that it is ready by its progress.
private let trees: [(name: String, script: String)] = [
    ("honours TERM", "echo 1 cancel >&3; while :; do sleep 0.05; done"),
    ("ignores TERM", "trap '' TERM INT HUP; echo 1 cancel >&3; while :; do sleep 0.05; done"),
    ("double-forks", "(trap '' TERM; (exec sleep 1000) & exit) ; echo 1 cancel >&3; exec sleep 1000"),
    ("own session", "trap '' TERM; setsid setsid sh -c 'sleep 1000' & echo 1 cancel >&3; sleep 1000"),
    ("holds pipes", "trap '' TERM; sleep 1000 | sleep 1000 | cat & echo 1 cancel >&3; sleep 1000"),
    ("stopped", "sh -c 'kill -STOP $$' & trap '' TERM; sleep 0.05; echo 1 cancel >&3; kill -STOP $$; sleep 1000"),
    (
        "forks in a loop",
        """
        exec perl -e '$SIG{TERM} = "IGNORE"; $SIG{CHLD} = "IGNORE"; open(P, ">&=", 3); syswrite(P, "1 cancel\\n");
            for (;;) { fork() or do { select(undef, undef, undef, 0.2); exit } ; select(undef, undef, undef, 0.002) }'
        """
    ),
    (
        "chain of forks",
        """
        exec perl -e '$SIG{TERM} = "IGNORE"; open(P, ">&=", 3); syswrite(P, "1 cancel\\n");
            for (;;) { $pid = fork(); exit if $pid; }'
        """
    ),
    (
        "chain of sessions",
        """
        exec perl -MPOSIX -e '$SIG{TERM} = "IGNORE"; open(P, ">&=", 3); syswrite(P, "1 cancel\\n");
            for (;;) { $pid = fork(); exit if $pid; POSIX::setsid(); }'
        """
    ),
]

extension CommandTests {
    struct CancelTests {
        @Test(arguments: trees.map(\.name), TestCgroup.isPossible ? [true, false] : [false])
        func leavesNoProcess(tree: String, inCgroup: Bool) async throws {
            let script = try #require(trees.first { $0.name == tree }).script
            for _ in 0..<Self.times {
                let cgroup = inCgroup ? try TestCgroup() : nil
                try await withCommandBench(cgroup: cgroup?.path) { bench in
                    let report = await bench.runCancelled(try bench.shell(script), grace: .milliseconds(100))
                    // The head of a chain is gone, with status 0, before anybody can cancel it.
                    #expect(report.outcome.state == (tree.hasPrefix("chain") ? .succeeded : .cancelled))
                    #expect(bench.survivors() == [])
                    #expect(cgroup?.children == (inCgroup ? [] : nil))
                }
            }
        }

        /// How many trees of each kind are cancelled; `make torture` asks for more.
        private static let times = getenv("TASKD_TORTURE") == nil ? 1 : 25

        /// The control: what the daemon could reach without a shim, the command and its process group, is not the tree.
        @Test func treesOutliveTheirGroup() async throws {
            try await withCommandBench { bench in
                let handler = try bench.shell("setsid sh -c 'echo 1 ready >&3; sleep 1000; :' & exec sleep 1000")
                let (reports, told) = AsyncStream<Model.Progress>.makeStream()
                let context = bench.context(grace: .milliseconds(100)) { told.yield($0) }
                let running = Task { await handler.run(context) }
                for await _ in reports { break }
                let identity = bench.text(bench.attempt().identity)
                let pids = try ["shim ", "child "].map { role in
                    let line = try #require(identity.split(separator: "\n").first { $0.hasPrefix(role) })
                    return try #require(Int32(line.split(separator: " ")[1]))
                }
                // Stopped, the shim does not do its work.
                kill(pids[0], SIGSTOP)
                kill(-pids[1], SIGKILL)
                #expect(bench.survivors().contains { !$0.contains("taskd-shim") && $0.contains("sleep") })
                kill(pids[0], SIGCONT)
                _ = await running.value
            }
        }

        /// Their tasks have the same numbers.
        @Test(.enabled(if: TestCgroup.isPossible, "needs to make cgroups"))
        func daemonsThatShareACgroupEndTheirOwnCommandsAlone() async throws {
            let cgroup = try TestCgroup()
            try await withCommandBench(cgroup: cgroup.path) { bench in
                let (reports, told) = AsyncStream<Model.Progress>.makeStream()
                let handler = try bench.shell("echo 1 ready >&3; exec sleep 1000")
                let running = Task { await handler.run(bench.context { told.yield($0) }) }
                _ = await reports.first { _ in true }
                try await withCommandBench(cgroup: cgroup.path) { other in
                    let report = try await other.run(#"{"command": ["true"]}"#)
                    #expect(report.outcome.state == .succeeded)
                }
                running.cancel()
                #expect(await running.value.outcome.state == .cancelled)
            }
            #expect(cgroup.children == [])
        }

        @Test func whatIsLeftBehindIsEndedToo() async throws {
            try await withCommandBench { bench in
                let handler = try bench.shell(
                    "(trap '' TERM; echo 1 left >&3; exec sleep 1000) & exec setsid sleep 1000 & exit 3")
                let report = await handler.run(bench.context(grace: .milliseconds(50)))
                #expect(report.outcome.exception?.message == "exited with status 3")
                #expect(bench.survivors() == [])
            }
        }

        /// Once, from which the order to end wakes the shim; and for ever, when it is killed instead.
        @Test(arguments: [
            ("kill -STOP $PPID", ["CancelledError"]),
            (
                "(exec env -i sh -c \"sh -c 'sleep 1000; :' $MARK & while kill -STOP $PPID; do :; done\") &",
                ["Lost", "CancelledError"]
            ),
        ])
        func aCommandThatStopsItsShimIsEnded(stop: String, exceptions: [String]) async throws {
            try await withCommandBench { bench in
                mkfifo(bench.directory + "/stopped", 0o600)
                let handler = try bench.shell("\(stop)\necho x >stopped; exec sleep 1000")
                let running = Task { await handler.run(bench.context(grace: .milliseconds(50))) }
                await withCheckedContinuation { continuation in
                    DispatchQueue.global().async {
                        _ = FileManager.default.contents(atPath: bench.directory + "/stopped")
                        continuation.resume()
                    }
                }
                running.cancel()
                let report = await running.value
                #expect(exceptions.contains(try #require(report.outcome.exceptionType)), "\(report.outcome)")
                #expect(bench.survivors() == [])
            }
        }

        @Test(arguments: ["exec sleep 1000", "trap '' TERM; while :; do sleep 0.02; done"])
        func aCommandThatRemovesItsControlIsEnded(rest: String) async throws {
            try await withCommandBench { bench in
                let report = await bench.runCancelled(
                    try bench.shell("rm \(bench.attempt().control); echo 1 cancel >&3; \(rest)"),
                    grace: .milliseconds(200))
                #expect(report.outcome.state == .cancelled)
                #expect(bench.survivors() == [])
            }
        }

        /// Its processes may be asleep in the kernel, where no signal ends them.
        @Test func aShimThatIsAtWorkIsNotKilledHoweverLongItTakes() async throws {
            try await withCommandBench { bench in
                let handler = try bench.shell(
                    """
                    trap 'until [ -e go ]; do sleep 0.02; done; exit 7' TERM
                    echo 1 ready >&3; while :; do sleep 0.02; done
                    """)
                let (reports, told) = AsyncStream<Model.Progress>.makeStream()
                let looks = Mutex(0)
                let clock = TickingClock {
                    guard
                        looks.withLock({
                            $0 += 1; return $0
                        }) == 30
                    else { return }
                    _ = FileManager.default.createFile(atPath: bench.directory + "/go", contents: nil)
                }
                let running = Task { await handler.run(bench.context(clock: clock) { told.yield($0) }) }
                for await _ in reports { break }
                running.cancel()
                #expect(await running.value.outcome.exception?.message == "exited with status 7")
            }
        }

        @Test func exitCodeZeroAfterACancelIsSuccess() async throws {
            try await withCommandBench { bench in
                let report = await bench.runCancelled(
                    try bench.shell("trap 'echo saved; exit 0' TERM; echo 1 cancel >&3; while :; do sleep 0.02; done"))
                #expect(report.outcome.stdout == "saved\n")
            }
        }

        @Test(arguments: [
            (143, TaskState.cancelled), (130, .cancelled), (129, .cancelled), (128, .failed), (3, .failed),
        ])
        func exitCodeAfterACancelDecides(code: Int, state: TaskState) async throws {
            try await withCommandBench { bench in
                let report = await bench.runCancelled(
                    try bench.shell("trap 'exit \(code)' TERM; echo 1 cancel >&3; while :; do sleep 0.02; done"))
                #expect(report.outcome.state == state)
                #expect(report.detail?["exit_code"]?.intValue == Int64(code))
            }
        }

        @Test func everyRequestIsOneSignal() async throws {
            try await withCommandBench { bench in
                // Each TERM asks for the next one; the third ends it. Were the first request two signals, it would end early.
                let script = """
                    n=0; trap 'n=$((n+1)); echo $n; [ $n = 3 ] && exit 0; echo $n cancel >&3' TERM
                    echo 0 cancel >&3; while :; do sleep 0.02; done
                    """
                let report = await bench.runCancelled(try bench.shell(script))
                #expect(report.outcome.stdout == "1\n2\n3\n")
            }
        }

        @Test func cancelledBeforeItStartsNeverRuns() async throws {
            try await withCommandBench { bench in
                let handler = try bench.shell("echo ran >>witness")
                let context = bench.context()
                let report = await Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await handler.run(context)
                }.value
                #expect(report.outcome.state == .cancelled)
                #expect(bench.text("witness") == "")
            }
        }

        @Test func cancelledAtAnyMomentEndsCancelledOrDone() async throws {
            for delay in 0..<40 {
                try await withCommandBench { bench in
                    let handler = try bench.shell("exec sleep 1000")
                    let context = bench.context()
                    let running = Task { await handler.run(context) }
                    for _ in 0..<(delay * delay) { await Task.yield() }
                    running.cancel()
                    let report = await running.value
                    #expect(report.outcome.state == .cancelled)
                }
            }
        }

        @Test func aPausedCommandRestsAndGoesOn() async throws {
            try await withCommandBench { bench in
                let report = try await pausing("echo 1 ready >&3; while [ ! -e go ]; do :; done; echo done", in: bench)
                {
                    bench.attempt().send(.resume)
                    #expect(FileManager.default.createFile(atPath: bench.directory + "/go", contents: nil))
                }
                #expect(report.outcome.stdout == "done\n")
            }
        }

        @Test func aPausedCommandHearsThatItIsCancelled() async throws {
            try await withCommandBench { bench in
                let script = "trap 'echo heard; exit 0' TERM; echo 1 ready >&3; while :; do :; done"
                let report = try await pausing(script, in: bench) { bench.attempt().send(.terminate) }
                #expect(report.outcome.stdout == "heard\n")
            }
        }

        /// Runs `script`, which tells when it is ready, and calls `then` when it has been paused and the kernel says that it is stopped.
        ///
        /// A script that starts programs may rest in another state: while a child it made with vfork(2) is stopped.
        private func pausing(
            _ script: String, in bench: CommandWorkbench, then: () -> Void
        ) async throws -> RunReport {
            let (reports, told) = AsyncStream<Model.Progress>.makeStream()
            let handler = try bench.shell(script)
            let context = bench.context { told.yield($0) }
            let running = Task { await handler.run(context) }
            for await _ in reports { break }
            bench.attempt().send(.pause)
            let child = try #require(bench.text(bench.attempt().path + "/identity").firstMatch(of: /child (\d+)/))
            while !bench.text("/proc/\(child.1)/stat").contains(") T ") { await Task.yield() }
            then()
            return await running.value
        }
    }
}

/// A cgroup of its own to give to an executor, in the version 2 hierarchy.
final class TestCgroup: Sendable {
    let path: String

    init() throws {
        let mounts = try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).split(separator: "\n")
        let mount = try #require(mounts.first { $0.split(separator: " ")[2] == "cgroup2" }).split(separator: " ")[1]
        path = "\(mount)/taskd-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        rmdir(path)
    }

    /// The cgroups below it.
    var children: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasPrefix("job-") }
    }

    /// Whether this machine lets the tests make cgroups.
    static let isPossible = (try? TestCgroup()) != nil
}
