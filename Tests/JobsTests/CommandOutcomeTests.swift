import Foundation
import Glibc
import Jobs
import Model
import Testing

extension CommandTests {
    struct OutcomeTests {
        @Test func succeedsWithWhatItPrinted() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"shell": "echo out; echo err >&2"}"#)
                #expect(report.outcome == .succeeded(["exit_code": 0, "stdout": "out\n", "stderr": "err\n"]))
                let detail = try #require(report.detail)
                #expect(detail["exit_code"] == 0 && detail["signal"] == .null)
                #expect(detail["stdout_bytes"] == 4 && detail["stderr_bytes"] == 4)
                let pid = try #require(detail["pid"]?.intValue)
                let size = try #require(detail["max_rss_kib"]?.intValue)
                #expect(pid > 1 && size > 0)
                #expect(detail["user_s"]?.doubleValue != nil && detail["system_s"]?.doubleValue != nil)
            }
        }

        @Test(arguments: [
            (#"{"shell": "echo why >&2; exit 3"}"#, "exited with status 3", JSONValue.int(3), JSONValue.null),
            (#"{"shell": "echo why >&2; exit 143"}"#, "exited with status 143", 143, nil),
            (#"{"shell": "echo why >&2; kill -9 $$"}"#, "killed by signal 9 (SIGKILL)", nil, 9),
            (#"{"shell": "echo why >&2; kill -TERM $$"}"#, "killed by signal 15 (SIGTERM)", nil, 15),
        ])
        func failsWithCodeOrSignal(json: String, message: String, code: JSONValue, signal: JSONValue) async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(json)
                let expected = ExceptionInfo(
                    type: "CommandFailed", message: message,
                    details: ["exit_code": code, "signal": signal, "stderr": "why\n"])
                #expect(report.outcome == .failed(expected))
                #expect(report.detail?["exit_code"] == code && report.detail?["signal"] == signal)
            }
        }

        /// The shim has made the file that it writes the outcome to before the command began.
        @Test(arguments: [
            "rm exit.new", "rm exit.new identity", "rm exit.new; mkfifo exit.new",
            "mv exit.new away; ln -s away exit.new",
            "mv exit.new away; echo nonsense >exit.new", "rm exit.new; mkdir exit.new; touch exit.new/file",
        ])
        func isKnownThoughItsFileWasRemoved(removal: String) async throws {
            try await withCommandBench { bench in
                let report = await bench.runTold(
                    try bench.shell("cd \(bench.attempt().path); \(removal); echo through")
                ).report
                #expect(report.outcome.stdout == "through\n", "\(report.outcome)")
            }
        }

        @Test func namesAMissingInterpreter() async throws {
            try await withCommandBench { bench in
                let program = bench.directory + "/program"
                try Data("#!/nowhere/sh\n".utf8).write(to: URL(fileURLWithPath: program))
                try #require(chmod(program, 0o755) == 0)
                let report = try await bench.run(#"{"command": ["./program"], "cwd": "\#(bench.directory)"}"#)
                #expect(
                    report.outcome.exception?.message
                        == "cannot run ./program: the interpreter that its first line names is missing")
            }
        }

        @Test(arguments: [
            (#"{"command": ["no-such-program-here"]}"#, "no such program in PATH: no-such-program-here"),
            (#"{"command": ["/no/such/program"]}"#, "no such program: /no/such/program"),
            (#"{"command": ["/etc/passwd"]}"#, "cannot run /etc/passwd: Permission denied"),
            (#"{"command": ["/etc"]}"#, "cannot run /etc: Permission denied"),
            (
                #"{"command": ["true"], "cwd": "/no/where"}"#,
                "cannot run in the directory /no/where: No such file or directory"
            ),
            (
                #"{"command": ["true"], "cwd": "/etc/passwd"}"#,
                "cannot run in the directory /etc/passwd: Not a directory"
            ),
            (#"{"command": ["tool"], "env": {"PATH": ""}}"#, "no such program in PATH: tool"),
        ])
        func namesWhatKeptItFromRunning(json: String, message: String) async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(json)
                #expect(report.outcome.exceptionType == "CommandFailed")
                #expect(report.outcome.exception?.message == message)
                #expect(report.outcome.exception?.details["exit_code"] == .null)
            }
        }

        @Test func exitCode127IsAnExitCode() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"shell": "no-such-program-here"}"#)
                #expect(report.outcome.exception?.message == "exited with status 127")
            }
        }

        @Test func readsItsOutputAsJSON() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"shell": "echo '{\"main\": 1247}'", "output": "json"}"#)
                #expect(report.outcome == .succeeded(["main": 1247]))
            }
        }

        @Test(arguments: ["echo nonsense", "true", "echo '{\"a\": 1'"])
        func outputThatIsNotJSONIsAFailure(script: String) async throws {
            try await withCommandBench { bench in
                let json = JSONValue.object(["shell": .string(script), "output": "json"]).text()
                let report = try await bench.run(json)
                #expect(report.outcome.exceptionType == "CommandFailed")
                #expect(report.outcome.exception?.message.hasPrefix("its output is not JSON at line") == true)
                #expect(report.outcome.exception?.details["exit_code"] == 0)
            }
        }

        @Test func tooMuchJSONIsAFailure() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"shell": "head -c 8388609 /dev/zero", "output": "json"}"#)
                #expect(report.outcome.exception?.message == "its output is longer than the 8388608 bytes read as JSON")
            }
        }

        @Test(arguments: [("", "."), (#", "cwd": "sub""#, "./sub"), (#", "cwd": "/""#, "/")])
        func runsWhereItIsTold(cwd: String, expected: String) async throws {
            try await withCommandBench { bench in
                mkdir(bench.directory + "/sub", 0o700)
                let report = try await bench.run("{\"command\": [\"pwd\"]\(cwd)}")
                let place = expected.replacing(/^\./, with: bench.directory)
                #expect(report.outcome.stdout == place + "\n")
            }
        }

        @Test func readsItsInputToTheEnd() async throws {
            try await withCommandBench { bench in
                let text = String(repeating: "æ0123456789\n", count: 100_000)
                let json = JSONValue.object(["shell": "cat >copy; wc -c <copy", "stdin": .string(text)]).text()
                let report = try await bench.run(json)
                #expect(report.outcome.stdout == "\(text.utf8.count)\n")
                #expect(bench.text("copy") == text)
                #expect(access(bench.attempt().path + "/input", F_OK) != 0)
            }
        }

        @Test func noInputIsAnEmptyOne() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"command": ["cat"]}"#)
                #expect(report.outcome.stdout == "")
            }
        }

        @Test func inputKeptOpenHasNoEnd() async throws {
            try await withCommandBench { bench in
                let script = "read line; echo \\\"$line\\\"; timeout 0.05 cat; echo $?"
                let report = try await bench.run(
                    "{\"shell\": \"\(script)\", \"stdin\": \"first\\n\", \"stdin_open\": true}")
                #expect(report.outcome.stdout == "first\n124\n")
            }
        }

        @Test func anAttemptIsMadeOnce() async throws {
            try await withCommandBench { bench in
                let handler = try bench.shell("echo again >>witness")
                #expect(await handler.run(bench.context()).outcome.state == .succeeded)
                let second = await handler.run(bench.context())
                #expect(second.outcome.exceptionType == "InternalError")
                #expect(bench.text("witness") == "again\n")
            }
        }

        @Test func keepsItsFilesToItself() async throws {
            try await withCommandBench { bench in
                _ = try await bench.run(#"{"command": ["true"]}"#)
                for (name, mode) in [("", 0o40700), ("/stdout", 0o100600), ("/stderr", 0o100600), ("/exit", 0o100600)] {
                    var status = stat()
                    #expect(lstat(bench.attempt().path + name, &status) == 0)
                    #expect(Int(status.st_mode) == mode)
                }
            }
        }
    }
}
