import Foundation
import Glibc
@testable import Jobs
import Model
import Testing

/// The search for what a killed shim has left.
extension CommandTests.AdoptionTests {
    /// Makes what a shim is started in.
    private static let attempt = """
        set -e; mkdir attempt; mkfifo attempt/control attempt/progress
        exec 3<>attempt/control 4<>attempt/progress
        """

    /// One daemon died while it looked for a command that never ran, and the next looks for it too.
    @Test func aSearchThatIsStillOnIsNoSignOfACommand() async throws {
        try await withCommandBench(isOfSameBoot: true) { bench in
            let (fifo, shim) = (bench.directory + "/go", bench.directory + "/shim")
            try #require(mkfifo(fifo, 0o600) == 0)
            try "#!/bin/sh\nread x <\(fifo); exec \(CommandWorkbench.shim) \"$@\"\n"
                .write(toFile: shim, atomically: false, encoding: .utf8)
            try #require(chmod(shim, 0o700) == 0)
            let socket = bench.executor.socket
            let slow = try Executor(shim: shim, state: bench.directory, socket: socket, isOfSameBoot: true)
            let mark = bench.executor.mark(of: bench.attempt(), begunAt: bench.context().startedAt)
            let search = Recovery(attempt: bench.attempt(), mark: mark)
            async let hasFound = search.run(by: slow)
            let go = await runBlocking { _ in open(fifo, O_WRONLY | O_CLOEXEC) }
            defer { close(go) }
            let report = try await bench.resume(#"{"shell": "echo ran"}"#)
            // Otherwise nobody is left to read, which would end this process.
            try #require(report?.outcome.stdout == "ran\n", "\(String(describing: report))")
            #expect(write(go, "\n", 1) == 1)
            #expect(try await !hasFound)
        }
    }

    /// What it would end may by then be what the next daemon has started. It is kept waiting by what looks like a cgroup.
    @Test func aSearchWhoseDaemonHasDiedEndsNothing() async throws {
        try await withCommandBench { bench in
            // Lower than the limit that the script itself is known by, which it may not raise.
            let mark = UInt64.random(in: 1 << 40..<1 << 60)
            let recover = "\(CommandWorkbench.shim) recover $$ $PWD/attempt \(mark)"
            let script = """
                \(Self.attempt)
                mkdir cgroup; mkfifo cgroup/cgroup.kill life; echo populated 1 >cgroup/cgroup.events
                exec 5<>cgroup/cgroup.kill
                (echo boot_id $(cat /proc/sys/kernel/random/boot_id); echo cgroup $PWD/cgroup) >attempt/identity
                prlimit --rttime=\(mark) sleep 1000 & child=$!
                sh -c '\(recover) & wait' >life & daemon=$!
                exec 6<life
                head -c 1 <&5 >/dev/null
                kill -9 $daemon
                echo populated 0 >cgroup/cgroup.events
                cat <&6
                kill -0 $child && echo alive
                \(recover) || wait $child || echo ended
                """
            let report = try await bench.shell(script).run(bench.context(grace: .milliseconds(50)))
            #expect(report.outcome.stdout == "alive\nended\n", "\(report.outcome)")
        }
    }

    /// In a PID namespace the number of a command that is gone is given to another process at will (`ns_last_pid`).
    @Test(.enabled(if: geteuid() == 0, "needs root")) func aReusedNumberIsLeftAlone() async throws {
        try await withCommandBench { bench in
            let script = """
                \(Self.attempt)
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
                \(CommandWorkbench.shim) recover $$ $PWD/attempt 9
                kill -0 $child && echo alive
                """
            let json: JSONValue = [
                "command": ["unshare", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", .string(script)]
            ]
            let report = try await bench.handler(json.text()).run(bench.context(grace: .milliseconds(50)))
            #expect(report.outcome.stdout == "reused\nalive\n", "\(report.outcome)")
        }
    }

    /// A chain in which each forks the next and ends is in no list of processes for long.
    @Test(.enabled(if: geteuid() == 0, "needs root")) func whatForksAndEndsAllTheTimeIsEnded() async throws {
        try await withCommandBench { bench in
            let script = """
                \(Self.attempt)
                echo 'setsid sh chain &' >chain
                for round in 1 2 3 4 5 6; do
                    \(CommandWorkbench.shim) -d $PWD/attempt -w $PWD -r 9999999 -- sh -c '. ./chain; sleep 1000' & shim=$!
                    until grep -qs ^child attempt/identity; do :; done
                    until grep -qszx 'chai[n]' /proc/[0-9]*/cmdline; do :; done
                    kill -9 $shim; wait $shim || :
                    \(CommandWorkbench.shim) recover $$ $PWD/attempt 9999999 || :
                    for look in $(seq 50); do
                        if grep -qszx 'chai[n]' /proc/[0-9]*/cmdline; then echo left; fi
                    done
                    rm attempt/identity attempt/exit*
                done
                """
            let json: JSONValue = [
                "command": ["unshare", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", .string(script)]
            ]
            let report = try await bench.handler(json.text()).run(bench.context(grace: .milliseconds(50)))
            #expect(report.outcome.stdout == "", "\(report.outcome)")
        }
    }

    /// A command whose shim dies between letting it go and its first step, in which it ties its life to the shim's.
    @Test(.enabled(if: geteuid() == 0 && access("/usr/bin/strace", X_OK) == 0, "needs root and strace"))
    func aShimKilledBeforeItsCommandStirsRunsNothing() async throws {
        try await withCommandBench { bench in
            let script = """
                \(Self.attempt)
                strace -f -qq -o /dev/null -e trace=prctl -e inject=prctl:delay_enter=300000:when=1 \
                    \(CommandWorkbench.shim) -d $PWD/attempt -w / -- sleep 1000 &
                until grep -qs ^child attempt/identity; do :; done
                shim=$(sed -n 's/^shim \\([0-9]*\\) .*/\\1/p' attempt/identity)
                until grep -q poll /proc/$shim/wchan; do :; done
                kill -9 $shim
                wait; echo gone
                """
            let report = try await bench.shell(script).run(bench.context(grace: .milliseconds(50)))
            #expect(report.outcome.stdout == "gone\n", "\(report.outcome)")
        }
    }

    /// What a shim cannot be told of would keep it for ever.
    @Test(.enabled(if: geteuid() == 0 && access("/usr/bin/strace", X_OK) == 0, "needs root and strace"))
    func aShimThatCannotHearOfSignalsStartsNothing() async throws {
        try await withCommandBench { bench in
            let script = """
                \(Self.attempt)
                strace -f -qq -o /dev/null -e trace=signalfd4 -e inject=signalfd4:error=ENFILE \
                    \(CommandWorkbench.shim) -d $PWD/attempt -w / -- sleep 1000
                grep -c ^child attempt/identity || :
                grep ^error attempt/exit
                """
            let report = try await bench.shell(script).run(bench.context(grace: .milliseconds(50)))
            #expect(report.outcome.stdout == "0\nerror signals 23\n", "\(report.outcome)")
        }
    }
}
