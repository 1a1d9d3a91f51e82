import Model
import Testing

@testable import Client

struct InventoryHistoryTests {
    private func history(_ arguments: String..., newestFirst runs: [String]) throws -> Run {
        let path = "GET /v1/tasks?kind=inventory&order=desc"
        let reply = #"{"tasks":[\#(runs.joined(separator: ","))],"next":null}"#
        return try taskctl(["inventory", "history"] + arguments, routes: [.json(path, reply)])
    }

    private static let failure =
        #"{"type":"QuorumNotMet","message":"m","sources":{"#
        + #""main":{"state":"failed","count":null},"loans":{"state":"ok","count":34}}}"#
    private static let job = #","job":{"inventory":{"sources":[{"name":"main"},{"name":"loans"}]}}"#

    /// Seven runs of one job and one of another.
    private static let runs = [
        Inventories.task(9, result: Inventories.plain(main: 107)),
        Inventories.task(8, "failed", exception: #"{"type":"TimeoutError","message":""}"#, more: job),
        Inventories.task(7, name: "week\\u001b", result: Inventories.plain(main: 5)),
        Inventories.task(6, result: Inventories.plain(main: 105)),
        Inventories.task(5, "failed", exception: failure),
        Inventories.task(4, result: Inventories.plain(main: 0, state: "suspicious")),
        Inventories.task(3, result: Inventories.plain(main: 102)),
        Inventories.task(2, result: Inventories.plain(main: 100)),
    ]

    @Test func showsEachSourceOverTheRunsOfItsJob() throws {
        let run = try history(newestFirst: Self.runs)
        let span = "2026-11-21T09:31:02Z"
        let (blocks, ascii) = (["▁▃!·▆·█", "▄▄▄▄▄·▄", "▄"], ["_-!.*.#", "~~~~~.~", "~"])
        let trends = Output(descriptor: 1).showsUnicode ? blocks : ascii
        #expect(
            run.output == """
                nightly: 7 runs, \(span) to \(span)
                SOURCE  TREND    COUNT  CHANGE  SINCE FIRST  FAILED  SUSPICIOUS
                main    \(trends[0])    107      +2           +7       2           1
                loans   \(trends[1])     34       0            0       1           0

                week\\u{1b}: 1 run, \(span)
                SOURCE  TREND  COUNT  CHANGE  SINCE FIRST  FAILED  SUSPICIOUS
                main    \(trends[2])          5       -            -       0           0
                loans   \(trends[2])         34       -            -       0           0

                """)
        #expect(run.calls == ["GET /v1/tasks?kind=inventory&order=desc&state=succeeded%2Cfailed&limit=30"])
    }

    @Test func asksForOneJobAndSoManyRuns() throws {
        let run = try history("nightly", "--limit", "2", newestFirst: [])
        #expect(run.status == 4)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("no inventory called nightly has run yet"))
        #expect(run.calls.first?.hasSuffix("&name=nightly&state=succeeded%2Cfailed&limit=2") == true)
    }

    @Test func asCSVHasALineARunAndSource() throws {
        let run = try history("--csv", newestFirst: [Self.runs[4], Self.runs[7]])
        #expect(
            run.output.split(separator: "\r\n").map(String.init) == [
                "task,job,finished_at,source,state,count",
                "2,nightly,2026-11-21T09:31:02.000Z,main,ok,100", "2,nightly,2026-11-21T09:31:02.000Z,loans,ok,34",
                "5,nightly,2026-11-21T09:31:02.000Z,main,failed,", "5,nightly,2026-11-21T09:31:02.000Z,loans,ok,34",
            ])
    }

    @Test func asJSONIsAListOfTasksOldestFirst() throws {
        let run = try history("--json", newestFirst: Self.runs)
        #expect(try JSONParser.parse(run.output).arrayValue?.compactMap { $0["id"] } == [2, 3, 4, 5, 6, 7, 8, 9])
    }

    @Test(arguments: [200, 60, 40])
    func keepsTheLatestRunsOnANarrowTerminal(columns: Int) throws {
        let lines = try trend(columns: columns)
        #expect(lines[1].contains("█  "))
        #expect(lines[1].filter { "▁▂▃▄▅▆▇█".contains($0) }.count == max(8, columns - 56))
    }

    @Test(arguments: [200, 60, 40, 1]) func isNoWiderThanTheTerminal(columns: Int) throws {
        #expect(try trend(columns: columns).allSatisfy { $0.displayWidth <= columns })
    }

    /// The lines of 200 runs.
    private func trend(columns: Int) throws -> [String] {
        let runs = try (0..<200).map { number in
            try TaskReply(
                json: JSONParser.parse(Inventories.task(number + 1, result: Inventories.plain(main: number))))
        }
        let table = Table(trend: try InventoryTrend(name: "nightly", runs: runs), columns: columns, .blocks)
        return table.lines(width: columns)
    }
}

struct SparklineTests {
    private func text(_ points: [Sparkline.Point], width: Int = 20) -> String {
        Sparkline(points: points).text(width: width, .blocks)
    }

    @Test func isDrawnFromTheLeastToTheGreatest() {
        #expect(text((0...7).map { .number($0) }) == "▁▂▃▄▅▆▇█")
        #expect(text([.number(-5), .number(1_000_000), .number(500_000)]) == "▁█▅")
        #expect(text([.number(.min), .number(.max), .number(0)]) == "▁█▅")
    }

    @Test func isLevelWhenNothingChanges() {
        #expect(text([.number(7), .gap, .number(7)]) == "▄·▄")
    }

    @Test func leavesOutWhatIsNoNumber() {
        #expect(text([.number(100), .warning, .gap, .nothing, .number(101)]) == "▁!· █")
        #expect(text([.gap, .warning]) == "·!")
        #expect(text([]).isEmpty)
    }

    @Test func showsTheLastOfManyToTheirOwnScale() {
        #expect(text([.number(0), .number(10), .number(11)], width: 2) == "▁█")
    }

    @Test func needsNoDigitAndNothingBeyondASCII() {
        let alphabet = Sparkline.Alphabet.ascii
        let all = alphabet.levels + [alphabet.gap, alphabet.warning]
        #expect(Set(all).count == 10)
        #expect(all.allSatisfy { $0.isASCII && !$0.isNumber })
    }
}

struct CSVRowTests {
    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("", ""),
        ("=1+1", "\"'=1+1\""), ("+49", "\"'+49\""), ("-", "\"'-\""), ("@x", "\"'@x\""), ("a\nb\u{1B}", "a\\nb\\u{1b}"),
        ("it's", "it's"), ("日本", "日本"), ("a,\u{301}b", "\"a,\u{301}b\""),
    ])
    func aTextIsNeverAFormula(text: String, expected: String) {
        #expect(CSVRow([.string(text)]).line == expected + "\r\n")
    }

    @Test func numbersStayNumbers() {
        #expect(CSVRow([-18, nil, true, 1.5, "x"]).line == "-18,,true,1.5,x\r\n")
    }
}
