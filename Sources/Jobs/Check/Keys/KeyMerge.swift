/// Walks two rows of keys side by side, each in order and without repetition, holding one key of each.
enum KeyMerge {
    /// Where a key is found.
    enum Place: Hashable {
        case first, second, both
    }

    /// Tells `visit` each key of the rows that `first` and `second` answer one by one, once, in order.
    ///
    /// - Throws: what they throw, and ``SourceError`` with `inconsistent` when a row is not in order.
    static func walk(
        _ first: () throws -> KeyEntry?, _ second: () throws -> KeyEntry?,
        _ visit: (KeyEntry, Place) -> Void
    ) throws {
        var left = try first()
        var right = try second()
        while let entry = left ?? right {
            let place: Place =
                switch (left, right) {
                case (let left?, let right?) where left.precedes(right): .first
                case (let left?, let right?) where right.precedes(left): .second
                case (_?, _?): .both
                case (_?, nil): .first
                case (nil, _): .second
                }
            visit(place == .second ? right ?? entry : entry, place)
            if place != .second { left = try next(of: first, after: left) }
            if place != .first { right = try next(of: second, after: right) }
        }
    }

    private static func next(
        of row: () throws -> KeyEntry?, after last: KeyEntry?
    ) throws -> KeyEntry? {
        guard let next = try row() else { return nil }
        guard let last, last.precedes(next) else { throw SourceError(.inconsistent, "its keys are not in order") }
        return next
    }
}
