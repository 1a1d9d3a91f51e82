import GRDB
import Model
import Testing

@testable import Jobs

/// The keys that each kind of source tells beside its count.
@Suite(.timeLimit(.minutes(1)))
struct CheckKeysTests {
    private func tally(_ keys: Int64, unusable: Int64 = 0, duplicates: Int64 = 0, without: Int64 = 0) -> JSONObject {
        [
            "keys": .int(keys), "unusable": .int(unusable), "duplicates": .int(duplicates),
            "without_key": .int(without),
        ]
    }

    /// Expects what a check tells of its keys, and which it has kept.
    private func expect(
        _ report: RunReport, count: Int64, _ tally: JSONObject, keys: [String], in directory: CheckDirectory,
        by kind: KeyKind = .controlNumber
    ) throws {
        #expect(report.count == count, "\(report.message)")
        var expected = tally
        expected["by"] = .string(kind.rawValue)
        #expect(report.keys?.objectValue.map { Set($0.map(\.key)) } == Set(expected.map(\.key)))
        for (name, value) in expected { #expect(report.keys?[name] == value, "\(name)") }
        #expect(try directory.keptKeys().map(\.key) == keys)
    }

    private static let records = [
        marcRecord([("001", " b1 "), ("020", "  \u{1F}a0415203929 (pbk.)\u{1F}a9780415203920\u{1F}c$5")]),
        marcRecord([("001", "a2"), ("020", "  \u{1F}a043942089X"), ("020", "  \u{1F}a0439420890")]),
        marcRecord(status: "d", [("001", "c3"), ("020", "  \u{1F}a0415203929")]),
        marcRecord([("001", "b1"), ("020", "  \u{1F}c$7")]),
        marcRecord([("245", "  \u{1F}aEmma")]),
    ].joined()

    @Test func aFileOfMARCHasThemInItsUsualFields() async throws {
        try await withCheckDirectory { directory in
            try directory.write("r.mrc", Self.records)
            let source: JSONValue = ["file": ["path": "r.mrc", "format": "marc"]]
            let report = try await checkKeys(source, in: directory)
            try expect(report, count: 4, tally(2, duplicates: 1, without: 1), keys: ["a2", "b1"], in: directory)
        }
        try await withCheckDirectory { directory in
            try directory.write("r.mrc", Self.records)
            let source: JSONValue = ["file": ["path": "r.mrc", "format": "marc"]]
            let report = try await checkKeys(source, by: .isbn, in: directory)
            try expect(
                report, count: 4, tally(2, unusable: 1, without: 2), keys: ["9780415203920", "9780439420891"],
                in: directory, by: .isbn)
        }
    }

    @Test func aFileOfMARCHasThemWhereItsKeyPoints() async throws {
        try await withCheckDirectory { directory in
            try directory.write("r.mrc", Self.records)
            let source: JSONValue = ["file": ["path": "r.mrc", "format": "marc", "key": "020c"]]
            let report = try await checkKeys(source, by: .barcode, in: directory)
            try expect(report, count: 2, tally(2, without: 2), keys: ["$5", "$7"], in: directory, by: .barcode)
        }
    }

    /// What compares with the others would find books missing that are there.
    @Test func aFileWithDamagedRecordsHasACountButNoKeys() async throws {
        let broken = Array("00030".utf8) + marcRecord([("001", "d4")]).dropFirst(5)
        let pathless = marcRecord([("001", "e5")])
        for damaged in [broken, pathless.prefix(27) + [0x78] + pathless.dropFirst(28)] {
            try await withCheckDirectory { directory in
                try directory.write("r.mrc", Self.records + damaged)
                let source: JSONValue = ["file": ["path": "r.mrc", "format": "marc"]]
                let report = try await checkKeys(source, in: directory)
                #expect(report.count == 4, "\(report.message)")
                #expect(report.detail?["damaged"] == 1)
                #expect(report.keys?["keys"] == nil)
                #expect(report.keys?["exception"]?["code"] == "inconsistent")
                let message = report.keys?["exception"]?["message"]?.stringValue ?? ""
                #expect(message.contains("r.mrc: 1 record is damaged"), "\(message)")
            }
        }
    }

    /// Bytes of another encoding all become the same character, so that different keys would become one.
    @Test func aKeyThatIsNoTextInUTF8IsUnusable() async throws {
        try await withCheckDirectory { directory in
            try directory.write(
                "l.csv", Array("barcode\n".utf8) + [0xC4, 0x31, 10, 0xD6, 0x31, 10] + Array("Ü1\n".utf8))
            let source: JSONValue = ["file": ["path": "l.csv", "format": "csv", "key": "barcode"]]
            let report = try await checkKeys(source, by: .barcode, in: directory)
            try expect(report, count: 3, tally(1, unusable: 2), keys: ["Ü1"], in: directory, by: .barcode)
        }
        let record = marcRecord([("001", "x1"), ("876", "  \u{1F}px2")]).map { $0 == UInt8(ascii: "x") ? 0xC4 : $0 }
        for (key, kind) in [("001", .controlNumber), ("876p", .barcode)] as [(JSONValue, KeyKind)] {
            try await withCheckDirectory { directory in
                try directory.write("r.mrc", record)
                let source: JSONValue = ["file": ["path": "r.mrc", "format": "marc", "key": key]]
                let report = try await checkKeys(source, by: kind, in: directory)
                try expect(report, count: 1, tally(0, unusable: 1), keys: [], in: directory, by: kind)
            }
        }
    }

    @Test func twoWaysToWriteALetterAreTwoKeys() async throws {
        try await withCheckDirectory { directory in
            func copy(_ barcode: String) -> String {
                "<datafield tag=\"876\"><subfield code=\"p\">\(barcode)</subfield></datafield>"
            }
            let record = "<record>\(copy("\u{E9}1"))\(copy("e\u{301}1"))\(copy("\u{E9}1"))</record>"
            try directory.write("r.xml", "<collection>\(record)</collection>")
            let source: JSONValue = ["file": ["path": "r.xml", "format": "marcxml", "key": "876p"]]
            let report = try await checkKeys(source, by: .barcode, in: directory)
            try expect(
                report, count: 1, tally(2), keys: ["e\u{301}1", "\u{E9}1"], in: directory, by: .barcode)
        }
    }

    @Test func aCellMayHoldSeveralISBNs() async throws {
        try await withCheckDirectory { directory in
            try directory.write("l.csv", "isbn\n9780804429573 | 9780306406157\n0415203929; 978-0-306-40615-7 (hbk.)\n")
            let source: JSONValue = ["file": ["path": "l.csv", "format": "csv", "key": "isbn"]]
            let report = try await checkKeys(source, by: .isbn, in: directory)
            try expect(
                report, count: 2, tally(3, duplicates: 1), keys: ["9780306406157", "9780415203920", "9780804429573"],
                in: directory, by: .isbn)
        }
    }

    @Test func aFileOfMARCXMLHasThemToo() async throws {
        try await withCheckDirectory { directory in
            let isbn = "<datafield tag=\"020\"><subfield code=\"a\">0415203929</subfield></datafield>"
            let text = """
                <collection><record><leader>00000nam</leader><controlfield tag="001"> 1 </controlfield>\(isbn)</record>\
                <record><leader>00000dam</leader><controlfield tag="001">2</controlfield></record>\
                <record><leader>00000nam</leader>\(isbn)\(isbn)</record></collection>
                """
            try directory.write("r.xml", text)
            let source: JSONValue = ["file": ["path": "r.xml", "format": "marcxml"]]
            let report = try await checkKeys(source, in: directory)
            try expect(report, count: 2, tally(1, without: 1), keys: ["1"], in: directory)
        }
    }

    /// Comparing each with each other would take minutes.
    @Test func aRecordMayHaveAnyNumberOfThem() async throws {
        try await withCheckDirectory { directory in
            try directory.attempt.makeEmpty()
            var collector = try KeyCollector(.controlNumber, path: directory.attempt.keys)
            try collector.take((0..<150_000).map { String($0 % 149_999) })
            #expect(try collector.finish().keys == 149_999)
        }
    }

    @Test func aCSVFileHasThemInTheColumnOfItsKey() async throws {
        try await withCheckDirectory { directory in
            let text = "\u{FEFF}title,lccn\nEmma, 01 \n\"a \"\"b\"\", c\",\"02\"\nx,\ny,02\n\nz,\u{7}\n"
            try directory.write("l.csv", text)
            let source: JSONValue = ["file": ["path": "l.csv", "format": "csv", "key": "lccn"]]
            let report = try await checkKeys(source, in: directory)
            try expect(
                report, count: 4, tally(2, unusable: 1, duplicates: 1, without: 1), keys: ["01", "02"], in: directory)
        }
    }

    @Test func aDatabaseHasThemInAStatementOfTheirOwn() async throws {
        try await withCheckDirectory { directory in
            let database = try DatabaseQueue(path: directory.file("c.sqlite"))
            try await database.write { database in
                try database.execute(
                    sql: "CREATE TABLE items (lccn); INSERT INTO items VALUES ('b'), (7), ('b'), (NULL)")
            }
            func source(_ keys: String) -> JSONValue {
                ["sqlite": ["path": "c.sqlite", "sql": "SELECT count(*) FROM items", "keys": .string(keys)]]
            }
            let report = try await checkKeys(source("SELECT lccn FROM items"), in: directory)
            try expect(report, count: 4, tally(2, duplicates: 1, without: 1), keys: ["7", "b"], in: directory)
        }
    }

    @Test(arguments: [
        ("SELECT lccn FROM books", "keys: no such table"), ("SELECT 1, 2", "keys: answers 2 columns"),
        ("SELECT 1.5", "keys: answers a number with a fraction"), ("SELECT 1; SELECT 2", "not several"),
    ])
    func keysThatCannotBeHadLeaveTheCount(_ keys: String, _ words: String) async throws {
        try await withCheckDirectory { directory in
            let database = try DatabaseQueue(path: directory.file("c.sqlite"))
            try await database.write { try $0.execute(sql: "CREATE TABLE items (lccn)") }
            let source: JSONValue = [
                "sqlite": ["path": "c.sqlite", "sql": "SELECT 3", "keys": .string(keys)]
            ]
            let report = try await checkKeys(source, in: directory)
            #expect(report.count == 3, "\(report.message)")
            #expect(report.keys?["keys"] == nil)
            #expect(report.keys?["exception"]?["type"] == "SourceError")
            let message = report.keys?["exception"]?["message"]?.stringValue ?? ""
            #expect(message.contains(words), "\(message)")
        }
    }

    @Test func aStatementForKeysMustBeAQuestion() async throws {
        try await withCheckDirectory { directory in
            _ = try DatabaseQueue(path: directory.file("c.sqlite"))
            let source: JSONValue = ["sqlite": ["path": "c.sqlite", "sql": "SELECT 3", "keys": "DELETE FROM items"]]
            let report = try await checkKeys(source, in: directory)
            #expect(report.code == "config")
            #expect(report.message.contains("keys: must be one statement"))
        }
    }

    @Test func aRepositoryHasThemAtTheEndsOfItsIdentifiers() async throws {
        func page(_ identifiers: [String], _ token: String) -> String {
            let headers = identifiers.map { identifier in
                let isDeleted = identifier.hasPrefix("-")
                let name = isDeleted ? identifier.dropFirst() : identifier[...]
                return "<header\(isDeleted ? " status=\"deleted\"" : "")><identifier>\(name)</identifier></header>"
            }
            return """
                <OAI-PMH><ListIdentifiers>\(headers.joined())<resumptionToken completeListSize="9">\(token)\
                </resumptionToken></ListIdentifiers></OAI-PMH>
                """.replacing("\"9\"", with: "\"5\"")
        }
        let pages = [page(["oai:a:0002", "oai:a/x/0001", "-oai:a:0003"], "t"), page(["oai:b:0002", "4"], "")]
        try await withWeb({ _, number in .ok(pages[min(number, 1)]) }) { url, requests in
            try await withCheckDirectory { directory in
                let source: JSONValue = ["oai": ["url": .string(url), "retries": 0]]
                let report = try await checkKeys(source, in: directory, clock: SleepClock())
                try expect(report, count: 4, tally(3, duplicates: 1), keys: ["0001", "0002", "4"], in: directory)
                #expect(report.detail?["mode"] == "walk")
                #expect(requests.heads.count == 2)
            }
        }
        try await withWeb({ _, _ in .ok("<OAI-PMH><error code=\"noRecordsMatch\">none</error></OAI-PMH>") }) { url, _ in
            try await withCheckDirectory { directory in
                let report = try await checkKeys(["oai": ["url": .string(url)]], in: directory, clock: SleepClock())
                try expect(report, count: 0, tally(0), keys: [], in: directory)
            }
        }
    }
}

extension Sequence where Element == [UInt8] {
    fileprivate func joined() -> [UInt8] { flatMap(\.self) }
}
