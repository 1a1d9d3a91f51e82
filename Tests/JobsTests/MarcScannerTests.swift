import Model
import Testing

@testable import Jobs

/// A record of MARC 21 in ISO 2709 with the fields given, each a tag and its content.
func marcRecord(status: Character = "n", _ fields: [(tag: String, content: String)]) -> [UInt8] {
    var directory = ""
    var data = ""
    for field in fields {
        let content = field.content + "\u{1E}"
        directory += field.tag + padded(content.utf8.count, 4) + padded(data.utf8.count, 5)
        data += content
    }
    let base = 24 + directory.utf8.count + 1
    let leader = padded(base + data.utf8.count + 1, 5) + "\(status)am a22" + padded(base, 5) + "   4500"
    return Array((leader + directory + "\u{1E}" + data + "\u{1D}").utf8)
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

struct MarcScannerTests {
    private static let emma = marcRecord([
        ("001", "emma"), ("020", "  \u{1F}a9780000000001\u{1F}qpaper"), ("245", "10\u{1F}aEmma"),
    ])
    private static let jane = marcRecord([
        ("001", "jane"), ("020", "  \u{1F}z9780000000002"), ("245", "10\u{1F}aJane Eyre"),
    ])
    private static let gone = marcRecord(status: "d", [("001", "gone"), ("020", "  \u{1F}a9780000000003")])
    private static let long = marcRecord([
        ("001", "long"), ("020", "  \u{1F}cfree\u{1F}a 978"),
        ("520", "  \u{1F}a" + String(repeating: "é", count: 4000)),
    ])
    private static let wrongLength = Array("00030".utf8) + emma.dropFirst(5)
    /// A record whose leader also names the bytes of the next one, which is whole.
    private static let overTwo = Array(padded(emma.count + jane.count, 5).utf8) + emma.dropFirst(5) + jane
    private static let noLength = Array("abcde".utf8) + emma.dropFirst(5)

    struct Counted: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        var key: String?
        let count: Int64
        var deleted: Int64 = 0
        var damaged: Int64 = 0
        var withoutKey: Int64 = 0

        var testDescription: String { name }
    }

    static let counted = [
        Counted(name: "one", bytes: emma, count: 1),
        Counted(name: "three", bytes: emma + jane + long, count: 3),
        Counted(name: "lines", bytes: emma + [10] + jane + [13, 10] + long + [10, 0x1A], count: 3),
        Counted(name: "byte order mark", bytes: [0xEF, 0xBB, 0xBF] + emma + jane, count: 2),
        Counted(name: "byte order mark inside", bytes: emma + [0xEF, 0xBB, 0xBF] + jane, count: 1, damaged: 1),
        Counted(name: "deleted", bytes: emma + gone + jane, count: 2, deleted: 1),
        Counted(name: "all deleted", bytes: gone + gone, count: 0, deleted: 2),
        Counted(name: "wrong length", bytes: emma + wrongLength + jane, count: 2, damaged: 1),
        Counted(name: "wrong length first", bytes: wrongLength + jane, count: 1, damaged: 1),
        Counted(name: "wrong length last", bytes: emma + wrongLength, count: 1, damaged: 1),
        Counted(name: "no length", bytes: emma + noLength + jane, count: 2, damaged: 1),
        Counted(name: "too long last", bytes: emma + Array("99999".utf8) + jane.dropFirst(5), count: 1, damaged: 1),
        Counted(name: "short garbage", bytes: emma + [0x61, 0x62, 0x1D] + jane, count: 2, damaged: 1),
        Counted(name: "garbage at the end", bytes: emma + [0x61, 0x1D], count: 1, damaged: 1),
        Counted(name: "length over two records", bytes: overTwo + jane + long, count: 3, damaged: 1),
        Counted(name: "cut in the middle", bytes: emma + emma.prefix(60) + jane + long, count: 2, damaged: 1),
        Counted(name: "control field", bytes: emma + jane, key: "001", count: 2),
        Counted(name: "subfield", bytes: emma + jane + long + gone, key: "020a", count: 2, deleted: 1, withoutKey: 1),
        Counted(name: "dollar", bytes: emma + jane + long, key: "020$a", count: 2, withoutKey: 1),
        Counted(name: "field", bytes: emma + jane + long, key: "245", count: 2, withoutKey: 1),
        Counted(
            name: "broken directory", bytes: emma + emma.prefix(27) + [0x78] + emma.dropFirst(28), key: "001", count: 1,
            damaged: 1),
        Counted(
            name: "field beyond the record", bytes: emma + emma.prefix(51) + Array("0010".utf8) + emma.dropFirst(55),
            key: "001", count: 1, damaged: 1),
    ]

    @Test(arguments: counted)
    func countsRecordsHoweverTheyAreCut(_ row: Counted) throws {
        for size in [1, 2, 5, 24, 25, 100, 1000, 1 << 20] {
            let count = try scan(MARCScanner(key: row.key), row.bytes, pieces: size).get()
            #expect(count.value == row.count, "\(row.name) in pieces of \(size)")
            #expect(count.details["live"] == .int(row.count + row.withoutKey))
            #expect(count.details["deleted"] == .int(row.deleted))
            #expect(count.details["damaged"] == .int(row.damaged))
            #expect(count.details["without_key"] == (row.key == nil ? nil : .int(row.withoutKey)))
            #expect(count.isExact == (row.damaged == 0))
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        var key: String?
        let code: SourceError.Code
        let words: [String]

        var testDescription: String { name }
    }

    static let refused = [
        Refused(
            name: "cut off", bytes: emma + jane.dropLast(), code: .inconsistent,
            words: ["cut off", "record 2", "byte \(emma.count)"]),
        Refused(name: "only a leader", bytes: emma + jane.prefix(24), code: .inconsistent, words: ["record 2"]),
        Refused(name: "less than a length", bytes: emma + jane.prefix(3), code: .inconsistent, words: ["record 2"]),
        Refused(
            name: "the only one", bytes: Array(emma.dropLast()), code: .inconsistent, words: ["record 1", "byte 0"]),
        Refused(
            name: "garbage without end", bytes: emma + Array("not a record at all".utf8), code: .inconsistent,
            words: ["record 2"]),
        Refused(name: "zeros", bytes: emma + Array(repeating: 0, count: 512), code: .inconsistent, words: ["record 2"]),
        Refused(
            name: "text", bytes: Array("barcode,title\n1,2\n".utf8), code: .unexpectedDocument, words: ["not a MARC 21"]
        ),
        Refused(name: "XML", bytes: Array("<collection/>".utf8), code: .unexpectedDocument, words: ["not a MARC 21"]),
        Refused(
            name: "damaged only", bytes: noLength + noLength, code: .unexpectedDocument, words: ["no valid record"]),
        Refused(
            name: "byte order mark alone", bytes: [0xEF, 0xBB, 0xBF], code: .unexpectedDocument,
            words: ["not a MARC 21"]),
        Refused(name: "blank", bytes: [10, 13, 10], code: .unexpectedDocument, words: ["not a MARC 21"]),
        Refused(
            name: "nobody has it", bytes: emma + jane, key: "999p", code: .noCount, words: ["none of the 2", "key"]),
    ]

    @Test(arguments: refused)
    func refusesWhatItCannotCount(_ row: Refused) throws {
        for size in [1, 5, 100, 1 << 20] {
            guard case .failure(let error) = scan(try MARCScanner(key: row.key), row.bytes, pieces: size) else {
                Issue.record("\(row.name): counted in pieces of \(size)")
                continue
            }
            #expect(error.code == row.code, "\(row.name)")
            for word in row.words { #expect(error.message.contains(word), "\(error.message)") }
        }
    }

    @Test func damageIsJudgedTheSameHoweverTheFileIsCut() throws {
        let files = SpoiltFiles(Self.emma + Self.gone + Self.jane + Self.emma)
        for bytes in files.prefix(300) {
            let whole = scan(try MARCScanner(key: "020a"), bytes, pieces: bytes.count)
            for size in [1, 7, 60] { #expect(scan(try MARCScanner(key: "020a"), bytes, pieces: size) == whole) }
        }
    }

    @Test(arguments: ["", "2", "24", "24500", "0200a", "24é", "001a", "008$b", "-20", "020$"])
    func refusesAKeyThatIsNoField(_ key: String) {
        #expect { try MARCScanner(key: key) } throws: { ($0 as? SourceError)?.code == .config }
    }
}
