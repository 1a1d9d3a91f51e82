import Glibc
import Model
import Testing

@testable import Jobs

/// The lists of barcodes that SIP2 sources are asked about.
extension CheckSIP2Tests {
    /// SQLite gives up its locks on a file that is opened and closed beside it.
    @Test func theDaemonsOwnHistoryIsNoFileOfBarcodesOrSecrets() async throws {
        try await withCheckDirectory { directory in
            let (context, history) = (JobContext.test(directory.path), try directory.write("history.sqlite", "100\n"))
            try #require(Glibc.link(history, directory.file("history.link")) == 0)
            for name in ["history.sqlite", "history.link"] {
                await #expect(throws: SourceError.self) { try await BarcodeFile.read(name, context) }
                await #expect(throws: SourceError.self) { try await SecretFile.read(name, key: "key", context) }
            }
            try directory.write("barcodes", "100\n")
            #expect(try await BarcodeFile.read("barcodes", context) == ["100"])
        }
    }

    @Test(arguments: [
        "\u{FEFF}100\n101\n", "100\r101", "100\r\r101\r", "100\r\n101\r\n\u{1A}", "100\n101\u{1A}\r\n",
        "100\n101\n\u{1A}\u{1A}",
    ])
    func aListMayBeWrittenAsOtherFilesMay(_ barcodes: String) async throws {
        let (report, asked) = try await run(barcodes) { message, _ in System.answer(message) }
        #expect(report.count == 2, "\(report.message)")
        #expect(asked.count == 3)
    }

    @Test(arguments: [
        ("100\r101\r\n\n10|2\n", "line 4 "), ("100\n\u{1A}\n101\n", "line 2 "), ("100\n\u{FEFF}101\n", "line 2 "),
    ])
    func theLineThatHoldsNoBarcodeIsNamed(_ barcodes: String, _ words: String) async throws {
        let (report, _) = try await run(barcodes) { message, _ in System.answer(message) }
        #expect(report.code == "config")
        #expect(report.message.contains(words), "\(report.message)")
    }

    @Test func aListOfBlankLinesTakesNoMoreThanItsBytes() async throws {
        try await withCheckDirectory { directory in
            try directory.write("barcodes", [UInt8](repeating: 10, count: 16 << 20))
            let before = try residentPeak()
            await #expect(
                throws: SourceError(.config, "\(directory.path)/barcodes: holds no barcode; write one a line")
            ) {
                try await BarcodeFile.read("barcodes", .test(directory.path))
            }
            #expect(try residentPeak() - before < 256 << 20)
        }
    }

    /// The most memory that this process has had, in bytes.
    private func residentPeak() throws -> Int {
        var usage = rusage()
        try #require(getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0)
        return usage.ru_maxrss << 10
    }

    @Test(arguments: ["1|AOX\n", "1\u{1}2\n", "é\n", "", "\n\n", String(repeating: "1", count: 300)])
    func whatIsNoBarcodeIsNeverSent(_ barcodes: String) async throws {
        let (report, asked) = try await run(barcodes) { message, _ in System.answer(message) }
        #expect(report.code == "config", "\(report.message)")
        #expect(asked.isEmpty)
    }
}
