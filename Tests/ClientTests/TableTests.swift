import Testing

@testable import Client

struct TableTests {
    private func table(_ rows: [[String]]) -> Table {
        var table = Table([
            .init(title: "ID", isNumeric: true), .init(title: "NAME", canShrink: true),
            .init(title: "NOTE", canShrink: true),
        ])
        for row in rows { table.append(row.map { Table.Cell($0) }) }
        return table
    }

    @Test func alignsColumnsUnderTheirTitles() {
        #expect(
            table([["7", "a", "x"], ["1234", "long name", ""]]).lines() == [
                "  ID  NAME       NOTE",
                "   7  a          x",
                "1234  long name",
            ])
    }

    @Test func countsWideAndCombiningCharactersAsATerminalDoes() {
        #expect(
            table([["1", "日本", "x"], ["2", "e\u{301}e\u{301}", "x"]]).lines() == [
                "ID  NAME  NOTE",
                " 1  日本  x",
                " 2  e\u{301}e\u{301}    x",
            ])
    }

    @Test func shrinksWhatMayShrinkToTheTerminal() {
        let wide = String(repeating: "n", count: 40)
        let lines = table([["1", wide, wide]]).lines(width: 40)
        #expect(lines.allSatisfy { $0.displayWidth <= 40 })
        #expect(lines[1].filter { $0 == "…" }.count == 2)
    }

    @Test(arguments: 1...60)
    func neverExceedsTheTerminal(width: Int) {
        let lines = table([["123456", String(repeating: "日", count: 30), "note note"]]).lines(width: width)
        #expect(lines.allSatisfy { $0.displayWidth <= width })
    }

    @Test func escapesWhatWouldSteerATerminal() {
        let lines = table([["1", "\u{1B}[31mred\u{9B}2J", "a\nb\tc\u{202E}d"]]).lines()
        #expect(lines[1].hasSuffix("\\u{1b}[31mred\\u{9b}2J  a\\nb\\tc\\u{202e}d"))
        #expect(lines.count == 2)
    }

    @Test func paintsOnlyWhenAsked() {
        var table = Table([.init(title: "STATE")])
        table.append([.init("failed", .red)])
        #expect(table.lines() == ["STATE", "failed"])
        #expect(table.lines(hasColour: true)[1] == "\u{1B}[31mfailed\u{1B}[0m")
    }
}

struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("한", 2), ("ｱ", 1), ("Ａ", 2), ("😀", 2),
        ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("\u{200B}", 0), ("ß", 1),
    ])
    func isWhatATerminalUses(text: String, expected: Int) {
        #expect(text.displayWidth == expected)
    }

    @Test(arguments: [
        ("hello", 5, "hello"), ("hello", 4, "hel…"), ("hello", 1, "…"), ("hello", 0, ""), ("日本語", 4, "日…"),
        ("日本語", 5, "日本…"),
    ])
    func truncatesWithAnEllipsis(text: String, width: Int, expected: String) {
        #expect(text.truncated(toWidth: width) == expected)
    }
}
