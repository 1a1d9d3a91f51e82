import Model
import Testing

/// C090: wherever in the life of a composite the daemon is killed, the next one comes to the same answer.
///
/// The members are real commands that wait on named pipes, so that each moment is reached by a signal and stays until the
/// test goes on; they outlive the daemon. A story is played undisturbed, and then with `kill -9` after each of its moments:
/// once with the next moment happening under the next daemon, once while there is none.
@Suite(.timeLimit(.minutes(3)))
struct CrashEquivalenceTests {
    @Test(arguments: Story.all)
    func theAnswerIsTheSameWhereverTheDaemonIsKilled(story: Story) async throws {
        let undisturbed = try await play(story, death: nil)
        #expect(undisturbed.count == story.tasks)
        for moment in 0...story.moments.count {
            #expect(try await play(story, death: Death(after: moment)) == undisturbed, "killed after moment \(moment)")
        }
        for (moment, next) in story.moments.enumerated() where next.needsNoDaemon {
            let death = Death(after: moment, isLong: true)
            #expect(try await play(story, death: death) == undisturbed, "dead while moment \(moment + 1) happened")
        }
    }

    private struct Death {
        /// After how many moments the daemon is killed.
        let after: Int
        /// Whether the next moment happens while there is no daemon.
        var isLong = false
    }

    /// Plays a story, and answers how every task stands at its end.
    private func play(_ story: Story, death: Death?) async throws -> [String] {
        try await withDaemon { daemon in
            for member in story.members { _ = try daemon.directory.pipe(member) }
            let id = try await daemon.submit(story.job(daemon.directory))
            for (position, moment) in story.moments.enumerated() {
                if death?.after == position, death?.isLong == false { try await daemon.restart() }
                if death?.after == position, death?.isLong == true {
                    try await daemon.kill9()
                    try await moment.act(daemon)
                    try await daemon.start()
                } else {
                    try await moment.act(daemon)
                }
                try await moment.settle(daemon)
            }
            if death?.after == story.moments.count { try await daemon.restart() }
            _ = try await daemon.done(id)
            return try await daemon.standing()
        }
    }
}

extension CrashEquivalenceTests {
    /// Something that happens to a composite, and what shows that it has.
    enum Moment: Sendable {
        /// The members run, and have printed something.
        case running([String])
        /// A member goes on, and ends in this state.
        case ends(String, String)
        /// A member goes on and ends, and another one is asked to end because of it.
        case aborts(String, String, asking: String)
        /// The task is asked to end, and a member because of it.
        case cancel(String, asking: String)

        /// Whether it comes from a member and not from the daemon or a client.
        var needsNoDaemon: Bool {
            switch self {
            case .ends, .aborts: true
            case .running, .cancel: false
            }
        }

        func act(_ daemon: LiveDaemon) async throws {
            switch self {
            case .running: break
            case .ends(let name, _), .aborts(let name, _, _):
                try await daemon.directory.release(daemon.directory.path + "/" + name)
            case .cancel(let name, _):
                let id = try await daemon.id(name)
                _ = try await daemon.http("POST", "/v1/tasks/\(id)/cancel", ["message": "enough"])
            }
        }

        func settle(_ daemon: LiveDaemon) async throws {
            switch self {
            case .running(let names):
                for name in names { try await daemon.firstLine(of: daemon.id(name)) }
            case .ends(let name, let state): try await daemon.event(state, of: daemon.id(name))
            case .aborts(let name, let state, let sibling):
                try await daemon.event(state, of: daemon.id(name))
                try await daemon.event("cancel_requested", of: daemon.id(sibling))
            case .cancel(_, let member): try await daemon.event("cancel_requested", of: daemon.id(member))
            }
        }
    }

    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The members that are commands.
        let members: [String]
        /// How many tasks there are.
        let tasks: Int
        let job: @Sendable (Directory) -> JSONValue
        let moments: [Moment]
    }
}

extension CrashEquivalenceTests.Story {
    static let all = [
        Self(
            testDescription: "gather", members: ["a", "b"], tasks: 3,
            job: { composite("gather", [$0.member("a"), $0.member("b")]) },
            moments: [.running(["a", "b"]), .ends("b", "succeeded"), .ends("a", "succeeded")]),
        Self(
            testDescription: "gather that fails", members: ["a", "b"], tasks: 3,
            job: { composite("gather", [$0.member("a"), $0.member("b", exit: 3)]) },
            moments: [.running(["a", "b"]), .ends("b", "failed"), .ends("a", "succeeded")]),
        Self(
            testDescription: "gather of exceptions", members: ["a", "b"], tasks: 3,
            job: { composite("gather", [$0.member("a", exit: 3), $0.member("b")], ["return_exceptions": true]) },
            moments: [.running(["a", "b"]), .ends("a", "failed"), .ends("b", "succeeded")]),
        Self(
            testDescription: "gather that is cancelled", members: ["a", "b"], tasks: 3,
            job: { composite("gather", [$0.member("a", isStubborn: true), $0.member("b")]) },
            moments: [.running(["a", "b"]), .cancel("gather", asking: "a"), .ends("a", "succeeded")]),
        Self(
            testDescription: "task group that aborts", members: ["a", "b"], tasks: 3,
            job: { composite("task_group", [$0.member("a", exit: 3), $0.member("b", exit: 4, isStubborn: true)]) },
            moments: [.running(["a", "b"]), .aborts("a", "failed", asking: "b"), .ends("b", "failed")]),
        Self(
            testDescription: "race", members: ["a", "b"], tasks: 3,
            job: { composite("race", [$0.member("a"), $0.member("b", isStubborn: true)]) },
            moments: [.running(["a", "b"]), .aborts("a", "succeeded", asking: "b"), .ends("b", "succeeded")]),
        Self(
            testDescription: "sequence", members: ["a", "b", "c"], tasks: 4,
            job: { composite("sequence", [$0.member("a"), $0.member("b", exit: 3), $0.member("c")]) },
            moments: [.running(["a"]), .ends("a", "succeeded"), .running(["b"]), .ends("b", "failed")]),
        Self(
            testDescription: "composites in a composite", members: ["a", "b", "c", "d"], tasks: 7,
            job: {
                composite(
                    "gather",
                    [
                        composite("sequence", [$0.member("a"), $0.member("b")]),
                        composite("task_group", [$0.member("c", exit: 3), $0.member("d", isStubborn: true)]),
                    ], ["return_exceptions": true])
            },
            moments: [
                .running(["a", "c", "d"]), .ends("a", "succeeded"), .aborts("c", "failed", asking: "d"),
                .running(["b"]), .ends("d", "succeeded"), .ends("b", "succeeded"),
            ]),
    ]
}

private func composite(_ kind: String, _ members: [JSONValue], _ modifiers: JSONObject = [:]) -> JSONValue {
    var object: JSONObject = [kind: .array(members), "name": .string(kind)]
    object.merge(modifiers)
    return .object(object)
}

extension Directory {
    /// A command that says it is ready, waits on the pipe of its name, prints that name and exits; a stubborn one ignores
    /// SIGTERM.
    fileprivate func member(_ name: String, exit: Int = 0, isStubborn: Bool = false) -> JSONValue {
        let trap = isStubborn ? "trap '' TERM; " : ""
        let script = "\(trap)echo ready; read x < \(path)/\(name); echo \(name); exit \(exit)"
        return ["name": .string(name), "shell": .string(script), "grace": "1h"]
    }
}

extension LiveDaemon {
    fileprivate func id(_ name: String) async throws -> Int64 {
        let reply = try await http("GET", "/v1/tasks?name=\(name)")
        guard let id = try reply.json["tasks"]?.arrayValue?.first?["id"]?.intValue else {
            throw TestFailure(reply.text)
        }
        return id
    }

    /// How every task stands, in as many words as must not depend on when the daemon died.
    fileprivate func standing() async throws -> [String] {
        let tasks = try await http("GET", "/v1/tasks").json["tasks"]?.arrayValue ?? []
        return tasks.map { task in
            ["name", "state", "result", "exception", "attempt", "cancel_requests"].map { task[$0]?.text() ?? "-" }
                .joined(separator: " ")
        }
    }
}
