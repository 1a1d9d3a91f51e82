internal import Glibc
// Where timespec stands when the standard library is linked statically.
internal import SwiftOverlayShims

/// An instant in UTC with millisecond resolution, as the contract writes every time: `2026-11-21T09:30:00.125Z`.
package struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let milliseconds: Int64

    /// The instant `milliseconds` after 1970-01-01T00:00:00Z.
    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The instant now, from the system's clock (clock_gettime(2), `CLOCK_REALTIME`).
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// The instant `duration` later, rounded down to a millisecond.
    package static func + (instant: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: instant.milliseconds + duration.milliseconds)
    }

    /// How long after `right` the instant `left` is; negative when it is before.
    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}

// MARK: - Text

extension Timestamp {
    private static let millisecondsPerDay: Int64 = 86_400_000

    /// The instant as RFC 3339 text in UTC with milliseconds, which sorts as the instants do.
    package var description: String {
        let day = Int64((Double(milliseconds) / Double(Self.millisecondsPerDay)).rounded(.down))
        let rest = milliseconds - day * Self.millisecondsPerDay
        let (year, month, dayOfMonth) = Self.date(daysSinceEpoch: day)
        // Each transition of a task writes several, so they are put together in place.
        return String(unsafeUninitializedCapacity: 40) { text in
            var writer = DigitWriter(text: text)
            // Text that sorts has no sign; a moment before the year 0 only ever is a limit that lies before everything.
            writer.write(max(year, 0), width: 4, then: "-")
            writer.write(month, width: 2, then: "-")
            writer.write(dayOfMonth, width: 2, then: "T")
            writer.write(rest / 3_600_000, width: 2, then: ":")
            writer.write(rest / 60_000 % 60, width: 2, then: ":")
            writer.write(rest / 1000 % 60, width: 2, then: ".")
            writer.write(rest % 1000, width: 3, then: "Z")
            return writer.count
        }
    }

    /// The instants that text with a year of four digits can tell, which are those that sort.
    private static let writable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// The instant written as RFC 3339 (`2026-11-21T09:30:00.125+01:00`), as a date alone (midnight UTC), or `nil`; one that
    /// its offset carries out of the years 0 to 9999 is none.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), 1...12 ~= month, 1...Self.days(inMonth: month, year: year) ~= day
        else { return nil }
        let midnight = Self.days(year: year, month: month, day: day) * Self.millisecondsPerDay
        guard bytes.count > 10 else {
            self.init(milliseconds: midnight)
            return
        }
        guard let time = Self.time(bytes[10...]), Self.writable ~= midnight + time else { return nil }
        self.init(milliseconds: midnight + time)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// Milliseconds since midnight UTC of `T09:30:00.125+01:00`.
    private static func time(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let start = bytes.startIndex
        guard bytes.count >= 10, [0x54, 0x74, 0x20].contains(bytes[start]), bytes[start + 3] == 0x3A,
            bytes[start + 6] == 0x3A, let hour = number(bytes[start + 1..<start + 3]),
            let minute = number(bytes[start + 4..<start + 6]), let second = number(bytes[start + 7..<start + 9]),
            hour < 24, minute < 60, second < 61
        else { return nil }
        var rest = bytes[(start + 9)...]
        var fraction: Int64 = 0
        if rest.first == 0x2E {
            let digits = rest.dropFirst().prefix { 0x30...0x39 ~= $0 }
            guard let parsed = number(digits.prefix(3)) else { return nil }
            fraction = digits.count == 1 ? parsed * 100 : digits.count == 2 ? parsed * 10 : parsed
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offset(rest) else { return nil }
        return (hour * 60 + minute - offset) * 60_000 + second * 1000 + fraction
    }

    /// Minutes east of UTC of `Z`, `+01:00` or `-05:30`.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        if bytes.elementsEqual([0x5A]) || bytes.elementsEqual([0x7A]) { return 0 }
        let start = bytes.startIndex
        guard bytes.count == 6, bytes[start + 3] == 0x3A, let hours = number(bytes[start + 1..<start + 3]),
            let minutes = number(bytes[start + 4..<start + 6]), hours < 24, minutes < 60
        else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }
}

// MARK: - Calendar

/// Day numbers of the proleptic Gregorian calendar, after Howard Hinnant's `days_from_civil` and `civil_from_days`
/// (howardhinnant.github.io/date_algorithms.html): two integer formulas instead of a calendar library in every client.
extension Timestamp {
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func days(inMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Writes numbers with leading zeros, one behind the other.
private struct DigitWriter {
    let text: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(text: UnsafeMutableBufferPointer<UInt8>) {
        self.text = text
    }

    /// Writes `number`, which is not negative, with at least `width` digits.
    mutating func write(_ number: Int64, width: Int, then separator: Unicode.Scalar) {
        var (limit, digits): (Int64, Int) = (10, 1)
        while number >= limit, digits < 19 { (limit, digits) = (limit * 10, digits + 1) }
        let end = count + max(digits, width)
        var rest = number
        for place in (count..<end).reversed() {
            text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        text[end] = UInt8(ascii: separator)
        count = end + 1
    }
}
