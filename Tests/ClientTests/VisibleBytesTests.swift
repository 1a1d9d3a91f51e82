import Testing

@testable import Client

struct VisibleBytesTests {
    private func shown(_ packets: [[UInt8]]) -> String {
        var visible = VisibleBytes()
        return packets.map { visible.show($0) }.joined() + visible.finish()
    }

    @Test(arguments: [
        ("plain\n\ttext", "plain\n\ttext"), ("\u{1B}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"), ("a\rb", "a\\rb"),
        ("\u{9B}31m", "\\u{9b}31m"), ("日本\u{202E}x", "日本\\u{202e}x"), ("nul\0", "nul\\u{0}"), ("e\u{301}", "e\u{301}"),
    ])
    func showsControlCharactersAndKeepsText(text: String, expected: String) {
        #expect(shown([Array(text.utf8)]) == expected)
    }

    @Test(
        arguments: [
            ([0xFF], "\\xff"), ([0x61, 0xE2, 0x82], "a\\xe2\\x82"), ([0xC0, 0xAF, 0x62], "\\xc0\\xafb"),
            ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"), ([0xF0, 0x9F, 0x41], "\\xf0\\x9fA"), ([0x80], "\\x80"),
            ([0x05, 0xF8], "\\u{5}\\xf8"),
        ] as [([UInt8], String)])
    func showsBytesThatAreNoText(bytes: [UInt8], expected: String) {
        #expect(shown([bytes]) == expected)
    }

    @Test func isTheSameWhereverThePacketsEnd() {
        let bytes = Array("aé€😀\u{1B}[0m".utf8) + [0xFF, 0xE2, 0x82] + Array("\u{9B}z".utf8) + [0xF0, 0x9F]
        let whole = shown([bytes])
        for first in 0...bytes.count {
            for second in first...bytes.count {
                #expect(
                    shown([Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]) == whole)
            }
        }
    }
}
