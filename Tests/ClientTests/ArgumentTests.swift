import ArgumentParser
import Model
import Testing

@testable import Client

struct ArgumentTests {
    private func parse<Command>(_ arguments: String..., as type: Command.Type = Command.self) throws -> Command {
        try #require(try TaskCtl.parseAsRoot(arguments) as? Command)
    }

    @Test(arguments: [
        [
            "submit", "nightly", "--name", "n", "--queue", "q", "--priority", "-5", "--timeout", "1m", "--after", "1,2",
            "--delay", "2s",
        ],
        [
            "submit", "-f", "-", "--key", "k", "--label", "a=b", "--label", "c=", "--shield", "--hold", "--retry", "3",
            "--wait",
        ],
        ["submit", "--on-done", "notify-send", "done", "--wait", "--timeout", "5", "--", "sh", "-c", "exit 3"],
        ["status"], ["status", "7", "main", "--watch"],
        [
            "list", "--state", "queued,running", "--state", "held", "--name", "m*", "--kind", "task_group", "--queue",
            "q",
        ],
        ["list", "--parent", "7", "--label", "a=b", "--since", "2026-11-21", "--until", "2h", "--limit", "3"],
        ["wait", "1", "2", "--timeout", "500ms", "--return-when", "FIRST_COMPLETED", "--cancel-on-timeout"],
        ["gather", "1", "1", "--return-exceptions", "--merge"], ["as-completed", "1", "--timeout", "1d"],
        ["result", "7"], ["exception", "7"], ["cancel", "1", "2", "--message", "m", "--force", "--wait"],
        ["logs", "7", "--follow", "--stderr", "--tail", "10", "--raw"], ["start", "7"], ["retry", "7"], ["jobs"],
        ["queues"],
        ["queue", "set", "q", "--max-running", "3"], ["queue", "set", "q", "--max-running", "none"],
        ["queue", "pause", "q"], ["queue", "resume", "q"],
        ["history", "--since", "2026-11-21T09:00:00+01:00", "--name", "n", "--state", "failed", "--limit", "1"],
        ["events", "--after", "5", "--follow", "--task", "7"], ["progress", "7", "--follow"],
        ["prune", "--older-than", "30d"],
        ["ping", "--json", "--socket", "/s"],
        ["inventory"], ["inventory", "nightly", "--sources", "a,b", "--verify", "f", "--fail-on", "partial", "--csv"],
        ["inventory", "-f", "-", "--fail-on", "suspicious,discrepancies", "--timeout", "5s", "--json", "--all"],
        ["inventory", "show"], ["inventory", "show", "7", "--books"], ["inventory", "history", "n", "--limit", "3"],
    ])
    func areAccepted(arguments: [String]) throws {
        #expect(try TaskCtl.parseAsRoot(arguments) is any ClientCommand)
    }

    @Test(arguments: [
        ["submit", "job", "--label", "x"],
        ["submit", "job", "--timeout", "-1"], ["submit", "job", "--after", "1,,2"],
        ["submit", "job", "--timeout", "1", "--task-timeout", "2"],
        ["wait"], ["wait", "x"], ["wait", "0"], ["wait", "1", "--return-when", "SOON"],
        ["wait", "1", "--cancel-on-timeout"],
        ["backup"], ["backup", ""], ["result"], ["result", "1", "2"], ["cancel"], ["logs", "1", "--tail", "-1"],
        ["list", "--state", "gone"], ["list", "--limit", "0"], ["list", "--since", "soon"],
        ["list", "--until", "2020"], ["submit", "--not-before", "2h", "--", "true"],
        ["submit", "--not-before", "20200101", "--", "true"],
        ["history", "--state", "running"],
        ["queue", "set", "q"], ["queue", "set", "q", "--max-running", "-1"], ["events", "--after", "-1"], ["prune"],
        ["nonsense"],
        ["ping", "--nonsense"],
    ])
    func areRefusedAsUsageErrors(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try TaskCtl.parseAsRoot(arguments) }
        #expect(error.map { TaskCtl.exitCode(for: $0).rawValue } == ExitStatus.usage.rawValue)
    }

    @Test(arguments: [
        ["submit", "a", "--timeout", "5min"], ["wait", "1", "--timeout", "soon"], ["prune", "--older-than", "a month"],
        ["submit", "a", "--delay", "1h 30m"], ["inventory", "--timeout", "--json"],
    ])
    func whatIsNoDurationIsToldHowItIsWritten(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { try TaskCtl.parseAsRoot(arguments) }
        let message = TaskCtl.message(for: error)
        #expect(message.hasSuffix("write 500ms, 2s, 1m30s, 2h or seconds"), "\(message)")
    }

    @Test(arguments: [
        ["submit", "a", "--timeout", "-5s"], ["submit", "a", "--retry", "-1"], ["logs", "1", "--tail", "-1"],
        ["logs", "1", "--offset", "-1"], ["prune", "--keep", "-1"], ["list", "--limit", "-1"],
        ["events", "--after", "-1"],
        ["inventory", "history", "--limit", "-1"],
    ])
    func whatIsNegativeIsSaidToBe(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { try TaskCtl.parseAsRoot(arguments) }
        let message = TaskCtl.message(for: error)
        #expect(message.contains("must not be negative") || message.contains("must be at least 1"), "\(message)")
    }

    @Test func aLabelHasOneValue() throws {
        let error = try #require(throws: (any Error).self) {
            try TaskCtl.parseAsRoot(["submit", "--label", "a=1", "--label", "b=1", "--label", "a=2", "--", "true"])
        }
        #expect(TaskCtl.message(for: error).contains("--label a is given twice"))
    }

    @Test(arguments: [["--help"], ["--version"], ["submit", "--help"], ["queue", "set", "--help"]])
    func helpIsNoError(arguments: [String]) throws {
        do {
            var command = try TaskCtl.parseAsRoot(arguments)
            let error = #expect(throws: (any Error).self) { try command.run() }
            #expect(error.map { TaskCtl.exitCode(for: $0).rawValue } == 0)
        } catch {
            #expect(TaskCtl.exitCode(for: error).rawValue == 0)
        }
    }

    /// Without a name of its own ArgumentParser derives one at every start, for every command, by reflection: 2 ms.
    @Test func everyCommandHasAName() {
        func check(_ command: any ParsableCommand.Type) {
            #expect(command.configuration.commandName != nil, "\(command)")
            for subcommand in command.configuration.subcommands { check(subcommand) }
        }
        check(TaskCtl.self)
    }

    @Test func optionsForAllCommandsComeAfterTheCommand() throws {
        let ping: Ping = try parse("ping", "--socket", "/s", "--json")
        #expect(ping.global.session.client.socketPath == "/s")
        #expect(ping.global.session.wantsJSON)
    }

    @Test func aFilterBecomesAQuery() throws {
        let list: List = try parse(
            "list", "--state", "queued,running", "--state", "held", "--label", "a=b=c", "--since", "2026-11-21",
            "--parent", "7")
        #expect(
            list.query.map { "\($0.name)=\($0.value)" } == [
                "state=queued,running,held", "since=2026-11-21T00:00:00.000Z", "label=a:b=c", "parent_id=7",
            ])
        let history: History = try parse("history", "--name", "n*")
        #expect(
            history.query.map { "\($0.name)=\($0.value)" } == [
                "state=succeeded,failed,cancelled", "name=n*", "sort=done",
            ])
    }
}

struct SubmitRequestTests {
    private func submit(_ arguments: String...) throws -> Submit {
        try #require(try TaskCtl.parseAsRoot(["submit"] + arguments) as? Submit)
    }

    @Test func aJobByNameCarriesItsOverrides() throws {
        let request = try submit("nightly", "--name", "n", "--timeout", "90s", "--retry", "3").request()
        #expect(request.target == "/v1/jobs/nightly/submit")
        #expect(
            try JSONParser.parse(request.body?.bytes ?? []) == ["name": "n", "retry": ["attempts": 3], "timeout": 90])
    }

    @Test func aCommandIsAJobInTheCurrentDirectory() throws {
        let request = try submit("--after", "1,2", "--after", "3", "--", "sh", "-c", "exit 3", "--name").request()
        #expect(try request.target == "/v1/tasks?directory=\(SubmittedFile.currentDirectory().percentEncoded)")
        #expect(
            try JSONParser.parse(request.body?.bytes ?? [])
                == ["command": ["sh", "-c", "exit 3", "--name"], "after": [1, 2, 3]])
    }

    @Test func aFileIsSentAsItIsWithOverridesBesideIt() throws {
        let file = MemoryFile()
        let path = "/dev/fd/\(file.descriptor)"
        try Output(descriptor: file.descriptor).write("sleep: 1 # é\n")
        let request = try submit("-f", path, "--label", "a=ü", "--hold").request()
        let overrides = #"{"labels":{"a":"ü"},"hold":true}"#.percentEncoded
        #expect(request.target.hasSuffix("&overrides=\(overrides)"))
        #expect(request.body?.contentType == "application/yaml")
    }

    @Test func aMissingFileIsAUsageError() throws {
        let error = #expect(throws: ClientError.self) { try submit("-f", "/nonexistent/job.yaml").request() }
        #expect(error?.code == .usage)
    }

    @Test(arguments: ["", "\u{FEFF}"]) func anEmptyFileIsSaidToBeEmpty(text: String) throws {
        let file = MemoryFile()
        let path = "/dev/fd/\(file.descriptor)"
        try Output(descriptor: file.descriptor).write(text)
        let error = #expect(throws: ClientError.self) { try submit("-f", path).request() }
        #expect(error?.code == .usage)
        #expect(error?.message == "\(path) is empty, and not a job")
    }

    @Test(arguments: [
        ("{}", "job.json", "application/json"), ("  \n[1]", "-", "application/json"),
        ("sleep: 1", "-", "application/yaml"),
        ("{sleep: 1}", "-", "application/yaml"), ("{sleep: 1}", "job.json", "application/json"),
        ("{sleep: 1}", "job.yaml", "application/yaml"), ("{}", "job.yml", "application/yaml"),
        ("", "-", "application/yaml"),
        ("# c\nsleep: 1", "job", "application/yaml"),
    ])
    func theContentTypeFollowsNameAndText(text: String, path: String, expected: String) {
        #expect(SubmittedFile.contentType(of: Array(text.utf8), path: path) == expected)
    }

    @Test func aTimeoutBesideWaitIsTheWaitsOwn() throws {
        #expect(try submit("job", "--timeout", "5").overrides == ["timeout": 5])
        #expect(try submit("job", "--timeout", "5", "--wait").overrides == [:])
        #expect(try submit("job", "--timeout", "5", "--wait", "--task-timeout", "1m").overrides == ["timeout": 60])
    }

    @Test func oneWordAfterOnDoneIsALineForTheShell() throws {
        #expect(
            try submit("job", "--on-done", "echo $TASK_ID").overrides == [
                "on_done": ["/bin/sh", "-c", "echo $TASK_ID"]
            ])
        #expect(try submit("--on-done", "notify", "done", "--", "true").overrides == ["on_done": ["notify", "done"]])
    }

    @Test(arguments: [
        ("--socket s list --state failed", "list --socket s --state failed"),
        ("--json --socket=s queue set q --max-running 2", "queue set --json --socket=s q --max-running 2"),
        ("queue --socket s set q", "queue set --socket s q"), ("inventory --json history", "inventory history --json"),
        ("wait --json 7 --socket s", "wait --json 7 --socket s"),
        ("submit -- --socket s", "submit -- --socket s"), ("--version", "--version"), ("--socket", "--socket"),
        ("--socket s", "--socket s"), ("", ""),
    ])
    func optionsOfEveryCommandMayStandBeforeIt(given: String, arranged: String) {
        let words = { (text: String) in text.split(separator: " ").map(String.init) }
        #expect(LeadingOptions.arranged(words(given)) == words(arranged))
    }
}
