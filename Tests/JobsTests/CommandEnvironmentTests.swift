import Foundation
import Glibc
import Jobs
import Model
import Testing

extension CommandTests {
    struct EnvironmentTests {
        @Test func givesExactlyTheseVariables() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(
                    #"{"command": ["env", "-0"], "env": {"GIVEN": "a=b\nc", "PATH": "/usr/bin:/bin"}}"#)
                let lines = try #require(report.outcome.stdout).split(separator: "\0").map(String.init)
                let allowed = Executor.inheritedEnvironment().filter { $0.key != "PATH" }.map {
                    "\($0.key.text)=\($0.value)"
                }
                let expected = [
                    "GIVEN=a=b\nc", "PATH=/usr/bin:/bin", "MARK=\(bench.mark)", "TASK_ID=1", "TASK_NAME=a task",
                    "TASK_ATTEMPT=1", "TASK_PROGRESS_FD=3", "TASKD_SOCKET=\(bench.directory)/taskd.sock",
                ]
                #expect(Set(lines) == Set(allowed + expected))
                #expect(lines.count == Set(lines).count)
            }
        }

        @Test func namesAreComparedByTheirCodeUnits() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(
                    #"{"command": ["env", "-0"], "env": {"V\u00e9": "1", "Ve\u0301": "2"}}"#)
                let lines = try #require(report.outcome.stdout).utf8.split(separator: 0).map(Array.init)
                #expect(lines.contains(Array("V\u{E9}=1".utf8)) && lines.contains(Array("Ve\u{301}=2".utf8)))
            }
        }

        @Test func theDaemonsOwnWordIsLast() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(
                    #"""
                    {"shell": "echo $TASK_ID $TASK_PROGRESS_FD", "env": {"TASK_ID": "7", "TASK_PROGRESS_FD": "9"}}
                    """#)
                #expect(report.outcome.stdout == "1 3\n")
            }
        }

        @Test func givesExactlyTheseDescriptors() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(
                    #"{"command": ["sh", "-c", "cd /proc/self/fd && echo * && readlink 0 1 2 3"]}"#)
                let lines = try #require(report.outcome.stdout).split(separator: "\n")
                // The shell's own glob is done with its directory before echo prints.
                #expect(lines.first == "0 1 2 3" || lines.first == "0 1 2 3 4")
                let attempt = bench.attempt()
                #expect(lines.dropFirst().prefix(3) == ["/dev/null", attempt.stdout[...], attempt.stderr[...]])
                #expect(lines.last?.hasPrefix("pipe:") == true)
            }
        }

        @Test func hasTheMaskOfWhoeverStartedTheDaemon() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"shell": "umask"}"#)
                #expect(report.outcome.stdout == "0027\n")
            }
        }

        @Test func startsWithADefaultSignalState() async throws {
            signal(SIGPIPE, SIG_IGN)
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"command": ["cat", "/proc/self/status"]}"#)
                let lines = try #require(report.outcome.stdout).split(separator: "\n").filter { $0.hasPrefix("Sig") }
                let sets = lines.filter { !$0.hasPrefix("SigQ") }
                #expect(sets.count == 4 && sets.allSatisfy { $0.hasSuffix("\t0000000000000000") }, "\(sets)")
            }
        }

        @Test func argumentsAndVariablesArriveByteForByte() async throws {
            var random = SystemRandomNumberGenerator()
            for round in 0..<20 {
                try await withCommandBench { bench in
                    let texts =
                        (0..<50).map { _ in Self.text(using: &random) } + ["", "-x", "--", "a b", "\n", "'\"$`\\"]
                    let variables = Dictionary(texts.enumerated().map { ("V\($0)", $1) }, uniquingKeysWith: { $1 })
                    let argv = #"printf '%s\0' "$@"; printf '\1'; env -0 | LC_ALL=C grep -z '^V[0-9]*='"#
                    let json: JSONValue = [
                        "command": .array(["/bin/sh", "-c", .string(argv), "sh"] + texts.map(JSONValue.string)),
                        "env": .object(variables.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) }),
                    ]
                    let report = try await bench.run(json.text())
                    #expect(report.outcome.state == .succeeded)
                    let output = Array(bench.text(bench.attempt().stdout).utf8)
                    let split = try #require(output.firstRange(of: [0, 1])).lowerBound
                    let arguments = output[...split].split(separator: 0, omittingEmptySubsequences: false).dropLast()
                    #expect(arguments.map { String(decoding: $0, as: UTF8.self) } == texts, "round \(round)")
                    let found = output[(split + 2)...].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                    #expect(Set(found) == Set(variables.map { "\($0.key)=\($0.value)" }), "round \(round)")
                }
            }
        }

        /// Up to 200 characters of any kind but NUL, and but the byte 1 that the test separates by.
        private static func text(using random: inout SystemRandomNumberGenerator) -> String {
            var text = ""
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                let limit: UInt32 = Bool.random(using: &random) ? 0x7F : 0x10FFFF
                guard let scalar = Unicode.Scalar(UInt32.random(in: 2...limit, using: &random)) else { continue }
                text.unicodeScalars.append(scalar)
            }
            return text.isEmpty ? "x" : text
        }

        @Test func tooManyArgumentsAreAFailureOfTheCommand() async throws {
            try await withCommandBench { bench in
                let long = JSONValue.string(String(repeating: "x", count: 100_000))
                let json: JSONValue = ["command": .array(["true"] + [JSONValue](repeating: long, count: 40))]
                let report = try await bench.run(json.text())
                #expect(report.outcome.exceptionType == "CommandFailed")
            }
        }
    }
}
