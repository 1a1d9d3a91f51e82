import Logging
import Model
import Testing

@testable import Daemon

/// A line of the log is one line, whatever the texts in it hold.
struct LineLogHandlerTests {
    private func line(_ format: LogFormat, _ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        var handler = LineLogHandler(label: "taskd", format: format)
        handler[metadataKey: "task_id"] = "7"
        let event = LogEvent(
            level: .warning, message: message, metadata: metadata, source: "Daemon", file: "", function: "", line: 0)
        return handler.line(of: event, at: Timestamp(milliseconds: 0))
    }

    @Test func saysWhatWasLostInItsOwnFormat() throws {
        let notice = LineLogHandler(label: "taskd", format: .json).notice(of: "3 log lines were dropped")
        #expect(try JSONParser.parse(notice)["message"] == "3 log lines were dropped")
        #expect(LineLogHandler(label: "taskd", format: .text).notice(of: "3 log lines").hasSuffix("3 log lines\n"))
    }

    @Test func writesFactsForPeople() {
        #expect(
            line(.text, "on_done failed", ["name": "a b"])
                == "1970-01-01T00:00:00.000Z warning taskd: name=\"a b\" task_id=7 [Daemon] on_done failed")
    }

    @Test(arguments: ["\n<3>forged", "\r\nforged", "\u{1B}[2J", "\u{85}", "\u{2028}", "\u{202E}"])
    func cannotBeForged(text: String) {
        for format in LogFormat.allCases {
            let line = line(format, "\(text)", ["name": "\(text)"])
            let controls = line.unicodeScalars.filter { $0.value < 0x20 }
            #expect(controls.isEmpty, "\(line)")
            let unsafe = line.unicodeScalars.filter { $0.isUnsafeToShow }
            #expect(unsafe.isEmpty, "\(line)")
        }
    }

    @Test(arguments: [
        ("a\n<3>b", #"a\n<3>b"#, #"a\n<3>b"#), ("\u{1B}[2J", #"\u{1b}[2J"#, #"\u{1b}[2J"#),
        ("a\n b\u{202E}", #"a\n b\u{202e}"#, #""a\n b\u202e""#),
    ])
    func escapesAHostileTextOnce(text: String, message: String, fact: String) throws {
        #expect(
            line(.text, "\(text)", ["name": "\(text)"])
                == "1970-01-01T00:00:00.000Z warning taskd: name=\(fact) task_id=7 [Daemon] \(message)")
        let object = try JSONParser.parse(line(.json, "\(text)", ["name": "\(text)"]))
        #expect(object["message"] == .string(text))
        #expect(object["name"] == .string(text))
    }

    /// With a mark that combines with it, a sign is another character, and the same sign.
    @Test(arguments: ["a \u{301}b=c", "a=\u{301}b", "a\u{301} b", "\"\u{301}", ""])
    func quotesWhatCouldBeTakenForTheNextFact(text: String) {
        let line = line(.text, "x", ["name": "\(text)"])
        #expect(line.unicodeScalars.split(separator: "\"", omittingEmptySubsequences: false).count >= 3, "\(line)")
    }

    @Test func writesJSONForPrograms() throws {
        let object = try JSONParser.parse(line(.json, "a \"b\"", ["level": "mine", "name": "c\nd"]))
        #expect(object["message"] == "a \"b\"")
        #expect(object["level"] == "warning")
        #expect(object["name"] == "c\nd")
        #expect(object["task_id"] == "7")
    }

    @Test func carriesTheRequestThatIsAnswered() {
        let text = RequestID.$current.withValue("abc") { line(.text, "x", [:]) }
        #expect(text.contains(" request_id=abc "))
        #expect(!line(.text, "x", [:]).contains("request_id"))
    }
}
