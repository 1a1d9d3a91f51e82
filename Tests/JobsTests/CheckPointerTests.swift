import Model
import Testing

@testable import Jobs

struct CheckPointerTests {
    /// The document of RFC 6901 section 5.
    private static let document: JSONValue = [
        "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
        "deep": ["list": [["total": 34]]],
    ]

    @Test(
        arguments: [
            ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3), ("/g|h", 4),
            ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8), ("/deep/list/0/total", 34),
        ] as [(String, JSONValue)])
    func findsWhatItPointsAt(_ text: String, _ value: JSONValue) throws {
        #expect(try #require(JSONPointer(text)).value(in: Self.document) == value)
    }

    @Test func anEmptyPointerIsTheWholeDocument() {
        #expect(JSONPointer("")?.value(in: Self.document) == Self.document)
    }

    @Test(arguments: ["/no", "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/+1", "/foo/", "/foo/0/x", "/a/b", "//"])
    func findsNothingElsewhere(_ text: String) throws {
        #expect(try #require(JSONPointer(text)).value(in: Self.document) == nil)
    }

    @Test(arguments: ["foo", "/~", "/~2", "/a~", "/~~0"])
    func refusesWhatIsNoPointer(_ text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test func unescapesOnce() {
        #expect(JSONPointer("/~01")?.value(in: ["~1": 1, "/": 2]) == 1)
    }
}
