import Model
import Testing

@testable import Daemon

struct YAMLDocumentTests {
    @Test func readsTheValueThatJSONWouldWrite() throws {
        let text = """
            name: inventory   # a comment
            zeta: 1
            alpha: [1, 2.5, true, null, "7"]
            gather:
              - {sleep: 2s, returns: {main: 1247}}
            at: 2026-11-21T09:00:00Z
            """
        let value = try YAMLDocument.value(Array(text.utf8))
        #expect(
            value.text() == """
                {"name":"inventory","zeta":1,"alpha":[1,2.5,true,null,"7"],\
                "gather":[{"sleep":"2s","returns":{"main":1247}}],"at":"2026-11-21T09:00:00Z"}
                """)
    }

    @Test func roundsWhatIsBeyondSixtyFourBitsAsJSONDoes() throws {
        let text = "[12345678901234567890, -9223372036854775809, 9223372036854775807]"
        #expect(try YAMLDocument.value(Array(text.utf8)) == JSONParser.parse(text))
    }

    @Test func refusesANumberThatNothingHolds() {
        #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array(String(repeating: "9", count: 400).utf8)) }
    }

    @Test func readsNothingAsNull() throws {
        #expect(try YAMLDocument.value([]) == .null)
    }

    @Test func writesAliasesOut() throws {
        let value = try YAMLDocument.value(Array("base: &b {sleep: 1}\ncopy: *b\n".utf8))
        #expect(value["copy"] == ["sleep": 1])
    }

    @Test(arguments: [
        "a: [", "a: 1\na: 2\n", "? [a]\n: 1\n", "\u{FFFD}: *none\n", "a: \"\u{1}\"\n",
        "1: a\n\"1\": b\n", "sleep: 0\nreturns: .nan\n", "a: -.inf\n",
    ])
    func refusesWhatIsNotYAML(text: String) {
        #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array(text.utf8)) }
    }

    @Test func namesTheKeyThatOccursTwice() {
        let error = #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array("a: 1\nb: 2\na: 3\nb: 4".utf8)) }
        #expect(
            error?.message == "not YAML: line 1, column 1: twice in one mapping: a, b",
            "\(error?.message ?? "")")
        let inner = #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array("x:\n  a: 1\n  a: 3".utf8)) }
        #expect(
            inner?.message == "not YAML: line 2, column 3: twice in one mapping: a",
            "\(inner?.message ?? "")")
    }

    @Test func refusesBytesThatAreNoText() {
        #expect(throws: InvalidInput.self) { try YAMLDocument.value([0x61, 0x3A, 0x20, 0xFF]) }
    }

    @Test func refusesAliasesThatMeanMillions() {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...8 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let error = #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array(text.utf8)) }
        #expect(error?.code == .limit)
    }

    /// Comparing such keys would take years.
    @Test(arguments: ["? *a12\n: 1\n", "*a12 : 1\n", "k: {*a12 : 1}\n", "? [*a12]\n: 1\n", "? {k: *a12}\n: 1\n"])
    func refusesAliasesThatMeanMillionsAsKeys(key: String) {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...12 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let error = #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array((text + key).utf8)) }
        #expect(error?.message.contains("line 14: a key must be a plain value") == true)
    }

    @Test func refusesLongTextsThatAreManyKeys() {
        let text =
            "- &a " + String(repeating: "x", count: 1 << 20) + "\n" + String(repeating: "- {*a : 1}\n", count: 100_000)
        let error = #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array(text.utf8)) }
        #expect(error?.code == .limit)
    }

    /// An anchor stands for what had it last, which inside of a sequence is not that one yet.
    @Test func anAnchorMayBeGivenAgain() throws {
        #expect(try YAMLDocument.value(Array("a: &x [1]\nb: &x s\n*x : 1\n".utf8)) == ["a": [1], "b": "s", "s": 1])
        let text = "a: &x s\nb: &x [{*x : 1}, &x t]\n*x : 2\n"
        #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array(text.utf8)) }
    }

    @Test func anAliasOfAPlainValueMayBeAKey() throws {
        let value = try YAMLDocument.value(Array("name: &n x\n*n : [1, {*n : 2}]\nlast: 3\n".utf8))
        #expect(value == ["name": "x", "x": [1, ["x": 2]], "last": 3])
    }

    @Test func aliasesThatMultiplyTextAreRefused() {
        let text = "- &b " + String(repeating: "x", count: 1 << 20) + "\n" + String(repeating: "- *b\n", count: 100)
        let error = #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array(text.utf8)) }
        #expect(error?.code == .limit)
    }

    /// Freeing 98,000 levels would overflow the stack.
    @Test func refusesAliasesOfAliasesThatNestTooDeeply() {
        let (opening, closing) = (String(repeating: "[", count: 200), String(repeating: "]", count: 200))
        var text = "- &a0 x\n"
        for line in 1..<490 { text += "- &a\(line) \(opening)*a\(line - 1)\(closing)\n" }
        let error = #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array(text.utf8)) }
        #expect(error?.code == .limit)
    }

    @Test func nestsAsDeeplyAsJSON() throws {
        let levels = JSONParser.maximumDepth - 1
        let deepest = String(repeating: "[", count: levels) + "1" + String(repeating: "]", count: levels)
        #expect(try YAMLDocument.value(Array(deepest.utf8)).depth == levels)
        let error = #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array("[\(deepest)]".utf8)) }
        #expect(error?.code == .limit)
    }

    /// Reading them would take a minute.
    @Test(arguments: [String(repeating: "- a\n", count: 100_000), "- " + String(repeating: "a", count: 1 << 20)])
    func refusesMoreThanIsReadInAnInstant(text: String) {
        let error = #expect(throws: InvalidInput.self) { try YAMLDocument.value(Array(text.utf8)) }
        #expect(error?.code == .limit)
        #expect(error?.message.contains("as JSON") == true)
    }
}
