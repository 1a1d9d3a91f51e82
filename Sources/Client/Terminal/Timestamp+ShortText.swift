internal import Model

extension Timestamp {
    /// The instant to the second, which fits a table and may be given back to `--since`.
    var shortText: String {
        description.prefix(19) + "Z"
    }

    /// The time of an instant that is on the same day as `now`, and else the date, for where there is little room.
    func briefText(at now: Timestamp) -> String {
        let (text, day) = (description, now.description.prefix(10))
        return text.hasPrefix(day) ? text.dropFirst(11).prefix(8) + "Z" : String(text.prefix(10))
    }
}
