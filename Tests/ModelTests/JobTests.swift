import Model
import Testing

@Suite struct JobTests {
    private func job(_ text: String) throws -> Job { try Job(json: JSONParser.parse(text)) }

    @Test(
        arguments: [
            (#"{"command": ["a"]}"#, .command), (#"{"shell": "a"}"#, .shell), (#"{"sleep": 1}"#, .sleep),
            (#"{"check": {"command": {"argv": ["a"]}}}"#, .check), (#"{"gather": [{"sleep": 1}]}"#, .gather),
            (#"{"task_group": [{"sleep": 1}]}"#, .taskGroup), (#"{"race": [{"sleep": 1}]}"#, .race),
            (#"{"sequence": [{"sleep": 1}]}"#, .sequence),
        ] as [(String, TaskKind)])
    func everyKindIsRead(text: String, kind: TaskKind) throws {
        let job = try job(text)
        #expect(job.kind == kind)
        #expect(job.source == (try JSONParser.parse(text)))
        #expect(job.members.count == (kind.isComposite ? 1 : 0))
    }

    @Test func everyModifierIsRead() throws {
        let job = try job(
            """
            {"sleep": 1, "name": "n", "queue": "q", "priority": -3, "timeout": "1m", "grace": 2, "shield": true,
             "retry": {"attempts": 3, "backoff": "2s", "max_backoff": "9s", "jitter": 0.5}, "after": [1, 2], "delay": 5,
             "key": "k", "labels": {"a": "b"}, "hold": true, "on_interrupt": "rerun", "on_done": ["x", ""]}
            """)
        #expect(job.name == "n" && job.queue == "q" && job.priority == -3 && job.key == "k" && job.shield && job.hold)
        #expect(job.timeout == .seconds(60) && job.grace == .seconds(2) && job.start == .delay(.seconds(5)))
        #expect(job.retry == RetryPolicy(attempts: 3, backoff: .seconds(2), maximumBackoff: .seconds(9), jitter: 0.5))
        #expect(job.after == [TaskID(1), TaskID(2)] && job.labels == ["a": "b"])
        #expect(job.onInterrupt == .rerun && job.onDone == ["x", ""])
    }

    @Test func wholeNumbersMayBeWrittenAsFractions() throws {
        let job = try job(#"{"sleep": 1, "priority": 1e3, "after": [2.0]}"#)
        #expect(job.priority == 1000 && job.after == [TaskID(2)])
    }

    @Test func modifiersLeftOutOrNullAreAtTheirDefaults() throws {
        for text in [#"{"sleep": 1}"#, #"{"sleep": 1, "timeout": null, "name": null, "retry": null, "after": null}"#] {
            let job = try job(text)
            #expect(job.name == nil && job.queue == "default" && job.priority == 0 && job.timeout == nil)
            #expect(job.grace == .seconds(10) && job.retry == .once && job.start == .now && job.onInterrupt == .fail)
            #expect(!job.shield && !job.hold && job.after.isEmpty && job.key == nil && job.onDone.isEmpty)
        }
    }

    @Test func aSleepSaysHowItEnds() throws {
        let outcomes = try [
            #"{"sleep": 0.5}"#, #"{"sleep": 1, "returns": null}"#,
            #"{"sleep": 1, "raises": {"type": "E", "message": "m"}}"#,
        ].map { text -> Outcome? in
            guard case .sleep(let sleep) = try job(text).action else { return nil }
            return sleep.outcome
        }
        let failure = ExceptionInfo(type: "E", message: "m")
        #expect(outcomes == [.succeeded("Completed after 0.5s"), .succeeded(nil), .failed(failure)])
    }

    /// A malformed job, the path its complaint names, and words of the complaint.
    static let malformed: [(job: String, path: String, words: String)] = [
        ("[]", "", "an object"), ("{}", "", "one kind key"), (#"{"name": "x"}"#, "", "found: name"),
        (#"{"sleep": 1, "shell": "a"}"#, "", "one kind key, found sleep and shell"),
        (#"{"sleep": 1, "tiemout": 1}"#, "tiemout", "unknown key"),
        (#"{"sleep": 1, "env": {}}"#, "env", "unknown key"), (#"{"sleep": 1, "": 1}"#, "\"\"", "unknown key"),
        (#"{"race": [{"sleep": 1}], "return_exceptions": true}"#, "return_exceptions", "unknown key"),
        (#"{"sleep": -1}"#, "sleep", "not negative"), (#"{"sleep": "soon"}"#, "sleep", "not a duration"),
        (#"{"sleep": null}"#, "sleep", "missing"), (#"{"sleep": true}"#, "sleep", "expected a duration"),
        (#"{"sleep": 1, "returns": 1, "raises": {"type": "E"}}"#, "raises", "beside returns"),
        (#"{"sleep": 1, "raises": {"message": "m"}}"#, "raises.type", "missing"),
        (#"{"sleep": 1, "raises": {"type": "E", "x": 1}}"#, "raises.x", "unknown key"),
        (#"{"sleep": 1, "steps": 0}"#, "steps", "between 1"), (#"{"sleep": 1, "steps": 1.5}"#, "steps", "whole number"),
        (#"{"command": []}"#, "command", "empty list"), (#"{"command": "ls"}"#, "command", "a list"),
        (#"{"command": [""]}"#, "command[0]", "empty"), (#"{"command": ["a", 1]}"#, "command[1]", "a string"),
        (#"{"command": ["a\u0000b"]}"#, "command[0]", "NUL"), (#"{"shell": ""}"#, "shell", "empty"),
        (#"{"shell": "a", "env": {"A": 1}}"#, "env.A", "a string"),
        (#"{"shell": "a", "env": {"A=B": ""}}"#, "env", "hold ="),
        (#"{"shell": "a", "env": {"A=\u0301": ""}}"#, "env", "hold ="),
        (#"{"shell": "a", "output": "xml"}"#, "output", "one of: text, json"),
        (#"{"shell": "a", "nice": 20}"#, "nice", "between -20 and 19"),
        (#"{"shell": "a", "rlimits": {"files": 1}}"#, "rlimits.files", "between 4"),
        (#"{"check": {}}"#, "check", "exactly one source"),
        (#"{"check": {"sqlite": {}}}"#, "check.sqlite.path", "missing"),
        (#"{"check": {"file": {"path": "a", "format": "x"}}}"#, "check.file.format", "one of: marc, marcxml, csv"),
        (#"{"check": {"command": {"argv": ["a"], "parse": "x"}}}"#, "check.command.parse", "JSON pointer"),
        (#"{"gather": []}"#, "gather", "empty list"), (#"{"gather": {}}"#, "gather", "a list"),
        (#"{"gather": [{"sleep": 1}, {"sleep": -1}]}"#, "gather[1].sleep", "not negative"),
        (#"{"gather": [{"race": [{"sleep": 1, "x": 1}]}]}"#, "gather[0].race[0].x", "unknown key"),
        (#"{"gather": [{"sleep": 1, "key": "k"}]}"#, "gather[0].key", "not a member"),
        (#"{"gather": [{"sleep": 1}], "max_running": 0}"#, "max_running", "between 1"),
        (#"{"gather": [{"sleep": 1}], "merge": 1}"#, "merge", "true or false"),
        (#"{"sleep": 1, "name": ""}"#, "name", "empty"), (#"{"sleep": 1, "name": 1}"#, "name", "a string"),
        (#"{"sleep": 1, "queue": "a b"}"#, "queue", "only letters"),
        (#"{"sleep": 1, "priority": "1"}"#, "priority", "whole number"),
        (#"{"sleep": 1, "timeout": "-1s"}"#, "timeout", "not a duration"),
        (#"{"sleep": 1, "grace": []}"#, "grace", "a duration"),
        (#"{"sleep": 1, "shield": "yes"}"#, "shield", "true or false"),
        (#"{"sleep": 1, "after": 3}"#, "after", "a list"),
        (#"{"sleep": 1, "after": []}"#, "after", "empty list"),
        (#"{"sleep": 1, "after": [0]}"#, "after[0]", "between 1"),
        (#"{"sleep": 1, "after": ["1"]}"#, "after[0]", "whole number"),
        (#"{"sleep": 1, "delay": 1, "not_before": "2026-01-01"}"#, "not_before", "beside delay"),
        (#"{"sleep": 1, "not_before": "soon"}"#, "not_before", "not a time"),
        (#"{"sleep": 1, "retry": "3"}"#, "retry", "expected a number of attempts, or an object, found a string"),
        (#"{"sleep": 1, "priority": 99999999999999999999999}"#, "priority", "must lie between"),
        (#"{"sleep": 1, "priority": -1e20}"#, "priority", "must lie between"),
        (#"{"sleep": 1, "priority": 1.5}"#, "priority", "found a fractional number"),
        (#"{"shell": "x", "env": {"": "x"}}"#, "env.\"\"", "empty key"),
        (#"{"shell": "x", "env": {"A\u0000": "x"}}"#, "env.A\u{0}", "NUL"),
        (#"{"sleep": 1, "retry": 0}"#, "retry", "between 1"),
        (#"{"sleep": 1, "retry": {}}"#, "retry.attempts", "missing"),
        (#"{"sleep": 1, "retry": {"attempts": 0}}"#, "retry.attempts", "between 1"),
        (#"{"sleep": 1, "retry": {"attempts": 2, "jitter": 2}}"#, "retry.jitter", "between 0 and 1"),
        (#"{"sleep": 1, "retry": {"attempts": 2, "tries": 2}}"#, "retry.tries", "unknown key"),
        (#"{"sleep": 1, "retry": {"tries": 2}}"#, "retry.tries", "unknown key"),
        (#"{"sleep": 1, "raises": {"kind": "E"}}"#, "raises.kind", "unknown key"),
        (#"{"check": {"sqlite": {"file": "a"}}}"#, "check.sqlite.file", "unknown key"),
        (#"{"check": {"postgres": {}}}"#, "check.postgres", "unknown key"),
        (#"{"inventory": {"sources": [{"name": "a", "nope": {}}]}}"#, "inventory.sources[0].nope", "unknown key"),
        (#"{"sleep": 1, "labels": {"a": 1}}"#, "labels.a", "a string"),
        (#"{"sleep": 1, "labels": {"a:b": ""}}"#, "labels", "colon"),
        (#"{"sleep": 1, "labels": {"a:\u0301": ""}}"#, "labels", "colon"),
        (#"{"sleep": 1, "on_interrupt": "x"}"#, "on_interrupt", "fail, rerun"),
        (#"{"sleep": 1, "on_done": []}"#, "on_done", "empty"),
        (#"{"sleep": 1, "hold": 1}"#, "hold", "true or false"), (#"{"sleep": 1, "key": ""}"#, "key", "empty"),
    ]

    @Test func aMalformedJobIsRefusedWithThePathOfTheKey() throws {
        for (text, path, words) in Self.malformed {
            let error = #expect(throws: InvalidInput.self, "\(text)") { try job(text) }
            #expect(
                error?.path == path && error?.message.contains(words) == true, "\(text): \(error?.description ?? "")")
        }
    }

    @Test func nestingIsBounded() throws {
        func nested(_ depth: Int) -> JSONValue {
            (1..<depth).reduce(["sleep": 1]) { inner, _ in ["gather": [inner]] }
        }
        // What the innermost composite holds is no composite.
        #expect(try Job(json: nested(65)).kind == .gather)
        let error = #expect(throws: InvalidInput.self) { try Job(json: nested(66)).taskCount }
        #expect(error?.code == .limit)
        #expect(error?.path.hasSuffix("gather[0]") == true)
    }

    @Test func theNumberOfTasksIsBounded() throws {
        let error = #expect(throws: InvalidInput.self) {
            try Job(json: ["gather": .array(Array(repeating: ["sleep": 1], count: 100_001))])
        }
        #expect(error?.code == .limit)
        #expect(error?.path == "gather")
        // Also when no one list is too long: 401 lists of 250.
        let list: JSONValue = ["race": .array(Array(repeating: ["sleep": 1], count: 250))]
        let spread = #expect(throws: InvalidInput.self) {
            try Job(json: ["gather": .array(Array(repeating: list, count: 401))])
        }
        #expect(spread?.code == .limit)
    }

    @Test func theSourcesOfInventoriesCountAmongTheTasks() throws {
        func inventory(_ count: Int) -> JSONValue {
            let sources = (0..<count).map { number -> JSONValue in
                ["name": .string("s\(number)"), "sqlite": ["path": "p", "sql": "SELECT 1"]]
            }
            return ["inventory": ["sources": .array(sources)]]
        }
        // The gather, two inventories and their sources.
        #expect(try Job(json: ["gather": [inventory(90_000), inventory(9997)]]).members.count == 2)
        let error = #expect(throws: InvalidInput.self) {
            try Job(json: ["gather": [inventory(90_000), inventory(9998)]])
        }
        #expect(error?.code == .limit)
        #expect(error?.path == "gather[1].inventory")
    }

    /// Later attempts are made of the job as it was written.
    @Test func whatIsDoneOnceMoreRunsAfterNothing() throws {
        let member: JSONValue = ["sleep": 1, "after": [3], "hold": true]
        let job = try Job(json: [
            "name": "all", "gather": [member, ["sequence": [member]]], "after": [1, 2], "key": "k", "hold": true,
            "retry": 2,
        ])
        let rest: JSONValue = ["sleep": 1, "hold": true]
        let again = job.again
        #expect(again.source == ["name": "all", "gather": [rest, ["sequence": [rest]]], "retry": 2])
        #expect(try Job(json: again.source) == again)
    }
}

@Suite struct RetryPolicyTests {
    /// Each level is stored, and kept while it runs, with all that is below it.
    @Test func nestsNoMoreThanFitsIntoMemory() throws {
        func nested(_ depth: Int) -> JSONValue {
            let leaf: JSONValue = ["sleep": 1, "returns": .string(String(repeating: "x", count: 5 << 20))]
            return (0..<depth).reduce(leaf) { job, _ in ["gather": [job]] }
        }
        _ = try Job(json: nested(40))
        let error = #expect(throws: InvalidInput.self) { _ = try Job(json: nested(60)) }
        #expect(error?.code == .limit && error?.path.hasPrefix("gather[0].gather[0]") == true, "\(error as Any)")
    }

    @Test func restsDoubleUpToTheLongest() {
        let policy = RetryPolicy(attempts: 1000, backoff: .seconds(1), maximumBackoff: .seconds(10))
        #expect(
            (1...6).map { policy.delay(afterAttempt: $0, randomness: 1) } == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
        #expect(policy.delay(afterAttempt: 1000, randomness: 0) == .seconds(10))
    }

    @Test func chanceTakesOnlyTheJitteredPart() {
        let policy = RetryPolicy(attempts: 2, backoff: .seconds(8), jitter: 0.5)
        #expect([0, 0.5, 1].map { policy.delay(afterAttempt: 1, randomness: $0) } == [8, 6, 4].map { .seconds($0) })
    }
}
