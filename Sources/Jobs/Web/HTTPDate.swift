internal import Model

/// A date as HTTP writes it, in one of the three forms that RFC 9110, section 5.6.7, has readers take.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The instant written as `text`, or `nil`. A year of two digits is one of those from 1970 to 2069.
    static func instant(_ text: String) -> Timestamp? {
        // Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT; Sun Nov  6 08:49:37 1994
        let words = text.split { " ,-".contains($0) }.map(String.init)
        switch words.count {
        case 6 where words[5] == "GMT": return instant(words[1], words[2], words[3], words[4])
        case 5: return instant(words[2], words[1], words[4], words[3])
        default: return nil
        }
    }

    private static func instant(_ day: String, _ month: String, _ year: String, _ time: String) -> Timestamp? {
        guard let number = months.firstIndex(of: month), day.utf8.count <= 2 else { return nil }
        let century = year.utf8.count == 2 ? year < "70" ? "20" : "19" : ""
        let date = "\(century)\(year)-\(padded(String(number + 1)))-\(padded(day))"
        return Timestamp(text: "\(date)T\(time)Z")
    }

    private static func padded(_ digits: String) -> String { digits.utf8.count == 1 ? "0" + digits : digits }
}
