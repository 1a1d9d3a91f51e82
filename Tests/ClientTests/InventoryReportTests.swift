import Model
import Testing

@testable import Client

/// What `taskctl inventory show` prints of an inventory that is done; a run prints the same.
struct InventoryReportTests {
    private func show(_ task: String, _ arguments: String..., more: [CannedServer.Route] = []) throws -> Run {
        let done = CannedServer.Route.json("POST /v1/wait ", #"{"done":[\#(task)],"pending":[]}"#)
        return try taskctl(
            ["inventory", "show", "12"] + arguments, routes: more + [.json("GET /v1/tasks/12 ", task), done])
    }

    private static let full = Inventories.task(result: "{\(Inventories.facts)}")

    @Test func hasATableAVerdictAndWhatWasFound() throws {
        let run = try show(Self.full)
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        #expect(
            run.output == """
                SOURCE           COUNT  CHANGE  STATE        TOOK  NOTE
                main              1247      +2  ok          0.01s  not exact (sru)
                reserves            71     -18  suspicious  1m01s  fell from 89, by 20.2 %
                inter\\u{1b}loan      -       -  failed          -  =日本\\u{1b}[2J
                TOTAL             1318       -  suspicious  1m02s

                suspicious: reserves fell too far to be believed, so later runs are not measured against it; \
                2 of 3 sources have answered; the total is without inter\\u{1b}loan; not everything could be compared

                compared by control_number:
                SOURCE           FOUND  WHAT                        KEYS
                reserves             9  not in main                 k1, k2, k3, …
                inter\\u{1b}loan      -  not compared: also in main
                main               599  more than once              0415203929 (36 times), …
                main                 1  without a key
                main                12  with an unusable key
                main                 3  new                         n1, n2, n3
                every key: taskctl inventory show 12 --all
                the lists were cut; the counts are whole

                verified 1247 books:
                STATUS                    BOOKS  MEANS
                ok_on_shelf                 975  on the shelf, as the system says
                missing                      67  not on the shelf, and the system knows it
                on_shelf_but_checked_out    125  on the shelf, but on loan to the system

                BARCODE         STATUS   SYSTEM  TITLE
                31247000000016  missing  13      Emma\\u{1b}
                and 191 more; every book: taskctl inventory show 12 --books

                """)
    }

    @Test func tellsOfDamagedRecordsThatWereNotCounted() throws {
        func run(_ state: String, _ damaged: Int, delta: String = "0") throws -> String {
            let plain = Inventories.plain(main: 12, delta: delta, state: state).replacing(
                #""took_ms":3"#, with: #""took_ms":3,"exact":false,"method":"marc","damaged":\#(damaged)"#)
            return try show(Inventories.task(result: plain)).output
        }
        let few = try run("ok", 1)
        #expect(few.contains("  1 damaged record not counted\n"), "\(few)")
        #expect(few.contains("\nok: "))
        let many = try run("suspicious", 1235)
        #expect(many.contains("  1235 damaged records not counted\n"), "\(many)")
        #expect(
            many.contains(
                "\nsuspicious: too many records of main are damaged for the count to be believed, so later runs are not measured against it\n"
            ), "\(many)")
        let fallen = try run("suspicious", 1235, delta: "-12")
        #expect(fallen.contains("  fell from 24, by 50 %; 1235 damaged records not counted\n"), "\(fallen)")
        #expect(fallen.contains("\nsuspicious: too many records of main are damaged"))
        let lost = try run("suspicious", 1, delta: "-12")
        #expect(lost.contains("\nsuspicious: main fell too far to be believed"), "\(lost)")
    }

    @Test func saysThatASourceThatIsNotBelievedWasNotCompared() throws {
        let plain = Inventories.plain(main: 1, delta: "-9", state: "suspicious").dropLast()
        let facts =
            plain
            + #","reconciliation":{"by":"isbn","sources":{"main":null,"loans":{"keys":1}},"rules":[],"is_complete":true}}"#
        let output = try show(Inventories.task(result: String(facts))).output
        #expect(output.contains("\nmain        -  not compared"), "\(output)")
        #expect(!output.contains("nothing to tell"))
    }

    @Test func listsEveryKeyWhenAsked() throws {
        let run = try show(Self.full, "--all")
        #expect(run.output.contains("\nreserves  not in main     k4\\u{7}\n"))
        #expect(run.output.contains("\nmain      new             n3\n"))
        #expect(!run.output.contains("--all"))
    }

    @Test func needsNoPartThatADaemonDoesNotTell() throws {
        let run = try show(Inventories.task(result: Inventories.plain(main: 1247, delta: "0")))
        #expect(
            run.output == """
                SOURCE  COUNT  CHANGE  STATE   TOOK  NOTE
                main     1247       0  ok        0s
                loans      34       -  ok         -
                TOTAL    1281       -  ok     1m02s

                ok: 2 of 2 sources have answered, and no count fell too far; there is nothing yet to measure loans against

                """)
    }

    @Test func isPrintedOfAnInventoryThatFailedForTooFewAnswers() throws {
        let exception = #"{"type":"QuorumNotMet","message":"2 of 3\u001b",\#(Inventories.facts)}"#
        let run = try show(Inventories.task(12, "failed", exception: exception), "--fail-on", "suspicious")
        #expect(run.status == 1)
        #expect(run.output.contains("\nmain              1247      +2  ok "))
        #expect(run.output.contains("\nfailed: 2 of 3 sources have answered, which is too few\n"))
        #expect(run.errors == "taskctl: task 12 (nightly) failed: QuorumNotMet: 2 of 3\\u{1b}\n")
    }

    @Test(arguments: [("failed", "TimeoutError", 1), ("cancelled", "CancelledError", 2)])
    func isNothingOfAnInventoryWithoutCounts(state: String, type: String, status: Int32) throws {
        let run = try show(Inventories.task(12, state, exception: #"{"type":"\#(type)","message":"m"}"#))
        #expect(run.status == status)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains(": m\n"))
    }

    @Test(arguments: [
        (["partial"], "partial"), (["suspicious"], "suspicious"), (["discrepancies"], "discrepancies"),
        (["discrepancies,partial"], "partial, discrepancies"), (["suspicious", "partial"], "partial, suspicious"),
    ])
    func exits1ForWhatFailOnNames(wishes: [String], found: String) throws {
        let flags = wishes.flatMap { ["--fail-on", $0] }
        for form in [[], ["--json"], ["--csv"]] {
            let done = CannedServer.Route.json("POST", #"{"done":[\#(Self.full)],"pending":[]}"#)
            let run = try taskctl(
                ["inventory", "show", "12"] + flags + form, routes: [.json("GET", Self.full), done])
            #expect(run.status == 1, "\(form)")
            #expect(run.errors == "taskctl: found what --fail-on names: \(found)\n")
            #expect(!run.output.isEmpty)
        }
    }

    @Test func exits0WhenNothingIsFound() throws {
        let run = try show(
            Inventories.task(result: Inventories.plain(main: 1)), "--fail-on", "partial,suspicious,discrepancies")
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
    }

    @Test func isPartialWhenTheBooksWereNotVerified() throws {
        let plain = Inventories.plain(main: 1).dropLast()
        let facts = plain + #","verification":{"exception":{"type":"SourceError","message":"gone\u001b"}}}"#
        let run = try show(Inventories.task(result: String(facts)), "--fail-on", "partial")
        #expect(run.status == 1)
        #expect(run.output.contains("\npartial: the verification did not come to its end\n"))
        #expect(run.output.contains("\nthe books were not verified: gone\\u{1b}\n"))
    }

    @Test func saysWhenComparingFoundNothing() throws {
        let plain = Inventories.plain(main: 1).dropLast()
        let facts = plain + #","reconciliation":{"by":"isbn","sources":{},"rules":[],"is_complete":true}}"#
        #expect(
            try show(Inventories.task(result: String(facts))).output.hasSuffix("\ncompared by isbn: nothing to tell\n"))
    }

    @Test(arguments: [
        (
            #""sources":{"main":{"keys":null,"exception":{"type":"E","message":"full\u001b"}}},"rules":[]"#,
            "full\\u{1b}"
        ),
        (
            #""sources":{},"rules":[{"source":"main","within":"loans","found":null,"exception":{"message":"gone"}}]"#,
            "gone"
        ),
        (#""sources":{},"rules":[{"source":"main","within":"loans","found":null}]"#, "not compared: not in loans"),
    ])
    func isPartialWhenNotEverythingCouldBeCompared(facts: String, reason: String) throws {
        let plain = Inventories.plain(main: 1).dropLast()
        let result = plain + #","reconciliation":{"by":"isbn",\#(facts)}}"#
        let run = try show(Inventories.task(result: String(result)), "--fail-on", "partial")
        #expect(run.status == 1)
        #expect(run.output.contains("\npartial: not everything could be compared\n"))
        #expect(run.output.contains(reason), "\(run.output)")
        #expect(!run.output.contains("every key"))
    }

    @Test func isPartialWhenTheDaemonSaysSo() throws {
        let result = Inventories.plain(main: 1).replacing(#""verdict":"ok""#, with: #""verdict":"partial""#)
        let run = try show(Inventories.task(result: result), "--fail-on", "partial")
        #expect(run.status == 1)
        #expect(run.output.contains("\npartial: "))
    }

    @Test func asCSVHasALineASource() throws {
        let run = try show(Self.full, "--csv")
        #expect(
            run.output.split(separator: "\r\n").map(String.init) == [
                "source,count,change,state,took_ms,exact,method,checked_at,note",
                "main,1247,2,ok,14,false,sru,2026-11-21T09:30:00.125Z,not exact (sru)",
                "reserves,71,-18,suspicious,61250,true,oai walk,2026-11-21T09:31:01.375Z,\"fell from 89, by 20.2 %\"",
                "inter\\u{1b}loan,,,failed,,,,,\"'=日本\\u{1b}[2J\"",
            ])
    }

    @Test func asJSONIsTheTask() throws {
        let run = try show(Self.full, "--json")
        #expect(try JSONParser.parse(run.output) == JSONParser.parse(Self.full))
    }

    @Test func theListOfBooksIsWhatTheVerificationWrote() throws {
        let member = #"{"id":15,"name":"verification","kind":"verify","state":"succeeded"}"#
        let list = "barcode,status\r\n31247000000016,missing\r\n"
        let run = try show(
            Self.full, "--books",
            more: [
                .json("GET /v1/tasks?parent_id=12&kind=verify&limit=1 ", #"{"tasks":[\#(member)],"next":null}"#),
                .chunked(
                    "GET /v1/tasks/15/output?stream=stdout ", [String(list.prefix(20)), String(list.dropFirst(20))]),
            ])
        #expect(run.status == 0)
        #expect(run.output == list)
        let none = try show(
            Self.full, "--books", more: [.json("GET /v1/tasks?parent_id=12", #"{"tasks":[],"next":null}"#)])
        #expect(none.status == 64)
        #expect(none.errors.contains("--verify"))
    }

    @Test func isOfTheLatestUnlessOneIsNamed() throws {
        let latest = #"{"tasks":[\#(Self.full)],"next":11}"#
        let done = CannedServer.Route.json("POST", #"{"done":[\#(Self.full)],"pending":[]}"#)
        let run = try taskctl(
            "inventory", "show", "--csv",
            routes: [.json("GET /v1/tasks?kind=inventory&order=desc&limit=1 ", latest), done])
        #expect(run.status == 0)
        let named = try taskctl(
            "inventory", "show", "week ly",
            routes: [.json("GET /v1/tasks?kind=inventory&order=desc&name=week%20ly&limit=1 ", #"{"tasks":[]}"#)])
        #expect(named.status == 4)
        #expect(named.errors.contains("week ly"))
        let other = try taskctl("inventory", "show", "7", routes: [.json("GET", task(7))])
        #expect(other.status == 64)
        #expect(other.errors.contains("task 7 is a sleep"))
    }

    @Test func anUnknownStateIsAnErrorAndNoGuess() throws {
        let run = try show(Inventories.task(result: Inventories.plain(main: 1, state: "fine")))
        #expect(run.status == 70)
        #expect(run.output.isEmpty)
    }
}
