import Glibc
@testable import Jobs
import Model
import Testing

extension CommandTests {
    struct ProgressTests {
        @Test(
            arguments: [
                ("40", 40, nil), ("40%", 40, nil), ("40 sorting", 40, "sorting"), ("40%  two words ", 40, "two words "),
                ("  12.5\tx", 12.5, "x"), ("0", 0, nil), ("100", 100, nil), ("7 caf\u{e9}\r", 7, "caf\u{e9}"),
                ("42 \u{301}y", 42, "\u{301}y"),
            ] as [(String, Double, String?)])
        func readsPercentAndMessage(line: String, percent: Double, message: String?) throws {
            let progress = try #require(Progress(line: Array(line.utf8)))
            #expect(progress == Progress(completed: percent, total: 100, message: message))
        }

        @Test(arguments: [
            "", " ", "%", "forty", "-1", "101", "1e2", "nan", "inf", "0x10", "4 0%x".replacing(" ", with: "_"), "٤٠",
        ])
        func ignoresNonsense(line: String) {
            #expect(Progress(line: Array(line.utf8)) == nil)
        }

        /// Lines that come at once count as they would one by one.
        @Test(
            arguments: [
                ("1 a\n10 b\n25 c\n", 25, "c"), ("70 a\n20 back\n", 70, "back"), ("70 a\n100 end\n", 70, "end"),
                ("100 end\n", 0, "end"), ("nonsense\n30 a\nnonsense\n", 30, "a"),
            ] as [(String, Double, String)])
        func takesLinesTogether(lines: String, percent: Double, message: String) {
            let progress = Progress(of: Array(lines.utf8))
            #expect(progress == Progress(completed: percent, total: 100, message: message))
        }

        @Test func reportsWhatTheCommandTells() async throws {
            try await withCommandBench { bench in
                let script = #"echo "10 first" >&$TASK_PROGRESS_FD; echo nonsense >&3; printf '90%% last' >&3"#
                let (report, progress) = await bench.runTold(try bench.shell(script))
                #expect(report.outcome.state == .succeeded)
                // Lines that come together may be reported as one; the last one always is.
                #expect(progress.last == Progress(completed: 90, total: 100, message: "last"))
                #expect(progress.allSatisfy { ["first", "last"].contains($0.message) })
            }
        }

        @Test func aFloodNeitherBlocksNorKillsTheCommand() async throws {
            try await withCommandBench { bench in
                let script =
                    "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo \"$((i/1000)) $i\"; done >&3; echo through"
                let (report, progress) = await bench.runTold(try bench.shell(script))
                #expect(report.outcome.stdout == "through\n")
                #expect(progress.last?.message == "100000")
            }
        }

        /// The FIFO is full when the shim writes, and emptied by the daemon before the shim can make room itself.
        @Test(.enabled(if: geteuid() == 0 && access("/usr/bin/strace", X_OK) == 0, "needs root and strace"))
        func aLineIsKeptThoughTheDaemonMakesRoomForIt() async throws {
            try await withCommandBench { bench in
                let script = """
                    set -e; mkdir attempt; mkfifo attempt/control attempt/progress
                    exec 3<>attempt/control 4<>attempt/progress
                    strace -qq -o /dev/null -P $PWD/attempt/progress -e trace=write -e inject=write:error=EAGAIN:when=1 \
                        \(CommandWorkbench.shim) -d $PWD/attempt -w / -- sh -c 'echo 40 kept >&3'
                    echo end >&4; head -n 1 <&4
                    """
                let report = try await bench.shell(script).run(bench.context())
                #expect(report.outcome.stdout == "40 kept\n", "\(report.outcome)")
            }
        }

        @Test func anEndlessLineIsCutShort() async throws {
            try await withCommandBench { bench in
                let script = "(printf '50 '; head -c 1000000 /dev/zero | tr '\\0' x) >&3; echo >&3; echo 60 >&3"
                let (report, progress) = await bench.runTold(try bench.shell(script))
                #expect(report.outcome.state == .succeeded)
                #expect(progress.last == Progress(completed: 60, total: 100))
                #expect(progress.allSatisfy { ($0.message ?? "").utf8.count < 1024 })
            }
        }
    }
}
