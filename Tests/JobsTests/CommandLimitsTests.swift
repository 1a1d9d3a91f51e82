import Glibc
import Jobs
import Model
import Testing

extension CommandTests {
    struct LimitsTests {
        @Test func limitsAndNicenessReachTheCommand() async throws {
            try await withCommandBench { bench in
                let script = "ulimit -v; ulimit -t; ulimit -n; ulimit -f; nice; ulimit -Hn"
                let limits =
                    #"{"memory": 1073741824, "cpu_time": "90s", "files": 100, "file_size": 1048576, "processes": 500}"#
                let report = try await bench.run("{\"shell\": \"\(script)\", \"rlimits\": \(limits), \"nice\": 5}")
                #expect(report.outcome.stdout == "1048576\n90\n100\n2048\n5\n100\n")
            }
        }

        @Test func openFilesAreAsManyAsSelectCanWatch() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"shell": "ulimit -Sn; ulimit -Hn"}"#)
                let numbers = report.outcome.stdout?.split(separator: "\n").compactMap { Int($0) } ?? []
                #expect(numbers.count == 2)
                #expect(numbers.first == min(1024, numbers.last ?? 0))
            }
        }

        @Test func overItsProcessorTimeItIsKilled() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"shell": "while :; do :; done", "rlimits": {"cpu_time": 1}}"#)
                #expect(report.outcome.exception?.details["signal"] == .int(Int64(SIGXCPU)))
            }
        }

        @Test(arguments: [
            (#"{"shell": "x", "rlimits": {"memroy": 1}}"#, "rlimits.memroy"),
            (#"{"shell": "x", "rlimits": {"cpu_time": "10ms"}}"#, "rlimits.cpu_time"),
            (#"{"shell": "x", "rlimits": {"files": 0}}"#, "rlimits.files"),
            (#"{"shell": "x", "nice": 20}"#, "nice"),
            (#"{"shell": "x", "stdin_open": 1}"#, "stdin_open"),
        ])
        func nonsenseIsRefused(json: String, path: String) throws {
            let error = #expect(throws: InvalidInput.self) { try Job(json: JSONParser.parse(json)) }
            #expect(error?.path == path)
        }

        @Test func tooMuchForAnOpenInputIsRefused() throws {
            let text = String(repeating: "x", count: CommandJob.maximumOpenInput + 1)
            let json: JSONValue = ["shell": "x", "stdin": .string(text), "stdin_open": true]
            let error = #expect(throws: InvalidInput.self) { try Job(json: json) }
            #expect(error?.path == "stdin")
        }
    }
}
