import Glibc
import Logging
import Testing

@testable import Daemon

struct JournalLogHandlerTests {
    @Test(arguments: [
        (Logger.Level.trace, 7), (.debug, 7), (.info, 6), (.notice, 5), (.warning, 4), (.error, 3), (.critical, 2),
    ])
    func aLineBeginsWithItsSeverity(level: Logger.Level, priority: Int) {
        #expect(line("ready", level, ["socket": "/s", "jobs": "2"]) == "<\(priority)>ready jobs=2 socket=/s\n")
    }

    @Test func nothingMakesASecondLineOfIt() {
        let line = line("a\n<3>b", .info, ["name": "c\r\n<0>d\u{2028}e"])
        #expect(line == "<6>a\\n<3>b name=c\\r\\n<0>d\\u{2028}e\n")
    }

    @Test func escapesAHostileTextOnce() {
        let text = "a\n b\u{202E}"
        #expect(line(text, .info, ["name": "\(text)"]) == #"<6>a\n b\u{202e} name="a\n b\u202e""# + "\n")
    }

    @Test func noTextForgesAFact() {
        #expect(
            line("task done", .info, ["name": "a task_id=7", "state": "failed"])
                == "<6>task done name=\"a task_id=7\" state=failed\n")
    }

    @Test func isUsedWhereStandardErrorIsTheJournals() throws {
        try withDirectory { directory in
            try write("", to: directory + "/journal")
            let descriptor = open(directory + "/journal", O_RDONLY)
            defer { close(descriptor) }
            var status = stat()
            #expect(fstat(descriptor, &status) == 0)
            let stream = "\(status.st_dev):\(status.st_ino)"
            #expect(JournalLogHandler.isFitting(["JOURNAL_STREAM": stream], descriptor: descriptor))
            #expect(!JournalLogHandler.isFitting(["JOURNAL_STREAM": "\(stream)1"], descriptor: descriptor))
            #expect(!JournalLogHandler.isFitting([:], descriptor: descriptor))
        }
    }

    private func line(_ message: String, _ level: Logger.Level, _ metadata: Logger.Metadata) -> String {
        let event = LogEvent(
            level: level, message: "\(message)", error: nil, metadata: metadata, source: "", file: "", function: "",
            line: 0)
        return JournalLogHandler.line(of: event, metadata: [:])
    }
}
