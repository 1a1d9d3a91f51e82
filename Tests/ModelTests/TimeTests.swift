import Model
import Testing

@Suite struct DurationTextTests {
    @Test(
        arguments: [
            ("500ms", .milliseconds(500)), ("2s", .seconds(2)), ("1m30s", .seconds(90)), ("2h", .seconds(7200)),
            ("1d", .seconds(86_400)), ("1h2m3s", .seconds(3723)), ("1.5", .milliseconds(1500)),
            ("0", .zero),
            ("0s", .zero), ("90", .seconds(90)), ("1.5h", .seconds(5400)), ("36525d", .seconds(36_525 * 86_400)),
        ] as [(String, Duration)])
    func readsWhatPeopleWrite(text: String, duration: Duration) {
        #expect(Duration(text: text) == duration)
    }

    @Test(arguments: [
        "", " ", "s", "1x", "-1", "-1s", "1 s", "1s ", "1s2", "1..5s", ".5s", "s1", "1e3", "inf", "nan", "0x10", "1S",
        "１s", "200000000000", "36526d", "36525d1ms", "1m-30s", "+1s", "1,5s",
    ])
    func refusesWhatIsNoDuration(text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test func checkedSecondsRefuseWhatCannotBeWaitedFor() {
        for seconds in [-0.001, .infinity, .nan, -.infinity, 1e15] { #expect(Duration(checkedSeconds: seconds) == nil) }
        #expect(Duration(checkedSeconds: 0.25) == .milliseconds(250))
    }

    @Test func secondsTextHasNoNeedlessZeros() {
        #expect(Duration.seconds(2).secondsText == "2")
        #expect(Duration.milliseconds(500).secondsText == "0.5")
    }

    @Test(arguments: ["0.001ms", "0.00001", "1.000001s", "0.3", "1h", "36524d23h59m59.999999s"])
    func secondsTextReadsBackTheSame(text: String) throws {
        let duration = try #require(Duration(text: text))
        #expect(Duration(text: duration.secondsText) == duration)
    }
}

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_763_717_400_125, "2025-11-21T09:30:00.125Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (253_402_300_800_000, "10000-01-01T00:00:00.000Z"),
            (-70_000_000_000_000, "0000-10-15T19:33:20.000Z"),
        ] as [(Int64, String)])
    func writesEveryInstant(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test func everyDayOfFourCenturiesReadsBackAndFollowsTheCalendar() {
        var (year, month, day) = (1799, 12, 31)
        // 1799-12-31 is 62,092 days before 1970.
        for number in -62_092..<84_006 {
            let instant = Timestamp(milliseconds: Int64(number) * 86_400_000)
            let text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
            guard instant.description == text + "T00:00:00.000Z", Timestamp(text: text) == instant else {
                Issue.record("day \(number): \(instant), expected \(text)")
                return
            }
            (year, month, day) = next(year, month, day)
        }
        #expect((year, month, day) == (2200, 1, 1))
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: width - digits.count) + digits
    }

    private func next(_ year: Int, _ month: Int, _ day: Int) -> (Int, Int, Int) {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        if day < lengths[month - 1] { return (year, month, day + 1) }
        return month < 12 ? (year, month + 1, 1) : (year + 1, 1, 1)
    }

    @Test(arguments: [0, 1, 999, 1000, -1, -86_400_001, 951_782_399_999, 1_795_000_000_125] as [Int64])
    func millisecondsReadBack(milliseconds: Int64) {
        let instant = Timestamp(milliseconds: milliseconds)
        #expect(Timestamp(text: instant.description) == instant)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00Z", 951_825_600_000), ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T18:30:00-05:30", 0), ("1970-01-01t00:00:00.5z", 500), ("1970-01-01 00:00:00.05Z", 50),
            ("1970-01-01T00:00:00.123999Z", 123), ("1970-01-02", 86_400_000), ("1969-12-31T23:59:59.999Z", -1),
            ("0000-01-01", -62_167_219_200_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)])
    func readsRFC3339(text: String, milliseconds: Int64) {
        #expect(Timestamp(text: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "now", "2026", "2026-13-01", "2026-00-01", "2026-02-29", "1900-02-29", "2026-04-31", "2026-01-32",
        "2026-01-01T", "2026-01-01T00:00Z", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00ZZ", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
        "2026-1-1", "2026/01/01", " 2026-01-01", "2026-01-01x00:00:00Z",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(Timestamp(text: text) == nil)
    }

    @Test func textSortsAsTheInstantsDo() {
        let instants = stride(from: Int64(0), to: 4_000_000_000_000, by: 123_456_789_123).map {
            Timestamp(milliseconds: $0)
        }
        #expect(instants.map(\.description) == instants.map(\.description).sorted())
        #expect(instants == instants.sorted())
    }

    @Test func addsAndSubtracts() {
        let instant = Timestamp(milliseconds: 1000)
        #expect(instant + .milliseconds(250) == Timestamp(milliseconds: 1250))
        #expect(instant - Timestamp(milliseconds: 4000) == .seconds(-3))
    }
}
