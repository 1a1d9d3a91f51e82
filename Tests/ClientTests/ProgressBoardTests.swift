import Model
import Testing

@testable import Client

struct ProgressBoardTests {
    private func reply(_ id: Int, _ state: String, name: String = "n") throws -> TaskReply {
        try TaskReply(json: JSONParser.parse(task(id, state, name: name)))
    }

    private func board(_ tasks: [TaskReply]) -> ProgressBoard {
        var board = ProgressBoard()
        for task in tasks { board.update(task) }
        return board
    }

    @Test func hasALineATaskInTheirOrder() throws {
        var board = board([try reply(2, "running", name: "main"), try reply(1, "queued", name: "\\u001bx")])
        board.update(Progress(completed: 1, total: 4, message: "step"), of: TaskID(2))
        board.update(Progress(completed: 1, total: 4), of: TaskID(9))
        #expect(
            board.lines(columns: 80, rows: 10, hasColour: false) == [
                "2 main    [#####---------------]  25% running   step",
                "1 \\u{1b}x [--------------------]   0% queued    ",
            ])
    }

    @Test func fillsTheBarOfATaskThatSucceeded() throws {
        var board = board([try reply(1, "running")])
        board.update(try reply(1, "succeeded"))
        #expect(board.lines(columns: 80, rows: 10, hasColour: false) == ["1 n [####################] 100% succeeded "])
    }

    @Test func tellsWhatEachCameToAndTheTotalBelow() throws {
        func member(_ id: Int, _ state: String, _ name: String, _ more: String) throws -> TaskReply {
            try TaskReply(
                json: JSONParser.parse(
                    #"{"id":\#(id),"name":"\#(name)","kind":"check","state":"\#(state)"\#(more)}"#))
        }
        let error = #","exception":{"type":"SourceError","message":"gone\u001b"}"#
        var board = board([
            try member(2, "succeeded", "main", #","result":{"main":1247}"#), try member(3, "failed", "loans", error),
            try member(4, "running", "shelf", #","progress":{"completed":412,"total":1247}"#),
        ])
        board.update(
            try member(1, "running", "nightly", #","progress":{"completed":2,"total":3,"fraction":0.5}"#), isTotal: true
        )
        #expect(
            board.lines(columns: 80, rows: 10, hasColour: false) == [
                "2 main    [####################] 100% succeeded 1247",
                "3 loans   [--------------------]   0% failed    SourceError: gone\\u{1b}",
                "4 shelf   [######--------------]  33% running   412/1247",
                "1 nightly [##########----------]  50% running   2/3",
            ])
        #expect(
            board.lines(columns: 39, rows: 10, hasColour: false) == [
                "2 main    100% succeeded 1247",
                "3 loans     0% failed    SourceError: …",
                "4 shelf    33% running   412/1247",
                "1 nightly  50% running   2/3",
            ])
        #expect(board.lines(columns: 80, rows: 3, hasColour: false).map { $0.prefix(3) } == ["4 s", "… 2", "1 n"])
        #expect(board.lines(columns: 80, rows: 0, hasColour: false).isEmpty)
        #expect(board.lines(columns: 80, rows: -1, hasColour: false).isEmpty)
    }

    @Test func staysWithinTheTerminal() throws {
        let tasks = try (1...30).map {
            try reply($0, $0 <= 20 ? "succeeded" : "running", name: String(repeating: "日", count: 40))
        }
        let lines = board(tasks).lines(columns: 50, rows: 12, hasColour: false)
        #expect(lines.count == 12)
        #expect(lines.allSatisfy { $0.displayWidth <= 50 })
        #expect(lines.last == "… 19 more; 20 of 30 done")
        #expect(lines.first?.hasPrefix(" 1 ") == true)
        #expect(lines[1...10].allSatisfy { $0.hasPrefix("2") || $0.hasPrefix("3") })
    }
}

struct ShortTextTests {
    @Test(arguments: [
        (0, "0s"), (0.256, "0.25s"), (1, "1s"), (59.96, "59.9s"), (60, "1m00s"), (125, "2m05s"), (3720, "1h02m"),
        (273_600, "3d04h"),
    ])
    func isShort(seconds: Double, expected: String) {
        #expect(Duration.seconds(seconds).shortText == expected)
    }

    @Test func anInstantCanBeGivenBack() throws {
        let instant = try #require(Timestamp(text: "2026-11-21T09:30:00.125Z"))
        #expect(instant.shortText == "2026-11-21T09:30:00Z")
        #expect(Timestamp(argument: instant.shortText) == Timestamp(milliseconds: instant.milliseconds - 125))
    }
}

struct PercentTests {
    @Test(arguments: [(0.0, 0), (0.44999999999999996, 45), (0.999, 99), (1.0, 100), (0.29, 29), (0.58, 58)])
    func areWholeAndHundredOnlyAtTheEnd(fraction: Double, expected: Int) {
        #expect(Progress(completed: 0, total: 1, fraction: fraction).percent == expected)
    }
}

struct NoteTests {
    @Test(arguments: [
        (#"{"after":[7,8]}"#, "waits for 7, 8"), (#"{"parent":3}"#, "waits for its turn in 3"),
        (#"{"delay":"2026-11-21T09:30:00.125Z"}"#, "waits until 2026-11-21T09:30:00Z"),
        (#"{"retry":"2026-11-21T09:30:00.125Z"}"#, "tries again at 2026-11-21T09:30:00Z"), ("null", ""),
        (#"{"moon":"full"}"#, "waits for moon full"),
    ])
    func saysWhatAQueuedTaskWaitsFor(waiting: String, expected: String) throws {
        let json = try JSONParser.parse(task(7, "queued", more: #","waiting_for":\#(waiting)"#))
        #expect(try TaskReply(json: json).note == expected)
    }

    @Test func isTheProgressTheResultOrTheException() throws {
        func note(_ text: String) throws -> String { try TaskReply(json: JSONParser.parse(text)).note }
        #expect(try note(task(7, "held")) == "waits for start")
        #expect(try note(task(7, "running", more: #","progress":{"completed":0.5,"total":1}"#)) == "50%")
        let command = #","job":{"command":["make","-C","my build","it's"]}"#
        #expect(try note(task(7, "running", more: command)) == #"make -C 'my build' 'it'\''s'"#)
        #expect(try note(task(7, "queued", more: #","job":{"shell":"echo $HOME"}"#)) == "echo $HOME")
        #expect(try note(task(7, result: #"{"a":[1,2]}"#)) == #"{"a": [1, 2]}"#)
        let inventory = Inventories.task(result: Inventories.plain(main: 5))
        #expect(try note(inventory) == #"ok {"main": 5, "loans": 34}"#)
        #expect(try note(task(7, "failed", exception: #"{"type":"E","message":""}"#)) == "E")
    }
}
