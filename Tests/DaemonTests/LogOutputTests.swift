import Glibc
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1)))
struct LogOutputTests {
    @Test func dropsWhatNobodyReadsAndSaysSo() throws {
        try withPipe { reader, writer in
            let output = LogOutput(writer)
            for number in 0..<2000 { output.write("\(number) \(String(repeating: "x", count: 60))\n") }
            let early = drained(reader).split(separator: "\n")
            #expect(early.first?.hasPrefix("0 xx") == true)
            #expect((500..<2000).contains(early.count), "a pipe holds 64 KiB: \(early.count) lines")
            output.write("back\n")
            #expect(
                drained(reader) == "taskd: \(2000 - early.count) log lines were dropped, as nobody read them\nback\n")
        }
    }

    @Test func writesLongTextsWhole() throws {
        try withPipe { reader, writer in
            let text = String(repeating: "long ", count: 5000)
            LogOutput(writer).write(text)
            #expect(drained(reader) == text)
        }
    }

    private func withPipe(_ body: (Int32, Int32) throws -> Void) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        defer { for end in ends { close(end) } }
        try body(ends[0], ends[1])
    }

    /// What is in the pipe by now.
    private func drained(_ reader: Int32) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = read(reader, &chunk, chunk.count), count > 0 { bytes += chunk.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
