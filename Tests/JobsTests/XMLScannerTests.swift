import Model
import Testing

@testable import Jobs

/// Keeps what a scanner tells, a line each.
private struct Recorder: XMLDocumentHandler {
    var lines: [String] = []

    mutating func start(_ element: XMLElement) throws(SourceError) {
        let attributes = element.attributes.all.sorted { $0.name < $1.name }.map { " \($0.name)=\($0.value)" }.joined()
        lines.append("\(element.depth)<\(element.name)\(attributes)")
    }

    mutating func end(_ name: String, text: String, depth: Int) throws(SourceError) {
        lines.append("\(depth)>\(name) \(text)")
    }
}

@Suite struct XMLScannerTests {
    private func read(_ bytes: [UInt8], pieces: Int = 1) throws -> [String] {
        var recorder = Recorder()
        var scanner = XMLScanner()
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try scanner.scan(bytes[start..<min(start + pieces, bytes.count)], into: &recorder)
        }
        try scanner.finish()
        return recorder.lines
    }

    @Test(
        arguments: [
            ("<a/>", ["0<a", "0>a "]),
            ("\u{FEFF}<?xml version='1.0' encoding=\"UTF-8\"?>\n<a>1</a>\n", ["0<a", "0>a 1"]),
            ("<x:a xmlns:x='u' x:b=\"1 > 2\" c = '&lt;&#x41;&amp;\"'></x:a >", ["0<a b=1 > 2 c=<A&\"", "0>a "]),
            ("<a>x<b>y</b> z&#10;&gt;</a>", ["0<a", "1<b", "1>b y", "0>a  z\n>"]),
            ("<!-- <b> & - --><a><!----><![CDATA[<&amp;]]]]>&amp;<?p <b>?></a><!-- -->", ["0<a", "0>a <&amp;]]&"]),
            ("<a>Émile &#233;</a>", ["0<a", "0>a Émile é"]),
        ] as [(String, [String])], [1, 2, 7, 1000])
    func readsADocumentInPiecesOfAnySize(_ row: (text: String, lines: [String]), _ size: Int) throws {
        #expect(try read(Array(row.text.utf8), pieces: size) == row.lines)
    }

    @Test func readsLatin1WhereTheDeclarationSaysSo() throws {
        let bytes = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>".utf8) + [0xC9] + Array("&#233;</a>".utf8)
        #expect(try read(bytes) == ["0<a", "0>a Éé"])
    }

    @Test(arguments: [
        "", "  \n", "text", "text<a/>", "<a></b>", "<a/><b/>", "<a/>x", "</a>", "<a><b></a></b>", "< a/>", "<1/>",
        "<a b/>", "<a b=c/>", "<a b='1' b='2'/>", "<a b='1'c='2'/>", "<a b='<'/>", "<a>&nbsp;</a>", "<a>&</a>",
        "<a>& b</a>",
        "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#+65;</a>", "<a>\u{1}</a>", "<a>\u{0}</a>", "<a><!-- -- --></a>",
        "<!DOCTYPE html><html/>", "<!doctype html>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a><!ELEMENT b></a>",
        "<![CDATA[x]]>", " <?xml version='1.0'?><a/>", "<a/><?xml version='1.0'?>",
        "<?xml version='1.0' encoding='EBCDIC'?><a/>",
        "<a" + (0...100).map { " b\($0)='c'" }.joined() + "/>",
        String(repeating: "<a>", count: 300), "<a b='" + String(repeating: "x", count: 70_000) + "'/>",
        "<a>" + String(repeating: "x", count: 1_100_000) + "</a>",
        "<a><![CDATA[" + String(repeating: "x", count: 1_100_000) + "]]></a>",
    ])
    func refusesWhatIsNotWellFormed(_ text: String) {
        #expect { try read(Array(text.utf8), pieces: 4096) } throws: { ($0 as? SourceError)?.code == .notXML }
    }

    @Test func refusesTextThatIsNoUTF8() {
        let bytes = Array("<a>".utf8) + [0xE9] + Array("</a>".utf8)
        #expect { try read(bytes) } throws: { error in (error as? SourceError)?.code == .notXML }
    }

    @Test func everyDocumentThatIsCutOffIsRefused() {
        let text = "<?xml version='1.0'?><a b='c'><!-- d --><e>f &lt;</e><![CDATA[g]]></a>"
        let whole = Array(text.utf8)
        for length in 0..<whole.count {
            #expect { try read(Array(whole[..<length])) } throws: { error in
                guard let error = error as? SourceError else { return false }
                return error.code == (length < 30 ? .notXML : .inconsistent) || error.code == .inconsistent
            }
        }
    }

    @Test func namesTheLine() {
        #expect { try read(Array("<a>\n\n<b></a>".utf8)) } throws: { error in
            (error as? SourceError)?.message.contains("line 3") == true
        }
    }

    @Test func longDocumentsTakeNoMoreRoom() throws {
        var scanner = XMLScanner()
        var recorder = Recorder()
        try scanner.scan("<a>".utf8, into: &recorder)
        let row = Array((String(repeating: " ", count: 1000) + "<b/>").utf8)
        for _ in 0..<2000 { try scanner.scan(row, into: &recorder) }
        try scanner.scan("</a>".utf8, into: &recorder)
        try scanner.finish()
        #expect(recorder.lines.count == 4002)
    }
}
