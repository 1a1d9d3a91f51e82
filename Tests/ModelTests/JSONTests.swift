import Model
import Testing

@Suite struct JSONParserTests {
    @Test(arguments: [
        ("", "ends where a value"), ("  ", "ends where a value"), ("1 2", "more text"), ("{} x", "more text"),
        ("null,", "more text"), ("[1,]", "expected a value"), ("[1", "expected , or ]"), ("[1 2]", "expected , or ]"),
        ("[", "ends where a value"), ("{", "key in quotes"), ("{a: 1}", "key in quotes"), ("{\"a\" 1}", "expected :"),
        ("{\"a\": 1,}", "key in quotes"), ("{\"a\": 1", "expected , or }"), ("{\"a\": 1, \"a\": 2}", "twice"),
        ("{\"a\": 1, \"\\u0061\": 2}", "twice"), ("tru", "expected true"), ("nul", "expected null"),
        ("False", "expected a value"), ("NaN", "expected a value"), ("'a'", "expected a value"),
        ("\"a", "not closed"), ("\"a\\", "not closed"), ("\"\\x\"", "unknown escape"),
        ("\"a\nb\"", "control character"), ("\"\u{1}\"", "control character"), ("\"\\ud800\"", "surrogate"),
        ("\"\\udc00\"", "surrogate"), ("\"\\ud800\\u0041\"", "surrogate"), ("\"\\ud800x\"", "surrogate"),
        ("\"\\u12\"", "hexadecimal"), ("\"\\u12g4\"", "hexadecimal"), ("01", "not a number"), ("-", "not a number"),
        ("-01", "not a number"), ("+1", "expected a value"), (".5", "expected a value"), ("1.", "after the point"),
        ("1e", "exponent"), ("1e+", "exponent"), ("1e999", "out of range"), ("0x10", "more text"),
        ("// no\n1", "expected a value"), ("\u{FEFF}1", "expected a value"), ("1\u{FEFF}", "more text"),
    ])
    func whatIsNoJSONIsRefused(text: String, complaint: String) {
        let error = #expect(throws: InvalidInput.self) { try JSONParser.parse(text) }
        #expect(error?.code == .syntax)
        #expect(error?.message.contains(complaint) == true, "\(error?.message ?? "")")
    }

    @Test(
        arguments: [
            ("1", .int(1)), ("-0", .int(0)), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("1.5", .double(1.5)), ("1.0", .double(1)),
            ("1e3", .double(1000)), ("-2.5E-1", .double(-0.25)), ("0", .int(0)), (" [ ] ", .array([])), ("{}", [:]),
            ("true", true), ("false", false), ("null", .null), ("\t\r\n\"a\"", "a"), ("\"\\u00e9\\n\\/\"", "é\n/"),
            ("\"\\ud83d\\ude00\"", "😀"), ("\"\\u0000\"", "\u{0}"), ("\"é😀\"", "é😀"),
            ("[1,[2,{\"a\":null}]]", [1, [2, ["a": nil]]]),
        ] as [(String, JSONValue)])
    func readsWhatIsJSON(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(text) == value)
    }

    @Test func skipsAByteOrderMarkWhereOneMayBe() throws {
        #expect(try JSONParser.parse(Array("\u{FEFF} 1".utf8), allowsByteOrderMark: true) == 1)
        #expect(throws: InvalidInput.self) {
            try JSONParser.parse(Array("\u{FEFF}\u{FEFF}1".utf8), allowsByteOrderMark: true)
        }
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0x80, 0x22],
    ])
    func invalidUTF8IsRefused(bytes: [UInt8]) {
        #expect(throws: InvalidInput.self) { try JSONParser.parse(bytes) }
    }

    @Test func theDepthIsBounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSONParser.parse(nested(JSONParser.maximumDepth)).arrayValue != nil)
        let error = #expect(throws: InvalidInput.self) { try JSONParser.parse(nested(JSONParser.maximumDepth + 1)) }
        #expect(error?.message.contains("deeper than 256") == true)
        #expect(throws: InvalidInput.self) { try JSONParser.parse(String(repeating: "[", count: 1_000_000)) }
    }

    @Test func aComplaintNamesLineAndColumn() {
        let error = #expect(throws: InvalidInput.self) { try JSONParser.parse("{\n  \"a\": 1,\n  oops\n}") }
        #expect(error?.message.hasPrefix("not JSON at line 3, column 3: ") == true, "\(error?.message ?? "")")
    }

    @Test func keysKeepTheirOrder() throws {
        let text = #"{"z":1,"a":2,"m":{"y":1,"b":2}}"#
        #expect(try JSONParser.parse(text).text() == text)
    }
}

@Suite struct JSONWriterTests {
    @Test(
        arguments: [
            .null, true, 0, .int(.min), .int(.max), 0.1, 1e300, -2.5e-8, "", "é😀\"\\\n\r\t\u{0}\u{7F}", [], [:],
            ["a": [1, nil, ["b": "c"]], "": 0.5],
        ] as [JSONValue], [JSONWriter.Style.compact, .spaced, .indented])
    func whatIsWrittenReadsBackTheSame(value: JSONValue, style: JSONWriter.Style) throws {
        #expect(try JSONParser.parse(value.text(style)) == value)
    }

    @Test func theStylesDifferOnlyInSpace() {
        let value: JSONValue = ["a": [1, 2], "b": [:], "c": "d"]
        #expect(value.text() == #"{"a":[1,2],"b":{},"c":"d"}"#)
        #expect(value.text(.spaced) == #"{"a": [1, 2], "b": {}, "c": "d"}"#)
        #expect(value.text(.indented) == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": \"d\"\n}")
    }

    @Test func whatCouldHarmATerminalIsEscaped() {
        let text: JSONValue = "\u{1B}[31m\u{9B}\u{7F}\u{202E}\u{2028}\u{E0001}é"
        #expect(text.text() == #""\u001b[31m\u009b\u007f\u202e\u2028\udb40\udc01é""#)
    }

    @Test(
        arguments: [
            (1, "1"), (0.1, "0.1"), (-0.5, "-0.5"), (-0.0, "0"), (.infinity, "null"), (.nan, "null"),
        ] as [(Double, String)])
    func doublesAreWrittenShortest(value: Double, text: String) {
        #expect(JSONValue.double(value).text() == text)
    }
}

@Suite struct ShownTests {
    @Test(arguments: [
        ("plain é 😀", "plain é 😀"), ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\u{1B}[2J", "\\u{1b}[2J"), ("\u{0}", "\\u{0}"),
        ("\u{85}\u{9B}", "\\u{85}\\u{9b}"), ("a\u{202E}b", "a\\u{202e}b"), ("\u{FEFF}x", "\\u{feff}x"),
        ("\u{E0041}", "\\u{e0041}"), ("", ""), ("a\u{2066}", "a\\u{2066}"),
    ])
    func unsafeScalarsAreEscaped(text: String, shown: String) {
        #expect(text.shown == shown)
    }
}

@Suite struct JSONObjectTests {
    /// Around the size from which an object has an index.
    @Test(arguments: [0, 1, 31, 32, 33, 34, 100])
    func keepsItsMembersInOrderWhateverItsSize(count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["key \(number)"] = JSONValue(number) }
        #expect(object.map(\.key) == (0..<count).map { "key \($0)" })
        #expect(object["none"] == nil)
        for number in 0..<count { #expect(object["key \(number)"] == JSONValue(number)) }
        #expect(object == JSONObject(distinct: (0..<count).map { ("key \($0)", JSONValue($0)) }))
        for number in stride(from: 0, to: count, by: 2) { #expect(object.removeValue(forKey: "key \(number)") != nil) }
        for number in 0..<count {
            #expect(object["key \(number)"] == (number % 2 == 0 ? Optional.none : .some(JSONValue(number))))
        }
        object.merge(["key 1": "changed", "new": 1])
        #expect(object["key 1"] == "changed")
        #expect(object["new"] == 1)
    }

    /// `é` as one scalar and as two, and signs of other bytes that are one letter. With and without an index.
    @Test(arguments: [0, 40])
    func keysAreComparedByTheirCodeUnits(others: Int) throws {
        let names = ["\u{E9}", "e\u{301}", "\u{212B}", "A\u{30A}", "\u{C5}"]
        var object = JSONObject()
        for number in 0..<others { object["key \(number)"] = 0 }
        for (place, name) in names.enumerated() { #expect(object.updateValue(JSONValue(place), forKey: name) == nil) }
        for (place, name) in names.enumerated() { #expect(object[name] == JSONValue(place)) }
        #expect(try JSONParser.parse(JSONValue.object(object).text()) == .object(object))
        #expect(JSONObject(distinct: [(names[0], 1)]) != JSONObject(distinct: [(names[1], 1)]))
        #expect(object.removeValue(forKey: names[3]) == 3)
        #expect(object[names[2]] == 2)
    }

    @Test func theOrderOfMembersMatters() {
        let (first, second): (JSONObject, JSONObject) = (["a": 1, "b": 2], ["b": 2, "a": 1])
        #expect(first != second)
        #expect(first.hashValue == (["a": 1, "b": 2] as JSONObject).hashValue)
    }
}
