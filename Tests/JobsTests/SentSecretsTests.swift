import Testing

@testable import Jobs

struct SentSecretsTests {
    /// Also where a text was cut that quoted it, but not where only a few characters are the same.
    @Test(arguments: [
        ("bad token 0123456789abcdef!", "bad token [secret]!"), ("bad token 0123456789ab", "bad token [secret]"),
        ("01234567, not 0123456789abcdef", "[secret], not [secret]"), ("0123456 of 16", "0123456 of 16"),
    ])
    func hidesWhatServersQuote(text: String, shown: String) {
        let secrets = SentSecrets()
        secrets.note("0123456789abcdef")
        #expect(secrets.hidden(in: text) == shown)
    }

    @Test func hidesShortOnesWholly() {
        let secrets = SentSecrets()
        for secret in ["abc", "abcd", ""] { secrets.note(secret) }
        #expect(secrets.hidden(in: "no abcd, no abc") == "no [secret], no [secret]")
    }
}
