import Model
import Testing

@testable import Jobs

@Suite struct ISBNTests {
    @Test(arguments: [
        ("0415203929", "9780415203920"), ("0-415-20392-9", "9780415203920"), ("9780415203920", "9780415203920"),
        ("978-0-415-20392-0", "9780415203920"), (" 0415203929 (pbk. : alk. paper) ", "9780415203920"),
        ("0415203929(pbk.)", "9780415203920"), ("0415203929 :", "9780415203920"), ("0 415 20392 9", "9780415203920"),
        ("0415203929 12.50", "9780415203920"), ("978\u{2011}0415203920", "9780415203920"),
        ("043942089X", "9780439420891"), ("043942089x (hbk.)", "9780439420891"), ("0-8044-2957-X", "9780804429573"),
        ("9791034304899", "9791034304899"), ("0000000000", "9780000000002"),
    ])
    func allWaysToWriteOneComeToTheSame(_ text: String, _ digits: String) {
        #expect(ISBN.digits(in: text) == digits)
    }

    @Test(arguments: [
        "", " ", "(pbk.)", "0415203928", "9780415203921", "041520392", "04152039290", "978041520392",
        "97804152039200", "9770415203929", "X415203929", "04152X3929", "04394208900", "978041520392X",
        "\u{661}415203929", "1234567890123", "none", "$12.50",
    ])
    func aMisprintIsNone(_ text: String) {
        #expect(ISBN.digits(in: text) == nil)
    }

    @Test(arguments: [
        ("9780804429573 | 9780306406157", ["9780804429573", "9780306406157"]),
        ("0-8044-2957-X; 0-306-40615-2 (pbk.), 9780415203920", ["9780804429573", "9780306406157", "9780415203920"]),
        ("9780804429573 9780306406157", ["9780804429573", "9780306406157"]), ("0415203929 12.50", ["9780415203920"]),
        ("9780804429573 | 9780306406158", ["9780804429573"]), ("9780804429573 (0-8044-2957-X)", ["9780804429573"]),
        ("0 415 20392 9", ["9780415203920"]), ("none, 9780804429573", []),
    ])
    func severalMayStandInOnePlace(_ text: String, _ numbers: [String]) {
        #expect(ISBN.all(in: text) == numbers)
    }

    @Test func everyCheckDigitButOneIsWrong() {
        let digits = "0123456789X"
        #expect(digits.filter { ISBN.digits(in: "041520392\($0)") != nil } == "9")
        #expect(digits.filter { ISBN.digits(in: "978041520392\($0)") != nil } == "0")
        #expect(digits.filter { ISBN.digits(in: "043942089\($0)") != nil } == "X")
    }

    @Test(
        arguments: [
            (.controlNumber, "   00000002 ", "00000002"), (.barcode, "\t31\u{A0}", "31"), (.barcode, "a b", "a b"),
            (.controlNumber, "a\u{1B}[0m", nil), (.barcode, "", nil),
            (.barcode, String(repeating: "x", count: 256), nil), (.isbn, "0415203929", "9780415203920"),
        ] as [(KeyKind, String, String?)])
    func eachKindHasItsOwnNormalForm(_ kind: KeyKind, _ text: String, _ key: String?) {
        #expect(kind.keys(in: text) == [key].compactMap(\.self))
    }
}
