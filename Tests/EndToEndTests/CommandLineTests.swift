import Model
import Testing

/// What `taskctl submit` makes of its command line, and where commands run.
@Suite(.timeLimit(.minutes(1)))
struct CommandLineTests {
    @Test func aDirectoryMadeByAnEarlierMemberIsThereInTime() async throws {
        try await withDaemon { daemon in
            let made = daemon.directory.path + "/made"
            let task = try await daemon.run([
                "sequence": [["command": ["mkdir", .string(made)]], ["command": ["pwd"], "cwd": .string(made)]]
            ])
            #expect(task["result"]?.arrayValue?.last?["stdout"] == .string(made + "\n"))
        }
    }

    @Test func taskctlGivesDirectoryAndVariables() async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.taskctl(
                "submit", "--cwd", "jobs", "--env", "A=1", "--env", "B=x=y", "--wait", "--", "sh", "-c",
                "echo $PWD $A $B")
            #expect(reply.stdout.contains("\(daemon.directory.path)/jobs 1 x=y"))
        }
    }

    /// A path that is typed starts where it is typed, whatever file the job is in.
    @Test(arguments: [["submit", "-f", "files/job.yaml"], ["submit", "in-daemon"]])
    func taskctlGivesADirectoryFromWhereItIs(arguments: [String]) async throws {
        let job = "command: [pwd]\n"
        try await withDaemon(jobs: ["in-daemon.yaml": job]) { daemon in
            try daemon.directory.write(["job.yaml": job], to: "files")
            try daemon.directory.write([:], to: "here")
            let reply = try await daemon.taskctl(arguments + ["--cwd", "here", "--wait"])
            #expect(reply.stdout.contains("\(daemon.directory.path)/here\\n"), "\(reply.stdout)\(reply.stderr)")
            let plain = try await daemon.taskctl(arguments + ["--wait"])
            let place = arguments.count > 2 ? "files" : "jobs"
            #expect(plain.stdout.contains("\(daemon.directory.path)/\(place)\\n"), "\(plain.stdout)\(plain.stderr)")
        }
    }

    /// A mark that combines with the sign before it makes one character of the two, and no other sign of it.
    @Test func signsAreSeenBesideWhatCombinesWithThem() async throws {
        try await withDaemon { daemon in
            try daemon.directory.write(["\u{301}job.json": #"{"command": ["pwd"]}"#], to: "g")
            let reply = try await daemon.taskctl(
                "submit", "-f", "g/\u{301}job.json", "--env", "A=\u{301}x", "--label", "k=\u{301}v", "--wait")
            #expect(reply.stdout.contains("\(daemon.directory.path)/g\\n"), "\(reply.stdout)\(reply.stderr)")
            let found = try await daemon.http("GET", "/v1/tasks?label=k:%CC%81v")
            #expect(try found.json["tasks"]?.arrayValue?.count == 1, "\(found.text)")
            #expect(try found.json["tasks"]?.arrayValue?.first?["job"]?["env"] == ["A": "\u{301}x"])
        }
    }

    /// An argument may be the text of a task, which a terminal is never to obey.
    @Test(arguments: [
        ["logs", "\u{1b}[31mRED"], ["list", "--limit", "\u{1b}[2J"], ["submit", "--\u{1b}[2J"], ["\u{1b}c"],
    ])
    func whatIsWrongWithAnArgumentIsSafeToShow(arguments: [String]) async throws {
        let reply = try await Program.run(Program.taskctl, arguments)
        #expect(reply.status == 64)
        #expect(!reply.stderr.contains("\u{1b}") && reply.stderr.contains(#"\u{1b}"#), "\(reply.stderr)")
        #expect(reply.stdout.isEmpty)
    }

    @Test(arguments: [["help", "nosuch"], ["help", "queue", "nosuch"], ["help", "logs", "nosuch"], ["queue"]])
    func whatIsNoCommandIsNotExplained(arguments: [String]) async throws {
        let reply = try await Program.run(Program.taskctl, arguments)
        #expect(reply.status == 64)
        #expect(reply.stdout.isEmpty)
        #expect(arguments == ["queue"] || reply.stderr.contains("no command nosuch"), "\(reply.stderr)")
        for known in [["help"], ["help", "queue"], ["help", "queue", "set"], ["help", "--help"]] {
            #expect(try await Program.run(Program.taskctl, known).status == 0, "\(known)")
        }
    }

    @Test(arguments: [
        ("list --state", "held queued running succeeded failed cancelled"), ("list --state run", "running"),
        ("inventory run --fail-on", "partial suspicious discrepancies"), ("inventory show --fail-on sus", "suspicious"),
    ])
    func bashCompletesValues(line: String, expected: String) async throws {
        // The last word is what was begun, nothing where an option stands.
        let words = line.split(separator: " ").map(String.init)
        let typed = ["taskctl"] + words + (words.last?.hasPrefix("-") == true ? [""] : [])
        let script = """
            eval "$(\(Program.taskctl) --generate-completion-script bash)"
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
            _taskctl taskctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[@]}"
            """
        let reply = try await Program.run("/bin/bash", ["-c", script, "bash"] + typed)
        let offered = reply.stdout.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(Set(offered) == Set(expected.split(separator: " ").map(String.init)), "\(reply)")
    }

    @Test func aDirectoryThatIsGoneIsNamedAsTheReason() async throws {
        try await withDaemon { daemon in
            let script =
                "mkdir gone; cd gone; rmdir ../gone; exec \(Program.taskctl) submit --socket \(daemon.socket) -- pwd"
            let reply = try await Program.run("/bin/sh", ["-c", script], in: daemon.directory.path)
            #expect(reply.status == 64)
            #expect(reply.stderr.contains("is gone"), "\(reply.stderr)")
        }
    }

    @Test func whoMeansAFileOrAProgramIsToldSo() async throws {
        try await withDaemon { daemon in
            try daemon.directory.write("sleep: 0", to: "m.yaml")
            let file = try await daemon.taskctl("submit", "m.yaml")
            #expect(file.status == 4)
            #expect(file.stderr.hasSuffix("taskctl submit -f m.yaml\n"), "\(file.stderr)")
            let program = try await daemon.taskctl("submit", "ls")
            #expect(program.stderr.hasSuffix("taskctl submit -- ls\n"), "\(program.stderr)")
        }
    }

    @Test func taskctlNamesTheOptionItDoesNotKnow() async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.taskctl("submit", "--cdw", "/tmp", "--", "ls")
            #expect(reply.status == 64)
            #expect(reply.stderr.contains("--cdw"))
        }
    }

    @Test(arguments: [[], ["job", "--", "echo"], ["-f", "-", "job"]])
    func taskctlTakesOneOfThreeThings(arguments: [String]) async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.taskctl(["submit"] + arguments)
            #expect(reply.status == 64)
            #expect(reply.stderr.contains("give one of"))
            #expect(reply.stderr.contains("Usage: taskctl submit <job>"), "\(reply.stderr)")
        }
    }
}
