import Glibc
import Model
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct CheckCommandTests {
    @Test(
        arguments: [
            ("echo 1247", 1247), ("printf '\\n 34 \\r\\n'", 34), ("echo 0; echo ignored >&2", 0),
            ("head -c 300000 /dev/zero >&2; echo 5", 5), ("sleep 1000 & echo 7", 7), ("exec 2>&-; echo 8", 8),
        ] as [(String, Int64)])
    func countsWhatAProgramWrites(_ script: String, _ count: Int64) async throws {
        try await withCheckDirectory { directory in
            let report = try await checkShell(script, in: directory)
            #expect(report.outcome == .succeeded(["main": .int(count)]))
            #expect(report.detail?["method"] == "command")
        }
    }

    @Test(arguments: [
        ("exit 3", "no_count", "exited with 3"),
        ("echo 5; echo 'no such host' >&2; exit 2", "no_count", "no such host"),
        ("kill -9 $$", "no_count", "signal 9"), ("true", "no_count", "answered nothing"),
        ("echo twelve", "no_count", "\"twelve\""), ("echo 12.0", "no_count", "\"12.0\""),
        ("echo 1 2", "no_count", "\"1 2\""), ("echo 1,247", "no_count", "\"1,247\""), ("echo +5", "no_count", "\"+5\""),
        ("echo -5", "no_count", "negative"), ("echo 99999999999999999999", "no_count", "99999"),
        ("printf '\\033[2J'", "no_count", "\\u{1b}[2J"), ("yes", "too_large", "1048576 bytes"),
        ("trap '' PIPE; while :; do echo 1000000000; done", "too_large", "1048576 bytes"),
    ])
    func refusesWhatIsNoCount(_ script: String, _ code: String, _ words: String) async throws {
        try await withCheckDirectory { directory in
            let report = try await checkShell(script, in: directory)
            #expect(report.code == code, "\(report.message)")
            #expect(report.message.contains(words), "\(report.message)")
            #expect(report.message.hasPrefix("/bin/sh: "))
        }
    }

    @Test func aFailedProgramLeavesItsExitCodeAndItsWords() async throws {
        try await withCheckDirectory { directory in
            let report = try await checkShell(
                "head -c 9000 /dev/zero >&2; echo 'no password' >&2; exit 2", in: directory)
            let details = try #require(report.outcome.exception?.details)
            #expect(details["exit_code"] == 2)
            let words = try #require(details["stderr"]?.stringValue)
            #expect(words.hasSuffix("no password\n"))
            #expect(words.utf8.count == 4096)
            let killed = try await checkShell("kill -15 $$", in: directory)
            #expect(killed.outcome.exception?.details["signal"] == 15)
        }
    }

    @Test(
        arguments: [
            ("{\"hits\": {\"total\": 34}}", "/hits/total", 34), ("[1, \"89\"]", "/1", 89), (" 7 ", "", 7),
        ] as [(String, String, Int64)])
    func findsTheNumberInJSON(_ text: String, _ pointer: String, _ count: Int64) async throws {
        try await withCheckDirectory { directory in
            let report = try await printed(text, pointer, in: directory)
            #expect(report.count == count, "\(report.message)")
        }
    }

    @Test(arguments: [
        ("<html>", "/total", "not_json", "not JSON"), ("{}", "/total", "no_count", "nothing at the pointer"),
        ("{\"total\": 12.0}", "/total", "no_count", "a fractional number"),
        ("{\"total\": null}", "/total", "no_count", "null"),
        ("{\"total\": true}", "/total", "no_count", "a boolean"), ("{\"total\": \"x\"}", "/total", "no_count", "\"x\""),
        ("{\"total\": -3}", "/total", "no_count", "negative"), ("{}", "/~2", "config", "not a JSON pointer"),
    ])
    func refusesJSONWithoutANumber(_ text: String, _ pointer: String, _ code: String, _ words: String) async throws {
        try await withCheckDirectory { directory in
            let report = try await printed(text, pointer, in: directory)
            #expect(report.code == code, "\(report.message)")
            #expect(report.message.contains(words), "\(report.message)")
        }
    }

    private func printed(_ text: String, _ pointer: String, in directory: CheckDirectory) async throws -> RunReport {
        let source: JSONValue = ["argv": ["printf", "%s", .string(text)], "parse": .string(pointer)]
        return try await check(["command": source], in: directory)
    }

    @Test func runsInTheJobsDirectoryWithFewVariables() async throws {
        try await withCheckDirectory { directory in
            setenv("TASKD_TEST_SECRET", "1", 1)
            try directory.write("answer", "11")
            try directory.write("count.sh", "#!/bin/sh\ncat answer; echo ${TASKD_TEST_SECRET-}\n")
            try #require(chmod(directory.file("count.sh"), 0o700) == 0)
            let report = try await check(["command": ["argv": ["./count.sh"]]], in: directory)
            #expect(report.count == 11, "\(report.message)")
            #expect(try await checkShell("read line; echo $?", in: directory).count == 1, "standard input is not empty")
        }
    }

    @Test func aProgramThatCannotBeRunIsNamed() async throws {
        try await withCheckDirectory { directory in
            try directory.write("plain", "text")
            for (name, text) in [("plain.sh", "echo 1"), ("lost.sh", "#!/no/such/shell\necho 1\n")] {
                try directory.write(name, text)
                try #require(chmod(directory.file(name), 0o700) == 0)
            }
            let programs = ["./plain", "/no/such/program", "no-such-program-here", "/tmp", "./plain.sh", "./lost.sh"]
            for program in programs {
                let report = try await check(["command": ["argv": [.string(program)]]], in: directory)
                #expect(report.code == "config", "\(report.message)")
                #expect(report.message.contains(program))
            }
            let gone = CheckDirectory(path: directory.file("gone"))
            #expect(try await checkShell("echo 1", in: gone).code == "config")
        }
    }

    @Test(arguments: [
        // Neither the program nor what it started heeds the request.
        "trap '' TERM; exec 3>life; sleep 1000 & echo > ready; wait",
        // The program does, what it started does not.
        "exec 3>life; (trap '' TERM; echo > ready; sleep 1000; sleep 1000) & wait",
        // Both do.
        "exec 3>life; sleep 1000 & echo > ready; wait",
        // What it started has left its group and session, and does not heed the request.
        "exec 3>life; (trap '' TERM; exec setsid sh -c 'echo > ready; sleep 1000') & wait",
        // Nor does the program itself stay in those that it was started in.
        "exec 3>life; exec setsid -w sh -c 'echo > ready; sleep 1000'",
        // It has answered already, which no longer counts: more might have come.
        "exec 3>life; trap '' TERM; echo 12; echo > ready; sleep 1000",
    ])
    func cancellingEndsWhateverItStarted(_ script: String) async throws {
        try await withCheckDirectory { directory in
            try #require(mkfifo(directory.file("life"), 0o600) == 0)
            try #require(mkfifo(directory.file("ready"), 0o600) == 0)
            let run = Task { try await checkShell(script, in: directory, grace: .milliseconds(50)) }
            // Ends once nobody holds the pipe open for writing any more.
            async let ended = checkShell("cat life; echo 1", in: directory)
            #expect(try await checkShell("read line < ready; echo 1", in: directory).count == 1)
            run.cancel()
            let report = try await run.value
            #expect(report.outcome == .cancelled(.cancelled(nil)))
            #expect(try await ended.count == 1)
        }
    }

    @Test(arguments: [
        "exec 3>life; sleep 1000 & echo 7", "exec 3>life; exec >&- 2>&-; sleep 1000 & exit 7",
        "exec 3>life; setsid sleep 1000 & echo 7",
    ])
    func nothingOfAProgramOutlivesIt(_ script: String) async throws {
        try await withCheckDirectory { directory in
            try #require(mkfifo(directory.file("life"), 0o600) == 0)
            async let ended = checkShell("cat life; echo 1", in: directory)
            let report = try await checkShell(script, in: directory)
            #expect(report.count == 7 || report.outcome.exception?.details["exit_code"] == 7)
            #expect(try await ended.count == 1)
        }
    }

    @Test func nothingOfAProgramOutlivesItsDaemon() async throws {
        try await withCheckDirectory { directory in
            try #require(mkfifo(directory.file("life"), 0o600) == 0)
            try #require(mkfifo(directory.file("ready"), 0o600) == 0)
            async let ended = checkShell("cat life; echo 1", in: directory)
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
                let directory = CheckDirectory(path: path)
                let script = "exec 3>life; trap '' TERM; setsid sleep 1000 & echo > ready; wait"
                async let run = checkShell(script, in: directory)
                #expect(try await checkShell("read line < ready; echo 1", in: directory).count == 1)
                kill(getpid(), SIGKILL)
                _ = try await run
            }
            #expect(try await ended.count == 1)
        }
    }

    @Test func cancelledBeforeItStartsNothingRuns() async throws {
        try await withCheckDirectory { directory in
            let run = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await checkShell("echo > ran; echo 1", in: directory)
            }
            let report = try await run.value
            #expect(report.outcome == .cancelled(.cancelled(nil)))
            #expect(access(directory.file("ran"), F_OK) != 0)
        }
    }
}
