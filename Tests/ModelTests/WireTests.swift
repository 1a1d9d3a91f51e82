import Model
import Testing

@Suite struct WaitRequestTests {
    @Test func readsItsFieldsAndCollapsesRepetitions() throws {
        let request = try WaitRequest(json: ["ids": [3, 1, 3], "return_when": "FIRST_EXCEPTION", "timeout": "1m"])
        #expect(
            request == WaitRequest(ids: [TaskID(3), TaskID(1)], returnWhen: .firstException, timeout: .seconds(60)))
        #expect(try WaitRequest(json: ["ids": [1]]) == WaitRequest(ids: [TaskID(1)]))
        for negative in [-5, -1e300, "-1s"] as [JSONValue] {
            #expect(try WaitRequest(json: ["ids": [1], "timeout": negative]).timeout == .zero)
        }
        #expect(try WaitRequest(json: ["ids": [1], "timeout": 1e10]).timeout == .longest)
        #expect(try WaitRequest(json: request.json) == request)
    }

    @Test(
        arguments: [
            ([:], "ids"), (["ids": []], "ids"), (["ids": 1], "ids"), (["ids": [0]], "ids[0]"),
            (["ids": ["1"]], "ids[0]"),
            (["ids": [1], "return_when": "first"], "return_when"), (["ids": [1], "timeout": "x"], "timeout"),
            (["ids": [1], "timeout": "--1s"], "timeout"),
            (["ids": [1], "when": 1], "when"),
        ] as [(JSONValue, String)])
    func refusesWhatIsWrongByItsPath(json: JSONValue, path: String) {
        let error = #expect(throws: InvalidInput.self) { try WaitRequest(json: json) }
        #expect(error?.path == path)
    }

    @Test(
        arguments: [
            (.firstCompleted, [.running, .queued], false), (.firstCompleted, [.running, .cancelled], true),
            (.firstException, [.running, .cancelled, .succeeded], false), (.firstException, [.running, .failed], true),
            (.firstException, [.cancelled, .succeeded], true), (.allCompleted, [.failed, .held], false),
            (.allCompleted, [.failed, .cancelled, .succeeded], true),
        ] as [(ReturnWhen, [TaskState], Bool)])
    func aWaitIsOverAsAsyncioSays(mode: ReturnWhen, states: [TaskState], isOver: Bool) {
        #expect(mode.isSatisfied(by: states) == isOver)
    }
}

@Suite struct TaskFilterTests {
    @Test func readsEveryParameter() throws {
        let filter = try TaskFilter(query: [
            ("state", "failed,cancelled"), ("name", "a*"), ("kind", "task_group"), ("queue", "q"), ("parent_id", "7"),
            ("label", "k:v:w"), ("since", "2026-01-01"), ("until", "2026-01-02T00:00:00Z"), ("limit", "5"),
            ("cursor", "0"), ("order", "desc"),
        ])
        #expect(filter.states == [.failed, .cancelled] && filter.name == "a*" && filter.kind == .taskGroup)
        #expect(filter.queue == "q" && filter.parentID == TaskID(7) && filter.limit == 5 && filter.cursor == 0)
        #expect(filter.labels == [.init(key: "k", value: "v:w")] && filter.order == .descending)
        let combined = try TaskFilter(query: [("label", "k:\u{301}v")])
        #expect(combined.labels == [.init(key: "k", value: "\u{301}v")])
        #expect(filter.since == Timestamp(text: "2026-01-01") && filter.until == Timestamp(text: "2026-01-02"))
    }

    @Test func takesSeveralStatesAndLabelsAndOneOfEverythingElse() throws {
        let filter = try TaskFilter(query: [("state", "failed"), ("state", "held"), ("label", "a:1"), ("label", "b:2")])
        #expect(filter.states == [.failed, .held])
        #expect(filter.labels == [.init(key: "a", value: "1"), .init(key: "b", value: "2")])
        let error = #expect(throws: InvalidInput.self) { try TaskFilter(query: [("queue", "a"), ("queue", "b")]) }
        #expect(error?.path == "queue")
    }

    @Test(arguments: [
        ("state", "done"), ("state", ""), ("kind", "x"), ("queue", "a b"), ("parent_id", "0"), ("parent_id", "x"),
        ("label", "k"),
        ("since", "soon"), ("until", ""), ("limit", "0"), ("limit", "10001"), ("cursor", "-1"), ("order", "up"),
        ("sort", "name"),
        ("page", "2"),
    ])
    func refusesWhatIsWrongByItsName(name: String, value: String) {
        let error = #expect(throws: InvalidInput.self) { try TaskFilter(query: [(name, value)]) }
        #expect(error?.path == name)
    }
}
