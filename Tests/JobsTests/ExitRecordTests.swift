import Foundation
import Glibc
import Model
import Testing

@testable import Jobs

struct ExitRecordTests {
    private static let exited = "pid 12\nexit_code 3\ncancelled yes\nuser_us 4\nsystem_us 5\nmax_rss_kib 6\ntree gone\n"

    private func record(_ text: String) -> ExitRecord? { ExitRecord(lines: text.split(separator: "\n")) }

    @Test func saysHowTheCommandEnded() {
        #expect(
            record(Self.exited)
                == ExitRecord(
                    pid: 12, status: .exited(3), wasCancelled: true, userTime: 4, systemTime: 5, maximumResident: 6,
                    isTreeGone: true))
        #expect(record("pid 1\nsignal 9\ntree ending\n")?.status == .killed(signal: 9))
        #expect(record("pid 1\nerror exec 2\ntree gone\n")?.status == .notStarted(step: "exec", error: 2))
    }

    @Test(arguments: [
        "", "pid 1\ntree gone\n", "exit_code 0\ntree gone\n", "pid 1\nexit_code 0\n", "pid x\nexit_code 0\n",
    ])
    func isNoneWhenItSaysTooLittle(text: String) {
        #expect(record(text) == nil)
    }

    /// The directory belongs to the user the commands run as: one of them may write there too.
    @Test func linesThatHoldNothingAreNoDanger() {
        #expect(record(" \n" + Self.exited + "   \n") == record(Self.exited))
    }

    /// tmpfs keeps every time that it is given, where other file systems take the nearest that they can.
    @Test(
        .enabled(if: access("/dev/shm", W_OK) == 0, "needs /dev/shm"),
        arguments: [
            (1_795_599_000, 1_795_599_000_900), (-1, -100), (9_300_000_000_000_000, nil), (-9_300_000_000_000_000, nil),
            (Int64.max / 1000, nil),
        ] as [(Int64, Int64?)])
    func itsTimeIsNoneWhenNoTimestampCanTellIt(seconds: Int64, milliseconds: Int64?) throws {
        let state = "/dev/shm/taskd-\(UUID().uuidString)"
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: state) } }
        let attempt = AttemptDirectory(state: state, task: TaskID(1), attempt: 1)
        try FileManager.default.createDirectory(atPath: attempt.path, withIntermediateDirectories: true)
        try Self.exited.write(toFile: attempt.exit, atomically: false, encoding: .utf8)
        let time = timespec(tv_sec: Int(seconds), tv_nsec: 900_000_000)
        try #require(utimensat(AT_FDCWD, attempt.exit, [time, time], 0) == 0)
        #expect(attempt.endedAt == milliseconds.map(Timestamp.init(milliseconds:)))
    }
}
