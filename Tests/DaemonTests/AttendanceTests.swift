import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1)))
struct AttendanceTests {
    @Test func nobodyWaitsForNone() async {
        await Attendance().waitForNone()
    }

    @Test func allWhoWaitAreToldWhenTheLastHasGone() async {
        let attendance = Attendance()
        attendance.begin()
        attendance.begin()
        async let first: Void = attendance.waitForNone()
        async let second: Void = attendance.waitForNone()
        attendance.end()
        #expect(attendance.gone == 1)
        attendance.end()
        _ = await (first, second)
        #expect(attendance.gone == 2)
    }

    @Test func waitingThatWasGivenUpCanBeginAnew() async {
        let attendance = Attendance()
        attendance.begin()
        let impatient = Task { await attendance.waitForNone() }
        impatient.cancel()
        await impatient.value
        let patient = Task {
            await attendance.waitForNone()
            return attendance.gone
        }
        attendance.end()
        #expect(await patient.value == 1)
    }
}
