import Model
import Testing

@testable import Jobs

struct CSVScannerTests {
    struct Counted: Sendable, CustomTestStringConvertible {
        let text: String
        var key: String?
        let count: Int64
        var withoutKey: Int64 = 0

        var testDescription: String { String(text.prefix(40)) }
    }

    @Test(arguments: [
        Counted(text: "a,b\n1,2\n3,4\n", count: 2),
        Counted(text: "a,b\r\n1,2\r\n3,4\r\n", count: 2),
        Counted(text: "a,b\r1,2\r3,4\r", count: 2),
        Counted(text: "a,b\n1,2\n3,4", count: 2),
        Counted(text: "a,b\r\n", count: 0),
        Counted(text: "a,b", count: 0),
        Counted(text: "\n\na,b\n\n1,2\n\n \t\n3,4\n\n\n", count: 2),
        Counted(text: "\r\n\r\na\r\n\r\n1\r\n", count: 1),
        Counted(text: "a,b\n1,2\n,\n , \n3,4\n", count: 2),
        Counted(text: "a,b\n\"1\n2\n\n3\",4\n", count: 1),
        Counted(text: "a,b\r\n\"1\r\n2\",4\r\n5,6\r\n", count: 2),
        Counted(text: "a,b\n\"say \"\"hi\"\", she said\",2\n", count: 1),
        Counted(text: "a,b\n1,say \"hi\"\n2,5\" disk\n", count: 2),
        Counted(text: "a,b\n\"\",\"\"\n\"\"\"\",1\n", count: 1),
        Counted(text: "\u{FEFF}\"a\",\"b\"\n\"1\",\"2\"\n", key: "a", count: 1),
        Counted(text: "\u{FEFF}a,b\n1,2\n", key: "a", count: 1),
        Counted(text: "\u{FF41},b\n1,2\n", key: "\u{FF41}", count: 1),
        Counted(text: "a,b\n1,2\n,3\n\" \",4\n5,\n", key: "a", count: 2, withoutKey: 2),
        Counted(text: "a,b\n1,2\n,3\n4,\n", key: "b", count: 2, withoutKey: 1),
        Counted(text: " a , b,,\n1,2,,\n", key: "b", count: 1),
        Counted(text: "\"x, y\",b\n1,2\n", key: "x, y", count: 1),
        Counted(text: "prénom,b\nÉmile,Zola\n", key: "prénom", count: 1),
        Counted(text: "pre\u{301}nom,b\nÉmile,Zola\n", key: "pr\u{E9}nom", count: 1),
        Counted(text: "e\u{301},\u{E9},b\n1,2,3\n,4,\n,,5\n", key: "\u{E9}", count: 2, withoutKey: 1),
        Counted(text: "barcode;title\n1;\"Multi\nline\"\n2;x\n", count: 2),
        Counted(text: "barcode\ttitle\n1\t\"Multi\nline\"\n2\tx, y\n", count: 2),
        Counted(text: "barcode|title\n1|\"Multi\nline\"\n2|x, y\n", count: 2),
        Counted(text: "\"a\";\"b, c\"\r\n\"1\";\"2;3\"\r\n;4\r\n", key: "a", count: 1, withoutKey: 1),
        Counted(text: "a,b\n1;2,\"3\t4\n5\"\n", count: 1),
        Counted(text: "\"a;b\"\n\"1;2\"\n3;\"4\"\n", count: 2),
        Counted(text: ";;\n\na,b\n1,2\n", count: 1),
        Counted(text: "sep=,\na,b\n1,2\n3,4\n", count: 2),
        Counted(text: "\u{FEFF}sep=;\r\nbarcode;title, author\r\n1;\"Multi\r\nline\"\r\n2;x\r\n", count: 2),
        Counted(text: "sep=;;\na;b;c\n1;2;3\n", count: 1),
        Counted(text: "\"sep=;\";;\na;b;c\n1;2;3\n", key: "b", count: 1),
        Counted(text: "sep=; \na;b\n1;2\n", count: 1),
        Counted(text: "Barcode;\"Preis\r\n(EUR)\"\r\n1;2\r\n", key: "Barcode", count: 1),
        Counted(text: "SEP=\t\na\tb;c\n1\t2\n", key: "b;c", count: 1),
        Counted(text: "sep=^\na^b,c\n1^\"2\n3\"\n", key: "a", count: 1),
        Counted(text: "sep=x\nsep=;\n", count: 1),
        Counted(text: "a,b\n1,2\n\u{1A}", count: 1),
        Counted(text: "a,b\n1,\"2\"\u{1A}\u{1A}\r\n \u{1A}", key: "b", count: 1),
        Counted(text: "a,b\n\"1\u{1A}\",2\n", count: 1),
    ])
    func countsRowsHoweverTheyAreCut(_ row: Counted) throws {
        for size in [1, 2, 3, 7, 1000] {
            let count = try scan(CSVScanner(key: row.key), Array(row.text.utf8), pieces: size).get()
            #expect(count.value == row.count, "in pieces of \(size)")
            #expect(count.details["without_key"] == (row.key == nil ? nil : .int(row.withoutKey)))
            #expect(count.details["bytes"] == .int(Int64(row.text.utf8.count)))
            #expect(count.isExact)
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let key: String?
        let code: SourceError.Code
        let words: [String]

        var testDescription: String { String(decoding: bytes.prefix(40), as: UTF8.self) }

        init(_ text: String, key: String? = nil, _ code: SourceError.Code, _ words: String...) {
            self.init(Array(text.utf8), key: key, code, words)
        }

        init(_ bytes: [UInt8], key: String? = nil, _ code: SourceError.Code, _ words: [String]) {
            self.bytes = bytes
            self.key = key
            self.code = code
            self.words = words
        }
    }

    @Test(arguments: [
        Refused("a,b\n1,2\n3,\"4\n5,6\n", .inconsistent, "line 3", "never closed"),
        Refused("a,b\n1,2\n3\n", .inconsistent, "line 3", "1 fields", "has 2"),
        Refused("a,b\n1,2\n3,4,5\n", .inconsistent, "line 3", "3 fields"),
        Refused("a,b\n\"1\n\n2\",3\n4\n", .inconsistent, "line 5"),
        Refused("a,b\r\n1,2\r\n3", .inconsistent, "line 3"),
        Refused("a,b\n\"1\"x,2\n", .unexpectedDocument, "line 2", "closing quote"),
        Refused("a,b\n1,\u{0}\n", .unexpectedDocument, "line 2", "NUL"),
        Refused([0xFF, 0xFE, 0x61, 0x00], .unexpectedDocument, ["UTF-16"]),
        Refused("\n \n\r\n", .unexpectedDocument, "no header line"),
        Refused("a,b,a\n1,2,3\n", .unexpectedDocument, "two columns", "\"a\""),
        Refused("a,b\n1,2\n", key: "barcode", .config, "key", "\"barcode\"", "a, b"),
        Refused("barcode;title\n1;2\n", key: "Barcode", .config, "barcode, title"),
        Refused("barcode;title, author\n1;2\n", .unexpectedDocument, "\";\" and \",\"", "sep=;"),
        Refused("a,b\tc\n1,2\n", key: "a", .unexpectedDocument, "\",\" and \"\\t\""),
        Refused("a;b\n1,2\n", .inconsistent, "line 2", "1 fields"),
        Refused("<!doctype html>\n<html>\nPlease log in\n", .unexpectedDocument, "web page"),
        Refused("\u{FEFF}\r\n  <html>\n</html>\n", .unexpectedDocument, "web page"),
        Refused("<?xml version=\"1.0\"?>\n<records/>\n", .unexpectedDocument, "web page"),
        Refused("[{\"a\":1},{\"a\":2}]\n", .unexpectedDocument, "JSON"),
        Refused("{\n\"error\":\n\"expired\"\n}\n", .unexpectedDocument, "web page"),
        Refused("a,b\n1,2\n\u{1A}3,4\n", .unexpectedDocument, "line 3", "end mark"),
        Refused("00100cam\u{1E}a\u{1F}b\u{1D}", .unexpectedDocument, "control characters"),
        Refused(String(repeating: "a", count: 70_000), .unexpectedDocument, "header line is longer"),
    ])
    func refusesWhatItCannotCount(_ row: Refused) throws {
        for size in [1, 3, 1000] {
            guard case .failure(let error) = scan(CSVScanner(key: row.key), row.bytes, pieces: size) else {
                Issue.record("counted in pieces of \(size)")
                continue
            }
            #expect(error.code == row.code)
            for word in row.words { #expect(error.message.contains(word), "\(error.message)") }
        }
    }

    @Test func damageIsJudgedTheSameHoweverTheFileIsCut() {
        let text = "\u{FEFF}\"barcode\",title\r\n1,\"Emma, \"\"a novel\"\"\"\r\n\r\n2,Persuasion\n,\n3,Jane Eyre"
        for bytes in SpoiltFiles(Array(text.utf8)).prefix(300) {
            let whole = scan(CSVScanner(key: "barcode"), bytes, pieces: bytes.count)
            for size in [1, 7, 60] { #expect(scan(CSVScanner(key: "barcode"), bytes, pieces: size) == whole) }
        }
    }
}
