import Model
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct CheckMARCXMLTests {
    private static let leader = "<leader>00000nam a2200000 a 4500</leader>"
    private static let deleted = "<leader>00000dam a2200000 a 4500</leader>"

    private static func record(_ fields: String, leader: String = leader) -> String {
        "<record>\(leader)\(fields)</record>"
    }

    private static func isbn(_ text: String) -> String {
        "<datafield tag=\"020\" ind1=\" \" ind2=\" \"><subfield code=\"a\">\(text)</subfield></datafield>"
    }

    private static func collection(_ records: String...) -> String {
        "<?xml version=\"1.0\"?>\n<collection xmlns=\"http://www.loc.gov/MARC21/slim\">\n\(records.joined(separator: "\n"))\n</collection>\n"
    }

    private func count(_ text: String, key: String? = nil, pieces: Int = 7) throws -> SourceCount {
        try scan(MARCXMLScanner(key: key), Array(text.utf8), pieces: pieces).get()
    }

    @Test(arguments: [1, 5, 4096])
    func countsRecordsAndDeletedOnesApart(_ size: Int) throws {
        let text = Self.collection(Self.record(""), Self.record("", leader: Self.deleted), Self.record(Self.isbn("1")))
        let count = try count(text, pieces: size)
        #expect(count.value == 2)
        #expect(count.details["deleted"] == 1)
        #expect(count.details["live"] == 2)
        #expect(count.details["bytes"] == .int(Int64(text.utf8.count)))
        #expect(count.isExact)
    }

    @Test(
        arguments: [
            ("001", 1), ("020", 2), ("020a", 2), ("020$a", 2), ("245", 1), ("245b", 1),
        ] as [(String, Int64)])
    func countsThoseWithTheKey(_ key: String, _ expected: Int64) throws {
        let title =
            "<datafield tag=\"245\"><subfield code=\"a\"> </subfield><subfield code=\"b\">x</subfield></datafield>"
        let text = Self.collection(
            Self.record("<controlfield tag=\"001\">a</controlfield>" + Self.isbn("1")),
            Self.record("<controlfield tag=\"001\"> </controlfield>" + Self.isbn(" ") + Self.isbn("&#x32;")),
            Self.record(title), Self.record(Self.isbn("3"), leader: Self.deleted))
        let count = try count(text, key: key)
        #expect(count.value == expected)
        #expect(count.details["without_key"] == .int(3 - expected))
    }

    @Test func oneRecordIsADocumentToo() throws {
        #expect(try count("<marc:record xmlns:marc=\"m\"><marc:leader>x</marc:leader></marc:record>").value == 1)
        #expect(try count("<collection/>").value == 0)
        #expect(try count("<collection> <!-- none --> </collection>").value == 0)
        #expect(try count("<collection><info/><record/></collection>").value == 1)
    }

    @Test(arguments: [
        ("<html><record/></html>", SourceError.Code.unexpectedDocument), ("<!DOCTYPE a><collection/>", .notXML),
        ("<collection><record></collection>", .notXML), ("<collection><record/>", .inconsistent), ("x", .notXML),
        (String(collection(record("")).dropLast(5)), .inconsistent), ("<collection/><collection/>", .notXML),
        ("<collection><book/></collection>", .unexpectedDocument), (collection("<RECORD/>"), .unexpectedDocument),
        ("<collection><records>\(record(""))\(record(""))</records></collection>", .unexpectedDocument),
        ("<collection>\(record(""))<records>\(record(""))</records></collection>", .unexpectedDocument),
    ])
    func refusesWhatIsNoMARCXML(_ text: String, _ code: SourceError.Code) {
        #expect { try count(text) } throws: { error in (error as? SourceError)?.code == code }
    }

    @Test func refusesAKeyThatNothingHas() {
        #expect { try count(Self.collection(Self.record("")), key: "999") } throws: { error in
            (error as? SourceError)?.code == .noCount
        }
        #expect { try count(Self.collection(), key: "x") } throws: { error in (error as? SourceError)?.code == .config }
    }

    @Test func countsAFile() async throws {
        try await withCheckDirectory { directory in
            try directory.write("r.xml", Self.collection(Self.record(""), Self.record("")))
            let report = try await check(["file": ["path": "r.xml", "format": "marcxml"]], in: directory)
            #expect(report.outcome == .succeeded(["main": 2]))
            #expect(report.detail?["method"] == "marcxml")
            try directory.write("cut.xml", Self.collection(Self.record("")).utf8.dropLast(20))
            let cut = try await check(["file": ["path": "cut.xml", "format": "marcxml"]], in: directory)
            #expect(cut.code == "inconsistent")
            #expect(cut.message.hasPrefix(directory.file("cut.xml")))
        }
    }
}
