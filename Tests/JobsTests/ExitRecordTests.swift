import Testing

@testable import Jobs

struct ExitRecordTests {
    private static let exited = "pid 12\nexit_code 3\ncancelled yes\nuser_us 4\nsystem_us 5\nmax_rss_kib 6\ntree gone\n"

    private func record(_ text: String) -> ExitRecord? { ExitRecord(lines: text.split(separator: "\n")) }

    @Test func saysHowTheCommandEnded() {
        #expect(
            record(Self.exited)
                == ExitRecord(
                    pid: 12, ending: .exited(3), wasCancelled: true, userTime: 4, systemTime: 5, maximumResident: 6,
                    isTreeGone: true))
        #expect(record("pid 1\nsignal 9\ntree ending\n")?.ending == .killed(signal: 9))
        #expect(record("pid 1\nerror exec 2\ntree gone\n")?.ending == .notStarted(step: "exec", error: 2))
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
}
