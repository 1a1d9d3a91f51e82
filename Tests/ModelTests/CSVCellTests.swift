import Testing

@testable import Model

@Suite struct CSVCellTests {
    @Test(arguments: [
        ("Emma", "Emma"), ("", ""), ("a, b", "\"a, b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ("=1+1", "\"'=1+1\""), ("+49", "\"'+49\""), ("-1", "\"'-1\""), ("@a", "\"'@a\""), ("'=1", "\"''=1\""),
        ("\n =1\r", "\"'=1\""), ("'tis", "'tis"), ("a\u{1B}[31mb\u{202E}\nc", "a [31mb  c"), ("a=1", "a=1"),
        ("\"\u{301}x", "\"\"\"\u{301}x\""), (",\u{301}", "\",\u{301}\""), ("=\u{301}", "\"'=\u{301}\""),
    ])
    func isWrittenSoThatNothingRunsOrBreaks(_ text: String, _ written: String) {
        #expect(CSVCell.written(text).utf8.elementsEqual(written.utf8), "\(CSVCell.written(text))")
    }

    /// Every text of up to four of the characters that mean something.
    @Test func isReadAsItWasMeant() {
        let parts = ["\"", ",", "'", "=", "a", "\u{301}", " "]
        var texts = [""]
        var last = [""]
        for _ in 0..<4 {
            last = last.flatMap { text in parts.map { text + $0 } }
            texts += last
        }
        for text in texts {
            let line = [text, "x", text].map(CSVCell.written).joined(separator: ",")
            let meant = String(text.trimmingSpace)
            let read = CSVCell.read(line)
            let isRight = read?.count == 3 && read?[0].utf8.elementsEqual(meant.utf8) == true && read?[2] == read?[0]
            #expect(isRight, "\(text.debugDescription) \(line) \(read ?? [])")
        }
    }

    @Test(arguments: ["\"a", "\"a\"b,c", "a\"b", "a,\"", "\"\"\""])
    func whatWasNotWrittenSoIsNone(_ line: String) {
        #expect(CSVCell.read(line) == nil)
    }
}
