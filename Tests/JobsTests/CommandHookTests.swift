import Foundation
import Glibc
import Model
import Testing

@testable import Jobs

extension CommandTests {
    struct HookTests {
        private func hook(
            _ script: String, finishedAt: Timestamp? = Timestamp(milliseconds: 0), result: JSONValue = ["exit_code": 0]
        ) -> Hook {
            Hook(
                arguments: ["/bin/sh", "-c", script], task: TaskID(7), name: "nightly", state: .succeeded,
                finishedAt: finishedAt, result: result)
        }

        @Test func isToldWhatItIsAbout() async throws {
            try await withCommandBench { bench in
                let script = #"echo "$TASK_ID $TASK_NAME $TASK_STATE $TASK_RESULT"; pwd; cat; exit 3"#
                let ending = await hook(script).run(in: bench.directory, by: bench.executor)
                #expect(ending == .exited(3))
                let output = AttemptDirectory.hook(state: bench.executor.state, task: TaskID(7)).stdout
                #expect(
                    bench.text(output) == "7 nightly succeeded {\"exit_code\":0}\n\(bench.directory)\n{\"exit_code\":0}"
                )
            }
        }

        @Test func aResultTooLongForAVariableIsOnTheInputOnly() async throws {
            try await withCommandBench { bench in
                for (index, length) in [131_072 - 15, 131_072 - 14].enumerated() {
                    let result = JSONValue.string(String(repeating: "x", count: length))
                    let hook = Hook(
                        arguments: ["/bin/sh", "-c", "echo ${TASK_RESULT+set}; wc -c"], task: TaskID(Int64(index + 1)),
                        name: "long", state: .succeeded, finishedAt: nil, result: result)
                    #expect(await hook.run(in: bench.directory, by: bench.executor) == .exited(0))
                    let output = AttemptDirectory.hook(state: bench.executor.state, task: TaskID(Int64(index + 1)))
                        .stdout
                    #expect(bench.text(output) == "\(index == 0 ? "set" : "")\n\(length + 2)\n")
                }
            }
        }

        @Test func runsOnce() async throws {
            try await withCommandBench { bench in
                #expect(await hook("echo x >>witness").run(in: bench.directory, by: bench.executor) == .exited(0))
                // As after a daemon that was killed before it could note the end.
                #expect(await hook("echo y >>witness").run(in: bench.directory, by: bench.executor) == .exited(0))
                #expect(bench.text("witness") == "x\n")
            }
        }

        @Test func oneThatRunsIsWaitedForByTheNextDaemon() async throws {
            try await withCommandBench { bench in
                mkfifo(bench.directory + "/go", 0o600)
                let script = "echo x >>witness; read x <go; exit 4"
                async let first = hook(script).run(in: bench.directory, by: bench.executor)
                let attempt = AttemptDirectory.hook(state: bench.executor.state, task: TaskID(7))
                while !attempt.hasStarted { await Task.yield() }
                async let second = hook(script).run(in: bench.directory, by: bench.executor)
                _ = try await bench.shell("echo >go").run(bench.context(task: 8))
                let endings = await [first, second]
                #expect(endings == [.exited(4), .exited(4)])
                #expect(bench.text("witness") == "x\n")
            }
        }

        @Test func oneThatNeverBeganRuns() async throws {
            try await withCommandBench(isOfSameBoot: true) { bench in
                // What a daemon leaves that is killed before it has started the shim.
                try AttemptDirectory.hook(state: bench.executor.state, task: TaskID(7)).make()
                #expect(await hook("echo x >>witness").run(in: bench.directory, by: bench.executor) == .exited(0))
                #expect(bench.text("witness") == "x\n")
            }
        }

        @Test(arguments: [nil, Timestamp(milliseconds: 0)])
        func oneThatCannotBeStartedNowHasNotBegun(finishedAt: Timestamp?) async throws {
            let shim = FileManager.default.temporaryDirectory.path + "/taskd-shim-\(UUID().uuidString)"
            defer { unlink(shim) }
            try await withCommandBench(shim: shim) { bench in
                let hook = self.hook("echo x >>witness", finishedAt: finishedAt)
                let first = await hook.run(in: bench.directory, by: bench.executor)
                #expect(first == .notBegun("cannot start \(shim): No such file or directory"))
                try FileManager.default.copyItem(atPath: CommandWorkbench.shim, toPath: shim)
                #expect(await hook.run(in: bench.directory, by: bench.executor) == .exited(0))
                #expect(bench.text("witness") == "x\n")
            }
        }

        @Test func whatTheSystemNeverTakesIsNotTriedAgain() async throws {
            try await withCommandBench { bench in
                let hook = Hook(
                    arguments: ["true", String(repeating: "x", count: 1 << 18)], task: TaskID(1), name: "",
                    state: .succeeded, finishedAt: nil, result: .null)
                let ending = await hook.run(in: "/", by: bench.executor)
                #expect(ending == .failed("the arguments and variables are longer than the system takes"))
            }
        }

        @Test func whatItLeavesIsFoundByADaemonWithAnotherSocket() async throws {
            try await withCommandBench { bench in
                try await abandon(in: bench)
                try AdoptionTests().killShim(of: .hook(state: bench.executor.state, task: TaskID(7)), bench)
                try await expectLost(of: bench, "how it ended is not known")
            }
        }

        @Test func oneWhoseDirectoryWasRemovedIsEndedAndDoesNotRunAgain() async throws {
            try await withCommandBench { bench in
                try await abandon(in: bench)
                let path = AttemptDirectory.hook(state: bench.executor.state, task: TaskID(7)).path
                try FileManager.default.removeItem(atPath: path)
                try await expectLost(of: bench, "\(path) was removed, and what ran was ended")
            }
        }

        @Test(arguments: [true, false])
        func oneWhoseFilesWereRemovedIsEndedAndDoesNotRunAgain(isShimKilled: Bool) async throws {
            try await withCommandBench { bench in
                try await abandon(in: bench)
                let attempt = AttemptDirectory.hook(state: bench.executor.state, task: TaskID(7))
                if isShimKilled { try AdoptionTests().killShim(of: attempt, bench) }
                for file in try FileManager.default.contentsOfDirectory(atPath: attempt.path) {
                    try FileManager.default.removeItem(atPath: attempt.path + "/" + file)
                }
                try await expectLost(
                    of: bench, "its shim was killed, or files were removed from \(attempt.path), and what ran was ended"
                )
            }
        }

        @Test func oneWhoseFilesAreRemovedWhileItIsWaitedForDoesNotRunAgain() async throws {
            try await withCommandBench { bench in
                mkfifo(bench.directory + "/go", 0o600)
                let path = AttemptDirectory.hook(state: bench.executor.state, task: TaskID(7)).path
                try await abandon(in: bench, "read x <go; rm \(path)/*; kill -9 $PPID")
                let clock = SleepClock()
                async let lost: Void = expectLost(of: bench, "how it ended is not known", clock: clock)
                for await _ in clock.deadlines { break }
                let go = await runBlocking { _ in open(bench.directory + "/go", O_WRONLY | O_CLOEXEC) }
                #expect(write(go, "\n", 1) == 1)
                close(go)
                try await lost
            }
        }

        /// Starts a hook in another process, a daemon that is killed once the hook runs.
        private func abandon(in bench: CommandWorkbench, _ script: String = "sleep 1000") async throws {
            mkfifo(bench.directory + "/up", 0o600)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [directory = bench.directory as String, mark = bench.mark as String, script] in
                let bench = try CommandWorkbench(adopting: directory, mark: mark)
                let script = "setsid sh -c 'sleep 1000; : \(mark)' & : >up; \(script); : \(mark)"
                Task { await HookTests().hook(script).run(in: directory, by: bench.executor) }
                await runBlocking { _ in _ = open(directory + "/up", O_RDONLY) }
                kill(getpid(), SIGKILL)
            }
        }

        /// Has a daemon with another socket look for it.
        private func expectLost(
            of bench: CommandWorkbench, _ reason: String, clock: any Clock<Duration> = ContinuousClock()
        ) async throws {
            let next = try CommandWorkbench(
                adopting: bench.directory, mark: bench.mark, isOfSameBoot: true, socket: "/elsewhere.sock")
            let ending = await hook("echo x >>witness").run(in: next.directory, by: next.executor, clock: clock)
            #expect(ending == .failed(reason))
            #expect(bench.survivors() == [])
            #expect(bench.text("witness") == "")
        }

        @Test func oneWhoseIdentityCannotBeReadDoesNotRun() async throws {
            try await withCommandBench(isOfSameBoot: true) { bench in
                let attempt = AttemptDirectory.hook(state: bench.executor.state, task: TaskID(7))
                try attempt.make()
                try #require(mkfifo(attempt.identity, 0o600) == 0)
                let ending = await hook("echo x >>witness").run(in: bench.directory, by: bench.executor)
                #expect(ending == .failed("how it ended is not known"))
                #expect(bench.text("witness") == "")
            }
        }

        @Test func isEndedWhenItsTimeIsOver() async throws {
            try await withCommandBench { bench in
                let ending = await hook("exec sleep 1000").run(
                    in: bench.directory, by: bench.executor, limit: .milliseconds(50))
                #expect(ending == .failed("did not end in its time: killed by signal 15 (SIGTERM)"))
            }
        }

        @Test(arguments: ["", "rm identity;", "rm *;"])
        func whatAKilledShimLeavesIsEnded(removal: String) async throws {
            try await withCommandBench { bench in
                let directory = bench.directory + "/tasks/7/on_done"
                let ending = await hook(
                    "setsid sh -c 'sleep 1000; : \(bench.mark)' & cd \(directory); \(removal) kill -9 $PPID"
                )
                .run(in: bench.directory, by: bench.executor)
                #expect(ending == .failed("how it ended is not known"))
                #expect(bench.survivors() == [])
            }
        }

        @Test func oneThatStopsItsShimIsEnded() async throws {
            try await withCommandBench { bench in
                let script =
                    "trap '' TERM; kill -STOP $PPID; echo >stopped; while kill -STOP $PPID; do :; done; : \(bench.mark)"
                let clock = HastyClock(beginning: bench.directory + "/stopped")
                let ending = await hook(script).run(in: bench.directory, by: bench.executor, clock: clock)
                if case .exited = ending { Issue.record("\(ending)") }
                #expect(bench.survivors() == [])
            }
        }

        @Test func saysWhyItDidNotRun() async throws {
            try await withCommandBench { bench in
                let hook = Hook(
                    arguments: ["nowhere"], task: TaskID(1), name: "", state: .failed, finishedAt: nil, result: .null)
                #expect(await hook.run(in: "/", by: bench.executor) == .failed("no such program in PATH: nowhere"))
            }
        }
    }
}
